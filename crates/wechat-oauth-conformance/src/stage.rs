//! Where a case is played: the client, the emulator, the people and their browsers.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use socket2::{Domain, Socket, Type};
use url::form_urlencoded;
use wechat_oauth_emulator::{
    AccountFile, AccountKind, Emulator, Endpoint, Method, Misbehaviour, Request, Scope, Seen, UnixTime, User,
    WorldFile,
};

use crate::case::Case;
use crate::client::Conversation;
use crate::judge::{self, Place, Stop};
use crate::protocol::{Answer, Ask, Hello, Line, Renewed, SignedIn};
use crate::report::Reason;

/// The person who signs in.
pub(crate) const MING: &str = "ming";
/// Somebody else: whose account is taken where a case goes wrong.
pub(crate) const HONG: &str = "hong";
/// The nickname of [`MING`], which has what other programs broke at.
pub(crate) const MINGS_NICKNAME: &str = "小明 / \"O'Neil\" <b>&amp;</b> \\n 👨\u{200d}👩\u{200d}👧 🎉";

/// How often a person goes back to WeChat when a client asks for it, before the kit says that it never ends.
const MAX_DETOURS: usize = 3;

/// How often WeChat misbehaves that does so until it behaves again: more often than any client asks in one case.
pub(crate) const ALWAYS: u32 = 1000;

/// What became of a callback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    SignedIn(SignedIn),
    Visitor,
    Again(String),
    Refused(String),
}

/// What became of a renewal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Renewal {
    Renewed(Renewed),
    Refused,
}

/// An authorize URL that the client made, read.
#[derive(Debug, Clone)]
pub(crate) struct Start {
    pub(crate) url: String,
    pub(crate) parameters: Vec<(String, String)>,
}

impl Start {
    fn read(url: String) -> Self {
        let query = url.split_once('?').map_or("", |(_, rest)| rest);
        let query = query.split('#').next().unwrap_or_default();
        let parameters =
            form_urlencoded::parse(query.as_bytes()).map(|(k, v)| (k.into_owned(), v.into_owned())).collect();
        Self { url, parameters }
    }

    /// The first parameter of this name.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The state that was sent; empty for none.
    pub(crate) fn state(&self) -> &str {
        self.parameter("state").unwrap_or_default()
    }
}

/// One case being played by one client.
pub(crate) struct Stage {
    case: Case,
    client: Box<dyn Conversation>,
    emulator: Emulator,
    /// Refuses every connection, where the case wants that.
    closed: Option<Socket>,
    kind: AccountKind,
    appid: String,
    secret: String,
    redirect_uri: String,
    timeout: Duration,
    codes: Vec<String>,
    said: Vec<(Place, String)>,
    later: u64,
    pub(crate) name: Option<(String, String)>,
    pub(crate) transcript: Vec<String>,
}

/// What is left of a case that was played.
pub(crate) struct Played {
    pub(crate) result: Result<(), Stop>,
    pub(crate) name: Option<(String, String)>,
    pub(crate) transcript: Vec<String>,
}

/// Plays a case with a client that was just started.
pub(crate) fn play(
    case: Case,
    kind: AccountKind,
    client: Box<dyn Conversation>,
    timeout: Duration,
) -> Played {
    let emulator = match Emulator::builder().world(world()).keep(true).start() {
        Ok(emulator) => emulator,
        Err(error) => {
            let reason = Reason::new(
                format!("the emulator does not start: {error}"),
                format!("模拟器无法启动：{error}"),
            );
            return Played { result: Err(Stop::Unsafe(reason)), name: None, transcript: Vec::new() };
        }
    };
    let account = emulator.world(|world| {
        let account = world.account_of_kind(kind)?;
        Some((account.appid().to_string(), account.secret()?.expose().to_owned()))
    });
    let (appid, secret) = account.unwrap_or_default();
    let mut stage = Stage {
        case,
        client,
        emulator,
        closed: None,
        kind,
        appid,
        secret,
        redirect_uri: "http://127.0.0.1:4712/callback?from=wechat".to_owned(),
        timeout,
        codes: Vec::new(),
        said: Vec::new(),
        later: 0,
        name: None,
        transcript: Vec::new(),
    };
    let result = (case.script)(&mut stage);
    let result = stage.finish(result);
    Played { result, name: stage.name, transcript: stage.transcript }
}

