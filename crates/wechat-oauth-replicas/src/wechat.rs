//! WeChat, in this process: the emulator's world behind a socket of its own, so that every request is seen and counted,
//! and each meets the fault that is meant for it.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use wechat_oauth_core::{App, AppSecret, Code, Endpoints, Exchanged, Grant, Response, Scope, UnixTime};
use wechat_oauth_emulator::{
    AccountFile, AccountKind, Connection, Endpoint, Method, Misbehaviour, Reply, Request, User, World,
    WorldFile,
};
use wechat_oauth_rig::Random;

use crate::Outcome;

/// The longest head of a request that is read, in bytes.
const MAX_HEAD: usize = 16 * 1024;
/// How long a truncated answer waits before its connection is closed, so that what was sent arrives first.
const LAST_BYTES_ARRIVE: Duration = Duration::from_millis(20);
/// Misbehaviours that cost time or memory and nothing else.
const TOO_SLOW: [Misbehaviour; 5] = [
    Misbehaviour::Hang,
    Misbehaviour::Slow,
    Misbehaviour::Huge,
    Misbehaviour::Endless,
    Misbehaviour::Unfinished,
];
/// What a callback can meet on its way back. (The error pages of the authorize page never reach the site.)
const OF_CALLBACKS: [Misbehaviour; 5] = [
    Misbehaviour::DoubleSameCode,
    Misbehaviour::DoubleTwoCodes,
    Misbehaviour::CallbackNoState,
    Misbehaviour::CallbackStateSwapped,
    Misbehaviour::CallbackCodeTwice,
];

/// The emulated WeChat, its people, and what it was asked.
pub(crate) struct WeChat {
    base_url: String,
    appid: String,
    secret: String,
    openids: Vec<String>,
    seed: u64,
    inner: Mutex<Inner>,
}

struct Inner {
    world: World,
    /// How many of a hundred answers are faulty.
    faults: u64,
    /// How often each endpoint was asked about each subject, so that the faults do not depend on who comes first.
    asked: HashMap<(Endpoint, String), u32>,
    /// The login that each code belongs to.
    logins: HashMap<String, Login>,
    exchanges: HashMap<String, Vec<Exchange>>,
    /// The openid that each refresh token belongs to.
    refreshable: HashMap<String, String>,
    renewals: HashMap<String, Renewals>,
    injected: HashMap<Misbehaviour, u64>,
    /// Requests to the API, and how many of them met a fault.
    requests: u64,
    faulty: u64,
}

/// A login, by its state, and by what it is called in every run with the same seed.
#[derive(Debug, Clone, Default)]
struct Login {
    state: String,
    name: String,
}

/// One request that exchanges a code.
#[derive(Debug, Clone)]
struct Exchange {
    code: String,
    /// It was told that WeChat is busy, and so may ask again.
    may_repeat: bool,
}

/// What was asked for and granted of one planted grant.
#[derive(Debug, Clone, Default)]
pub(crate) struct Renewals {
    pub(crate) requests: u32,
    /// The access tokens that were given.
    pub(crate) granted: Vec<String>,
}

/// How the exchanges of many logins went.
#[derive(Debug, Default)]
pub(crate) struct Exchanges {
    /// Logins whose code was ever sent.
    pub(crate) states: u64,
    /// Requests, of which so many were repeated because WeChat said that it is busy.
    pub(crate) requests: u64,
    pub(crate) repeats: u64,
    /// States that were exchanged more than once: none, if all is well.
    pub(crate) twice: Vec<String>,
}

