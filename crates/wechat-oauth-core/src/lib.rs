//! WeChat web authorization.
#![forbid(unsafe_code)]

mod advice;
mod explain;
mod id;
mod lint;
mod scope;
mod secret;
mod state;
mod text;
mod time;
mod value;

pub use advice::{Advice, Operation};
pub use explain::{Bilingual, Explanation, Place, explain, explanations};
pub use id::{AppId, Identity, OpenId, UnionId};
pub use lint::{Finding, FindingCode, LintOptions, LintReport, MAX_LINT_LEN, Severity, lint};
pub use scope::{Scope, Scopes, UnknownScope};
pub use secret::{AccessToken, AppSecret, ComponentAccessToken, RefreshToken, SecretUrl};
pub use state::State;
pub use text::UntrustedText;
pub use time::UnixTime;
pub use value::{BrokenRule, InvalidValue};
