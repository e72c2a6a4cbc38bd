'use strict';
// Cookies that get lost on their way.

const assert = require('node:assert/strict');
const signIn = require('./sign_in.js');

async function cleared({ wechat, visit }) {
  const visitor = await visit();
  await visitor.askToSignIn();
  await visitor.context.clearCookies({ domain: 'localhost' });
  await visitor.press(visitor.words.allow);
  await visitor.mustBeSignedIn();
  assert.equal(await wechat.exchanges(), 1);
}

// Far more than a login and its one restart need.
const MAX_REQUESTS = 20;

async function off({ wechat, visit }) {
  const visitor = await visit({ cookies: 'off' });
  await visitor.askToSignIn();
  await visitor.press(visitor.words.allow);
  await visitor.mustRead(visitor.site.cookiesLost);
  await visitor.mustBeNobody();
  assert.ok(visitor.wire.requests.length < MAX_REQUESTS, `${visitor.wire.requests.length} requests were made`);
  assert.equal(await wechat.exchanges(), 0);
}

// A cookie with SameSite=Strict does not come along from WeChat's page. A site that sets it so signs nobody in, and
// the scenario that every login has to pass says so.
async function strict(scene) {
  const given = signIn.find(({ name }) => name === 'consent-given');
  const visit = (options) => scene.visit({ ...options, cookies: 'strict' });
  await assert.rejects(given.play({ ...scene, visit }), { name: 'AssertionError', message: /^signed in as null/ });
}

module.exports = [
  { name: 'cookies-cleared', sentence: 'with its cookies cleared meanwhile, a login restarts by itself', play: cleared },
  { name: 'cookies-off', sentence: 'without cookies a login ends on a page that says why', play: off },
  { name: 'cookies-strict', sentence: 'a site whose cookies are SameSite=Strict fails this suite', play: strict },
];
