'use strict';

const { setImmediate: turn, setTimeout: sleep } = require('node:timers/promises');
const { types } = require('node:util');

const native = require('../native.js');
const { keptOfApp } = require('./app.js');
const { integer, now, options, status: checkedStatus, wrongType } = require('./arguments.js');
const { checked } = require('./kept.js');
const { stripped } = require('./stripped.js');
const { keptOfCall, keptOfFlow } = require('./task.js');

/** @import { App } from './app.js' */
/** @import { WechatOAuthError } from './errors.js' */
/** @import { Kept } from './kept.js' */
/** @import { Lost } from './stripped.js' */
/** @import { Call, Flow, TransportPhase } from './task.js' */

/** How long one request may take unless told otherwise. WeChat answers within a second; a person waits for this one. */
const DEFAULT_TIMEOUT = 5000;

/** The longest deadline: nobody waits for a day, and a timer of Node's takes no month. */
const MAX_TIMEOUT = 24 * 60 * 60 * 1000;

/** The core reads no more of an answer than this. One byte more is enough for it to say so. */
const MAX_BODY = 64 * 1024;

/**
 * How every request is sent: it carries the secret, so it goes nowhere else, and nothing of it is kept.
 * @type {RequestInit}
 */
const REQUEST = {
  cache: 'no-store',
  credentials: 'omit',
  headers: { accept: '*/*', 'accept-encoding': 'identity' },
  method: 'GET',
  redirect: 'manual',
  referrer: '',
  referrerPolicy: 'no-referrer',
};

/** The calls and flows that are at it: one that was sent twice would spend its code twice. */
const busy = new WeakSet();

/**
 * How a client sends.
 * @typedef {object} ClientOptions
 * @property {number} [timeout] How long one request may take in milliseconds, from the name lookup to the last byte:
 *   5000 unless told, at most a day. The waits of a flow come on top, at most 3 seconds in all.
 * @property {typeof globalThis.fetch} [fetch] What is called in place of the global `fetch`, to set a proxy or certificates.
 *   It sees every URL, with the secret and the tokens, and has to pass on what it is given, `redirect` and `signal` above
 *   all.
 */

/**
 * What a request can be called off by.
 * @typedef {object} SendOptions
 * @property {AbortSignal} [signal] Calls it off: the promise is rejected with the signal's reason. A code that was on its
 *   way may be spent, so begin a new login then.
 */

/**
 * Sends calls and drives flows over `fetch`, for the API host of one {@link App}. Make it once; connections are `fetch`'s
 * own, and shared.
 *
 * Whatever `fetch` does, one deadline holds for the whole request; no redirect is followed; no referrer and no cookie is
 * sent; no more than 64 KiB and a byte of an answer are taken, and one that is compressed is refused; and nothing is kept
 * of the errors of `fetch`.
 */
class Client {
  #app;
  #timeout;
  #fetch;

  /**
   * @param {App} app the app whose calls and flows it takes
   * @param {ClientOptions} [given]
   */
  constructor(app, given) {
    const { timeout = DEFAULT_TIMEOUT, fetch } = options(given, 'the options of a Client', ['timeout', 'fetch']);
    if (fetch !== undefined && typeof fetch !== 'function') throw wrongType('fetch', 'a function', fetch);
    this.#app = keptOfApp(app);
    this.#timeout = integer(timeout, 'timeout', 1, MAX_TIMEOUT);
    this.#fetch = /** @type {typeof globalThis.fetch | undefined} */ (fetch);
  }

  /**
   * Sends one request and reads the answer to it.
   * @template T
   * @param {Call<T>} call it is used up
   * @param {SendOptions} [given]
   * @returns {Promise<T>} what WeChat answered; a {@link WechatOAuthError} otherwise, of the class `TransportError` when
   *   no answer came, and a `ConfigurationError` when the call is for another host than the client's
   */
  async send(call, given) {
    const kept = keptOfCall(call);
    const signal = signalOf(given);
    return await alone(kept, async () => {
      this.#checkHost(kept);
      const sentAt = now();
      const answer = await this.#ask(call.url, signal);
      if ('status' in answer) return call.read(answer.status, answer.body, sentAt);
      try {
        return call.lost(answer.reason, answer.phase);
      } catch (error) {
        signal?.throwIfAborted();
        throw error;
      }
    });
  }

