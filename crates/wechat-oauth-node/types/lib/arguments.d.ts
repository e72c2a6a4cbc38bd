export { bytes };
export { integer };
export { now };
export { optionalFlag };
export { optionalText };
export { options };
export { status };
export { text };
export { time };
export { wrongType };
/**
 * @param {string} name what was given
 * @param {string} expected what it has to be
 * @param {unknown} value
 */
declare function wrongType(name: string, expected: string, value: unknown): TypeError;
/**
 * A text. Half of a surrogate pair would turn into another character on its way.
 * @param {unknown} value
 * @param {string} name
 * @returns {string}
 */
declare function text(value: unknown, name: string): string;
/**
 * @param {unknown} value
 * @param {string} name
 * @returns {string | undefined}
 */
declare function optionalText(value: unknown, name: string): string | undefined;
/**
 * @param {unknown} value
 * @param {string} name
 * @returns {boolean | undefined}
 */
declare function optionalFlag(value: unknown, name: string): boolean | undefined;
/**
 * @param {unknown} value
 * @param {string} name
 * @param {number} [least]
 * @param {number} [most]
 * @returns {number}
 */
declare function integer(value: unknown, name: string, least?: number, most?: number): number;
/**
 * @param {unknown} value
 * @returns {number}
 */
declare function status(value: unknown): number;
/**
 * A time in whole seconds since 1970; now, unless told.
 * @param {unknown} value
 * @param {string} name
 * @returns {number}
 */
declare function time(value: unknown, name: string): number;
/** The system's time in seconds. A clock before 1970 is taken for 1970: the core renews what such a clock dates. */
declare function now(): number;
/**
 * The body of an answer as bytes.
 * @param {unknown} value
 * @returns {Uint8Array}
 */
declare function bytes(value: unknown): Uint8Array;
/**
 * Options of which none is unknown: that would be a mistake. What they are is left to the caller to check. What every
 * object inherits is nobody's option: a polluted `Object.prototype` shall not choose a state.
 * @param {unknown} value
 * @param {string} name
 * @param {readonly string[]} known
 * @returns {Record<string, unknown>}
 */
declare function options(value: unknown, name: string, known: readonly string[]): Record<string, unknown>;
