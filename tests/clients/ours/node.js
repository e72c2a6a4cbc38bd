'use strict';

// The Node package, as the conformance kit drives it: a site's session of each browser is an object. It is used as its
// README shows, and nothing is checked or mended here on behalf of it.

const { createInterface } = require('node:readline');
const { inspect } = require('node:util');
const { App, CallbackError, Client, Pending, ProfileUnreadError, WechatOAuthError } = require('wechat-oauth-rs');
const { version } = require('wechat-oauth-rs/package.json');

const began = Math.floor(Date.now() / 1000);
const sessions = new Map();
const seen = []; // every object of the library, to be shown
let wechat, login, client;

function open(given) {
  const make = { official_account: App.officialAccount, website_app: App.websiteApp }[given.account];
  wechat = make.call(App, given.appid, given.secret, { baseUrl: given.wechat });
  login = wechat.login(given.scope, given.redirect_uri);
  client = new Client(wechat, { timeout: given.timeout_ms });
  seen.push(wechat, login, client);
  return { client: 'wechat-oauth-rs (npm)', version };
}

function start(session) {
  const begun = login.begin();
  seen.push(begun, begun.pending);
  session.pending = begun.pending.toJson(); // stays with this browser
  return { go: begun.url };
}

async function callback(session, url) {
  const { pending, user } = session;
  if (!pending && user) return { signed_in: user }; // reloaded
  if (!pending) return { refused: 'This login was begun elsewhere, or is over.' };
  delete session.pending;
  try {
    const code = Pending.fromJson(pending).accept(url);
    seen.push(code);
    const visitor = await client.run(wechat.signIn(code));
    seen.push(visitor);
    if (visitor.kind === 'snapshot') return { visitor: true };
    signIn(session, visitor.grant, visitor);
  } catch (error) {
    if (error instanceof CallbackError) session.pending = error.pending?.toJson(); // a stray link: the login is still good
    if (!(error instanceof ProfileUnreadError)) throw error;
    seen.push(error);
    signIn(session, error.grant, error.grant); // who it is, is known
  }
  return { signed_in: session.user };
}

function signIn(session, grant, { unionid, profile }) {
  seen.push(grant, profile);
  session.grant = grant;
  session.user = { openid: grant.openid, unionid: unionid ?? null, nickname: profile?.nickname ?? null };
}

async function renew(session, now) {
  if (!session.grant) return { refused: 'nobody is signed in' };
  if (session.grant.at(now) === 'over') return { refused: 'the grant is over: sign in again' };
  session.grant = await client.run(wechat.renew(session.grant));
  return { renewed: { openid: session.grant.openid } };
}

function answer({ do: what, browser, url, later }) {
  if (!sessions.has(browser)) sessions.set(browser, {});
  const session = sessions.get(browser);
  if (what === 'show') return { shown: seen.map((value) => `${inspect(value)} ${String(value)}`).join('\n') };
  if (what === 'start') return start(session);
  if (what === 'renew') return renew(session, later === undefined ? undefined : began + later);
  if (later !== undefined) return { cannot: 'the client asks the operating system for the time' };
  return callback(session, url);
}

function printed(error) {
  if (!(error instanceof WechatOAuthError)) throw error;
  seen.push(error);
  return { refused: `${error.stack}\n${inspect(error, { depth: null })}` };
}

async function main() {
  for await (const line of createInterface({ input: process.stdin })) {
    const given = JSON.parse(line);
    const said = wechat ? await Promise.resolve().then(() => answer(given)).catch(printed) : open(given);
    process.stdout.write(`${JSON.stringify(said)}\n`);
  }
}

main();
