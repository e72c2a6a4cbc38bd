// A whole program: it prints the URL, and reads the address that the browser came back to.
import { createInterface } from 'node:readline/promises';
import { App, Client } from 'wechat-oauth-rs';

const { WECHAT_APPID, WECHAT_SECRET, WECHAT_BASE_URL } = process.env;
const app = App.officialAccount(WECHAT_APPID, WECHAT_SECRET, { baseUrl: WECHAT_BASE_URL || undefined });
const login = app.login('snsapi_userinfo', 'http://localhost:3000/callback');
const client = new Client(app);

const { url, pending } = login.begin();
const browser = createInterface({ input: process.stdin, output: process.stdout });
const callback = await browser.question(`open ${url}\nand paste the address that you come back to:\n`);
browser.close();
const visitor = await client.run(app.signIn(pending.accept(callback.trim())));
console.log(visitor.kind === 'person' ? visitor : 'a visitor of a snapshot page: not signed in');
