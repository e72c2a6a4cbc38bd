'use strict';
// The ways to sign in, and not to.

const assert = require('node:assert/strict');
const { PATHS } = require('../site.js');

async function silent({ wechat, visit }) {
  const visitor = await visit();
  await visitor.open(PATHS.home);
  await visitor.afterwards(() => visitor.page.getByRole('link', { name: visitor.site.silently }).click());
  await visitor.mustBeSignedIn();
  assert.equal(await wechat.exchanges(), 1);
  const asked = visitor.wire.pages.filter(({ url }) => new URL(url).origin === visitor.demo.wechat);
  assert.deepEqual(asked, [], 'WeChat showed a page');
}

async function consentGiven({ wechat, visit }) {
  const visitor = await visit();
  await visitor.signIn();
  await visitor.mustBeSignedIn();
  await visitor.mustRead('王小明');
  const avatar = visitor.page.locator('img').first();
  assert.ok(await avatar.evaluate((image) => image.complete && image.naturalWidth > 0), 'the avatar is not shown');
  assert.equal(await wechat.exchanges(), 1);
  await visitor.afterwards(() => visitor.page.getByRole('button', { name: visitor.site.signOut }).click());
  await visitor.mustBeNobody();
  await visitor.mustRead(visitor.site.home);
  // Who agreed once is not asked again.
  await visitor.afterwards(() => visitor.page.getByRole('link', { name: visitor.site.signIn, exact: true }).click());
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
  await visitor.afterwards(() => visitor.page.getByRole('link', { name: visitor.site.again }).click());
  await visitor.press(visitor.words.allow);
  await visitor.mustBeSignedIn();
}

async function qrScanned({ visit }) {
  const desktop = await visit({ inWeChat: false, window: 'desktop' });
  await desktop.open(PATHS.home);
  await desktop.afterwards(() => desktop.page.getByRole('link', { name: desktop.site.byQr }).click());
  const phone = await visit();
  await phone.page.goto(await codeOf(desktop));
  await phone.page.getByRole('button', { name: phone.words.scan }).click();
  await phone.page.getByRole('button', { name: phone.words.allow, exact: true }).click();
  await desktop.untilAtSite();
  await desktop.mustBeSignedIn();
  await phone.mustBeNobody();
}

// What the QR code on the page says, which the page offers as a link too.
async function codeOf({ page, words, demo }) {
  const href = await page.getByRole('link', { name: words.phone }).getAttribute('href');
  return new URL(href, demo.wechat).href;
}

async function snapshot({ visit }) {
  const visitor = await visit({ user: 'visitor' });
  await visitor.open(PATHS.home);
  await visitor.afterwards(() => visitor.page.getByRole('link', { name: visitor.site.signIn, exact: true }).click());
  await visitor.press(visitor.words.asVisitor);
  await visitor.mustRead(visitor.site.snapshot);
  await visitor.mustBeNobody();
}

module.exports = [
  { name: 'silent', sentence: 'a silent login asks nobody and ends signed in', play: silent },
  { name: 'consent-given', sentence: 'with consent, the profile is shown; signing out ends it', play: consentGiven },
  { name: 'consent-refused', sentence: 'who refuses is nobody, and is told so', play: consentRefused },
  { name: 'refused-then-given', sentence: 'who refused may try again and agree', play: refusedThenGiven },
  { name: 'qr-scanned', sentence: 'a QR code scanned by a phone signs the desktop in, not the phone', play: qrScanned },
  { name: 'snapshot', sentence: 'a snapshot visitor is nobody, and is told how to go on', play: snapshot },
];
