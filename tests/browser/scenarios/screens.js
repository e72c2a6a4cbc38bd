'use strict';
// What people see, and how they get there.

const assert = require('node:assert/strict');
const { PATHS } = require('../site.js');

// Markup that would run a script, the other reading direction, a bell, line breaks and an invisible space.
const HOSTILE = '<img src=x onerror=alert(1)><b>\u202egnp\u2066\u0007\r\nA\u200b\u2028"\'&';

async function nickname({ wechat, visit }) {
  const visitor = await visit({ user: await wechat.add(HOSTILE), window: 'desktop' });
  await visitor.signIn();
  await visitor.mustBeSignedIn();
  await oneHarmlessLine(visitor, '<img src=x onerror=alert(1)><b>');
}

async function nicknameOfTheEmulator({ wechat, visit }) {
  const visitor = await visit({ window: 'desktop' });
  await wechat.misbehave('wx-nickname-hostile', 'profile');
  await visitor.signIn();
  await visitor.mustBeSignedIn();
  await oneHarmlessLine(visitor, '<script>alert(1)</script>');
}

async function oneHarmlessLine({ page }, markup) {
  const heading = page.getByRole('heading', { level: 1 });
  const text = await heading.innerText();
  assert.ok(text.includes(markup), `the markup is not shown as it is: ${text}`);
  assert.doesNotMatch(text, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u, 'a character that cannot be seen is on the page');
  const elements = heading.locator('*:not(bdi)');
  assert.equal(await elements.count(), 0, 'the nickname has become markup');
}

async function phone({ visit, keep }) {
  const visitor = await visit({ user: 'control', lang: 'zh' });
  const { page } = visitor;
  await visitor.open(PATHS.home);
  await fits(page);
  await keep(page, 'home');
  await visitor.askToSignIn();
  await fits(page);
  await visitor.press(visitor.words.refuse);
  await fits(page);
  await keep(page, 'refused');
  await visitor.signIn();
  await visitor.mustBeSignedIn();
  await fits(page);
}

async function fits(page) {
  const { content, window } = await page.evaluate(() => ({
    content: document.documentElement.scrollWidth,
    window: document.documentElement.clientWidth,
  }));
  assert.equal(window, 390);
  assert.ok(content <= window, `${page.url()} is ${content} px wide`);
}

async function keyboard({ visit }) {
  const visitor = await visit({ window: 'desktop' });
  const { page, site, words } = visitor;
  await visitor.open(PATHS.home);
  await tabTo(page, page.getByRole('link', { name: site.signIn, exact: true }));
  await visitor.afterwards(() => page.keyboard.press('Enter'));
  await tabTo(page, page.getByRole('button', { name: words.allow, exact: true }));
  await page.keyboard.press('Enter');
  await visitor.untilAtSite();
  await visitor.mustBeSignedIn();
  await tabTo(page, page.getByRole('button', { name: site.signOut }));
  await visitor.afterwards(() => page.keyboard.press('Enter'));
  await visitor.mustBeNobody();
  await tabTo(page, page.getByRole('link', { name: site.signIn, exact: true }));
}

// More than any page here has to step through.
const MAX_TABS = 40;

// Presses Tab until the element has the focus, which can be seen.
async function tabTo(page, locator) {
  const target = await locator.elementHandle();
  for (let step = 0; step < MAX_TABS; step += 1) {
    await page.keyboard.press('Tab');
    const { reached, name, visible } = await page.evaluate((wanted) => {
      const focused = document.activeElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(focused);
      return {
        reached: focused === wanted,
        name: focused.textContent.trim(),
        visible: focused.matches(':focus-visible') && outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1,
      };
    }, target);
    if (name !== '' && page.url() !== 'about:blank') {
      const onBody = await page.evaluate(() => document.activeElement === document.body);
      assert.ok(onBody || visible, `the focus on “${name}” cannot be seen at ${page.url()}`);
    }
    if (reached) return;
  }
  assert.fail(`Tab does not reach it at ${page.url()}`);
}

async function speaks(lang, other, { visit, keep }) {
  const visitor = await visit({ lang, user: 'silent' });
  const { page, site } = visitor;
  await visitor.open(PATHS.home);
  await isIn(page, site.tag);
  await visitor.mustRead(site.home);
  await keep(page, 'home');
  await visitor.askToSignIn();
  await visitor.press(visitor.words.refuse);
  await isIn(page, site.tag);
  await visitor.mustRead(site.refused);
  await keep(page, 'refused');
  await visitor.signIn();
  await isIn(page, site.tag);
  await visitor.mustBeSignedIn();
  // The other language is a link away, and stays.
  await visitor.choose(site.otherLanguage);
  await isIn(page, other);
  await visitor.open(PATHS.home);
  await isIn(page, other);
}

async function isIn(page, tag) {
  assert.equal(await page.locator('html').getAttribute('lang'), tag, page.url());
  assert.notEqual((await page.title()).trim(), '', `${page.url()} has no title`);
}

async function dark({ visit, keep }) {
  const visitor = await visit({ dark: true });
  const { page } = visitor;
  await visitor.open(PATHS.home);
  await isDark(page);
  await keep(page, 'home');
  await visitor.askToSignIn();
  await visitor.press(visitor.words.refuse);
  await isDark(page);
  await keep(page, 'refused');
  await visitor.signIn();
  await visitor.mustBeSignedIn();
  await isDark(page);
}

async function isDark(page) {
  const { ground, text } = await page.evaluate(() => {
    const brightness = (colour) => {
      const [red, green, blue] = colour.match(/[\d.]+/g).map(Number);
      return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
    };
    const { backgroundColor, color } = getComputedStyle(document.body);
    return { ground: brightness(backgroundColor), text: brightness(color) };
  });
  assert.ok(ground < 0.2 && text > 0.7, `${page.url()} is not dark: ground ${ground}, text ${text}`);
}

module.exports = [
  { name: 'nickname', sentence: 'a nickname with markup, bidi and control characters is one harmless line', play: nickname },
  { name: 'nickname-of-wechat', sentence: 'so is one that only the profile has', play: nicknameOfTheEmulator },
  { name: 'phone', sentence: 'no page is wider than a phone of 390 pixels', play: phone },
  { name: 'keyboard', sentence: 'Tab and Enter lead from home to the profile and out, with visible focus', play: keyboard },
  { name: 'chinese', sentence: 'a Chinese browser reads Chinese, and may change to English', play: (scene) => speaks('zh', 'en', scene) },
  { name: 'english', sentence: 'an English browser reads English, and may change to Chinese', play: (scene) => speaks('en', 'zh-CN', scene) },
  { name: 'dark', sentence: 'who likes it dark gets dark pages', play: dark },
];
