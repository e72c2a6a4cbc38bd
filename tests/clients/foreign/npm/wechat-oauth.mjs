// `wechat-oauth`, as its README and its API's comments have it: a URL to send the browser to, then a code for a grant
// and with it the person.
//
// On state: "开发者可提供的数据". Its README gives one, so it is given one; its example for a website gives none,
// which the QR page refuses as empty. Nothing makes one, and nothing compares it with the callback's.

import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { Cannot, installed, ledTo, serve, versionOf } from './lines.mjs';

await serve(async ({ wechat, account, appid, secret, scope, redirect_uri, timeout_ms }) => {
  const { default: OAuth } = await installed('wechat-oauth/lib/oauth.js');
  // The hosts are in its code, and every request of it goes through here.
  const led = ledTo(wechat);
  const { request } = OAuth.prototype;
  OAuth.prototype.request = function (url, options, callback) {
    return request.call(this, led(url), options, callback);
  };

  // One for the site, which keeps everybody's tokens by openid.
  const client = new OAuth(appid, secret);
  client.setOpts({ timeout: timeout_ms });
  const calls = ['getAccessToken', 'getUserByCode', 'refreshAccessToken'];
  const { getAccessToken, getUserByCode, refreshAccessToken } = Object.fromEntries(
    calls.map((name) => [name, promisify(client[name]).bind(client)]),
  );
  const people = new Map();

  return {
    client: 'wechat-oauth (npm)',
    version: versionOf('wechat-oauth'),

    start() {
      const call = account === 'website_app' ? 'getAuthorizeURLForWebsite' : 'getAuthorizeURL';
      return { go: led(client[call](redirect_uri, randomBytes(16).toString('hex'), scope)) };
    },

    async callback(browser, url) {
      const code = new URL(url).searchParams.get('code');
      const person =
        scope === 'snsapi_base' ? (await getAccessToken(code)).data : await getUserByCode(code);
      people.set(browser, person);
      const { openid = null, unionid = null, nickname = null } = person;
      return { signed_in: { openid, unionid, nickname } };
    },

    async renew(browser) {
      const token = client.store[people.get(browser)?.openid];
      if (!token) throw new Cannot('it keeps no grant of that browser');
      return { renewed: { openid: (await refreshAccessToken(token.refresh_token)).data.openid } };
    },

    show: () => [client, ...people.values()],
  };
});
