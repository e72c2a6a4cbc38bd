//! [`Call`]: a request described, together with the rule that reads its answer.

use std::fmt;

use zeroize::Zeroizing;

use crate::advice::Operation;
use crate::body::{Body, MAX_KEYS};
use crate::encode;
use crate::endpoints::Endpoints;
use crate::errmsg;
use crate::error::{Error, LostAnswer, Refusal, TransportError};
use crate::secret::{REDACTED, SecretUrl};
use crate::time::UnixTime;

/// The longest answer that is read, in bytes. Real ones are under 2 KiB.
///
/// A transport stops reading after one byte more, and hands over what it has: the core then says that it is too much.
pub const MAX_BODY: usize = 64 * 1024;

/// A request to send, and the rule that reads the answer to it.
///
/// It is sent once, so it goes by value and cannot be cloned:
/// ```compile_fail
/// # fn twice(call: wechat_oauth_core::Call<wechat_oauth_core::Exchanged>) {
/// call.clone();
/// # }
/// ```
#[must_use = "a call does nothing until its request is sent and its answer is read"]
pub struct Call<T: Answer> {
    pub(crate) request: Request,
    pub(crate) rule: T::Rule,
}

impl<T: Answer> Call<T> {
    /// What to send.
    #[must_use]
    pub const fn request(&self) -> &Request {
        &self.request
    }

    /// Reads the answer.
    ///
    /// After a busy answer (errcode -1) to an exchange, the code is not spent, but this call is gone:
    /// [`App::sign_in`](crate::App::sign_in) repeats it by itself.
    ///
    /// # Errors
    /// [`Error::Refused`] when WeChat said no, [`Error::Malformed`] when the answer cannot be read.
    pub fn read(self, response: &Response<'_>) -> Result<T, Error> {
        self.read_again(response)
    }

    /// Says that no answer came: the error, with the advice that fits this call.
    #[must_use]
    pub fn lost(self, error: TransportError) -> Error {
        self.request.lost(error)
    }

    /// For the flows, which send a request again after a busy answer.
    pub(crate) fn read_again(&self, response: &Response<'_>) -> Result<T, Error> {
        let hide_secrets = |errmsg: &str| errmsg::hide(errmsg, &self.request.secrets());
        read_answer(self.request.operation, &self.rule, response, hide_secrets)
    }
}

impl<T: Answer> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({:?})", self.request)
    }
}

/// Reads an answer by its rule, wherever the request came from. What hides the request's secrets in a message is called
/// only for a refusal.
pub(crate) fn read_answer<T: sealed::Answer>(
    operation: Operation,
    rule: &T::Rule,
    response: &Response<'_>,
    hide_secrets: impl FnOnce(&str) -> String,
) -> Result<T, Error> {
    const { assert!(T::KEYS.len() <= MAX_KEYS) };
    let mut decoded = None;
    match Body::read(operation, T::KEYS, response, &mut decoded, hide_secrets) {
        Ok(body) => T::read(rule, &body),
        Err(Error::Refused(refusal)) => T::refused(refusal),
        Err(other) => Err(other),
    }
}

/// What a [`Call`] can yield. It is implemented for the answers of this crate, and cannot be for others.
pub trait Answer: sealed::Answer {}

impl<T: sealed::Answer> Answer for T {}

pub(crate) mod sealed {
    use super::{Body, Error, Refusal};

    pub trait Answer: Sized {
        /// What reading this answer depends on: whose answer it has to be.
        type Rule;
        /// The keys that the answer is read by. A repeated one makes it malformed; the others are set aside.
        const KEYS: &'static [&'static str];

        fn read(rule: &Self::Rule, body: &Body<'_>) -> Result<Self, Error>;

        /// A refusal is an error, except where it answers the question.
        fn refused(refusal: Refusal) -> Result<Self, Error> {
            Err(Error::Refused(refusal))
        }
    }
}

/// A GET request: a URL, without any header or body of its own.
#[derive(Debug)]
pub struct Request {
    operation: Operation,
    url: SecretUrl,
}

impl Request {
    /// Describes a request. Every value passes through the one encoder, so that none can add a parameter.
    pub(crate) fn new(operation: Operation, origin: &str, parameters: &[(&str, &str)]) -> Self {
        let path = operation.path();
        // Ids, codes and most tokens need no escape, which is three bytes for one.
        let is_plain = parameters.iter().all(|(_, value)| encode::is_plain(value));
        let longest = if is_plain { 1 } else { 3 };
        let query: usize =
            parameters.iter().map(|(name, value)| name.len() + 2 + longest * value.len()).sum();
        // Room for all of it: growing would leave copies of secrets behind.
        let mut url = String::with_capacity(origin.len() + path.len() + query);
        url.push_str(origin);
        url.push_str(path);
        let mut separator = '?';
        for (name, value) in parameters {
            url.push(separator);
            url.push_str(name);
            url.push('=');
            if is_plain {
                url.push_str(value);
            } else {
                encode::push(&mut url, value);
            }
            separator = '&';
        }
        Self { operation, url: SecretUrl::new(url) }
    }

