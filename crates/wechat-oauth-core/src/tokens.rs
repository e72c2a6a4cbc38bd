//! What a token answer says, before it is known whether it makes a grant: shared by exchange and refresh.

use crate::body::Body;
use crate::error::{ConfigError, Error, MalformedReason};
use crate::id::{OpenId, UnionId};
use crate::json::Value;
use crate::scope::{Scope, Scopes};
use crate::secret::{AccessToken, RefreshToken};

/// The longest `expires_in` that is believed, in seconds (30 days): an access token does not outlive its refresh
/// token. Real ones have 7200.
pub const MAX_EXPIRES_IN_SECS: u32 = 30 * 24 * 60 * 60;

#[derive(Clone)]
pub(crate) struct Tokens {
    pub(crate) openid: OpenId,
    pub(crate) unionid: Option<UnionId>,
    pub(crate) access_token: Option<AccessToken>,
    pub(crate) refresh_token: Option<RefreshToken>,
    pub(crate) expires_in: Option<u32>,
    pub(crate) scopes: Scopes,
    pub(crate) scopes_assumed: bool,
    pub(crate) snapshot: bool,
}

impl Tokens {
    pub(crate) const KEYS: &'static [&'static str] = &[
        "access_token",
        "expires_in",
        "refresh_token",
        "openid",
        "scope",
        "unionid",
        "is_snapshotuser",
        "errcode",
        "errmsg",
    ];

    /// Reads a token answer. Whatever else is wrong with a snapshot visitor's, it is still nobody's; anybody else's has
    /// to be readable. Whether the tokens are there is asked by [`all`](Self::all).
    pub(crate) fn read(
        body: &Body<'_>,
        asked: Option<Scope>,
        openid: Option<&OpenId>,
    ) -> Result<Self, Error> {
        let snapshot = is_snapshot(body);
        let openid = body.openid_of(openid)?;
        // Newer official samples have no scope.
        let stated = readable(body.text("scope"), snapshot)?.map(Scopes::parse);
        let stated = stated.filter(|scopes| !scopes.is_empty());
        Ok(Self {
            openid,
            unionid: readable(body.unionid_of(None), snapshot)?,
            access_token: readable(body.optional("access_token", |text| AccessToken::new(text)), snapshot)?,
            refresh_token: readable(
                body.optional("refresh_token", |text| RefreshToken::new(text)),
                snapshot,
            )?,
            expires_in: readable(expires_in(body), snapshot)?,
            scopes_assumed: stated.is_none(),
            scopes: stated.or_else(|| asked.map(Scopes::from)).unwrap_or_default(),
            snapshot,
        })
    }

    /// Takes the parts that a grant cannot be without.
    pub(crate) fn all(&mut self, body: &Body<'_>) -> Result<(AccessToken, RefreshToken, u32), Error> {
        let missing = |key| body.malformed(MalformedReason::MissingField(key));
        Ok((
            self.access_token.take().ok_or_else(|| missing("access_token"))?,
            self.refresh_token.take().ok_or_else(|| missing("refresh_token"))?,
            self.expires_in.ok_or_else(|| missing("expires_in"))?,
        ))
    }

    /// A grant that was somebody's cannot become nobody's.
    pub(crate) fn refuse_snapshot(&self, body: &Body<'_>) -> Result<(), Error> {
        if self.snapshot { Err(body.malformed(MalformedReason::Snapshot)) } else { Ok(()) }
    }
}

/// Whether a lifetime out of storage is one that an answer could have had.
pub(crate) fn check_expires_in(seconds: u32) -> Result<(), ConfigError> {
    if (1..=MAX_EXPIRES_IN_SECS).contains(&seconds) { Ok(()) } else { Err(ConfigError::StoredLifetime) }
}

/// A field as it was read; one of a snapshot visitor's that cannot be read counts as absent.
fn readable<T>(field: Result<Option<T>, Error>, snapshot: bool) -> Result<Option<T>, Error> {
    if snapshot { Ok(field.unwrap_or_default()) } else { field }
}

fn expires_in(body: &Body<'_>) -> Result<Option<u32>, Error> {
    match body.integer("expires_in")?.map(u32::try_from) {
        None => Ok(None),
        Some(Ok(seconds @ 1..=MAX_EXPIRES_IN_SECS)) => Ok(Some(seconds)),
        Some(_) => Err(body.malformed(MalformedReason::OutOfRange("expires_in"))),
    }
}

/// Anything that is not a clear no counts as a snapshot: taking nobody for somebody is the worse mistake.
pub(crate) fn is_snapshot(body: &Body<'_>) -> bool {
    match body.value("is_snapshotuser") {
        Value::Absent | Value::Null | Value::Bool(false) | Value::Integer(0) => false,
        Value::Float(number) => *number != 0.0,
        _ => true,
    }
}