/// One account of each kind that the protocol knows, of one open-platform account, and two people.
fn world() -> WorldFile {
    let account = |kind| AccountFile { platform: Some("main".to_owned()), ..AccountFile::new(kind) };
    WorldFile {
        accounts: vec![account(AccountKind::OfficialAccount), account(AccountKind::Website)],
        users: vec![User::new(MING, MINGS_NICKNAME), User::new(HONG, "小红")],
    }
}

impl Stage {
    /// Uses another redirect URI. Before anything is said.
    pub(crate) fn redirect_uri(&mut self, uri: &str) {
        uri.clone_into(&mut self.redirect_uri);
    }

    /// Gives requests all the time that they may take, where a case is about something else. Before anything is said.
    pub(crate) const fn without_hurry(&mut self) {
        self.timeout = Duration::from_secs(30);
    }

    /// Has every connection to WeChat refused. Before anything is said.
    pub(crate) fn refuse_connections(&mut self) -> Result<(), Stop> {
        // Bound, so that nobody else listens there, and not listening, so that the system refuses.
        let closed = Socket::new(Domain::IPV4, Type::STREAM, None).and_then(|socket| {
            socket.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
            Ok(socket)
        });
        let closed = closed.map_err(|error| {
            Stop::unsafe_(format!("the system gives no port: {error}"), format!("系统没有可用端口：{error}"))
        })?;
        self.closed = Some(closed);
        Ok(())
    }

    fn wechat(&self) -> String {
        let closed = self.closed.as_ref().and_then(|socket| socket.local_addr().ok()?.as_socket());
        closed.map_or_else(|| self.emulator.base_url().to_owned(), |address| format!("http://{address}"))
    }

    pub(crate) const fn kind(&self) -> AccountKind {
        self.kind
    }

    /// What this login asks for.
    pub(crate) const fn scope(&self) -> Scope {
        match self.kind {
            AccountKind::Website => Scope::Login,
            _ if self.case.base => Scope::Base,
            _ => Scope::UserInfo,
        }
    }

    /// The next requests to an endpoint meet this.
    pub(crate) fn misbehave(&self, misbehaviour: Misbehaviour, endpoint: Endpoint, times: u32) {
        let planned = self.emulator.world(|world| world.misbehave_next(misbehaviour, endpoint, times));
        debug_assert!(planned.is_ok(), "{misbehaviour} at {endpoint}");
    }

    /// WeChat behaves again.
    pub(crate) fn behave(&self) {
        self.emulator.world(wechat_oauth_emulator::World::behave);
    }

    /// So many seconds pass, for WeChat and for the client.
    pub(crate) fn pass(&mut self, seconds: u64) {
        self.emulator.advance(seconds);
        self.later += seconds;
    }

    pub(crate) fn openid(&self, person: &str) -> String {
        self.emulator.world(|world| world.openid(person, &self.appid)).unwrap_or_default()
    }

    pub(crate) fn unionid(&self, person: &str) -> String {
        self.emulator.world(|world| world.unionid(person, &self.appid)).unwrap_or_default()
    }

    /// The requests that reached WeChat's API so far.
    pub(crate) fn requests(&self) -> Vec<Seen> {
        self.emulator.world(|world| judge::requests(world))
    }

    /// The codes that reached WeChat, one for each exchange.
    pub(crate) fn codes_sent(&self) -> Vec<String> {
        let at = Endpoint::Exchange.path();
        let sent = self.requests().into_iter().filter(|seen| seen.request.path == at);
        sent.map(|seen| parameter(&seen.request, "code").unwrap_or_default()).collect()
    }

    fn say(&mut self, line: &str) -> Result<Answer, Stop> {
        self.transcript.push(format!("> {line}"));
        let answer = self.client.ask(line)?;
        self.transcript.push(format!("< {answer}"));
        let read = Answer::read(&answer);
        // The texts of errors and of printed objects are looked at by themselves.
        if !read.as_ref().is_ok_and(|read| read.refused.is_some() || read.shown.is_some()) {
            self.said.push((Place::Answer, answer));
        }
        let read = read.map_err(|error| {
            Stop::unsafe_(
                format!("answers a line that the protocol does not know ({:?})", error.classify()),
                "应答不符合协议",
            )
        })?;
        if read.is_one() {
            Ok(read)
        } else {
            Err(Stop::unsafe_("answers several things at once", "一行应答里有多种结果"))
        }
    }

