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

pub use account::{Account, AccountKind, CallbackDomain, InvalidDomain, PlatformCredentials, Refusal};
pub use endpoint::Endpoint;
pub use message::{Connection, Method, Reply, Request};
pub use misbehaviour::{Misbehaviour, UnknownMisbehaviour};
pub use server::{Emulator, EmulatorBuilder, StartError};
pub use user::User;
pub use wechat_oauth_core::{Scope, UnixTime};
pub use world::{AnnouncedAccount, Announcement, CodeError, NoSuchUser, NotThere, Options, World};
pub use world_file::{AccountFile, Concealed, WorldError, WorldFile};
