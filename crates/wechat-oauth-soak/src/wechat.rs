//! WeChat: the emulator's world behind a socket of its own, so that each request meets the fault that the script has for
//! it, and every exchange is counted.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::Hash;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};
use wechat_oauth_core::UnixTime;
use wechat_oauth_emulator::{Connection, Endpoint, Method, Misbehaviour, Reply, Request, World};

use crate::Outcome;
use crate::script::{Attempt, Fault, Question, Script};
use crate::truth::{self, Truth};

/// Where this program is told that a person answers, and asked what it has seen.
pub(crate) const ANSWER: &str = "/_soak/answer";
pub(crate) const SCRIPT: &str = "/_soak/script";
pub(crate) const SEEN: &str = "/_soak/seen";

/// How many connections may wait to be accepted: everybody comes at once.
const BACKLOG: u32 = 16 * 1024;
/// The longest request that is read, in bytes: a head, or a body of this program's own.
const MAX_REQUEST: usize = 16 * 1024;
/// How long a truncated answer waits before its connection is closed, so that what was sent arrives first.
const LAST_BYTES_ARRIVE: Duration = Duration::from_millis(20);
/// How long a connection that is never answered is kept, unless whoever waits goes before: nobody waits for so long.
const STALL: Duration = Duration::from_secs(300);
/// How long no connection is accepted after one that could not be.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);
/// How many attempts are remembered, with their codes and tokens, two of each: those of the last minute or so at full
/// speed, which is as long as a sign-in takes whose every answer stalls.
const REMEMBERED: usize = 200_000;
/// How many complaints are kept: the rest would say the same.
const COMPLAINTS: usize = 100;

/// A person's answer on the authorize page.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PersonAnswers {
    pub(crate) login: u64,
    pub(crate) attempt: u32,
    /// Whether the callback goes to another browser, so that its code must never be exchanged.
    pub(crate) stolen: bool,
    pub(crate) authorize_url: String,
    pub(crate) person: usize,
    /// `allow`, `deny` or `snapshot`.
    pub(crate) answer: String,
    pub(crate) misbehaviour: Option<Misbehaviour>,
}

/// Another script.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct NewScript {
    pub(crate) script: Script,
    /// How long a slow answer rests in the middle, in milliseconds.
    pub(crate) slow_ms: u64,
}

/// What WeChat has seen since the script began.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(crate) requests: u64,
    pub(crate) exchanges: u64,
    /// Exchanges that were asked for again since WeChat was busy.
    pub(crate) repeats: u64,
    pub(crate) faults: BTreeMap<String, u64>,
    pub(crate) wrong: Vec<String>,
}

/// The emulated WeChat.
pub(crate) struct WeChat {
    inner: Mutex<Inner>,
}

struct Inner {
    world: World,
    truth: Truth,
    script: Script,
    slow: Duration,
    /// Attempts by number; codes and tokens by the attempt that they belong to.
    attempts: Recent<u64, Known>,
    codes: Recent<String, u64>,
    tokens: Recent<String, u64>,
    begun: u64,
    seen: Seen,
}

/// What is known of an attempt, which has one state.
struct Known {
    of: Attempt,
    stolen: bool,
    /// How often each question was asked.
    asked: [u32; 3],
    /// The code that was exchanged last, and whether WeChat said that it is busy.
    exchanged: Option<(String, bool)>,
}

/// What is done with a reply.
enum Delivery {
    AsItSays,
    Never,
    /// With a rest in the middle.
    Slow(Duration),
}

