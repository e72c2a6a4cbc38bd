//! Nothing secret is in what the site writes, shows or answers, whatever WeChat and the store do: no log at any level, no
//! `Debug`, no error, no page, no header, no address that a browser is sent to.
//!
//! The state stands where it has to, in the address at WeChat that begins a login, and nowhere else.

#![allow(clippy::unwrap_used)] // its helpers are part of tests

mod rig;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use rig::{Answer, Browser, ON_DESKTOP, ORIGIN, WeChat, lily, pages, parameter};
use tokio::task::JoinSet;
use tracing::field::{Field, Visit};
use tracing::span;
use wechat_oauth_axum::{Declined, SignedIn, WechatLogin};
use wechat_oauth_core::WxLoginOptions;
use wechat_oauth_emulator::{AccountKind, Endpoint, Misbehaviour};
use wechat_oauth_reqwest::Client;
use wechat_oauth_store::{
    Keeper, Key, Keyring, MemoryStore, Record, Reply, Store, StoreError, Swapped, Vault,
};

/// The key of every keyring here.
const KEY: &str = "5ec4e7a1b2c3d4e5f60718293a4b5c6d5ec4e7a1b2c3d4e5f60718293a4b5c6d";
/// A deadline for a WeChat that hangs; any other answers sooner, and no harm is done if one does not.
const SHORT: Duration = Duration::from_secs(2);
/// How long a person waits for an answer.
const PATIENCE: Duration = Duration::from_secs(4);
/// WeChat's page with a QR code.
const QR_PAGE: &str = "/connect/qrconnect";
/// How often WeChat misbehaves: in the login by a code, and in the one after it.
const TIMES: u32 = 6;
/// How many ways of going wrong are played at the least.
const FAULTS: usize = 150;
/// How many of them at once: each has a WeChat of its own, and a process has a thousand files at the most.
const TOGETHER: usize = 32;

// The search.

/// A text as it may be written: as it is, percent-encoded, in hexadecimal digits, in base64 at each of its three alignments,
/// as a list of bytes. Either half of it is enough.
fn spellings(text: &str) -> Vec<String> {
    let (first, second) = text.split_at(text.len() / 2);
    [first, second].into_iter().flat_map(spellings_of_whole).collect()
}

fn spellings_of_whole(text: &str) -> Vec<String> {
    let bytes = text.as_bytes();
    let list = format!("{bytes:?}");
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let percent: String = bytes.iter().map(|byte| format!("%{byte:02X}")).collect();
    let mut spellings =
        vec![text.to_owned(), hex.to_uppercase(), hex, percent, list[1..list.len() - 1].to_owned()];
    for before in 0..3 {
        let encoded = STANDARD_NO_PAD.encode([&vec![0; before], bytes].concat());
        spellings.push(encoded[[0, 2, 3][before]..encoded.len() - 1].to_owned());
    }
    spellings
}

/// Those of the secrets that are in the text, in whatever spelling.
fn found<'a>(secrets: &'a [String], text: &str) -> Vec<&'a str> {
    const START: usize = 8;
    let mut by_start: HashMap<&[u8], Vec<(&str, usize)>> = HashMap::new();
    let all: Vec<Vec<String>> = secrets.iter().map(|secret| spellings(secret)).collect();
    for (number, spellings) in all.iter().enumerate() {
        for spelling in spellings {
            by_start.entry(&spelling.as_bytes()[..START]).or_default().push((spelling, number));
        }
    }
    let mut found = Vec::new();
    for (at, window) in text.as_bytes().windows(START).enumerate() {
        for (spelling, number) in by_start.get(window).into_iter().flatten() {
            if text.as_bytes()[at..].starts_with(spelling.as_bytes()) {
                found.push(secrets[*number].as_str());
            }
        }
    }
    found
}

#[test]
fn a_planted_secret_is_found_in_every_spelling() {
    let secrets = ["canary-one-8f2c41d9".to_owned(), "canary-two-77b0e35a".to_owned()];
    for secret in &secrets {
        let planted = spellings(secret);
        assert_eq!(planted.len(), 16);
        for spelling in planted {
            assert_eq!(found(&secrets, &format!("before {spelling} after")), [secret], "{spelling}");
        }
    }
    assert!(found(&secrets, "canary canary-").is_empty());
}

