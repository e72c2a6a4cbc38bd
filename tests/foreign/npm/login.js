'use strict';

// `wechat-oauth` of npm logs in through the emulator, and every value it gets is compared with what the emulator knows.
//
// Usage: login.js ANNOUNCEMENT, the file with the first line that `wechat-oauth emulator` printed.

const { randomBytes } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { isDeepStrictEqual, promisify } = require('node:util');

// Nobody listens there: a callback is read where the browser is sent away. Its query has to survive.
const REDIRECT_URI = 'http://localhost:8000/login/wechat?next=%2Fhome&lang=zh';
// A made-up code of the right shape.
const UNKNOWN_CODE = '0'.repeat(32);
const BROWSER_TIMEOUT_MS = 10_000;
const ACCESS_TOKEN_LIFETIME = 7200;

let currentLogin = 'setup';

class Failed extends Error {}

/** Names the login that the next checks belong to. */
function login(name) {
  currentLogin = name;
}

/** Prints what was checked; ends the run where it does not hold. */
function check(what, holds) {
  if (!holds) throw new Failed(what);
  console.log(`ok      wechat-oauth of npm, ${currentLogin}: ${what}`);
}

/** A check that shows both values, so neither may be a code or a token. */
function same(what, got, expected) {
  const equal = isDeepStrictEqual(got, expected);
  check(equal ? what : `${what}: ${JSON.stringify(got)} instead of ${JSON.stringify(expected)}`, equal);
}

/** A check that WeChat's answer is this refusal. */
async function refused(what, errcode, message, call) {
  const error = await call.then(() => null, (error) => error);
  if (!error) throw new Failed(`${what} is not refused`);
  // The request id that follows is another one every time.
  const [text, ...rid] = error.message.split(', rid: ');
  const got = error.code === undefined ? [error.name] : [error.code, text, rid.length];
  same(`${what} is refused: ${errcode} ${message}`, got, [errcode, message, 1]);
}

/** A browser in the hands of one person. */
class Browser {
  constructor(baseUrl, person) {
    this.baseUrl = baseUrl;
    this.person = person;
  }

  async open(url) {
    // The page's own script refuses another fragment, and no server sees it.
    if (!url.endsWith('#wechat_redirect')) throw new Failed('the authorize URL does not end in #wechat_redirect');
    return this.get(url);
  }

  async get(path) {
    return this.#send(path, {});
  }

  /** Presses a button of the page's one form. */
  async answer(page, answer, fields = {}) {
    const forms = [...page.html.matchAll(/<form method="post" action="([^"]+)"[^>]*>(.*?)<\/form>/gs)];
    const [action, inside] = forms.length === 1 ? forms[0].slice(1) : ['', ''];
    if (!inside.includes(`<button name="answer" value="${answer}"`)) {
      throw new Failed(`the page has no form with the answer ${answer}`);
    }
    const form = new URLSearchParams();
    for (const [, name, value] of inside.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)) {
      form.append(name, value);
    }
    for (const [name, value] of Object.entries(fields)) {
      if (!inside.includes(`name="${name}" value="${value}"`)) throw new Failed(`the form has no ${name} ${value}`);
      form.append(name, value);
    }
    form.append('answer', answer);
    const headers = { Origin: this.baseUrl, Referer: page.url };
    return this.#send(action, { method: 'POST', body: form, headers });
  }

  async #send(path, options) {
    const url = new URL(path, this.baseUrl).href;
    // As set by POST /_emulator/current-user: the one who holds the phone.
    const headers = { ...options.headers, Cookie: `emulator_user=${this.person.id}` };
    const signal = AbortSignal.timeout(BROWSER_TIMEOUT_MS);
    const response = await fetch(url, { ...options, headers, signal, redirect: 'manual' });
    const html = await response.text();
    return { url, html, status: response.status, location: response.headers.get('location') };
  }
}

/** What WeChat added to the redirect URI where it sent the browser. */
function callback(what, location) {
  const sent = location?.startsWith(REDIRECT_URI + '&');
  check(`${what}, the browser is sent to the redirect URI`, sent);
  const pairs = [...new URLSearchParams(location.slice(REDIRECT_URI.length + 1))];
  const given = Object.fromEntries(pairs);
  check('the callback names nothing twice', pairs.length === Object.keys(given).length);
  return given;
}

/** The code of a callback that has our state and nothing else. */
function codeOf(what, location, state) {
  const { code, ...rest } = callback(what, location);
  check('the callback brings a code of 32 letters and digits', /^[0-9A-Za-z]{32}$/.test(code));
  same('and with it nothing but the state', rest, { state });
  return code;
}

/** The emulator's own API. */
async function emulator(baseUrl, method, name, body) {
  const response = await fetch(`${baseUrl}/_emulator/${name}`, {
    method,
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(BROWSER_TIMEOUT_MS),
  });
  if (!response.ok) throw new Failed(`the emulator answers ${response.status} to ${method} ${name}`);
  return response.json();
}

