// Logto's connector for WeChat on the web, as `@logto/connector-kit` has it called: the QR page only.
//
// On state: it has to be given one. Nothing makes it, and nothing compares it with the callback's: that is for the
// program around the connector.

import { randomBytes } from 'node:crypto';
import { Cannot, installed, ledTo, serve, versionOf } from './lines.mjs';

await serve(async ({ wechat, account, appid, secret, redirect_uri }) => {
  if (account !== 'website_app') throw new Cannot('it is for the QR page of a website app only');
  // The addresses are in its code, and every request of it goes through `got.get`. Its timeout is fixed.
  const led = ledTo(wechat);
  const { got } = await installed('got/dist/source/index.js');
  const { get } = got;
  got.get = (url, options) => get(led(url), options);
  const { default: createConnector } = await installed('@logto/connector-wechat-web/lib/index.js');

  const connector = await createConnector({ getConfig: async () => ({ appId: appid, appSecret: secret }) });
  const people = new Map();

  return {
    client: '@logto/connector-wechat-web',
    version: versionOf('@logto/connector-wechat-web'),

    async start() {
      const state = randomBytes(16).toString('hex');
      return { go: led(await connector.getAuthorizationUri({ state, redirectUri: redirect_uri }, async () => {})) };
    },

    async callback(browser, url) {
      const person = await connector.getUserInfo(Object.fromEntries(new URL(url).searchParams), async () => ({}));
      people.set(browser, person);
      const { id, name = null, rawData } = person;
      // No account is found by the profile's openid.
      return { signed_in: { account: id, openid: null, unionid: rawData.unionid ?? null, nickname: name } };
    },

    renew() {
      throw new Cannot('it keeps no grant');
    },

    show: () => [connector, ...people.values()],
  };
});
