'use strict';
// A site that does all that a site must not do, to see that the rules notice it.

const assert = require('node:assert/strict');
const http = require('node:http');
const { broken } = require('../rules.js');
const { Visitor } = require('../visitor.js');

const PAGE = `<!doctype html>
<html lang="en">
<meta name="referrer" content="unsafe-url">
<title>A careless site</title>
<p>errcode 40163</p>
<img src="/picture" alt="">
<img src="http://elsewhere.example/" alt="">
<script src="https://script.example/"></script>
<script>alert('a dialog'); console.error('an error'); throw new Error('a fault');</script>`;

const NOTICED = [
  /asked for elsewhere\.example,/,
  /asked for script\.example:443,/,
  /40163 is told/,
  /the address bar holds a code or a state/,
  /a Referer with a code or a state was sent to localhost/,
  /the console has an error: a dialog: a dialog/,
  /the console has an error: an error/,
  /the console has an error: Error: a fault/,
];

async function careless({ browser, demo, wechat }) {
  const server = http.createServer((request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end(PAGE);
  });
  await new Promise((resolve) => server.listen(0, 'localhost', resolve));
  const site = `http://localhost:${server.address().port}`;
  const visitor = await Visitor.arrive(browser, { site, wechat: demo.wechat }, wechat);
  try {
    await visitor.open('/callback?code=0123456789&state=abcdef');
    const problems = broken(visitor);
    for (const wanted of NOTICED) {
      assert.ok(problems.some((problem) => wanted.test(problem)), `${wanted} is not noticed: ${problems.join('\n')}`);
    }
  } finally {
    await visitor.leave();
    server.close();
    server.closeAllConnections();
  }
}

module.exports = [{ name: 'careless-site', sentence: 'a careless site fails this suite', play: careless }];
