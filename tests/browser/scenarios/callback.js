'use strict';
// Callbacks that come more than once, late, or in another order.

const assert = require('node:assert/strict');
const { PATHS } = require('../site.js');
const { CODE_LIFETIME_SECS } = require('../wechat.js');

// The callback that this visitor's browser has been sent to.
function seenCallback({ wire, demo }) {
  return wire.requests.map(({ url }) => url).findLast((url) => url.startsWith(`${demo.site}${PATHS.callback}?`));
}

async function reloadAndBack({ wechat, visit }) {
  const visitor = await visit();
  await visitor.signIn();
  const { page } = visitor;
  await page.reload();
  await visitor.mustBeSignedIn();
  // The step back is WeChat's question, which is answered already: it calls back with another code and the same state.
  await page.goBack();
  await visitor.untilAtSite();
  await visitor.mustBeSignedIn();
  // What a browser does that reloads what it was sent to.
  await visitor.open(seenCallback(visitor));
  await visitor.mustBeSignedIn();
  await visitor.follow(seenCallback(visitor));
  await visitor.mustBeSignedIn();
  assert.equal(await wechat.exchanges(), 1);
}

async function signOutAndBack({ wechat, visit }) {
  const visitor = await visit();
  await visitor.signIn();
  await visitor.signOut();
  await visitor.page.goBack();
  await visitor.mustBeNobody();
  assert.equal(await visitor.page.getByRole('button', { name: visitor.site.signOut }).count(), 0, 'the page is an old one');
  assert.equal(await wechat.exchanges(), 1);
}

async function doubled(misbehaviour, { wechat, visit }) {
  const visitor = await visit();
  await visitor.askToSignIn();
  await visitor.page.goto('about:blank');
  await wechat.misbehave(misbehaviour, 'authorize');
  await visitor.askToSignIn();
  await visitor.press(visitor.words.allow);
  await visitor.mustBeSignedIn();
  assert.equal(await wechat.exchanges(), 1);
}

async function inTwoTabsAtOnce(codes, { wechat, visit }) {
  const visitor = await visit();
  await visitor.askToSignIn();
  const question = visitor.page.url();
  const first = await wechat.answer(question, visitor.user);
  const second = codes === 1 ? first : await wechat.answer(question, visitor.user);
  const other = await visitor.context.newPage();
  await other.goto(visitor.demo.wechat);
  await Promise.all([visitor.follow(first), visitor.follow(second, other)]);
  for (const page of [visitor.page, other]) {
    assert.ok(visitor.isAtSite(page));
    await page.reload();
    await visitor.mustBeSignedIn(page);
  }
  assert.equal(await wechat.exchanges(), 1);
}

async function twoTabs({ wechat, visit }) {
  const visitor = await visit();
  const second = await visitor.context.newPage();
  await visitor.askToSignIn();
  await visitor.askToSignIn(second);
  await visitor.press(visitor.words.allow, second);
  await visitor.mustBeSignedIn(second);
  await visitor.press(visitor.words.allow);
  await visitor.mustBeSignedIn();
  assert.equal(await wechat.exchanges(), 2);
}

// The answer to the exchange is lost, and the code with it.
async function lostExchange({ wechat, visit }) {
  const visitor = await visit();
  await visitor.askToSignIn();
  await wechat.misbehave('wx-lost-answer', 'exchange');
  await visitor.press(visitor.words.allow);
  await visitor.mustBeSignedIn();
  assert.equal(await wechat.exchanges(), 2);
}

// The person comes back after the code's lifetime.
async function lateCallback({ wechat, visit }) {
  const visitor = await visit();
  await visitor.askToSignIn();
  const callback = await wechat.answer(visitor.page.url(), visitor.user);
  await wechat.advance(CODE_LIFETIME_SECS + 1);
  await visitor.follow(callback);
  await visitor.mustBeSignedIn();
  assert.equal(await wechat.exchanges(), 2);
}

module.exports = [
  { name: 'reload-and-back', sentence: 'reload, back and the callback again change nothing', play: reloadAndBack },
  { name: 'sign-out-and-back', sentence: 'who signed out and goes back is nobody still', play: signOutAndBack },
  {
    name: 'double-one-code',
    sentence: 'WeChat calls back twice with one code: one exchange',
    play: (scene) => doubled('wx-double-same-code', scene),
  },
  {
    name: 'double-two-codes',
    sentence: 'WeChat calls back twice with two codes and one state: one exchange',
    play: (scene) => doubled('wx-double-two-codes', scene),
  },
  {
    name: 'at-once-one-code',
    sentence: 'one callback in two tabs at once: one exchange, both signed in',
    play: (scene) => inTwoTabsAtOnce(1, scene),
  },
  {
    name: 'at-once-two-codes',
    sentence: 'two codes with one state in two tabs at once: one exchange, both signed in',
    play: (scene) => inTwoTabsAtOnce(2, scene),
  },
  { name: 'two-tabs', sentence: 'two tabs begin a login each and end them in the other order', play: twoTabs },
  { name: 'lost-exchange', sentence: 'when the exchange is lost, the login restarts by itself', play: lostExchange },
  { name: 'late-callback', sentence: 'with a code past its lifetime, the login restarts by itself', play: lateCallback },
];
