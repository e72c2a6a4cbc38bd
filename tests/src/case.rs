//! The list of cases: what the other side does with an exchange, and what has to come out of it.
//!
//! A transport in Rust plays a case by [`run`](Case::run). A client in another language is told where the case's other
//! side is ([`start`](Case::start)), and its document is judged ([`judge`](Started::judge)): see
//! [`lines`](crate::lines).

use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use rustls::pki_types::CertificateDer;
use serde_json::Value;
use wechat_oauth::TransportErrorKind::{Closed, Connect, Other, Protocol, Resolve, Timeout, Tls};
use wechat_oauth::{
    Advice, App, ConfigError, Endpoints, Error, Exchanged, MAX_BODY, MalformedReason, Phase, TransportError,
    TransportErrorKind,
};

use crate::certificate::{Kind, identity};
use crate::server::{Behaviour, ClosedPort, Server};
use crate::transport::{LONG, Setup, Told, Transport};
use crate::{ACCESS_TOKEN, app, code, grant_body};

/// A deadline for servers that never finish: long enough for a client in any language, on a busy machine, to have sent
/// its request by then.
const SHORT: Duration = Duration::from_secs(1);
/// What the system may take off a server's hands although the client has stopped reading: its buffers.
const IN_FLIGHT: u64 = 32 << 20;

/// What a library of another language may tell of a case, besides what is expected of it.
type Elsewhere = &'static [(TransportErrorKind, Phase)];
/// A client says that an answer is no HTTP when it ends too early, or that the connection broke when it was it that broke
/// it over an answer that is no HTTP; and it may lose a head that came together with what broke. To a program it is one:
/// the request may have been acted on.
const BROKEN: Elsewhere =
    &[(Closed, Phase::Request), (Closed, Phase::Body), (Protocol, Phase::Request), (Protocol, Phase::Body)];
/// A client may not tell why it never had a connection, or not have one name for it. Nothing was sent.
const UNREACHED: Elsewhere = &[(Connect, Phase::Connect)];
/// The same for a handshake that was answered, though not with TLS.
const HANDSHAKE: Elsewhere =
    &[(Connect, Phase::Connect), (Closed, Phase::Connect), (Protocol, Phase::Connect), (Tls, Phase::Connect)];

/// One case.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its name.
    pub name: &'static str,
    place: Place,
    timeout: Duration,
    /// Status and body as a transport has to hand them to the core; `None` where no answer comes.
    answer: Option<(u16, Vec<u8>)>,
    expected: Expected,
    elsewhere: Elsewhere,
}

/// Where the request goes.
#[derive(Debug, Clone)]
enum Place {
    Http(Behaviour),
    /// The last one says whether the client trusts the authority.
    Https(Kind, Behaviour, bool),
    /// Plain http where the client speaks TLS.
    HttpsAtHttp(Behaviour),
    ClosedPort,
    /// A host name that is not found.
    NoSuchName,
}

/// What has to come out.
#[derive(Debug, Clone)]
enum Expected {
    Grant,
    Snapshot,
    Refused(i64),
    Malformed(MalformedReason),
    /// One of these kinds, in one of these phases; which one can depend on timing. The in-memory transport is told the
    /// first of each.
    Lost(&'static [TransportErrorKind], &'static [Phase]),
}

/// What came out of a case, for those who look closer: an error, if it was one.
#[derive(Debug)]
pub struct Played {
    /// The error.
    pub error: Option<Error>,
}

/// Every case. A server that redirects sends its client to `sink`.
#[must_use]
pub fn cases(sink: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    cases.extend(answers());
    cases.extend(statuses());
    cases.extend(redirects(sink));
    cases.extend(sizes());
    cases.extend(deadlines());
    cases.extend(broken_connections());
    cases.extend(not_http());
    cases.extend(encodings());
    cases.extend(tls());
    cases
}

