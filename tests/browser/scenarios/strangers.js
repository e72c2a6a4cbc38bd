'use strict';
// Links that others made.

const assert = require('node:assert/strict');
const { PATHS } = require('../site.js');

async function attacker({ wechat, visit }) {
  const attacker = await visit({ user: 'quotes' });
  await attacker.askToSignIn();
  const link = await wechat.answer(attacker.page.url(), attacker.user);

  const victim = await visit({ user: 'xiaoming' });
  await victim.page.goto(victim.demo.wechat);
  await victim.follow(link);
  await endsAsThemselves(victim);
  // A code works once, and the attacker's still does.
  const grant = await wechat.exchange(link);
  assert.ok((await wechat.openids(attacker.user)).includes(grant.openid), 'the code has been exchanged before');
}

async function attackerMeetsAPendingLogin({ wechat, visit }) {
  const attacker = await visit({ user: 'quotes' });
  await attacker.askToSignIn();
  const link = await wechat.answer(attacker.page.url(), attacker.user);

  const victim = await visit({ user: 'xiaoming' });
  await victim.askToSignIn();
  const tab = await victim.context.newPage();
  await tab.goto(victim.demo.wechat);
  await victim.follow(link, tab);
  const grant = await wechat.exchange(link);
  assert.ok((await wechat.openids(attacker.user)).includes(grant.openid), 'the code has been exchanged before');
  // The victim's own login, begun before, still ends well.
  await victim.press(victim.words.allow);
  await victim.mustBeSignedIn();
}

async function sharedLink({ wechat, visit }) {
  const sharer = await visit({ user: 'quotes' });
  await sharer.askToSignIn();
  const link = await wechat.answer(sharer.page.url(), sharer.user);
  await sharer.open(link);
  await sharer.mustBeSignedIn();

  const friend = await visit({ user: 'xiaoming' });
  await friend.open(link);
  await endsAsThemselves(friend);
}

// A link with a code that this browser did not ask for: its visitor may be asked anew, and is nobody else.
async function endsAsThemselves(visitor) {
  const before = await visitor.wechat.exchanges();
  await visitor.mustBeNobody();
  if (visitor.isAtWeChat()) {
    await visitor.press(visitor.words.allow);
    await visitor.mustBeSignedIn();
    assert.equal(await visitor.wechat.exchanges(), before + 1);
  } else {
    assert.equal(await visitor.wechat.exchanges(), before);
  }
}

// Where a careless site sends its visitors.
const OUTWARD = [
  'https://evil.example/',
  '//evil.example/',
  '/\\evil.example/',
  '\\\\evil.example/',
  '/\t/evil.example/',
  '/%09/evil.example/',
  '/%2f%2fevil.example/',
  '/./\\evil.example/',
  '/..//evil.example/',
  'https:evil.example',
  'javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  '/ok\r\nLocation: https://evil.example/',
  '@evil.example/',
  '.evil.example/',
];

async function returnToOutward({ visit }) {
  const visitor = await visit();
  await visitor.signIn();
  for (const outward of OUTWARD) {
    await visitor.open(`${PATHS.login}?${new URLSearchParams({ return_to: outward })}`);
    assert.ok(visitor.isAtSite(), `${JSON.stringify(outward)} leads to ${visitor.page.url()}`);
    await visitor.open(PATHS.home);
    await visitor.mustBeSignedIn();
  }
}

async function returnToInside({ visit }) {
  const visitor = await visit();
  await visitor.open(`${PATHS.login}?${new URLSearchParams({ return_to: PATHS.me })}`);
  await visitor.press(visitor.words.allow);
  assert.equal(new URL(visitor.page.url()).pathname, PATHS.me);
}

module.exports = [
  { name: 'attacker', sentence: "an attacker's callback is never exchanged in the victim's browser", play: attacker },
  {
    name: 'attacker-and-pending',
    sentence: "an attacker's callback does not end the login that the victim has begun",
    play: attackerMeetsAPendingLogin,
  },
  { name: 'shared-link', sentence: 'a friend with a shared link is themselves or nobody', play: sharedLink },
  { name: 'return-to-inside', sentence: 'return_to leads back to a page of the site', play: returnToInside },
  { name: 'return-to-outward', sentence: 'no return_to leads away from the site', play: returnToOutward },
];
