'use strict';
// The emulator as WeChat: what a person does on its pages, and its own API for what no page shows.

const WORDS = {
  zh: { allow: '允许', refuse: '拒绝', scan: '扫描二维码', asVisitor: '以访客身份继续', phone: '没有手机？扮演手机扫码' },
  en: {
    allow: 'Allow',
    refuse: 'Refuse',
    scan: 'Scan the QR code',
    asVisitor: 'Continue as the visitor',
    phone: 'No phone at hand? Play the phone',
  },
};

// The browser inside WeChat, and one on a desktop.
const IN_WECHAT =
  'Mozilla/5.0 (Linux; Android 14; Phone Build/A1; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 ' +
  'Chrome/126.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.50.2701(0x28003255) WeChat/arm64 Language/zh_CN';
const ON_A_DESKTOP =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';

// How long a code of an official account lives.
const CODE_LIFETIME_SECS = 300;

class WeChat {
  constructor(origin) {
    this.origin = origin;
  }

  async #call(method, path, body) {
    const response = await fetch(`${this.origin}${path}`, { method, body: body && JSON.stringify(body) });
    const answer = await response.json();
    if (!response.ok) throw new Error(`the emulator refuses ${method} ${path}: ${answer.error}`);
    return answer;
  }

  // Adds a person and gives their id.
  async add(nickname) {
    return (await this.#call('POST', '/_emulator/users', { nickname })).id;
  }

  // The person's openids, by appid.
  async openids(id) {
    const people = await this.#call('GET', '/_emulator/users');
    return Object.values(people.find((person) => person.id === id).openids);
  }

  // Lets the next request to an endpoint go wrong in a named way.
  async misbehave(name, endpoint) {
    await this.#call('POST', '/_emulator/faults', { name, endpoint, next: 1 });
  }

  // Moves WeChat's clock ahead.
  async advance(seconds) {
    await this.#call('POST', '/_emulator/clock', { advance: seconds });
  }

  // Makes everybody one who has agreed to nothing yet.
  async forgetConsents() {
    await this.#call('DELETE', '/_emulator/consents');
  }

  // The callback that a person's answer to an authorize URL leads to, without any page.
  async answer(authorizeUrl, user, answer = 'allow') {
    const body = { authorize_url: authorizeUrl, user, answer };
    return (await this.#call('POST', '/_emulator/authorize', body)).callback_urls[0];
  }

  // How many codes the site has sent in.
  async exchanges() {
    const log = await this.#call('GET', '/_emulator/log');
    return log.filter((request) => request.path === '/sns/oauth2/access_token').length;
  }

  // Exchanges a callback's code by ourselves, which works once: then nobody has exchanged it before.
  async exchange(callback) {
    const { searchParams } = new URL(callback);
    const accounts = await this.#call('GET', '/_emulator/accounts');
    const account = accounts.find((one) => one.kind === 'official_account');
    const query = new URLSearchParams({
      appid: account.appid,
      secret: account.secret,
      code: searchParams.get('code'),
      grant_type: 'authorization_code',
    });
    return this.#call('GET', `/sns/oauth2/access_token?${query}`);
  }
}

module.exports = { CODE_LIFETIME_SECS, IN_WECHAT, ON_A_DESKTOP, WORDS, WeChat };
