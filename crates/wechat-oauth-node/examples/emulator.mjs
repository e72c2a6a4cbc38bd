// A login in a test: no account, no domain, no phone, and nothing leaves the machine.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, afterEach, test } from 'node:test';
import { App, Client } from 'wechat-oauth-rs';

const command = process.env.WECHAT_OAUTH_COMMAND ?? 'wechat-oauth';
const emulator = spawn(command, ['emulator', '--auto-consent'], { stdio: ['ignore', 'pipe', 'inherit'] });
after(() => emulator.kill());
afterEach(() => fetch(`${baseUrl}/_emulator/faults`, { method: 'DELETE' })); // a fault ends with its test
const [line] = await once(createInterface({ input: emulator.stdout }), 'line');
const { base_url: baseUrl, accounts } = JSON.parse(line);
const { appid, secret } = accounts.find(({ kind }) => kind === 'official_account');

// Signs the first person of the emulator's in.
async function signIn() {
  const app = App.officialAccount(appid, secret, { baseUrl });
  const { url, pending } = app.login('snsapi_userinfo', 'http://localhost:3000/callback').begin();
  // The page consents by itself, and sends the browser back.
  const page = await fetch(url, { redirect: 'manual', headers: { 'user-agent': 'MicroMessenger' } });
  const code = pending.accept(page.headers.get('location') ?? '');
  return await new Client(app).run(app.signIn(code));
}

test('somebody signs in', async () => {
  const visitor = await signIn();
  assert.equal(visitor.kind, 'person');
  assert.ok(visitor.profile?.nickname);
});

test('a lost answer begins the login again', async () => {
  const body = JSON.stringify({ name: 'wx-lost-answer', endpoint: 'exchange', next: 1 });
  await fetch(`${baseUrl}/_emulator/faults`, { method: 'POST', body });
  await assert.rejects(signIn(), { kind: 'transport', advice: 'restart_authorization' });
});

test('a token is renewed when it is two hours old', async () => {
  const { grant } = await signIn();
  await fetch(`${baseUrl}/_emulator/clock`, { method: 'POST', body: JSON.stringify({ advance: 7300 }) });
  const { now } = await (await fetch(`${baseUrl}/_emulator/clock`)).json(); // in seconds since 1970
  assert.equal(grant.at(now), 'renew');
});
