export { App } from './lib/app.js';
export { Client } from './lib/client.js';
export { CallbackError, ConfigurationError, MalformedAnswerError, MisuseError, ProfileUnreadError, RefusedError, TransportError, WechatOAuthError, } from './lib/errors.js';
export { Grant, Person, Snapshot, Validity } from './lib/grant.js';
export { Begun, Code, Login, Pending } from './lib/login.js';
export { Profile } from './lib/profile.js';
export { Call, Flow, Send } from './lib/task.js';
export { browserKind, explain, lint, read } from './lib/tools.js';
export type AccountKind = import('./lib/app.js').AccountKind;
export type AppOptions = import('./lib/app.js').AppOptions;
export type ComponentOptions = import('./lib/app.js').ComponentOptions;
export type PlaceOptions = import('./lib/app.js').PlaceOptions;
export type ProfileLang = import('./lib/app.js').ProfileLang;
export type ProfileOptions = import('./lib/app.js').ProfileOptions;
export type ClientOptions = import('./lib/client.js').ClientOptions;
export type SendOptions = import('./lib/client.js').SendOptions;
export type Advice = import('./lib/errors.js').Advice;
export type ErrorKind = import('./lib/errors.js').ErrorKind;
export type ErrorParts = import('./lib/errors.js').ErrorParts;
export type Freshness = import('./lib/grant.js').Freshness;
export type BeginOptions = import('./lib/login.js').BeginOptions;
export type LoginOptions = import('./lib/login.js').LoginOptions;
export type Scope = import('./lib/login.js').Scope;
export type WxLogin = import('./lib/login.js').WxLogin;
export type WxLoginOptions = import('./lib/login.js').WxLoginOptions;
export type AvatarSize = import('./lib/profile.js').AvatarSize;
export type ProfileData = import('./lib/profile.js').ProfileData;
export type Done = import('./lib/task.js').Done;
export type Operation = import('./lib/task.js').Operation;
export type Step = import('./lib/task.js').Step;
export type TransportPhase = import('./lib/task.js').TransportPhase;
export type TransportReason = import('./lib/task.js').TransportReason;
export type Wait = import('./lib/task.js').Wait;
export type Bilingual = import('./lib/tools.js').Bilingual;
export type Explanation = import('./lib/tools.js').Explanation;
export type Finding = import('./lib/tools.js').Finding;
export type LintOptions = import('./lib/tools.js').LintOptions;
export type ReadOptions = import('./lib/tools.js').ReadOptions;
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
