//! A site with the core and something that sends its requests, as the README shows it: the half of a login that stays is
//! kept in the session of its browser, and so is whoever signed in.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;

use serde_json::{Value, json};
use wechat_oauth::{
    App, AppSecret, ConfigError, Endpoints, Error, Flow, Freshness, Grant, Login, Pending, Person,
    RedirectUri, SignedIn, fresh_state, reqwest, ureq,
};

use crate::lines::{Case, Client, Clock, printed, shown, signed_in};

/// Whatever sends the requests of a flow.
pub(crate) trait Sender: Debug + Sized {
    const NAME: &'static str;
    /// Whether the time of an answer can be said, or is the machine's.
    const TAKES_THE_TIME: bool = false;

    fn connect(app: &App, timeout: Duration) -> Result<Self, ConfigError>;

    fn run<F: Flow>(&self, flow: F, clock: Clock) -> Result<F::Output, Error>;
}

/// The site.
#[derive(Debug)]
pub(crate) struct Site<S> {
    app: App,
    login: Login,
    sender: S,
    sessions: BTreeMap<String, Session>,
    last_error: Option<Error>,
}

/// What the site keeps with a browser.
#[derive(Debug, Default)]
struct Session {
    pending: Option<Pending>,
    person: Option<Person>,
    /// The grant since it was renewed.
    grant: Option<Grant>,
}

impl<S: Sender> Client for Site<S> {
    const NAME: &'static str = S::NAME;

    fn open(case: &Case) -> Result<Self, Box<dyn std::error::Error>> {
        let app = app(case)?;
        let redirect_uri = RedirectUri::parse(&case.redirect_uri)?;
        let login = app.login(case.scope, &redirect_uri).build()?;
        let sender = S::connect(&app, Duration::from_millis(case.timeout_ms))?;
        Ok(Self { app, login, sender, sessions: BTreeMap::new(), last_error: None })
    }

    /// A grant is asked what it is good for at a time that the site names. Its answer's time is the sender's.
    fn can_be_told_the_time(&self, what: &str) -> bool {
        S::TAKES_THE_TIME || what != "callback"
    }

    fn start(&mut self, browser: &str, _: Clock) -> Result<Value, String> {
        let state = fresh_state().map_err(|error| printed(&error))?;
        let (url, pending) = self.login.begin(state);
        self.sessions.entry(browser.to_owned()).or_default().pending = Some(pending);
        Ok(json!({"go": url.as_str()}))
    }

    fn callback(&mut self, browser: &str, url: &str, clock: Clock) -> Result<Value, String> {
        let session = self.sessions.entry(browser.to_owned()).or_default();
        let Some(pending) = session.pending.take() else {
            // A reload: whoever is signed in goes home.
            return match &session.person {
                Some(person) => Ok(signed_in(person)),
                None => Err("this browser has no login that waits".to_owned()),
            };
        };
        let code = match pending.accept(url) {
            Ok(code) => code,
            Err(error) => {
                let text = printed(&error);
                // A stray link: the login still waits.
                session.pending = error.into_pending();
                return Err(text);
            }
        };
        let flow = self.app.sign_in(code).map_err(|error| printed(&error))?;
        match self.sender.run(flow, clock) {
            Ok(SignedIn::Person(person)) => {
                let answer = signed_in(&person);
                *session = Session { person: Some(person), ..Session::default() };
                Ok(answer)
            }
            Ok(SignedIn::Snapshot(_)) => Ok(json!({"visitor": true})),
            Err(error) => Err(kept(&mut self.last_error, error)),
        }
    }

    fn renew(&mut self, browser: &str, clock: Clock) -> Result<Value, String> {
        let session = self.sessions.entry(browser.to_owned()).or_default();
        let grant = session.grant.as_ref().or(session.person.as_ref().map(Person::grant));
        let Some(grant) = grant else { return Err("nobody is signed in".to_owned()) };
        if grant.at(clock.now()) == Freshness::Over {
            return Err("the grant is over: the person has to sign in again".to_owned());
        }
        let flow = self.app.renew(grant).map_err(|error| printed(&error))?;
        match self.sender.run(flow, clock) {
            Ok(grant) => {
                let answer = json!({"renewed": {"openid": grant.openid().as_str()}});
                session.grant = Some(grant);
                Ok(answer)
            }
            Err(error) => Err(kept(&mut self.last_error, error)),
        }
    }

    fn show(&self) -> String {
        shown(self)
    }
}

fn kept(last_error: &mut Option<Error>, error: Error) -> String {
    let text = printed(&error);
    *last_error = Some(error);
    text
}

/// The application of the case.
pub(crate) fn app(case: &Case) -> Result<App, Box<dyn std::error::Error>> {
    let (appid, secret) = (case.appid.parse()?, AppSecret::new(case.secret.as_str())?);
    let app = match case.account.as_str() {
        "official_account" => App::official_account(appid, secret),
        "website_app" => App::website_app(appid, secret),
        _ => return Err("an account of no known kind".into()),
    };
    Ok(app.at(Endpoints::emulator(&case.wechat)?))
}

impl Sender for ureq::Client {
    const NAME: &'static str = "wechat-oauth-ureq";

    fn connect(app: &App, timeout: Duration) -> Result<Self, ConfigError> {
        Ok(Self::for_app(app)?.timeout(timeout))
    }

    fn run<F: Flow>(&self, flow: F, _: Clock) -> Result<F::Output, Error> {
        self.run(flow)
    }
}

/// The async client, on a runtime of its own.
#[derive(Debug)]
pub(crate) struct Reqwest {
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
}

impl Sender for Reqwest {
    const NAME: &'static str = "wechat-oauth-reqwest";

    fn connect(app: &App, timeout: Duration) -> Result<Self, ConfigError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|_| ConfigError::Client { what: "no runtime" })?;
        Ok(Self { runtime, client: reqwest::Client::for_app(app)?.timeout(timeout) })
    }

    fn run<F: Flow>(&self, flow: F, _: Clock) -> Result<F::Output, Error> {
        self.runtime.block_on(self.client.run(flow))
    }
}