impl WeChat {
    /// One that listens, and is to be served.
    pub(crate) fn listen(seed: u64) -> Outcome<(Arc<Self>, TcpListener, String)> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(([127, 0, 0, 1], 0).into())?;
        let listener = socket.listen(BACKLOG)?;
        let base_url = format!("http://{}", listener.local_addr()?);
        let mut world = truth::world(seed)?;
        world.set_base_url(&base_url);
        let inner = Inner {
            truth: Truth::of(&world),
            world,
            script: Script { seed, faults: 0, loses_first: false },
            slow: Duration::ZERO,
            attempts: Recent::new(REMEMBERED),
            codes: Recent::new(2 * REMEMBERED),
            tokens: Recent::new(2 * REMEMBERED),
            begun: 0,
            seen: Seen::default(),
        };
        Ok((Arc::new(Self { inner: Mutex::new(inner) }), listener, base_url))
    }

    /// Serves until it is dropped.
    pub(crate) async fn serve(self: Arc<Self>, listener: TcpListener) {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let wechat = Arc::clone(&self);
                    // A site that leaves ends its connection, and nothing else.
                    tokio::spawn(async move { wechat.converse(stream).await.ok() });
                }
                // Of the peer's making, or too many files are open: both pass.
                Err(_) => sleep(ACCEPT_PAUSE).await,
            }
        }
    }

    async fn converse(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut bytes = Vec::with_capacity(2048);
        while let Some(request) = read(&mut stream, &mut bytes).await? {
            let (reply, delivery) = self.inner().answer(&request);
            match (delivery, reply.connection) {
                (Delivery::Never, _) => {
                    let _gone = timeout(STALL, stream.read_buf(&mut bytes)).await;
                    return Ok(());
                }
                (Delivery::Slow(rest), _) => {
                    let bytes = written(&reply, reply.body.len());
                    let half = bytes.len() - reply.body.len() / 2;
                    stream.write_all(&bytes[..half]).await?;
                    sleep(rest).await;
                    stream.write_all(&bytes[half..]).await?;
                }
                (Delivery::AsItSays, Connection::Normal) => {
                    stream.write_all(&written(&reply, reply.body.len())).await?;
                }
                (Delivery::AsItSays, Connection::Truncate(sent)) => {
                    stream.write_all(&written(&reply, sent)).await?;
                    sleep(LAST_BYTES_ARRIVE).await;
                    return Ok(());
                }
                // Only resets are left: nothing else is asked of the world.
                (Delivery::AsItSays, _) => return stream.set_zero_linger(),
            }
        }
        Ok(())
    }

    /// Somebody who panicked while holding it leaves it as it is.
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn answer(&mut self, request: &Request) -> (Reply, Delivery) {
        let reply = match request.path.as_str() {
            ANSWER => self.person_answers(&request.body),
            SCRIPT => self.new_script(&request.body),
            SEEN => Ok(document(&json!(self.seen))),
            _ => return self.api(request),
        };
        let reply = reply.unwrap_or_else(|error| plain(500, error.to_string()));
        (reply, Delivery::AsItSays)
    }

    fn new_script(&mut self, body: &[u8]) -> Outcome<Reply> {
        let NewScript { script, slow_ms } = serde_json::from_slice(body)?;
        self.script = script;
        self.slow = Duration::from_millis(slow_ms);
        self.seen = Seen::default();
        Ok(document(&json!({})))
    }

    fn person_answers(&mut self, body: &[u8]) -> Outcome<Reply> {
        let asked: PersonAnswers = serde_json::from_slice(body)?;
        if let Some(misbehaviour) = asked.misbehaviour {
            self.world.misbehave_next(misbehaviour, Endpoint::Authorize, 1)?;
        }
        let user = truth::id_of(asked.person);
        let body = json!({"authorize_url": asked.authorize_url, "user": user, "answer": asked.answer});
        let request = Request::json(Method::Post, "/_emulator/authorize", &body.to_string());
        let reply = self.world.handle(&request, now());
        if reply.status != 200 {
            return Ok(reply);
        }
        let answer: Value = serde_json::from_slice(&reply.body)?;
        let urls: Vec<String> = serde_json::from_value(answer["callback_urls"].clone())?;
        self.begun += 1;
        for url in &urls {
            for code in parameters(url.split_once('?').map_or("", |(_, query)| query), "code") {
                self.codes.insert(code, self.begun);
            }
        }
        let of = Attempt { login: asked.login, attempt: asked.attempt };
        let known = Known { of, stolen: asked.stolen, asked: [0; 3], exchanged: None };
        self.attempts.insert(self.begun, known);
        Ok(document(&urls.into()))
    }

    fn api(&mut self, request: &Request) -> (Reply, Delivery) {
        self.seen.requests += 1;
        let (question, known_by) = match Endpoint::at(&request.path) {
            Some(Endpoint::Exchange) => (Question::Exchange, "code"),
            Some(Endpoint::Refresh) => (Question::Refresh, "refresh_token"),
            Some(Endpoint::Profile) => (Question::Profile, "access_token"),
            _ => {
                self.complain(format!("a request to {}", request.path));
                return (self.world.handle(request, now()), Delivery::AsItSays);
            }
        };
        let subject = parameters(&request.query, known_by).into_iter().next().unwrap_or_default();
        let attempt = match question {
            Question::Exchange => self.codes.get(&subject),
            _ => self.tokens.get(&subject),
        };
        let Some((attempt, known)) =
            attempt.copied().and_then(|number| Some((number, self.attempts.get_mut(&number)?)))
        else {
            self.complain(format!("{question:?}: of no login that is remembered"));
            return (self.world.handle(request, now()), Delivery::AsItSays);
        };
        let nth = &mut known.asked[question as usize];
        *nth += 1;
        let fault = self.script.fault(known.of, question, *nth - 1);
        if question == Question::Exchange {
            let (login, stolen) = (known.of.login, known.stolen);
            let busy = matches!(fault, Some(Fault::Busy | Fault::BusySpent));
            let before = known.exchanged.replace((subject.clone(), busy));
            self.seen.exchanges += 1;
            match before {
                None => {}
                Some((code, true)) if code == subject => self.seen.repeats += 1,
                Some(_) => self.complain(format!("login {login}: its state was exchanged twice")),
            }
            if stolen {
                self.complain(format!("login {login}: another browser's code was exchanged"));
            }
        }
        if let Some(fault) = fault {
            *self.seen.faults.entry(fault.as_str().to_owned()).or_default() += 1;
        }
        self.faulty(request, question, attempt, fault)
    }

    /// The answer, with what is wrong with it.
    fn faulty(
        &mut self,
        request: &Request,
        question: Question,
        attempt: u64,
        fault: Option<Fault>,
    ) -> (Reply, Delivery) {
        let misbehaviour = match fault {
            None | Some(Fault::Slow | Fault::DuplicateBody | Fault::OpenidSwapped) => None,
            Some(Fault::Stall) => return (plain(200, String::new()), Delivery::Never),
            Some(Fault::CodeUsed) => return (refusal(40163, "code been used"), Delivery::AsItSays),
            Some(Fault::Stale) => return (refusal(40001, "invalid credential"), Delivery::AsItSays),
            Some(Fault::Busy) => Some(Misbehaviour::Busy),
            Some(Fault::BusySpent) => Some(Misbehaviour::BusySpent),
            Some(Fault::Reset) => Some(Misbehaviour::Reset),
            Some(Fault::LostAnswer) => Some(Misbehaviour::LostAnswer),
            Some(Fault::Truncated) => Some(Misbehaviour::Truncated),
            Some(Fault::Status500) => Some(Misbehaviour::Status500),
            Some(Fault::ErrcodeZero) => Some(Misbehaviour::ErrcodeZero),
            Some(Fault::Snapshot) => Some(Misbehaviour::Snapshot),
            Some(Fault::RefreshInvalid) => Some(Misbehaviour::RefreshInvalid),
        };
        if let Some(misbehaviour) = misbehaviour
            && self.world.misbehave_next(misbehaviour, None, 1).is_err()
        {
            self.complain(format!("{misbehaviour} cannot be asked for"));
        }
        let mut reply = self.world.handle(request, now());
        if self.world.misbehaviours_waiting() > 0 {
            self.complain(format!("{fault:?} waits for another request"));
            self.world.behave();
        }
        if question != Question::Profile
            && let Ok(answer) = serde_json::from_slice::<Value>(&reply.body)
        {
            for token in
                ["access_token", "refresh_token"].into_iter().filter_map(|name| answer[name].as_str())
            {
                self.tokens.insert(token.to_owned(), attempt);
            }
        }
        match fault {
            Some(Fault::DuplicateBody) => reply.body.extend_from_within(..),
            Some(Fault::OpenidSwapped) => self.truth.swap_openid(&mut reply.body),
            Some(Fault::Slow) => return (reply, Delivery::Slow(self.slow)),
            _ => {}
        }
        (reply, Delivery::AsItSays)
    }

    fn complain(&mut self, complaint: String) {
        if self.seen.wrong.len() < COMPLAINTS {
            self.seen.wrong.push(complaint);
        }
    }
}

