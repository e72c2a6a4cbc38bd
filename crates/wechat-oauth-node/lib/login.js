'use strict';

const native = require('../native.js');
const { optionalFlag, optionalText, options, text, wrongType } = require('./arguments.js');
const { Kept, checked, failure, made } = require('./kept.js');
const { shownAs } = require('./shown.js');

/**
 * What a login asks for: `snsapi_base` gives the openid, without a page inside WeChat; `snsapi_userinfo` the profile too,
 * after consent; `snsapi_login` is a website app's, by QR code.
 * @typedef {'snsapi_base' | 'snsapi_userinfo' | 'snsapi_login'} Scope
 */

/**
 * Options of a login.
 * @typedef {object} LoginOptions
 * @property {boolean} [forcePopup] Whether the consent page is shown to a person who consented before. (Official page.)
 * @property {boolean} [forceSnapshot] Whether the snapshot page is shown first. (Official page.)
 * @property {boolean} [connectRedirect] Whether `connect_redirect=1` is added, which WeChat's own samples carry. (Official page.)
 * @property {'cn' | 'en'} [lang] The language of the page. (QR page.)
 */

/**
 * How the QR code inside a page of the site looks and behaves, see `wxLogin.js`. What is left out is that script's default.
 * @typedef {object} WxLoginOptions
 * @property {boolean} [selfRedirect] Whether the redirect happens inside the iframe; otherwise it is the whole page's.
 * @property {'black' | 'white'} [style] The colour of the texts.
 * @property {string} [href] The URL of a style sheet of one's own, as it is.
 * @property {0 | 1} [stylelite] 1 for the newer look.
 * @property {0 | 1} [fastLogin] 0 turns quick login on a PC off.
 * @property {'light' | 'dark' | 'auto'} [colorScheme] The colours of the newer look.
 */

/**
 * The argument of `new WxLogin({...})` in the browser: add `id`, the id of the element to draw in.
 * @typedef {Record<string, string | number | boolean>} WxLogin
 */

/**
 * Options of one beginning.
 * @typedef {object} BeginOptions
 * @property {string} [state] The state, for tests; drawn from the operating system, unless given.
 * @property {WxLoginOptions} [wxLogin] Asks for what the QR code inside a page needs. (Scope `snsapi_login`.)
 */

const BEGIN_OPTIONS = ['state', 'wxLogin'];

/** The options of `wxLogin.js`, and how it spells them. */
const WX_LOGIN_NAMES = {
  selfRedirect: 'self_redirect',
  style: 'style',
  href: 'href',
  stylelite: 'stylelite',
  fastLogin: 'fast_login',
  colorScheme: 'color_scheme',
};

/** @param {unknown} value */
function wxLoginJson(value) {
  const { selfRedirect, style, href, stylelite, fastLogin, colorScheme } = options(
    value,
    'wxLogin',
    Object.keys(WX_LOGIN_NAMES),
  );
  for (const [name, number] of Object.entries({ stylelite, fastLogin })) {
    if (number !== undefined && number !== 0 && number !== 1) throw wrongType(`wxLogin.${name}`, '0 or 1', number);
  }
  return JSON.stringify({
    [WX_LOGIN_NAMES.selfRedirect]: optionalFlag(selfRedirect, 'wxLogin.selfRedirect'),
    [WX_LOGIN_NAMES.style]: optionalText(style, 'wxLogin.style'),
    [WX_LOGIN_NAMES.href]: optionalText(href, 'wxLogin.href'),
    [WX_LOGIN_NAMES.stylelite]: stylelite,
    [WX_LOGIN_NAMES.fastLogin]: fastLogin,
    [WX_LOGIN_NAMES.colorScheme]: optionalText(colorScheme, 'wxLogin.colorScheme'),
  });
}

/** @type {(kept: Kept) => Login} */
let loginOf;

/** A login of one kind, for any number of browsers: the fixed part of its authorize URLs. */
class Login {
  #kept;

  static {
    loginOf = (kept) => new Login(kept);
  }

  /**
   * @private
   * @param {Kept} kept
   */
  constructor(kept) {
    this.#kept = made(kept, 'a Login comes from app.login()');
  }

  /**
   * Begins the login of one browser: one half goes with it, the other half you keep for it.
   * @param {BeginOptions} [begin] a state, for tests, and what `wxLogin.js` needs
   * @returns {Begun}
   */
  begin(begin) {
    const { state: given, wxLogin } = options(begin, 'options', BEGIN_OPTIONS);
    const login = this.#kept;
    const state = given === undefined ? checked(native.drawState()) : text(given, 'state');
    const url = checked(native.authorizeUrl(login.number, state));
    if (wxLogin === undefined) return begunOf(url, pendingOf(login, state), null);
    const argument = checked(native.wxLogin(login.number, state, wxLoginJson(wxLogin)));
    return begunOf(url, pendingOf(login, state), JSON.parse(argument));
  }
}

/** @type {(url: string, pending: Pending, wxLogin: WxLogin | null) => Begun} */
let begunOf;

/** Both halves of a login that was begun: `const { url, pending } = login.begin()`. */
class Begun {
  #url;
  #pending;
  #wxLogin;

  static {
    begunOf = (url, pending, wxLogin) => new Begun(url, pending, wxLogin);
  }

