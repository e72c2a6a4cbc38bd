//! The work done by `oauth2` 5, as far as it can: it sends `client_id` in place of `appid`, and reads an exchange only
//! with a `token_type`, which WeChat does not send.

use std::convert::Infallible;

use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::http::StatusCode;
use oauth2::{
    AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet,
    ExtraTokenFields, HttpRequest, HttpResponse, RedirectUrl, Scope, StandardRevocableToken,
    StandardTokenResponse, TokenResponse as _, TokenUrl,
};
use serde::{Deserialize, Serialize};

use crate::plain;
use crate::sample::{AUTHORIZE_PAGE, EXCHANGE, Sample};

/// What WeChat's answer has beyond OAuth 2.0.
#[derive(Debug, Serialize, Deserialize)]
pub struct WeChatFields {
    /// `openid`
    pub openid: String,
    /// `unionid`
    pub unionid: Option<String>,
}

impl ExtraTokenFields for WeChatFields {}

/// What an exchange yields.
pub type Tokens = StandardTokenResponse<WeChatFields, BasicTokenType>;

/// A client that knows its authorize page and its token endpoint.
pub type WeChatClient = Client<
    BasicErrorResponse,
    Tokens,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// The client, configured once.
#[must_use]
pub fn client(sample: &Sample) -> WeChatClient {
    Client::new(ClientId::new(sample.appid.clone()))
        .set_client_secret(ClientSecret::new(sample.secret.clone()))
        .set_auth_type(oauth2::AuthType::RequestBody)
        .set_auth_uri(AuthUrl::new(AUTHORIZE_PAGE.to_owned()).expect("a URL"))
        .set_token_uri(TokenUrl::new(EXCHANGE.to_owned()).expect("a URL"))
        .set_redirect_uri(RedirectUrl::new(sample.redirect_uri.clone()).expect("a URL"))
}

/// The authorize URL, with the parameters that WeChat asks for, and without the fragment.
#[must_use]
pub fn authorize_url(client: &WeChatClient, sample: &Sample) -> String {
    let state = || CsrfToken::new(sample.state.clone());
    let scope = Scope::new("snsapi_userinfo".to_owned());
    let (url, _) = client.authorize_url(state).add_scope(scope).url();
    url.into()
}

/// Request, and what is read from a canned answer.
#[must_use]
pub fn exchange(client: &WeChatClient, code: &str, sample: &Sample) -> Tokens {
    let answer = |request: HttpRequest| -> Result<HttpResponse, Infallible> {
        assert!(!request.body().is_empty());
        let mut response = HttpResponse::new(sample.tokens_with_type.clone());
        *response.status_mut() = StatusCode::OK;
        Ok(response)
    };
    client.exchange_code(AuthorizationCode::new(code.to_owned())).request(&answer).expect("a token answer")
}

/// A whole login, without the sending: `oauth2`, and `url` and `serde_json` for what it does not know.
#[must_use]
pub fn flow(client: &WeChatClient, sample: &Sample) -> (String, Tokens, plain::Profile) {
    let url = authorize_url(client, sample);
    let code = plain::callback(sample).expect("our state");
    let tokens = exchange(client, &code, sample);
    let openid = &tokens.extra_fields().openid;
    assert!(!plain::profile_url(tokens.access_token().secret(), openid).is_empty());
    let body = sample.profile.clone();
    (url, tokens, plain::read_profile(&body))
}
