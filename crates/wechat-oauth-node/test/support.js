'use strict';

// What several tests need: programs that run until the test ends, and browsers.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { mkdtempSync, rmSync, writeFileSync } = require('node:fs');
const { createServer } = require('node:net');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { createInterface } = require('node:readline');

/** Starts a program: the first line that it prints, and everything that it has printed so far. */
async function started(t, command, args, env) {
  const program = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => program.kill());
  const printed = [];
  for (const stream of [program.stdout, program.stderr]) stream.on('data', (chunk) => printed.push(chunk.toString()));
  const [first] = await Promise.race([
    once(createInterface({ input: program.stdout }), 'line'),
    once(program, 'exit').then(([status]) => assert.fail(`${command} ended with ${status}: ${printed.join('')}`)),
  ]);
  return { first, printed };
}

/** A world for the emulator, in a file. */
function worldFile(t, world) {
  const folder = mkdtempSync(join(tmpdir(), 'wechat-oauth-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'wechat.json');
  writeFileSync(file, JSON.stringify(world));
  return file;
}

/** An emulator that consents for everybody, and what it announces. */
async function emulatorOf(t, file) {
  const command = process.env.WECHAT_OAUTH_COMMAND;
  assert.ok(command, 'WECHAT_OAUTH_COMMAND has to name the program `wechat-oauth`');
  const { first } = await started(t, command, ['emulator', '--auto-consent', '--world', file]);
  const { base_url: baseUrl, accounts } = JSON.parse(first);
  const ask = async (path, body) => {
    const init = body && { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const answer = await fetch(`${baseUrl}/_emulator/${path}`, init);
    assert.equal(answer.status, 200, path);
    return answer.json();
  };
  return { baseUrl, accounts, ask };
}

/** A port that nobody listens on at the moment. */
async function freePort() {
  const server = createServer().listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** WeChat's own browser: it keeps cookies by host, and follows redirects unless told. */
class Browser {
  #cookies = new Map();

  async get(url, { method = 'GET', body, follow = true } = {}) {
    for (let hops = 0; hops < 10; hops += 1) {
      const answer = await fetch(url, { method, body, headers: this.#headers(url), redirect: 'manual' });
      this.#keep(url, answer);
      const location = answer.headers.get('location');
      if (!follow || location === null) return { url, location, status: answer.status, text: await answer.text() };
      await answer.arrayBuffer();
      [url, method, body] = [new URL(location, url).href, 'GET', undefined];
    }
    return assert.fail('a circle of redirects');
  }

  /** The value of a cookie, of which a page knows nothing. */
  cookie(url, name) {
    return this.#jar(url).get(name);
  }

  /** Plants a cookie, as an attacker might. */
  plant(url, name, value) {
    this.#jar(url).set(name, value);
  }

  #jar(url) {
    const { hostname } = new URL(url);
    if (!this.#cookies.has(hostname)) this.#cookies.set(hostname, new Map());
    return this.#cookies.get(hostname);
  }

  #headers(url) {
    const cookie = [...this.#jar(url)].map(([name, value]) => `${name}=${value}`).join('; ');
    return { 'user-agent': 'MicroMessenger', ...(cookie && { cookie }) };
  }

  #keep(url, answer) {
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      this.#jar(url).set(name, value);
    }
  }
}

module.exports = { Browser, emulatorOf, freePort, started, worldFile };
