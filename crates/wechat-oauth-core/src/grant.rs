//! [`Grant`]: what an exchange yields, and [`Snapshot`], what it yields for nobody.

use std::fmt;

use serde::Serialize;
use zeroize::Zeroizing;

use crate::error::ConfigError;
use crate::id::{AppId, Identity, OpenId, UnionId};
use crate::scope::{Scope, Scopes};
use crate::secret::{AccessToken, REDACTED, RefreshToken};
use crate::time::UnixTime;
use crate::tokens::{Tokens, check_expires_in};

/// How long a refresh token lives, in seconds: 30 days, which refreshing does not prolong.
///
/// Source: <https://developers.weixin.qq.com/doc/service/api/webdev/access/api_snsrefreshtoken>
pub const REFRESH_TOKEN_LIFETIME_SECS: u64 = 30 * 24 * 60 * 60;

/// How far apart the clocks of two machines may be, in seconds, before a grant counts as coming from the future. Clocks
/// that are kept by NTP differ by less than a second; those that are not, by minutes.
pub const CLOCK_SKEW_SECS: u64 = 300;

/// What an exchange yields: somebody, or a visitor of a snapshot page.
#[derive(Debug, Clone)]
pub enum Exchanged {
    /// Somebody signed in.
    Grant(Grant),
    /// Nobody: the ids are made up. See [`Snapshot`].
    Snapshot(Snapshot),
}

impl Exchanged {
    /// The grant, unless it is a snapshot visitor's.
    #[must_use]
    pub fn into_grant(self) -> Option<Grant> {
        match self {
            Self::Grant(grant) => Some(grant),
            Self::Snapshot(_) => None,
        }
    }
}

/// Somebody's consent, as tokens: who it is, what is permitted, and until when.
///
/// `Debug` shows no token. To keep a grant, see [`expose_for_storage`](Self::expose_for_storage).
#[derive(Clone)]
#[must_use = "a renewed grant may hold a new refresh token: store it in the old one's place"]
pub struct Grant {
    pub(crate) identity: Identity,
    pub(crate) unionid: Option<UnionId>,
    pub(crate) access_token: AccessToken,
    pub(crate) refresh_token: RefreshToken,
    pub(crate) scopes: Scopes,
    pub(crate) scopes_assumed: bool,
    pub(crate) asked: Option<Scope>,
    pub(crate) issued_at: UnixTime,
    pub(crate) expires_in: u32,
    pub(crate) refresh_token_issued_at: UnixTime,
}

/// What a grant is good for at a given time. The set is closed: match on all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Freshness {
    /// The access token is valid.
    Fresh,
    /// The access token has expired, or nobody can say when it does: [`App::renew`](crate::App::renew) gets another.
    Renew,
    /// The refresh token has expired too: the person has to sign in again.
    Over,
}

impl Freshness {
    /// A short name for programs: `fresh`, `renew`, `over`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Renew => "renew",
            Self::Over => "over",
        }
    }
}

impl Grant {
    /// Who signed in: the key of their account.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The person within this application.
    #[must_use]
    pub const fn openid(&self) -> &OpenId {
        self.identity.openid()
    }

    /// The person across the applications of one open-platform account, if WeChat told it.
    #[must_use]
    pub const fn unionid(&self) -> Option<&UnionId> {
        self.unionid.as_ref()
    }

    /// The access token, for calls that this crate does not make.
    #[must_use]
    pub const fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    /// What was granted.
    #[must_use]
    pub const fn scopes(&self) -> &Scopes {
        &self.scopes
    }

    /// Whether WeChat left the scope out, so that the one asked for is taken for granted.
    #[must_use]
    pub const fn scopes_assumed(&self) -> bool {
        self.scopes_assumed
    }

    /// Whether the profile can be read.
    #[must_use]
    pub fn reads_profile(&self) -> bool {
        self.scopes.reads_profile()
    }

    /// When the access token ends: the first second in which it is not valid.
    #[must_use]
    pub const fn expires_at(&self) -> UnixTime {
        self.issued_at.plus_secs(self.expires_in as u64)
    }

    /// When the refresh token ends, 30 days after it was first seen.
    #[must_use]
    pub const fn refresh_token_ends_at(&self) -> UnixTime {
        self.refresh_token_issued_at.plus_secs(REFRESH_TOKEN_LIFETIME_SECS)
    }

