//! What is said of every operation, flow and value, in errors, `Debug`, logs and panics: nothing secret, in any form.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, and so do its helpers")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Debug};
use std::sync::Arc;
use std::time::Duration;

use conformance::case::http;
use conformance::leak::{self, CANARIES, COMPONENT_TOKEN, FORMS, STATE, Said};
use conformance::server::{Behaviour, ClosedPort, Server};
use conformance::transport::{LONG, Told};
use conformance::{ACCESS_TOKEN, CODE, Memory, REFRESH_TOKEN, Reqwest, SECRET, Setup, Transport, Ureq};
use conformance::{code, grant_body};
use log::LevelFilter;
use wechat_oauth::{
    AccessToken, Answer, App, AppSecret, Call, CheckReport, Code, ComponentAccessToken, ConfigError,
    Endpoints, Error, Exchanged, Expected, ExpectedCallback, Flow, Grant, GrantReport, MAX_BODY, Operation,
    Pending, Phase, ProfileLang, ProfileReport, RedirectUri, RefreshToken, Request, Response, Scope,
    SignedIn, State, Step, StoredGrant, TransportError, TransportErrorKind, UnixTime, Validity,
    WxLoginOptions, now, read_callback_report, read_report,
};
use wechat_oauth_emulator::{
    AccountFile, AccountKind, Concealed, Connection, Emulator, Endpoint, Misbehaviour, WorldFile,
};

/// A deadline for a server that never finishes.
const SHORT: Duration = Duration::from_millis(300);
const NOW: UnixTime = UnixTime::from_secs(1_790_000_000);
/// A place for requests that are only looked at.
const NOWHERE: &str = "http://127.0.0.1:9";

