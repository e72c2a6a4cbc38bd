export { Begun };
export { Code };
export { Login };
export { Pending };
export { keptOfCode };
export { loginOf };
import { Kept, checked, failure, made } from './kept.js';
export type Scope = 'snsapi_base' | 'snsapi_userinfo' | 'snsapi_login';
export type LoginOptions = {
    /**
     * Whether the consent page is shown to a person who consented before. (Official page.)
     */
    forcePopup?: boolean;
    /**
     * Whether the snapshot page is shown first. (Official page.)
     */
    forceSnapshot?: boolean;
    /**
     * Whether `connect_redirect=1` is added, which WeChat's own samples carry. (Official page.)
     */
    connectRedirect?: boolean;
    /**
     * The language of the page. (QR page.)
     */
    lang?: 'cn' | 'en';
};
export type WxLoginOptions = {
    /**
     * Whether the redirect happens inside the iframe; otherwise it is the whole page's.
     */
    selfRedirect?: boolean;
    /**
     * The colour of the texts.
     */
    style?: 'black' | 'white';
    /**
     * The URL of a style sheet of one's own, as it is.
     */
    href?: string;
    /**
     * 1 for the newer look.
     */
    stylelite?: 0 | 1;
    /**
     * 0 turns quick login on a PC off.
     */
    fastLogin?: 0 | 1;
    /**
     * The colours of the newer look.
     */
    colorScheme?: 'light' | 'dark' | 'auto';
};
export type WxLogin = Record<string, string | number | boolean>;
export type BeginOptions = {
    /**
     * The state, for tests; drawn from the operating system, unless given.
     */
    state?: string;
    /**
     * Asks for what the QR code inside a page needs. (Scope `snsapi_login`.)
     */
    wxLogin?: WxLoginOptions;
};
/** @type {(kept: Kept) => Login} */
declare let loginOf: (kept: Kept) => Login;
/** A login of one kind, for any number of browsers: the fixed part of its authorize URLs. */
declare class Login {
    #private;
    /**
     * @private
     * @param {Kept} kept
     */
    private constructor();
    /**
     * Begins the login of one browser: one half goes with it, the other half you keep for it.
     * @param {BeginOptions} [begin] a state, for tests, and what `wxLogin.js` needs
     * @returns {Begun}
     */
    begin(begin?: BeginOptions): Begun;
}
/** Both halves of a login that was begun: `const { url, pending } = login.begin()`. */
declare class Begun {
    #private;
    /**
     * @private
     * @param {string} url
     * @param {Pending} pending
     * @param {WxLogin | null} wxLogin
     */
    private constructor();
    /**
     * The authorize URL: send the browser there. It has the state in it, so keep it out of logs.
     * @returns {string}
     */
    get url(): string;
    /**
     * To keep with this browser.
     * @returns {Pending}
     */
    get pending(): Pending;
    /**
     * For the script, if it was asked for.
     * @returns {WxLogin | null}
     */
    get wxLogin(): WxLogin | null;
}
/**
 * A login that waits for its callback.
 *
 * Keep it *with the browser that began it*: {@link toJson} goes into its session, or into an encrypted and authenticated
 * cookie, for ten minutes or so. A pending login that is found by the callback's `state` alone proves nothing: an
 * attacker's own callback would find the attacker's. Remove it from the session when its callback comes.
 */
declare class Pending {
    #private;
    /**
     * @private
     * @param {Kept | undefined} login where it was begun, if that was in this process
     * @param {string} text its state then, or else its JSON
     */
    private constructor();
    /**
     * A pending login out of what {@link toJson} gave.
     * @param {string} json the text, unchanged
     * @returns {Pending}
     */
    static fromJson(json: string): Pending;
    /**
     * The pending login as JSON, with its state in the open.
     * @returns {string}
     */
    toJson(): string;
    /**
     * The appid of the application that began the login.
     * @returns {string}
     */
    get appid(): string;
    /**
     * What the login asked for.
     * @returns {Scope}
     */
    get scope(): Scope;
    /**
     * The state that the callback has to bring: to tell apart the pending logins *of one browser*.
     * @returns {string}
     */
    exposeState(): string;
    /**
     * Reads the callback: its query, or the whole URL or path with it. Throws a {@link CallbackError}; when the callback
     * did not bring this login's state, the login still waits, and is the error's `pending`: a stray link ends nobody's
     * login.
     * @param {string} callback what the browser brought back
     * @returns {Code}
     */
    accept(callback: string): Code;
}
/** @type {(code: unknown) => Kept} */
declare let keptOfCode: (code: unknown) => Kept;
/** What the callback brings. It is good for one exchange or sign-in; the second is a {@link MisuseError}. */
declare class Code {
    #private;
    /**
     * @private
     * @param {Kept} kept
     */
    private constructor();
    /**
     * A code that came another way than by a callback: from an app's SDK, or on a command line. **Never use it for a
     * browser's callback**, whose state has to be compared: that is {@link Pending#accept}.
     * @param {string} code the code
     * @param {Scope} [scope] what was asked for, in case the answer leaves it out
     * @returns {Code}
     */
    static receivedWithoutState(code: string, scope?: Scope): Code;
    /**
     * The code as text, until it is used.
     * @returns {string}
     */
    expose(): string;
}
