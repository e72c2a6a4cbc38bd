'use strict';

// The transports' own lists of cases and flows, played through the client. The other side is the program `cases`, which
// knows what has to come out: it gives out tasks, is handed what came of them, and searches all that was said for secrets.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { createInterface } = require('node:readline');
const { test } = require('node:test');
const { inspect } = require('node:util');

const { Agent } = require('undici');
const { App, Client, Code, Grant, WechatOAuthError } = require('wechat-oauth-rs');

/** The program at the other side: a line for a line. */
class Lists {
  #program;
  #lines;
  #ended;

  constructor(path) {
    this.#program = spawn(path, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#program.stdout })[Symbol.asyncIterator]();
    this.#ended = new Promise((resolve, reject) => this.#program.once('exit', resolve).once('error', reject));
  }

  async ask(question) {
    this.#program.stdin.write(`${JSON.stringify(question)}\n`);
    const { value, done } = await Promise.race([this.#lines.next(), this.#ended.then(() => ({ done: true }))]);
    assert.ok(!done, 'the program `cases` has ended');
    return JSON.parse(value);
  }

  /** Plays everything that has the name, and gives the verdict. */
  async play(name) {
    let said = await this.ask({ start: name });
    while (!('ok' in said)) {
      // What is no failure of the package's is the test's: it is told to both.
      const came = await cameOf(said).catch((error) => ({ error, result: '', said: String(error) }));
      said = await this.ask(came);
      if (came.error) throw came.error;
    }
    return said;
  }

  /** The verdict on everything, and the program's exit code. */
  async end() {
    return [await this.ask({ end: true }), await this.#ended];
  }

  stop() {
    this.#program.kill();
  }
}

/** Does a task: what came of it, and everything that was said meanwhile. */
async function cameOf(task) {
  const written = listen();
  try {
    const { app, client } = made(task);
    const [[name, given]] = Object.entries(task.do);
    const outcome = await doneBy(app, client, name, given);
    const result = documentOf(name, outcome);
    return { result, said: [...shownBy(outcome), ...written.texts].join('\n') };
  } catch (error) {
    if (!(error instanceof WechatOAuthError)) throw error;
    const said = [...shownBy(error), error.message, error.stack, error.cause, ...written.texts].join('\n');
    return { result: error.exposeDocument(), said };
  } finally {
    written.stop();
  }
}

/** The application of a task, and a client of its own. */
function made({ app: options, timeout_ms: timeout, root_pem: ca, no_names: noNames }) {
  const app = new App({
    account: options.account,
    appid: options.appid,
    secret: options.secret,
    componentAppid: options.component_appid,
    componentAccessToken: options.component_access_token,
    baseUrl: options.base_url,
  });
  if (ca === null && !noNames) return { app, client: new Client(app, { timeout }) };
  const lookup = (name, _options, found) => found(Object.assign(new Error(`no ${name}`), { code: 'ENOTFOUND' }));
  const dispatcher = new Agent({ connect: noNames ? { lookup } : { ca } });
  return { app, client: new Client(app, { timeout, fetch: (url, init) => fetch(url, { ...init, dispatcher }) }) };
}

/** Runs a sign-in or a renewal, and sends everything else once. */
function doneBy(app, client, name, given) {
  const code = () => Code.receivedWithoutState(given.code, given.scope);
  const grant = () => Grant.fromStorage(JSON.stringify(given.stored));
  switch (name) {
    case 'sign_in':
      return client.run(app.signIn(code()));
    case 'renew':
      return client.run(app.renew(grant()));
    case 'exchange':
      return client.send(app.exchange(code()));
    default:
      return client.send(app[name](grant()));
  }
}

/** What came of it, as the document that every language gives. */
function documentOf(name, outcome) {
  switch (name) {
    case 'sign_in':
      return outcome.kind === 'person' ? outcome.exposeJson() : '{"signed_in":"snapshot"}';
    case 'check':
      return outcome.document;
    case 'profile':
      return `{"profile":${outcome.document}}`;
    default: {
      const stored = outcome.kind === 'grant' ? outcome.exposeForStorage() : null;
      return `{"grant":${outcome.exposeJson()},"stored_grant":${stored}}`;
    }
  }
}

/** What a value shows of itself. JSON is data, with a nickname as it is; here it is on one line. */
function shownBy(value) {
  const json = JSON.stringify(value).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return [String(value), inspect(value), inspect(value, { showHidden: true, depth: null, getters: false }), json];
}

/** Everything that is written to the console from now on. */
function listen() {
  const texts = [];
  const streams = [process.stdout, process.stderr];
  const writes = streams.map((stream) => stream.write);
  for (const [index, stream] of streams.entries()) {
    stream.write = (chunk, ...more) => {
      texts.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('latin1'));
      return writes[index].call(stream, chunk, ...more);
    };
  }
  const stop = () => streams.forEach((stream, index) => (stream.write = writes[index]));
  return { texts, stop };
}

test('every case and every flow comes out as it has to, and says nothing secret', async (t) => {
  const path = process.env.WECHAT_OAUTH_CASES;
  assert.ok(path, 'WECHAT_OAUTH_CASES has to name the program `cases` of the package `conformance`');
  const lists = new Lists(path);
  t.after(() => lists.stop());
  const { names } = await lists.ask({ list: true });
  for (const name of names) {
    await t.test(name, async () => assert.deepEqual(await lists.play(name), { ok: true }));
  }
  const [summary, status] = await lists.end();
  assert.deepEqual(summary, { ok: true, played: names.length, names: names.length });
  assert.equal(status, 0);
});
