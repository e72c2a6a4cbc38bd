// `passport-wechat`, as its README has it: one strategy for the site, which either sends the browser to WeChat or,
// where the query has a code, signs its person in. It calls `wechat-oauth`.
//
// On state: the strategy is given one with its other settings, and so everybody has the same. Nothing compares it with
// the callback's.

import { randomBytes } from 'node:crypto';
import { Cannot, installed, ledTo, printed, serve, versionOf } from './lines.mjs';

await serve(async ({ wechat, account, appid, secret, scope, redirect_uri }) => {
  const { default: passport } = await installed('passport/lib/index.js');
  const { default: Strategy } = await installed('passport-wechat/lib/index.js');
  const { default: OAuth } = await installed('wechat-oauth/lib/oauth.js');
  // The hosts are in the code of `wechat-oauth`, and every request of it goes through here.
  const led = ledTo(wechat);
  const { request } = OAuth.prototype;
  OAuth.prototype.request = function (url, options, callback) {
    return request.call(this, led(url), options, callback);
  };

  const strategy = new Strategy(
    {
      appID: appid,
      appSecret: secret,
      client: account === 'website_app' ? 'web' : 'wechat',
      callbackURL: redirect_uri,
      scope,
      state: randomBytes(16).toString('hex'),
    },
    (accessToken, refreshToken, profile, expiresIn, done) => done(null, profile),
  );
  passport.use(strategy);
  const people = new Map();

  /** What becomes of a browser's GET request: a response that ends, or an answer of the strategy. */
  const get = (url) =>
    new Promise((resolve, reject) => {
      const { protocol, host, pathname, search, searchParams } = new URL(url, redirect_uri);
      const originalUrl = pathname + search;
      const query = Object.fromEntries(searchParams);
      const req = { url: originalUrl, originalUrl, query, protocol: protocol.slice(0, -1), get: () => host };
      const headers = {};
      const res = { setHeader: (name, value) => (headers[name] = value), end: () => resolve({ go: headers.Location }) };
      const authenticate = passport.authenticate('wechat', (error, user, info, status) =>
        error ? reject(error) : resolve({ user, status }),
      );
      passport.initialize()(req, res, () => authenticate(req, res, reject));
    });

  return {
    client: 'passport-wechat',
    version: versionOf('passport-wechat'),

    async start() {
      const { go } = await get('/login');
      return { go: led(go) };
    },

    async callback(browser, url) {
      const { go, user, status } = await get(url);
      if (go) return { go: led(go) };
      if (!user) return { refused: printed({ user, status }) };
      people.set(browser, user);
      const { openid = null, unionid = null, nickname = null } = user;
      return { signed_in: { openid, unionid, nickname } };
    },

    renew() {
      throw new Cannot('it renews nothing');
    },

    show: () => [strategy, ...people.values()],
  };
});