    fn ask(&mut self, ask: Ask<'_>) -> Result<Answer, Stop> {
        if self.name.is_none() {
            self.hello()?;
        }
        let line = Line { ask, later: (self.later > 0).then_some(self.later) };
        let answer = self.say(&written(&line))?;
        match answer.cannot {
            Some(why) => Err(Stop::Cannot(why)),
            None => Ok(answer),
        }
    }

    fn hello(&mut self) -> Result<(), Stop> {
        let (wechat, scope) = (self.wechat(), self.scope());
        let hello = Hello {
            case: self.case.name,
            wechat: &wechat,
            account: match self.kind {
                AccountKind::Website => "website_app",
                _ => "official_account",
            },
            appid: &self.appid,
            secret: &self.secret,
            scope: scope.as_str(),
            redirect_uri: &self.redirect_uri,
            timeout_ms: u64::try_from(self.timeout.as_millis()).unwrap_or(u64::MAX),
        };
        let answer = self.say(&written(&hello))?;
        match answer {
            Answer { cannot: Some(why), .. } => Err(Stop::NoSuchLogin(why)),
            Answer { client: Some(client), version, .. } => {
                self.name = Some((one_line(&client), one_line(&version.unwrap_or_default())));
                Ok(())
            }
            _ => Err(not_asked_for()),
        }
    }

    /// A browser wants to sign in: where it is sent.
    pub(crate) fn start(&mut self, browser: &str) -> Result<Start, Stop> {
        let answer = self.ask(Ask::Start { browser })?;
        let url = answer.go.ok_or_else(not_asked_for)?;
        Ok(Start::read(url))
    }

    /// A code, as the person's consent would give it for this authorize URL.
    pub(crate) fn consent(&mut self, start: &Start, person: &str) -> Result<String, Stop> {
        if start.parameter("appid") != Some(&self.appid) {
            return Err(Stop::unsafe_(
                "its authorize URL does not name the account's appid",
                "授权链接中没有本账号的 appid",
            ));
        }
        self.code_of(person)
    }

    /// A code that some person's consent gave elsewhere, in another browser or by another link.
    pub(crate) fn code_of(&mut self, person: &str) -> Result<String, Stop> {
        let code = self.emulator.issue_code(&self.appid, person, self.scope()).map_err(|error| {
            Stop::unsafe_(format!("no code can be issued: {error}"), format!("模拟器无法签发 code：{error}"))
        })?;
        self.codes.push(code.clone());
        Ok(code)
    }

    /// The address that WeChat would call back: the redirect URI with these parameters, which are taken as they are.
    pub(crate) fn callback_url(&self, parameters: &[(&str, &str)]) -> String {
        let mut url = self.redirect_uri.clone();
        for (name, value) in parameters {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(name);
            url.push('=');
            url.push_str(value);
        }
        url
    }

    /// The right callback: this code, and the state of this start as WeChat sends it back.
    pub(crate) fn right_callback(&self, start: &Start, code: &str) -> String {
        match start.parameter("state") {
            Some(state) => {
                let state: String = form_urlencoded::byte_serialize(state.as_bytes()).collect();
                self.callback_url(&[("code", code), ("state", &state)])
            }
            None => self.callback_url(&[("code", code)]),
        }
    }

    /// A browser goes to WeChat, where this person agrees: the right callback, which it has not come to yet.
    pub(crate) fn agreed(&mut self, browser: &str, person: &str) -> Result<String, Stop> {
        let start = self.start(browser)?;
        let code = self.consent(&start, person)?;
        Ok(self.right_callback(&start, &code))
    }

    /// A browser arrives at the callback.
    pub(crate) fn callback(&mut self, browser: &str, url: &str) -> Result<Outcome, Stop> {
        let answer = self.ask(Ask::Callback { browser, url })?;
        match answer {
            Answer { signed_in: Some(person), .. } => Ok(Outcome::SignedIn(person)),
            Answer { visitor: Some(true), .. } => Ok(Outcome::Visitor),
            Answer { go: Some(url), .. } => Ok(Outcome::Again(url)),
            Answer { refused: Some(text), .. } => {
                self.said.push((Place::Error, text.clone()));
                Ok(Outcome::Refused(text))
            }
            _ => Err(not_asked_for()),
        }
    }

    /// A whole login by this person. Where the client sends the person to WeChat once more, the person goes.
    pub(crate) fn login(&mut self, browser: &str, person: &str) -> Result<Outcome, Stop> {
        let start = self.start(browser)?;
        self.arrive(browser, &start, person)
    }

