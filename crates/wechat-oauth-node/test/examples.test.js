'use strict';

// What the README shows, run as it is.

const assert = require('node:assert/strict');
const { execFile, spawn } = require('node:child_process');
const { once } = require('node:events');
const { createServer } = require('node:http');
const { connect } = require('node:net');
const { join } = require('node:path');
const { test } = require('node:test');
const { inspect, promisify } = require('node:util');

const { App, Client, Code, MisuseError, TransportError } = require('wechat-oauth-rs');

const { Browser, emulatorOf, worldFile } = require('./support.js');

const EXAMPLES = join(__dirname, '..', 'examples');
const SECRET = 'canary0123456789abcdef0123456789';
const WORLD = {
  accounts: [{ kind: 'official_account', appid: 'wx0123456789abcdef', secret: SECRET, domain: 'www.example.com' }],
  users: [{ id: 'lily', nickname: 'Lily' }],
};

/** Asks over fetch, as a program might. */
async function get(url) {
  const answer = await fetch(url, { redirect: 'manual' });
  return { status: answer.status, body: new Uint8Array(await answer.arrayBuffer()) };
}

/** An app at an emulator, and new codes for it. */
async function shop(t) {
  const emulator = await emulatorOf(t, worldFile(t, WORLD));
  const app = App.officialAccount('wx0123456789abcdef', SECRET, { baseUrl: emulator.baseUrl });
  const login = app.login('snsapi_userinfo', 'https://www.example.com/callback');
  const code = async () => {
    const { url, pending } = login.begin();
    const { location } = await new Browser().get(url, { follow: false });
    return pending.accept(location);
  };
  const asked = async (path) => (await emulator.ask('log')).filter((entry) => entry.path === path).length;
  return { app, asked, client: new Client(app), code, emulator };
}

