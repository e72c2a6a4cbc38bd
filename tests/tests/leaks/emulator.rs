//! The emulator itself, and what comes of everything that it can do to an application.

use std::fmt::Debug;
use std::sync::Arc;

use conformance::leak::{self, CANARIES, COMPONENT_TOKEN, STATE, Said};
use conformance::transport::Told;
use conformance::{Memory, Reqwest, SECRET, Setup, Transport, Ureq};
use wechat_oauth::{
    App, AppSecret, Code, Endpoints, Error, Exchanged, Grant, MAX_BODY, Phase, ProfileLang, RedirectUri,
    Request, Scope, SignedIn, State, TransportError, TransportErrorKind, now,
};
use wechat_oauth_emulator::{
    AccountFile, AccountKind, Concealed, Connection, Emulator, Endpoint, Misbehaviour, WorldFile,
};

use crate::faults::SHORT;
use crate::{Findings, app_of, capture_logs, logged};

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
        Connection::Endless | Connection::Unfinished => lost(TransportErrorKind::Timeout, Phase::Body),
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
