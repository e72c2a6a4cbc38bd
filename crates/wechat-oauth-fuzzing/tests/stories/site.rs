//! The site and its WeChat: the core's machines, driven at a world in memory, without any socket.

use std::sync::LazyLock;

use serde_json::Value;
use url::{Url, form_urlencoded};
use wechat_oauth_core::{
    App as CoreApp, AppSecret, CallbackReason, ComponentAccessToken, Endpoints, Error, Flow, Freshness,
    Grant, Operation, Pending, Phase, RedirectUri, Response, Scope as CoreScope, SignedIn, State, Step,
    TransportError, TransportErrorKind, UnixTime,
};
use wechat_oauth_emulator::{Connection, Endpoint, Method, Misbehaviour, Request, World, WorldFile};

use crate::model::{Came, Model, Unionid, Why, answered, scope};
use crate::story::{Answer, App, Call, Change, Delivery, Event, PEOPLE, Scope};

const SECRET: &str = "00112233445566778899aabbccddeeff";
const TOKEN: &str = "component-token-of-the-stories";

/// Three applications of one open-platform account, and everybody.
const WORLD: &str = r#"{
    "accounts": [
        {"kind": "official_account", "appid": "wx0000000000000001", "secret": "00112233445566778899aabbccddeeff", "platform": "p"},
        {"kind": "website", "appid": "wx0000000000000002", "secret": "00112233445566778899aabbccddeeff", "platform": "p"},
        {"kind": "component", "appid": "wx0000000000000003", "component_appid": "wx00000000000000c0",
         "component_access_token": "component-token-of-the-stories", "platform": "p"}
    ],
    "users": [{"id": "Ann", "nickname": "Ann"}, {"id": "Bob", "nickname": "Bob"}, {"id": "Cid", "nickname": "Cid"}]
}"#;

static BEGINNING: LazyLock<World> =
    LazyLock::new(|| World::new(WorldFile::from_json(WORLD).unwrap(), [3; 32]).unwrap());

static REDIRECT_URI: LazyLock<RedirectUri> =
    LazyLock::new(|| RedirectUri::parse("http://127.0.0.1:3000/callback?from=menu").unwrap());

/// A site of three applications, the browsers of its visitors, and WeChat.
pub struct Site {
    world: World,
    now: UnixTime,
    apps: [CoreApp; 3],
    /// What each browser keeps, with the number of the login.
    browsers: [Vec<(usize, Pending)>; PEOPLE.len()],
    /// The authorize URL and the state of every login, as an attacker in the middle could see them.
    logins: Vec<(String, String)>,
    callbacks: Vec<String>,
    grants: Vec<(App, Grant)>,
}

impl Site {
    pub fn new() -> Self {
        let endpoints = || Endpoints::emulator(World::DEFAULT_BASE_URL).unwrap();
        let secret = || AppSecret::new(SECRET).unwrap();
        let appid = |number: &str| format!("wx00000000000000{number}").parse().unwrap();
        let component = CoreApp::component(appid("03"), appid("c0"))
            .with_component_token(ComponentAccessToken::new(TOKEN).unwrap());
        Self {
            world: BEGINNING.clone(),
            now: UnixTime::from_secs(Model::new().now),
            apps: [
                CoreApp::official_account(appid("01"), secret()).at(endpoints()),
                CoreApp::website_app(appid("02"), secret()).at(endpoints()),
                component.at(endpoints()),
            ],
            browsers: Default::default(),
            logins: Vec::new(),
            callbacks: Vec::new(),
            grants: Vec::new(),
        }
    }

    /// Lets it happen, and says what it came to. The model knows which login, callback or grant is meant.
    pub fn happens(&mut self, event: Event, model: &Model) -> Option<Came> {
        match event {
            Event::Begins { browser, app, profile } => {
                self.begins(browser, app, scope(app, profile));
                None
            }
            Event::Answers { login, person, answer, delivery } => {
                let login = model.login(login)?;
                let answer = answered(answer, model.logins[login].scope);
                self.answers(&self.logins[login].0.clone(), person, answer, delivery);
                None
            }
            Event::Arrives { callback, browser, change } => {
                let callback = self.changed(model.callback(callback)?, change, model)?;
                Some(self.arrives(&callback, browser, model))
            }
            Event::Renews { grant } => Some(self.renews(model.grant(grant)?)),
            Event::Passes { seconds } => {
                self.now = self.now.plus_secs(seconds);
                None
            }
            Event::Waits { misbehaviour, call, component, times } => {
                let endpoint = match (call, component) {
                    (Call::Exchange, false) => Endpoint::Exchange,
                    (Call::Exchange, true) => Endpoint::ComponentExchange,
                    (Call::Profile, _) => Endpoint::Profile,
                    (Call::Refresh, false) => Endpoint::Refresh,
                    (Call::Refresh, true) => Endpoint::ComponentRefresh,
                };
                self.world.misbehave_next(misbehaviour, endpoint, times).unwrap();
                None
            }
            Event::Restarts => {
                self.restarts();
                None
            }
        }
    }

