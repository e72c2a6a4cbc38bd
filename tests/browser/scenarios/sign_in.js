'use strict';
// The ways to sign in, and not to.

const assert = require('node:assert/strict');
const { PATHS } = require('../site.js');

async function silent({ wechat, visit }) {
  const visitor = await visit();
  await visitor.open(PATHS.home);
  await visitor.choose(visitor.site.silently);
  await visitor.mustBeSignedIn();
  assert.equal(await wechat.exchanges(), 1);
  const asked = visitor.wire.pages.filter(({ url }) => new URL(url).origin === visitor.demo.wechat);
  assert.deepEqual(asked, [], 'WeChat showed a page');
}

async function consentGiven({ wechat, visit, keep }) {
  const visitor = await visit();
  await visitor.askToSignIn();
  await keep(visitor.page, 'question');
  await visitor.press(visitor.words.allow);
  await visitor.mustBeSignedIn();
  await visitor.mustRead('王小明');
  const avatar = visitor.page.locator('img').first();
  assert.ok(await avatar.evaluate((image) => image.complete && image.naturalWidth > 0), 'the avatar is not shown');
  assert.equal(await wechat.exchanges(), 1);
  await visitor.signOut();
  await visitor.mustBeNobody();
  await visitor.mustRead(visitor.site.home);
  // Who agreed once is not asked again.
  await visitor.choose(visitor.site.signIn);
  await visitor.mustBeSignedIn();
}

async function consentRefused({ wechat, visit }) {
  const visitor = await visit();
  await visitor.askToSignIn();
  await visitor.press(visitor.words.refuse);
  await visitor.mustRead(visitor.site.refused);
  await visitor.mustBeNobody();
  assert.equal(await wechat.exchanges(), 0);
}

async function refusedThenGiven({ visit }) {
  const visitor = await visit();
  await visitor.askToSignIn();
  await visitor.press(visitor.words.refuse);
  await visitor.choose(visitor.site.again);
  await visitor.press(visitor.words.allow);
  await visitor.mustBeSignedIn();
}

async function onDemand({ wechat, visit }) {
  const visitor = await visit();
  await visitor.open(PATHS.home);
  await visitor.choose(visitor.site.onDemand);
  await visitor.press(visitor.words.allow);
  await visitor.mustBeSignedIn();
  await visitor.mustRead('王小明');
  assert.equal(await wechat.exchanges(), 2);
  await visitor.signOut();
  await wechat.forgetConsents();
  await visitor.choose(visitor.site.onDemand);
  await visitor.mustBeSignedIn();
  await visitor.mustRead('王小明');
  assert.equal(await wechat.exchanges(), 3);
}

async function qrScanned({ visit, keep }) {
  const desktop = await visit({ inWeChat: false, window: 'desktop' });
  await desktop.open(PATHS.home);
  await desktop.choose(desktop.site.byQr);
  const code = await codeOf(desktop);
  await keep(desktop.page, 'code');
  const phone = await visit();
  await scan(phone, code);
  await desktop.untilAtSite();
  await desktop.mustBeSignedIn();
  await phone.mustBeNobody();
}

async function qrEmbedded({ visit, keep }) {
  const desktop = await visit({ inWeChat: false, window: 'desktop' });
  await desktop.open(PATHS.home);
  await desktop.choose(desktop.site.byEmbeddedQr);
  const code = await codeOf(desktop, desktop.page.frameLocator('iframe'));
  await keep(desktop.page, 'code');
  const phone = await visit();
  await scan(phone, code);
  await desktop.page.waitForURL((url) => url.origin === desktop.demo.site && url.pathname === PATHS.home);
  await desktop.mustBeSignedIn();
  await phone.mustBeNobody();
}

// A site without a website app: the code is the site's own login, to be opened on the phone.
async function phoneDoor({ visit }) {
  const desktop = await visit({ inWeChat: false, window: 'desktop' });
  await desktop.open(PATHS.home);
  await desktop.choose(desktop.site.byPhone);
  assert.ok(await desktop.page.getByRole('img', { name: desktop.site.qrCode }).isVisible(), 'no QR code is shown');
  const address = await desktop.page.getByText(desktop.demo.site).innerText();
  const phone = await visit();
  await phone.page.goto(address);
  await phone.press(phone.words.allow);
  await phone.mustBeSignedIn();
  await desktop.mustBeNobody();
}

async function scan({ page, words }, code) {
  await page.goto(code);
  await page.getByRole('button', { name: words.scan }).click();
  await page.getByRole('button', { name: words.allow, exact: true }).click();
}

// What WeChat's QR code says, which its page offers as a link too.
async function codeOf({ page, words, demo }, frame = page) {
  const href = await frame.getByRole('link', { name: words.phone }).getAttribute('href');
  return new URL(href, demo.wechat).href;
}

async function snapshot({ visit }) {
  const visitor = await visit({ user: 'visitor' });
  await visitor.open(PATHS.home);
  await visitor.choose(visitor.site.signIn);
  await visitor.press(visitor.words.asVisitor);
  await visitor.mustRead(visitor.site.snapshot);
  await visitor.mustBeNobody();
}

module.exports = [
  { name: 'silent', sentence: 'a silent login asks nobody and ends signed in', play: silent },
  { name: 'consent-given', sentence: 'with consent, the profile is shown; signing out ends it', play: consentGiven },
  { name: 'consent-refused', sentence: 'who refuses is nobody, and is told so', play: consentRefused },
  { name: 'refused-then-given', sentence: 'who refused may try again and agree', play: refusedThenGiven },
  { name: 'on-demand', sentence: 'only a newcomer is asked for consent', play: onDemand },
  { name: 'qr-scanned', sentence: 'a QR code scanned by a phone signs the desktop in, not the phone', play: qrScanned },
  { name: 'qr-embedded', sentence: 'so does one inside a page of the site', play: qrEmbedded },
  { name: 'phone-door', sentence: "the site's own login as a QR code signs the phone in, not the desktop", play: phoneDoor },
  { name: 'snapshot', sentence: 'a snapshot visitor is nobody, and is told how to go on', play: snapshot },
];