impl WeChat {
    /// Starts one with so many people.
    pub(crate) async fn start(seed: u64, people: usize) -> Outcome<Arc<Self>> {
        let mut account = AccountFile::new(AccountKind::OfficialAccount);
        account.platform = Some("platform".to_owned());
        let users = (0..people).map(|person| User::new(id_of(person), format!("{person} 号"))).collect();
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_be_bytes());
        let mut world = World::new(WorldFile { accounts: vec![account], users }, bytes)?;

        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let base_url = format!("http://{}", listener.local_addr()?);
        world.set_base_url(&base_url);
        let announced = world.announcement();
        let account = announced.accounts.first().ok_or("the world has no account")?;
        let (appid, secret) = (account.appid.clone(), account.secret.clone().unwrap_or_default());
        let openids = (0..people).filter_map(|person| world.openid(&id_of(person), &appid)).collect();
        let inner = Inner {
            world,
            faults: 0,
            asked: HashMap::new(),
            logins: HashMap::new(),
            exchanges: HashMap::new(),
            refreshable: HashMap::new(),
            renewals: HashMap::new(),
            injected: HashMap::new(),
            requests: 0,
            faulty: 0,
        };
        let wechat = Arc::new(Self { base_url, appid, secret, openids, seed, inner: Mutex::new(inner) });
        let serving = Arc::clone(&wechat);
        tokio::spawn(async move {
            // An accept that fails ends WeChat, and then every part says so.
            while let Ok((stream, _)) = listener.accept().await {
                let wechat = Arc::clone(&serving);
                // A site that leaves ends its connection, and nothing else.
                tokio::spawn(async move { wechat.serve(stream).await.ok() });
            }
        });
        Ok(wechat)
    }

    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    pub(crate) fn appid(&self) -> &str {
        &self.appid
    }

    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }

    pub(crate) fn people(&self) -> usize {
        self.openids.len()
    }

    /// Who this person is to the site.
    pub(crate) fn openid(&self, person: usize) -> &str {
        self.openids.get(person).map_or("", String::as_str)
    }

    /// Whether somebody is this to the site.
    pub(crate) fn is_openid(&self, text: &str) -> bool {
        self.openids.iter().any(|openid| openid == text)
    }

    /// The application, as a site is given it.
    pub(crate) fn app(&self) -> Outcome<App> {
        let app = App::official_account(self.appid.parse()?, AppSecret::new(self.secret.clone())?);
        Ok(app.at(Endpoints::emulator(&self.base_url)?))
    }

    /// From now on so many of a hundred answers are faulty.
    pub(crate) fn misbehave(&self, percent: u64) {
        self.inner().faults = percent;
    }

    /// The person allows what this authorize URL asks for: the URLs that the browser is sent to, one or two. The name is
    /// what the faults of this login are chosen by.
    pub(crate) fn allow(
        &self,
        name: &str,
        authorize_url: &str,
        person: usize,
        misbehaviour: Option<Misbehaviour>,
    ) -> Outcome<Vec<String>> {
        let state = parameter(authorize_url, "state").ok_or("an authorize URL has no state")?;
        let asked = json!({"authorize_url": authorize_url, "user": id_of(person), "answer": "allow"});
        let request = Request::json(Method::Post, "/_emulator/authorize", &asked.to_string());
        let mut inner = self.inner();
        if let Some(misbehaviour) = misbehaviour {
            inner.world.misbehave_next(misbehaviour, Endpoint::Authorize, 1)?;
            *inner.injected.entry(misbehaviour).or_default() += 1;
        }
        let reply = inner.world.handle(&request, now());
        if reply.status != 200 {
            let text = String::from_utf8_lossy(&reply.body).into_owned();
            return Err(format!("WeChat refuses the authorize URL: {text}").into());
        }
        let answer: Value = serde_json::from_slice(&reply.body)?;
        let urls: Vec<String> = serde_json::from_value(answer["callback_urls"].clone())?;
        for url in &urls {
            for code in parameters(url, "code") {
                inner.logins.insert(code, Login { state: state.clone(), name: name.to_owned() });
            }
        }
        Ok(urls)
    }

    /// A fault of callbacks, in so many of a hundred cases.
    pub(crate) fn fault_of_callback(random: &mut Random, percent: u64) -> Option<Misbehaviour> {
        if random.percent(percent) { random.one_of(&OF_CALLBACKS) } else { None }
    }

    /// How often this login's codes were sent.
    pub(crate) fn exchanges_of(&self, state: &str) -> usize {
        self.inner().exchanges.get(state).map_or(0, Vec::len)
    }

    /// How the exchanges since the last time went.
    pub(crate) fn take_exchanges(&self) -> Exchanges {
        let mut inner = self.inner();
        inner.logins.clear();
        let mut sum = Exchanges::default();
        for (state, exchanges) in inner.exchanges.drain() {
            sum.states += 1;
            sum.requests += exchanges.len() as u64;
            let repeats = exchanges.windows(2).all(|two| two[0].may_repeat && two[0].code == two[1].code);
            if repeats {
                sum.repeats += exchanges.len() as u64 - 1;
            } else {
                sum.twice.push(state);
            }
        }
        sum
    }

    /// The faults that were injected since the last time, the commonest first; requests to the API, and the faulty ones.
    pub(crate) fn take_faults(&self) -> (Vec<(Misbehaviour, u64)>, u64, u64) {
        let mut inner = self.inner();
        let mut faults: Vec<_> = inner.injected.drain().collect();
        faults.sort_by_key(|&(misbehaviour, times)| (std::cmp::Reverse(times), misbehaviour));
        let (requests, faulty) = (inner.requests, inner.faulty);
        (inner.requests, inner.faulty) = (0, 0);
        (faults, requests, faulty)
    }

    /// A grant of this person whose access token is dated so many seconds back.
    pub(crate) fn old_grant(&self, person: usize, seconds: u64) -> Outcome<Grant> {
        let mut inner = self.inner();
        let code = inner.world.issue_code(&self.appid, &id_of(person), Scope::UserInfo, now())?;
        let call = self.app()?.exchange(Code::received_without_state(&code)?)?;
        let target =
            call.request().url().expose().strip_prefix(&self.base_url).unwrap_or_default().to_owned();
        let reply = inner.world.handle(&Request::get(&target), now());
        let issued_at = UnixTime::from_secs(now().as_secs() - seconds);
        match call.read(&Response::new(reply.status, &reply.body, issued_at))? {
            Exchanged::Grant(grant) => {
                let answer: Value = serde_json::from_slice(&reply.body)?;
                let refresh_token =
                    answer["refresh_token"].as_str().ok_or("an exchange without a refresh token")?;
                inner.refreshable.insert(refresh_token.to_owned(), grant.openid().as_str().to_owned());
                Ok(grant)
            }
            Exchanged::Snapshot(_) => Err("a person is a snapshot visitor".into()),
        }
    }

    /// Lets so many seconds pass at WeChat.
    pub(crate) fn advance(&self, seconds: u64) {
        self.inner().world.advance(seconds);
    }

    /// From now on each renewal gives another refresh token, and the old one is dead.
    pub(crate) fn rotate_refresh_tokens(&self) {
        self.inner().world.set_misbehaviours(&self.appid, &[Misbehaviour::RefreshRotates]);
    }

    /// How many renewals were asked for, and how many were granted.
    pub(crate) fn renewals(&self) -> (u64, u64) {
        let inner = self.inner();
        let sum = |count: fn(&Renewals) -> u64| inner.renewals.values().map(count).sum();
        (sum(|renewals| u64::from(renewals.requests)), sum(|renewals| renewals.granted.len() as u64))
    }

    /// The requests that renew this person's grant.
    pub(crate) fn renewals_of(&self, openid: &str) -> Renewals {
        self.inner().renewals.get(openid).cloned().unwrap_or_default()
    }

    /// Somebody who panicked while holding the world leaves it as it is.
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut head = Vec::with_capacity(2048);
        loop {
            head.clear();
            // The requests have no body, and none comes before the answer to the one before it.
            while !head.ends_with(b"\r\n\r\n") {
                if head.len() > MAX_HEAD || stream.read_buf(&mut head).await? == 0 {
                    return Ok(());
                }
            }
            let Some(request) = read(&head) else { return Ok(()) };
            let reply = self.inner().answer(self.seed, &request);
            match reply.connection {
                Connection::Normal => stream.write_all(&written(&reply, reply.body.len())).await?,
                Connection::Truncate(sent) => {
                    stream.write_all(&written(&reply, sent)).await?;
                    tokio::time::sleep(LAST_BYTES_ARRIVE).await;
                    return Ok(());
                }
                // Only resets are left: what is slow is never asked for.
                _ => return stream.set_zero_linger(),
            }
        }
    }
}

