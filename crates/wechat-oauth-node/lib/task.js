'use strict';

const native = require('../native.js');
const { bytes, status, text, time, wrongType } = require('./arguments.js');
const { checked, failure, made } = require('./kept.js');
const { grantOf, personOf, snapshotOf, validityOf } = require('./grant.js');
const { profileOf } = require('./profile.js');
const { shownAs } = require('./shown.js');

/** @import { Kept } from './kept.js' */

/**
 * The calls that WeChat's API answers.
 * @typedef {'exchange' | 'refresh' | 'check' | 'profile' | 'component_exchange' | 'component_refresh'} Operation
 */

/**
 * What can happen to a request.
 * @typedef {'resolve' | 'connect' | 'tls' | 'timeout' | 'closed' | 'protocol' | 'proxy' | 'other'} TransportReason
 */

/**
 * How far a request had got: nothing was sent (`connect`), it may have been sent (`request`), or the answer had begun
 * (`body`).
 * @typedef {'connect' | 'request' | 'body'} TransportPhase
 */

/**
 * What a task came to, where the task was.
 * @param {native.Kind} kind
 * @param {Kept} kept
 */
function resultOf(kind, kept) {
  switch (kind) {
    case native.Kind.Grant:
      return grantOf(kept);
    case native.Kind.Snapshot:
      return snapshotOf(kept);
    case native.Kind.Person:
      return personOf(kept);
    case native.Kind.Profile:
      return profileOf(kept);
    default:
      return validityOf(kept);
  }
}

/** @type {(kept: Kept, url: string) => Call<any>} */
let callOf;
/** @type {(kept: Kept) => Flow<any>} */
let flowOf;
/** @type {(call: unknown) => Kept} */
let keptOfCall;

/**
 * One request to WeChat, and how to read its answer: send a GET to {@link url} in any way, follow no redirect, and give
 * what came to {@link read}. A call is read once.
 * @template T
 */
class Call {
  #kept;
  #url;