    /// What the grant is good for at the given time.
    ///
    /// A grant from the future (by more than [`CLOCK_SKEW_SECS`]) was issued by a clock that was wrong, then or now;
    /// since nobody knows when it really ends, it is to be renewed.
    #[must_use]
    pub fn at(&self, now: UnixTime) -> Freshness {
        if self.issued_at.secs_since(now) > CLOCK_SKEW_SECS {
            Freshness::Renew
        } else if now < self.expires_at() {
            Freshness::Fresh
        } else if now < self.refresh_token_ends_at() {
            Freshness::Renew
        } else {
            Freshness::Over
        }
    }

    /// Whether this grant, which a sign-in yielded, is to take the place of the stored one. The first row that fits decides.
    ///
    /// | | the stored one |
    /// |---|---|
    /// | the stored one is another person's, or another application's | stays |
    /// | this one reads the profile and the stored one does not, and is older by no more than clocks differ ([`CLOCK_SKEW_SECS`]): consent is not lost over them | gives way |
    /// | the stored one was issued later: two sign-ins may finish in another order than they began | stays |
    /// | the stored one is [`Over`](Freshness::Over) at `now` | gives way |
    /// | the stored one reads the profile and this one does not: a silent login costs no consent | stays |
    /// | anything else | gives way |
    ///
    /// A stored grant from the future (by more than [`CLOCK_SKEW_SECS`]) was dated by a wrong clock, so its date keeps
    /// nobody out.
    #[must_use]
    pub fn replaces(&self, stored: &Self, now: UnixTime) -> bool {
        let misdated = stored.issued_at.secs_since(now) > CLOCK_SKEW_SECS;
        let older_by = stored.issued_at.secs_since(self.issued_at);
        if self.identity != stored.identity {
            false
        } else if self.reads_profile() && !stored.reads_profile() {
            older_by <= CLOCK_SKEW_SECS || misdated
        } else {
            let costs_consent =
                stored.reads_profile() && !self.reads_profile() && stored.at(now) != Freshness::Over;
            (older_by == 0 || misdated) && !costs_consent
        }
    }

    /// The grant in a form that can be stored, tokens in the open: encrypt it, and file it under
    /// [`identity`](Self::identity).
    #[must_use]
    pub fn expose_for_storage(&self) -> StoredGrant {
        StoredGrant {
            appid: self.identity.appid().clone(),
            openid: self.identity.openid().clone(),
            unionid: self.unionid.clone(),
            access_token: Zeroizing::new(self.access_token.expose().to_owned()),
            refresh_token: Zeroizing::new(self.refresh_token.expose().to_owned()),
            scopes: self.scopes.clone(),
            scopes_assumed: self.scopes_assumed,
            asked: self.asked,
            issued_at: self.issued_at,
            expires_in: self.expires_in,
            refresh_token_issued_at: self.refresh_token_issued_at,
        }
    }

    /// A grant out of storage.
    ///
    /// # Errors
    /// [`ConfigError`] when a token in it breaks its alphabet or length, or its lifetime is out of range.
    pub fn from_storage(mut stored: StoredGrant) -> Result<Self, ConfigError> {
        check_expires_in(stored.expires_in)?;
        Ok(Self {
            access_token: AccessToken::new(std::mem::take(&mut *stored.access_token))?,
            refresh_token: RefreshToken::new(std::mem::take(&mut *stored.refresh_token))?,
            identity: Identity::new(stored.appid, stored.openid),
            unionid: stored.unionid,
            scopes: stored.scopes,
            scopes_assumed: stored.scopes_assumed,
            asked: stored.asked,
            issued_at: stored.issued_at,
            expires_in: stored.expires_in,
            refresh_token_issued_at: stored.refresh_token_issued_at,
        })
    }
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant")
            .field("identity", &self.identity)
            .field("unionid", &self.unionid)
            .field("scopes", &self.scopes)
            .field("expires_at", &self.expires_at().as_secs())
            .field("refresh_token_ends_at", &self.refresh_token_ends_at().as_secs())
            .finish_non_exhaustive()
    }
}

crate::secret::deserialized_without_quoting! {
    "a stored grant",
    /// A grant on its way to or from storage, **with its tokens in the open** once it is serialised. They are wiped
    /// on drop, also where reading it back fails in the middle.
    ///
    /// What cannot be read back is an error that quotes nothing of it.
    #[derive(Clone, Serialize)]
    pub struct StoredGrant {
        appid: AppId,
        openid: OpenId,
        unionid: Option<UnionId>,
        access_token: Zeroizing<String>,
        refresh_token: Zeroizing<String>,
        scopes: Scopes,
        scopes_assumed: bool,
        asked: Option<Scope>,
        issued_at: UnixTime,
        expires_in: u32,
        refresh_token_issued_at: UnixTime,
    }
}

