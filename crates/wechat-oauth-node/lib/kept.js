'use strict';

// What the native half keeps for an object of this half: one value under a number.

const native = require('../native.js');

const forgotten = new FinalizationRegistry((/** @type {number} */ number) => native.forget(number));

/** The next number, and the one at which there has to be another lot of them. */
let [next, end] = [0, 0];

/** @returns {number} one that nothing else in this thread has had */
function number() {
  if (next === end) [next, end] = /** @type {[number, number]} */ (checked(native.numbers()));
  return next++;
}

/** One kept value, for as long as this lives. It may turn into another: a code into a call, a call into a grant. */
class Kept {
  number = number();

  constructor() {
    forgotten.register(this, this.number);
  }
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

/**
 * Why the last native function gave nothing.
 * @param {Function} above where the stack of the error begins
 * @returns {Error}
 */
function failure(above) {
  // The errors need grants, and those need this.
  const { errorOf } = require('./errors.js');
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
 * @returns {Kept}
 */
function made(kept, where) {
  if (!(kept instanceof Kept)) throw new TypeError(`Illegal constructor: ${where}`);
  return kept;
}

exports.Kept = Kept;
exports.checked = checked;
exports.failure = failure;
exports.made = made;
