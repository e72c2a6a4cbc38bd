//! What is kept of somebody: the grant, whether it is over, and who is renewing it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wechat_oauth_core::{Freshness, Grant, Identity, StoredGrant, UnixTime};
use zeroize::Zeroizing;

use crate::store::StoreError;
use crate::vault::Entry;

/// How long a record is kept after its refresh token has ended, in seconds: a week in which the answer is "over" and not
/// "unknown", whatever the clocks say.
const MARGIN_SECS: u64 = 7 * 24 * 60 * 60;

/// Room for the JSON of every real grant, in bytes: a buffer that grew would leave copies of the tokens behind.
const USUAL_LEN: usize = 8 * 1024;

/// One person's record.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) grant: Grant,
    /// Changes with the grant, and only then: tells two grants apart whose tokens are the same.
    pub(super) edition: Mark,
    /// WeChat has refused to renew the grant, or to take it, for good.
    pub(super) over: bool,
    /// The claim of whoever is renewing the grant.
    pub(super) renewing: Option<Mark>,
}

/// A random number: no two are the same, on any machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Mark(u64);

/// The record as JSON. A field of a later version is passed over.
#[derive(Serialize, Deserialize)]
struct Stored {
    grant: StoredGrant,
    edition: Mark,
    over: bool,
    renewing: Option<Mark>,
}

impl Kept {
    /// The record of a grant that nobody kept before.
    pub(super) fn new(grant: Grant) -> Result<Self, StoreError> {
        Ok(Self { grant, edition: Mark::random()?, over: false, renewing: None })
    }

    /// The record in an entry of this person's slot.
    pub(super) fn read(entry: &Entry, identity: &Identity) -> Result<Self, StoreError> {
        let Ok(stored) = serde_json::from_slice::<Stored>(entry.plain()?) else {
            return Err(StoreError::Unreadable);
        };
        match Grant::from_storage(stored.grant) {
            Ok(grant) if grant.identity() == identity => {
                Ok(Self { grant, edition: stored.edition, over: stored.over, renewing: stored.renewing })
            }
            _ => Err(StoreError::Unreadable),
        }
    }

    /// The JSON to seal.
    pub(super) fn plain(&self) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let stored = Stored {
            grant: self.grant.expose_for_storage(),
            edition: self.edition,
            over: self.over,
            renewing: self.renewing,
        };
        let mut plain = Zeroizing::new(Vec::with_capacity(USUAL_LEN));
        match serde_json::to_writer(&mut *plain, &stored) {
            Ok(()) => Ok(plain),
            // Numbers and texts always become JSON.
            Err(_) => Err(StoreError::Unreadable),
        }
    }

    /// How long to keep it.
    pub(super) fn lifetime(&self, now: UnixTime) -> Duration {
        let left = self.grant.refresh_token_ends_at().secs_since(now);
        Duration::from_secs(left.saturating_add(MARGIN_SECS))
    }

    pub(super) fn is_over(&self, now: UnixTime) -> bool {
        self.over || self.grant.at(now) == Freshness::Over
    }

    /// Whether the grant is this very one, as far as anybody can tell who was handed it.
    pub(super) fn holds(&self, grant: &Grant) -> bool {
        self.grant.access_token().expose() == grant.access_token().expose()
            && self.grant.expires_at() == grant.expires_at()
            && self.grant.refresh_token_ends_at() == grant.refresh_token_ends_at()
    }

    /// Whether this is that grant, or the same prolonged since: to keep it again changes nothing, and what WeChat refused
    /// does not come back.
    pub(super) fn came_of(&self, grant: &Grant) -> bool {
        self.grant.access_token().expose() == grant.access_token().expose()
            && grant.expires_at() <= self.grant.expires_at()
    }

    /// The same grant, claimed by whoever writes this.
    pub(super) fn claimed(&self) -> Result<Self, StoreError> {
        Ok(Self { renewing: Some(Mark::random()?), ..self.clone() })
    }

    /// The same grant, to be claimed again.
    pub(super) fn released(&self) -> Self {
        Self { renewing: None, ..self.clone() }
    }

    /// The same grant, refused for good.
    pub(super) fn ended(&self) -> Self {
        Self { over: true, renewing: None, ..self.clone() }
    }
}

impl Mark {
    fn random() -> Result<Self, StoreError> {
        getrandom::u64().map(Self).map_err(|_| StoreError::Entropy)
    }
}
