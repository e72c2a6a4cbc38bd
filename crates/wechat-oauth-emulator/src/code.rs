//! Codes: what a callback carries, good for one exchange by one account within a few minutes.

use wechat_oauth_core::{AppId, Scope, UnixTime};

use crate::bounded::Bounded;
use crate::sns::ApiError;

/// Who signs in: a person of this world, perhaps as a snapshot visitor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Visitor {
    /// The id of the person.
    pub(crate) user: String,
    /// Whether the app gets virtual ids in place of the person's own.
    pub(crate) snapshot: bool,
}

#[derive(Clone)]
pub(crate) struct Code {
    pub(crate) appid: AppId,
    pub(crate) visitor: Visitor,
    pub(crate) scope: Scope,
    pub(crate) dies: UnixTime,
    pub(crate) used: bool,
}

/// The codes that were issued lately.
#[derive(Clone)]
pub(crate) struct Codes(Bounded<Code>);

impl Codes {
    /// How many are remembered: a load test of minutes, in some tens of megabytes.
    const LIMIT: usize = 100_000;

    pub(crate) const fn new() -> Self {
        Self(Bounded::new(Self::LIMIT))
    }

    pub(crate) fn insert(&mut self, text: String, code: Code) {
        self.0.insert(text, code);
    }

    /// The code, if this account may still exchange it; nothing is spent yet.
    ///
    /// A code past its lifetime is forgotten, so it is an invalid one even when it was used.
    pub(crate) fn find(&mut self, text: &str, appid: &AppId, now: UnixTime) -> Result<&mut Code, ApiError> {
        match self.0.get_mut(text) {
            Some(code) if code.appid != *appid || now >= code.dies => Err(ApiError::INVALID_CODE),
            Some(code) if code.used => Err(ApiError::CODE_USED),
            Some(code) => Ok(code),
            None => Err(ApiError::INVALID_CODE),
        }
    }
}