/** The calls of `wechat-oauth` as promises. */
function clientOf(OAuth, account) {
  const client = new OAuth(account.appid, account.secret);
  const names = ['getAccessToken', 'refreshAccessToken', 'verifyToken', 'getUser', 'getUserByCode'];
  const calls = names.map((name) => [name, promisify(client[name]).bind(client)]);
  return { client, ...Object.fromEntries(calls) };
}

function isGrant(grant, person, appid, scope, ...more) {
  // `create_at` is what the client adds.
  const keys = ['access_token', 'expires_in', 'refresh_token', 'openid', 'scope', ...more];
  same(`the grant has ${keys.join(', ')}`, Object.keys(grant), [...keys, 'create_at']);
  same(`the openid is that of ${person.id}`, grant.openid, person.openids[appid]);
  same('the scope is the one that was granted', grant.scope, scope);
  same('the access token lives for two hours', grant.expires_in, ACCESS_TOKEN_LIFETIME);
}

function isProfile(profile, person, appid, baseUrl) {
  // Since 2021.
  const untold = { sex: 0, language: '', city: '', province: '', country: '' };
  same(`the profile is that of ${person.id}`, profile, {
    openid: person.openids[appid],
    nickname: person.nickname,
    ...untold,
    headimgurl: person.avatar ? baseUrl + person.avatar : '',
    privilege: [],
    unionid: person.unionids[appid],
  });
}

function isRenewed(kept, renewed, scope) {
  check('an access token that lives is prolonged', renewed.access_token === kept.access_token);
  check('the refresh token stays', renewed.refresh_token === kept.refresh_token);
  same('a refresh names the same openid', renewed.openid, kept.openid);
  same('a refresh lists all scopes, with a comma at the end', renewed.scope, scope);
}

const escaped = (byte) => '\\u' + byte.charCodeAt(0).toString(16).padStart(4, '0');

const newState = () => randomBytes(16).toString('hex');

async function silentLogin({ OAuth, led, baseUrl, account }, person) {
  login('silent');
  const { client, ...calls } = clientOf(OAuth, account);
  const browser = new Browser(baseUrl, person);
  const state = newState();
  const page = await browser.open(led(client.getAuthorizeURL(REDIRECT_URI, state)));
  const code = codeOf('without a page', page.location, state);

  const { data: grant } = await calls.getAccessToken(code);
  isGrant(grant, person, account.appid, 'snsapi_base');
  const { errcode, errmsg } = await calls.verifyToken(grant.openid, grant.access_token);
  same('the access token is valid', { errcode, errmsg }, { errcode: 0, errmsg: 'ok' });
  const elsewhere = calls.verifyToken('o'.repeat(28), grant.access_token);
  await refused('an openid of somebody else', 40003, 'invalid openid', elsewhere);
  await refused('a profile for snsapi_base', 48001, 'api unauthorized', calls.getUser(grant.openid));
  await refused('a code that was used', 40163, 'code been used', calls.getAccessToken(code));
  await refused('a made-up code', 40029, 'invalid code', calls.getAccessToken(UNKNOWN_CODE));
  const { data: renewed } = await calls.refreshAccessToken(grant.refresh_token);
  isRenewed(grant, renewed, 'snsapi_base,');
}

async function loginWithConsent({ OAuth, led, baseUrl, account }, person) {
  login('with consent');
  const { client, ...calls } = clientOf(OAuth, account);
  const browser = new Browser(baseUrl, person);
  const state = newState();
  const url = led(client.getAuthorizeURL(REDIRECT_URI, state, 'snsapi_userinfo'));
  const page = await browser.open(url);
  same('snsapi_userinfo shows a page', page.status, 200);
  const given = callback('after a refusal', (await browser.answer(page, 'deny')).location);
  same('a refusal brings the state and no code', given, { state });

  const { location } = await browser.answer(await browser.open(url), 'allow');
  const code = codeOf('after consent', location, state);
  isProfile(await calls.getUserByCode({ code, lang: 'zh_CN' }), person, account.appid, baseUrl);
  // Its store has the grant that the code was exchanged for.
  const { ...grant } = client.store[person.openids[account.appid]];
  isGrant(grant, person, account.appid, 'snsapi_userinfo', 'unionid');
  same('the unionid is the person’s', grant.unionid, person.unionids[account.appid]);
  const { data: renewed } = await calls.refreshAccessToken(grant.refresh_token);
  isRenewed(grant, renewed, 'snsapi_base,snsapi_userinfo,');

  await emulator(baseUrl, 'POST', 'clock', { advance: ACCESS_TOKEN_LIFETIME });
  const dead = calls.verifyToken(grant.openid, grant.access_token);
  await refused('a token after two hours', 42001, 'access_token expired', dead);
  // It goes by its own clock, which did not move: the token is from two hours before.
  client.store[grant.openid].create_at -= ACCESS_TOKEN_LIFETIME * 1000;
  isProfile(await calls.getUser(grant.openid), person, account.appid, baseUrl);
  const replaced = client.store[grant.openid].access_token;
  check('it renewed the token on the way to the profile', replaced !== grant.access_token);
}

