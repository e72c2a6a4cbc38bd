// Auth.js (`@auth/core`) with its WeChat provider, as its documentation has it: requests of the browser in, responses
// out, the session in a cookie. Accounts are found by `providerAccountId`.
//
// On state: it is made, kept in an encrypted cookie and compared by the library.

import { Cannot, Cookies, installed, serve, versionOf } from './lines.mjs';

await serve(async ({ wechat, account, appid, secret, scope, redirect_uri }) => {
  if (scope === 'snsapi_base') throw new Cannot('it always asks for the profile');
  const { Auth } = await installed('@auth/core/index.js');
  const { default: WeChat } = await installed('@auth/core/providers/wechat.js');
  const website = account === 'website_app';
  const { origin } = new URL(redirect_uri);

  const config = {
    secret: 'a secret of this process alone, and a long one',
    trustHost: true,
    providers: [
      WeChat({
        clientId: appid,
        clientSecret: secret,
        platformType: website ? 'WebsiteApp' : 'OfficialAccount',
        // Its own callback would be /auth/callback/wechat.
        authorization: {
          url: wechat + (website ? '/connect/qrconnect' : '/connect/oauth2/authorize'),
          params: { redirect_uri },
        },
        token: { url: wechat + '/sns/oauth2/access_token' },
        userinfo: { url: wechat + '/sns/userinfo' },
      }),
    ],
    callbacks: {
      // What it takes the person for goes along with the session.
      jwt: ({ token, account, profile }) =>
        account ? { ...token, account: account.providerAccountId, profile } : token,
      session: ({ session, token: { account, profile } }) => ({ ...session, account, profile }),
    },
    events: { signIn: (what) => void signIns.push(what) },
  };
  const browsers = new Map();
  const signIns = [];

  const send = async (browser, path, form) => {
    if (!browsers.has(browser)) browsers.set(browser, new Cookies());
    const cookies = browsers.get(browser);
    const headers = { cookie: String(cookies) };
    const options = form ? { method: 'POST', body: new URLSearchParams(form), headers } : { headers };
    const response = await Auth(new Request(origin + path, options), config);
    cookies.take(response);
    return response;
  };

  return {
    client: '@auth/core',
    version: versionOf('@auth/core'),

    async start(browser) {
      const { csrfToken } = await (await send(browser, '/auth/csrf')).json();
      const response = await send(browser, '/auth/signin/wechat', { csrfToken, callbackUrl: '/home' });
      return { go: response.headers.get('location') };
    },

    async callback(browser, url) {
      const response = await send(browser, '/auth/callback/wechat' + new URL(url).search);
      const location = response.headers.get('location');
      // It has logged why.
      if (location !== origin + '/home') return { refused: `${response.status} ${location}` };
      const session = await (await send(browser, '/auth/session')).json();
      const { account, profile } = session;
      return {
        signed_in: {
          account,
          // No account is found by it.
          openid: null,
          unionid: profile.unionid ?? null,
          nickname: session.user?.name ?? null,
        },
      };
    },

    renew() {
      throw new Cannot('refreshing is left to the site');
    },

    show: () => [config, ...signIns],
  };
});
