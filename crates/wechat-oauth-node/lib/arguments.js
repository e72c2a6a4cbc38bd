'use strict';

// Checks what a caller gives, before it goes to the native half. No message quotes a value: it may be a secret.

const { types } = require('node:util');

/** @param {unknown} value */
function kindOf(value) {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return { undefined: 'undefined', object: 'an object', function: 'a function' }[String(typeof value)] ?? `a ${typeof value}`;
}

/**
 * @param {string} name what was given
 * @param {string} expected what it has to be
 * @param {unknown} value
 */
function wrongType(name, expected, value) {
  return new TypeError(`${name} has to be ${expected}, not ${kindOf(value)}`);
}

/**
 * A text. Half of a surrogate pair would turn into another character on its way.
 * @param {unknown} value
 * @param {string} name
 * @returns {string}
 */
function text(value, name) {
  if (typeof value !== 'string') throw wrongType(name, 'a string', value);
  // @ts-ignore TS2550: newer than the library of ES2022, and in every Node that is supported
  if (!value.isWellFormed()) throw new TypeError(`${name} has half of a surrogate pair in it, which is no text`);
  return value;
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {string | undefined}
 */
function optionalText(value, name) {
  return value === undefined ? undefined : text(value, name);
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {boolean | undefined}
 */
function optionalFlag(value, name) {
  if (value !== undefined && typeof value !== 'boolean') throw wrongType(name, 'a boolean', value);
  return value;
}

/**
 * @param {unknown} value
 * @param {string} name
 * @param {number} [least]
 * @param {number} [most]
 * @returns {number}
 */
function integer(value, name, least = 0, most = Number.MAX_SAFE_INTEGER) {
  if (typeof value !== 'number') throw wrongType(name, 'a number', value);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`${name} has to be an integer between ${least} and ${most}`);
  }
  return value;
}

/** The most that an HTTP status can be on its way to the core, which refuses what is none. */
const MAX_STATUS = 65535;

/**
 * @param {unknown} value
 * @returns {number}
 */
function status(value) {
  return integer(value, 'status', 0, MAX_STATUS);
}

/** The end of the year 9999 in seconds. What is later is a time in milliseconds, by mistake. */
const MAX_TIME = 253_402_300_799;

/**
 * A time in whole seconds since 1970; now, unless told.
 * @param {unknown} value
 * @param {string} name
 * @returns {number}
 */
function time(value, name) {
  if (value === undefined) return now();
  if (typeof value === 'number' && value > MAX_TIME && value < Infinity) {
    throw new RangeError(`${name} has to be in seconds since 1970, as Math.floor(Date.now() / 1000) is: this is after the year 9999`);
  }
  return integer(value, name, 0, MAX_TIME);
}

/** The system's time in seconds. A clock before 1970 is taken for 1970: the core renews what such a clock dates. */
function now() {
  return Math.max(0, Math.floor(Date.now() / 1000));
}

/**
 * The memory of bytes, also where the object has another property of that name.
 * @type {(bytes: Uint8Array) => ArrayBufferLike}
 */
const bufferOf = Function.prototype.call.bind(
  /** @type {any} */ (Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), 'buffer')).get,
);

/**
 * The body of an answer as bytes.
 * @param {unknown} value
 * @returns {Uint8Array}
 */
function bytes(value) {
  if (typeof value === 'string') return Buffer.from(text(value, 'body'));
  if (!types.isUint8Array(value)) throw wrongType('body', 'a Buffer, a Uint8Array or a string', value);
  // Another thread could write to shared memory while it is read.
  return types.isSharedArrayBuffer(bufferOf(value)) ? new Uint8Array(value) : value;
}

/**
 * Options of which none is unknown: that would be a mistake. What they are is left to the caller to check. What every
 * object inherits is nobody's option: a polluted `Object.prototype` shall not choose a state.
 * @param {unknown} value
 * @param {string} name
 * @param {readonly string[]} known
 * @returns {Record<string, unknown>}
 */
function options(value, name, known) {
  const found = Object.create(null);
  if (value === undefined) return found;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongType(name, 'an object', value);
  const given = /** @type {Record<string, unknown>} */ (value);
  const inherited = (/** @type {string} */ key) => key in Object.prototype && !Object.hasOwn(given, key);
  for (const key in given) {
    if (!known.includes(key) && !inherited(key)) throw new TypeError(`${name} has no ${key}: it may have ${known.join(', ')}`);
  }
  for (const key of known) {
    if (!inherited(key)) found[key] = given[key];
  }
  return found;
}

exports.bytes = bytes;
exports.integer = integer;
exports.now = now;
exports.optionalFlag = optionalFlag;
exports.optionalText = optionalText;
exports.options = options;
exports.status = status;
exports.text = text;
exports.time = time;
exports.wrongType = wrongType;