    /// The method, which is always the same.
    #[must_use]
    pub const fn method(&self) -> &'static str {
        "GET"
    }

    /// The URL. It carries the secret, a token or a code.
    #[must_use]
    pub const fn url(&self) -> &SecretUrl {
        &self.url
    }

    /// The URL with `[redacted]` in place of each secret, token and code: to show it to people.
    #[must_use]
    pub fn redacted_url(&self) -> String {
        let url = self.url.expose();
        let (page, query) = url.split_once('?').unwrap_or((url, ""));
        let shown = |pair| match pair {
            (name, _) if SECRET_PARAMETERS.contains(&name) => format!("{name}={REDACTED}"),
            (name, value) => format!("{name}={value}"),
        };
        let query: Vec<_> = query.split('&').filter_map(|pair| pair.split_once('=')).map(shown).collect();
        format!("{page}?{}", query.join("&"))
    }

    /// Whether it goes to the API of these endpoints: a client sends to one host, and to no other.
    #[must_use]
    pub fn is_for(&self, endpoints: &Endpoints) -> bool {
        self.url.expose().strip_prefix(endpoints.api()).is_some_and(|rest| rest.starts_with('/'))
    }

    /// What it asks for.
    #[must_use]
    pub const fn operation(&self) -> Operation {
        self.operation
    }

    /// The values that nobody else may see, each as it is and as it stands in the URL.
    fn secrets(&self) -> Vec<Zeroizing<String>> {
        let query = self.url.expose().split_once('?').map_or("", |(_, query)| query);
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .filter(|(name, value)| SECRET_PARAMETERS.contains(name) && value.len() >= SHORTEST_SECRET)
            .flat_map(|(_, value)| encode::decode(value).into_iter().chain([value.to_owned()]))
            .map(Zeroizing::new)
            .collect()
    }

    pub(crate) const fn lost(&self, error: TransportError) -> Error {
        Error::Transport(LostAnswer { operation: self.operation, error })
    }
}

/// The parameters whose values nobody else may see.
const SECRET_PARAMETERS: [&str; 5] =
    ["secret", "code", "access_token", "refresh_token", "component_access_token"];

/// A shorter value is a placeholder in somebody's test, and would be found inside ordinary words.
const SHORTEST_SECRET: usize = 8;

/// An answer, as a transport hands it over. Headers are not asked for: WeChat's are wrong.
#[derive(Clone, Copy)]
pub struct Response<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
    pub(crate) sent_at: UnixTime,
}

impl<'a> Response<'a> {
    /// The HTTP status, the body (undecoded, at most [`MAX_BODY`] + 1 bytes), and when the *request was sent*, so that
    /// a token is never thought to live longer than it does.
    #[must_use]
    pub const fn new(status: u16, body: &'a [u8], sent_at: UnixTime) -> Self {
        Self { status, body, sent_at }
    }
}