async function controlBytes({ OAuth, led, baseUrl, account }, person) {
  login('a nickname with control bytes');
  const { client, ...calls } = clientOf(OAuth, account);
  const browser = new Browser(baseUrl, person);
  const state = newState();
  const page = await browser.open(led(client.getAuthorizeURL(REDIRECT_URI, state, 'snsapi_userinfo')));
  const { location } = await browser.answer(page, 'allow');
  const { data: grant } = await calls.getAccessToken(codeOf('after consent', location, state));
  // WeChat sends such bytes as they are, which is no JSON; it has an option for that. With `true` the option would
  // double the backslash of every `\/` too, so it is given a function that leaves those alone.
  const error = await calls.getUser(grant.openid).then(() => null, (error) => error);
  same('it cannot read the profile', error?.name, 'WeChatAPIJSONResponseFormatError');
  client.setOpts({ fixJSONCtlChars: (text) => text.replace(/[\0-\x1f]/g, escaped) });
  isProfile(await calls.getUser(grant.openid), person, account.appid, baseUrl);
}

async function withoutState({ OAuth, led, baseUrl, account }, person) {
  login('without a state');
  const { client } = clientOf(OAuth, account);
  // It then sends an empty one.
  const page = await new Browser(baseUrl, person).open(led(client.getAuthorizeURL(REDIRECT_URI)));
  same('the browser stays where it is', [page.status, page.location], [200, null]);
  check('the page says 10013', page.html.includes('10013'));
}

async function websiteLogin({ OAuth, led, baseUrl, website }, desk, phone) {
  login('QR code');
  const { client, ...calls } = clientOf(OAuth, website);
  const browser = new Browser(baseUrl, desk);
  const state = newState();
  const url = led(client.getAuthorizeURLForWebsite(REDIRECT_URI, state));
  const user = { user: phone.id };

  const opened = async () => {
    const page = await browser.open(url);
    const [, poll] = page.html.match(/data-poll="(\/_emulator\/qr\/[^"]+)"/) ?? [];
    const [, play] = page.html.match(/href="(\/_emulator\/phone\/[^"]+)"/) ?? [];
    check('the page shows a QR code, and leads to a phone', page.html.includes('data:image/svg+xml') && poll && play);
    return { play, progress: async () => JSON.parse((await browser.get(poll)).html) };
  };
  const scanned = async ({ play, progress }) => {
    same('nobody scanned it yet', await progress(), { status: 'waiting', redirect: null });
    await browser.answer(await browser.get(play), 'scan', user);
    same('the phone scanned it', await progress(), { status: 'scanned', redirect: null });
    return browser.get(play);
  };

  let qr = await opened();
  await browser.answer(await scanned(qr), 'deny', user);
  const denied = await qr.progress();
  same('the phone refused', denied.status, 'refused');
  same('a refusal brings the state and no code', callback('after a refusal', denied.redirect), { state });

  qr = await opened();
  await browser.answer(await scanned(qr), 'allow', user);
  const allowed = await qr.progress();
  same('the phone confirmed', allowed.status, 'confirmed');
  const code = codeOf('after consent', allowed.redirect, state);

  isProfile(await calls.getUserByCode(code), phone, website.appid, baseUrl);
  const { ...grant } = client.store[phone.openids[website.appid]];
  isGrant(grant, phone, website.appid, 'snsapi_login', 'unionid');
  same('the unionid is the person’s', grant.unionid, phone.unionids[website.appid]);
  const { errcode } = await calls.verifyToken(grant.openid, grant.access_token);
  same('the access token is valid', errcode, 0);
  await refused('a code that was used', 40163, 'code been used', calls.getUserByCode(code));
  const { data: renewed } = await calls.refreshAccessToken(grant.refresh_token);
  isRenewed(grant, renewed, 'snsapi_login,');
}

async function main() {
  const [announcement] = readFileSync(process.argv[2], 'utf8').split('\n');
  const { base_url: baseUrl, accounts } = JSON.parse(announcement);
  const ofKind = (kind) => accounts.find((account) => account.kind === kind);
  const shim = require('./shim.js').pointAt(baseUrl);
  const given = { ...shim, baseUrl, account: ofKind('official_account'), website: ofKind('website') };

  await emulator(baseUrl, 'POST', 'reset');
  const people = await emulator(baseUrl, 'GET', 'users');
  const person = (id) => people.find((person) => person.id === id);
  await silentLogin(given, person('xiaoming'));
  await loginWithConsent(given, person('quotes'));
  await controlBytes(given, person('control'));
  await withoutState(given, person('xiaoming'));
  await websiteLogin(given, person('xiaoming'), person('family'));
}

function report(error) {
  // The text of an HTTP error quotes the URL, with the secret in it: the place says enough.
  const said = error instanceof Failed ? error.message : error.name;
  console.log(`FAILED  wechat-oauth of npm, ${currentLogin}: ${said}`);
  if (!(error instanceof Failed)) console.log(String(error.stack).match(/^ +at .*$/gm)?.join('\n') ?? '');
  process.exit(1);
}

// The client throws in a callback of its own where an answer is empty.
process.on('uncaughtException', report);
main().catch(report);