    fn begins(&mut self, browser: usize, app: App, scope: Scope) {
        let scope = match scope {
            Scope::Base => CoreScope::Base,
            Scope::UserInfo => CoreScope::UserInfo,
            Scope::Login => CoreScope::Login,
        };
        let number = self.logins.len();
        let state = State::new(&format!("state{number:03}of{}", PEOPLE[browser])).unwrap();
        let text = state.expose().to_owned();
        let login = self.apps[app as usize].login(scope, &REDIRECT_URI).build().unwrap();
        let (url, pending) = login.begin(state);
        self.browsers[browser].push((number, pending));
        self.logins.push((url.into_string(), text));
    }

    fn answers(&mut self, authorize_url: &str, person: usize, answer: Answer, delivery: Delivery) {
        let page =
            if authorize_url.contains("qrconnect") { Endpoint::Qrconnect } else { Endpoint::Authorize };
        let misbehaviour = match delivery {
            Delivery::Once => None,
            Delivery::TwiceWithOneCode => Some(Misbehaviour::DoubleSameCode),
            Delivery::TwiceWithTwoCodes => Some(Misbehaviour::DoubleTwoCodes),
            Delivery::OnceWithBothCodes => Some(Misbehaviour::CallbackCodeTwice),
        };
        if let Some(misbehaviour) = misbehaviour {
            self.world.misbehave_next(misbehaviour, page, 1).unwrap();
        }
        let answer = match answer {
            Answer::Allows => "allow",
            Answer::Denies => "deny",
            Answer::LooksAtTheSnapshot => "snapshot",
        };
        let body =
            serde_json::json!({ "authorize_url": authorize_url, "user": PEOPLE[person], "answer": answer });
        let request = Request::json(Method::Post, "/_emulator/authorize", &body.to_string());
        let reply = self.world.handle(&request, self.now);
        let reply: Value = serde_json::from_slice(&reply.body).unwrap();
        let urls = reply["callback_urls"].as_array().unwrap_or_else(|| panic!("{reply}"));
        self.callbacks.extend(urls.iter().map(|url| url.as_str().unwrap().to_owned()));
    }

    /// The callback as it arrives.
    fn changed(&self, callback: usize, change: Change, model: &Model) -> Option<String> {
        let mut url = Url::parse(&self.callbacks[callback]).unwrap();
        let mut pairs: Vec<(String, String)> =
            url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        let state = |pairs: &mut Vec<(String, String)>| {
            pairs.iter().position(|(name, _)| name == "state").expect("WeChat brings it back")
        };
        match change {
            Change::None => return Some(self.callbacks[callback].clone()),
            Change::StateOf { login } => {
                let at = state(&mut pairs);
                pairs[at].1.clone_from(&self.logins[model.login(login)?].1);
            }
            Change::CodeOf { callback } => {
                let other = Url::parse(&self.callbacks[model.callback(callback)?]).unwrap();
                pairs.retain(|(name, _)| name != "code");
                let codes = other.query_pairs().filter(|(name, _)| name == "code");
                pairs.extend(codes.map(|(name, value)| (name.into_owned(), value.into_owned())));
            }
            Change::NoState => pairs.retain(|(name, _)| name != "state"),
            Change::StateCut => {
                let at = state(&mut pairs);
                pairs[at].1.pop();
            }
            Change::StateTwice => {
                let at = state(&mut pairs);
                pairs.push(pairs[at].clone());
            }
        }
        let query: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        url.set_query(Some(&query));
        Some(url.into())
    }