impl fmt::Debug for StoredGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoredGrant({REDACTED})")
    }
}

/// A visitor of a snapshot page (快照页). WeChat made the ids up, and makes up others the next time, so this is nobody's
/// identity: there is no accessor for the openid, and it is not a [`Grant`].
/// ```compile_fail
/// # fn account_key(snapshot: wechat_oauth_core::Snapshot) -> wechat_oauth_core::Identity {
/// snapshot.identity().clone()
/// # }
/// ```
/// Offer such a visitor to continue with the full service, which restarts the authorization.
///
/// Source: <https://developers.weixin.qq.com/community/develop/doc/000c2c34068880629ced91a2f56001>
#[derive(Clone)]
pub struct Snapshot(pub(crate) Tokens);

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Snapshot")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use proptest::prelude::*;

    #[test]
    fn each_freshness_has_a_name_for_programs() {
        let names = [Freshness::Fresh, Freshness::Renew, Freshness::Over].map(Freshness::as_str);
        assert_eq!(names, ["fresh", "renew", "over"]);
    }

    #[test]
    fn freshness_changes_at_the_second_told() {
        let grant = testing::grant();
        let at = |seconds: u64| grant.at(testing::NOW.plus_secs(seconds));
        assert_eq!(at(0), Freshness::Fresh);
        assert_eq!(at(7199), Freshness::Fresh);
        assert_eq!(at(7200), Freshness::Renew);
        assert_eq!(at(REFRESH_TOKEN_LIFETIME_SECS - 1), Freshness::Renew);
        assert_eq!(at(REFRESH_TOKEN_LIFETIME_SECS), Freshness::Over);
    }

    #[test]
    fn consent_is_not_lost_over_clocks_that_differ() {
        let consented = testing::grant();
        let silent = |later: u64| Grant {
            scopes: Scopes::parse("snsapi_base"),
            issued_at: consented.issued_at.plus_secs(later),
            ..consented.clone()
        };
        let now = consented.issued_at.plus_secs(CLOCK_SKEW_SECS + 1);
        assert!(consented.replaces(&silent(CLOCK_SKEW_SECS), now));
        assert!(!consented.replaces(&silent(CLOCK_SKEW_SECS + 1), now));
    }

    #[test]
    fn a_stored_grant_comes_back_whole() {
        let grant = testing::grant();
        let json = serde_json::to_string(&grant.expose_for_storage()).unwrap();
        let back = Grant::from_storage(serde_json::from_str(&json).unwrap()).unwrap();
        assert_eq!(serde_json::to_string(&back.expose_for_storage()).unwrap(), json);
        assert_eq!(
            json,
            r#"{"appid":"wx0123456789abcdef","openid":"oTestsTestsTestsTestsTests00","unionid":"uTests","access_token":"77_access-token-of-the-tests","refresh_token":"77_refresh-token-of-the-tests","scopes":["snsapi_userinfo"],"scopes_assumed":false,"asked":"snsapi_userinfo","issued_at":1790000000,"expires_in":7200,"refresh_token_issued_at":1790000000}"#
        );
    }

    #[test]
    fn a_grant_stored_by_a_later_version_can_be_read() {
        let json = serde_json::to_string(&testing::grant().expose_for_storage()).unwrap();
        let later: StoredGrant = serde_json::from_str(&json.replacen('{', "{\"later\":1,", 1)).unwrap();
        assert_eq!(Grant::from_storage(later).unwrap().openid().as_str(), testing::OPENID);
    }

    #[test]
    fn a_broken_stored_token_is_refused() {
        let mut stored = testing::grant().expose_for_storage();
        stored.access_token = Zeroizing::new("a b".to_owned());
        assert!(Grant::from_storage(stored).is_err());
    }

    #[test]
    fn a_stored_lifetime_out_of_range_is_refused() {
        for expires_in in [0, 2_592_001, u32::MAX] {
            let mut stored = testing::grant().expose_for_storage();
            stored.expires_in = expires_in;
            assert!(Grant::from_storage(stored).is_err(), "{expires_in}");
        }
    }

    #[test]
    fn a_grant_from_the_future_is_renewed() {
        let issued_at = testing::NOW.as_secs();
        let at = |seconds: u64| testing::grant().at(UnixTime::from_secs(issued_at - seconds));
        assert_eq!(at(CLOCK_SKEW_SECS), Freshness::Fresh);
        assert_eq!(at(CLOCK_SKEW_SECS + 1), Freshness::Renew);
    }

    #[test]
    fn a_newer_sign_in_takes_the_place_of_an_older_and_never_the_other_way() {
        let (old, mut new) = (testing::grant(), testing::grant());
        new.issued_at = testing::NOW.plus_secs(1);
        let now = new.issued_at;
        assert!(new.replaces(&old, now) && !old.replaces(&new, now));
        assert!(old.replaces(&old, now));
    }

    #[test]
    fn a_silent_login_does_not_cost_the_consent_until_that_is_over() {
        let consented = testing::grant();
        let mut silent = testing::grant();
        silent.scopes = Scope::Base.into();
        let end = consented.refresh_token_ends_at().as_secs();
        for (now, replaces) in [(end - 1, false), (end, true)] {
            silent.issued_at = UnixTime::from_secs(now);
            assert_eq!(silent.replaces(&consented, silent.issued_at), replaces, "{now}");
        }
        assert!(silent.replaces(&silent.clone(), testing::NOW));
        silent.issued_at = testing::NOW;
        assert!(consented.replaces(&silent, testing::NOW));
    }

    #[test]
    fn nobody_elses_grant_is_replaced() {
        let (stored, mut new) = (testing::grant(), testing::grant());
        let appid = stored.identity.appid().clone();
        new.identity = Identity::new(appid, "o2".parse().unwrap());
        assert!(!new.replaces(&stored, testing::NOW));
        // The same openid under another appid is another person.
        new.identity = Identity::new("wx2".parse().unwrap(), stored.openid().clone());
        assert!(!new.replaces(&stored, testing::NOW));
    }

    #[test]
    fn a_stored_date_from_the_future_keeps_nobody_out() {
        let (new, mut stored) = (testing::grant(), testing::grant());
        for (ahead, replaces) in [(CLOCK_SKEW_SECS, false), (CLOCK_SKEW_SECS + 1, true)] {
            stored.issued_at = testing::NOW.plus_secs(ahead);
            assert_eq!(new.replaces(&stored, testing::NOW), replaces, "{ahead}");
        }
    }

    #[test]
    fn no_error_about_a_stored_grant_quotes_it() {
        let json = serde_json::to_string(&testing::grant().expose_for_storage()).unwrap();
        let canary = testing::ACCESS_TOKEN;
        let twice_encoded = serde_json::to_string(&json).unwrap();
        let wrong_column = json.replace("7200", &format!("\"{canary}\""));
        for broken in [twice_encoded, wrong_column, format!("[\"{canary}\"]")] {
            let error = serde_json::from_str::<StoredGrant>(&broken).unwrap_err();
            assert!(!format!("{error} {error:?}").contains(canary), "{error}");
        }
    }

    #[test]
    fn debug_shows_no_token() {
        let grant = testing::grant();
        let debug = format!("{grant:?} {:?}", grant.expose_for_storage());
        assert!(!debug.contains(testing::ACCESS_TOKEN) && !debug.contains(testing::REFRESH_TOKEN), "{debug}");
    }

    #[test]
    fn debug_shows_who_it_is_and_until_when() {
        let debug = format!("{:?}", testing::grant());
        for part in [testing::OPENID, "uTests", "snsapi_userinfo", "1790007200", "1792592000"] {
            assert!(debug.contains(part), "{part} in {debug}");
        }
        assert_eq!(format!("{:?}", testing::grant().expose_for_storage()), "StoredGrant([redacted])");
    }

    proptest! {
        #[test]
        fn no_clock_panics(issued_at: u64, refresh_token_issued_at: u64, now: u64, expires_in: u32) {
            let mut grant = testing::grant();
            grant.issued_at = UnixTime::from_secs(issued_at);
            grant.refresh_token_issued_at = UnixTime::from_secs(refresh_token_issued_at);
            grant.expires_in = expires_in;
            let from_the_future = issued_at.saturating_sub(now) > CLOCK_SKEW_SECS;
            let fresh = !from_the_future && now < issued_at.saturating_add(expires_in.into());
            prop_assert_eq!(grant.at(UnixTime::from_secs(now)) == Freshness::Fresh, fresh);
        }
    }

    #[test]
    fn a_snapshot_visitor_has_no_grant_to_take() {
        let call = testing::official().exchange(testing::code(Scope::Base)).unwrap();
        let body = br#"{"openid":"v","access_token":"A","is_snapshotuser":1}"#;
        let exchanged = call.read(&crate::Response::new(200, body, testing::NOW)).unwrap();
        assert!(exchanged.into_grant().is_none());
    }
}
