'use strict';

// No console, log or serialiser shows a secret.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { format, inspect } = require('node:util');

const wechat = require('wechat-oauth-rs');
const { APPID, CODE, NOW, PROFILE, REDIRECT_URI, TOKENS, app, code, grant, json, profile, thrownBy } = require('./given.js');

/** One of everything, secrets inside. */
function everything() {
  const login = app.login('snsapi_userinfo', REDIRECT_URI);
  const begun = login.begin({ state: 'canaryState' });
  const flow = app.signIn(code());
  const send = flow.step();
  flow.answer(200, json(TOKENS), NOW);
  flow.answer(200, json(PROFILE), NOW);
  const unread = app.signIn(code());
  unread.answer(200, json(TOKENS), NOW);
  unread.answer(200, json({ errcode: 45009, errmsg: `no quota for ${TOKENS.access_token}` }), NOW);
  const component = wechat.App.component(APPID, 'wxc', { componentAccessToken: 'canary-component' });
  const granted = grant();
  return {
    app,
    component,
    login,
    begun,
    pending: begun.pending,
    stored: wechat.Pending.fromJson(begun.pending.toJson()),
    accepted: begun.pending.accept(`code=${CODE}&state=canaryState`),
    code: code(),
    call: app.exchange(code()),
    refresh: app.refresh(granted),
    flow: app.signIn(code()),
    send,
    person: flow.finish(),
    grant: granted,
    again: wechat.Grant.fromStorage(granted.exposeForStorage()),
    snapshot: grant({ is_snapshotuser: 1 }),
    profile: profile(),
    validity: app.check(granted).read(200, json({ errcode: 0 })),
    stray: thrownBy(() => begun.pending.accept('code=canary&state=canary2')),
    unread: thrownBy(() => unread.finish()),
    refused: thrownBy(() => app.exchange(code()).read(200, json({ errcode: 40029, errmsg: `bad ${CODE}` }))),
    malformed: thrownBy(() => app.exchange(code()).read(200, '{"access_token":"canary')),
    lost: thrownBy(() => app.refresh(granted).lost('timeout', 'request')),
    misuse: thrownBy(() => wechat.Grant.fromStorage('{"canary":1}')),
  };
}

/** Everything that a program might print of a value without asking for a secret by name. */
function* printed(value) {
  yield String(value);
  yield format('%s %o %O %j', value, value, value, value);
  for (const options of [{}, { showHidden: true, depth: null }, { customInspect: false, showHidden: true, depth: null }]) {
    yield inspect(value, options);
  }
  yield inspect(value, { showHidden: true, getters: true, depth: null });
  yield JSON.stringify(value) ?? '';
  yield JSON.stringify({ ...value });
  yield inspect(Object.entries(Object.getOwnPropertyDescriptors(value)), { depth: null });
  yield inspect(structuredClone(value instanceof Error ? value : { ...value }), { showHidden: true, depth: null });
  if (value instanceof Error) yield `${value.message}\n${value.stack}\n${value.document}`;
}

test('nothing that is printed holds a secret', () => {
  for (const [name, value] of Object.entries(everything())) {
    for (const text of printed(value)) {
      assert.ok(!text.includes('canary'), `${name}: ${text}`);
    }
  }
});

test('a structured clone of an object holds nothing', () => {
  for (const [name, value] of Object.entries(everything())) {
    if (value instanceof Error) continue;
    assert.deepEqual(Object.keys(structuredClone(value)), [], name);
  }
});

test('a console shows who and what', () => {
  const { app: shownApp, grant: shownGrant, pending, person, send } = everything();
  assert.equal(inspect(shownApp), `App { account: 'official_account', appid: '${APPID}' }`);
  assert.equal(inspect(pending), `Pending { appid: '${APPID}', scope: 'snsapi_userinfo' }`);
  assert.match(inspect(shownGrant), /^Grant \{[^]*openid: 'o1'[^]*expiresAt: 1790007200/);
  assert.match(inspect(person), /^Person \{[^]*openid: 'o1'/);
  assert.match(inspect(send), /^Send \{[^]*secret=\[redacted\]&code=\[redacted\]/);
});