/// The body may hold tokens, so only its length is shown.
impl fmt::Debug for Response<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, body, sent_at } = self;
        write!(f, "Response(status: {status}, body: {} bytes, sent_at: {})", body.len(), sent_at.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::App;
    use crate::grant::Exchanged;
    use crate::scope::Scope;
    use crate::testing;

    const CANARY: &str = "canary0123456789";

    fn exchange() -> Call<Exchanged> {
        let code = crate::Code::received_without_state(CANARY).unwrap().asked_for(Scope::Base);
        testing::official().exchange(code).unwrap()
    }

    fn refusal(errmsg: &str) -> Refusal {
        let body = format!(r#"{{"errcode":40029,"errmsg":"{errmsg}"}}"#);
        match exchange().read(&Response::new(200, body.as_bytes(), testing::NOW)).unwrap_err() {
            Error::Refused(refusal) => refusal,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn a_refusal_that_quotes_the_request_loses_the_quote() {
        let secret = testing::SECRET;
        let refusal = refusal(&format!("bad {CANARY} of {secret}, rid: {CANARY}"));
        assert_eq!(refusal.message().as_untrusted_str(), "bad [redacted] of [redacted], rid: [redacted]");
        assert_eq!(refusal.request_id(), None);
    }

    #[test]
    fn a_quote_of_any_secret_of_any_call_is_cut() {
        fn message<T: Answer>(call: Call<T>, quoted: &str) -> String {
            let body = format!(r#"{{"errcode":45009,"errmsg":"quota of {quoted} reached"}}"#);
            match call.read(&Response::new(200, body.as_bytes(), testing::NOW)) {
                Err(Error::Refused(refusal)) => refusal.message().to_string(),
                _ => panic!("not refused"),
            }
        }
        let (app, grant) = (testing::official(), testing::grant());
        let component_token = "component%token/with+reserved";
        let component = App::component(app.account().appid().clone(), "wxc".parse().unwrap());
        let component =
            component.with_component_token(crate::ComponentAccessToken::new(component_token).unwrap());
        let encoded = "component%25token%2Fwith%2Breserved";
        let cut = "quota of [redacted] reached";
        assert_eq!(message(app.refresh(&grant).unwrap(), testing::REFRESH_TOKEN), cut);
        assert_eq!(message(app.check(&grant).unwrap(), testing::ACCESS_TOKEN), cut);
        assert_eq!(
            message(app.profile(&grant, crate::ProfileLang::default()).unwrap(), testing::ACCESS_TOKEN),
            cut
        );
        assert_eq!(message(component.refresh(&grant).unwrap(), component_token), cut);
        assert_eq!(message(component.refresh(&grant).unwrap(), encoded), cut);
        assert_eq!(
            message(app.check(&grant).unwrap(), testing::OPENID),
            format!("quota of {} reached", testing::OPENID)
        );
    }

    /// The percent sign makes an escape of the quote's first two digits, which decoding would take away.
    #[test]
    fn a_quote_behind_a_percent_sign_is_cut_too() {
        let grant = crate::Grant {
            access_token: crate::AccessToken::new("77_access+token/of=tests").unwrap(),
            ..testing::grant()
        };
        for quote in ["77_access+token/of=tests", "77_access%2Btoken%2Fof%3Dtests"] {
            let call = testing::official().check(&grant).unwrap();
            let body = format!(r#"{{"errcode":45009,"errmsg":"quota of %{quote} reached"}}"#);
            let error = call.read(&Response::new(200, body.as_bytes(), testing::NOW)).unwrap_err();
            assert!(error.to_string().contains("quota of %[redacted] reached"), "{error}");
        }
    }

    #[test]
    fn debug_shows_neither_the_query_nor_the_body() {
        let call = exchange();
        let response = Response::new(200, CANARY.as_bytes(), testing::NOW);
        let debug = format!("{call:?} {:?} {response:?}", call.request());
        assert!(debug.contains("https://api.weixin.qq.com/sns/oauth2/access_token?[redacted]"), "{debug}");
        assert!(!debug.contains(CANARY) && !debug.contains(testing::SECRET), "{debug}");
    }

    #[test]
    fn a_redacted_url_shows_names_and_ids_only() {
        assert_eq!(
            exchange().request().redacted_url(),
            "https://api.weixin.qq.com/sns/oauth2/access_token?appid=wx0123456789abcdef&secret=[redacted]\
             &code=[redacted]&grant_type=authorization_code"
        );
        let every: Vec<_> = SECRET_PARAMETERS.map(|name| (name, CANARY)).into();
        let url = Request::new(Operation::Check, "https://h", &every).redacted_url();
        assert!(!url.contains(CANARY) && url.matches(REDACTED).count() == every.len(), "{url}");
    }

    #[test]
    fn a_request_is_for_the_api_host_that_it_names_and_no_other() {
        let at = |base: &str| Endpoints::emulator(base).unwrap();
        let request = Request::new(Operation::Check, "http://127.0.0.1:8080", &[]);
        assert!(request.is_for(&at("http://127.0.0.1:8080")));
        for other in
            ["http://127.0.0.1:808", "http://127.0.0.1", "http://localhost:8080", "https://127.0.0.1:8080"]
        {
            assert!(!request.is_for(&at(other)), "{other}");
        }
        assert!(!request.is_for(&Endpoints::default()));
    }

    #[test]
    fn no_value_can_add_a_parameter() {
        let request =
            Request::new(Operation::Check, "https://h", &[("access_token", "a&b=c#d e"), ("openid", "o+%")]);
        assert_eq!(
            request.url().expose(),
            "https://h/sns/auth?access_token=a%26b%3Dc%23d%20e&openid=o%2B%25"
        );
    }

    #[test]
    fn a_lost_exchange_restarts_and_a_lost_profile_is_asked_for_again() {
        use crate::{Advice, Phase, TransportErrorKind};
        let error = TransportError::new(TransportErrorKind::Timeout, Phase::Request);
        assert_eq!(exchange().lost(error).advice(), Advice::RestartAuthorization);
        let profile = testing::official().profile(&testing::grant(), crate::ProfileLang::default()).unwrap();
        assert_eq!(profile.lost(error).advice(), Advice::RetryLater);
    }

    #[test]
    fn a_call_shows_its_page_only_and_an_answer_its_size() {
        let call = exchange();
        assert_eq!(call.request().method(), "GET");
        assert_eq!(format!("{call:?}"), format!("Call({:?})", call.request()));
        let response = Response::new(200, CANARY.as_bytes(), testing::NOW);
        assert_eq!(format!("{response:?}"), "Response(status: 200, body: 16 bytes, sent_at: 1790000000)");
    }

    #[test]
    fn the_limit_of_an_answer_is_the_one_its_reason_tells() {
        let reason = crate::MalformedReason::TooLarge.to_string();
        assert!(reason.ends_with(&format!(" {} KiB", MAX_BODY / 1024)), "{reason}");
    }
}
