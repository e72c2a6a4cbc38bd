export { Grant };
export { Person };
export { Snapshot };
export { Validity };
export { grantOf };
export { keptOfGrant };
export { personOf };
export { snapshotOf };
export { validityOf };
import { Kept, checked, failure, made } from './kept.js';
import type { Profile } from './profile.js';
import type { RefusedError } from './errors.js';
export type Freshness = 'fresh' | 'renew' | 'over';
/** @import { Profile } from './profile.js' */
/** @import { RefusedError } from './errors.js' */
/**
 * What a grant is good for: its access token is valid (`fresh`), has to be renewed (`renew`), or the person has to sign
 * in again (`over`).
 * @typedef {'fresh' | 'renew' | 'over'} Freshness
 */
/** @type {(kept: Kept) => Grant} */
declare let grantOf: (kept: Kept) => Grant;
/** @type {(grant: unknown, name: string) => Kept} */
declare let keptOfGrant: (grant: unknown, name: string) => Kept;
/**
 * Somebody's consent, as tokens: who it is, what is permitted, and until when.
 *
 * It comes from {@link Call#read}, {@link Flow#finish}, or out of storage. Neither a console nor `JSON.stringify` shows
 * a token. A renewed grant may hold a new refresh token: store it in the old one's place.
 */
declare class Grant {
    #private;
    /**
     * @private
     * @param {Kept} kept
     */
    private constructor();
    /**
     * A grant out of what {@link exposeForStorage} gave.
     * @param {string} stored the text, unchanged
     * @returns {Grant}
     */
    static fromStorage(stored: string): Grant;
    /**
     * Tells it from a {@link Snapshot}.
     * @returns {'grant'}
     */
    get kind(): 'grant';
    /**
     * Whose application's it is.
     * @returns {string}
     */
    get appid(): string;
    /**
     * The person within this application. With {@link appid} it is the key of their account.
     * @returns {string}
     */
    get openid(): string;
    /**
     * The person across the applications of one open-platform account; null if WeChat did not tell it.
     * @returns {string | null}
     */
    get unionid(): string | null;
    /**
     * What was granted. WeChat may know names that this package does not.
     * @returns {readonly string[]}
     */
    get scopes(): readonly string[];
    /**
     * Whether WeChat left the scope out, so that the one asked for is taken for granted.
     * @returns {boolean}
     */
    get scopesAssumed(): boolean;
    /**
     * Whether the profile can be read.
     * @returns {boolean}
     */
    get readsProfile(): boolean;
    /**
     * When the access token ends, in seconds since 1970: the first second in which it is not valid.
     * @returns {number}
     */
    get expiresAt(): number;
    /**
     * When the refresh token ends, in seconds since 1970: 30 days after it was first seen.
     * @returns {number}
     */
    get refreshTokenEndsAt(): number;
    /**
     * What the grant is good for.
     * @param {number} [now] in seconds since 1970; the system's time, unless told
     * @returns {Freshness}
     */
    at(now?: number): Freshness;
    /**
     * The same as JSON, with when the tokens end, in the form that every language of this project gives it.
     * @param {number} [now] in seconds since 1970; the system's time, unless told
     * @returns {string}
     */
    freshnessJson(now?: number): string;
    /**
     * Whether this grant, which a sign-in yielded, is to take the place of the stored one.
     * @param {Grant} stored the one that is stored
     * @param {number} [now] in seconds since 1970; the system's time, unless told
     * @returns {boolean}
     */
    replaces(stored: Grant, now?: number): boolean;
    /**
     * The access token, for calls that this package does not make.
     * @returns {string}
     */
    exposeAccessToken(): string;
    /**
     * The grant as JSON to be stored, **tokens in the open**: encrypt it, and file it under {@link appid} and
     * {@link openid}.
     * @returns {string}
     */
    exposeForStorage(): string;
    /**
     * The grant as the JSON that `wechat-oauth read` prints, **tokens in the open**.
     * @returns {string}
     */
    exposeJson(): string;
    /**
     * For `JSON.stringify`: what {@link exposeForStorage} has, without the tokens. It cannot be read back.
     * @returns {{ appid: string, openid: string, unionid: string | null, scopes: readonly string[], expiresAt: number, refreshTokenEndsAt: number }}
     */
    toJSON(): {
        appid: string;
        openid: string;
        unionid: string | null;
        scopes: readonly string[];
        expiresAt: number;
        refreshTokenEndsAt: number;
    };
}
/** @type {(kept: Kept) => Snapshot} */
declare let snapshotOf: (kept: Kept) => Snapshot;
/**
 * A visitor of a snapshot page (快照页). WeChat made the ids up, and makes up others the next time, so this is nobody's
 * identity, and it has no openid. Offer such a visitor to continue with the full service, which restarts the
 * authorization.
 */
declare class Snapshot {
    #private;
    /**
     * @private
     * @param {Kept} kept
     */
    private constructor();
    /**
     * Tells it from a {@link Grant} or a {@link Person}.
     * @returns {'snapshot'}
     */
    get kind(): 'snapshot';
    /**
     * What WeChat sent, as the JSON that `wechat-oauth read` prints, **tokens in the open**: to find out why somebody was
     * taken for nobody.
     * @returns {string}
     */
    exposeJson(): string;
}
/** @type {(kept: Kept) => Person} */
declare let personOf: (kept: Kept) => Person;
/** Somebody who signed in. */
declare class Person {
    #private;
    /**
     * @private
     * @param {Kept} kept
     */
    private constructor();
    /**
     * Tells it from a {@link Snapshot}.
     * @returns {'person'}
     */
    get kind(): 'person';
    /**
     * The application that they signed in to.
     * @returns {string}
     */
    get appid(): string;
    /**
     * The person within this application. With {@link appid} it is the key of their account.
     * @returns {string}
     */
    get openid(): string;
    /**
     * The person across the applications of one open-platform account; null if WeChat did not tell it.
     * @returns {string | null}
     */
    get unionid(): string | null;
    /**
     * Their profile; null where the scope does not cover it.
     * @returns {Profile | null}
     */
    get profile(): Profile | null;
    /**
     * Their grant.
     * @returns {Grant}
     */
    get grant(): Grant;
    /**
     * All of it as JSON, **tokens in the open**.
     * @returns {string}
     */
    exposeJson(): string;
    /**
     * For `JSON.stringify`: who it is, and the profile, without the tokens.
     * @returns {{ appid: string, openid: string, unionid: string | null, profile: Profile | null }}
     */
    toJSON(): {
        appid: string;
        openid: string;
        unionid: string | null;
        profile: Profile | null;
    };
}
/** @type {(kept: Kept) => Validity} */
declare let validityOf: (kept: Kept) => Validity;
/** Whether an access token is valid: ask {@link valid}, since an object is true in every `if`. */
declare class Validity {
    #private;
    /**
     * @private
     * @param {Kept} kept
     */
    private constructor();
    /**
     * Whether it is.
     * @returns {boolean}
     */
    get valid(): boolean;
    /**
     * Why it is not; null if it is.
     * @returns {RefusedError | null}
     */
    get refusal(): RefusedError | null;
    /**
     * The same as the JSON that `wechat-oauth read` prints.
     * @returns {string}
     */
    get document(): string;
}
