'use strict';

const { Kept } = require('./kept.js');
const { Grant, grantOf } = require('./grant.js');

/** @import { Pending } from './login.js' */

/**
 * The layer that is at fault.
 * @typedef {'configuration' | 'callback' | 'refused' | 'malformed' | 'transport' | 'misuse'} ErrorKind
 */

/**
 * What a program should do next.
 *
 * | advice | to do |
 * |---|---|
 * | `retry_later` | WeChat is busy, over quota or out of reach: the same request may succeed later |
 * | `refresh` | the access token is stale: refresh the grant, then repeat the request |
 * | `restart_authorization` | this login cannot go on: send the browser to a new authorize URL |
 * | `ask_userinfo_consent` | the scope does not cover the profile: authorize again with `snsapi_userinfo` |
 * | `renew_component_token` | the third-party platform's own token is stale: get a new one |
 * | `fix_configuration` | a programmer or an administrator has to change something |
 * | `turn_away` | WeChat has blocked this person, or the person refused: show a page, and send them nowhere |
 * @typedef {'retry_later' | 'refresh' | 'restart_authorization' | 'ask_userinfo_consent' | 'renew_component_token' | 'fix_configuration' | 'turn_away'} Advice
 */

/**
 * What an error is made of.
 * @typedef {object} ErrorParts
 * @property {string} kind The layer.
 * @property {string} reason A short name for programs.
 * @property {string} advice What to do next.
 * @property {string} message For people.
 * @property {string} document The error as JSON.
 * @property {string} [exposedDocument] The same with the advice, and with what the error gives back.
 */

/**
 * Why a login did not go on. Its class says whose problem it is, {@link WechatOAuthError#advice} what to do.
 *
 * No message holds a secret, a token, a code, or a URL that carries one. Arguments of a wrong type are a `TypeError` or
 * a `RangeError` instead, before anything else happens.
 */
class WechatOAuthError extends Error {
  /**
   * The layer that is at fault.
   * @readonly
   * @type {ErrorKind}
   */
  kind;

  /**
   * A short name for programs, `state_mismatch` for example. Of a refusal it is the name of WeChat's code, or
   * `unknown_errcode`.
   * @readonly
   * @type {string}
   */
  reason;

  /**
   * What a program should do next.
   * @readonly
   * @type {Advice}
   */
  advice;

  #document;
  #exposed;

  /**
   * Made by this package; by hand only for a test that needs one.
   * @param {ErrorParts} parts what it is made of
   * @param {ErrorOptions} [options] its cause
   */
  constructor(parts, options) {
    super(parts.message, options);
    this.kind = /** @type {ErrorKind} */ (parts.kind);
    this.reason = parts.reason;
    this.advice = /** @type {Advice} */ (parts.advice);
    this.#document = parts.document;
    this.#exposed = parts.exposedDocument ?? parts.document;
  }

  /**
   * The error as the JSON that the command line prints, `{"error":{…}}`: no secret is in it.
   * @returns {string}
   */
  get document() {
    return this.#document;
  }

  /**
   * The error as `{"error":{…},"advice":"…"}`, with what it gives back **in the open**: `pending` of a
   * {@link CallbackError}, `grant` and `stored_grant` of a {@link ProfileUnreadError}. It is the same JSON in every
   * language of this project.
   * @returns {string}
   */
  exposeDocument() {
    return this.#exposed;
  }
}

/** The program asked for something that cannot work. Nothing was sent. */
class ConfigurationError extends WechatOAuthError {}

/**
 * Lets a callback's error give the pending login back, if it still waits.
 * @type {(error: CallbackError, pending: Pending) => void}
 */
let giveBack;

/** The callback did not finish the login. Nothing was sent. */
class CallbackError extends WechatOAuthError {
  #stillPending;
  /** @type {Pending | null} */
  #pending = null;

  static {
    giveBack = (error, pending) => {
      if (error.#stillPending) error.#pending = pending;
    };
  }

  /**
   * Made by this package; by hand only for a test that needs one.
   * @param {ErrorParts & { stillPending?: boolean }} parts what it is made of
   * @param {ErrorOptions} [options] its cause
   */
  constructor(parts, options) {
    super(parts, options);
    this.#stillPending = parts.stillPending ?? false;
  }

  /**
   * The login, which still waits, when the callback did not bring its state; otherwise null.
   * @returns {Pending | null}
   */
  get pending() {
    return this.#pending;
  }
}

/** WeChat answered with an error code. */
class RefusedError extends WechatOAuthError {
  /**
   * WeChat's error code, never 0.
   * @readonly
   * @type {number}
   */
  errcode;

  #refusal;