// What is written.

/// Everything that is traced or logged in this process, at every level.
static WRITTEN: Mutex<String> = Mutex::new(String::new());

struct Traced;

impl tracing::Subscriber for Traced {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        attributes.record(&mut Fields);
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        values.record(&mut Fields);
    }
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        writeln!(WRITTEN.lock().unwrap(), "by {}", event.metadata().target()).unwrap();
        event.record(&mut Fields);
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

struct Fields;

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        writeln!(WRITTEN.lock().unwrap(), "{field}={value:?}").unwrap();
    }
}

struct Logged;

impl log::Log for Logged {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }
    fn log(&self, record: &log::Record<'_>) {
        writeln!(WRITTEN.lock().unwrap(), "by {}\n{}", record.target(), record.args()).unwrap();
    }
    fn flush(&self) {}
}

// What is played.

/// A store that fails with this error at one of its operations, and is as good as any otherwise.
#[derive(Debug)]
struct Failing {
    store: MemoryStore,
    error: StoreError,
    /// How many operations until then.
    until: AtomicU32,
}

impl Failing {
    fn fails(&self) -> Result<(), StoreError> {
        let left = self.until.fetch_sub(1, Ordering::Relaxed);
        if left == 0 { Err(self.error) } else { Ok(()) }
    }
}

impl Store for Failing {
    fn get<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
        Box::pin(async move {
            self.fails()?;
            self.store.get(key).await
        })
    }
    fn take<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
        Box::pin(async move {
            self.fails()?;
            self.store.take(key).await
        })
    }
    fn swap<'a>(
        &'a self,
        key: &'a Key,
        expected: Option<&'a Record>,
        new: &'a Record,
        lifetime: Duration,
    ) -> Reply<'a, Swapped> {
        Box::pin(async move {
            self.fails()?;
            self.store.swap(key, expected, new, lifetime).await
        })
    }
}

/// What a browser is answered, unless its person goes away before: for a claim that a failing store keeps, say.
async fn patiently(answer: impl Future<Output = Answer>) -> Option<Answer> {
    tokio::time::timeout(PATIENCE, answer).await.ok()
}

/// A site at which something goes wrong, what must not be seen of it, and what was seen.
struct Play {
    wechat: WeChat,
    site: Router,
    secrets: Arc<Mutex<Vec<String>>>,
    seen: Arc<Mutex<String>>,
}