/// Whatever was found, so that one run tells it all: where which secret has which form, through which channels, and
/// what the first of them says.
#[derive(Default)]
struct Findings(BTreeMap<String, (Vec<&'static str>, String)>);

impl Findings {
    fn look(&mut self, title: &str, said: &[Said]) {
        for (channel, text) in said {
            for (name, form) in leak::find(text) {
                let title = format!("{title}: the {name}, {form}");
                self.0.entry(title).or_insert_with(|| (Vec::new(), text.clone())).0.push(channel);
            }
        }
    }

    fn look_at(&mut self, title: &str, value: &dyn Debug) {
        self.look(title, &leak::shown(value));
    }

    fn none(self) {
        let mut found = String::new();
        for (title, (channels, text)) in &self.0 {
            found.push_str(&format!("{title}, in {}: {text}\n", channels.join(", ")));
        }
        assert!(found.is_empty(), "{} leaks:\n{found}", self.0.len());
    }
}

/// Captures what is logged at the level that the documentation permits. All tests of this file share it.
fn capture_logs() {
    leak::capture_logs(LevelFilter::Debug);
}

/// Everything that was logged, but for what was planted.
fn logged() -> Vec<leak::Line> {
    leak::captured().into_iter().filter(|line| !line.target.starts_with("planted")).collect()
}

fn app_of(component: bool, endpoints: Endpoints) -> App {
    let appid = "wx0123456789abcdef".parse().unwrap();
    let app = if component {
        App::component(appid, "wxcomponent".parse().unwrap())
            .with_component_token(ComponentAccessToken::new(COMPONENT_TOKEN).unwrap())
    } else {
        App::official_account(appid, AppSecret::new(SECRET).unwrap())
    };
    app.at(endpoints)
}

fn app_at(component: bool, base_url: &str) -> App {
    app_of(component, Endpoints::emulator(base_url).unwrap())
}

/// What grants, and reads the profile too.
fn wide_grant_body() -> String {
    grant_body().replace("snsapi_base", "snsapi_userinfo")
}

fn wide_code() -> Code {
    Code::received_without_state(CODE).unwrap().asked_for(Scope::UserInfo)
}

fn grant(app: &App) -> Grant {
    let call = app.exchange(wide_code()).unwrap();
    call.read(&Response::new(200, wide_grant_body().as_bytes(), now())).unwrap().into_grant().unwrap()
}

fn refusal_body(errcode: i64, errmsg: &str) -> String {
    serde_json::json!({"errcode": errcode, "errmsg": errmsg}).to_string()
}

fn success_body(operation: Operation) -> String {
    match operation {
        Operation::Check => refusal_body(0, "ok"),
        // A profile has no token; one in a field of its own is kept as what nobody knows.
        Operation::Profile => format!(r#"{{"openid":"o1","nickname":"n","note":"{ACCESS_TOKEN}"}}"#),
        _ => wide_grant_body(),
    }
}

/// Something that goes wrong with a request.
#[derive(Clone)]
struct Fault {
    name: String,
    /// What the server does; without one, nobody listens.
    behaviour: Option<Behaviour>,
    /// What the in-memory transport gets in its place.
    told: Told,
    timeout: Duration,
    /// The kind of error that comes of it.
    kind: &'static str,
}

impl Fault {
    fn answered(name: &str, kind: &'static str, status: u16, headers: &str, body: &str) -> Self {
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

fn query_of(url: &str) -> Vec<(String, String)> {
    url::Url::parse(url).unwrap().query_pairs().into_owned().collect()
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
fn faults(url: &str) -> Vec<Fault> {
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

/// The faults that are played over sockets in the middle of a flow.
const IN_FLOWS: [&str; 8] = [
    "a closed port",
    "a reset",
    "a deadline",
    "502 with html",
    "302 with the query",
    "over the limit",
    "a refusal that quotes the request as it was sent",
    "a refusal that quotes the request percent-encoded",
];

/// The other side, as long as it is needed.
enum Side {
    Server(Server),
    ClosedPort(ClosedPort),
}

impl Side {
    fn new(behaviour: Option<Behaviour>) -> Self {
        behaviour
            .map_or_else(|| Self::ClosedPort(ClosedPort::take()), |does| Self::Server(Server::start(does)))
    }

    fn base_url(&self) -> String {
        match self {
            Self::Server(server) => server.base_url(),
            Self::ClosedPort(port) => port.base_url(),
        }
    }
}

/// What a call says of itself, and the URL that it asks for.
fn described(app: &App, operation: Operation) -> (String, Vec<Said>) {
    fn of<T: Answer>(call: &Call<T>) -> (String, Vec<Said>) {
        let (url, mut said) = (call.request().url(), leak::shown(call));
        said.extend(of_request(call.request()));
        (url.expose().to_owned(), said)
    }
    let grant = grant(app);
    match operation {
        Operation::Exchange | Operation::ComponentExchange => of(&app.exchange(wide_code()).unwrap()),
        Operation::Refresh | Operation::ComponentRefresh => of(&app.refresh(&grant).unwrap()),
        Operation::Check => of(&app.check(&grant).unwrap()),
        Operation::Profile => of(&app.profile(&grant, ProfileLang::default()).unwrap()),
    }
}

fn of_request(request: &Request) -> Vec<Said> {
    let mut said = leak::shown(request);
    said.extend(leak::shown(request.url()));
    said.push(("the redacted URL", request.redacted_url()));
    said.push(("the URL without its query", request.url().without_query().to_owned()));
    said
}

/// Sends a call of the operation; a token that is not valid counts as refused.
fn send<T: Transport>(client: &T, app: &App, operation: Operation) -> (Vec<Said>, Option<Error>) {
    fn said<T: Debug>(result: Result<T, Error>) -> (Vec<Said>, Option<Error>) {
        match result {
            Ok(answer) => (leak::shown(&answer), None),
            Err(error) => (leak::channels(&error), Some(error)),
        }
    }
    let grant = grant(app);
    match operation {
        Operation::Exchange | Operation::ComponentExchange => {
            said(client.send(app.exchange(wide_code()).unwrap()))
        }
        Operation::Refresh | Operation::ComponentRefresh => said(client.send(app.refresh(&grant).unwrap())),
        Operation::Profile => said(client.send(app.profile(&grant, ProfileLang::default()).unwrap())),
        Operation::Check => {
            let validity = client.send(app.check(&grant).unwrap());
            let mut all = validity.as_ref().map(|validity| leak::shown(validity)).unwrap_or_default();
            let validity = validity.and_then(|validity| {
                let report = CheckReport::from(&validity);
                all.push(("the check's document", serde_json::to_string(&report).unwrap()));
                match validity {
                    Validity::NotValid(refusal) => Err(Error::from(refusal)),
                    valid @ Validity::Valid => Ok(valid),
                }
            });
            let (more, error) = said(validity);
            all.extend(more);
            (all, error)
        }
    }
}

fn every_operation_says_nothing_secret<T: Transport + Debug>() {
    capture_logs();
    let mut findings = Findings::default();
    for operation in Operation::ALL {
        let (url, said) = described(&app_at(operation.is_component(), NOWHERE), operation);
        findings.look(&format!("the call of {operation}"), &said);
        let mut faults = faults(&url);
        faults.push(Fault::answered("success", "success", 200, "", &success_body(operation)));
        for fault in faults {
            let title = format!("{operation}, {}, {}", T::NAME, fault.name);
            let side = Side::new(fault.behaviour);
            let app = app_at(operation.is_component(), &side.base_url());
            let told = fault.told.clone();
            let memory = Box::new(move |_: &Request| told.clone());
            let client =
                T::connect(&app, Setup { timeout: fault.timeout, memory, ..Setup::patient() }).unwrap();
            let (said, error) = send(&client, &app, operation);
            findings.look(&title, &said);
            findings.look_at(&title, &client);
            assert_eq!(error.as_ref().map_or("success", Error::kind), fault.kind, "{title}: {error:?}");
        }
    }
    findings.none();
    assert_eq!(leak::find_in_log(&logged()), BTreeSet::new());
    if T::NAME != Memory::NAME {
        assert!(logged().iter().any(|line| line.target.starts_with(T::NAME)), "{} wrote nothing", T::NAME);
    }
}

#[test]
fn every_operation_over_memory_says_nothing_secret() {
    every_operation_says_nothing_secret::<Memory>();
}

#[test]
fn every_operation_over_ureq_says_nothing_secret() {
    every_operation_says_nothing_secret::<Ureq>();
}

#[test]
fn every_operation_over_reqwest_says_nothing_secret() {
    every_operation_says_nothing_secret::<Reqwest>();
}

/// A flow, and the request in it that meets the fault.
#[derive(Debug, Clone, Copy)]
struct Place {
    renewal: bool,
    operation: Operation,
    component: bool,
}

impl Place {
    fn all() -> Vec<Self> {
        let place = |renewal, operation, component| Self { renewal, operation, component };
        vec![
            place(false, Operation::Exchange, false),
            place(false, Operation::Profile, false),
            place(false, Operation::Refresh, false),
            place(false, Operation::ComponentExchange, true),
            place(false, Operation::Profile, true),
            place(false, Operation::ComponentRefresh, true),
            place(true, Operation::Refresh, false),
            place(true, Operation::ComponentRefresh, true),
        ]
    }

    /// The answers before it: a grant, then a token that is stale.
    fn before(self) -> Vec<String> {
        let answers = [wide_grant_body(), refusal_body(40001, "invalid credential")];
        let length = match self.operation {
            Operation::Profile => 1,
            Operation::Refresh | Operation::ComponentRefresh if !self.renewal => 2,
            _ => 0,
        };
        answers[..length].to_vec()
    }

    /// A server that plays it; `None` when it takes one that does not listen, and it has listened before.
    fn behaviour(self, fault: &Fault) -> Option<Option<Behaviour>> {
        let before = self.before();
        match &fault.behaviour {
            None => before.is_empty().then_some(None),
            Some(last) => Some(Some(before.iter().rev().fold(last.clone(), |next, answer| {
                Behaviour::Then(http(200, "", answer.as_bytes()), Box::new(next))
            }))),
        }
    }

    /// What the in-memory side says to a request.
    fn told(self, fault: &Fault, request: &Request) -> Told {
        let operation = request.operation();
        match operation {
            _ if operation == self.operation => fault.told.clone(),
            Operation::Profile => Ok((200, refusal_body(40001, "invalid credential").into_bytes())),
            _ => Ok((200, wide_grant_body().into_bytes())),
        }
    }
}

/// Drives a flow by hand, and looks at it at every step.
fn watch<F: Flow + Debug>(
    title: &str,
    mut flow: F,
    findings: &mut Findings,
    answer: impl Fn(&Request) -> Told,
) -> Result<F::Output, Error> {
    loop {
        findings.look_at(title, &flow);
        let step = flow.step();
        findings.look_at(title, &step);
        let told = match step {
            Step::Send(request) => {
                findings.look(title, &of_request(request));
                Some(answer(request))
            }
            Step::Wait(_) => None,
            Step::Done => return flow.finish(),
        };
        match told {
            Some(Ok((status, body))) => {
                let response = Response::new(status, &body, NOW);
                findings.look_at(title, &response);
                flow.answer(&response);
            }
            Some(Err(error)) => flow.lost(error),
            None => flow.waited(),
        }
    }
}

fn outcome<T: Debug>(title: &str, result: Result<T, Error>, findings: &mut Findings) -> &'static str {
    findings.look_at(title, &result);
    match result {
        Ok(_) => "success",
        Err(error) => {
            findings.look(title, &leak::channels(&error));
            let kind = error.kind();
            if let Some(grant) = error.into_grant() {
                findings.look_at(title, &grant);
            }
            kind
        }
    }
}

#[test]
fn every_flow_says_nothing_secret_at_any_step() {
    capture_logs();
    let mut findings = Findings::default();
    for place in Place::all() {
        let app = app_at(place.component, NOWHERE);
        for fault in faults(&described(&app, place.operation).0) {
            let title = format!("{place:?}, {}", fault.name);
            let told = |request: &Request| place.told(&fault, request);
            let kind = if place.renewal {
                let renewal = app.renew(&grant(&app)).unwrap();
                let result = watch(&title, renewal, &mut findings, told);
                outcome(&title, result, &mut findings)
            } else {
                let result = watch(&title, app.sign_in(wide_code()).unwrap(), &mut findings, told);
                outcome(&title, result, &mut findings)
            };
            assert_eq!(kind, fault.kind, "{title}");
        }
        let well = |request: &Request| Ok((200, success_body(request.operation()).into_bytes()));
        let result = watch("a sign-in", app.sign_in(wide_code()).unwrap(), &mut findings, well);
        assert!(matches!(&result, Ok(SignedIn::Person(person)) if person.profile().is_some()), "{result:?}");
        outcome("a sign-in", result, &mut findings);
        let result = watch("a renewal", app.renew(&grant(&app)).unwrap(), &mut findings, well);
        assert_eq!(outcome("a renewal", result, &mut findings), "success");
    }
    findings.none();
}

fn every_flow_says_nothing_secret<T: Transport>() {
    capture_logs();
    let play = |place: Place| {
        let mut findings = Findings::default();
        let faults = faults(&described(&app_at(place.component, NOWHERE), place.operation).0);
        let faults: Vec<_> =
            faults.into_iter().filter(|fault| IN_FLOWS.contains(&fault.name.as_str())).collect();
        assert_eq!(faults.len(), IN_FLOWS.len());
        for fault in faults {
            let Some(behaviour) = place.behaviour(&fault) else { continue };
            let side = Side::new(behaviour);
            let title = format!("{place:?}, {}, {}", T::NAME, fault.name);
            let app = app_at(place.component, &side.base_url());
            let client = T::connect(&app, Setup { timeout: fault.timeout, ..Setup::patient() }).unwrap();
            let kind = if place.renewal {
                outcome(&title, client.run(app.renew(&grant(&app)).unwrap()), &mut findings)
            } else {
                outcome(&title, client.run(app.sign_in(wide_code()).unwrap()), &mut findings)
            };
            // What is lost is asked for again, over a connection that begins with the first answer again.
            let repeated = fault.kind == "transport" && !place.before().is_empty();
            assert!(kind == fault.kind || (repeated && kind != "transport"), "{title}: {kind}");
        }
        findings
    };
    // A flow waits before it asks again, so they wait together.
    let found = std::thread::scope(|scope| {
        let threads: Vec<_> =
            Place::all().into_iter().map(|place| scope.spawn(move || play(place))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap().0).collect()
    });
    Findings(found).none();
    assert_eq!(leak::find_in_log(&logged()), BTreeSet::new());
}

#[test]
fn every_flow_over_ureq_says_nothing_secret() {
    every_flow_says_nothing_secret::<Ureq>();
}

#[test]
fn every_flow_over_reqwest_says_nothing_secret() {
    every_flow_says_nothing_secret::<Reqwest>();
}

/// Every public value that knows a secret, and some that stand next to one.
fn values() -> Vec<(&'static str, Box<dyn Debug>)> {
    let mut values: Vec<(&'static str, Box<dyn Debug>)> = Vec::new();
    let redirect_uri = RedirectUri::parse("https://example.com/callback").unwrap();
    let state = || State::new(STATE).unwrap();
    for component in [false, true] {
        let app = app_of(component, Endpoints::default());
        let builder = app.login(Scope::UserInfo, &redirect_uri);
        let login = builder.clone().build().unwrap();
        let (url, pending) = login.begin(state());
        assert!(url.to_string().contains(STATE));
        let callback = format!("code={CODE}&state={STATE}&appid=wx0123456789abcdef");
        let code = pending.clone().accept(&callback).unwrap();
        assert_eq!(code.expose(), CODE);
        let grant = grant(&app);
        let stored = grant.expose_for_storage();
        let in_the_open = serde_json::to_string(&stored).unwrap();
        assert!(in_the_open.contains(ACCESS_TOKEN) && in_the_open.contains(REFRESH_TOKEN));
        let snapshot = wide_grant_body().replace('}', r#","is_snapshotuser":1}"#);
        let snapshot =
            app.exchange(wide_code()).unwrap().read(&Response::new(200, snapshot.as_bytes(), NOW)).unwrap();
        let snapshot_report = GrantReport::expose(&snapshot);
        assert!(serde_json::to_string(&snapshot_report).unwrap().contains(ACCESS_TOKEN));
        let body = success_body(Operation::Profile);
        let profile = app.profile(&grant, ProfileLang::default()).unwrap();
        let profile = profile.read(&Response::new(200, body.as_bytes(), NOW)).unwrap();
        let exchange = read_report(
            Operation::Exchange,
            &Response::new(200, wide_grant_body().as_bytes(), NOW),
            &Expected::default(),
        );
        let expected = ExpectedCallback { state: state(), authorizer: None };
        let code_report = read_callback_report(&callback, &expected).unwrap();
        assert!(serde_json::to_string(&code_report).unwrap().contains(CODE));
        values.extend([
            ("LoginBuilder", Box::new(builder) as Box<dyn Debug>),
            ("Login", Box::new(login)),
            ("AuthorizeUrl", Box::new(url)),
            ("Pending", Box::new(pending)),
            ("Code", Box::new(code)),
            ("GrantReport", Box::new(GrantReport::expose_grant(&grant))),
            ("a snapshot's GrantReport", Box::new(snapshot_report)),
            ("ProfileReport", Box::new(ProfileReport::from(&profile))),
            ("Report", Box::new(exchange.unwrap())),
            ("CodeReport", Box::new(code_report)),
            ("ExpectedCallback", Box::new(expected)),
            ("Profile", Box::new(profile)),
            ("Exchanged and Snapshot", Box::new(snapshot)),
            ("StoredGrant", Box::new(stored)),
            ("AccessToken", Box::new(grant.access_token().clone())),
            ("SignIn", Box::new(app.sign_in(wide_code()).unwrap())),
            ("Renewal", Box::new(app.renew(&grant).unwrap())),
            ("Grant", Box::new(grant)),
            ("ureq::Client", Box::new(wechat_oauth::ureq::Client::for_app(&app).unwrap())),
            ("reqwest::Client", Box::new(wechat_oauth::reqwest::Client::for_app(&app).unwrap())),
            ("App", Box::new(app)),
        ]);
    }
    let website = App::website_app("wx0123456789abcdef".parse().unwrap(), AppSecret::new(SECRET).unwrap());
    let login = website.login(Scope::Login, &redirect_uri).build().unwrap();
    values.extend([
        ("WxLogin", Box::new(login.wx_login(&state(), WxLoginOptions::default())) as Box<dyn Debug>),
        ("State", Box::new(state())),
        ("AppSecret", Box::new(AppSecret::new(SECRET))),
        ("RefreshToken", Box::new(RefreshToken::new(REFRESH_TOKEN))),
        ("ComponentAccessToken", Box::new(ComponentAccessToken::new(COMPONENT_TOKEN))),
    ]);
    values
}

#[test]
fn no_value_shows_a_secret_in_debug_or_in_a_panic() {
    let mut findings = Findings::default();
    for (name, value) in values() {
        findings.look_at(name, &*value);
    }
    findings.none();
}

/// What comes of values that cannot be taken.
#[test]
fn no_error_about_a_value_or_callback_quotes_it() {
    let mut findings = Findings::default();
    let values = [
        AppSecret::new(format!("{SECRET} ")).unwrap_err(),
        AccessToken::new(format!("{ACCESS_TOKEN} ")).unwrap_err(),
        RefreshToken::new(REFRESH_TOKEN.repeat(100)).unwrap_err(),
        ComponentAccessToken::new(format!("{COMPONENT_TOKEN}\n")).unwrap_err(),
        State::new(&format!("{STATE}!")).unwrap_err(),
    ];
    for error in values {
        findings.look("a value", &leak::channels(&ConfigError::from(error).into()));
    }
    let redirect_uri = RedirectUri::parse("https://example.com/callback").unwrap();
    for component in [false, true] {
        let login =
            app_of(component, Endpoints::default()).login(Scope::Base, &redirect_uri).build().unwrap();
        for callback in [
            String::new(),
            format!("code={CODE}"),
            format!("code={CODE}&state="),
            format!("code={CODE}&state=x{STATE}"),
            format!("code={CODE}&state=%zz{STATE}"),
            format!("code={CODE}&state={STATE}&state={STATE}"),
            format!("code={CODE}&code={CODE}&state={STATE}&appid=wx0123456789abcdef"),
            format!("code={CODE}.&state={STATE}&appid=wx0123456789abcdef"),
            format!("code=%zz{CODE}&state={STATE}&appid=wx0123456789abcdef"),
            format!("code={}&state={STATE}&appid=wx0123456789abcdef", CODE.repeat(30)),
            format!("state={STATE}"),
            format!("code=authdeny&state={STATE}"),
            format!("code={CODE}&state={STATE}&x={}", "x".repeat(10_000)),
        ] {
            let (_, pending) = login.begin(State::new(STATE).unwrap());
            let error = pending.accept(&callback).unwrap_err();
            findings.look(&callback, &leak::as_an_error(&error));
            findings.look(&callback, &leak::channels(&error.into()));
        }
    }
    let (_, pending) = app_of(true, Endpoints::default())
        .login(Scope::Base, &redirect_uri)
        .build()
        .unwrap()
        .begin(State::new(STATE).unwrap());
    let error = pending.accept(&format!("code={CODE}&state={STATE}&appid={STATE}")).unwrap_err();
    findings.look("another appid", &leak::channels(&error.into()));
    findings.none();
}

/// What comes of stored values that cannot be read.
#[test]
fn no_error_about_a_stored_value_quotes_it() {
    let mut findings = Findings::default();
    let app = app_of(false, Endpoints::default());
    let redirect_uri = RedirectUri::parse("https://example.com/callback").unwrap();
    let login = app.login(Scope::UserInfo, &redirect_uri).build().unwrap();
    let (_, pending) = login.begin(State::new(STATE).unwrap());
    let stored = serde_json::to_string(&grant(&app).expose_for_storage()).unwrap();
    let report = serde_json::to_string(&GrantReport::expose_grant(&grant(&app))).unwrap();
    let pending = serde_json::to_string(&pending).unwrap();
    let mut look = |error: Option<serde_json::Error>| {
        let error = error.unwrap();
        findings.look("a stored value", &leak::as_an_error(&error));
        findings.look_at("a stored value", &error);
    };
    for (from, to) in [
        ("\"access_token\":\"", "\"access_token\":7,\"x\":\""),
        ("7200", &format!("{ACCESS_TOKEN:?}")),
        ("\"openid\"", &format!("\"{REFRESH_TOKEN}\":1,\"openid\"")),
        ("\"o1\"", &format!("{ACCESS_TOKEN:?}")),
        ("[", &format!("[{ACCESS_TOKEN:?},7,")),
    ] {
        assert!(stored.contains(from) && report.contains(from), "{from}");
        look(serde_json::from_str::<StoredGrant>(&stored.replace(from, to)).err());
        look(serde_json::from_str::<GrantReport>(&report.replace(from, to)).err());
    }
    for (from, to) in [
        (STATE, &*format!("{STATE}!")),
        ("\"snsapi_userinfo\"", &format!("{STATE:?}")),
        ("\"state\"", &format!("\"{STATE}\"")),
    ] {
        assert!(pending.contains(from), "{from}");
        look(serde_json::from_str::<Pending>(&pending.replace(from, to)).err());
    }
    look(serde_json::from_str::<State>(&format!("\"{STATE}!\"")).err());
    for whole in [stored, report, pending] {
        let quoted = serde_json::to_string(&whole).unwrap();
        look(serde_json::from_str::<StoredGrant>(&quoted).err());
        look(serde_json::from_str::<GrantReport>(&quoted).err());
        look(serde_json::from_str::<Pending>(&quoted).err());
    }
    findings.none();
}

/// An error that is only the sum of its cause.
#[derive(Debug)]
struct Outer(Error);

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it failed")
    }
}

impl std::error::Error for Outer {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[test]
fn a_planted_secret_is_found_in_every_form_through_every_channel() {
    capture_logs();
    for (name, canary) in CANARIES {
        for form in FORMS {
            let planted = leak::written(form, canary);
            let is_found = |text: &str| leak::find(text).contains(&(name, form));
            // Nobody's request is known here, so nothing of the message is cut.
            let body = refusal_body(40029, &planted);
            let response = Response::new(200, body.as_bytes(), NOW);
            let error = read_report(Operation::Exchange, &response, &Expected::default()).unwrap_err();
            for (channel, text) in leak::channels(&error) {
                assert_eq!(is_found(&text), channel != "its causes", "{name}, {form}, {channel}: {text}");
            }
            let outer = leak::as_an_error(&Outer(error));
            assert!(!is_found(&outer[0].1) && is_found(&outer[1].1), "{name}, {form}: {outer:?}");

            for (channel, text) in leak::shown(&format_args!("App({planted})")) {
                assert!(is_found(&text), "{name}, {form}, {channel}: {text}");
            }
            let target = format!("planted by log: {name}, {form}");
            log::debug!(target: &target, "GET {planted}");
            let lines = leak::captured();
            let lines: Vec<_> = lines.into_iter().filter(|line| line.target == target).collect();
            assert_eq!(leak::find_in_log(&lines), BTreeSet::from([(&*target, log::Level::Debug)]));
            tracing::debug!(target: "planted by tracing", url = %planted);
            let lines = leak::captured();
            let last = lines.into_iter().rfind(|line| line.target == "planted by tracing").unwrap();
            assert!(is_found(&last.message), "{name}, {form}: {last:?}");
            assert!(is_found(&leak::panic_message(|| panic!("GET {planted}"))), "{name}, {form}");
        }
    }
}

/// An emulator whose secrets are the canaries, an application of it, and what it gave away so far.
struct Emulated {
    emulator: Arc<Emulator>,
    app: App,
    scope: Scope,
    given: Vec<String>,
}

impl Emulated {
    fn new(kind: AccountKind) -> Self {
        let component = kind == AccountKind::Component;
        let account = AccountFile {
            appid: Some("wx0123456789abcdef".parse().unwrap()),
            component_appid: component.then(|| "wxcomponent".parse().unwrap()),
            secret: (!component).then(|| Concealed::from(SECRET)),
            component_access_token: component.then(|| Concealed::from(COMPONENT_TOKEN)),
            ..AccountFile::new(kind)
        };
        let file = WorldFile { accounts: vec![account], ..WorldFile::default() };
        let builder = Emulator::builder().world(file).auto_consent(true);
        let mut findings = Findings::default();
        findings.look_at("EmulatorBuilder", &builder);
        findings.none();
        let emulator = Arc::new(builder.start().unwrap());
        let endpoints = Endpoints::emulator(emulator.base_url()).unwrap();
        let (app, scope) = match kind {
            AccountKind::Website => {
                let appid = "wx0123456789abcdef".parse().unwrap();
                (App::website_app(appid, AppSecret::new(SECRET).unwrap()).at(endpoints), Scope::Login)
            }
            _ => (app_of(component, endpoints), Scope::UserInfo),
        };
        Self { emulator, app, scope, given: Vec::new() }
    }

    /// A whole login at the emulator's pages.
    fn code(&mut self) -> Code {
        let redirect_uri = RedirectUri::parse("http://127.0.0.1:9/callback").unwrap();
        let login = self.app.login(self.scope, &redirect_uri).build().unwrap();
        let (url, pending) = login.begin(State::new(STATE).unwrap());
        let target = url.as_str().strip_prefix(self.emulator.base_url()).unwrap().split('#').next().unwrap();
        let reply = self.handle(target);
        let code = match reply.header("location") {
            Some(callback) => pending.accept(callback).unwrap(),
            // The QR page waits for a phone.
            None => {
                let user = self.emulator.world(|world| world.users()[0].id.clone());
                let appid = self.app.account().appid().as_str();
                let code = self.emulator.issue_code(appid, &user, self.scope).unwrap();
                Code::received_without_state(&code).unwrap().asked_for(self.scope)
            }
        };
        self.given.push(code.expose().to_owned());
        code
    }

    fn keep(&mut self, grant: &Grant) {
        self.given.push(grant.access_token().expose().to_owned());
        let stored = serde_json::to_value(grant.expose_for_storage()).unwrap();
        self.given.push(stored["refresh_token"].as_str().unwrap().to_owned());
    }

    fn handle(&self, target: &str) -> wechat_oauth_emulator::Reply {
        let request = wechat_oauth_emulator::Request::get(target);
        let reply = self.emulator.world(|world| world.handle(&request, now()));
        self.says_nothing("Request and Reply", &leak::shown(&(request, &reply)));
        reply
    }

    /// Nothing of what was given away lately.
    fn says_nothing(&self, title: &str, said: &[Said]) {
        /// Two codes, and the tokens of two grants.
        const LATELY: usize = 6;
        self.says_nothing_of(&self.given[self.given.len().saturating_sub(LATELY)..], title, said);
    }

    /// The state is left out: the log shows it to those who look for a lost one.
    fn says_nothing_of(&self, given: &[String], title: &str, said: &[Said]) {
        let mut secrets: Vec<_> = CANARIES.into_iter().filter(|(name, _)| *name != "state").collect();
        secrets.extend(given.iter().map(|given| ("given", &**given)));
        let all: String = said.iter().map(|(channel, text)| format!("{channel}: {text}\n")).collect();
        assert_eq!(leak::find_these(&secrets, &all), [], "{title}: {all}");
    }

    /// Nothing of anything, now that it is over.
    fn says_nothing_at_all(&self) {
        let log = String::from_utf8(self.handle("/_emulator/log").body).unwrap();
        assert!(log.contains("secret=***") || log.contains("component_access_token=***"), "{log}");
        let lines: Vec<_> =
            logged().into_iter().map(|line| format!("{} {}", line.target, line.message)).collect();
        let mut said = vec![("the emulator's log", log), ("the libraries' log", lines.join("\n"))];
        said.extend(leak::shown(&self.emulator));
        self.emulator.world(|world| {
            said.extend(leak::shown(world));
            said.extend(leak::shown(&world.to_file()));
            said.extend(world.accounts().iter().flat_map(|account| leak::shown(account)));
        });
        self.says_nothing_of(&self.given, "the emulator", &said);
    }
}

/// The in-memory way to the emulator: what its transport makes of each connection.
fn ask(emulator: &Emulator, request: &Request) -> Told {
    let target = request.url().expose().strip_prefix(emulator.base_url()).unwrap();
    let request = wechat_oauth_emulator::Request::get(target);
    let mut reply = emulator.world(|world| world.handle(&request, now()));
    let lost = |kind, phase| Err(TransportError::new(kind, phase));
    match reply.connection {
        Connection::Normal | Connection::Slow { .. } => Ok((reply.status, reply.body)),
        Connection::Hang => lost(TransportErrorKind::Timeout, Phase::Request),
        Connection::Reset => lost(TransportErrorKind::Closed, Phase::Request),
        Connection::Truncate(_) => lost(TransportErrorKind::Closed, Phase::Body),
        Connection::Huge => {
            reply.body.resize(MAX_BODY + 1, b' ');
            Ok((reply.status, reply.body))
        }
    }
}

fn an_emulator_says_nothing_secret<T: Transport>() {
    capture_logs();
    for kind in [AccountKind::OfficialAccount, AccountKind::Website, AccountKind::Component] {
        let mut emulated = Emulated::new(kind);
        let shared = Arc::clone(&emulated.emulator);
        let memory = Box::new(move |request: &Request| ask(&shared, request));
        let app = emulated.app.clone();
        let client = T::connect(&app, Setup { timeout: SHORT, memory, ..Setup::patient() }).unwrap();

        // Everything that works, and a code that is spent.
        let code = emulated.code();
        let again = Code::received_without_state(code.expose()).unwrap();
        let Ok(SignedIn::Person(person)) = client.run(app.sign_in(code).unwrap()) else { panic!("{kind}") };
        let grant = person.grant().clone();
        emulated.keep(&grant);
        emulated.says_nothing("a person", &leak::shown(&person));
        let spent = client.send(app.exchange(again).unwrap()).unwrap_err();
        emulated.says_nothing("a spent code", &leak::channels(&spent));
        emulated.emulator.advance(7200);
        let stale = client.send(app.profile(&grant, ProfileLang::default()).unwrap()).unwrap_err();
        emulated.says_nothing("a stale token", &leak::channels(&stale));
        emulated.says_nothing("a check", &leak::shown(&client.send(app.check(&grant).unwrap())));
        let grant = client.run(app.renew(&grant).unwrap()).unwrap();
        emulated.keep(&grant);

        // Every misbehaviour, once wherever it happens. A call is not repeated, as a flow would after a wait.
        for &misbehaviour in Misbehaviour::ALL {
            for &endpoint in misbehaviour.endpoints() {
                let component = matches!(endpoint, Endpoint::ComponentExchange | Endpoint::ComponentRefresh);
                let fits = component == (kind == AccountKind::Component)
                    || matches!(endpoint, Endpoint::Profile | Endpoint::Check);
                let is_page = matches!(endpoint, Endpoint::Authorize | Endpoint::Qrconnect);
                if !fits || is_page {
                    continue;
                }
                let title = format!("{kind}, {}, {misbehaviour} at {endpoint}", T::NAME);
                emulated.emulator.world(|world| world.misbehave_next(misbehaviour, endpoint, 1)).unwrap();
                let said = match endpoint {
                    Endpoint::Exchange | Endpoint::ComponentExchange => {
                        let code = emulated.code();
                        let result = client.send(app.exchange(code).unwrap());
                        if let Ok(Exchanged::Grant(grant)) = &result {
                            emulated.keep(grant);
                        }
                        said(&result)
                    }
                    Endpoint::Refresh | Endpoint::ComponentRefresh => {
                        let result = client.send(app.refresh(&grant).unwrap());
                        if let Ok(grant) = &result {
                            emulated.keep(grant);
                        }
                        said(&result)
                    }
                    Endpoint::Check => said(&client.send(app.check(&grant).unwrap())),
                    _ => said(&client.send(app.profile(&grant, ProfileLang::default()).unwrap())),
                };
                emulated.says_nothing(&title, &said);
                assert_eq!(emulated.emulator.world(|world| world.misbehaviours_waiting()), 0, "{title}");
            }
        }
        emulated.says_nothing_at_all();
    }
}

fn said<T: Debug>(result: &Result<T, Error>) -> Vec<Said> {
    let mut said = leak::shown(result);
    if let Err(error) = result {
        said.extend(leak::channels(error));
    }
    said
}

#[test]
fn an_emulator_over_memory_says_nothing_secret() {
    an_emulator_says_nothing_secret::<Memory>();
}

#[test]
fn an_emulator_over_ureq_says_nothing_secret() {
    an_emulator_says_nothing_secret::<Ureq>();
}

#[test]
fn an_emulator_over_reqwest_says_nothing_secret() {
    an_emulator_says_nothing_secret::<Reqwest>();
}

#[test]
fn the_canaries_are_what_is_sent() {
    let urls: Vec<_> = Operation::ALL
        .into_iter()
        .map(|operation| described(&app_at(operation.is_component(), NOWHERE), operation).0)
        .collect();
    for (name, canary) in CANARIES {
        let sent = urls.iter().any(|url| query_of(url).iter().any(|(_, value)| value == canary));
        assert_eq!(sent, name != "state", "{name}");
        assert!(!leak::find(&urls.join(" ")).is_empty());
    }
    assert_eq!(code().expose(), wide_code().expose());
}
