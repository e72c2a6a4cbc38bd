export { Profile };
export { profileOf };
import type { Kept } from './kept.js';
export type AvatarSize = 46 | 64 | 96 | 132 | 640;
export type ProfileData = {
    /**
     * The person within the application.
     */
    openid: string;
    /**
     * The person across applications.
     */
    unionid: string | null;
    /**
     * The name.
     */
    nickname: string;
    /**
     * 1 for male, 2 for female.
     */
    sex: 0 | 1 | 2;
    /**
     * The language of the person's WeChat.
     */
    language: string;
    /**
     * The province.
     */
    province: string;
    /**
     * The city.
     */
    city: string;
    /**
     * The country.
     */
    country: string;
    /**
     * The picture's URL.
     */
    avatar: string | null;
    /**
     * Privileges of the person's carrier.
     */
    privileges: string[];
    /**
     * The fields that this package does not know.
     */
    extra: Record<string, unknown>;
};
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
declare let profileOf: (kept: Kept) => Profile;
/**
 * Somebody's profile. The texts are theirs, and exactly as they wrote them: escape them where they are shown.
 *
 * No secret is in it, but it is personal data, so keep it as one keeps an address.
 */
declare class Profile {
    #private;
    /**
     * @private
     * @param {Kept} kept
     */
    private constructor();
    /**
     * The person within the application, the same as the grant's.
     * @returns {string}
     */
    get openid(): string;
    /**
     * The person across the applications of one open-platform account; null if WeChat did not tell it.
     * @returns {string | null}
     */
    get unionid(): string | null;
    /**
     * The name that the person goes by.
     * @returns {string}
     */
    get nickname(): string;
    /**
     * 1 for male, 2 for female; 0 for unknown, which WeChat says of everybody since 2021-10-20.
     * @returns {0 | 1 | 2}
     */
    get sex(): 0 | 1 | 2;
    /**
     * The language of the person's WeChat (`zh_CN`); empty since 2021-10-20.
     * @returns {string}
     */
    get language(): string;
    /**
     * The province; empty since 2021-10-20.
     * @returns {string}
     */
    get province(): string;
    /**
     * The city; empty since 2021-10-20.
     * @returns {string}
     */
    get city(): string;
    /**
     * The country; empty since 2021-10-20.
     * @returns {string}
     */
    get country(): string;
    /**
     * The URL of the picture, which is on one of WeChat's picture hosts; null if there is none. It dies when the person
     * changes the picture.
     * @returns {string | null}
     */
    get avatar(): string | null;
    /**
     * The same picture in another size; null where there is none.
     * @param {AvatarSize} px the pixels of a side
     * @returns {string | null}
     */
    avatarWithSize(px: AvatarSize): string | null;
    /**
     * Privileges of the person's carrier (`chinaunicom`), nearly always none.
     * @returns {readonly string[]}
     */
    get privileges(): readonly string[];
    /**
     * The fields that this package does not know, by name.
     * @returns {Readonly<Record<string, unknown>>}
     */
    get extra(): Readonly<Record<string, unknown>>;
    /**
     * The profile as the JSON that `wechat-oauth read` prints.
     * @returns {string}
     */
    get document(): string;
    /**
     * For `JSON.stringify`: the same as plain data.
     * @returns {ProfileData}
     */
    toJSON(): ProfileData;
}