/// A map that forgets its oldest entries.
struct Recent<K, V> {
    entries: HashMap<K, V>,
    order: VecDeque<K>,
    limit: usize,
}

impl<K: Clone + Eq + Hash, V> Recent<K, V> {
    fn new(limit: usize) -> Self {
        Self { entries: HashMap::new(), order: VecDeque::new(), limit }
    }

    fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: std::borrow::Borrow<Q>,
    {
        self.entries.get(key)
    }

    fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.entries.get_mut(key)
    }

    fn insert(&mut self, key: K, value: V) {
        if self.entries.insert(key.clone(), value).is_none() {
            self.order.push_back(key);
        }
        if self.order.len() > self.limit
            && let Some(oldest) = self.order.pop_front()
        {
            self.entries.remove(&oldest);
        }
    }
}

/// The next request of a connection, unless it has ended.
async fn read(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> io::Result<Option<Request>> {
    bytes.clear();
    // Nobody sends a request before the one before it is answered.
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if bytes.len() > MAX_REQUEST || stream.read_buf(bytes).await? == 0 {
            return Ok(None);
        }
    };
    let Some(mut request) = std::str::from_utf8(&bytes[..head]).ok().and_then(read_head) else {
        return Ok(None);
    };
    let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    if length > MAX_REQUEST {
        return Ok(None);
    }
    while bytes.len() < head + length {
        if stream.read_buf(bytes).await? == 0 {
            return Ok(None);
        }
    }
    request.body = bytes[head..].to_vec();
    Ok(Some(request))
}

