export { Kept };
export { Recent };
export { ask };
export { checked };
export { failure };
export { made };
export { makeErrorsBy };
/** One kept value, for as long as this lives. It may turn into another: a flow into a person. */
declare class Kept {
    number: number;
    constructor();
    /**
     * Throws why the native function gave nothing.
     * @param {() => unknown} _ask
     * @param {boolean} [_changes]
     * @param {Function} [above]
     * @returns {never}
     */
    again(_ask: () => unknown, _changes?: boolean, above?: Function): never;
    /**
     * There is nothing to remember.
     * @param {() => unknown} _step
     */
    remember(_step: () => unknown): void;
    /** It stays anyway. */
    pin(): void;
}
/**
 * One kept value of a login: a code, then its call, then the grant; or the call for a profile, then the profile. The native
 * half lets go of it when many others came after it. Who still needs it then makes it again, out of what it was made of:
 * the same steps always give the same value.
 */
declare class Recent {
    #private;
    number: number;
    /**
     * What the native function gives once the value is back; throws why it gave nothing, if that is not the reason.
     * @template T
     * @param {() => T | null} ask
     * @param {boolean} [changes] whether it changes the value, even by failing
     * @param {Function} [above] where the stack of the error begins
     * @returns {T}
     */
    again<T>(ask: () => T | null, changes?: boolean, above?: Function): T;
    /**
     * Adds a step that changed it.
     * @param {() => unknown} step
     */
    remember(step: () => unknown): void;
    /** Keeps it for as long as this lives: for what changes too often to be remembered. */
    pin(): void;
}
export type AnyKept = Kept | Recent;
/** @typedef {Kept | Recent} AnyKept */
/**
 * What a native function gives about the value.
 * @template T
 * @param {AnyKept} kept
 * @param {(number: number) => T | null} of
 * @returns {T}
 */
declare function ask<T>(kept: AnyKept, of: (number: number) => T | null): T;
/**
 * What a native function gave. Nothing means that it failed, and then this throws why.
 * @template T
 * @param {T | null} value
 * @returns {T}
 */
declare function checked<T>(value: T | null): T;
/** @type {typeof import('./errors.js').errorOf} */
declare let errorOf: typeof import('./errors.js').errorOf;
/**
 * Tells how errors are made. They need grants, and those need what is in here.
 * @param {typeof errorOf} maker
 */
declare function makeErrorsBy(maker: typeof errorOf): void;
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
 * @returns {AnyKept}
 */
declare function made(kept: unknown, where: string): AnyKept;
