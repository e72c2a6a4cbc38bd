'use strict';

// What the lists of cases cannot see: how the client treats its fetch, its signal and the process.

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const { getEventListeners, once } = require('node:events');
const { createServer } = require('node:http');
const { test } = require('node:test');
const { inspect, promisify } = require('node:util');

const { App, Client, Code, ConfigurationError, MisuseError, TransportError } = require('wechat-oauth-rs');

const SECRET = 'canary-secret';
const CODE = 'canary-code';
const GRANT = JSON.stringify({
  access_token: 'canary-access',
  expires_in: 7200,
  refresh_token: 'canary-refresh',
  openid: 'o1',
  scope: 'snsapi_base',
});
const BUSY = JSON.stringify({ errcode: -1, errmsg: 'system error' });

/** An app at a WeChat that is nowhere: only for a fetch that sends nothing. */
const nowhere = appAt('http://127.0.0.1:9');

function appAt(baseUrl) {
  return App.officialAccount('wx0123456789abcdef', SECRET, { baseUrl });
}

function code() {
  return Code.receivedWithoutState(CODE, 'snsapi_base');
}

/** A server that gives these answers, one after another, and then the last again. */
async function serverOf(t, ...answers) {
  const requests = [];
  const connections = new Set();
  const server = createServer((request, response) => {
    requests.push(request);
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (typeof answer === 'function') answer(response);
    else response.end(answer);
  });
  server.on('connection', (socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { app: appAt(`http://127.0.0.1:${server.address().port}`), requests, connections, server };
}

/** A fetch that fails like this. */
function failing(error) {
  return () => Promise.reject(error);
}

test('a request carries nothing but what it has to', async (t) => {
  const { app, requests } = await serverOf(t, (response) => {
    response.setHeader('set-cookie', 'a=b; path=/');
    response.end(GRANT);
  });
  const client = new Client(app);
  await client.send(app.exchange(code()));
  await client.send(app.exchange(code()));
  for (const { method, headers } of requests) {
    assert.equal(method, 'GET');
    assert.equal(headers['accept-encoding'], 'identity');
    for (const absent of ['cookie', 'referer', 'origin', 'authorization', 'content-length']) {
      assert.equal(headers[absent], undefined, absent);
    }
  }
});

test('a connection is used again after an answer that was read whole', async (t) => {
  const { app, requests } = await serverOf(t, GRANT);
  const client = new Client(app);
  for (let time = 0; time < 4; time += 1) {
    await client.send(app.exchange(code()));
    // The connection is free a turn of the event loop later, or two.
    await new Promise(setImmediate);
  }
  assert.ok(new Set(requests.map(({ socket }) => socket)).size < requests.length);
});

test('one connection is enough for a whole login', async (t) => {
  const { app, requests } = await serverOf(
    t,
    GRANT.replace('snsapi_base', 'snsapi_userinfo'),
    JSON.stringify({ openid: 'o1', nickname: 'Lily', sex: 0, province: '', city: '', country: '', privilege: [] }),
  );
  const flow = app.signIn(Code.receivedWithoutState(CODE, 'snsapi_userinfo'));
  assert.equal((await new Client(app).run(flow)).profile.nickname, 'Lily');
  assert.equal(requests.length, 2);
  assert.equal(requests[0].socket, requests[1].socket);
});

test('a connection is given up with an answer that goes on', async (t) => {
  const { app, server, connections } = await serverOf(t, (response) => {
    const more = () => response.write(' '.repeat(16 * 1024), () => response.destroyed || setImmediate(more));
    more();
  });
  await assert.rejects(new Client(app).send(app.exchange(code())), { kind: 'malformed', reason: 'too_large' });
  for (const socket of connections) await once(socket, 'close');
  assert.equal(server.listening, true);
});

test('the deadline holds over a fetch that does not listen', async () => {
  const never = () => new Promise(() => {});
  const deaf = async () => new Response(new ReadableStream({ pull: never }));
  for (const [fetch, phase] of [
    [never, 'request'],
    [deaf, 'body'],
  ]) {
    const client = new Client(nowhere, { fetch, timeout: 20 });
    await assert.rejects(client.send(nowhere.exchange(code())), { constructor: TransportError, reason: 'timeout', phase });
  }
});

test('what fetch fails with is told by name, and never kept', async () => {
  const cases = [
    [{ code: 'ENOTFOUND', syscall: 'getaddrinfo' }, 'resolve', 'connect'],
    [{ code: 'EAI_FAIL', syscall: 'getaddrinfo' }, 'resolve', 'connect'],
    [{ code: 'ECONNREFUSED', syscall: 'connect' }, 'connect', 'connect'],
    [{ errors: [{ code: 'ENETUNREACH', syscall: 'connect' }] }, 'connect', 'connect'],
    [{ code: 'EHOSTUNREACH', syscall: 'read' }, 'connect', 'request'],
    [{ code: 'ETIMEDOUT', syscall: 'connect' }, 'timeout', 'connect'],
    [{ code: 'ETIMEDOUT', syscall: 'read' }, 'timeout', 'request'],
    [{ code: 'UND_ERR_CONNECT_TIMEOUT' }, 'timeout', 'connect'],
    [{ code: 'UND_ERR_HEADERS_TIMEOUT' }, 'timeout', 'request'],
    [{ code: 'CERT_HAS_EXPIRED' }, 'tls', 'connect'],
    [{ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'tls', 'connect'],
    [{ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, 'tls', 'connect'],
    [{ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }, 'tls', 'connect'],
    [{ code: 'ERR_SSL_WRONG_VERSION_NUMBER' }, 'tls', 'request'],
    [{ code: 'ECONNRESET', syscall: 'read' }, 'closed', 'request'],
    [{ code: 'UND_ERR_SOCKET' }, 'closed', 'request'],
    [{ code: 'UND_ERR_HEADERS_OVERFLOW' }, 'protocol', 'request'],
    [{ code: 'HPE_INVALID_CONSTANT' }, 'protocol', 'request'],
    [{ code: 'UND_ERR_ABORTED' }, 'proxy', 'request'],
    [{ code: 'UND_ERR_PRX_TLS' }, 'proxy', 'connect'],
    [{ code: 'UND_ERR_NEW_IN_THE_NEXT_VERSION' }, 'other', 'request'],
    [{ code: 7 }, 'other', 'request'],
    [undefined, 'other', 'request'],
  ];
  for (const [cause, reason, phase] of cases) {
    let url;
    const fetch = (to) => {
      url = to;
      const failed = new TypeError(`fetch failed: ${to}`, { cause: cause && Object.assign(new Error(to), cause) });
      return Promise.reject(failed);
    };
    const client = new Client(nowhere, { fetch });
    await assert.rejects(client.send(nowhere.exchange(code())), (error) => {
      assert.deepEqual([error.constructor, error.reason, error.phase], [TransportError, reason, phase], inspect(cause));
      assert.ok(url.includes(SECRET) && url.includes(CODE));
      const shown = inspect(error, { showHidden: true, depth: null, getters: true });
      assert.doesNotMatch(`${shown}${error.stack}${error.message}${JSON.stringify(error)}`, /canary/);
      assert.equal(error.cause, undefined);
      return true;
    });
  }
});

test('whatever is thrown in place of an error is an error of the transport', async () => {
  const cyclic = new Error('round');
  cyclic.cause = cyclic;
  for (const thrown of [null, undefined, 'canary', 7, cyclic, { cause: null }]) {
    const client = new Client(nowhere, { fetch: failing(thrown) });
    await assert.rejects(client.send(nowhere.exchange(code())), { constructor: TransportError, reason: 'other' });
  }
  const answersNothing = new Client(nowhere, { fetch: async () => undefined });
  await assert.rejects(answersNothing.send(nowhere.exchange(code())), { constructor: TransportError, reason: 'other' });
});

test('an error that does not let itself be looked at is an error of the transport', async () => {
  const canary = () => {
    throw new Error('canary');
  };
  const errors = [
    { get code() { return canary(); } },
    { get cause() { return canary(); } },
    new Proxy({}, { get: canary }),
    { errors: new Proxy([], { get: canary }) },
    ...['constructor', '__proto__', 'toString'].map((code) => ({ code })),
  ];
  for (const error of errors) {
    const client = new Client(nowhere, { fetch: failing(error) });
    await assert.rejects(client.send(nowhere.exchange(code())), { constructor: TransportError, reason: 'other', message: /^[^]{9}(?![^]*canary)/ });
  }
});

test('an answer that is none is an error of the transport, and uses the call up', async () => {
  const headers = new Headers();
  const piece = (value) => ({ getReader: () => ({ read: async () => ({ done: false, value }) }) });
  const answers = [
    ...[NaN, '200', undefined, -1, 200.5, 70_000, null, 200n].map((status) => ({ status, headers, body: null })),
    ...['{}', 7, {}, null, { length: -5 }, { length: 2 ** 40 }, new ArrayBuffer(2), [123]].map((value) => ({ status: 200, headers, body: piece(value) })),
    { status: 200 },
    { status: 200, headers, body: {} },
    { status: 200, headers: { get: () => 7 }, body: null },
    { get status() { throw new Error('canary'); }, headers, body: null },
    { status: 200, get headers() { throw new Error('canary'); } },
  ];
  for (const answer of answers) {
    const client = new Client(nowhere, { fetch: async () => answer, timeout: 60_000 });
    const [call, flow] = [nowhere.exchange(code()), nowhere.signIn(code())];
    const lost = { constructor: TransportError, reason: 'other', phase: 'body', advice: 'restart_authorization' };
    await assert.rejects(client.send(call), lost, inspect(answer));
    await assert.rejects(client.run(flow), lost, inspect(answer));
    await assert.rejects(client.send(call), { constructor: MisuseError, reason: 'finished' });
  }
});

test('the deadline holds over a body of nothing without end', async () => {
  let pulls = 0;
  const pull = (body) => {
    pulls += 1;
    body.enqueue(new Uint8Array());
  };
  const client = new Client(nowhere, { fetch: async () => new Response(new ReadableStream({ pull })), timeout: 20 });
  await assert.rejects(client.send(nowhere.exchange(code())), { constructor: TransportError, reason: 'timeout', phase: 'body' });
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  const before = pulls;
  for (let turns = 0; turns < 5; turns += 1) await new Promise(setImmediate);
  assert.equal(pulls, before);
});

test('pieces of nothing are no end of a body', async () => {
  const pieces = ['', GRANT.slice(0, 20), '', '', GRANT.slice(20), ''].map((text) => Buffer.from(text));
  const start = (body) => {
    for (const piece of pieces) body.enqueue(piece);
    body.close();
  };
  const client = new Client(nowhere, { fetch: async () => new Response(new ReadableStream({ start })) });
  assert.equal((await client.send(nowhere.exchange(code()))).openid, 'o1');
});

test('an answer from where a redirect led is refused, whatever fetch followed it', async (t) => {
  const there = await serverOf(t, GRANT);
  const away = (response) => response.writeHead(302, { location: `http://127.0.0.1:${there.server.address().port}/` }).end();
  const { app } = await serverOf(t, away);
  const client = new Client(app, { fetch: (url) => fetch(url) });
  await assert.rejects(client.run(app.signIn(code())), { constructor: TransportError, reason: 'protocol', phase: 'body' });
});

test('the global fetch is looked up when something is sent', async (t) => {
  const client = new Client(nowhere);
  t.mock.method(globalThis, 'fetch', async () => new Response(GRANT));
  assert.equal((await client.send(nowhere.exchange(code()))).openid, 'o1');
});

test('a call or a flow for another host is refused, and nothing is sent', async () => {
  const client = new Client(appAt('http://127.0.0.1:10'), { fetch: () => assert.fail('something was sent') });
  const other = { constructor: ConfigurationError, reason: 'other_host' };
  await assert.rejects(client.send(nowhere.exchange(code())), other);
  await assert.rejects(client.run(nowhere.signIn(code())), other);
});

test('a call is sent once', async (t) => {
  const { app, requests } = await serverOf(t, GRANT);
  const client = new Client(app);
  const call = app.exchange(code());
  const both = [client.send(call), client.send(call)];
  await assert.rejects(both[1], TypeError);
  assert.equal((await both[0]).openid, 'o1');
  await assert.rejects(client.send(call), { constructor: MisuseError, reason: 'finished' });
  assert.equal(requests.length, 1);
});

test('a flow is run once', async (t) => {
  const { app, requests } = await serverOf(t, GRANT);
  const client = new Client(app);
  const flow = app.signIn(code());
  const both = [client.run(flow), client.run(flow)];
  await assert.rejects(both[1], TypeError);
  assert.equal((await both[0]).openid, 'o1');
  await assert.rejects(client.run(flow), { constructor: MisuseError, reason: 'finished' });
  assert.equal(requests.length, 1);
});

test('a signal that was given before sends nothing and uses nothing up', async (t) => {
  const { app, requests } = await serverOf(t, GRANT);
  const client = new Client(app);
  const reason = new Error('the visitor left');
  const signal = AbortSignal.abort(reason);
  const [call, flow] = [app.exchange(code()), app.signIn(code())];
  await assert.rejects(client.send(call, { signal }), (error) => error === reason);
  await assert.rejects(client.run(flow, { signal }), (error) => error === reason);
  assert.equal(requests.length, 0);
  await client.send(call);
  await client.run(flow);
});

test('a signal calls a request off, whose code is not sent again', async (t) => {
  const stop = new AbortController();
  const reason = new Error('the visitor left');
  const { app, requests } = await serverOf(t, () => stop.abort(reason));
  const client = new Client(app);
  const flow = app.signIn(code());
  await assert.rejects(client.run(flow, { signal: stop.signal }), (error) => error === reason);
  await assert.rejects(client.run(flow), { constructor: TransportError, advice: 'restart_authorization' });
  assert.equal(requests.length, 1);
});

test('a signal calls a wait off, and the flow can go on later', async (t) => {
  const stop = new AbortController();
  const { app, requests } = await serverOf(t, BUSY, GRANT);
  const client = new Client(app);
  const flow = app.signIn(code());
  const running = client.run(flow, { signal: stop.signal });
  while (flow.step().kind !== 'wait') await new Promise(setImmediate);
  stop.abort();
  await assert.rejects(running, { name: 'AbortError' });
  assert.equal((await client.run(flow)).openid, 'o1');
  assert.equal(requests.length, 2);
});

test('a signal calls a flow off at any moment, and no code is sent twice', async () => {
  const tokens = GRANT.replace('snsapi_base', 'snsapi_userinfo');
  const profile = JSON.stringify({ openid: 'o1', nickname: 'Lily', sex: 0, province: '', city: '', country: '', privilege: [] });
  const reason = new Error('the visitor left');
  const seen = new Set();
  for (const listens of [true, false]) {
    for (let moment = 0; moment < 80; moment += 1) {
      let exchanges = 0;
      const pass = async (signal) => {
        for (let ticks = 0; ticks < 4; ticks += 1) {
          await null;
          if (listens) signal.throwIfAborted();
        }
      };
      const fetch = async (url, { signal }) => {
        await pass(signal);
        const exchange = url.includes('oauth2');
        exchanges += Number(exchange);
        await pass(signal);
        return new Response(exchange ? tokens : profile);
      };
      const client = new Client(nowhere, { fetch });
      const stop = new AbortController();
      const flow = nowhere.signIn(Code.receivedWithoutState(CODE, 'snsapi_userinfo'));
      const first = client.run(flow, { signal: stop.signal }).catch((error) => error);
      for (let ticks = 0; ticks < moment; ticks += 1) await null;
      stop.abort(reason);
      assert.equal(await first, reason, `${moment}`);
      const second = await client.run(flow).catch((error) => error.advice);
      assert.ok(second === 'restart_authorization' || second.openid === 'o1', `${second}`);
      seen.add(typeof second);
      assert.ok(exchanges <= 1);
      assert.equal(getEventListeners(stop.signal, 'abort').length, 0);
    }
  }
  assert.deepEqual([...seen].sort(), ['object', 'string']);
});

test('a signal that outlives its requests is left as it was', async (t) => {
  const { app } = await serverOf(t, GRANT);
  const client = new Client(app);
  const { signal } = new AbortController();
  for (let time = 0; time < 3; time += 1) await client.run(app.signIn(code()), { signal });
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

/** A program that logs in, in a process of its own: what it printed. It has to end by itself. */
async function programAt(server, environment) {
  const program = `
    const { App, Client, Code } = require('wechat-oauth-rs');
    const app = App.officialAccount('wx0123456789abcdef', '${SECRET}', { baseUrl: process.argv[1] });
    const login = new Client(app, { timeout: 86400000 }).run(app.signIn(Code.receivedWithoutState('${CODE}', 'snsapi_base')));
    login.then((person) => console.log(person.openid));`;
  const baseUrl = `http://127.0.0.1:${server.address().port}`;
  const options = { cwd: __dirname, env: { ...process.env, ...environment }, timeout: 60_000 };
  return await promisify(execFile)(process.execPath, ['-e', program, baseUrl], options);
}

test('a program ends when its login ends, and not in the middle of a wait', async (t) => {
  const { server } = await serverOf(t, BUSY, GRANT);
  assert.deepEqual(await programAt(server, {}), { stdout: 'o1\n', stderr: '' });
});

test("Node's own debug logs say nothing secret, besides those of fetch", async (t) => {
  const { server } = await serverOf(t, GRANT);
  const NODE_DEBUG = 'dns,esm,http,https,module,net,stream,timer,timers,tls,worker';
  const { stdout, stderr } = await programAt(server, { NODE_DEBUG });
  assert.match(stderr, /^NET \d+: /m);
  assert.doesNotMatch(stdout + stderr, /canary/);
  // What the README warns of.
  const told = await programAt(server, { NODE_DEBUG: 'fetch' });
  assert.match(told.stderr, /secret=canary/);
});

test('what does not fit is refused before anything happens', async () => {
  for (const [app, options] of [
    [undefined, undefined],
    [{}, undefined],
    [nowhere, { timeout: '5' }],
    [nowhere, { timeout: 0 }],
    [nowhere, { timeout: 0.5 }],
    [nowhere, { timeout: Number.NaN }],
    [nowhere, { timeout: 86_400_001 }],
    [nowhere, { fetch: 'fetch' }],
    [nowhere, { timeOut: 1 }],
    [nowhere, 5],
  ]) {
    assert.throws(() => new Client(app, options), /TypeError|RangeError/, inspect(options));
  }
  const client = new Client(nowhere, { fetch: () => assert.fail('something was sent') });
  await assert.rejects(client.send(nowhere.signIn(code())), /^TypeError: call has to be a Call/);
  await assert.rejects(client.run(nowhere.exchange(code())), /^TypeError: flow has to be a Flow/);
  await assert.rejects(client.send(nowhere.exchange(code()), { signal: {} }), /^TypeError: signal/);
  await assert.rejects(client.send(nowhere.exchange(code()), { timeout: 1 }), TypeError);
  assert.doesNotMatch(inspect(client, { showHidden: true, depth: null }), /canary|127\.0\.0\.1/);
});