fn read_head(head: &str) -> Option<Request> {
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

fn plain(status: u16, text: String) -> Reply {
    Reply {
        status,
        headers: vec![("content-type", "text/plain".to_owned())],
        body: text.into_bytes(),
        connection: Connection::Normal,
    }
}

fn refusal(errcode: i64, errmsg: &str) -> Reply {
    plain(200, json!({"errcode": errcode, "errmsg": errmsg}).to_string())
}

fn document(value: &Value) -> Reply {
    plain(200, value.to_string())
}

/// The values of a parameter in a query.
pub(crate) fn parameters(query: &str, name: &str) -> Vec<String> {
    let query = query.split('#').next().unwrap_or_default();
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.filter(|(key, _)| key == name).map(|(_, value)| value.into_owned()).collect()
}

fn now() -> UnixTime {
    // A clock that stands before 1970 says 0.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixTime::from_secs(since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_has_an_end() {
        let mut recent = Recent::new(2);
        for key in [0, 1, 1, 2] {
            recent.insert(key, ());
        }
        assert!(recent.get(&0).is_none());
        assert!(recent.get(&1).is_some() && recent.get(&2).is_some());
        assert_eq!((recent.entries.len(), recent.order.len()), (2, 2));
    }

    #[test]
    fn parameters_are_decoded_and_a_fragment_is_none_of_them() {
        assert_eq!(parameters("a=1&code=x%20y&code=z#code=f", "code"), ["x y", "z"]);
        assert!(parameters("", "code").is_empty());
    }
}
