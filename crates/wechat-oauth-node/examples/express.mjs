// A whole site: a login link, the callback, a session, a page with the profile. For a proxy in front that speaks https.
import { promisify } from 'node:util';
import express from 'express';
import session from 'express-session';
import { App, Client, Pending, WechatOAuthError } from 'wechat-oauth-rs';

const { WECHAT_APPID, WECHAT_SECRET, WECHAT_BASE_URL, SESSION_SECRET, ORIGIN, PORT } = process.env;
const wechat = App.officialAccount(WECHAT_APPID, WECHAT_SECRET, { baseUrl: WECHAT_BASE_URL || undefined });
const login = wechat.login('snsapi_userinfo', `${ORIGIN}/callback`);
const client = new Client(wechat);

const again = '<p><a href="/login">Sign in with WeChat</a>';
const site = express().disable('x-powered-by').set('trust proxy', 'loopback');
const cookie = { sameSite: 'lax', secure: 'auto' };
site.use(session({ secret: SESSION_SECRET, cookie, resave: false, saveUninitialized: false })); // in life, with a store
site.use((_request, response, next) => {
  response.set({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
  next();
});

const escaped = (text) => text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
site.get('/', ({ session: { user } }, response) => {
  if (!user) return response.send(again);
  const picture = user.avatar ? `<img src="${escaped(user.avatar)}" alt="">` : '';
  const signOut = '<form method="post" action="/logout"><button>Sign out</button></form>';
  response.send(`${picture}<h1>hello, ${escaped(user.nickname)}</h1>${signOut}`);
});

site.get('/login', (request, response) => {
  const { url, pending } = login.begin();
  request.session.pending = pending.toJson(); // stays with this browser
  response.redirect(url);
});

site.get('/callback', async (request, response) => {
  const { pending, user } = request.session;
  if (!pending && user) return response.redirect('/'); // reloaded
  if (!pending) return response.status(400).send(`<p>This login was begun elsewhere, or is over.${again}`);
  const code = Pending.fromJson(pending).accept(request.url);
  await promisify(request.session.regenerate).call(request.session); // who signs in gets a new session
  const visitor = await client.run(wechat.signIn(code));
  if (visitor.kind === 'snapshot') return response.send('<p>Please open the full page, and sign in there.');
  const { appid, openid, profile } = visitor; // appid and openid together are the key of an account
  request.session.user = { appid, openid, nickname: profile?.nickname ?? openid, avatar: profile?.avatar };
  response.redirect('/');
});

site.post('/logout', (request, response) => request.session.destroy(() => response.redirect('/')));

const pages = { turn_away: [403, `You did not sign in.${again}`], retry_later: [503, `WeChat is busy.${again}`] };
pages.restart_authorization = [400, `Once more, please.${again}`];
site.use((error, request, response, next) => {
  if (!(error instanceof WechatOAuthError)) return next(error);
  console.error(error.message); // has no secret in it
  request.session.pending = error.pending?.toJson(); // a stray link: the login is still good
  const [status, page] = pages[error.advice] ?? [500, 'This is our fault, and we were told.'];
  response.status(status).send(`<p>${page}`);
});
site.listen(PORT, 'localhost', () => console.log(`listening at ${ORIGIN}`));
