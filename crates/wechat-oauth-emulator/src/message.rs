//! What comes in and what goes out: [`Request`] and [`Reply`], as plain values.

use std::borrow::Cow;
use std::fmt;

use url::form_urlencoded;

/// The methods that make a difference to WeChat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// `GET`.
    Get,
    /// `HEAD`: what `GET` gives, without the body. WeChat's API does not take it.
    Head,
    /// `POST`.
    Post,
    /// `DELETE`: only the emulator's own API knows it.
    Delete,
    /// Any other; refused everywhere.
    Other,
}

impl Method {
    /// The method of this name; names are case-sensitive.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        match name {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" => Self::Post,
            "DELETE" => Self::Delete,
            _ => Self::Other,
        }
    }

    /// Whether it only reads: `GET` or `HEAD`.
    pub(crate) const fn reads(self) -> bool {
        matches!(self, Self::Get | Self::Head)
    }

    /// Its name; `OTHER` for any other.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Delete => "DELETE",
            Self::Other => "OTHER",
        }
    }
}

/// A request, as it came over the wire. `Debug` shows neither its query nor its body: secrets and codes travel there.
#[derive(Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path, percent-encoded as it came.
    pub path: String,
    /// What followed the first `?`, undecoded; empty for none.
    pub query: String,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; the shell takes at most [`Request::MAX_BODY`] bytes.
    pub body: Vec<u8>,
}

impl Request {
    /// The longest body that is taken, in bytes: a form or a JSON document of a few fields is far below.
    pub const MAX_BODY: usize = 64 * 1024;
    /// The longest path and query that are taken, in bytes together, as web servers commonly have it. Logins keep what
    /// came in them.
    pub const MAX_TARGET: usize = 8 * 1024;

    /// A `GET` of a path with its query. A fragment is dropped, as a browser does.
    #[must_use]
    pub fn get(target: &str) -> Self {
        Self::to(Method::Get, target)
    }

    /// A `POST` of a form, already encoded.
    #[must_use]
    pub fn post_form(target: &str, form: &str) -> Self {
        let mut request =
            Self::to(Method::Post, target).with_header("content-type", "application/x-www-form-urlencoded");
        request.body = form.as_bytes().to_vec();
        request
    }

    /// A request with a JSON body, for the emulator's own API.
    #[must_use]
    pub fn json(method: Method, target: &str, json: &str) -> Self {
        let mut request = Self::to(method, target).with_header("content-type", "application/json");
        request.body = json.as_bytes().to_vec();
        request
    }

    /// The same request with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        self
    }

    /// The first header of this name, which is in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    fn to(method: Method, target: &str) -> Self {
        let target = target.split('#').next().unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self { method, path: path.to_owned(), query: query.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    /// The cookie of this name.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.headers.iter().filter(|(found, _)| found == "cookie").find_map(|(_, cookies)| {
            cookies
                .split(';')
                .filter_map(|cookie| cookie.trim().split_once('='))
                .find_map(|(found, value)| (found == name).then_some(value))
        })
    }

    /// The parameters, decoded, in the order in which they came: those of the query, then those of a form in the body.
    #[must_use]
    pub fn parameters(&self) -> Vec<(String, String)> {
        self.params().0
    }

    pub(crate) fn params(&self) -> Params {
        let mut params = Params::parse(&self.query);
        let media_type =
            self.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default();
        let is_form = media_type.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded");
        if is_form {
            params.0.extend(Params::parse(&String::from_utf8_lossy(&self.body)).0);
        }
        params
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("query", &format_args!("{} bytes", self.query.len()))
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish_non_exhaustive()
    }
}

/// Decoded parameters in the order they came. Where one is repeated, the first counts.
#[derive(Clone)]
pub(crate) struct Params(pub(crate) Vec<(String, String)>);

impl Params {
    pub(crate) fn parse(query: &str) -> Self {
        Self(form_urlencoded::parse(query.as_bytes()).map(|(k, v)| (own(k), own(v))).collect())
    }

    /// The parameter, which may be empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The parameter, unless it is missing or empty, which WeChat's API does not tell apart.
    pub(crate) fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }
}

fn own(text: Cow<'_, str>) -> String {
    text.into_owned()
}

/// What the world answers. `Debug` shows neither headers nor body: tokens and codes travel there.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The headers, in order; `Content-Length` and `Date` are the shell's.
    pub headers: Vec<(&'static str, String)>,
    /// The whole body, also where [`Reply::connection`] or a `HEAD` keeps it from arriving.
    pub body: Vec<u8>,
    /// How it is delivered.
    pub connection: Connection,
}

impl Reply {
    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type", content_type.to_owned())],
            body: body.into(),
            connection: Connection::Normal,
        }
    }

    /// The first header of this name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    #[must_use]
    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}

/// How a reply is delivered over TCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// Whole, and the connection stays open.
    Normal,
    /// Nothing is sent for [`Connection::HANG_SECS`]; then the connection is reset.
    Hang,
    /// The connection is reset (RST) in place of an answer.
    Reset,
    /// The whole length is announced, so many bytes are sent, and the connection is closed.
    Truncate(usize),
    /// The body comes in pieces of `chunk` bytes, each `pause_ms` milliseconds after the one before.
    Slow {
        /// The bytes of a piece.
        chunk: usize,
        /// The milliseconds before each piece.
        pause_ms: u64,
    },
    /// [`Connection::HUGE_BYTES`] spaces come before the body, of which no length is announced.
    Huge,
    /// Spaces come before the body, a few at a time, for [`Connection::HANG_SECS`]; then the connection is closed.
    Endless,
    /// The whole body is sent, and one byte more is announced, which does not come for [`Connection::HANG_SECS`].
    Unfinished,
}

impl Connection {
    /// How long a hanging answer hangs, in seconds: past every sensible deadline, and yet a test ends.
    pub const HANG_SECS: u64 = 30;
    /// How many bytes a huge answer has: a thousand times what a client should take.
    pub const HUGE_BYTES: usize = 64 * 1024 * 1024;
}