impl Inner {
    fn answer(&mut self, seed: u64, request: &Request) -> Reply {
        let endpoint = Endpoint::at(&request.path).filter(|endpoint| !endpoint.is_page());
        let Some(endpoint) = endpoint else { return self.world.handle(request, now()) };
        let parameter = |name: &str| parameter(&format!("?{}", request.query), name).unwrap_or_default();
        let login = self.logins.get(&parameter("code")).cloned().unwrap_or_default();
        let subject = match endpoint {
            Endpoint::Exchange => login.name,
            Endpoint::Refresh => parameter("refresh_token"),
            _ => parameter("openid"),
        };
        let fault = self.fault(seed, endpoint, &subject);
        let reply = self.world.handle(request, now());
        match endpoint {
            Endpoint::Exchange => {
                let exchange = Exchange { code: parameter("code"), may_repeat: is_busy(&reply) };
                self.exchanges.entry(login.state).or_default().push(exchange);
            }
            Endpoint::Refresh => self.renewed(&subject, &reply),
            _ => {}
        }
        self.requests += 1;
        if let Some(fault) = fault {
            self.faulty += 1;
            *self.injected.entry(fault).or_default() += 1;
        }
        reply
    }

    /// The fault that this request meets, told to the world.
    fn fault(&mut self, seed: u64, endpoint: Endpoint, subject: &str) -> Option<Misbehaviour> {
        if self.faults == 0 {
            return None;
        }
        let asked = self.asked.entry((endpoint, subject.to_owned())).or_default();
        *asked += 1;
        let mut random = Random::of(seed, &format!("{endpoint:?} {subject} {asked}"));
        if !random.percent(self.faults) {
            return None;
        }
        let possible: Vec<Misbehaviour> = Misbehaviour::ALL
            .iter()
            .copied()
            .filter(|one| one.applies_to(endpoint) && !TOO_SLOW.contains(one))
            .collect();
        let fault = random.one_of(&possible)?;
        self.world.misbehave_next(fault, endpoint, 1).ok().map(|()| fault)
    }

