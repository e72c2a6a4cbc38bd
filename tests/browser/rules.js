'use strict';
// What holds after every scenario, whatever happened in it.

const NAMES = /[?&#](code|state)=/;
const ERROR_STATUS = /^Failed to load resource: the server responded with a status of/;

// What a visitor's browser did that it must not have done.
function broken(visitor) {
  return [
    ...outward(visitor),
    ...codesUsedTwice(visitor),
    ...addresses(visitor),
    ...referers(visitor),
    ...complaints(visitor),
  ];
}

function outward({ wire }) {
  return wire.outward.map((host) => `asked for ${host}, which is not this machine`);
}

function codesUsedTwice({ wire, demo }) {
  const pages = wire.pages.filter(({ url, html }) => new URL(url).origin === demo.site && html.includes('40163'));
  return pages.map(({ url }) => `40163 is told on a page of the site: ${new URL(url).pathname}`);
}

function addresses(visitor) {
  const pages = visitor.context.pages().filter((page) => visitor.isAtSite(page) && tells(visitor, page.url()));
  return pages.map((page) => `the address bar holds a code or a state at ${new URL(page.url()).pathname}`);
}

// WeChat's own pages may tell WeChat where they were.
function referers(visitor) {
  const { wire, demo } = visitor;
  const within = (url) => url.startsWith(`${demo.wechat}/`);
  return wire.requests
    .filter(({ url, referer }) => referer && tells(visitor, referer) && !(within(url) && within(referer)))
    .map(({ url }) => `a Referer with a code or a state was sent to ${new URL(url).host}`);
}

// A page that says what went wrong has the status that says so, and the browser notes it.
function complaints({ complaints, wire, demo }) {
  const isOfAPage = ({ from, text }) =>
    ERROR_STATUS.test(text) && wire.pages.some(({ url, status }) => url === from.split('#')[0] && status >= 400);
  return complaints.filter((one) => !isOfAPage(one)).map(({ from, text }) => `the console has an error: ${text} (${from})`);
}

// Whether a URL holds a code or a state: by its name, or one that was on the wire.
function tells({ wire }, url) {
  const secrets = wire.requests.flatMap(({ url: seen }) => {
    const { searchParams } = new URL(seen);
    return [searchParams.get('code'), searchParams.get('state')].filter((value) => value);
  });
  return NAMES.test(url) || secrets.some((secret) => url.includes(secret));
}

module.exports = { broken };
