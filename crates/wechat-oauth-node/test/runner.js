'use strict';

// Answers what every language is asked: a question a line, by the public functions alone.

const { join } = require('node:path');
const { createRequire } = require('node:module');
const { createInterface } = require('node:readline');

/** The package as it was installed: beside this file, or where `check.sh` puts it. */
function installed() {
  const target = process.env.CARGO_TARGET_DIR ?? join(__dirname, '../../../target');
  const work = process.env.WECHAT_OAUTH_WORK ?? join(target, 'languages/node');
  try {
    return require('wechat-oauth-rs');
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
    return createRequire(join(work, 'installed/'))('wechat-oauth-rs');
  }
}

const { App, Code, Grant, Pending, WechatOAuthError, browserKind, explain, lint, read } = installed();

const json = JSON.stringify;

/** What a string is, it is; anything else is written without spaces. */
function textOf(value) {
  return typeof value === 'string' ? value : json(value);
}

function bodyOf({ body_base64: base64, body_repeated: times = 1 }) {
  const body = Buffer.from(base64, 'base64');
  return Buffer.concat(Array(times).fill(body));
}

function appOf(given) {
  return new App({
    account: given.account,
    appid: given.appid,
    secret: given.secret,
    componentAppid: given.component_appid,
    componentAccessToken: given.component_access_token,
    baseUrl: given.base_url,
  });
}

function wxLoginOf(given) {
  return {
    selfRedirect: given.self_redirect,
    style: given.style,
    href: given.href,
    stylelite: given.stylelite,
    fastLogin: given.fast_login,
    colorScheme: given.color_scheme,
  };
}

/** The failure's document in place of the answer: whole, unless the command line's is asked for. */
function failing(answer, documentOf = (error) => error.exposeDocument()) {
  try {
    return answer();
  } catch (error) {
    if (!(error instanceof WechatOAuthError)) throw error;
    return documentOf(error);
  }
}

function stepOf(step) {
  const { kind, operation, method, url, redactedUrl, milliseconds } = step;
  switch (kind) {
    case 'send':
      return json({ step: kind, operation, method, url, redacted_url: redactedUrl });
    case 'wait':
      return json({ step: kind, milliseconds });
    default:
      return json({ step: kind });
  }
}

function outcomeOf(outcome, signsIn) {
  if (outcome.kind === 'person') return outcome.exposeJson();
  if (outcome.kind === 'snapshot' && signsIn) return json({ signed_in: 'snapshot' });
  if (outcome.kind === 'snapshot') return `{"grant":${outcome.exposeJson()},"stored_grant":null}`;
  if (outcome.kind === 'grant') return `{"grant":${outcome.exposeJson()},"stored_grant":${outcome.exposeForStorage()}}`;
  return 'valid' in outcome ? outcome.document : `{"profile":${outcome.document}}`;
}

function start(app, kind, given) {
  const code = () => Code.receivedWithoutState(given.code, given.scope);
  const grant = () => Grant.fromStorage(textOf(given.stored));
  const lang = { lang: given.lang };
  switch (kind) {
    case 'sign_in':
      return app.signIn(code(), lang);
    case 'exchange':
      return app.exchange(code()).asFlow();
    case 'renew':
      return app.renew(grant());
    case 'profile':
      return app.profile(grant(), lang).asFlow();
    default:
      return app[kind](grant()).asFlow();
  }
}

function happen(flow, { answer, lost, waited, finish }, signsIn) {
  if (answer) flow.answer(answer.status, bodyOf(answer), answer.sent_at);
  if (lost) flow.lost(lost.reason, lost.phase);
  if (waited) flow.waited();
  return finish ? outcomeOf(flow.finish(), signsIn) : stepOf(flow.step());
}

const OPERATIONS = {
  authorize_url({ app, login }) {
    const { wx_login: wxLogin, state } = login;
    const page = {
      forcePopup: login.force_popup,
      forceSnapshot: login.force_snapshot,
      connectRedirect: login.connect_redirect,
      lang: login.lang,
    };
    const begun = appOf(app)
      .login(login.scope, login.redirect_uri, page)
      .begin({ state, wxLogin: wxLogin && wxLoginOf(wxLogin) });
    const { url, pending, wxLogin: argument } = begun;
    const more = argument === null ? '' : `,"wx_login":${json(argument)}`;
    return `{"url":${json(url)},"state":${json(pending.exposeState())},"pending":${pending.toJson()}${more}}`;
  },
  callback: ({ pending, callback }) => json({ code: Pending.fromJson(textOf(pending)).accept(callback).expose() }),
  read: ({ operation, status, openid, scope, ...body }) =>
    failing(() => read(operation, status, bodyOf(body), { openid, scope }), ({ document }) => document),
  lint: ({ url, domain }) => json({ findings: lint(url, { domain }) }),
  explain: ({ code }) => json(explain(code)),
  browser_kind: ({ user_agent: userAgent }) => json({ browser: browserKind(userAgent) }),
  grant_at: ({ stored, now }) => Grant.fromStorage(textOf(stored)).freshnessJson(now),
  grant_replaces({ grant, stored, now }) {
    const [one, other] = [Grant.fromStorage(textOf(grant)), Grant.fromStorage(textOf(stored))];
    return json({ replaces: one.replaces(other, now) });
  },
  flow({ app, start: starts, events }) {
    const [[kind, given]] = Object.entries(starts);
    let flow;
    const told = [failing(() => stepOf((flow = start(appOf(app), kind, given)).step()))];
    if (flow) told.push(...events.map((event) => failing(() => happen(flow, event, kind === 'sign_in'))));
    return `[${told.join(',')}]`;
  },
};

/** The answer to one question. */
function answer({ do: operation, in: given }) {
  return failing(() => OPERATIONS[operation](given));
}

module.exports = { answer };

async function main() {
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    process.stdout.write(`${answer(JSON.parse(line))}\n`);
  }
}

if (require.main === module) main();
