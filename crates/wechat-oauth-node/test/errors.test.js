'use strict';

// Errors as a program handles them.

const assert = require('node:assert/strict');
const { test } = require('node:test');

const wechat = require('wechat-oauth-rs');
const { Code, Grant, Pending } = wechat;
const { NOW, PROFILE, REDIRECT_URI, TOKENS, app, code, grant, json, thrownBy } = require('./given.js');

/** What every error of the package is. */
function isOurs(error, name, { kind, reason, advice }) {
  assert.ok(error instanceof wechat[name], `${error}`);
  assert.ok(error instanceof wechat.WechatOAuthError && error instanceof Error);
  assert.deepEqual([error.name, error.kind, error.reason, error.advice], [name, kind, reason, advice]);
  assert.ok(error.message.length > 0 && error.stack.startsWith(`${name}: ${error.message}\n    at `), error.stack);
  const inside = error.stack.split('\n').filter((line) => /lib.(kept|errors)\.js/.test(line));
  assert.deepEqual(inside, []);
  const { error: parts, ...more } = JSON.parse(error.document);
  const { error: same, advice: told } = JSON.parse(error.exposeDocument());
  assert.deepEqual([parts.kind, more, same, told], [kind, {}, parts, advice]);
  assert.ok(!error.document.includes('canary'), error.document);
  return error;
}

test('what cannot work is a configuration error', () => {
  const error = thrownBy(() => app.login('snsapi_login', REDIRECT_URI));
  const kind = 'configuration';
  isOurs(error, 'ConfigurationError', { kind, reason: 'scope_not_for_account', advice: 'fix_configuration' });
  const silent = Grant.fromStorage(grant().exposeForStorage().replaceAll('snsapi_userinfo', 'snsapi_base'));
  const consent = thrownBy(() => app.profile(silent));
  isOurs(consent, 'ConfigurationError', { kind, reason: 'profile_not_granted', advice: 'ask_userinfo_consent' });
  assert.equal(thrownBy(() => app.login('snsapi_all', REDIRECT_URI)).reason, 'scope');
});

test('a callback without our state gives the pending login back', () => {
  const { pending } = app.login('snsapi_base', REDIRECT_URI).begin({ state: 'S1' });
  for (const waiting of [pending, Pending.fromJson(pending.toJson())]) {
    const error = thrownBy(() => waiting.accept('code=C0DE&state=S2'));
    isOurs(error, 'CallbackError', { kind: 'callback', reason: 'state_mismatch', advice: 'restart_authorization' });
    assert.equal(error.pending, waiting);
    assert.equal(error.pending.accept('code=C0DE&state=S1').expose(), 'C0DE');
    assert.deepEqual(JSON.parse(error.exposeDocument()).pending, JSON.parse(waiting.toJson()));
    const refused = thrownBy(() => waiting.accept('state=S1'));
    isOurs(refused, 'CallbackError', { kind: 'callback', reason: refused.reason, advice: refused.advice });
    assert.equal(refused.pending, null);
  }
  const none = thrownBy(() => Code.receivedWithoutState(''));
  isOurs(none, 'CallbackError', { kind: 'callback', reason: 'code_empty', advice: none.advice });
  assert.equal(none.pending, null);
});

test('a refusal has its code, its name, its message and its request id', () => {
  const body = json({ errcode: 40029, errmsg: 'invalid code, rid: 5f-1' });
  const error = thrownBy(() => app.exchange(code()).read(200, body));
  isOurs(error, 'RefusedError', { kind: 'refused', reason: 'invalid_code', advice: 'restart_authorization' });
  assert.deepEqual(
    [error.errcode, error.errcodeName, error.errmsg, error.requestId],
    [40029, 'invalid_code', 'invalid code', '5f-1'],
  );
  const unknown = thrownBy(() => app.exchange(code()).read(200, json({ errcode: 1234567, errmsg: 'x' })));
  assert.deepEqual([unknown.reason, unknown.errcodeName, unknown.requestId], ['unknown_errcode', null, null]);
});

test('an answer that cannot be read says where', () => {
  const error = thrownBy(() => app.exchange(code()).read(502, '<html>'));
  isOurs(error, 'MalformedAnswerError', { kind: 'malformed', reason: 'http_status', advice: 'restart_authorization' });
  assert.deepEqual([error.status, error.line, error.column, error.field], [502, null, null, null]);
  const field = thrownBy(() => app.exchange(code()).read(200, json({ ...TOKENS, openid: 1.5 })));
  assert.deepEqual([field.reason, field.field], ['wrong_type', 'openid']);
  const place = thrownBy(() => app.exchange(code()).read(200, '{\n x'));
  assert.deepEqual([place.reason, place.line, place.column], ['not_json', 2, 2]);
  assert.equal(thrownBy(() => app.exchange(code()).read(200, Buffer.alloc(65537, 32))).reason, 'too_large');
});

test('a lost answer is thrown with what to do about it', () => {
  const error = thrownBy(() => app.exchange(code()).lost('timeout', 'request'));
  isOurs(error, 'TransportError', { kind: 'transport', reason: 'timeout', advice: 'restart_authorization' });
  assert.equal(error.phase, 'request');
  const profile = thrownBy(() => app.profile(grant()).lost('connect', 'connect'));
  assert.deepEqual([profile.advice, profile.reason, profile.phase], ['retry_later', 'connect', 'connect']);
  assert.equal(thrownBy(() => app.check(grant()).lost('sunspots', 'connect')).name, 'ConfigurationError');
});

test('an unread profile gives the grant back, with the cause', () => {
  const flow = app.signIn(code());
  flow.answer(200, json(TOKENS), NOW);
  flow.answer(200, json({ errcode: 45009, errmsg: 'reach max api daily quota limit' }), NOW);
  const error = thrownBy(() => flow.finish());
  isOurs(error, 'ProfileUnreadError', { kind: 'refused', reason: 'quota_reached', advice: 'retry_later' });
  isOurs(error.cause, 'RefusedError', { kind: 'refused', reason: 'quota_reached', advice: 'retry_later' });
  assert.equal(error.cause.errcode, 45009);
  assert.equal(app.profile(error.grant).read(200, json(PROFILE)).nickname, PROFILE.nickname);
  assert.deepEqual(JSON.parse(error.exposeDocument()).stored_grant, JSON.parse(error.grant.exposeForStorage()));
});

test('stored text that is none is refused without a word of it', () => {
  const canaries = ['canary', '{"canary":1}', json('canary'), `[${'"canary",'.repeat(9)}1]`];
  for (const text of [...canaries, '', 'null', '{}', '{'.repeat(60_000), ' '.repeat(70_000)]) {
    for (const restore of [Grant.fromStorage, Pending.fromJson]) {
      const error = thrownBy(() => restore(text));
      assert.equal(error.name, 'MisuseError', text.slice(0, 20));
      assert.ok(!error.message.includes('canary') && !error.document.includes('canary'), error.message);
    }
  }
});

test('an error can be made by hand for a test of one’s own', () => {
  const parts = { kind: 'refused', reason: 'x', advice: 'retry_later', message: 'm', document: '{"error":{"errcode":5}}' };
  const error = new wechat.RefusedError(parts);
  assert.deepEqual([error.name, error.errcode, error.message], ['RefusedError', 5, 'm']);
  assert.deepEqual([error.document, error.exposeDocument()], [parts.document, parts.document]);
  class Mine extends wechat.WechatOAuthError {}
  assert.ok(new Mine(parts) instanceof wechat.WechatOAuthError);
});