  /**
   * Made by this package; by hand only for a test that needs one.
   * @param {ErrorParts} parts what it is made of
   * @param {ErrorOptions} [options] its cause
   */
  constructor(parts, options) {
    super(parts, options);
    this.#refusal = JSON.parse(parts.document).error;
    this.errcode = this.#refusal.errcode;
  }

  /**
   * The code's name, `invalid_code` for example; null if it is not a known one.
   * @returns {string | null}
   */
  get errcodeName() {
    return this.#refusal.name;
  }

  /**
   * WeChat's message without the request id, exactly. It changes over the years: show it, and decide by the code.
   * @returns {string}
   */
  get errmsg() {
    return this.#refusal.message;
  }

  /**
   * WeChat's id of the request, which its support asks for.
   * @returns {string | null}
   */
  get requestId() {
    return this.#refusal.request_id;
  }
}

/** WeChat, or something in its place, sent what cannot be read. Nothing of the content is in here. */
class MalformedAnswerError extends WechatOAuthError {
  #malformed;

  /**
   * Made by this package; by hand only for a test that needs one.
   * @param {ErrorParts} parts what it is made of
   * @param {ErrorOptions} [options] its cause
   */
  constructor(parts, options) {
    super(parts, options);
    this.#malformed = JSON.parse(parts.document).error;
  }

  /**
   * The HTTP status that it came with.
   * @returns {number}
   */
  get status() {
    return this.#malformed.status;
  }

  /**
   * The line, from 1; null if the fault has no place.
   * @returns {number | null}
   */
  get line() {
    return this.#malformed.line;
  }

  /**
   * The column in bytes, from 1; null if the fault has no place.
   * @returns {number | null}
   */
  get column() {
    return this.#malformed.column;
  }

  /**
   * The field at fault, if it is one.
   * @returns {string | null}
   */
  get field() {
    return this.#malformed.field;
  }
}

/** The answer never came. */
class TransportError extends WechatOAuthError {
  #lost;

  /**
   * Made by this package; by hand only for a test that needs one.
   * @param {ErrorParts} parts what it is made of
   * @param {ErrorOptions} [options] its cause
   */
  constructor(parts, options) {
    super(parts, options);
    this.#lost = JSON.parse(parts.document).error;
  }

  /**
   * How far it got.
   * @returns {import('./task.js').TransportPhase}
   */
  get phase() {
    return this.#lost.phase;
  }
}

/**
 * The exchange said who it is, then the profile could not be read, for a reason that says nothing against the person or
 * the grant. `cause` is that reason, and so are the kind, the reason and the advice.
 */
class ProfileUnreadError extends WechatOAuthError {
  #grant;

  /**
   * Made by this package; by hand only for a test that needs one.
   * @param {ErrorParts} parts what it is made of
   * @param {ErrorOptions & { grant: Grant }} options its cause, and what the exchange yielded
   */
  constructor(parts, options) {
    super(parts, options);
    this.#grant = options.grant;
  }

  /**
   * What the exchange yielded, renewed if the sign-in had to renew it: the person is known, and the profile can be asked
   * for later.
   * @returns {Grant}
   */
  get grant() {
    return this.#grant;
  }
}

/** The package was used in a way that cannot work: out of order, or twice. Nothing was sent. */
class MisuseError extends WechatOAuthError {}

const CLASSES = {
  configuration: ConfigurationError,
  callback: CallbackError,
  refused: RefusedError,
  malformed: MalformedAnswerError,
  transport: TransportError,
  misuse: MisuseError,
};

for (const shown of [WechatOAuthError, ProfileUnreadError, ...Object.values(CLASSES)]) {
  Object.defineProperty(shown.prototype, 'name', { value: shown.name, configurable: true, writable: true });
}

/**
 * The error of a failure.
 * @param {ErrorParts & { givesGrant: boolean }} parts
 * @param {Kept} kept where the grant is, if the failure gives one back
 * @param {Error | undefined} cause
 * @returns {WechatOAuthError}
 */
function errorOf(parts, kept, cause) {
  if (parts.givesGrant) return new ProfileUnreadError(parts, { cause, grant: grantOf(kept) });
  const kind = /** @type {ErrorKind} */ (parts.kind);
  return new (CLASSES[kind] ?? WechatOAuthError)(parts);
}

exports.CallbackError = CallbackError;
exports.ConfigurationError = ConfigurationError;
exports.MalformedAnswerError = MalformedAnswerError;
exports.MisuseError = MisuseError;
exports.ProfileUnreadError = ProfileUnreadError;
exports.RefusedError = RefusedError;
exports.TransportError = TransportError;
exports.WechatOAuthError = WechatOAuthError;
exports.errorOf = errorOf;
exports.giveBack = giveBack;
