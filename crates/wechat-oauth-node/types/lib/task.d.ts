export { Call };
export { Flow };
export { Send };
export { callOf };
export { flowOf };
export { keptOfCall };
export { keptOfFlow };
import type { Kept } from './kept.js';
export type Operation = 'exchange' | 'refresh' | 'check' | 'profile' | 'component_exchange' | 'component_refresh';
export type TransportReason = 'resolve' | 'connect' | 'tls' | 'timeout' | 'closed' | 'protocol' | 'proxy' | 'other';
export type TransportPhase = 'connect' | 'request' | 'body';
/** @type {(kept: Kept, url: string) => Call<any>} */
declare let callOf: (kept: Kept, url: string) => Call<any>;
/** @type {(kept: Kept) => Flow<any>} */
declare let flowOf: (kept: Kept) => Flow<any>;
/** @type {(call: unknown) => Kept} */
declare let keptOfCall: (call: unknown) => Kept;
/**
 * One request to WeChat, and how to read its answer: send a GET to {@link url} in any way, follow no redirect, and give
 * what came to {@link read}. A call is read once.
 * @template T
 */
declare class Call<T> {
    #private;
    /**
     * @private
     * @param {Kept} kept
     * @param {string} url
     */
    private constructor();
    /**
     * The URL to get, **secrets in the open**: keep it out of logs and errors.
     * @returns {string}
     */
    get url(): string;
    /**
     * The URL with its secrets hidden, for logs, until the call is over.
     * @returns {string}
     */
    get redactedUrl(): string;
    /**
     * What it asks for, until the call is over.
     * @returns {Operation}
     */
    get operation(): Operation;
    /**
     * Reads the answer.
     * @param {number} httpStatus the HTTP status
     * @param {Uint8Array | string} body the body as it came; more than 64 KiB are refused
     * @param {number} [sentAt] when the request was sent, in seconds since 1970; the system's time, unless told
     * @returns {T}
     */
    read(httpStatus: number, body: Uint8Array | string, sentAt?: number): T;
    /**
     * Says that the answer will not come, and throws the {@link TransportError}, which says what to do.
     * @param {TransportReason} reason what happened
     * @param {TransportPhase} phase how far it had got
     * @returns {never}
     */
    lost(reason: TransportReason, phase: TransportPhase): never;
    /**
     * The same call, for whoever drives flows: one request, and no repeat.
     * @returns {Flow<T>}
     */
    asFlow(): Flow<T>;
}
/** A step: send this, then give the flow what came. */
declare class Send {
    #private;
    /**
     * @private
     * @param {{ operation: string, method: string, url: string, redacted_url: string }} step
     * @param {symbol} from
     */
    private constructor();
    /**
     * Tells it from a {@link Wait} and {@link Done}.
     * @returns {'send'}
     */
    get kind(): 'send';
    /**
     * What it asks for.
     * @returns {Operation}
     */
    get operation(): Operation;
    /**
     * The HTTP method, always GET.
     * @returns {string}
     */
    get method(): string;
    /**
     * The URL, **secrets in the open**: keep it out of logs and errors.
     * @returns {string}
     */
    get url(): string;
    /**
     * The URL with its secrets hidden, for logs.
     * @returns {string}
     */
    get redactedUrl(): string;
}
export type Wait = {
    readonly kind: 'wait';
    readonly milliseconds: number;
};
export type Done = {
    readonly kind: 'done';
};
export type Step = Send | Wait | Done;
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
declare let keptOfFlow: (flow: unknown) => Kept;
/**
 * Work that takes several requests. What to send next, how often, and when to stop is decided in here; whoever drives it
 * only sends, waits and reports: {@link step} says what to do, until it says `done`.
 * @template T
 */
declare class Flow<T> {
    #private;
    /**
     * @private
     * @param {Kept} kept
     */
    private constructor();
    /**
     * What to do now. Asking again changes nothing.
     * @returns {Step}
     */
    step(): Step;
    /**
     * The answer to the request came.
     * @param {number} httpStatus the HTTP status
     * @param {Uint8Array | string} body the body as it came; more than 64 KiB are refused
     * @param {number} [sentAt] when the request was sent, in seconds since 1970; the system's time, unless told
     * @returns {void}
     */
    answer(httpStatus: number, body: Uint8Array | string, sentAt?: number): void;
    /**
     * The answer to the request will not come. What that means is seen in the next step.
     * @param {TransportReason} reason what happened
     * @param {TransportPhase} phase how far it had got
     * @returns {void}
     */
    lost(reason: TransportReason, phase: TransportPhase): void;
    /**
     * The wait is over.
     * @returns {void}
     */
    waited(): void;
    /**
     * The result, once.
     * @returns {T}
     */
    finish(): T;
}
