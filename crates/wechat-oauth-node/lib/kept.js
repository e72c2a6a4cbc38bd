'use strict';

// What the native half keeps for an object of this half: one value under a number.

const native = require('../native.js');

const forgotten = new FinalizationRegistry((/** @type {number} */ number) => native.forget(number));

let last = checked(native.numbers());

/** After how many values the native half says how much they weigh. */
const LOT = 128;
let sinceWeighed = 0;

/**
 * Has the value forgotten once its object is garbage.
 * @param {AnyKept} kept
 */
function forgetLater(kept) {
  forgotten.register(kept, kept.number);
  if (++sinceWeighed < LOT) return;
  native.weigh(sinceWeighed);
  sinceWeighed = 0;
}

/** One kept value, for as long as this lives. It may turn into another: a flow into a person. */
class Kept {
  number = ++last;

  constructor() {
    forgetLater(this);
  }

  /**
   * Throws why the native function gave nothing.
   * @param {() => unknown} _ask
   * @param {boolean} [_changes]
   * @param {Function} [above]
   * @returns {never}
   */
  again(_ask, _changes, above = this.again) {
    throw failure(above);
  }

  /**
   * There is nothing to remember.
   * @param {() => unknown} _step
   */
  remember(_step) {}

  /** It stays anyway. */
  pin() {}
}

/**
 * One kept value of a login: a code, then its call, then the grant; or the call for a profile, then the profile. The native
 * half lets go of it when many others came after it. Who still needs it then makes it again, out of what it was made of:
 * the same steps always give the same value.
 */
class Recent {
  number = ++last;
  /** @type {(() => unknown)[] | undefined} */
  #steps = [];

  /**
   * What the native function gives once the value is back; throws why it gave nothing, if that is not the reason.
   * @template T
   * @param {() => T | null} ask
   * @param {boolean} [changes] whether it changes the value, even by failing
   * @param {Function} [above] where the stack of the error begins
   * @returns {T}
   */
  again(ask, changes = false, above = this.again) {
    const value = this.#bringBack() ? ask() : null;
    if (value !== null) return value;
    const error = failure(above);
    if (changes) this.remember(ask);
    throw error;
  }

  /**
   * Adds a step that changed it.
   * @param {() => unknown} step
   */
  remember(step) {
    this.#steps?.push(step);
  }

  /** Keeps it for as long as this lives: for what changes too often to be remembered. */
  pin() {
    if (this.#steps === undefined) return;
    this.#bringBack();
    native.pin(this.number);
    this.#steps = undefined;
    forgetLater(this);
  }

  #bringBack() {
    if (this.#steps === undefined || checked(native.isKept(this.number))) return false;
    for (const step of this.#steps) step();
    return true;
  }
}

/** @typedef {Kept | Recent} AnyKept */

/**
 * What a native function gives about the value.
 * @template T
 * @param {AnyKept} kept
 * @param {(number: number) => T | null} of
 * @returns {T}
 */
function ask(kept, of) {
  const value = of(kept.number);
  return value === null ? kept.again(() => of(kept.number), false, ask) : value;
}

/**
 * What a native function gave. Nothing means that it failed, and then this throws why.
 * @template T
 * @param {T | null} value
 * @returns {T}
 */
function checked(value) {
  if (value === null) throw failure(checked);
  return value;
}

/** @type {typeof import('./errors.js').errorOf} */
let errorOf;

/**
 * Tells how errors are made. They need grants, and those need what is in here.
 * @param {typeof errorOf} maker
 */
function makeErrorsBy(maker) {
  errorOf = maker;
}

/**
 * Why the last native function gave nothing.
 * @param {Function} above where the stack of the error begins
 * @returns {Error}
 */
function failure(above) {
  const kept = new Kept();
  const parts = native.takeFailure(kept.number);
  const cause = parts?.givesGrant ? failure(above) : undefined;
  const error = parts ? errorOf(parts, kept, cause) : new Error('a native function of wechat-oauth-rs gave nothing');
  Error.captureStackTrace(error, above);
  return error;
}

/**
 * Refuses `new` for a class whose objects come from elsewhere.
 * @param {unknown} kept
 * @param {string} where
 * @returns {AnyKept}
 */
function made(kept, where) {
  if (!(kept instanceof Recent || kept instanceof Kept)) throw new TypeError(`Illegal constructor: ${where}`);
  return kept;
}

exports.Kept = Kept;
exports.Recent = Recent;
exports.ask = ask;
exports.checked = checked;
exports.failure = failure;
exports.made = made;
exports.makeErrorsBy = makeErrorsBy;
