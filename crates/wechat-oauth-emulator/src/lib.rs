//! A WeChat on this machine: the authorization pages and the `/sns` API, for tests and demos of any language.
//!
//! Nobody can try WeChat's web authorization (微信网页授权) on a laptop: it needs a certified account, a public domain and
//! a phone. [`Emulator::start`] is the other side of that login: it is strict where WeChat is strict, speaks the dialect
//! that WeChat speaks, and misbehaves on request ([`Misbehaviour`]).
//!
//! Two layers: [`World`] is pure, [`World::handle`] takes a [`Request`] and the time and gives a [`Reply`];
//! [`Emulator`] serves a world on loopback.
//!
//! Its secrets, codes and tokens look like WeChat's and are worth nothing: they come out of a seed that is no secret.
//!
//! # WeChat's endpoints
//!
//! [`Endpoint`] lists the eight. The pages validate as strictly as WeChat does: the order of the parameters, the
//! callback domain (10003), the scope for the kind of account (10005), the length of the state. The API answers as
//! WeChat does: HTTP 200 and `text/plain` for errors too, `\/` for slashes, a comma after a refreshed scope, and
//! `, rid: …` after a message. Codes live for 5 minutes (10 for a website) and one exchange, access tokens for 2
//! hours, refresh tokens for 30 days.
//!
//! `/connect/zh_CN/htmledition/js/wxLogin.js` defines `WxLogin` as Tencent's script of this name does: it shows the QR page
//! in an iframe of the app's page. Its text is the emulator's own.
//!
//! Four things are simpler than at WeChat: the platform's own token (`component_access_token`) does not expire by
//! itself, consent is remembered until it is taken back, a code past its lifetime is invalid (40029) even when it was
//! used, and a base token whose refresh named a wider scope reads the profile.
//!
//! # The emulator's own API
//!
//! All that the control page (`/_emulator/`) does, as JSON. Pages of other sites cannot reach it.
//!
//! | request | answer, or what is sent |
//! |---|---|
//! | `GET /_emulator/accounts` | the accounts as in a world file ([`AccountFile`]), secrets too |
//! | `GET /_emulator/users` | `[{"id", "nickname", "avatar", "snapshot", "current", "openids": {APPID: OPENID}, "unionids": {APPID: UNIONID}}]` |
//! | `POST /_emulator/users` | a person as in a world file ([`User`]); the id may be left out |
//! | `POST /_emulator/current-user` | `{"user"}`, an id or openid: hands over the phone, with the cookie `emulator_user` |
//! | `GET /_emulator/clock` | `{"now", "offset"}`, in seconds |
//! | `POST /_emulator/clock` | `{"advance": SECONDS}`, a hundred years at most |
//! | `GET /_emulator/faults` | `{"misbehaviours": [{"name", "en", "zh", "endpoints"}], "next": [{"name", "endpoint", "remaining"}]}` |
//! | `POST /_emulator/faults` | `{"name", "appid"}` for every request of an account; `{"name", "endpoint", "next": N}` for the next ones, wherever it can happen without `endpoint` |
//! | `DELETE /_emulator/faults` | `{"name", "appid"}`; `{"name"}` or `{"name", "endpoint"}` for those that wait; `{}` for all |
//! | `GET /_emulator/log` | `[{"time", "method", "path", "query", "status", "errcode", "misbehaviour"}]`, the latest 1000, secrets hidden |
//! | `POST /_emulator/authorize` | `{"authorize_url", "user", "answer"}` → `{"callback_urls": […]}`: answers `allow` (the default), `deny` or `snapshot` without a page. Where WeChat shows an error page: 400 and `{"error", "code"}` |
//! | `DELETE /_emulator/consents` | forgets every consent |
//! | `POST /_emulator/component-token` | `{"appid"}` → `{"component_access_token"}`: a new one; the old one has expired |
//! | `GET /_emulator/world` | the world as a world file ([`WorldFile`]) |
//! | `POST /_emulator/reset` | back to the beginning |
//!
//! A refusal is a status other than 200 with `{"error": TEXT}`.
#![forbid(unsafe_code)]

mod account;
mod authorize;
mod avatar;
mod body;
mod bounded;
mod browser;
mod callback;
mod code;
mod consent;
mod control;
mod endpoint;
mod guard;
mod json;
mod log;
mod login;
mod message;
mod mint;
mod misbehaviour;
mod page_error;
mod pages;
mod server;
mod sns;
mod socket;
mod token;
mod user;
mod world;
mod world_file;
mod wx_login;

pub use account::{Account, AccountKind, CallbackDomain, InvalidDomain, PlatformCredentials, Refusal};
pub use endpoint::Endpoint;
pub use message::{Connection, Method, Reply, Request};
pub use misbehaviour::{Misbehaviour, UnknownMisbehaviour};
pub use server::{Emulator, EmulatorBuilder, StartError};
pub use user::User;
pub use wechat_oauth_core::{Scope, UnixTime};
pub use world::{AnnouncedAccount, Announcement, CodeError, FaultError, NoSuchUser, Options, Seen, World};
pub use world_file::{AccountFile, Concealed, WorldError, WorldFile};
