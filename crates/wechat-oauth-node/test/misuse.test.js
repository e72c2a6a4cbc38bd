'use strict';

// Wrong types, wrong order, wrong receivers: a clear error, and never a crash.

const assert = require('node:assert/strict');
const { test } = require('node:test');

const wechat = require('wechat-oauth-rs');
const { App, Call, Code, Flow, Grant, MisuseError, Pending, browserKind, explain, lint, read } = wechat;
const { APPID, CODE, NOW, REDIRECT_URI, SECRET, TOKENS, app, code, grant, json, profile, thrownBy } = require('./given.js');

const HALF = 'a\ud800b';

/** What is no text. */
const NO_TEXTS = [undefined, null, 1, NaN, 1n, true, Symbol('canary'), {}, [], () => {}, Buffer.from('canary'), new String('s')];

/** What is no number of seconds, and no status. */
const NO_NUMBERS = [null, '200', 200n, true, {}, [], Symbol('s'), new Number(200)];
const NO_INTEGERS = [NaN, Infinity, -Infinity, -1, 0.5, 2 ** 53];

/** A clear error, that quotes nothing. */
function clear(work, ...classes) {
  const error = thrownBy(work);
  assert.ok(
    classes.some((expected) => error instanceof expected),
    `${error.stack}`,
  );
  assert.ok(error.message.length > 10 && !error.message.includes('canary'), error.message);
  return error;
}

test('a text that is none is a type error', () => {
  const { pending } = app.login('snsapi_base', REDIRECT_URI).begin({ state: 'S1' });
  const takers = {
    appid: (text) => App.officialAccount(text, SECRET),
    secret: (text) => App.officialAccount(APPID, text),
    'website secret': (text) => App.websiteApp(APPID, text),
    componentAppid: (text) => App.component(APPID, text),
    account: (text) => new App({ account: text, appid: APPID }),
    scope: (text) => app.login(text, REDIRECT_URI),
    redirectUri: (text) => app.login('snsapi_base', text),
    callback: (text) => pending.accept(text),
    json: (text) => Pending.fromJson(text),
    code: (text) => Code.receivedWithoutState(text),
    stored: (text) => Grant.fromStorage(text),
    reason: (text) => app.exchange(code()).lost(text, 'request'),
    phase: (text) => app.exchange(code()).lost('timeout', text),
    url: (text) => lint(text),
    userAgent: (text) => browserKind(text),
    operation: (text) => read(text, 200, '{}'),
  };
  for (const [name, take] of Object.entries(takers)) {
    for (const value of NO_TEXTS) assert.match(clear(() => take(value), TypeError).message, / has to be a string, not /, name);
    assert.match(clear(() => take(HALF), TypeError).message, /half of a surrogate pair/, name);
  }
  const optional = {
    state: (text) => app.login('snsapi_base', REDIRECT_URI).begin({ state: text }),
    baseUrl: (text) => App.officialAccount(APPID, SECRET, { baseUrl: text }),
    componentAccessToken: (text) => App.component(APPID, 'wxc', { componentAccessToken: text }),
    lang: (text) => app.profile(grant(), { lang: text }),
    'page lang': (text) => app.login('snsapi_base', REDIRECT_URI, { lang: text }),
    scope: (text) => Code.receivedWithoutState(CODE, text),
    domain: (text) => lint('https://example.com', { domain: text }),
    openid: (text) => read('exchange', 200, '{}', { openid: text }),
  };
  for (const [name, take] of Object.entries(optional)) {
    for (const value of NO_TEXTS.slice(1)) assert.match(clear(() => take(value), TypeError).message, / has to be a string/, name);
    clear(() => take(HALF), TypeError);
  }
});

