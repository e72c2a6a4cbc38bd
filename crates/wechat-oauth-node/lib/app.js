'use strict';

const native = require('../native.js');
const { optionalFlag, optionalText, options, text, wrongType } = require('./arguments.js');
const { Kept, checked } = require('./kept.js');
const { keptOfGrant } = require('./grant.js');
const { keptOfCode, loginOf } = require('./login.js');
const { callOf, flowOf } = require('./task.js');
const { shownAs } = require('./shown.js');

/** @import { Grant, Person, Snapshot, Validity } from './grant.js' */
/** @import { Code, Login, LoginOptions, Scope } from './login.js' */
/** @import { Profile } from './profile.js' */
/** @import { Call, Flow } from './task.js' */

/**
 * The kinds of account: an official account (服务号), a website app of the open platform (网站应用), or a third-party
 * platform (第三方平台) that acts for an official account.
 * @typedef {'official_account' | 'website' | 'component'} AccountKind
 */

/**
 * Which application, and where WeChat is.
 * @typedef {object} AppOptions
 * @property {AccountKind} account The kind of account.
 * @property {string} appid The appid that the openids belong to (for a component: the official account's).
 * @property {string} [secret] The app secret; without it nothing can be exchanged. A component has none.
 * @property {string} [componentAppid] The third-party platform's appid, for a component.
 * @property {string} [componentAccessToken] The third-party platform's current token, for a component.
 * @property {string} [baseUrl] An emulator on this machine (`http://127.0.0.1:PORT`), or one of WeChat's API hosts; the
 * nearest one unless told.
 */

/**
 * Where WeChat is.
 * @typedef {Pick<AppOptions, 'baseUrl'>} PlaceOptions
 */

/**
 * Where WeChat is, and the third-party platform's current token. It changes every two hours: make another `App` with it.
 * @typedef {Pick<AppOptions, 'baseUrl' | 'componentAccessToken'>} ComponentOptions
 */

/**
 * The language of place names in a profile; `zh_CN` unless told otherwise.
 * @typedef {'zh_CN' | 'zh_TW' | 'en'} ProfileLang
 */

/**
 * @typedef {object} ProfileOptions
 * @property {ProfileLang} [lang] The language of place names.
 */

const PLACE_OPTIONS = ['baseUrl'];
const COMPONENT_OPTIONS = ['componentAccessToken', 'baseUrl'];
const APP_OPTIONS = ['account', 'appid', 'secret', 'componentAppid', 'componentAccessToken', 'baseUrl'];
const LOGIN_OPTIONS = ['forcePopup', 'forceSnapshot', 'connectRedirect', 'lang'];
const PROFILE_OPTIONS = ['lang'];

/** @param {ProfileOptions | undefined} given */
function langOf(given) {
  return given === undefined ? undefined : optionalText(options(given, 'options', PROFILE_OPTIONS).lang, 'lang');
}

/** @type {(app: unknown) => Kept} */
let keptOfApp;

/**
 * One application: its account, its credential, and where WeChat is.
 *
 * It sends nothing: {@link exchange} and the like describe a request, {@link signIn} and {@link renew} several.
 */
class App {
  #kept = new Kept();

