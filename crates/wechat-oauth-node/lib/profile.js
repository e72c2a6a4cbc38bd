'use strict';

const native = require('../native.js');
const { integer } = require('./arguments.js');
const { checked, made } = require('./kept.js');
const { shownAs } = require('./shown.js');

/** @import { Kept } from './kept.js' */

/**
 * The sizes that WeChat keeps of an avatar, in pixels.
 * @typedef {46 | 64 | 96 | 132 | 640} AvatarSize
 */

/**
 * A profile as plain data.
 * @typedef {object} ProfileData
 * @property {string} openid The person within the application.
 * @property {string | null} unionid The person across applications.
 * @property {string} nickname The name.
 * @property {0 | 1 | 2} sex 1 for male, 2 for female.
 * @property {string} language The language of the person's WeChat.
 * @property {string} province The province.
 * @property {string} city The city.
 * @property {string} country The country.
 * @property {string | null} avatar The picture's URL.
 * @property {string[]} privileges Privileges of the person's carrier.
 * @property {Record<string, unknown>} extra The fields that this package does not know.
 */

/** @type {(kept: Kept) => Profile} */
let profileOf;
/** @type {(profile: Profile) => string} */
let shownNickname;

/**
 * Somebody's profile. The texts are theirs, and exactly as they wrote them: escape them where they are shown.
 *
 * No secret is in it, but it is personal data, so keep it as one keeps an address.
 */
class Profile {
  #kept;
  /** @type {string | undefined} */
  #nickname;
  /** @type {Readonly<ProfileData> | undefined} */
  #data;

  static {
    profileOf = (kept) => new Profile(kept);
    shownNickname = (profile) => checked(native.profileShownNickname(profile.#kept.number));
  }

  /**
   * @private
   * @param {Kept} kept
   */
  constructor(kept) {
    this.#kept = made(kept, 'a Profile comes from call.read() or person.profile');
  }

  /**
   * The person within the application, the same as the grant's.
   * @returns {string}
   */
  get openid() {
    return checked(native.profileOpenid(this.#kept.number));
  }

  /**
   * The person across the applications of one open-platform account; null if WeChat did not tell it.
   * @returns {string | null}
   */
  get unionid() {
    return checked(native.profileUnionid(this.#kept.number)) || null;
  }

  /**
   * The name that the person goes by.
   * @returns {string}
   */
  get nickname() {
    return (this.#nickname ??= checked(native.profileNickname(this.#kept.number)));
  }

  /**
   * 1 for male, 2 for female; 0 for unknown, which WeChat says of everybody since 2021-10-20.
   * @returns {0 | 1 | 2}
   */
  get sex() {
    return this.#parsed().sex;
  }

  /**
   * The language of the person's WeChat (`zh_CN`); empty since 2021-10-20.
   * @returns {string}
   */
  get language() {
    return this.#parsed().language;
  }

  /**
   * The province; empty since 2021-10-20.
   * @returns {string}
   */
  get province() {
    return this.#parsed().province;
  }

  /**
   * The city; empty since 2021-10-20.
   * @returns {string}
   */
  get city() {
    return this.#parsed().city;
  }

  /**
   * The country; empty since 2021-10-20.
   * @returns {string}
   */
  get country() {
    return this.#parsed().country;
  }

  /**
   * The URL of the picture, which is on one of WeChat's picture hosts; null if there is none. It dies when the person
   * changes the picture.
   * @returns {string | null}
   */
  get avatar() {
    return checked(native.profileAvatar(this.#kept.number)) || null;
  }

  /**
   * The same picture in another size; null where there is none.
   * @param {AvatarSize} px the pixels of a side
   * @returns {string | null}
   */
  avatarWithSize(px) {
    const size = integer(px, 'px', 0, 0xffff);
    return checked(native.profileAvatarWithSize(this.#kept.number, size)) || null;
  }

  /**
   * Privileges of the person's carrier (`chinaunicom`), nearly always none.
   * @returns {readonly string[]}
   */
  get privileges() {
    return this.#parsed().privileges;
  }

  /**
   * The fields that this package does not know, by name.
   * @returns {Readonly<Record<string, unknown>>}
   */
  get extra() {
    return this.#parsed().extra;
  }

  /**
   * The profile as the JSON that `wechat-oauth read` prints.
   * @returns {string}
   */
  get document() {
    return checked(native.profileJson(this.#kept.number));
  }

  /**
   * For `JSON.stringify`: the same as plain data.
   * @returns {ProfileData}
   */
  toJSON() {
    return JSON.parse(this.document);
  }

  #parsed() {
    if (this.#data === undefined) {
      const data = this.toJSON();
      Object.freeze(data.privileges);
      Object.freeze(data.extra);
      this.#data = data;
    }
    return this.#data;
  }
}

shownAs(Profile, (profile) => {
  const { openid, unionid, avatar } = profile;
  return { openid, unionid, nickname: shownNickname(profile), avatar };
});

exports.Profile = Profile;
exports.profileOf = profileOf;
