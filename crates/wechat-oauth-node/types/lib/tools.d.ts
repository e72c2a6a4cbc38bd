export { browserKind };
export { explain };
export { lint };
export { read };
import type { Advice } from './errors.js';
import type { Scope } from './login.js';
import type { Operation } from './task.js';
export type Finding = {
    /**
     * What was found, for programs.
     */
    code: string;
    /**
     * Whether the login fails or is unsafe, or is only in doubt.
     */
    severity: 'error' | 'warning';
    /**
     * The code on the error page that WeChat shows for it, where one is known.
     */
    page: number | null;
    /**
     * What is wrong.
     */
    message: string;
    /**
     * What to do.
     */
    fix: string;
};
export type Bilingual = {
    en: string;
    zh: string;
};
export type Explanation = {
    /**
     * The code.
     */
    code: number;
    /**
     * Its name.
     */
    name: string;
    /**
     * Whether an API answers with it, or a page shows it.
     */
    place: 'api' | 'page';
    /**
     * What it means.
     */
    meaning: Bilingual;
    /**
     * What to do about it.
     */
    remedy: Bilingual;
    /**
     * The advice, for each operation that can answer with it.
     */
    advice: Record<Operation, Advice> | null;
};
export type LintOptions = {
    /**
     * The domain set in WeChat's console (网页授权域名, 授权回调域, 公众号开发域名).
     */
    domain?: string;
};
export type ReadOptions = {
    /**
     * The person that the answer has to be about.
     */
    openid?: string;
    /**
     * The scope that was asked for, in case the answer leaves it out.
     */
    scope?: Scope;
};
/** @import { Advice } from './errors.js' */
/** @import { Scope } from './login.js' */
/** @import { Operation } from './task.js' */
/**
 * One thing wrong, or doubtful, about an authorize URL.
 * @typedef {object} Finding
 * @property {string} code What was found, for programs.
 * @property {'error' | 'warning'} severity Whether the login fails or is unsafe, or is only in doubt.
 * @property {number | null} page The code on the error page that WeChat shows for it, where one is known.
 * @property {string} message What is wrong.
 * @property {string} fix What to do.
 */
/**
 * A text in English and in Chinese.
 * @typedef {{ en: string, zh: string }} Bilingual
 */
/**
 * What one of WeChat's codes means.
 * @typedef {object} Explanation
 * @property {number} code The code.
 * @property {string} name Its name.
 * @property {'api' | 'page'} place Whether an API answers with it, or a page shows it.
 * @property {Bilingual} meaning What it means.
 * @property {Bilingual} remedy What to do about it.
 * @property {Record<Operation, Advice> | null} advice The advice, for each operation that can answer with it.
 */
/**
 * What is known beside an authorize URL.
 * @typedef {object} LintOptions
 * @property {string} [domain] The domain set in WeChat's console (网页授权域名, 授权回调域, 公众号开发域名).
 */
/**
 * What is known beside an answer.
 * @typedef {object} ReadOptions
 * @property {string} [openid] The person that the answer has to be about.
 * @property {Scope} [scope] The scope that was asked for, in case the answer leaves it out.
 */
/**
 * Reads an authorize URL as WeChat would, and says what is wrong with it. Nothing is sent.
 * @param {string} url the URL
 * @param {LintOptions} [more] what is known beside it
 * @returns {Finding[]}
 */
declare function lint(url: string, more?: LintOptions): Finding[];
/**
 * Explains one of WeChat's codes: an `errcode` of the API, or the number on an error page.
 * @param {number} code the code
 * @returns {Explanation | null} null for a code that nobody knows
 */
declare function explain(code: number): Explanation | null;
/**
 * Reads an answer whose request was made elsewhere, for tools: gives the JSON that `wechat-oauth read` prints, tokens in
 * the open, or throws an error with such a `document`. A site uses a {@link Call}, which knows its request.
 * @param {Operation} operation what was asked for
 * @param {number} httpStatus the HTTP status
 * @param {Uint8Array | string} body the body as it came
 * @param {ReadOptions} [more] what is known beside it
 * @returns {string}
 */
declare function read(operation: Operation, httpStatus: number, body: Uint8Array | string, more?: ReadOptions): string;
/**
 * Which way in fits a browser: the official page inside WeChat (`wechat`), nothing on another phone's browser (`phone`),
 * or the QR page (`desktop`).
 * @param {string} userAgent the header `User-Agent`
 * @returns {'wechat' | 'phone' | 'desktop'}
 */
declare function browserKind(userAgent: string): 'wechat' | 'phone' | 'desktop';
