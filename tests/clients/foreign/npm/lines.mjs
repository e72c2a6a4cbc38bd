// The lines of the conformance kit, for a client in JavaScript: each line of JSON in is answered by one line out.
//
// A client is a function that is given the case, and answers with its `client`, its `version` and the functions
// `start(browser)`, `callback(browser, url)`, `renew(browser)` and `show()`, each of which returns its answer. Whatever
// a library throws is what the site's log would show of it.

import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { inspect } from 'node:util';

// Every client is told the folder that install.sh was told.
const here = dirname(fileURLToPath(import.meta.url));
const modules = join(resolve(process.argv[2] ?? join(here, '../../../../target/clients')), 'npm/node_modules');

/** A module of an installed package, by its file: what is installed is not beside this file. */
export const installed = (file) => import(pathToFileURL(join(modules, file)).href);

export const versionOf = (name) => JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8')).version;

/** The library has no such thing. */
export class Cannot extends Error {}

/** As console.error would print it. */
export const printed = (error) => inspect(error);

/** As a log line would print them. */
export const shown = (...things) => things.map((thing) => inspect(thing)).join('\n');

// Before any library is loaded, so that one which keeps the class keeps this one.
const SystemDate = Date;
const started = SystemDate.now();
let ahead = 0;
globalThis.Date = class Date extends SystemDate {
  constructor(...given) {
    super(...(given.length ? given : [SystemDate.now() + ahead]));
  }

  static now() {
    return SystemDate.now() + ahead;
  }
};

/** WeChat's API is led to the kit, the rest of a URL stays. A request for another host is the shim's mistake. */
export const ledTo = (baseUrl) => (url) => {
  const text = String(url);
  if (text.startsWith(baseUrl + '/')) return text;
  const host = ['https://api.weixin.qq.com', 'https://open.weixin.qq.com'].find((host) => text.startsWith(host + '/'));
  if (!host) throw new Error('a request for a host that is not WeChat’s');
  return baseUrl + text.slice(host.length);
};

/** The cookies of one browser, for one site. */
export class Cookies {
  #kept = new Map();

  take(response) {
    for (const line of response.headers.getSetCookie()) {
      const [pair, ...attributes] = line.split(/; */);
      const [name, ...value] = pair.split('=');
      const given = Object.fromEntries(attributes.map((attribute) => attribute.toLowerCase().split('=')));
      const until = 'max-age' in given ? Date.now() + given['max-age'] * 1000 : Date.parse(given.expires);
      this.#kept.set(name, { value: value.join('='), until });
    }
  }

  toString() {
    const alive = [...this.#kept].filter(([, { until }]) => !(until <= Date.now()));
    return alive.map(([name, { value }]) => `${name}=${value}`).join('; ');
  }
}

export async function serve(begin) {
  // What a library prints is its log.
  // Half an emoji cannot stand in UTF-8.
  const whole = (key, value) => (typeof value === 'string' ? value.toWellFormed() : value);
  const say = (answer) => process.stdout.write(JSON.stringify(answer, whole) + '\n');
  console.log = console.info = console.debug = console.error;
  let site;
  let last;

  const answer = async (line) => {
    if ('later' in line) ahead = started + line.later * 1000 - SystemDate.now();
    try {
      switch (line.do) {
        case 'start':
          return await site.start(line.browser);
        case 'callback':
          return await site.callback(line.browser, line.url);
        case 'renew':
          return await site.renew(line.browser);
        case 'show':
          return { shown: shown(...site.show(), ...(last ? [last] : [])) };
      }
    } catch (error) {
      if (error instanceof Cannot) return { cannot: error.message };
      last = error;
      return { refused: printed(error) };
    }
  };

  const known = async (line) => {
    try {
      site = await begin(line);
      return { client: site.client, version: site.version };
    } catch (error) {
      if (error instanceof Cannot) return { cannot: error.message };
      throw error;
    }
  };

  for await (const text of createInterface({ input: process.stdin })) {
    const line = JSON.parse(text);
    say(await ('case' in line ? known(line) : answer(line)));
  }
  // Some keep connections alive.
  process.exit(0);
}