fn answers() -> Vec<Case> {
    let grant = grant_body();
    let snapshot = r#"{"openid":"v1","scope":"snsapi_base","is_snapshotuser":1}"#;
    let refused = r#"{"errcode":40029,"errmsg":"invalid code, rid: 1-2-3"}"#;
    let chunked = |note: &str| {
        let (first, second) = grant.split_at(grant.len() / 2);
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let (one, two) = (first.len(), second.len());
        format!("{head}{one:x}\r\n{first}\r\n{two:x}{note}\r\n{second}\r\n0\r\nTrailer: x\r\n\r\n")
            .into_bytes()
    };
    let to_the_end = |body: &str| format!("HTTP/1.0 200 OK\r\nServer: old\r\n\r\n{body}").into_bytes();
    let continued = [b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(), http(200, "", grant.as_bytes())].concat();
    // The fetch of Node breaks the connection off over an answer that nobody asked for.
    let continued = Case {
        elsewhere: BROKEN,
        ..on_the_wire("success after 100 Continue", continued, 200, &grant, Expected::Grant)
    };
    // The parser of Node takes a space for no part of a chunk's head.
    let spaced = Case {
        elsewhere: BROKEN,
        ..on_the_wire("success in chunks with a space", chunked("; note=1"), 200, &grant, Expected::Grant)
    };
    let mistyped = http(200, "Content-Type: image/png; charset=gbk\r\n", grant.as_bytes());
    vec![
        answered("success", 200, &grant, Expected::Grant),
        on_the_wire("success in chunks", chunked(";note=1"), 200, &grant, Expected::Grant),
        spaced,
        on_the_wire("success until the connection ends", to_the_end(&grant), 200, &grant, Expected::Grant),
        continued,
        on_the_wire("success with a wrong media type", mistyped, 200, &grant, Expected::Grant),
        answered("snapshot visitor", 200, snapshot, Expected::Snapshot),
        answered("refused", 200, refused, Expected::Refused(40029)),
        answered("busy", 200, r#"{"errcode":-1,"errmsg":"system error"}"#, Expected::Refused(-1)),
        answered("refused with status 400", 400, refused, Expected::Refused(40029)),
        answered("empty", 200, "", Expected::Malformed(MalformedReason::Empty)),
        answered(
            "html",
            200,
            "<html><body>log in</body></html>",
            Expected::Malformed(MalformedReason::NotJson),
        ),
        answered(
            "half a json",
            200,
            &grant[..grant.len() / 2],
            Expected::Malformed(MalformedReason::Truncated),
        ),
        answered("not an object", 200, "[]", Expected::Malformed(MalformedReason::NotAnObject)),
        answered("another thing", 200, "{}", Expected::Malformed(MalformedReason::MissingField("openid"))),
    ]
}

fn statuses() -> Vec<Case> {
    let wrong = || Expected::Malformed(MalformedReason::HttpStatus);
    vec![
        answered("500 with html", 500, "<html>Internal Server Error</html>", wrong()),
        answered("500 with nothing", 500, "", wrong()),
        answered("500 with a grant", 500, &grant_body(), wrong()),
        answered("502 with nothing", 502, "", wrong()),
        answered("404 with html", 404, "<html>Not Found</html>", wrong()),
        answered("403 with a grant", 403, &grant_body(), wrong()),
        answered("201 with a grant", 201, &grant_body(), wrong()),
        on_the_wire("204", b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(), 204, "", wrong()),
        on_the_wire("304", b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec(), 304, "", wrong()),
    ]
}

fn redirects(sink: &str) -> Vec<Case> {
    let codes = [
        (301, "301 to another host"),
        (302, "302 to another host"),
        (303, "303 to another host"),
        (307, "307 to another host"),
        (308, "308 to another host"),
    ];
    let wrong = || Expected::Malformed(MalformedReason::HttpStatus);
    let mut cases: Vec<Case> = codes
        .into_iter()
        .map(|(status, name)| {
            let wire = http(status, &format!("Location: {sink}/sns/oauth2/access_token\r\n"), b"");
            on_the_wire(name, wire, status, "", wrong())
        })
        .collect();
    let grant = grant_body();
    let with_body = http(302, &format!("Location: {sink}/\r\n"), grant.as_bytes());
    cases.push(on_the_wire("302 to another host with a grant", with_body, 302, &grant, wrong()));
    cases.push(on_the_wire("302 to nowhere", http(302, "", b""), 302, "", wrong()));
    let refresh = http(200, &format!("Refresh: 0; url={sink}/\r\n"), b"");
    let empty = Expected::Malformed(MalformedReason::Empty);
    cases.push(on_the_wire("200 with a Refresh header", refresh, 200, "", empty));
    cases
}

fn sizes() -> Vec<Case> {
    let too_large = || Expected::Malformed(MalformedReason::TooLarge);
    let grant = grant_body();
    let padded = |length: usize| format!("{}{grant}", " ".repeat(length - grant.len()));
    let over = (200, vec![b' '; MAX_BODY + 1]);
    let spaces = vec![b' '; 64 * 1024];
    let endless = |head: &str, again: &[u8]| {
        let first = format!("HTTP/1.1 200 OK\r\n{head}\r\n").into_bytes();
        Place::Http(Behaviour::Repeat(first, again.to_vec()))
    };
    let chunk = [b"10000\r\n".as_slice(), &spaces, b"\r\n"].concat();
    let huge = 200 << 20;
    vec![
        answered("64 KiB", 200, &padded(MAX_BODY), Expected::Grant),
        answered("64 KiB and one byte", 200, &padded(MAX_BODY + 1), too_large()),
        Case {
            place: endless(&format!("Content-Length: {huge}\r\n"), &spaces),
            ..case("200 MiB", Some(over.clone()), too_large())
        },
        Case {
            place: endless("Transfer-Encoding: chunked\r\n", &chunk),
            ..case("chunks without end", Some(over.clone()), too_large())
        },
        Case {
            place: endless("Connection: close\r\n", &spaces),
            ..case("a body without end", Some(over), too_large())
        },
        lost(
            "a head without end",
            Behaviour::Repeat(b"HTTP/1.1 200 OK\r\n".to_vec(), b"X-Header: 0123456789\r\n".to_vec()),
            &[Protocol],
            &[Phase::Request],
        ),
        lost(
            "a chunk's head without end",
            Behaviour::Repeat(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;".to_vec(),
                b"note=0123456789;".repeat(1024),
            ),
            &[Protocol],
            &[Phase::Body],
        ),
    ]
}

fn deadlines() -> Vec<Case> {
    let late = |name, behaviour| Case {
        timeout: SHORT,
        // A busy machine may not get further than the head.
        ..lost(name, behaviour, &[Timeout], &[Phase::Body, Phase::Request])
    };
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n".to_vec();
    let ended = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n".to_vec();
    vec![
        late("no head", Behaviour::Hang(Vec::new())),
        late("half a head", Behaviour::Hang(b"HTTP/1.1 200 OK\r\nContent-".to_vec())),
        late("a slow head", Behaviour::Drip(b"HTTP/1.1 200 OK\r\n".to_vec(), b"X-Header: 1\r\n".to_vec())),
        late("no body", Behaviour::Hang(head.clone())),
        late("half a body", Behaviour::Hang([head.as_slice(), b"{\"openid\":"].concat())),
        late("a slow body", Behaviour::Drip(head, b" ".to_vec())),
        late("103 without end", Behaviour::Drip(Vec::new(), b"HTTP/1.1 103 Hints\r\n\r\n".to_vec())),
        late("slow trailers", Behaviour::Drip(ended, b"X-Trailer: 1\r\n".to_vec())),
    ]
}

fn broken_connections() -> Vec<Case> {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n".as_slice();
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".as_slice();
    let body = grant_body().into_bytes();
    let cut = [head, &body].concat();
    let gone = |name, behaviour, phases| lost(name, behaviour, &[Closed], phases);
    vec![
        Case {
            place: Place::ClosedPort,
            ..case("closed port", None, Expected::Lost(&[Connect], &[Phase::Connect]))
        },
        Case {
            place: Place::NoSuchName,
            elsewhere: UNREACHED,
            ..case("no such name", None, Expected::Lost(&[Resolve], &[Phase::Connect]))
        },
        // It can come before the client takes the connection for made.
        Case {
            elsewhere: &[(Protocol, Phase::Request), (Connect, Phase::Connect)],
            ..gone("reset at once", Behaviour::ResetAtOnce, &[Phase::Request, Phase::Connect])
        },
        gone("reset in place of an answer", Behaviour::Reset(Vec::new()), &[Phase::Request]),
        // A reset can overtake the head.
        gone("reset in the body", Behaviour::Reset(cut.clone()), &[Phase::Body, Phase::Request]),
        gone("closed in place of an answer", Behaviour::Close(Vec::new()), &[Phase::Request]),
        gone(
            "closed in the head",
            Behaviour::Close(b"HTTP/1.1 200 OK\r\nContent-".to_vec()),
            &[Phase::Request],
        ),
        gone("closed in the body", Behaviour::Close(cut), &[Phase::Body]),
        gone("closed in a chunk", Behaviour::Close([chunked, b"400\r\n", &body].concat()), &[Phase::Body]),
        gone("closed between chunks", Behaviour::Close([chunked, b"1\r\n{\r\n"].concat()), &[Phase::Body]),
        gone("half-closed in place of an answer", Behaviour::HalfClose(Vec::new()), &[Phase::Request]),
        gone("half-closed in the body", Behaviour::HalfClose([head, &body].concat()), &[Phase::Body]),
    ]
}

fn not_http() -> Vec<Case> {
    let nonsense =
        |name, bytes: &[u8]| lost(name, Behaviour::Close(bytes.to_vec()), &[Protocol], &[Phase::Request]);
    let bad_chunk = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n{}\r\n0\r\n\r\n".to_vec();
    let short =
        [b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n".as_slice(), grant_body().as_bytes()].concat();
    vec![
        nonsense("another protocol", b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
        nonsense("a body without a head", b"{\"openid\":\"o1\"}\r\n\r\n"),
        nonsense("a status that is no number", b"HTTP/1.1 abc OK\r\n\r\n"),
        nonsense("a length that is no number", b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}"),
        lost("a chunk size that is no number", Behaviour::Close(bad_chunk), &[Protocol], &[Phase::Body]),
        Case {
            // What is left over is no HTTP.
            elsewhere: BROKEN,
            ..on_the_wire(
                "a length that is too short",
                short,
                200,
                &grant_body()[..10],
                Expected::Malformed(MalformedReason::Truncated),
            )
        },
    ]
}

fn encodings() -> Vec<Case> {
    let not_json = || Expected::Malformed(MalformedReason::NotJson);
    let gzipped = |name, plain: &[u8]| {
        let packed = gzip(plain);
        Case {
            place: Place::Http(Behaviour::Close(http(200, "Content-Encoding: gzip\r\n", &packed))),
            // A fetch unpacks everything; its client refuses what says that it is packed.
            elsewhere: BROKEN,
            ..case(name, Some((200, packed)), not_json())
        }
    };
    vec![
        gzipped("a grant in gzip", grant_body().as_bytes()),
        gzipped("10 MiB in 10 KiB of gzip", &vec![b' '; 10 << 20]),
    ]
}

fn tls() -> Vec<Case> {
    let grant = (200, grant_body().into_bytes());
    let at = |name, kind, trusted, expected| {
        let answer = Behaviour::Answer(http(200, "", &grant.1));
        Case { place: Place::Https(kind, answer, trusted), ..case(name, Some(grant.clone()), expected) }
    };
    let refused = |name, kind, trusted| Case {
        elsewhere: UNREACHED,
        ..at(name, kind, trusted, Expected::Lost(&[Tls], &[Phase::Connect]))
    };
    vec![
        at("https, its authority trusted", Kind::Good, true, Expected::Grant),
        refused("https, its authority not trusted", Kind::Good, false),
        refused("https for another host", Kind::OtherHost, true),
        refused("https, expired", Kind::Expired, true),
        refused("https, self-signed", Kind::SelfSigned, true),
        Case {
            place: Place::HttpsAtHttp(Behaviour::Unasked(http(400, "", b"this is http"))),
            elsewhere: HANDSHAKE,
            ..case(
                "https where http is spoken",
                None,
                Expected::Lost(&[Tls], &[Phase::Connect, Phase::Request]),
            )
        },
        Case {
            place: Place::HttpsAtHttp(Behaviour::ResetAtOnce),
            elsewhere: HANDSHAKE,
            ..case(
                "https, reset in the handshake",
                None,
                Expected::Lost(&[Closed], &[Phase::Connect, Phase::Request]),
            )
        },
    ]
}

fn case(name: &'static str, answer: Option<(u16, Vec<u8>)>, expected: Expected) -> Case {
    Case { name, place: Place::ClosedPort, timeout: LONG, answer, expected, elsewhere: &[] }
}

/// An answer with its length, and the connection closed after it.
fn answered(name: &'static str, status: u16, body: &str, expected: Expected) -> Case {
    on_the_wire(name, http(status, "", body.as_bytes()), status, body, expected)
}

/// An answer that is `status` and `body` to the core, and looks like `wire` on the wire.
fn on_the_wire(name: &'static str, wire: Vec<u8>, status: u16, body: &str, expected: Expected) -> Case {
    let answer = Some((status, body.as_bytes().to_vec()));
    Case { place: Place::Http(Behaviour::Close(wire)), ..case(name, answer, expected) }
}

fn lost(
    name: &'static str,
    behaviour: Behaviour,
    kinds: &'static [TransportErrorKind],
    phases: &'static [Phase],
) -> Case {
    // A deadline is a deadline in every language.
    let elsewhere = if kinds == [Timeout] { &[] } else { BROKEN };
    Case { place: Place::Http(behaviour), elsewhere, ..case(name, None, Expected::Lost(kinds, phases)) }
}

/// An HTTP answer; `headers` end with a line break each.
#[must_use]
pub fn http(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} Some Words\r\n{headers}Content-Length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

impl Case {
    /// Plays the case over a transport.
    ///
    /// # Errors
    /// What did not come out as it has to.
    pub fn run<T: Transport>(&self) -> Result<Played, String> {
        let started = self.start();
        let title = format!("{} over {}", self.name, T::NAME);
        let app = app(started.endpoints());
        let client = started.connect::<T>(&app).map_err(|error| format!("{title}: {error}"))?;
        let result = client.send(app.exchange(code()).unwrap());
        if !self.expects(&result) {
            return Err(format!("{title}: expected {:?}, got {result:?}", self.expected));
        }
        started.not_too_much().map_err(|why| format!("{title}: {why}"))?;
        Ok(Played { error: result.err() })
    }

    /// Starts the other side.
    #[must_use]
    pub fn start(&self) -> Started<'_> {
        let mut started =
            Started { case: self, base_url: String::new(), root: None, server: None, closed_port: None };
        started.base_url = match &self.place {
            Place::Http(behaviour) => started.server.insert(Server::start(behaviour.clone())).base_url(),
            Place::HttpsAtHttp(behaviour) => {
                let server = started.server.insert(Server::start(behaviour.clone()));
                server.base_url().replace("http:", "https:")
            }
            Place::Https(kind, behaviour, trusted) => {
                let identity = identity(*kind);
                started.root = trusted.then_some(identity.root);
                started.server.insert(Server::https(behaviour.clone(), identity.server)).base_url()
            }
            Place::ClosedPort => started.closed_port.insert(ClosedPort::take()).base_url(),
            // A name that stays on this machine even for a client whose resolver was not replaced. Nobody listens there.
            Place::NoSuchName => {
                let port = started.closed_port.insert(ClosedPort::take()).base_url();
                port.replace("127.0.0.1", "localhost")
            }
        };
        started
    }

    fn told(&self) -> Told {
        match (&self.answer, &self.expected) {
            (_, Expected::Lost(kinds, phases)) => Err(TransportError::new(kinds[0], phases[0])),
            (Some(answer), _) => Ok(answer.clone()),
            (None, _) => Err(TransportError::new(Other, Phase::Request)),
        }
    }

    fn expects(&self, result: &Result<Exchanged, Error>) -> bool {
        match (&self.expected, result) {
            (Expected::Grant, Ok(Exchanged::Grant(grant))) => grant.openid().as_str() == "o1",
            (Expected::Snapshot, Ok(Exchanged::Snapshot(_))) => true,
            (Expected::Refused(errcode), Err(Error::Refused(refusal))) => refusal.errcode() == *errcode,
            (Expected::Malformed(reason), Err(Error::Malformed(malformed))) => {
                let (status, body) = self.answer.as_ref().unwrap();
                let seen = (malformed.reason(), malformed.status(), malformed.length());
                seen == (*reason, *status, body.len())
            }
            (Expected::Lost(kinds, phases), Err(error @ Error::Transport(lost))) => {
                let TransportError { kind, phase } = lost.transport();
                let restarts = error.advice() == Advice::RestartAuthorization;
                kinds.contains(&kind) && phases.contains(&phase) && restarts
            }
            _ => false,
        }
    }

    /// Whether a document is what has to come out, in any language.
    fn expects_document(&self, document: &Value) -> bool {
        let (grant, error) = (&document["grant"], &document["error"]);
        if let Some("transport") = error["kind"].as_str() {
            let (kinds, phases) = match self.expected {
                Expected::Lost(kinds, phases) => (kinds, phases),
                _ => (&[][..], &[][..]),
            };
            let here = kinds.iter().flat_map(|kind| phases.iter().map(move |phase| (*kind, *phase)));
            return document["advice"] == Advice::RestartAuthorization.as_str()
                && here.chain(self.elsewhere.iter().copied()).any(|(kind, phase)| {
                    error["reason"] == kind.as_str() && error["phase"] == phase.as_str()
                });
        }
        match &self.expected {
            Expected::Grant => {
                error.is_null()
                    && grant["openid"] == "o1"
                    && grant["access_token"] == ACCESS_TOKEN
                    && grant["snapshot"] == false
                    && document["stored_grant"]["openid"] == "o1"
            }
            Expected::Snapshot => {
                error.is_null() && grant["snapshot"] == true && document["stored_grant"].is_null()
            }
            Expected::Refused(errcode) => error["kind"] == "refused" && error["errcode"] == *errcode,
            Expected::Malformed(reason) => {
                let status = self.answer.as_ref().map(|(status, _)| *status);
                error["kind"] == "malformed"
                    && error["reason"] == reason.as_str()
                    && error["status"].as_u64() == status.map(u64::from)
            }
            Expected::Lost(..) => false,
        }
    }
}

/// A case whose other side is there, until this is dropped.
#[derive(Debug)]
pub struct Started<'a> {
    case: &'a Case,
    base_url: String,
    root: Option<CertificateDer<'static>>,
    server: Option<Server>,
    closed_port: Option<ClosedPort>,
}

impl Started<'_> {
    /// Where the other side is.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The same for an app.
    #[must_use]
    pub fn endpoints(&self) -> Endpoints {
        match &self.case.place {
            Place::NoSuchName => Endpoints::custom("https://api.invalid", "https://api.invalid"),
            _ => Endpoints::emulator(&self.base_url),
        }
        .unwrap()
    }

    /// A client as the case wants it.
    ///
    /// # Errors
    /// When it cannot be made for this app.
    pub fn connect<T: Transport>(&self, app: &App) -> Result<T, ConfigError> {
        let told = self.case.told();
        let setup = Setup {
            timeout: self.case.timeout,
            roots: self.root.iter().cloned().collect(),
            no_names: self.no_names(),
            memory: Box::new(move |_| told.clone()),
        };
        T::connect(app, setup)
    }

    /// The deadline of the client.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        self.case.timeout
    }

    /// The one root certificate that the client trusts; without one, the usual ones.
    #[must_use]
    pub const fn root(&self) -> Option<&CertificateDer<'static>> {
        self.root.as_ref()
    }

    /// Whether every name lookup of the client fails, where its language lets it.
    #[must_use]
    pub const fn no_names(&self) -> bool {
        matches!(self.case.place, Place::NoSuchName)
    }

    /// Judges what a client in another language came to. It may tell less about a lost answer than a transport of ours,
    /// as far as the case says; never less than whether the request may have been acted on.
    ///
    /// # Errors
    /// What did not come out as it has to.
    pub fn judge(&self, document: &Value) -> Result<(), String> {
        if !self.case.expects_document(document) {
            // A grant's document is not shown: it has tokens.
            let got = format!("{}, advice {}", document["error"], document["advice"]);
            let Case { expected, elsewhere, .. } = self.case;
            return Err(format!("expected {expected:?}, or lost as one of {elsewhere:?}, got {got}"));
        }
        self.not_too_much()
    }

    /// One request is all that a code is sent with, and no client takes an answer that does not end.
    fn not_too_much(&self) -> Result<(), String> {
        let Some(server) = &self.server else { return Ok(()) };
        let (requests, written) = (server.requests().len(), server.written());
        if requests > 1 || written > IN_FLIGHT {
            return Err(format!("{requests} requests sent, {written} bytes of answer taken"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_language_may_say_that_nothing_was_sent_where_something_may_have_been() {
        for case in cases("http://127.0.0.1:1") {
            let sent = |phase| phase != Phase::Connect;
            let phases: &[Phase] = match case.expected {
                Expected::Lost(_, phases) => phases,
                // An answer came.
                _ => &[Phase::Request],
            };
            for (_, phase) in case.elsewhere {
                assert!(phases.iter().any(|here| sent(*here) == sent(*phase)), "{}", case.name);
            }
        }
    }
}
