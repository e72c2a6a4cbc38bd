//! What a token answer says, before it is known whether it makes a grant: shared by exchange and refresh.

use crate::body::{Body, Value};
use crate::error::{ConfigError, Error, MalformedReason};
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
        let openid = body.openid_of(openid)?;
        let unionid = body.unionid_of(None);
        let access_token = body.optional("access_token", |text| AccessToken::new(text));
        let refresh_token = body.optional("refresh_token", |text| RefreshToken::new(text));
        let expires_in = expires_in(body);
        let scope = body.text("scope");
        let scopes = |stated: Option<&str>| {
            // Newer official samples have no scope.
            let stated = stated.map(Scopes::parse).filter(|scopes| !scopes.is_empty());
            let assumed = stated.is_none();
            (stated.or_else(|| asked.map(Scopes::from)).unwrap_or_default(), assumed)
        };
        if snapshot {
            // Whatever else is wrong with it, it is still nobody's.
            let (scopes, scopes_assumed) = scopes(scope.ok().flatten());
            return Ok(Self {
                openid,
                unionid: unionid.ok().flatten(),
                access_token: access_token.ok().flatten(),
                refresh_token: refresh_token.ok().flatten(),
                expires_in: expires_in.ok().flatten(),
                scopes,
                scopes_assumed,
                snapshot,
            });
        }
        let (scopes, scopes_assumed) = scopes(scope?);
        Ok(Self {
            openid,
            unionid: unionid?,
            access_token: access_token?,
            refresh_token: refresh_token?,
            expires_in: expires_in?,
            scopes,
            scopes_assumed,
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
