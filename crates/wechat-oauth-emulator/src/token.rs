//! Grants: what an exchange yields, and how long its two tokens live.

use std::collections::BTreeMap;

use wechat_oauth_core::{AppId, Scope, UnixTime};

use crate::code::Visitor;
use crate::sns::ApiError;

/// How long an access token lives, in seconds, and `expires_in` of every answer.
pub(crate) const ACCESS_LIFETIME: u64 = 7200;
/// How long a refresh token lives, in seconds: 30 days, which no refresh extends.
pub(crate) const REFRESH_LIFETIME: u64 = 30 * 24 * 3600;

#[derive(Clone)]
pub(crate) struct Grant {
    pub(crate) appid: AppId,
    pub(crate) visitor: Visitor,
    pub(crate) openid: String,
    pub(crate) unionid: Option<String>,
    pub(crate) scope: Scope,
    pub(crate) access_token: String,
    pub(crate) access_dies: UnixTime,
    pub(crate) refresh_token: String,
    pub(crate) refresh_dies: UnixTime,
    /// Whether the profile was asked for: `wx-token-stale-once` refuses it the first time.
    pub(crate) profile_asked: bool,
}

/// Every grant that was made lately, found by any token it ever had.
#[derive(Clone)]
pub(crate) struct Grants {
    grants: BTreeMap<u64, Grant>,
    tokens: BTreeMap<String, u64>,
    /// The tokens of each grant, so that they are forgotten with it.
    tokens_of: BTreeMap<u64, Vec<String>>,
    made: u64,
}

impl Grants {
    /// How many are remembered: a load test of minutes, in some tens of megabytes.
    const LIMIT: usize = 100_000;
    /// How many tokens of one grant are remembered: a new one every two hours of its thirty days, and some more.
    const TOKENS_LIMIT: usize = 400;

    pub(crate) const fn new() -> Self {
        Self { grants: BTreeMap::new(), tokens: BTreeMap::new(), tokens_of: BTreeMap::new(), made: 0 }
    }

    pub(crate) fn insert(&mut self, grant: Grant) {
        if self.grants.len() >= Self::LIMIT
            && let Some((oldest, _)) = self.grants.pop_first()
        {
            for token in self.tokens_of.remove(&oldest).unwrap_or_default() {
                self.tokens.remove(&token);
            }
        }
        self.made += 1;
        self.add_token(self.made, grant.access_token.clone());
        self.add_token(self.made, grant.refresh_token.clone());
        self.grants.insert(self.made, grant);
    }

    /// The grant that this access token once opened, whatever became of the token.
    pub(crate) fn of_token(&self, token: &str) -> Option<&Grant> {
        self.grants.get(self.tokens.get(token)?)
    }

    /// The grant of an access token that is good now.
    pub(crate) fn by_access_token(&mut self, token: &str, now: UnixTime) -> Result<&mut Grant, ApiError> {
        if !has_token_shape(token) {
            return Err(ApiError::MALFORMED_ACCESS_TOKEN);
        }
        let grant = self.tokens.get(token).and_then(|id| self.grants.get_mut(id));
        match grant {
            // A refresh token, or one of another kind: not an access token at all.
            Some(grant) if grant.refresh_token == token => Err(ApiError::INVALID_ACCESS_TOKEN),
            Some(grant) if grant.access_token != token || now >= grant.access_dies => {
                Err(ApiError::ACCESS_TOKEN_EXPIRED)
            }
            Some(grant) => Ok(grant),
            None => Err(ApiError::INVALID_ACCESS_TOKEN),
        }
    }

    /// The grant of this account's refresh token, if it still lives and was not replaced.
    pub(crate) fn by_refresh_token(
        &self,
        token: &str,
        appid: &AppId,
        now: UnixTime,
    ) -> Result<&Grant, ApiError> {
        self.of_token(token)
            .filter(|grant| grant.refresh_token == token && grant.appid == *appid && now < grant.refresh_dies)
            .ok_or(ApiError::INVALID_REFRESH_TOKEN)
    }

    /// Changes the grant of a refresh token; the tokens it then has are the ones that count.
    pub(crate) fn renew(&mut self, refresh_token: &str, change: impl FnOnce(&mut Grant)) {
        let Some(&id) = self.tokens.get(refresh_token) else { return };
        let Some(grant) = self.grants.get_mut(&id) else { return };
        change(grant);
        let (access, refresh) = (grant.access_token.clone(), grant.refresh_token.clone());
        self.add_token(id, access);
        self.add_token(id, refresh);
    }

    /// Remembers a token that its grant has now; the oldest that it no longer has is forgotten when there are too many.
    fn add_token(&mut self, id: u64, token: String) {
        if self.tokens.insert(token.clone(), id).is_some() {
            return;
        }
        let tokens = self.tokens_of.entry(id).or_default();
        tokens.push(token);
        if tokens.len() > Self::TOKENS_LIMIT
            && let Some(grant) = self.grants.get(&id)
            && let Some(oldest) =
                tokens.iter().position(|old| *old != grant.access_token && *old != grant.refresh_token)
        {
            self.tokens.remove(&tokens.remove(oldest));
        }
    }
}

/// What cannot be a token at all is malformed (40014); what could be one is unknown (40001).
fn has_token_shape(token: &str) -> bool {
    /// The longest token WeChat has been seen to send has 150 characters.
    const MAX_LEN: usize = 512;
    token.len() <= MAX_LEN && token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime::from_secs(1_790_000_000);

    #[test]
    fn the_tokens_of_a_grant_are_bounded_and_those_it_has_are_kept() {
        let mut grants = Grants::new();
        grants.insert(Grant {
            appid: "wx1".parse().unwrap(),
            visitor: Visitor { user: "a".to_owned(), snapshot: false },
            openid: "o".to_owned(),
            unionid: None,
            scope: Scope::Base,
            access_token: "access".to_owned(),
            access_dies: NOW.plus_secs(1),
            refresh_token: "refresh".to_owned(),
            refresh_dies: NOW.plus_secs(1),
            profile_asked: false,
        });
        for number in 0..2000 {
            grants.renew("refresh", |grant| grant.access_token = format!("access{number}"));
            assert!(grants.by_refresh_token("refresh", &"wx1".parse().unwrap(), NOW).is_ok());
            assert!(grants.by_access_token(&format!("access{number}"), NOW).is_ok());
        }
        assert_eq!(grants.tokens.len(), Grants::TOKENS_LIMIT);
        assert!(grants.of_token("access1998").is_some() && grants.of_token("access").is_none());
    }
}