test('a number that is none is a type error, and one out of range a range error', () => {
  const takers = {
    status: (value) => app.exchange(code()).read(value, '{}'),
    'status of a flow': (value) => app.signIn(code()).answer(value, '{}'),
    sentAt: (value) => app.exchange(code()).read(200, '{}', value),
    now: (value) => grant().at(value),
    'now of a comparison': (value) => grant().replaces(grant(), value),
    px: (value) => profile().avatarWithSize(value),
  };
  for (const [name, take] of Object.entries(takers)) {
    for (const value of NO_NUMBERS) assert.match(clear(() => take(value), TypeError).message, / has to be a number, not /, name);
    for (const value of NO_INTEGERS) assert.match(clear(() => take(value), RangeError).message, / integer between 0 and | in seconds /, name);
  }
  clear(() => app.exchange(code()).read(65536, '{}'), RangeError);
  for (const px of [0, 1, 45, 132.5, 65535]) clear(() => profile().avatarWithSize(px), RangeError, MisuseError);
  for (const value of NO_NUMBERS) clear(() => explain(value), TypeError);
  for (const value of [NaN, 0.5, 2 ** 53, -(2 ** 53)]) clear(() => explain(value), RangeError);
  assert.equal(explain(Number.MIN_SAFE_INTEGER), null);
});

test('a time in milliseconds is refused, and so is what is after the year 9999', () => {
  const granted = grant();
  const takers = {
    sentAt: (time) => app.exchange(code()).read(200, json(TOKENS), time),
    'sentAt of a flow': (time) => app.signIn(code()).answer(200, json(TOKENS), time),
    now: (time) => granted.at(time),
    'now of its JSON': (time) => granted.freshnessJson(time),
    'now of a comparison': (time) => granted.replaces(granted, time),
  };
  const last = Date.UTC(9999, 11, 31, 23, 59, 59) / 1000;
  for (const [name, take] of Object.entries(takers)) {
    for (const time of [Date.now(), last + 1, Number.MAX_SAFE_INTEGER]) {
      assert.match(clear(() => take(time), RangeError).message, /^(sentAt|now) has to be in seconds since 1970/, name);
    }
    take(last);
  }
});

test('a clock before 1970 is taken for 1970', (t) => {
  const granted = grant();
  t.mock.method(Date, 'now', () => -1_790_000_000_000);
  assert.equal(granted.at(), granted.at(0));
  assert.equal(app.exchange(code()).read(200, json(TOKENS)).expiresAt, 7200);
});

test('a wrong number spends nothing', () => {
  const call = app.exchange(code());
  clear(() => call.read(NaN, json(TOKENS)), RangeError);
  clear(() => call.read(200, json(TOKENS), -1), RangeError);
  clear(() => call.read(200, 7), TypeError);
  assert.equal(call.read(200, json(TOKENS), NOW).openid, 'o1');
});

test('a body is bytes or a string', () => {
  const read200 = (body) => app.exchange(code()).read(200, body, NOW);
  const text = json(TOKENS);
  const bytes = new TextEncoder().encode(text);
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  const inside = new Uint8Array(bytes.length + 8).subarray(4, bytes.length + 4);
  inside.set(bytes);
  class MyBytes extends Uint8Array {}
  for (const body of [text, bytes, Buffer.from(text), shared, inside, MyBytes.from(bytes)]) {
    assert.equal(read200(body).openid, 'o1');
  }
  const proxy = new Proxy(bytes, {});
  const forged = Object.create(Uint8Array.prototype);
  for (const body of [null, undefined, 7, {}, [], bytes.buffer, new DataView(bytes.buffer), proxy, forged, new Uint16Array(4)]) {
    assert.match(clear(() => read200(body), TypeError).message, /^body has to be a Buffer, a Uint8Array or a string/);
  }
  clear(() => read200(`"${HALF}"`), TypeError);
  const gone = new Uint8Array(8);
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  for (const body of [gone, '', new Uint8Array()]) assert.equal(clear(() => read200(body), wechat.MalformedAnswerError).reason, 'empty');
  const long = 'x'.repeat(2 ** 24);
  assert.equal(clear(() => read200(long), wechat.MalformedAnswerError).reason, 'too_large');
});

