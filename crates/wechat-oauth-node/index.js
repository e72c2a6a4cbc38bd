'use strict';

const { App } = require('./lib/app.js');
const { Client } = require('./lib/client.js');
const {
  CallbackError,
  ConfigurationError,
  MalformedAnswerError,
  MisuseError,
  ProfileUnreadError,
  RefusedError,
  TransportError,
  WechatOAuthError,
} = require('./lib/errors.js');
const { Grant, Person, Snapshot, Validity } = require('./lib/grant.js');
const { Begun, Code, Login, Pending } = require('./lib/login.js');
const { Profile } = require('./lib/profile.js');
const { Call, Flow, Send } = require('./lib/task.js');
const { browserKind, explain, lint, read } = require('./lib/tools.js');

/** @typedef {import('./lib/app.js').AccountKind} AccountKind */
/** @typedef {import('./lib/app.js').AppOptions} AppOptions */
/** @typedef {import('./lib/app.js').ComponentOptions} ComponentOptions */
/** @typedef {import('./lib/app.js').PlaceOptions} PlaceOptions */
/** @typedef {import('./lib/app.js').ProfileLang} ProfileLang */
/** @typedef {import('./lib/app.js').ProfileOptions} ProfileOptions */
/** @typedef {import('./lib/client.js').ClientOptions} ClientOptions */
/** @typedef {import('./lib/client.js').SendOptions} SendOptions */
/** @typedef {import('./lib/errors.js').Advice} Advice */
/** @typedef {import('./lib/errors.js').ErrorKind} ErrorKind */
/** @typedef {import('./lib/errors.js').ErrorParts} ErrorParts */
/** @typedef {import('./lib/grant.js').Freshness} Freshness */
/** @typedef {import('./lib/login.js').BeginOptions} BeginOptions */
/** @typedef {import('./lib/login.js').LoginOptions} LoginOptions */
/** @typedef {import('./lib/login.js').Scope} Scope */
/** @typedef {import('./lib/login.js').WxLogin} WxLogin */
/** @typedef {import('./lib/login.js').WxLoginOptions} WxLoginOptions */
/** @typedef {import('./lib/profile.js').AvatarSize} AvatarSize */
/** @typedef {import('./lib/profile.js').ProfileData} ProfileData */
/** @typedef {import('./lib/task.js').Done} Done */
/** @typedef {import('./lib/task.js').Operation} Operation */
/** @typedef {import('./lib/task.js').Step} Step */
/** @typedef {import('./lib/task.js').TransportPhase} TransportPhase */
/** @typedef {import('./lib/task.js').TransportReason} TransportReason */
/** @typedef {import('./lib/task.js').Wait} Wait */
/** @typedef {import('./lib/tools.js').Bilingual} Bilingual */
/** @typedef {import('./lib/tools.js').Explanation} Explanation */
/** @typedef {import('./lib/tools.js').Finding} Finding */
/** @typedef {import('./lib/tools.js').LintOptions} LintOptions */
/** @typedef {import('./lib/tools.js').ReadOptions} ReadOptions */

exports.App = App;
exports.Client = Client;
exports.CallbackError = CallbackError;
exports.ConfigurationError = ConfigurationError;
exports.MalformedAnswerError = MalformedAnswerError;
exports.MisuseError = MisuseError;
exports.ProfileUnreadError = ProfileUnreadError;
exports.RefusedError = RefusedError;
exports.TransportError = TransportError;
exports.WechatOAuthError = WechatOAuthError;
exports.Grant = Grant;
exports.Person = Person;
exports.Snapshot = Snapshot;
exports.Validity = Validity;
exports.Begun = Begun;
exports.Code = Code;
exports.Login = Login;
exports.Pending = Pending;
exports.Profile = Profile;
exports.Call = Call;
exports.Flow = Flow;
exports.Send = Send;
exports.browserKind = browserKind;
exports.explain = explain;
exports.lint = lint;
exports.read = read;
