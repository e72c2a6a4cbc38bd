// Better Auth with its WeChat provider, as its documentation has it: requests of the browser in, responses out,
// accounts and sessions in a database, which is in memory here. The QR page only. Accounts are found by `accountId`.
//
// On state: it is made, kept in the database and in a signed cookie, and compared by the library.

import { Cannot, Cookies, installed, ledTo, serve, versionOf } from './lines.mjs';

await serve(async ({ wechat, account, appid, secret, redirect_uri }) => {
  if (account !== 'website_app') throw new Cannot('it is for the QR page of a website app only');
  // The addresses are in its code, and every request of it is a `fetch`.
  const led = ledTo(wechat);
  const { fetch } = globalThis;
  globalThis.fetch = (url, options) => fetch(led(url), options);
  const { betterAuth } = await installed('better-auth/dist/index.mjs');
  const { memoryAdapter } = await installed('better-auth/dist/adapters/memory-adapter/index.mjs');
  const { origin } = new URL(redirect_uri);

  const database = { user: [], session: [], account: [], verification: [] };
  const auth = betterAuth({
    baseURL: origin,
    secret: 'a secret of this process alone, and a long one',
    database: memoryAdapter(database),
    telemetry: { enabled: false },
    // What the profile says is kept with the user.
    user: {
      additionalFields: { openid: { type: 'string', required: false }, unionid: { type: 'string', required: false } },
    },
    socialProviders: {
      wechat: {
        clientId: appid,
        clientSecret: secret,
        // Its own would be /api/auth/callback/wechat.
        redirectURI: redirect_uri,
        mapProfileToUser: ({ openid, unionid }) => ({ openid, unionid }),
      },
    },
  });
  const browsers = new Map();
  const sessions = [];

  const send = async (browser, path, body) => {
    if (!browsers.has(browser)) browsers.set(browser, new Cookies());
    const cookies = browsers.get(browser);
    const headers = { cookie: String(cookies), origin, 'content-type': 'application/json' };
    const options = body ? { method: 'POST', body: JSON.stringify(body), headers } : { headers };
    const response = await auth.handler(new Request(origin + '/api/auth' + path, options));
    cookies.take(response);
    return response;
  };

  const accountOf = async (browser) => {
    const session = await (await send(browser, '/get-session')).json();
    return { session, account: session && database.account.find(({ userId }) => userId === session.user.id) };
  };

  return {
    client: 'better-auth',
    version: versionOf('better-auth'),

    async start(browser) {
      const response = await send(browser, '/sign-in/social', { provider: 'wechat', callbackURL: '/home' });
      return { go: led((await response.json()).url) };
    },

    async callback(browser, url) {
      const response = await send(browser, '/callback/wechat' + new URL(url).search);
      const location = response.headers.get('location');
      // It has logged why.
      if (location !== '/home') return { refused: `${response.status} ${location} ${await response.text()}` };
      const { session, account } = await accountOf(browser);
      sessions.push(session);
      const { unionid, name } = session.user;
      // No account is found by the openid.
      return { signed_in: { account: account.accountId, openid: null, unionid: unionid ?? null, nickname: name } };
    },

    async renew(browser) {
      const { session, account } = await accountOf(browser);
      if (!account) throw new Cannot('nobody signed in with that browser');
      const response = await send(browser, '/refresh-token', { accountId: account.id });
      if (!response.ok) return { refused: `${response.status} ${await response.text()}` };
      // It goes on with the user it has.
      return { renewed: { openid: session.user.openid ?? null } };
    },

    // The database is the site's own, and what a log line prints is not its rows.
    show: () => [auth, ...sessions],
  };
});