    fn renewed(&mut self, refresh_token: &str, reply: &Reply) {
        let Some(openid) = self.refreshable.get(refresh_token).cloned() else { return };
        let answer: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        let renewals = self.renewals.entry(openid.clone()).or_default();
        renewals.requests += 1;
        if let Some(token) = answer["access_token"].as_str() {
            renewals.granted.push(token.to_owned());
        }
        if let Some(token) = answer["refresh_token"].as_str() {
            self.refreshable.insert(token.to_owned(), openid);
        }
    }
}

fn id_of(person: usize) -> String {
    format!("p{person}")
}

/// Whether whoever reads this answer is told that WeChat is busy.
fn is_busy(reply: &Reply) -> bool {
    let answer: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let errcode = &answer["errcode"];
    reply.connection == Connection::Normal
        && reply.status == 200
        && (errcode.as_i64() == Some(-1) || errcode.as_str() == Some("-1"))
}

/// The first value of a parameter.
pub(crate) fn parameter(url: &str, name: &str) -> Option<String> {
    parameters(url, name).into_iter().next()
}

fn parameters(url: &str, name: &str) -> Vec<String> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let query = query.split('#').next().unwrap_or_default();
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.filter(|(key, _)| key == name).map(|(_, value)| value.into_owned()).collect()
}

fn read(head: &[u8]) -> Option<Request> {
    let head = std::str::from_utf8(head).ok()?;
    let mut lines = head.split("\r\n");
    let mut words = lines.next()?.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let mut request = Request::get(target);
    request.method = Method::from_name(method);
    for line in lines {
        if let Some((name, value)) = line.split_once(':') {
            request = request.with_header(name, value.trim());
        }
    }
    Some(request)
}

/// The answer as it goes out: its whole length is announced, whatever of it is sent.
fn written(reply: &Reply, sent: usize) -> Vec<u8> {
    let mut bytes =
        format!("HTTP/1.1 {} .\r\ncontent-length: {}\r\n", reply.status, reply.body.len()).into_bytes();
    for (name, value) in &reply.headers {
        bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(&reply.body[..sent.min(reply.body.len())]);
    bytes
}

fn now() -> UnixTime {
    // A clock that stands before 1970 says 0.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixTime::from_secs(since.as_secs())
}
