'use strict';
// What the browser says on the network, seen from outside of it: a proxy that every request of a visitor goes through.
//
// It lets nothing out of this machine, remembers what it saw, and can bend the site's cookies on their way.

const http = require('node:http');

const LOOPBACK = ['localhost', '127.0.0.1'];
// No page of ours is near this long; what is longer is cut.
const MAX_PAGE = 1 << 20;

// What can happen to a cookie between the site and the browser: a new Set-Cookie line, or null for none at all.
const COOKIES = {
  untouched: (line) => line,
  off: () => null,
  strict: (line) => line.replace(/SameSite=Lax/i, 'SameSite=Strict'),
};

class Wire {
  // Every request: { url, referer, kind } where kind is what the browser wants it for ("document", "image" ...).
  requests = [];
  // Every page that was shown: { url, status, html }.
  pages = [];
  // What was asked for elsewhere, and not let out: "host:port".
  outward = [];

  static async open(siteOrigin, cookies = 'untouched') {
    const wire = new Wire();
    wire.siteOrigin = siteOrigin;
    wire.bend = COOKIES[cookies];
    wire.server = http.createServer((request, response) => wire.#forward(request, response));
    wire.server.on('connect', (request, socket) => {
      wire.outward.push(request.url);
      socket.on('error', () => {});
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
    await new Promise((resolve) => wire.server.listen(0, '127.0.0.1', resolve));
    wire.url = `http://127.0.0.1:${wire.server.address().port}`;
    return wire;
  }

  close() {
    this.server.close();
    this.server.closeAllConnections();
  }

  #forward(request, response) {
    const url = new URL(request.url);
    if (!LOOPBACK.includes(url.hostname)) {
      this.outward.push(url.host);
      response.writeHead(403).end();
      return;
    }
    const headers = { ...request.headers };
    delete headers['proxy-connection'];
    // The pages are read on their way.
    delete headers['accept-encoding'];
    const kind = headers['sec-fetch-dest'] ?? '';
    this.requests.push({ url: url.href, referer: headers.referer, kind });

    const { method } = request;
    const there = http.request(url, { method, headers, agent: false }, (answer) => {
      if (url.origin === this.siteOrigin && answer.headers['set-cookie']) {
        const lines = answer.headers['set-cookie'].map(this.bend).filter((line) => line !== null);
        if (lines.length > 0) answer.headers['set-cookie'] = lines;
        else delete answer.headers['set-cookie'];
      }
      response.writeHead(answer.statusCode, answer.headers);
      const isShown = answer.statusCode < 300 || answer.statusCode >= 400;
      if (isShown && String(answer.headers['content-type']).startsWith('text/html')) {
        const page = { url: url.href, status: answer.statusCode, html: '' };
        this.pages.push(page);
        answer.setEncoding('utf8');
        answer.on('data', (text) => {
          response.write(text);
          if (page.html.length < MAX_PAGE) page.html += text;
        });
        answer.on('end', () => response.end());
      } else {
        answer.pipe(response);
      }
      answer.on('error', () => response.destroy());
    });
    there.on('error', () => response.destroy());
    // A browser that goes away takes its request along.
    response.on('close', () => there.destroy());
    request.pipe(there);
  }
}

module.exports = { Wire };
