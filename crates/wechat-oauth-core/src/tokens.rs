//! What a token answer says, before it is known whether it makes a grant: shared by exchange and refresh.

use crate::body::{Body, Value};
use crate::error::{Error, MalformedReason};
use crate::id::{OpenId, UnionId};
use crate::scope::{Scope, Scopes};
use crate::secret::{AccessToken, RefreshToken};

/// The longest `expires_in` that is believed, in seconds (30 days): an access token does not outlive its refresh
/// token. Real ones have 7200.
pub const MAX_EXPIRES_IN_SECS: u32 = 2_592_000;

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

    /// Reads a token answer. Unless it is a snapshot visitor's, the tokens and their expiry have to be there.
    pub(crate) fn read(
        body: &Body<'_>,
        asked: Option<Scope>,
        openid: Option<&OpenId>,
    ) -> Result<Self, Error> {
        let snapshot = is_snapshot(body);
        // Newer official samples have no scope.
        let stated = body.text("scope")?.map(Scopes::parse);
        let tokens = Self {
            openid: body.openid_of(openid)?,
            unionid: body.unionid_of(None)?,
            access_token: body.optional("access_token", |text| AccessToken::new(text))?,
            refresh_token: body.optional("refresh_token", |text| RefreshToken::new(text))?,
            expires_in: expires_in(body)?,
            scopes_assumed: stated.is_none(),
            scopes: stated.or_else(|| asked.map(Scopes::from)).unwrap_or_default(),
            snapshot,
        };
        Ok(tokens)
    }

    /// The parts that a grant cannot be without.
    pub(crate) fn all(&self, body: &Body<'_>) -> Result<(AccessToken, RefreshToken, u32), Error> {
        let missing = |key| body.malformed(MalformedReason::MissingField(key));
        Ok((
            self.access_token.clone().ok_or_else(|| missing("access_token"))?,
            self.refresh_token.clone().ok_or_else(|| missing("refresh_token"))?,
            self.expires_in.ok_or_else(|| missing("expires_in"))?,
        ))
    }

    /// A grant that was somebody's cannot become nobody's.
    pub(crate) fn refuse_snapshot(&self, body: &Body<'_>) -> Result<(), Error> {
        if self.snapshot { Err(body.malformed(MalformedReason::SnapshotRefresh)) } else { Ok(()) }
    }
}

fn expires_in(body: &Body<'_>) -> Result<Option<u32>, Error> {
    match body.integer("expires_in")?.map(u32::try_from) {
        None => Ok(None),
        Some(Ok(seconds @ 1..=MAX_EXPIRES_IN_SECS)) => Ok(Some(seconds)),
        Some(_) => Err(body.malformed(MalformedReason::OutOfRange("expires_in"))),
    }
}

/// Anything that is not a clear no counts as a snapshot: taking nobody for somebody is the worse mistake.
fn is_snapshot(body: &Body<'_>) -> bool {
    match body.value("is_snapshotuser") {
        Value::Absent | Value::Null | Value::Bool(false) | Value::Integer(0) => false,
        Value::Float(number) => *number != 0.0,
        _ => true,
    }
}
