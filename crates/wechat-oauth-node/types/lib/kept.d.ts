export { Kept };
export { checked };
export { failure };
export { made };
/** One kept value, for as long as this lives. It may turn into another: a code into a call, a call into a grant. */
declare class Kept {
    number: number;
    constructor();
}
/**
 * What a native function gave. Nothing means that it failed, and then this throws why.
 * @template T
 * @param {T | null} value
 * @returns {T}
 */
declare function checked<T>(value: T | null): T;
/**
 * Why the last native function gave nothing.
 * @param {Function} above where the stack of the error begins
 * @returns {Error}
 */
declare function failure(above: Function): Error;
/**
 * Refuses `new` for a class whose objects come from elsewhere.
 * @param {unknown} kept
 * @param {string} where
 * @returns {Kept}
 */
declare function made(kept: unknown, where: string): Kept;