    /// What a site does with a callback: it offers it to each login that waits in this browser.
    fn arrives(&mut self, callback: &str, browser: usize, model: &Model) -> Came {
        let waiting = std::mem::take(&mut self.browsers[browser]);
        let mut found = None;
        for (number, pending) in waiting {
            if found.is_some() {
                self.browsers[browser].push((number, pending));
                continue;
            }
            match pending.accept(callback) {
                Ok(code) => found = Some((number, Ok(code))),
                Err(error) => {
                    let reason = error.reason();
                    match error.into_pending() {
                        Some(pending) => self.browsers[browser].push((number, pending)),
                        None => found = Some((number, Err(reason))),
                    }
                }
            }
        }
        let (number, code) = match found {
            None => return Came::NotOurs,
            Some((_, Err(CallbackReason::Denied))) => return Came::Denied,
            Some((_, Err(_))) => return Came::BadCallback,
            Some((number, Ok(code))) => (number, code),
        };
        let app = model.logins[number].app;
        let flow = self.apps[app as usize].sign_in(code).unwrap();
        let (result, asked) = self.drive(flow);
        match result {
            Ok(SignedIn::Person(person)) => {
                let openid = person.identity().openid().as_str();
                let who = self.person(app, openid);
                let unionid = match person.unionid() {
                    None => Unionid::None,
                    Some(unionid) if self.unionid(who, app) == unionid.as_str() => Unionid::Own,
                    Some(_) => Unionid::Anothers,
                };
                let (grant, profile) = person.into_parts();
                self.grants.push((app, grant));
                Came::SignedIn { who, unionid, profile: profile.is_some(), asked }
            }
            Ok(SignedIn::Snapshot(_)) => Came::Visitor { asked },
            Err(error) => {
                let why = why(&error);
                let grant = error.into_grant();
                let keeps_grant = grant.is_some();
                self.grants.extend(grant.map(|grant| (app, grant)));
                Came::Failed { why, keeps_grant, asked }
            }
        }
    }

    fn renews(&mut self, grant: usize) -> Came {
        let (app, kept) = &self.grants[grant];
        let app = *app;
        if kept.at(self.now) == Freshness::Over {
            return Came::Over;
        }
        let flow = self.apps[app as usize].renew(kept).unwrap();
        let (result, asked) = self.drive(flow);
        match result {
            Ok(renewed) => {
                assert_eq!(renewed.at(self.now), Freshness::Fresh);
                let who = self.person(app, renewed.openid().as_str());
                let reads_profile = renewed.reads_profile();
                self.grants[grant].1 = renewed;
                Came::Renewed { who, reads_profile, asked }
            }
            Err(error) => Came::Failed { why: why(&error), keeps_grant: error.into_grant().is_some(), asked },
        }
    }

    /// Does what a flow says, and notes what it asked for. Waiting takes no time here.
    fn drive<F: Flow>(&mut self, mut flow: F) -> (Result<F::Output, Error>, Vec<Call>) {
        let mut asked = Vec::new();
        loop {
            assert!(asked.len() < 20, "a flow without end");
            match flow.step() {
                Step::Send(request) => {
                    asked.push(match request.operation() {
                        Operation::Exchange | Operation::ComponentExchange => Call::Exchange,
                        Operation::Refresh | Operation::ComponentRefresh => Call::Refresh,
                        Operation::Profile => Call::Profile,
                        Operation::Check => panic!("no flow checks"),
                    });
                    let target = request.url().expose().strip_prefix(World::DEFAULT_BASE_URL).unwrap();
                    let reply = self.world.handle(&Request::get(target), self.now);
                    let lost = |kind, phase| TransportError::new(kind, phase);
                    match reply.connection {
                        Connection::Normal => {
                            flow.answer(&Response::new(reply.status, &reply.body, self.now));
                        }
                        Connection::Hang => flow.lost(lost(TransportErrorKind::Timeout, Phase::Request)),
                        Connection::Truncate(_) => flow.lost(lost(TransportErrorKind::Closed, Phase::Body)),
                        _ => flow.lost(lost(TransportErrorKind::Closed, Phase::Request)),
                    }
                }
                Step::Wait(_) => flow.waited(),
                Step::Done => return (flow.finish(), asked),
            }
        }
    }

    /// Everything that waits goes into storage and comes back.
    fn restarts(&mut self) {
        for (_, pending) in self.browsers.iter_mut().flatten() {
            let stored = serde_json::to_string(pending).unwrap();
            *pending = serde_json::from_str(&stored).unwrap();
        }
        for (_, grant) in &mut self.grants {
            let stored = serde_json::to_string(&grant.expose_for_storage()).unwrap();
            *grant = Grant::from_storage(serde_json::from_str(&stored).unwrap()).unwrap();
        }
    }

    fn person(&self, app: App, openid: &str) -> usize {
        let appid = self.apps[app as usize].account().appid().as_str();
        let is = |name: &&str| self.world.openid(name, appid).as_deref() == Some(openid);
        PEOPLE.iter().position(is).expect("somebody of this world")
    }

    fn unionid(&self, who: usize, app: App) -> String {
        let appid = self.apps[app as usize].account().appid().as_str();
        self.world.unionid(PEOPLE[who], appid).unwrap()
    }
}

fn why(error: &Error) -> Why {
    match error {
        Error::Refused(refusal) => Why::Refused(refusal.errcode()),
        Error::Malformed(_) => Why::Unreadable,
        Error::Transport(_) => Why::Lost,
        Error::ProfileUnread { cause, .. } => why(cause),
        other => panic!("{other}"),
    }
}