test('options with an unknown key are refused, and none is inherited by mistake', () => {
  const takers = [
    (options) => new App(options),
    (options) => App.officialAccount(APPID, SECRET, options),
    (options) => App.component(APPID, 'wxc', options),
    (options) => app.login('snsapi_base', REDIRECT_URI, options),
    (options) => app.login('snsapi_base', REDIRECT_URI).begin(options),
    (options) => app.profile(grant(), options),
    (options) => app.signIn(code(), options),
    (options) => lint('https://example.com', options),
    (options) => read('exchange', 200, '{}', options),
  ];
  for (const take of takers) {
    for (const options of [{ unknown: 1 }, JSON.parse('{"__proto__":{"lang":"en"}}'), { toString: 1 }, Object.create({ unknown: 1 })]) {
      assert.match(clear(() => take(options), TypeError).message, /^options has no .*: it may have /);
    }
    for (const options of [null, 1, 'state', [], Symbol('s'), true]) clear(() => take(options), TypeError);
  }
  for (const flag of ['true', 1, null, {}]) {
    clear(() => app.login('snsapi_base', REDIRECT_URI, { forcePopup: flag }), TypeError);
  }
  const website = App.websiteApp(APPID, SECRET).login('snsapi_login', REDIRECT_URI);
  for (const wxLogin of [{ self_redirect: true }, { stylelite: 2 }, { fastLogin: '0' }, { href: 1 }, null, 'x', { selfRedirect: 1 }]) {
    clear(() => website.begin({ wxLogin }), TypeError);
  }
  clear(() => website.begin({ wxLogin: { style: 'canary' } }), MisuseError);
});

test('options may be of any make, and what their getters throw is thrown', () => {
  const bare = Object.assign(Object.create(null), { state: 'S1' });
  const frozen = Object.freeze({ state: 'S1' });
  const proxy = new Proxy({ state: 'S1' }, {});
  const login = app.login('snsapi_base', REDIRECT_URI);
  for (const options of [bare, frozen, proxy]) assert.equal(login.begin(options).pending.exposeState(), 'S1');
  assert.equal(login.begin({ state: undefined }).pending.exposeState().length, 64);
  const mine = new Error('mine');
  const throwing = {
    get state() {
      throw mine;
    },
  };
  const trap = new Proxy({}, { ownKeys: () => assert.fail('canary'), get: () => { throw mine; } });
  assert.equal(thrownBy(() => login.begin(throwing)), mine);
  assert.equal(thrownBy(() => login.begin(trap)).message, 'canary');
});

