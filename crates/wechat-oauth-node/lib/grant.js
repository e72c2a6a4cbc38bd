'use strict';

const native = require('../native.js');
const { text, time, wrongType } = require('./arguments.js');
const { Kept, checked, failure, made } = require('./kept.js');
const { profileOf } = require('./profile.js');
const { shownAs } = require('./shown.js');

/** @import { Profile } from './profile.js' */
/** @import { RefusedError } from './errors.js' */

/**
 * What a grant is good for: its access token is valid (`fresh`), has to be renewed (`renew`), or the person has to sign
 * in again (`over`).
 * @typedef {'fresh' | 'renew' | 'over'} Freshness
 */

/** @type {(kept: Kept) => Grant} */
let grantOf;
/** @type {(grant: unknown, name: string) => Kept} */
let keptOfGrant;

/**
 * Somebody's consent, as tokens: who it is, what is permitted, and until when.
 *
 * It comes from {@link Call#read}, {@link Flow#finish}, or out of storage. Neither a console nor `JSON.stringify` shows
 * a token. A renewed grant may hold a new refresh token: store it in the old one's place.
 */
class Grant {
  #kept;
  /** @type {string | undefined} */
  #openid;
  /** @type {readonly string[] | undefined} */
  #scopes;

  static {
    grantOf = (kept) => new Grant(kept);
    keptOfGrant = (grant, name) => {
      if (typeof grant !== 'object' || grant === null || !(#kept in grant)) throw wrongType(name, 'a Grant', grant);
      return grant.#kept;
    };
  }

  /**
   * @private
   * @param {Kept} kept
   */
  constructor(kept) {
    this.#kept = made(kept, 'a Grant comes from call.read(), flow.finish() or Grant.fromStorage()');
  }

  /**
   * A grant out of what {@link exposeForStorage} gave.
   * @param {string} stored the text, unchanged
   * @returns {Grant}
   */
  static fromStorage(stored) {
    const kept = new Kept();
    checked(native.storedGrant(kept.number, text(stored, 'stored')));
    return new Grant(kept);
  }

  /**
   * Tells it from a {@link Snapshot}.
   * @returns {'grant'}
   */
  get kind() {
    return 'grant';
  }

  /**
   * Whose application's it is.
   * @returns {string}
   */
  get appid() {
    return checked(native.grantAppid(this.#kept.number));
  }

  /**
   * The person within this application. With {@link appid} it is the key of their account.
   * @returns {string}
   */
  get openid() {
    return (this.#openid ??= checked(native.grantOpenid(this.#kept.number)));
  }

  /**
   * The person across the applications of one open-platform account; null if WeChat did not tell it.
   * @returns {string | null}
   */
  get unionid() {
    return checked(native.grantUnionid(this.#kept.number)) || null;
  }

  /**
   * What was granted. WeChat may know names that this package does not.
   * @returns {readonly string[]}
   */
  get scopes() {
    return (this.#scopes ??= Object.freeze(checked(native.grantScopes(this.#kept.number))));
  }

  /**
   * Whether WeChat left the scope out, so that the one asked for is taken for granted.
   * @returns {boolean}
   */
  get scopesAssumed() {
    return checked(native.grantScopesAssumed(this.#kept.number));
  }

  /**
   * Whether the profile can be read.
   * @returns {boolean}
   */
  get readsProfile() {
    return checked(native.grantReadsProfile(this.#kept.number));
  }

  /**
   * When the access token ends, in seconds since 1970: the first second in which it is not valid.
   * @returns {number}
   */
  get expiresAt() {
    return checked(native.grantExpiresAt(this.#kept.number));
  }

  /**
   * When the refresh token ends, in seconds since 1970: 30 days after it was first seen.
   * @returns {number}
   */
  get refreshTokenEndsAt() {
    return checked(native.grantRefreshTokenEndsAt(this.#kept.number));
  }

  /**
   * What the grant is good for.
   * @param {number} [now] in seconds since 1970; the system's time, unless told
   * @returns {Freshness}
   */
  at(now) {
    return /** @type {Freshness} */ (checked(native.grantAt(this.#kept.number, time(now, 'now'))));
  }

  /**
   * The same as JSON, with when the tokens end, in the form that every language of this project gives it.
   * @param {number} [now] in seconds since 1970; the system's time, unless told
   * @returns {string}
   */
  freshnessJson(now) {
    return checked(native.grantFreshness(this.#kept.number, time(now, 'now')));
  }

  /**
   * Whether this grant, which a sign-in yielded, is to take the place of the stored one.
   * @param {Grant} stored the one that is stored
   * @param {number} [now] in seconds since 1970; the system's time, unless told
   * @returns {boolean}
   */
  replaces(stored, now) {
    const kept = keptOfGrant(stored, 'stored');
    return checked(native.grantReplaces(this.#kept.number, kept.number, time(now, 'now')));
  }

  /**
   * The access token, for calls that this package does not make.
   * @returns {string}
   */
  exposeAccessToken() {
    return checked(native.grantAccessToken(this.#kept.number));
  }

  /**
   * The grant as JSON to be stored, **tokens in the open**: encrypt it, and file it under {@link appid} and
   * {@link openid}.
   * @returns {string}
   */
  exposeForStorage() {
    return checked(native.grantForStorage(this.#kept.number));
  }

  /**
   * The grant as the JSON that `wechat-oauth read` prints, **tokens in the open**.
   * @returns {string}
   */
  exposeJson() {
    return checked(native.grantJson(this.#kept.number));
  }

  /**
   * For `JSON.stringify`: what {@link exposeForStorage} has, without the tokens. It cannot be read back.
   * @returns {{ appid: string, openid: string, unionid: string | null, scopes: readonly string[], expiresAt: number, refreshTokenEndsAt: number }}
   */
  toJSON() {
    const { appid, openid, unionid, scopes, expiresAt, refreshTokenEndsAt } = this;
    return { appid, openid, unionid, scopes, expiresAt, refreshTokenEndsAt };
  }
}

/** @type {(kept: Kept) => Snapshot} */
let snapshotOf;

/**
 * A visitor of a snapshot page (快照页). WeChat made the ids up, and makes up others the next time, so this is nobody's
 * identity, and it has no openid. Offer such a visitor to continue with the full service, which restarts the
 * authorization.
 */
class Snapshot {
  #kept;

  static {
    snapshotOf = (kept) => new Snapshot(kept);
  }

  /**
   * @private
   * @param {Kept} kept
   */
  constructor(kept) {
    this.#kept = made(kept, 'a Snapshot comes from call.read() or flow.finish()');
  }

  /**
   * Tells it from a {@link Grant} or a {@link Person}.
   * @returns {'snapshot'}
   */
  get kind() {
    return 'snapshot';
  }

  /**
   * What WeChat sent, as the JSON that `wechat-oauth read` prints, **tokens in the open**: to find out why somebody was
   * taken for nobody.
   * @returns {string}
   */
  exposeJson() {
    return checked(native.snapshotJson(this.#kept.number));
  }
}

/** @type {(kept: Kept) => Person} */
let personOf;

/** Somebody who signed in. */
class Person {
  #kept;
  /** @type {Grant | undefined} */
  #grant;
  /** @type {Profile | null | undefined} */
  #profile;

  static {
    personOf = (kept) => new Person(kept);
  }

  /**
   * @private
   * @param {Kept} kept
   */
  constructor(kept) {
    this.#kept = made(kept, 'a Person comes from flow.finish()');
  }

  /**
   * Tells it from a {@link Snapshot}.
   * @returns {'person'}
   */
  get kind() {
    return 'person';
  }

  /**
   * The application that they signed in to.
   * @returns {string}
   */
  get appid() {
    return checked(native.personAppid(this.#kept.number));
  }

  /**
   * The person within this application. With {@link appid} it is the key of their account.
   * @returns {string}
   */
  get openid() {
    return checked(native.personOpenid(this.#kept.number));
  }

  /**
   * The person across the applications of one open-platform account; null if WeChat did not tell it.
   * @returns {string | null}
   */
  get unionid() {
    return checked(native.personUnionid(this.#kept.number)) || null;
  }

  /**
   * Their profile; null where the scope does not cover it.
   * @returns {Profile | null}
   */
  get profile() {
    if (this.#profile === undefined) {
      const kept = new Kept();
      this.#profile = checked(native.personProfile(this.#kept.number, kept.number)) ? profileOf(kept) : null;
    }
    return this.#profile;
  }

  /**
   * Their grant.
   * @returns {Grant}
   */
  get grant() {
    if (this.#grant === undefined) {
      const kept = new Kept();
      checked(native.personGrant(this.#kept.number, kept.number));
      this.#grant = grantOf(kept);
    }
    return this.#grant;
  }

  /**
   * All of it as JSON, **tokens in the open**.
   * @returns {string}
   */
  exposeJson() {
    return checked(native.personJson(this.#kept.number));
  }

  /**
   * For `JSON.stringify`: who it is, and the profile, without the tokens.
   * @returns {{ appid: string, openid: string, unionid: string | null, profile: Profile | null }}
   */
  toJSON() {
    const { appid, openid, unionid, profile } = this;
    return { appid, openid, unionid, profile };
  }
}

/** @type {(kept: Kept) => Validity} */
let validityOf;

/** Whether an access token is valid: ask {@link valid}, since an object is true in every `if`. */
class Validity {
  #kept;

  static {
    validityOf = (kept) => new Validity(kept);
  }

  /**
   * @private
   * @param {Kept} kept
   */
  constructor(kept) {
    this.#kept = made(kept, 'a Validity comes from call.read()');
  }

  /**
   * Whether it is.
   * @returns {boolean}
   */
  get valid() {
    return checked(native.isValid(this.#kept.number));
  }

  /**
   * Why it is not; null if it is.
   * @returns {RefusedError | null}
   */
  get refusal() {
    if (native.refuseUnlessValid(this.#kept.number) !== null) return null;
    return /** @type {RefusedError} */ (failure(failure));
  }

  /**
   * The same as the JSON that `wechat-oauth read` prints.
   * @returns {string}
   */
  get document() {
    return checked(native.validityJson(this.#kept.number));
  }
}

shownAs(Grant, (grant) => grant.toJSON());
shownAs(Person, (person) => person.toJSON());
shownAs(Validity, ({ valid }) => ({ valid }));

exports.Grant = Grant;
exports.Person = Person;
exports.Snapshot = Snapshot;
exports.Validity = Validity;
exports.grantOf = grantOf;
exports.keptOfGrant = keptOfGrant;
exports.personOf = personOf;
exports.snapshotOf = snapshotOf;
exports.validityOf = validityOf;
