export { CallbackError };
export { ConfigurationError };
export { MalformedAnswerError };
export { MisuseError };
export { ProfileUnreadError };
export { RefusedError };
export { TransportError };
export { WechatOAuthError };
export { errorOf };
export { giveBack };
import { Kept } from './kept.js';
import { Grant, grantOf } from './grant.js';
import type { Pending } from './login.js';
export type ErrorKind = 'configuration' | 'callback' | 'refused' | 'malformed' | 'transport' | 'misuse';
export type Advice = 'retry_later' | 'refresh' | 'restart_authorization' | 'ask_userinfo_consent' | 'renew_component_token' | 'fix_configuration' | 'turn_away';
export type ErrorParts = {
    /**
     * The layer.
     */
    kind: string;
    /**
     * A short name for programs.
     */
    reason: string;
    /**
     * What to do next.
     */
    advice: string;
    /**
     * For people.
     */
    message: string;
    /**
     * The error as JSON.
     */
    document: string;
    /**
     * The same with the advice, and with what the error gives back.
     */
    exposedDocument?: string;
};
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
declare class WechatOAuthError extends Error {
    #private;
    /**
     * The layer that is at fault.
     * @readonly
     * @type {ErrorKind}
     */
    readonly kind: ErrorKind;
    /**
     * A short name for programs, `state_mismatch` for example. Of a refusal it is the name of WeChat's code, or
     * `unknown_errcode`.
     * @readonly
     * @type {string}
     */
    readonly reason: string;
    /**
     * What a program should do next.
     * @readonly
     * @type {Advice}
     */
    readonly advice: Advice;
    /**
     * Made by this package; by hand only for a test that needs one.
     * @param {ErrorParts} parts what it is made of
     * @param {ErrorOptions} [options] its cause
     */
    constructor(parts: ErrorParts, options?: ErrorOptions);
    /**
     * The error as the JSON that the command line prints, `{"error":{…}}`: no secret is in it.
     * @returns {string}
     */
    get document(): string;
    /**
     * The error as `{"error":{…},"advice":"…"}`, with what it gives back **in the open**: `pending` of a
     * {@link CallbackError}, `grant` and `stored_grant` of a {@link ProfileUnreadError}. It is the same JSON in every
     * language of this project.
     * @returns {string}
     */
    exposeDocument(): string;
}
/** The program asked for something that cannot work. Nothing was sent. */
declare class ConfigurationError extends WechatOAuthError {
}
/**
 * Lets a callback's error give the pending login back, if it still waits.
 * @type {(error: CallbackError, pending: Pending) => void}
 */
declare let giveBack: (error: CallbackError, pending: Pending) => void;
/** The callback did not finish the login. Nothing was sent. */
declare class CallbackError extends WechatOAuthError {
    #private;
    /**
     * Made by this package; by hand only for a test that needs one.
     * @param {ErrorParts & { stillPending?: boolean }} parts what it is made of
     * @param {ErrorOptions} [options] its cause
     */
    constructor(parts: ErrorParts & {
        stillPending?: boolean;
    }, options?: ErrorOptions);
    /**
     * The login, which still waits, when the callback did not bring its state; otherwise null.
     * @returns {Pending | null}
     */
    get pending(): Pending | null;
}
/** WeChat answered with an error code. */
declare class RefusedError extends WechatOAuthError {
    #private;
    /**
     * WeChat's error code, never 0.
     * @readonly
     * @type {number}
     */
    readonly errcode: number;
    /**
     * Made by this package; by hand only for a test that needs one.
     * @param {ErrorParts} parts what it is made of
     * @param {ErrorOptions} [options] its cause
     */
    constructor(parts: ErrorParts, options?: ErrorOptions);
    /**
     * The code's name, `invalid_code` for example; null if it is not a known one.
     * @returns {string | null}
     */
    get errcodeName(): string | null;
    /**
     * WeChat's message without the request id, exactly. It changes over the years: show it, and decide by the code.
     * @returns {string}
     */
    get errmsg(): string;
    /**
     * WeChat's id of the request, which its support asks for.
     * @returns {string | null}
     */
    get requestId(): string | null;
}
/** WeChat, or something in its place, sent what cannot be read. Nothing of the content is in here. */
declare class MalformedAnswerError extends WechatOAuthError {
    #private;
    /**
     * Made by this package; by hand only for a test that needs one.
     * @param {ErrorParts} parts what it is made of
     * @param {ErrorOptions} [options] its cause
     */
    constructor(parts: ErrorParts, options?: ErrorOptions);
    /**
     * The HTTP status that it came with.
     * @returns {number}
     */
    get status(): number;
    /**
     * The line, from 1; null if the fault has no place.
     * @returns {number | null}
     */
    get line(): number | null;
    /**
     * The column in bytes, from 1; null if the fault has no place.
     * @returns {number | null}
     */
    get column(): number | null;
    /**
     * The field at fault, if it is one.
     * @returns {string | null}
     */
    get field(): string | null;
}
/** The answer never came. */
declare class TransportError extends WechatOAuthError {
    #private;
    /**
     * Made by this package; by hand only for a test that needs one.
     * @param {ErrorParts} parts what it is made of
     * @param {ErrorOptions} [options] its cause
     */
    constructor(parts: ErrorParts, options?: ErrorOptions);
    /**
     * How far it got.
     * @returns {import('./task.js').TransportPhase}
     */
    get phase(): import('./task.js').TransportPhase;
}
/**
 * The exchange said who it is, then the profile could not be read, for a reason that says nothing against the person or
 * the grant. `cause` is that reason, and so are the kind, the reason and the advice.
 */
declare class ProfileUnreadError extends WechatOAuthError {
    #private;
    /**
     * Made by this package; by hand only for a test that needs one.
     * @param {ErrorParts} parts what it is made of
     * @param {ErrorOptions & { grant: Grant }} options its cause, and what the exchange yielded
     */
    constructor(parts: ErrorParts, options: ErrorOptions & {
        grant: Grant;
    });
    /**
     * What the exchange yielded, renewed if the sign-in had to renew it: the person is known, and the profile can be asked
     * for later.
     * @returns {Grant}
     */
    get grant(): Grant;
}
/** The package was used in a way that cannot work: out of order, or twice. Nothing was sent. */
declare class MisuseError extends WechatOAuthError {
}
/**
 * The error of a failure.
 * @param {ErrorParts & { givesGrant: boolean }} parts
 * @param {Kept} kept where the grant is, if the failure gives one back
 * @param {Error | undefined} cause
 * @returns {WechatOAuthError}
 */
declare function errorOf(parts: ErrorParts & {
    givesGrant: boolean;
}, kept: Kept, cause: Error | undefined): WechatOAuthError;
