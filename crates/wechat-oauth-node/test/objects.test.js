'use strict';

// Each class as a program uses it.

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { App, Code, Grant, Pending, Person, browserKind, explain, lint, read } = require('wechat-oauth-rs');
const { ACCESS_TOKEN, APPID, CODE, NOW, PROFILE, REDIRECT_URI, REFRESH_TOKEN, SECRET, TOKENS } = require('./given.js');
const { app, code, grant, json, profile, signIn, thrownBy } = require('./given.js');

test('each kind of account has its constructor, and flat options make the same', () => {
  assert.deepEqual([app.account, app.appid], ['official_account', APPID]);
  assert.equal(App.websiteApp(APPID, SECRET).account, 'website');
  const component = App.component(APPID, 'wxc', { componentAccessToken: 'T' });
  assert.equal(component.account, 'component');
  assert.equal(new App({ account: 'component', appid: APPID, componentAppid: 'wxc' }).account, 'component');
  assert.match(component.exchange(code()).url, /\/sns\/oauth2\/component\/access_token\?/);
  const emulator = App.officialAccount(APPID, SECRET, { baseUrl: 'http://127.0.0.1:9' });
  assert.match(emulator.login('snsapi_base', REDIRECT_URI).begin().url, /^http:\/\/127\.0\.0\.1:9\/connect\//);
  assert.equal(emulator.wxLoginScript, 'http://127.0.0.1:9/connect/zh_CN/htmledition/js/wxLogin.js');
});

test('a login begins with a state of its own each time', () => {
  const login = app.login('snsapi_userinfo', REDIRECT_URI, { forcePopup: true, connectRedirect: true });
  const states = new Set(Array.from({ length: 100 }, () => login.begin().pending.exposeState()));
  assert.equal(states.size, 100);
  for (const state of states) assert.match(state, /^[0-9a-f]{64}$/);
});

test('a login with a given state has the URL that WeChat reads by a pattern', () => {
  const { url, pending, wxLogin } = app.login('snsapi_base', REDIRECT_URI, { forceSnapshot: false }).begin({ state: 'S1' });
  assert.equal(
    url,
    `https://open.weixin.qq.com/connect/oauth2/authorize?appid=${APPID}&redirect_uri=https%3A%2F%2Fexample.com%2Fcallback` +
      '&response_type=code&scope=snsapi_base&state=S1&forceSnapShot=false#wechat_redirect',
  );
  assert.deepEqual([pending.exposeState(), pending.appid, pending.scope, wxLogin], ['S1', APPID, 'snsapi_base', null]);
});

test('a QR code inside a page gets what its script needs', () => {
  const login = App.websiteApp(APPID, SECRET).login('snsapi_login', REDIRECT_URI, { lang: 'en' });
  const options = { selfRedirect: true, style: 'white', stylelite: 1, fastLogin: 0, colorScheme: 'auto' };
  const { pending, wxLogin } = login.begin({ wxLogin: { ...options, href: 'https://example.com/a.css' } });
  assert.deepEqual(wxLogin, {
    appid: APPID,
    scope: 'snsapi_login',
    redirect_uri: 'https%3A%2F%2Fexample.com%2Fcallback',
    state: pending.exposeState(),
    self_redirect: true,
    style: 'white',
    href: 'https%3A%2F%2Fexample.com%2Fa.css',
    stylelite: 1,
    fast_login: 0,
    color_scheme: 'auto',
  });
  const error = thrownBy(() => app.login('snsapi_base', REDIRECT_URI).begin({ wxLogin: {} }));
  assert.deepEqual([error.name, error.reason], ['ConfigurationError', 'option_not_on_page']);
});

test('a pending login waits in a session, and reads a query, a path and a URL', () => {
  const { pending } = app.login('snsapi_base', REDIRECT_URI).begin({ state: 'S1' });
  const again = Pending.fromJson(pending.toJson());
  assert.equal(again.toJson(), pending.toJson());
  assert.deepEqual([again.appid, again.scope, again.exposeState()], [APPID, 'snsapi_base', 'S1']);
  for (const waiting of [pending, again]) {
    for (const callback of ['', '/callback?', 'https://example.com/callback?']) {
      assert.equal(waiting.accept(`${callback}code=${CODE}&state=S1`).expose(), CODE);
    }
  }
});

test('an exchange gives a grant', () => {
  const call = app.exchange(code());
  assert.equal(call.operation, 'exchange');
  assert.ok(call.url.includes(`secret=${SECRET}&code=${CODE}`));
  assert.equal(call.redactedUrl, call.url.replace(SECRET, '[redacted]').replace(CODE, '[redacted]'));
  assert.equal(call.read(200, Buffer.from(json(TOKENS)), NOW).openid, 'o1');

  const granted = grant();
  assert.deepEqual([granted.kind, granted.appid, granted.openid, granted.unionid], ['grant', APPID, 'o1', 'u1']);
  assert.deepEqual(granted.scopes, ['snsapi_userinfo']);
  assert.ok(Object.isFrozen(granted.scopes));
  assert.deepEqual([granted.scopesAssumed, granted.readsProfile], [false, true]);
  assert.deepEqual([granted.expiresAt, granted.refreshTokenEndsAt], [NOW + 7200, NOW + 30 * 24 * 3600]);
  assert.equal(granted.exposeAccessToken(), ACCESS_TOKEN);
  assert.equal(JSON.parse(granted.exposeJson()).refresh_token, REFRESH_TOKEN);
});

test('a grant knows what it is good for', () => {
  const granted = grant();
  assert.deepEqual(
    [NOW, NOW + 7199, NOW + 7200, NOW + 30 * 24 * 3600].map((now) => granted.at(now)),
    ['fresh', 'fresh', 'renew', 'over'],
  );
  assert.equal(JSON.parse(granted.freshnessJson(NOW)).expires_at, granted.expiresAt);
  const fresh = app.exchange(code()).read(200, json(TOKENS));
  assert.equal(fresh.at(), 'fresh');
  assert.ok(Math.abs(fresh.expiresAt - 7200 - Date.now() / 1000) < 60);
});

test('a grant goes into storage and out of it', () => {
  const stored = grant().exposeForStorage();
  const again = Grant.fromStorage(stored);
  assert.equal(again.exposeForStorage(), stored);
  const silent = grant({ scope: 'snsapi_base' });
  assert.deepEqual([again.replaces(silent, NOW), silent.replaces(again, NOW)], [true, false]);
});

test('each call gives what it is for', () => {
  const granted = grant();
  const renewed = app.refresh(granted).read(200, json({ ...TOKENS, access_token: 'canary-other' }), NOW);
  assert.equal(renewed.exposeAccessToken(), 'canary-other');
  const valid = app.check(granted).read(200, json({ errcode: 0, errmsg: 'ok' }));
  assert.deepEqual([valid.valid, valid.refusal, valid.document], [true, null, '{"valid":true}']);
  const refused = app.check(granted).read(200, json({ errcode: 40003, errmsg: 'invalid openid' }));
  assert.deepEqual([refused.valid, refused.refusal.errcode, refused.refusal.name], [false, 40003, 'RefusedError']);
  assert.equal(refused.refusal.advice, 'restart_authorization');
});

test('a profile is read part by part and as a whole', () => {
  const person = profile();
  const { headimgurl, privilege, remark, ...plain } = PROFILE;
  for (const [name, value] of Object.entries(plain)) assert.equal(person[name], value, name);
  assert.equal(person.avatar, headimgurl.replace('http:', 'https:'));
  assert.equal(person.avatarWithSize(640), person.avatar.replace(/132$/, '0'));
  assert.deepEqual([person.privileges, person.extra], [privilege, { remark }]);
  assert.ok(Object.isFrozen(person.privileges) && Object.isFrozen(person.extra));
  assert.deepEqual(JSON.parse(json(person)), JSON.parse(person.document));
  assert.deepEqual([profile({ unionid: undefined, headimgurl: '' }).unionid, profile({ headimgurl: '' }).avatar], [null, null]);
  assert.equal(profile({ headimgurl: '' }).avatarWithSize(46), null);
});

test('an unknown field cannot reach a prototype', () => {
  const body = json(PROFILE).replace('"remark"', '"__proto__"');
  const { extra } = app.profile(grant()).read(200, body, NOW);
  assert.deepEqual(Object.keys(extra), ['__proto__']);
  assert.equal(Object.getPrototypeOf(extra), Object.prototype);
  assert.equal({}.a, undefined);
});

test('a sign-in says what to send, what to wait for, and who came', () => {
  const flow = app.signIn(code(), { lang: 'en' });
  const { kind, method, operation, url, redactedUrl } = flow.step();
  assert.deepEqual([kind, method, operation], ['send', 'GET', 'exchange']);
  assert.equal(redactedUrl, url.replace(SECRET, '[redacted]').replace(CODE, '[redacted]'));
  flow.answer(200, json({ errcode: -1, errmsg: 'system error' }), NOW);
  assert.deepEqual(flow.step(), { kind: 'wait', milliseconds: 1000 });
  flow.waited();
  flow.answer(200, json(TOKENS), NOW);
  assert.match(flow.step().url, /&lang=en$/);
  flow.lost('timeout', 'request');
  flow.waited();
  flow.answer(200, json(PROFILE), NOW);
  assert.deepEqual(flow.step(), { kind: 'done' });
  const person = flow.finish();
  assert.ok(person instanceof Person);
  assert.deepEqual([person.kind, person.appid, person.openid, person.unionid], ['person', APPID, 'o1', 'u1']);
  assert.equal(person.profile.nickname, PROFILE.nickname);
  assert.equal(person.grant.exposeAccessToken(), ACCESS_TOKEN);
  assert.ok(person.profile === person.profile && person.grant === person.grant);
  assert.equal(JSON.parse(person.exposeJson()).signed_in, 'person');
});

test('a person without consent has no profile, and a snapshot visitor is nobody', () => {
  assert.equal(signIn({ ...TOKENS, scope: 'snsapi_base' }).profile, null);
  const visitor = { ...TOKENS, is_snapshotuser: 1 };
  for (const nobody of [signIn(visitor), grant(visitor)]) {
    assert.equal(nobody.kind, 'snapshot');
    assert.equal(nobody.openid, undefined);
    assert.equal(JSON.parse(nobody.exposeJson()).snapshot, true);
  }
});

test('a renewal gives the new grant, and a call can be driven like a flow', () => {
  for (const flow of [app.renew(grant()), app.refresh(grant()).asFlow()]) {
    assert.equal(flow.step().operation, 'refresh');
    flow.answer(200, json({ ...TOKENS, refresh_token: 'canary-other' }), NOW);
    assert.equal(JSON.parse(flow.finish().exposeForStorage()).refresh_token, 'canary-other');
  }
});

test('the tools need no application', () => {
  const [finding] = lint('https://example.com/');
  assert.deepEqual([finding.code, finding.severity], ['not_authorize_page', 'error']);
  const { url } = app.login('snsapi_base', REDIRECT_URI).begin();
  assert.deepEqual(lint(url, { domain: 'example.com' }), []);
  assert.equal(lint(url, { domain: 'example.org' })[0].page, 10003);
  assert.equal(explain(40029).advice.exchange, 'restart_authorization');
  assert.equal(explain(-1).name, 'system_busy');
  assert.equal(explain(123), null);
  assert.equal(JSON.parse(read('exchange', 200, json(TOKENS))).openid, 'o1');
  assert.equal(thrownBy(() => read('exchange', 200, json(TOKENS), { openid: 'o2' })).reason, 'openid_mismatch');
  assert.equal(browserKind('Mozilla/5.0 (iPhone) MicroMessenger/8.0'), 'wechat');
});

test('a code that an SDK brought has the scope that it was asked for', () => {
  const bare = { ...TOKENS, scope: undefined };
  const exchanged = (given) => app.exchange(given).read(200, json(bare), NOW);
  assert.deepEqual(exchanged(code('snsapi_base')).scopes, ['snsapi_base']);
  assert.deepEqual(exchanged(Code.receivedWithoutState(CODE)).scopes, []);
});
