//! One behaviour, shown: questions with their answers, which every language has to give to the byte.
//!
//! # Runners
//!
//! A *runner* is a program in some language that reads questions from its standard input, one a line, and writes the
//! answer to each as one line, flushed before it reads the next. It answers by its binding's public functions alone.
//! [`answer`] is the reference: it answers by the core, and by what the bindings share. `wechat-oauth-vectors compare`
//! feeds a runner with the [vectors](vector) or with [generated](generate) questions, and compares.
//!
//! A question is `{"do":OP,"in":{…}}`:
//!
//! | `do` | `in` | answer |
//! |---|---|---|
//! | `authorize_url` | `app`, `login` (with its `state`, and `wx_login` where asked for) | the login that was begun |
//! | `callback` | `pending`, `callback` | the code, or the failure with its `pending` |
//! | `read` | `operation`, `status`, `body_base64`, and where known `openid`, `scope` | what `wechat-oauth read` prints |
//! | `lint` | `url`, and where known `domain` | what `wechat-oauth lint` prints |
//! | `explain` | `code` | what it means, or `null` |
//! | `browser_kind` | `user_agent` | `{"browser":…}` |
//! | `grant_at` | `stored`, `now` | how long the grant is good |
//! | `grant_replaces` | `grant`, `stored`, `now` | `{"replaces":…}` |
//! | `flow` | `app`, `start`, `events` | `[…]`: see below |
//!
//! * `app` is what an application is made of, `login` what a login is. Both are such as every language can say: a
//!   component has its `component_appid` and no `secret`, an option has its type.
//! * `pending` and the stored grants are handed over as texts. One that is a string in `in` is that text; another is
//!   written without spaces.
//! * A body is `body_base64`; with `body_repeated`, it is that many times those bytes.
//! * A failure is its document. That of `read` is what the command line prints: the error alone.
//!
//! A `flow` has one of these `start`s: `{"sign_in":{"code","scope"?,"lang"?}}`, `{"exchange":{"code","scope"?}}`,
//! `{"renew":{"stored"}}`, `{"refresh":{"stored"}}`, `{"check":{"stored"}}`, `{"profile":{"stored","lang"?}}`; the code was
//! received without state. Its `events` are `{"answer":{"status","body_base64","sent_at"}}`,
//! `{"lost":{"reason","phase"}}`, `{"waited":true}`, `{"finish":true}`. The answer is a list without spaces between its items:
//! the step that the flow begins with, and after each event the step that it comes to, the outcome that finishing gives,
//! or the failure of either. When there is no flow because of its `app` or `start`, the list is that one failure.
//!
//! Where several things are wrong, the first of these is said: `app`, then the code or the stored grant (in
//! `grant_replaces`, `grant` before `stored`), `scope`, `lang`, and the rest; of `lost`, `reason` before `phase`.
//!
//! Every number is in the range where a double is exact (53 bits), for the languages that have no other.
#![forbid(unsafe_code)]

pub mod compare;
pub mod generate;
mod inputs;
mod mutate;
pub mod reference;
pub mod vector;

pub use reference::answer;
pub use vector::Vector;
