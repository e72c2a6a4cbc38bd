'use strict';
// A person with a browser of their own: cookies, language and window, and a record of all that the browser did.

const assert = require('node:assert/strict');
const { PATHS, WORDS: SITE } = require('./site.js');
const { IN_WECHAT, ON_A_DESKTOP, WORDS: WECHAT } = require('./wechat.js');
const { Wire } = require('./wire.js');

// For one step of a visitor, on a machine that is busy with other things.
const STEP_LIMIT_MS = 30_000;

const WINDOWS = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };

class Visitor {
  // user: who holds the phone; lang: zh or en; inWeChat: whether the browser says that it is WeChat's;
  // window: phone or desktop; dark: whether the person likes it dark; cookies: what becomes of the site's (see wire.js).
  static async arrive(browser, demo, wechat, options = {}) {
    const { user = 'xiaoming', lang = 'en', inWeChat = true, window = 'phone', dark = false } = options;
    const visitor = new Visitor();
    Object.assign(visitor, { demo, wechat, user });
    visitor.site = SITE[lang];
    visitor.words = WECHAT[lang];
    visitor.wire = await Wire.open(demo.site, options.cookies);
    visitor.context = await browser.newContext({
      proxy: { server: visitor.wire.url },
      locale: lang === 'zh' ? 'zh-CN' : 'en-US',
      userAgent: inWeChat ? IN_WECHAT : ON_A_DESKTOP,
      viewport: WINDOWS[window],
      isMobile: window === 'phone',
      hasTouch: window === 'phone',
      colorScheme: dark ? 'dark' : 'light',
    });
    visitor.context.setDefaultTimeout(STEP_LIMIT_MS);
    await visitor.context.addCookies([{ name: 'emulator_user', value: user, url: demo.wechat }]);
    visitor.#listen();
    visitor.page = await visitor.context.newPage();
    return visitor;
  }

  // What a page complained about: { from, text }.
  complaints = [];

  #listen() {
    this.context.on('console', (message) => {
      if (message.type() === 'error') {
        this.complaints.push({ from: message.location().url, text: message.text() });
      }
    });
    this.context.on('weberror', (error) => this.complaints.push({ from: '', text: String(error.error()) }));
    this.context.on('dialog', (dialog) => {
      this.complaints.push({ from: dialog.page()?.url() ?? '', text: `a dialog: ${dialog.message()}` });
      dialog.dismiss().catch(() => {});
    });
  }

  async leave() {
    this.wire.close();
    await this.context.close();
  }

  isAtSite(page = this.page) {
    return new URL(page.url()).origin === this.demo.site;
  }

  isAtWeChat(page = this.page) {
    return new URL(page.url()).origin === this.demo.wechat;
  }

  // Types an address of the site.
  async open(path, page = this.page) {
    await page.goto(new URL(path, this.demo.site).href);
  }

  // Follows a link to the address as if a page of another site, the one shown, had it.
  async follow(url, page = this.page) {
    await this.afterwards(() => page.evaluate((there) => location.assign(there), url), page);
  }

  // Does something that leads to another page, and waits for that page.
  async afterwards(act, page = this.page) {
    const arrival = page.waitForEvent('framenavigated', (frame) => frame === page.mainFrame());
    await Promise.all([arrival, act()]);
    await page.waitForLoadState();
  }

  async untilAtSite(page = this.page) {
    await page.waitForURL((url) => url.origin === this.demo.site);
  }

  // Presses a button of WeChat's and comes out at the site.
  async press(name, page = this.page) {
    await page.getByRole('button', { name, exact: true }).click();
    await this.untilAtSite(page);
  }

  // Presses a link of the page.
  async choose(link, page = this.page) {
    await this.afterwards(() => page.getByRole('link', { name: link, exact: true }).click(), page);
  }

  // From the home page to WeChat's question.
  async askToSignIn(page = this.page) {
    await this.open(PATHS.home, page);
    await this.choose(this.site.signIn, page);
    await page.getByRole('button', { name: this.words.allow, exact: true }).waitFor();
  }

  // The whole of it: press the button, allow.
  async signIn(page = this.page) {
    await this.askToSignIn(page);
    await this.press(this.words.allow, page);
  }

  async signOut() {
    await this.afterwards(() => this.page.getByRole('button', { name: this.site.signOut }).click());
  }

  // The openid that the site knows this browser by, or null.
  async openid() {
    const cookies = await this.context.cookies(this.demo.site);
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    const response = await fetch(new URL(PATHS.me, this.demo.site), { headers: { cookie } });
    return (await response.json()).openid;
  }

  // Signed in as themselves, on a page of the site.
  async mustBeSignedIn(page = this.page) {
    const own = await this.wechat.openids(this.user);
    const openid = await this.openid();
    assert.ok(own.includes(openid), `signed in as ${openid}, which is not one of ${this.user}'s: ${own}`);
    const signOut = page.getByRole('button', { name: this.site.signOut });
    assert.ok(await signOut.isVisible(), `there is no button to sign out at ${page.url()}`);
    assert.ok(this.isAtSite(page), `the visitor is at ${page.url()}`);
  }

  async mustBeNobody() {
    assert.equal(await this.openid(), null, 'somebody is signed in');
  }

  async mustRead(heading, page = this.page) {
    const headings = await page.getByRole('heading', { level: 1 }).allInnerTexts();
    assert.ok(headings.some((text) => text.trim() === heading), `“${heading}” is not the heading: ${headings}`);
  }
}

module.exports = { Visitor };