impl Play {
    fn new(store: impl Store + Clone + 'static) -> Self {
        let wechat = lily();
        let (secrets, seen) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<Mutex<String>>::default());
        let accounts = wechat.0.announcement().accounts;
        secrets.lock().unwrap().extend(accounts.iter().filter_map(|account| account.secret.clone()));
        let (tokens, shown, declined_shown) = (Arc::clone(&secrets), Arc::clone(&seen), Arc::clone(&seen));
        let keyring = || Keyring::from_hex(KEY).unwrap();
        let client = |kind| {
            let app = wechat.app(kind);
            (app.clone(), Client::for_app(&app).unwrap().timeout(SHORT))
        };
        let (app, official) = client(AccountKind::OfficialAccount);
        let keeper = Keeper::new(app.clone(), official.clone(), Vault::new(store.clone(), keyring()));
        let (website, website_client) = client(AccountKind::Website);
        let login = WechatLogin::new(app, official)
            .website_embedded(website, website_client, WxLoginOptions::default())
            .origin(ORIGIN)
            .keyring(keyring())
            .store(store)
            .keep_grants(keeper)
            .on_signed_in(move |signed_in: SignedIn| {
                let stored = serde_json::to_value(signed_in.grant.expose_for_storage()).unwrap();
                for name in ["access_token", "refresh_token"] {
                    tokens.lock().unwrap().push(stored[name].as_str().unwrap().to_owned());
                }
                write!(shown.lock().unwrap(), "{signed_in:?} {signed_in:#?} {:?}", signed_in.request)
                    .unwrap();
                async move { signed_in.welcome() }
            })
            .on_declined(move |declined: Declined| {
                write!(declined_shown.lock().unwrap(), "{declined:?} {declined:#?}").unwrap();
                async move { declined.into_page() }
            });
        write!(seen.lock().unwrap(), "{login:?} {login:#?}").unwrap();
        let site = pages(login);
        Self { wechat, site, secrets, seen }
    }

    /// Takes down all that a browser is told. The state is allowed in the address that begins a login.
    fn look(&self, answer: &Answer, state: &str) {
        let mut seen = self.seen.lock().unwrap();
        for (name, value) in &answer.headers {
            let value = value.to_str().unwrap();
            let is_the_place = name == "location" && answer.is_to_wechat();
            let value =
                if is_the_place { value.replace(&format!("state={state}&"), "") } else { value.to_owned() };
            writeln!(seen, "{name}: {value}").unwrap();
        }
        // The page with a QR code of its own has to hand the state to WeChat's script.
        let is_the_place = answer.body.contains(QR_PAGE);
        let body = if is_the_place { answer.body.replace(state, "") } else { answer.body.clone() };
        writeln!(seen, "{} {body}", answer.status).unwrap();
    }

    /// A login as far as it goes, then everything that may follow.
    async fn log_in(&self) {
        let browser = Browser::new(&self.site);
        let left = browser.get("/login?return_to=/members").await;
        if !left.is_to_wechat() {
            self.look(&left, "");
            return;
        }
        let state = left.state();
        self.look(&left, &state);
        let callback = self.wechat.allow(left.location(), "lily");
        let code = parameter(&format!("{ORIGIN}{callback}"), "code");
        self.secrets.lock().unwrap().extend([code.clone(), state.clone()]);
        let stranger = Browser::new(&self.site);
        for (browser, path) in [
            (&browser, callback.clone()),
            (&browser, callback.clone()),
            (&browser, callback.replace("state=", "state=%")),
            (&browser, callback.replace("code=", "code=.")),
            (&browser, format!("{callback}&state={state}")),
            (&browser, format!("/callback?state={state}")),
            (&browser, format!("/callback?code={code}")),
            (&stranger, callback.clone()),
        ] {
            let Some(mut answer) = patiently(browser.get(&path)).await else { continue };
            // Where it leads within the site; at WeChat another login begins, with another state.
            for _ in 0..3 {
                let again = if answer.is_to_wechat() { answer.state() } else { String::new() };
                if !again.is_empty() {
                    self.secrets.lock().unwrap().push(again.clone());
                }
                self.look(&answer, &again);
                let Some(there) = answer.headers.get("location") else { break };
                let there = there.to_str().unwrap().to_owned();
                if !there.starts_with('/') {
                    break;
                }
                let Some(next) = patiently(browser.get(&there)).await else { break };
                answer = next;
            }
        }
        self.look(&browser.send(Method::POST, "/logout", &[("origin", "https://evil.example")]).await, "");
        let values = self.values_of(&browser);
        self.secrets.lock().unwrap().extend(values);
        self.look(&browser.send(Method::POST, "/logout", &[("origin", ORIGIN)]).await, "");
    }

    /// A login on a desktop, with the QR code on a page of the site.
    async fn log_in_by_a_code(&self) {
        let browser = Browser::called(&self.site, ON_DESKTOP);
        let page = browser.get("/login").await;
        let start = page.body.find(QR_PAGE).unwrap();
        let link = page.body[start..].split('"').next().unwrap().replace("&amp;", "&").replace("&#38;", "&");
        let link = format!("{}{link}", self.wechat.0.base_url());
        let state = parameter(&link, "state");
        self.look(&page, &state);
        let callback = self.wechat.allow(&link, "lily");
        let code = parameter(&format!("{ORIGIN}{callback}"), "code");
        self.secrets.lock().unwrap().extend([state, code]);
        let Some(answer) = patiently(browser.get(&callback)).await else { return };
        let again = if answer.is_to_wechat() { answer.state() } else { String::new() };
        self.look(&answer, &again);
        let values = self.values_of(&browser);
        self.secrets.lock().unwrap().extend(values);
    }

    /// The values of a browser's cookies. They are set in headers, so they are looked for in the logs and values alone:
    /// the headers that set them are taken out.
    fn values_of(&self, browser: &Browser) -> Vec<String> {
        let values: Vec<String> = browser.jar.lock().unwrap().values().cloned().collect();
        let mut seen = self.seen.lock().unwrap();
        let without: String = seen.lines().filter(|line| !line.starts_with("set-cookie: ")).fold(
            String::new(),
            |mut all, line| {
                all.push_str(line);
                all.push('\n');
                all
            },
        );
        // A cookie holds no secret in the open either.
        let cookies: Vec<&str> = seen.lines().filter(|line| line.starts_with("set-cookie: ")).collect();
        let secrets = self.secrets.lock().unwrap().clone();
        assert!(found(&secrets, &cookies.join("\n")).is_empty(), "a secret is in a cookie");
        *seen = without;
        values
    }
}