  static {
    keptOfApp = (app) => {
      if (typeof app !== 'object' || app === null || !(#kept in app)) throw wrongType('app', 'an App', app);
      return app.#kept;
    };
  }

  /**
   * An application out of flat options, as they come out of a configuration.
   * @param {AppOptions} appOptions the options
   */
  constructor(appOptions) {
    const given = options(appOptions, 'options', APP_OPTIONS);
    const json = JSON.stringify({
      account: text(given.account, 'account'),
      appid: text(given.appid, 'appid'),
      secret: optionalText(given.secret, 'secret'),
      component_appid: optionalText(given.componentAppid, 'componentAppid'),
      component_access_token: optionalText(given.componentAccessToken, 'componentAccessToken'),
      base_url: optionalText(given.baseUrl, 'baseUrl'),
    });
    checked(native.app(this.#kept.number, json));
  }

  /**
   * An official account: people inside WeChat, on the official page.
   * @param {string} appid its appid
   * @param {string} secret its secret
   * @param {PlaceOptions} [place] where WeChat is
   * @returns {App}
   */
  static officialAccount(appid, secret, place) {
    const { baseUrl } = /** @type {PlaceOptions} */ (options(place, 'options', PLACE_OPTIONS));
    return new (this ?? App)({ account: 'official_account', appid, secret: text(secret, 'secret'), baseUrl });
  }

  /**
   * A website app of the open platform: people at a desktop, on the QR page.
   * @param {string} appid its appid
   * @param {string} secret its secret
   * @param {PlaceOptions} [place] where WeChat is
   * @returns {App}
   */
  static websiteApp(appid, secret, place) {
    const { baseUrl } = /** @type {PlaceOptions} */ (options(place, 'options', PLACE_OPTIONS));
    return new (this ?? App)({ account: 'website', appid, secret: text(secret, 'secret'), baseUrl });
  }

  /**
   * A third-party platform that acts for an official account which authorized it.
   * @param {string} appid the official account's appid
   * @param {string} componentAppid the platform's own
   * @param {ComponentOptions} [more] the platform's current token, which its exchange and refresh need, and where WeChat is
   * @returns {App}
   */
  static component(appid, componentAppid, more) {
    const { componentAccessToken, baseUrl } = /** @type {ComponentOptions} */ (
      options(more, 'options', COMPONENT_OPTIONS)
    );
    return new (this ?? App)({
      account: 'component',
      appid,
      componentAppid: text(componentAppid, 'componentAppid'),
      componentAccessToken,
      baseUrl,
    });
  }

  /**
   * The appid that the openids belong to.
   * @returns {string}
   */
  get appid() {
    return checked(native.appid(this.#kept.number));
  }

  /**
   * The kind of account.
   * @returns {AccountKind}
   */
  get account() {
    return /** @type {AccountKind} */ (checked(native.account(this.#kept.number)));
  }

  /**
   * Where the script `wxLogin.js` is, which draws the QR code inside a page.
   * @returns {string}
   */
  get wxLoginScript() {
    return checked(native.wxLoginScript(this.#kept.number));
  }

  /**
   * Prepares a login: the fixed part of its authorize URLs.
   * @param {Scope} scope what it asks for
   * @param {string} redirectUri where WeChat sends the browser back to
   * @param {LoginOptions} [more] options of the page
   * @returns {Login}
   */
  login(scope, redirectUri, more) {
    const given = options(more, 'options', LOGIN_OPTIONS);
    const json = JSON.stringify({
      scope: text(scope, 'scope'),
      redirect_uri: text(redirectUri, 'redirectUri'),
      force_popup: optionalFlag(given.forcePopup, 'forcePopup'),
      force_snapshot: optionalFlag(given.forceSnapshot, 'forceSnapshot'),
      connect_redirect: optionalFlag(given.connectRedirect, 'connectRedirect'),
      lang: optionalText(given.lang, 'lang'),
    });
    const kept = new Kept();
    checked(native.login(this.#kept.number, kept.number, json));
    return loginOf(kept);
  }

  /**
   * Everything between the callback and knowing who it is: the exchange, then the profile when the scope allows it.
   * @param {Code} code the code, which is used up by it
   * @param {ProfileOptions} [more] the language of place names
   * @returns {Flow<Person | Snapshot>}
   */
  signIn(code, more) {
    const kept = keptOfCode(code);
    checked(native.signIn(this.#kept.number, kept.number, langOf(more)));
    return flowOf(kept);
  }

  /**
   * Refreshes a grant, and asks again where WeChat is busy or an answer is lost.
   * @param {Grant} grant the grant
   * @returns {Flow<Grant>}
   */
  renew(grant) {
    const [of, kept] = [keptOfGrant(grant, 'grant'), new Kept()];
    checked(native.renew(this.#kept.number, of.number, kept.number));
    return flowOf(kept);
  }

  /**
   * Trades the code for a grant.
   * @param {Code} code the code, which is used up by it
   * @returns {Call<Grant | Snapshot>}
   */
  exchange(code) {
    const kept = keptOfCode(code);
    return callOf(kept, checked(native.exchange(this.#kept.number, kept.number)));
  }

  /**
   * Gets a new access token. The old grant stays as it is until the new one is stored in its place.
   * @param {Grant} grant the grant
   * @returns {Call<Grant>}
   */
  refresh(grant) {
    const [of, kept] = [keptOfGrant(grant, 'grant'), new Kept()];
    return callOf(kept, checked(native.refresh(this.#kept.number, of.number, kept.number)));
  }

  /**
   * Asks WeChat whether the access token is valid.
   * @param {Grant} grant the grant
   * @returns {Call<Validity>}
   */
  check(grant) {
    const [of, kept] = [keptOfGrant(grant, 'grant'), new Kept()];
    return callOf(kept, checked(native.check(this.#kept.number, of.number, kept.number)));
  }

  /**
   * Reads the person's profile.
   * @param {Grant} grant the grant, whose scope has to cover it
   * @param {ProfileOptions} [more] the language of place names
   * @returns {Call<Profile>}
   */
  profile(grant, more) {
    const of = keptOfGrant(grant, 'grant');
    const kept = new Kept();
    return callOf(kept, checked(native.profile(this.#kept.number, of.number, kept.number, langOf(more))));
  }
}

shownAs(App, ({ account, appid }) => ({ account, appid }));

exports.App = App;
exports.keptOfApp = keptOfApp;
