//! The work done with `url` and `serde_json` by hand, without the checks that the core makes.

use std::borrow::Cow;

use serde::Deserialize;
use url::Url;

use crate::sample::{AUTHORIZE_PAGE, PROFILE, Sample};

/// The fields of a token answer, owned.
#[derive(Debug, Deserialize)]
pub struct Tokens {
    /// `access_token`
    pub access_token: String,
    /// `expires_in`
    pub expires_in: u32,
    /// `refresh_token`
    pub refresh_token: String,
    /// `openid`
    pub openid: String,
    /// `scope`
    pub scope: String,
    /// `unionid`
    pub unionid: Option<String>,
}

/// The fields of a profile, owned.
#[derive(Debug, Deserialize)]
pub struct Profile {
    /// `openid`
    pub openid: String,
    /// `nickname`
    pub nickname: String,
    /// `sex`
    pub sex: u8,
    /// `language`
    pub language: String,
    /// `city`
    pub city: String,
    /// `province`
    pub province: String,
    /// `country`
    pub country: String,
    /// `headimgurl`
    pub headimgurl: String,
    /// `privilege`
    pub privilege: Vec<String>,
    /// `unionid`
    pub unionid: Option<String>,
}

/// The page, parsed once.
#[must_use]
pub fn authorize_page(_: &Sample) -> Url {
    Url::parse(AUTHORIZE_PAGE).expect("a URL")
}

/// The authorize URL.
#[must_use]
pub fn authorize_url(page: &Url, sample: &Sample) -> String {
    let mut url = page.clone();
    url.query_pairs_mut()
        .append_pair("appid", &sample.appid)
        .append_pair("redirect_uri", &sample.redirect_uri)
        .append_pair("response_type", "code")
        .append_pair("scope", "snsapi_userinfo")
        .append_pair("state", &sample.state);
    url.set_fragment(Some("wechat_redirect"));
    url.into()
}

/// The code, when the state is right.
#[must_use]
pub fn callback(sample: &Sample) -> Option<String> {
    let url = Url::parse(&sample.callback).ok()?;
    let (mut code, mut state) = (None, None);
    for (name, value) in url.query_pairs() {
        match name.as_ref() {
            "code" => code = Some(value.into_owned()),
            "state" => state = Some(value.into_owned()),
            _ => {}
        }
    }
    if state? == sample.state { code } else { None }
}

/// The token answer.
#[must_use]
pub fn read_tokens(body: &[u8]) -> Tokens {
    serde_json::from_slice(body).expect("a token answer")
}

/// The profile's request.
#[must_use]
pub fn profile_url(access_token: &str, openid: &str) -> String {
    let mut url = Url::parse(PROFILE).expect("a URL");
    url.query_pairs_mut()
        .append_pair("access_token", access_token)
        .append_pair("openid", openid)
        .append_pair("lang", "zh_CN");
    url.into()
}

/// The profile.
#[must_use]
pub fn read_profile(body: &[u8]) -> Profile {
    serde_json::from_slice(body).expect("a profile")
}

/// The fields of a token answer, borrowed from it.
#[derive(Debug, Deserialize)]
pub struct BorrowedTokens<'a> {
    /// `access_token`
    pub access_token: &'a str,
    /// `expires_in`
    pub expires_in: u32,
    /// `refresh_token`
    pub refresh_token: &'a str,
    /// `openid`
    pub openid: &'a str,
    /// `scope`
    pub scope: &'a str,
    /// `unionid`
    pub unionid: Option<&'a str>,
}

/// The fields of a profile, borrowed from it where they have no escapes.
#[derive(Debug, Deserialize)]
pub struct BorrowedProfile<'a> {
    /// `openid`
    pub openid: &'a str,
    /// `nickname`
    #[serde(borrow)]
    pub nickname: Cow<'a, str>,
    /// `sex`
    pub sex: u8,
    /// `language`
    #[serde(borrow)]
    pub language: Cow<'a, str>,
    /// `city`
    #[serde(borrow)]
    pub city: Cow<'a, str>,
    /// `province`
    #[serde(borrow)]
    pub province: Cow<'a, str>,
    /// `country`
    #[serde(borrow)]
    pub country: Cow<'a, str>,
    /// `headimgurl`
    #[serde(borrow)]
    pub headimgurl: Cow<'a, str>,
    /// `privilege`
    #[serde(borrow)]
    pub privilege: Vec<Cow<'a, str>>,
    /// `unionid`
    pub unionid: Option<&'a str>,
}

/// The token answer, borrowed.
#[must_use]
pub fn read_borrowed_tokens(body: &[u8]) -> BorrowedTokens<'_> {
    serde_json::from_slice(body).expect("a token answer")
}

/// The profile, borrowed.
#[must_use]
pub fn read_borrowed_profile(body: &[u8]) -> BorrowedProfile<'_> {
    serde_json::from_slice(body).expect("a profile")
}