/// What goes wrong.
#[derive(Clone, Copy)]
enum Fault {
    Nothing,
    /// WeChat misbehaves there.
    WeChat(Misbehaviour, Endpoint),
    /// The store fails, after so many operations.
    Store(StoreError, u32),
}

fn faults() -> Vec<Fault> {
    let mut faults = vec![Fault::Nothing];
    for &misbehaviour in Misbehaviour::ALL {
        let asked = [Endpoint::Exchange, Endpoint::Profile, Endpoint::Refresh];
        let endpoints = misbehaviour.endpoints().iter().filter(|endpoint| asked.contains(endpoint));
        faults.extend(endpoints.map(|endpoint| Fault::WeChat(misbehaviour, *endpoint)));
    }
    let errors = [
        StoreError::Unavailable { what: "it is down" },
        StoreError::Full,
        StoreError::Unreadable,
        StoreError::Entropy,
    ];
    faults.extend(errors.into_iter().flat_map(|error| (0..4).map(move |until| Fault::Store(error, until))));
    faults
}

impl Fault {
    /// Logs in at a site of its own.
    fn play(self) -> impl Future<Output = Play> + Send {
        let play = match self {
            Self::Store(error, until) => {
                let (store, until) = (MemoryStore::new(), AtomicU32::new(until));
                Play::new(Arc::new(Failing { store, error, until }))
            }
            _ => Play::new(MemoryStore::new()),
        };
        if let Self::WeChat(misbehaviour, endpoint) = self {
            play.wechat.0.world(|world| world.misbehave_next(misbehaviour, endpoint, TIMES)).unwrap();
            if endpoint == Endpoint::Refresh {
                // A token that turns out to be stale is what is refreshed.
                let stale = Misbehaviour::ProfileError;
                play.wechat.0.world(|world| world.misbehave_next(stale, Endpoint::Profile, 1)).unwrap();
            }
        }
        async move {
            play.log_in_by_a_code().await;
            play.log_in().await;
            play
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_goes_wrong_nothing_that_a_site_writes_shows_or_answers_is_secret() {
    tracing::dispatcher::set_global_default(tracing::Dispatch::new(Traced)).unwrap();
    log::set_logger(&Logged).unwrap();
    log::set_max_level(log::LevelFilter::Trace);

    let faults = faults();
    assert!(faults.len() >= FAULTS, "only {} faults", faults.len());
    println!("{} faults", faults.len());
    let mut secrets = vec![KEY.to_owned()];
    let mut signed_in = 0;
    for together in faults.chunks(TOGETHER) {
        let playing: JoinSet<Play> = together.iter().map(|fault| fault.play()).collect();
        for play in playing.join_all().await {
            let here = play.secrets.lock().unwrap().clone();
            let seen = play.seen.lock().unwrap().clone();
            assert_eq!(found(&here, &seen), Vec::<&str>::new(), "{seen}");
            assert!(found(&[KEY.to_owned()], &seen).is_empty(), "{seen}");
            signed_in += usize::from(seen.contains("SignedIn"));
            secrets.extend(here);
        }
    }
    assert!(signed_in > 0, "nobody was signed in by any of them");
    let written = WRITTEN.lock().unwrap().clone();
    for writer in ["by wechat_oauth_axum", "by hyper_util", "by reqwest"] {
        assert!(written.contains(writer), "nothing was written {writer}");
    }
    assert!(secrets.len() > 5 * FAULTS, "{}", secrets.len());
    assert_eq!(found(&secrets, &written), Vec::<&str>::new());
}
