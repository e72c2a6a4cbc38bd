// Through a proxy, with the package `undici`, whose fetch is the one that Node has built in.
import { ProxyAgent } from 'undici';
import { Client } from 'wechat-oauth-rs';

/**
 * @param {import('wechat-oauth-rs').App} app
 * @param {string} proxy its URL
 */
export function clientBehind(app, proxy) {
  const dispatcher = new ProxyAgent(proxy);
  return new Client(app, { fetch: (url, init) => fetch(url, { ...init, dispatcher }) });
}
