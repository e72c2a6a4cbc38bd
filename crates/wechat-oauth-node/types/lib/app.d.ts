export { App };
export { keptOfApp };
import { Kept, checked } from './kept.js';
import type { Grant, Person, Snapshot, Validity } from './grant.js';
import type { Code, Login, LoginOptions, Scope } from './login.js';
import type { Profile } from './profile.js';
import type { Call, Flow } from './task.js';
export type AccountKind = 'official_account' | 'website' | 'component';
export type AppOptions = {
    /**
     * The kind of account.
     */
    account: AccountKind;
    /**
     * The appid that the openids belong to (for a component: the official account's).
     */
    appid: string;
    /**
     * The app secret; without it nothing can be exchanged. A component has none.
     */
    secret?: string;
    /**
     * The third-party platform's appid, for a component.
     */
    componentAppid?: string;
    /**
     * The third-party platform's current token, for a component.
     */
    componentAccessToken?: string;
    /**
     * An emulator on this machine (`http://127.0.0.1:PORT`), or one of WeChat's API hosts; the
     * nearest one unless told.
     */
    baseUrl?: string;
};
export type PlaceOptions = Pick<AppOptions, 'baseUrl'>;
export type ComponentOptions = Pick<AppOptions, 'baseUrl' | 'componentAccessToken'>;
export type ProfileLang = 'zh_CN' | 'zh_TW' | 'en';
export type ProfileOptions = {
    /**
     * The language of place names.
     */
    lang?: ProfileLang;
};
/** @type {(app: unknown) => Kept} */
declare let keptOfApp: (app: unknown) => Kept;
/**
 * One application: its account, its credential, and where WeChat is.
 *
 * It sends nothing: {@link exchange} and the like describe a request, {@link signIn} and {@link renew} several.
 */
declare class App {
    #private;
    /**
     * An application out of flat options, as they come out of a configuration.
     * @param {AppOptions} appOptions the options
     */
    constructor(appOptions: AppOptions);
    /**
     * An official account: people inside WeChat, on the official page.
     * @param {string} appid its appid
     * @param {string} secret its secret
     * @param {PlaceOptions} [place] where WeChat is
     * @returns {App}
     */
    static officialAccount(appid: string, secret: string, place?: PlaceOptions): App;
    /**
     * A website app of the open platform: people at a desktop, on the QR page.
     * @param {string} appid its appid
     * @param {string} secret its secret
     * @param {PlaceOptions} [place] where WeChat is
     * @returns {App}
     */
    static websiteApp(appid: string, secret: string, place?: PlaceOptions): App;
    /**
     * A third-party platform that acts for an official account which authorized it.
     * @param {string} appid the official account's appid
     * @param {string} componentAppid the platform's own
     * @param {ComponentOptions} [more] the platform's current token, which its exchange and refresh need, and where WeChat is
     * @returns {App}
     */
    static component(appid: string, componentAppid: string, more?: ComponentOptions): App;
    /**
     * The appid that the openids belong to.
     * @returns {string}
     */
    get appid(): string;
    /**
     * The kind of account.
     * @returns {AccountKind}
     */
    get account(): AccountKind;
    /**
     * Where the script `wxLogin.js` is, which draws the QR code inside a page.
     * @returns {string}
     */
    get wxLoginScript(): string;
    /**
     * Prepares a login: the fixed part of its authorize URLs.
     * @param {Scope} scope what it asks for
     * @param {string} redirectUri where WeChat sends the browser back to
     * @param {LoginOptions} [more] options of the page
     * @returns {Login}
     */
    login(scope: Scope, redirectUri: string, more?: LoginOptions): Login;
    /**
     * Everything between the callback and knowing who it is: the exchange, then the profile when the scope allows it.
     * @param {Code} code the code, which is used up by it
     * @param {ProfileOptions} [more] the language of place names
     * @returns {Flow<Person | Snapshot>}
     */
    signIn(code: Code, more?: ProfileOptions): Flow<Person | Snapshot>;
    /**
     * Refreshes a grant, and asks again where WeChat is busy or an answer is lost.
     * @param {Grant} grant the grant
     * @returns {Flow<Grant>}
     */
    renew(grant: Grant): Flow<Grant>;
    /**
     * Trades the code for a grant.
     * @param {Code} code the code, which is used up by it
     * @returns {Call<Grant | Snapshot>}
     */
    exchange(code: Code): Call<Grant | Snapshot>;
    /**
     * Gets a new access token. The old grant stays as it is until the new one is stored in its place.
     * @param {Grant} grant the grant
     * @returns {Call<Grant>}
     */
    refresh(grant: Grant): Call<Grant>;
    /**
     * Asks WeChat whether the access token is valid.
     * @param {Grant} grant the grant
     * @returns {Call<Validity>}
     */
    check(grant: Grant): Call<Validity>;
    /**
     * Reads the person's profile.
     * @param {Grant} grant the grant, whose scope has to cover it
     * @param {ProfileOptions} [more] the language of place names
     * @returns {Call<Profile>}
     */
    profile(grant: Grant, more?: ProfileOptions): Call<Profile>;
}