  /**
   * @private
   * @param {string} url
   * @param {Pending} pending
   * @param {WxLogin | null} wxLogin
   */
  constructor(url, pending, wxLogin) {
    if (!(pending instanceof Pending)) throw new TypeError('Illegal constructor: a Begun comes from login.begin()');
    this.#url = url;
    this.#pending = pending;
    this.#wxLogin = wxLogin;
  }

  /**
   * The authorize URL: send the browser there. It has the state in it, so keep it out of logs.
   * @returns {string}
   */
  get url() {
    return this.#url;
  }

  /**
   * To keep with this browser.
   * @returns {Pending}
   */
  get pending() {
    return this.#pending;
  }

  /**
   * For the script, if it was asked for.
   * @returns {WxLogin | null}
   */
  get wxLogin() {
    return this.#wxLogin;
  }
}

/** @type {(login: Kept, state: string) => Pending} */
let pendingOf;

/**
 * A login that waits for its callback.
 *
 * Keep it *with the browser that began it*: {@link toJson} goes into its session, or into an encrypted and authenticated
 * cookie, for ten minutes or so. A pending login that is found by the callback's `state` alone proves nothing: an
 * attacker's own callback would find the attacker's. Remove it from the session when its callback comes.
 */
class Pending {
  #login;
  #state;
  /** @type {string | undefined} */
  #json;

  static {
    pendingOf = (login, state) => new Pending(login, state);
  }

  /**
   * @private
   * @param {Kept | undefined} login where it was begun, if that was in this process
   * @param {string} text its state then, or else its JSON
   */
  constructor(login, text) {
    if (login === undefined && typeof text === 'string') {
      this.#json = checked(native.storedPending(text));
    } else {
      this.#login = made(login, 'a Pending comes from login.begin() or Pending.fromJson()');
      this.#state = text;
    }
  }

  /**
   * A pending login out of what {@link toJson} gave.
   * @param {string} json the text, unchanged
   * @returns {Pending}
   */
  static fromJson(json) {
    return new Pending(undefined, text(json, 'json'));
  }

  /**
   * The pending login as JSON, with its state in the open.
   * @returns {string}
   */
  toJson() {
    return (this.#json ??= checked(native.pending(this.#login?.number ?? 0, this.#state ?? '')));
  }

  /**
   * The appid of the application that began the login.
   * @returns {string}
   */
  get appid() {
    return JSON.parse(this.toJson()).appid;
  }

  /**
   * What the login asked for.
   * @returns {Scope}
   */
  get scope() {
    return JSON.parse(this.toJson()).scope;
  }

  /**
   * The state that the callback has to bring: to tell apart the pending logins *of one browser*.
   * @returns {string}
   */
  exposeState() {
    return JSON.parse(this.toJson()).state;
  }

  /**
   * Reads the callback: its query, or the whole URL or path with it. Throws a {@link CallbackError}; when the callback
   * did not bring this login's state, the login still waits, and is the error's `pending`: a stray link ends nobody's
   * login.
   * @param {string} callback what the browser brought back
   * @returns {Code}
   */
  accept(callback) {
    const query = text(callback, 'callback');
    const kept = new Kept();
    const accepted =
      this.#login === undefined || this.#state === undefined
        ? native.acceptStored(this.toJson(), kept.number, query)
        : native.accept(this.#login.number, this.#state, kept.number, query);
    if (accepted !== null) return codeOf(kept);
    // The errors need grants, and grants come after logins.
    const { CallbackError, giveBack } = require('./errors.js');
    const error = failure(this.accept);
    if (error instanceof CallbackError) giveBack(error, this);
    throw error;
  }
}

/** @type {(kept: Kept) => Code} */
let codeOf;
/** @type {(code: unknown) => Kept} */
let keptOfCode;

/** What the callback brings. It is good for one exchange or sign-in; the second is a {@link MisuseError}. */
class Code {
  #kept;

  static {
    codeOf = (kept) => new Code(kept);
    keptOfCode = (code) => {
      if (typeof code !== 'object' || code === null || !(#kept in code)) throw wrongType('code', 'a Code', code);
      return code.#kept;
    };
  }

  /**
   * @private
   * @param {Kept} kept
   */
  constructor(kept) {
    this.#kept = made(kept, 'a Code comes from pending.accept() or Code.receivedWithoutState()');
  }

  /**
   * A code that came another way than by a callback: from an app's SDK, or on a command line. **Never use it for a
   * browser's callback**, whose state has to be compared: that is {@link Pending#accept}.
   * @param {string} code the code
   * @param {Scope} [scope] what was asked for, in case the answer leaves it out
   * @returns {Code}
   */
  static receivedWithoutState(code, scope) {
    const kept = new Kept();
    checked(native.code(kept.number, text(code, 'code'), optionalText(scope, 'scope')));
    return new Code(kept);
  }

  /**
   * The code as text, until it is used.
   * @returns {string}
   */
  expose() {
    return checked(native.codeText(this.#kept.number));
  }
}

shownAs(Begun, ({ pending }) => ({ pending }));
shownAs(Pending, ({ appid, scope }) => ({ appid, scope }));

exports.Begun = Begun;
exports.Code = Code;
exports.Login = Login;
exports.Pending = Pending;
exports.keptOfCode = keptOfCode;
exports.loginOf = loginOf;
