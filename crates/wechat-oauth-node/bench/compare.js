// What a login costs from Node.js, beside `wechat-oauth` of npm and beside the core itself.
//
// Usage: compare.js SAMPLE, the file with the line that `cargo bench --bench login` of the workspace prints.
// `cargo xtask bench languages` installs both sides and runs this.
//
// A login here is the authorize URL, the exchange and the profile: the two URLs to ask, and the two answers read. The
// callback is none of it, as `wechat-oauth` leaves it to the caller. Nothing is sent: the method of `wechat-oauth` that every request of it goes through is replaced by one that does to its
// arguments and to the answer what urllib does, and nothing else. Both sides take turns in batches in this process, and
// what is compared is processor time, so that other programs hardly matter.
'use strict';

const { readFileSync } = require('node:fs');
const querystring = require('node:querystring');
const { setImmediate: turn } = require('node:timers/promises');

const OAuth = require('wechat-oauth');
const { App, Code, explain } = require('wechat-oauth-rs');

const BATCHES = 15;
// A batch takes some tenths of a second.
const LOGINS = 50_000;
/** So many at once, then others get their turn, as in a server: what was forgotten is cleaned up there. */
const AT_ONCE = 100;
const CALLS = 500_000;
const GOAL = 0.8;

function ourSide(sample) {
  const app = App.officialAccount(sample.appid, sample.secret);
  const login = app.login('snsapi_userinfo', sample.redirect_uri);
  const options = { state: sample.state };
  const tokens = Buffer.from(sample.tokens);
  const profile = Buffer.from(sample.profile);
  return () => {
    const { url } = login.begin(options);
    const exchange = app.exchange(Code.receivedWithoutState(sample.code, 'snsapi_userinfo'));
    const grant = url && exchange.url && exchange.read(200, tokens);
    const user = app.profile(grant);
    return user.url && user.read(200, profile).nickname;
  };
}

function theirSide(sample) {
  const tokens = Buffer.from(sample.tokens);
  const profile = Buffer.from(sample.profile);
  OAuth.prototype.request = (url, { data }, callback) => {
    const sent = `${url}?${querystring.stringify(data)}`;
    const body = sent.includes('/sns/userinfo') ? profile : tokens;
    callback(null, JSON.parse(body.toString()), { status: 200 });
  };
  const client = new OAuth(sample.appid, sample.secret);
  return () => {
    const url = client.getAuthorizeURL(sample.redirect_uri, sample.state, 'snsapi_userinfo');
    let nickname;
    client.getAccessToken(url && sample.code, (refused, token) => {
      if (refused) throw refused;
      client.getUser(token.data.openid, (refused, user) => {
        if (refused) throw refused;
        nickname = user.nickname;
      });
    });
    return nickname;
  };
}

async function microseconds(work, times) {
  const before = process.cpuUsage();
  for (let done = 0; done < times; done += AT_ONCE) {
    for (let time = 0; time < AT_ONCE; time += 1) work();
    await turn();
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / times;
}

function median(values) {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)];
}

/** The median, with the least and the most. */
function spread(values, digits) {
  const shown = [median(values), Math.min(...values), Math.max(...values)].map((value) => value.toFixed(digits));
  return `${shown[0]} (${shown[1]} to ${shown[2]})`;
}

async function main() {
  const given = JSON.parse(readFileSync(process.argv[2], 'utf8'));
  const [ours, theirs] = [ourSide(given.sample), theirSide(given.sample)];
  if (ours() !== theirs() || !ours()) throw new Error('both sides should read the same nickname');

  const pairs = [];
  const nothing = [];
  // Two batches before the first that counts: the compiler of V8 has seen the code by then.
  for (let number = -2; number < BATCHES; number += 1) {
    // Whoever is second finds the machine as the other one left it: they take turns in that too.
    const times = new Map();
    for (const side of number % 2 ? [ours, theirs] : [theirs, ours]) times.set(side, await microseconds(side, LOGINS));
    if (number >= 0) {
      pairs.push([times.get(ours), times.get(theirs)]);
      nothing.push(await microseconds(() => explain(1), CALLS));
    }
  }

  const ratios = pairs.map(([mine, other]) => mine / other);
  const missed = median(ratios) > GOAL ? ' (missed)' : '';
  const [mine, other] = [0, 1].map((side) => spread(pairs.map((pair) => pair[side]), 1));
  const core = median(given.core_microseconds);
  const boundary = median(pairs.map(([mine]) => mine)) - core;
  const { version } = require('wechat-oauth/package.json');
  console.log(`Node.js ${process.versions.node}, processor µs of a login, ${BATCHES} batches on either side:

| ours | wechat-oauth ${version} | ours to theirs | goal | the core alone | the boundary | a call that finds nothing |
| --- | --- | --- | --- | --- | --- | --- |
| ${mine} | ${other} | ${spread(ratios, 3)} | ≤ ${GOAL}${missed} | ${core.toFixed(1)} | ${boundary.toFixed(1)} | ${spread(nothing, 2)} |`);
}

main();