test('what every object inherits is no option', (t) => {
  const login = app.login('snsapi_base', REDIRECT_URI);
  t.after(() => ['state', 'baseUrl', 'unknown'].forEach((key) => delete Object.prototype[key]));
  Object.assign(Object.prototype, { state: 'canary', baseUrl: 'http://127.0.0.1:9', unknown: 1 });
  for (const options of [undefined, {}, { wxLogin: undefined }]) {
    assert.notEqual(login.begin(options).pending.exposeState(), 'canary');
  }
  assert.equal(login.begin({ state: 'S1' }).pending.exposeState(), 'S1');
  const call = App.officialAccount(APPID, SECRET).exchange(code());
  assert.match(call.url, /^https:\/\/api\.weixin\.qq\.com\//);
});

test('bytes are read as they are, whatever a program says of their buffer', () => {
  const text = json(TOKENS);
  const shared = new Uint8Array(new SharedArrayBuffer(text.length));
  shared.set(Buffer.from(text));
  Object.defineProperty(shared, 'buffer', { value: new ArrayBuffer(0) });
  Object.defineProperty(shared, Symbol.iterator, { value: () => assert.fail('canary') });
  assert.equal(app.exchange(code()).read(200, shared, NOW).openid, 'o1');
});

test('a getter that calls back into the package changes nothing', () => {
  const [used, granted] = [code(), grant()];
  let inside;
  const options = {
    get lang() {
      inside = app.exchange(used);
      granted.at();
      thrownBy(() => Grant.fromStorage('{}'));
      return 'en';
    },
  };
  assert.equal(clear(() => app.signIn(used, options), MisuseError).reason, 'code_used');
  assert.equal(inside.read(200, json(TOKENS), NOW).openid, 'o1');
});

test('what is used up says so', () => {
  const misused = (work, reason) => assert.equal(clear(work, MisuseError).reason, reason);
  const used = code();
  app.exchange(used);
  misused(() => app.exchange(used), 'code_used');
  misused(() => app.signIn(used), 'code_used');
  misused(() => used.expose(), 'unknown_handle');

  const call = app.exchange(code());
  call.read(200, json(TOKENS), NOW);
  for (const again of [() => call.read(200, json(TOKENS)), () => call.lost('timeout', 'request')]) misused(again, 'finished');
  misused(() => call.operation, 'finished');

  const failed = app.exchange(code());
  clear(() => failed.read(200, ''), wechat.MalformedAnswerError);
  misused(() => failed.read(200, json(TOKENS)), 'finished');
  const lost = app.exchange(code());
  clear(() => lost.lost('timeout', 'request'), wechat.TransportError);
  misused(() => lost.read(200, json(TOKENS)), 'finished');

  const flow = app.signIn(code());
  misused(() => flow.waited(), 'not_waiting');
  misused(() => flow.finish(), 'not_done');
  flow.answer(200, json({ errcode: -1 }), NOW);
  misused(() => flow.answer(200, json(TOKENS)), 'not_sending');
  misused(() => flow.lost('timeout', 'request'), 'not_sending');
  flow.waited();
  flow.answer(200, json({ ...TOKENS, scope: 'snsapi_base' }), NOW);
  const person = flow.finish();
  for (const again of [() => flow.finish(), () => flow.step(), () => flow.answer(200, '{}'), () => flow.waited()]) {
    misused(again, 'finished');
  }
  assert.equal(person.openid, 'o1');
});

test('an object of another class is refused, whatever it looks like', () => {
  const granted = grant();
  const looksLike = Object.setPrototypeOf(profile(), Grant.prototype);
  for (const other of [undefined, null, 1, 'x', {}, profile(), app, looksLike, new Proxy(granted, {}), Object.create(Grant.prototype)]) {
    for (const work of [() => app.renew(other), () => app.refresh(other), () => app.check(other), () => app.profile(other)]) {
      assert.match(clear(work, TypeError).message, /^grant has to be a Grant, not /);
    }
    clear(() => granted.replaces(other), TypeError);
    assert.match(clear(() => app.exchange(other), TypeError).message, /^code has to be a Code, not /);
    clear(() => app.signIn(other), TypeError);
  }
});

test('a method or getter without its object is a type error', () => {
  const others = [undefined, null, {}, 1, grant(), profile(), app, code()];
  let tried = 0;
  for (const [name, exported] of Object.entries(wechat)) {
    // Errors are plain, and what a client does is a promise.
    if (typeof exported !== 'function' || exported.prototype instanceof Error || name === 'Client') continue;
    for (const [key, { value, get }] of Object.entries(Object.getOwnPropertyDescriptors(exported.prototype ?? {}))) {
      const own = value ?? get;
      // What tells its class alone needs no object, and JSON takes what it finds.
      if (key === 'constructor' || key === 'kind' || key === 'toJSON') continue;
      for (const other of others) {
        if (other instanceof exported) continue;
        assert.throws(() => own.call(other, '{}', '{}'), TypeError, `${name}.${key}`);
        tried += 1;
      }
    }
  }
  assert.ok(tried > 300, `${tried}`);
  const { officialAccount, component } = App;
  assert.equal(officialAccount(APPID, SECRET).appid, APPID);
  assert.equal(component(APPID, 'wxc').account, 'component');
  const { fromStorage } = Grant;
  assert.equal(fromStorage(grant().exposeForStorage()).openid, 'o1');
});

test('a class whose objects come from elsewhere cannot be made by hand, nor through a subclass', () => {
  const { Begun, Login, Person, Profile, Send, Snapshot, Validity } = wechat;
  for (const closed of [Begun, Call, Code, Flow, Grant, Login, Pending, Person, Profile, Send, Snapshot, Validity]) {
    class Mine extends closed {}
    for (const made of [closed, Mine]) {
      for (const given of [[], [{}], [1, 'x'], [grant(), 'x'], [{ number: 1 }, 'x']]) {
        assert.match(clear(() => new made(...given), TypeError).message, /^Illegal constructor: /, closed.name);
      }
    }
    assert.throws(() => closed(), TypeError);
  }
  class MyApp extends App {
    greet = () => `app of ${this.appid}`;
  }
  assert.equal(MyApp.officialAccount(APPID, SECRET).greet(), `app of ${APPID}`);
});