  /**
   * Drives a flow until it is done. It waits where the flow says so, at most 3 seconds in all.
   * @template T
   * @param {Flow<T>} flow it is used up
   * @param {SendOptions} [given]
   * @returns {Promise<T>} what the flow came to; a {@link WechatOAuthError} otherwise, of the class `ConfigurationError`
   *   when the flow is for another host than the client's
   */
  async run(flow, given) {
    const kept = keptOfFlow(flow);
    const signal = signalOf(given);
    return await alone(kept, async () => {
      for (let step = flow.step(); step.kind !== 'done'; step = flow.step()) {
        signal?.throwIfAborted();
        if (step.kind === 'wait') {
          await pause(step.milliseconds, signal);
          flow.waited();
          continue;
        }
        this.#checkHost(kept);
        const sentAt = now();
        const answer = await this.#ask(step.url, signal);
        if ('status' in answer) {
          flow.answer(answer.status, answer.body, sentAt);
          await turn(); // only then is the connection free for the next request
        } else {
          flow.lost(answer.reason, answer.phase);
          signal?.throwIfAborted();
        }
      }
      return flow.finish();
    });
  }

  /** @param {Kept} task */
  #checkHost(task) {
    checked(native.checkHost(this.#app.number, task.number));
  }

  /**
   * Status and body, or why there are none. It always comes to an end by the deadline, even over a `fetch` that does not
   * listen to its signal.
   * @param {string} url
   * @param {AbortSignal | undefined} signal
   * @returns {Promise<{ status: number, body: Buffer } | Lost>}
   */
  async #ask(url, signal) {
    const fetch = this.#fetch ?? globalThis.fetch;
    /** @type {TransportPhase} */
    let phase = 'request';
    let late = false;
    let whole = false;
    const stop = new AbortController();
    /** @type {Promise<never>} */
    const stopped = new Promise((_, reject) => {
      stop.signal.addEventListener('abort', () => reject(stop.signal.reason), { once: true });
    });
    stopped.catch(() => {}); // also where nobody waits for it any more
    const callOff = () => stop.abort();
    signal?.addEventListener('abort', callOff, { once: true });
    const deadline = setTimeout(() => {
      late = true;
      stop.abort();
    }, this.#timeout);
    try {
      const response = await Promise.race([fetch(url, { ...REQUEST, signal: stop.signal }), stopped]);
      phase = 'body';
      // fetch would unpack it, by its own measure; and one that was given may follow redirects all the same.
      if (isPacked(response) || response.redirected) return { reason: 'protocol', phase };
      const status = checkedStatus(response.status);
      const body = await Promise.race([bodyOf(response, stop.signal), stopped]);
      whole = body.length <= MAX_BODY;
      return { status, body };
    } catch (error) {
      return late ? { reason: 'timeout', phase } : stripped(error, phase);
    } finally {
      clearTimeout(deadline);
      signal?.removeEventListener('abort', callOff);
      if (!whole) stop.abort(); // ends what is left of the answer, and its connection
    }
  }
}

/** @param {Response} response */
function isPacked(response) {
  const encoding = response.headers.get('content-encoding')?.trim().toLowerCase() ?? '';
  return encoding !== '' && encoding !== 'identity';
}

/**
 * The body, as far as it is read.
 * @param {Response} response
 * @param {AbortSignal} stop
 * @returns {Promise<Buffer>}
 */
async function bodyOf(response, stop) {
  /** @type {Uint8Array[]} */
  const chunks = [];
  let length = 0;
  const reader = response.body?.getReader();
  while (reader && length <= MAX_BODY) {
    stop.throwIfAborted(); // half a body is none
    const { done, value } = await reader.read();
    if (done) break;
    if (!types.isUint8Array(value)) throw wrongType('a piece of the body', 'bytes', value);
    if (value.length === 0) {
      await turn(); // without end of these, the deadline would never be looked at
      continue;
    }
    chunks.push(value);
    length += value.length;
  }
  return Buffer.concat(chunks, Math.min(length, MAX_BODY + 1));
}

/**
 * Waits. A login is waiting for it, so it keeps the process.
 * @param {number} milliseconds
 * @param {AbortSignal | undefined} signal
 */
async function pause(milliseconds, signal) {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/**
 * Does it while nobody else does the same.
 * @template T
 * @param {Kept} task
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
async function alone(task, work) {
  if (busy.has(task)) throw new TypeError('it is being sent already: wait for the promise of the first time');
  busy.add(task);
  try {
    return await work();
  } finally {
    busy.delete(task);
  }
}

/**
 * @param {SendOptions | undefined} given
 * @returns {AbortSignal | undefined}
 */
function signalOf(given) {
  const { signal } = options(given, 'the options of a request', ['signal']);
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw wrongType('signal', 'an AbortSignal', signal);
  signal?.throwIfAborted();
  return signal;
}

exports.Client = Client;
