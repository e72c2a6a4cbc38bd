'use strict';

// What several tests begin with. Every secret has `canary` in it.

const { App, Code } = require('wechat-oauth-rs');

const APPID = 'wx0123456789abcdef';
const SECRET = 'canary-secret';
const CODE = 'canary-code';
const ACCESS_TOKEN = 'canary-access-token';
const REFRESH_TOKEN = 'canary-refresh-token';
const REDIRECT_URI = 'https://example.com/callback';
/** When the requests are sent. */
const NOW = 1_790_000_000;

const TOKENS = {
  access_token: ACCESS_TOKEN,
  expires_in: 7200,
  refresh_token: REFRESH_TOKEN,
  openid: 'o1',
  scope: 'snsapi_userinfo',
  unionid: 'u1',
};
const PROFILE = {
  openid: 'o1',
  unionid: 'u1',
  nickname: '小明\u0007',
  sex: 1,
  language: 'zh_CN',
  city: '广州',
  province: '广东',
  country: '中国',
  headimgurl: 'http://thirdwx.qlogo.cn/mmopen/abc/132',
  privilege: ['chinaunicom'],
  remark: { a: [1] },
};

const json = JSON.stringify;

const app = App.officialAccount(APPID, SECRET);

function code(scope = 'snsapi_userinfo') {
  return Code.receivedWithoutState(CODE, scope);
}

function grant(more = {}) {
  return app.exchange(code()).read(200, json({ ...TOKENS, ...more }), NOW);
}

function profile(more = {}) {
  return app.profile(grant()).read(200, json({ ...PROFILE, ...more }), NOW);
}

/** A sign-in that came to its end. */
function signIn(...bodies) {
  const flow = app.signIn(code());
  for (const body of bodies) flow.answer(200, json(body), NOW);
  return flow.finish();
}

/** What a function throws. */
function thrownBy(work) {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

module.exports = {
  ACCESS_TOKEN,
  APPID,
  CODE,
  NOW,
  PROFILE,
  REDIRECT_URI,
  REFRESH_TOKEN,
  SECRET,
  TOKENS,
  app,
  code,
  grant,
  json,
  profile,
  signIn,
  thrownBy,
};