test('the program that reads the address signs somebody in', async (t) => {
  const accounts = [{ ...WORLD.accounts[0], domain: 'loopback' }];
  const { baseUrl } = await emulatorOf(t, worldFile(t, { ...WORLD, accounts }));
  const env = { ...process.env, WECHAT_APPID: 'wx0123456789abcdef', WECHAT_BASE_URL: baseUrl, WECHAT_SECRET: SECRET };
  const program = spawn(process.execPath, [join(EXAMPLES, 'login.mjs')], { env });
  t.after(() => program.kill());
  let printed = '';
  for (const stream of [program.stdout, program.stderr]) stream.on('data', (chunk) => (printed += chunk));
  while (!printed.includes('come back to:')) await once(program.stdout, 'data');
  const [, url] = /^open (\S+)$/m.exec(printed);
  const { location } = await new Browser().get(url, { follow: false });
  program.stdin.write(`${location}\n`);
  const [status] = await once(program, 'close');
  assert.equal(status, 0, printed);
  assert.match(printed, /^Person \{\n[^]*openid: 'o[^]*nickname: 'Lily'/m);
  assert.doesNotMatch(printed, /canary|access_token|refresh_token/);
});

test('the emulator serves a test', async () => {
  // In a process that is no part of this run.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, [join(EXAMPLES, 'emulator.mjs')], { env });
  assert.match(stdout, /pass 3\n[^]*fail 0\n/);
});

test('a flow and a call are driven without the client', async (t) => {
  const { drive, exchange } = await import('../examples/without-client.mjs');
  const { app, asked, code, emulator } = await shop(t);
  const log = t.mock.method(console, 'log', () => {});
  assert.equal((await drive(app.signIn(await code()), get)).profile.nickname, 'Lily');
  assert.equal((await exchange(app, await code(), get)).kind, 'grant');
  assert.match(inspect(log.mock.calls[0].arguments), /GET http[^]*access_token\?/);
  assert.doesNotMatch(inspect(log.mock.calls[0].arguments), /canary/);

  await emulator.ask('faults', { name: 'wx-busy', endpoint: 'exchange', next: 1 });
  const before = await asked('/sns/oauth2/access_token');
  assert.equal((await drive(app.signIn(await code()), get)).kind, 'person');
  assert.equal(await asked('/sns/oauth2/access_token'), before + 2);
  const lost = async () => Promise.reject(new Error('canary'));
  await assert.rejects(drive(app.signIn(await code()), lost), { constructor: TransportError, reason: 'other' });
});

test('a grant is kept, and renewed when its time has come', async (t) => {
  const { fresh, keep } = await import('../examples/grants.mjs');
  const { app, asked, client, code } = await shop(t);
  const store = new Map();
  const key = keep(store, await client.run(app.signIn(await code())));
  assert.equal((await fresh(store, key, app, client)).at(), 'fresh');
  assert.equal(await asked('/sns/oauth2/refresh_token'), 0);

  const stored = JSON.parse(store.get(key));
  const at = (seconds) => JSON.stringify({ ...stored, issued_at: stored.issued_at - seconds });
  store.set(key, at(7200));
  assert.equal((await fresh(store, key, app, client)).at(), 'fresh');
  assert.equal(await asked('/sns/oauth2/refresh_token'), 1);
  assert.notEqual(store.get(key), at(7200));

  const over = { ...stored, issued_at: 1, refresh_token_issued_at: 1 };
  store.set(key, JSON.stringify(over));
  assert.equal(await fresh(store, key, app, client), null);
  keep(store, await client.run(app.signIn(await code())));
  assert.equal((await fresh(store, key, app, client)).at(), 'fresh');
});

test('each error has its page', async (t) => {
  const { givenBack, pageOf } = await import('../examples/errors.mjs');
  const log = t.mock.method(console, 'error', () => {});
  const { app, client, code, emulator } = await shop(t);
  const error = async (work) => {
    try {
      await work();
    } catch (thrown) {
      return thrown;
    }
    return assert.fail('it went well');
  };
  const { pending } = app.login('snsapi_base', 'https://www.example.com/callback').begin();
  const stray = await error(() => pending.accept('?code=C0DE&state=another'));
  assert.equal(pageOf(stray).login, true);
  assert.equal(givenBack(stray).exposeState(), pending.exposeState());

  const refused = await error(() => pending.accept(`?state=${pending.exposeState()}`));
  const { status, login: again } = pageOf(refused);
  assert.deepEqual([status, again, givenBack(refused)], [403, true, null]);

  const misuse = await error(() => app.signIn(Code.receivedWithoutState('C0DE')).finish());
  assert.ok(misuse instanceof MisuseError);
  assert.equal(pageOf(misuse).status, 500);

  await emulator.ask('faults', { name: 'wx-profile-error', endpoint: 'profile', next: 9 });
  const unread = await error(async () => client.run(app.signIn(await code())));
  assert.equal(givenBack(unread).readsProfile, true);

  const ours = new Error('not of the package');
  assert.throws(() => pageOf(ours), (thrown) => thrown === ours);
  assert.equal(log.mock.callCount(), 3);
});

test('a client can be behind a proxy', async (t) => {
  const { clientBehind } = await import('../examples/proxy.mjs');
  const { app, code } = await shop(t);
  const tunnels = [];
  let refuses = false;
  const proxy = createServer().on('connect', ({ url }, socket) => {
    tunnels.push(url);
    if (refuses) return socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    const [host, port] = url.split(':');
    const through = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connected\r\n\r\n');
      through.pipe(socket).pipe(through);
    });
    for (const end of [through, socket]) end.on('error', () => end.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  t.after(() => proxy.close());
  const url = `http://127.0.0.1:${proxy.address().port}`;
  assert.equal((await clientBehind(app, url).run(app.signIn(await code()))).kind, 'person');
  assert.ok(tunnels.length > 0);
  refuses = true;
  const refused = { constructor: TransportError, reason: 'proxy', advice: 'restart_authorization' };
  await assert.rejects(clientBehind(app, url).run(app.signIn(await code())), refused);
});
