//! What can go wrong with a request, and the server that it goes wrong at.

use std::time::Duration;

use conformance::case::http;
use conformance::server::{Behaviour, ClosedPort, Server};
use conformance::transport::{LONG, Told};
use conformance::{ACCESS_TOKEN, REFRESH_TOKEN, SECRET};
use wechat_oauth::{MAX_BODY, Phase, TransportError, TransportErrorKind};

use crate::{NOWHERE, query_of, refusal_body, wide_grant_body};

/// A deadline for a server that never finishes.
pub(crate) const SHORT: Duration = Duration::from_millis(300);

/// Something that goes wrong with a request.
#[derive(Clone)]
pub(crate) struct Fault {
    pub(crate) name: String,
    /// What the server does; without one, nobody listens.
    pub(crate) behaviour: Option<Behaviour>,
    /// What the in-memory transport gets in its place.
    pub(crate) told: Told,
    pub(crate) timeout: Duration,
    /// The kind of error that comes of it.
    pub(crate) kind: &'static str,
}

impl Fault {
    pub(crate) fn answered(name: &str, kind: &'static str, status: u16, headers: &str, body: &str) -> Self {
        Self {
            name: name.to_owned(),
            behaviour: Some(Behaviour::Close(http(status, headers, body.as_bytes()))),
            told: Ok((status, body.as_bytes()[..body.len().min(MAX_BODY + 1)].to_vec())),
            timeout: LONG,
            kind,
        }
    }

    fn refused(name: &str, errmsg: &str) -> Self {
        Self::answered(name, "refused", 200, "", &refusal_body(40001, errmsg))
    }

    fn lost(name: &str, behaviour: Option<Behaviour>, kind: TransportErrorKind, phase: Phase) -> Self {
        let (told, timeout) = (Err(TransportError::new(kind, phase)), LONG);
        Self { name: name.to_owned(), behaviour, told, timeout, kind: "transport" }
    }
}

/// A text as a part of a URL.
fn percent_encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The ways in which a refusal can quote a request.
fn quotes(url: &str) -> Vec<(String, String)> {
    let values = query_of(url);
    let decoded: Vec<_> = values.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let lower = ["%2B", "%2F", "%3D"]
        .iter()
        .fold(url.to_owned(), |url, escape| url.replace(escape, &escape.to_lowercase()));
    let mut quotes = vec![
        ("as it was sent".to_owned(), format!("no {url} here")),
        ("percent-encoded".to_owned(), format!("no {} here", percent_encoded(url))),
        ("decoded".to_owned(), format!("no {}?{} here", url.split('?').next().unwrap(), decoded.join("&"))),
        ("with escapes in lower case".to_owned(), format!("no {lower} here")),
    ];
    for (name, value) in values {
        quotes
            .push((format!("whose {name} stands for a request id"), format!("no such thing, rid: {value}")));
        quotes.push((
            format!("whose {name} stands for an old request id"),
            format!("no such thing, hints: [ req_id: {value} ]"),
        ));
    }
    quotes
}

/// A representative set of what can go wrong with the request to this URL. Wherever a text can stand, it quotes the
/// request and has tokens.
pub(crate) fn faults(url: &str) -> Vec<Fault> {
    use TransportErrorKind::{Closed, Connect, Protocol, Timeout};
    let body = wide_grant_body();
    let said = format!("{url} {ACCESS_TOKEN} {REFRESH_TOKEN}");
    let query = url.split_once('?').unwrap().1;
    let raw = |text: String| Some(Behaviour::Close(text.into_bytes()));
    let cut = format!("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{body}").into_bytes();
    let hang = Fault::lost("a deadline", Some(Behaviour::Hang(cut.clone())), Timeout, Phase::Body);
    let headers = format!("X-Asked: {url}\r\nSet-Cookie: token={ACCESS_TOKEN}\r\n");
    let chunk = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{said}\r\n{{}}\r\n0\r\n\r\n");
    let mistyped =
        format!(r#"{{"errcode":"{ACCESS_TOKEN}","openid":"{REFRESH_TOKEN}","errmsg":["{SECRET}"]}}"#);
    let mut faults = vec![
        Fault::lost("a closed port", None, Connect, Phase::Connect),
        Fault::lost("a reset", Some(Behaviour::Reset(Vec::new())), Closed, Phase::Request),
        Fault::lost("an answer cut short", Some(Behaviour::Close(cut)), Closed, Phase::Body),
        Fault { timeout: SHORT, ..hang },
        Fault::lost("a head that is none", raw(format!("HTTP/1.1 {said}\r\n\r\n")), Protocol, Phase::Request),
        Fault::lost("a chunk that is none", raw(chunk), Protocol, Phase::Body),
        Fault::answered("502 with html", "malformed", 502, &headers, &format!("<html>{said}</html>")),
        Fault::answered("html", "malformed", 200, "", &format!("<html>{said}</html>")),
        Fault::answered(
            "302 with the query",
            "malformed",
            302,
            &format!("Location: {NOWHERE}/login?{query}\r\n"),
            "",
        ),
        Fault::answered("over the limit", "malformed", 200, "", &said.repeat(MAX_BODY / said.len() + 1)),
        Fault::answered("a JSON cut short", "malformed", 200, "", &body[..body.len() - 20]),
        Fault::answered("wrong types", "malformed", 200, "", &mistyped),
        Fault::answered("a token for an error code", "malformed", 200, "", &format!("[\"{said}\"]")),
    ];
    let reason = format!("HTTP/1.1 500 {said}\r\nContent-Length: 0\r\n\r\n");
    faults.push(Fault {
        behaviour: raw(reason),
        ..Fault::answered("500 for a reason that quotes", "malformed", 500, "", "")
    });
    for (name, errmsg) in quotes(url) {
        faults.push(Fault::refused(&format!("a refusal that quotes the request {name}"), &errmsg));
    }
    faults
}

/// The other side, as long as it is needed.
pub(crate) enum Side {
    Server(Server),
    ClosedPort(ClosedPort),
}

impl Side {
    pub(crate) fn new(behaviour: Option<Behaviour>) -> Self {
        behaviour
            .map_or_else(|| Self::ClosedPort(ClosedPort::take()), |does| Self::Server(Server::start(does)))
    }

    pub(crate) fn base_url(&self) -> String {
        match self {
            Self::Server(server) => server.base_url(),
            Self::ClosedPort(port) => port.base_url(),
        }
    }
}
