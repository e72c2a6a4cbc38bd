'use strict';

// The example site, run as it is, and visited as people do.

const assert = require('node:assert/strict');
const { join } = require('node:path');
const { test } = require('node:test');

const { Browser, emulatorOf, freePort, started, worldFile } = require('./support.js');

const SECRET = 'canary0123456789abcdef0123456789';
const WORLD = {
  accounts: [{ kind: 'official_account', appid: 'wx0123456789abcdef', secret: SECRET }],
  users: [
    { id: 'lily', nickname: '<b>Lily & "Co"</b>' },
    { id: 'visitor', nickname: 'Visitor', snapshot: true },
  ],
};

test('the Express site', async (t) => {
  const emulator = await emulatorOf(t, worldFile(t, WORLD));
  const PORT = String(await freePort());
  const origin = `http://localhost:${PORT}`;
  const { printed } = await started(t, process.execPath, [join(__dirname, '..', 'examples', 'express.mjs')], {
    ORIGIN: origin,
    PORT,
    SESSION_SECRET: 'canary-session',
    WECHAT_APPID: 'wx0123456789abcdef',
    WECHAT_BASE_URL: emulator.baseUrl,
    WECHAT_SECRET: SECRET,
  });
  const exchanges = async () => (await emulator.ask('log')).filter(({ path }) => path === '/sns/oauth2/access_token');
  const misbehave = (name, endpoint, next = 1) => emulator.ask('faults', { name, endpoint, next });
  const home = (browser) => browser.get(`${origin}/`);
  /** Where WeChat sends the browser back to. */
  const callbackOf = async (browser, user = 'lily', answer = 'allow') => {
    const { location } = await browser.get(`${origin}/login`, { follow: false });
    const { callback_urls: urls } = await emulator.ask('authorize', { authorize_url: location, user, answer });
    return urls[0];
  };
  t.beforeEach(() => emulator.ask('reset', {}));

  await t.test('signs somebody in, and shows the profile escaped', async () => {
    const browser = new Browser();
    assert.match((await home(browser)).text, /Sign in with WeChat/);
    const page = await browser.get(`${origin}/login`);
    assert.equal(page.url, `${origin}/`);
    assert.match(page.text, /hello, &#60;b&#62;Lily &#38; &#34;Co&#34;&#60;\/b&#62;/);
    assert.match(page.text, /<img src="http/);
    assert.equal((await exchanges()).length, 1);
  });

  await t.test('signs out', async () => {
    const browser = new Browser();
    await browser.get(`${origin}/login`);
    const page = await browser.get(`${origin}/logout`, { method: 'POST' });
    assert.match(page.text, /Sign in with WeChat/);
  });

  await t.test('sends no code twice when the callback is reloaded', async () => {
    const browser = new Browser();
    const callback = await callbackOf(browser);
    for (let time = 0; time < 2; time += 1) assert.match((await browser.get(callback)).text, /hello/);
    assert.equal((await exchanges()).length, 1);
  });

  await t.test('gives who signs in a new session', async () => {
    const [browser, other] = [new Browser(), new Browser()];
    const callback = await callbackOf(browser);
    const before = browser.cookie(origin, 'connect.sid');
    other.plant(origin, 'connect.sid', before);
    await browser.get(callback);
    assert.notEqual(browser.cookie(origin, 'connect.sid'), before);
    assert.match((await home(other)).text, /Sign in with WeChat/);
  });

  await t.test("takes no other browser's callback, and the login waits on", async () => {
    const [browser, other] = [new Browser(), new Browser()];
    const callback = await callbackOf(browser);
    assert.equal((await other.get(callback)).status, 400);
    const stray = await callbackOf(other, 'visitor');
    assert.equal((await browser.get(stray)).status, 400);
    assert.equal((await exchanges()).length, 0);
    assert.match((await browser.get(callback)).text, /hello/);
    assert.match((await home(other)).text, /Sign in with WeChat/);
  });

  await t.test('signs no visitor of a snapshot page in', async () => {
    const browser = new Browser();
    assert.match((await browser.get(await callbackOf(browser, 'visitor'))).text, /full page/);
    assert.match((await home(browser)).text, /Sign in with WeChat/);
  });

  await t.test('leaves alone who refuses', async () => {
    const browser = new Browser();
    const page = await browser.get(await callbackOf(browser, 'lily', 'deny'));
    assert.deepEqual([page.status, page.text], [403, '<p>You did not sign in.<p><a href="/login">Sign in with WeChat</a>']);
    assert.equal((await exchanges()).length, 0);
  });

  await t.test('asks a busy WeChat again', async () => {
    await misbehave('wx-busy', 'exchange');
    assert.match((await new Browser().get(`${origin}/login`)).text, /hello/);
    assert.equal((await exchanges()).length, 2);
  });

  await t.test('begins again after a lost answer, with another code', async () => {
    await misbehave('wx-lost-answer', 'exchange');
    const browser = new Browser();
    const page = await browser.get(`${origin}/login`);
    assert.equal(page.status, 400);
    assert.match(page.text, /Once more, please/);
    assert.equal((await exchanges()).length, 1);
    assert.match((await browser.get(`${origin}/login`)).text, /hello/);
  });

  await t.test('signs nobody in as somebody else', async () => {
    await misbehave('wx-openid-swapped', 'profile');
    const browser = new Browser();
    assert.equal((await browser.get(`${origin}/login`)).status, 400);
    assert.match((await home(browser)).text, /Sign in with WeChat/);
  });

  await t.test('writes no secret anywhere', () => {
    assert.match(printed.join(''), /no answer to the exchange/);
    assert.doesNotMatch(printed.join(''), /canary|code=|access_token=|state=/);
  });
});
