export { Client };
import type { App } from './app.js';
import type { Call, Flow } from './task.js';
export type ClientOptions = {
    /**
     * How long one request may take in milliseconds, from the name lookup to the last byte:
     * 5000 unless told, at most a day. The waits of a flow come on top, at most 3 seconds in all.
     */
    timeout?: number;
    /**
     * What is called in place of the global `fetch`, to set a proxy or certificates.
     * It sees every URL, with the secret and the tokens, and has to pass on what it is given, `redirect` and `signal` above
     * all.
     */
    fetch?: typeof globalThis.fetch;
};
export type SendOptions = {
    /**
     * Calls it off: the promise is rejected with the signal's reason. A code that was on its
     * way may be spent, so begin a new login then.
     */
    signal?: AbortSignal;
};
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
declare class Client {
    #private;
    /**
     * @param {App} app the app whose calls and flows it takes
     * @param {ClientOptions} [given]
     */
    constructor(app: App, given?: ClientOptions);
    /**
     * Sends one request and reads the answer to it.
     * @template T
     * @param {Call<T>} call it is used up
     * @param {SendOptions} [given]
     * @returns {Promise<T>} what WeChat answered; a {@link WechatOAuthError} otherwise, of the class `TransportError` when
     *   no answer came, and a `ConfigurationError` when the call is for another host than the client's
     */
    send<T>(call: Call<T>, given?: SendOptions): Promise<T>;
    /**
     * Drives a flow until it is done. It waits where the flow says so, at most 3 seconds in all.
     * @template T
     * @param {Flow<T>} flow it is used up
     * @param {SendOptions} [given]
     * @returns {Promise<T>} what the flow came to; a {@link WechatOAuthError} otherwise, of the class `ConfigurationError`
     *   when the flow is for another host than the client's
     */
    run<T>(flow: Flow<T>, given?: SendOptions): Promise<T>;
}