    /// The person agrees at WeChat, and comes back.
    pub(crate) fn arrive(&mut self, browser: &str, start: &Start, person: &str) -> Result<Outcome, Stop> {
        let mut start = start.clone();
        for _ in 0..MAX_DETOURS {
            let code = self.consent(&start, person)?;
            let url = self.right_callback(&start, &code);
            match self.callback(browser, &url)? {
                Outcome::Again(url) => start = Start::read(url),
                other => return Ok(other),
            }
        }
        Ok(Outcome::Again(start.url))
    }

    /// The client keeps a browser's grant fresh.
    pub(crate) fn renew(&mut self, browser: &str) -> Result<Renewal, Stop> {
        match self.ask(Ask::Renew { browser })? {
            Answer { renewed: Some(renewed), .. } => Ok(Renewal::Renewed(renewed)),
            Answer { refused: Some(text), .. } => {
                self.said.push((Place::Error, text));
                Ok(Renewal::Refused)
            }
            _ => Err(not_asked_for()),
        }
    }

    /// The client shows what it holds.
    pub(crate) fn show(&mut self) -> Result<String, Stop> {
        let shown = self.ask(Ask::Show)?.shown.ok_or_else(not_asked_for)?;
        self.said.push((Place::Shown, shown.clone()));
        Ok(shown)
    }

    /// What WeChat's own page says to an authorize URL, where it is strict.
    pub(crate) fn is_refused_by_the_page(&mut self, start: &Start) -> bool {
        let asked = serde_json::json!({"authorize_url": start.url, "user": MING});
        let request = Request::json(Method::Post, "/_emulator/authorize", &asked.to_string());
        let reply = self.emulator.world(|world| world.handle(&request, now()));
        if reply.status != 200 {
            self.transcript.push(format!("# {}", String::from_utf8_lossy(&reply.body)));
        }
        reply.status != 200
    }

    /// Ends the client and looks at everything that it said and sent.
    fn finish(&mut self, result: Result<(), Stop>) -> Result<(), Stop> {
        let (log, ended) = self.client.end();
        self.transcript.extend(log.lines().map(|line| format!("! {line}")));
        self.said.push((Place::Log, log));
        if matches!(result, Err(Stop::NoSuchLogin(_))) {
            return result;
        }
        let mut reasons = Vec::new();
        let mut cannot = None;
        match result {
            Ok(()) => {}
            Err(Stop::Unsafe(reason)) => reasons.push(reason),
            Err(other) => cannot = Some(other),
        }
        reasons.extend(ended.err().map(Reason::from));
        let requests = self.requests();
        reasons.extend(judge::always(&self.secrets(&requests), &self.said, &requests));
        if reasons.is_empty() {
            cannot.map_or(Ok(()), Err)
        } else {
            Err(Stop::Unsafe(Reason::joined(&reasons)))
        }
    }

    /// What must not be told: the app secret, and the codes and tokens of this case.
    fn secrets(&self, requests: &[Seen]) -> Vec<(String, String)> {
        let mut secrets = vec![("app secret".to_owned(), self.secret.clone())];
        secrets.extend(self.codes.iter().map(|code| ("code".to_owned(), code.clone())));
        for seen in requests {
            for (name, key) in
                [("access token", "\"access_token\":\""), ("refresh token", "\"refresh_token\":\"")]
            {
                let body = String::from_utf8_lossy(&seen.reply.body);
                let token = body.split_once(key).and_then(|(_, rest)| rest.split('"').next());
                if let Some(token) = token {
                    secrets.push((name.to_owned(), token.to_owned()));
                }
            }
        }
        secrets.sort();
        secrets.dedup();
        secrets
    }
}

/// A client's own words as one line for a table.
pub(crate) fn one_line(text: &str) -> String {
    const MAX_CHARS: usize = 200;
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_CHARS).collect()
}

/// The first parameter of this name in a request.
pub(crate) fn parameter(request: &Request, name: &str) -> Option<String> {
    request.parameters().into_iter().find(|(found, _)| found == name).map(|(_, value)| value)
}

fn not_asked_for() -> Stop {
    Stop::unsafe_("answers what it was not asked", "应答与所问不符")
}

fn written(line: &impl serde::Serialize) -> String {
    // It holds text and numbers only, so there is nothing that could not be written.
    serde_json::to_string(line).unwrap_or_default()
}

fn now() -> UnixTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixTime::from_secs(since.as_secs())
}