  static {
    callOf = (kept, url) => new Call(kept, url);
    keptOfCall = (call) => {
      if (typeof call !== 'object' || call === null || !(#kept in call)) throw wrongType('call', 'a Call', call);
      return call.#kept;
    };
  }

  /**
   * @private
   * @param {Kept} kept
   * @param {string} url
   */
  constructor(kept, url) {
    this.#kept = made(kept, 'a Call comes from app.exchange(), app.refresh(), app.check() or app.profile()');
    this.#url = url;
  }

  /**
   * The URL to get, **secrets in the open**: keep it out of logs and errors.
   * @returns {string}
   */
  get url() {
    return this.#url;
  }

  /**
   * The URL with its secrets hidden, for logs, until the call is over.
   * @returns {string}
   */
  get redactedUrl() {
    return checked(native.redactedUrl(this.#kept.number));
  }

  /**
   * What it asks for, until the call is over.
   * @returns {Operation}
   */
  get operation() {
    return /** @type {Operation} */ (checked(native.operation(this.#kept.number)));
  }

  /**
   * Reads the answer.
   * @param {number} httpStatus the HTTP status
   * @param {Uint8Array | string} body the body as it came; more than 64 KiB are refused
   * @param {number} [sentAt] when the request was sent, in seconds since 1970; the system's time, unless told
   * @returns {T}
   */
  read(httpStatus, body, sentAt) {
    const kept = this.#kept;
    const kind = native.read(kept.number, status(httpStatus), bytes(body), time(sentAt, 'sentAt'));
    return /** @type {T} */ (resultOf(checked(kind), kept));
  }

  /**
   * Says that the answer will not come, and throws the {@link TransportError}, which says what to do.
   * @param {TransportReason} reason what happened
   * @param {TransportPhase} phase how far it had got
   * @returns {never}
   */
  lost(reason, phase) {
    checked(native.lost(this.#kept.number, text(reason, 'reason'), text(phase, 'phase')));
    checked(native.finish(this.#kept.number));
    throw failure(this.lost);
  }

  /**
   * The same call, for whoever drives flows: one request, and no repeat.
   * @returns {Flow<T>}
   */
  asFlow() {
    return flowOf(this.#kept);
  }
}

/** @type {(step: { operation: string, method: string, url: string, redacted_url: string }) => Send} */
let sendOf;

/** Shows that a step was made in here. */
const FROM_A_FLOW = Symbol('from a flow');

/** A step: send this, then give the flow what came. */
class Send {
  #step;

  static {
    sendOf = (step) => new Send(step, FROM_A_FLOW);
  }

  /**
   * @private
   * @param {{ operation: string, method: string, url: string, redacted_url: string }} step
   * @param {symbol} from
   */
  constructor(step, from) {
    if (from !== FROM_A_FLOW) throw new TypeError('Illegal constructor: a Send comes from flow.step()');
    this.#step = step;
  }

  /**
   * Tells it from a {@link Wait} and {@link Done}.
   * @returns {'send'}
   */
  get kind() {
    return 'send';
  }

  /**
   * What it asks for.
   * @returns {Operation}
   */
  get operation() {
    return /** @type {Operation} */ (this.#step.operation);
  }

  /**
   * The HTTP method, always GET.
   * @returns {string}
   */
  get method() {
    return this.#step.method;
  }

  /**
   * The URL, **secrets in the open**: keep it out of logs and errors.
   * @returns {string}
   */
  get url() {
    return this.#step.url;
  }

  /**
   * The URL with its secrets hidden, for logs.
   * @returns {string}
   */
  get redactedUrl() {
    return this.#step.redacted_url;
  }
}

/**
 * A step: wait so long, then say {@link Flow#waited}.
 * @typedef {{ readonly kind: 'wait', readonly milliseconds: number }} Wait
 */

/**
 * A step: there is nothing more to do, {@link Flow#finish} gives the result.
 * @typedef {{ readonly kind: 'done' }} Done
 */

/** @typedef {Send | Wait | Done} Step */

/** @type {(flow: unknown) => Kept} */
let keptOfFlow;

/**
 * Work that takes several requests. What to send next, how often, and when to stop is decided in here; whoever drives it
 * only sends, waits and reports: {@link step} says what to do, until it says `done`.
 * @template T
 */
class Flow {
  #kept;

  static {
    flowOf = (kept) => new Flow(kept);
    keptOfFlow = (flow) => {
      if (typeof flow !== 'object' || flow === null || !(#kept in flow)) throw wrongType('flow', 'a Flow', flow);
      return flow.#kept;
    };
  }

  /**
   * @private
   * @param {Kept} kept
   */
  constructor(kept) {
    this.#kept = made(kept, 'a Flow comes from app.signIn() or app.renew()');
  }

  /**
   * What to do now. Asking again changes nothing.
   * @returns {Step}
   */
  step() {
    const step = JSON.parse(checked(native.step(this.#kept.number)));
    if (step.step === 'send') return sendOf(step);
    return Object.freeze(step.step === 'wait' ? { kind: 'wait', milliseconds: step.milliseconds } : { kind: 'done' });
  }

  /**
   * The answer to the request came.
   * @param {number} httpStatus the HTTP status
   * @param {Uint8Array | string} body the body as it came; more than 64 KiB are refused
   * @param {number} [sentAt] when the request was sent, in seconds since 1970; the system's time, unless told
   * @returns {void}
   */
  answer(httpStatus, body, sentAt) {
    checked(native.answer(this.#kept.number, status(httpStatus), bytes(body), time(sentAt, 'sentAt')));
  }

  /**
   * The answer to the request will not come. What that means is seen in the next step.
   * @param {TransportReason} reason what happened
   * @param {TransportPhase} phase how far it had got
   * @returns {void}
   */
  lost(reason, phase) {
    checked(native.lost(this.#kept.number, text(reason, 'reason'), text(phase, 'phase')));
  }

  /**
   * The wait is over.
   * @returns {void}
   */
  waited() {
    checked(native.waited(this.#kept.number));
  }

  /**
   * The result, once.
   * @returns {T}
   */
  finish() {
    const kept = this.#kept;
    return /** @type {T} */ (resultOf(checked(native.finish(kept.number)), kept));
  }
}

shownAs(Call, () => ({}));
shownAs(Send, ({ operation, redactedUrl }) => ({ operation, redactedUrl }));

exports.Call = Call;
exports.Flow = Flow;
exports.Send = Send;
exports.callOf = callOf;
exports.flowOf = flowOf;
exports.keptOfCall = keptOfCall;
exports.keptOfFlow = keptOfFlow;
