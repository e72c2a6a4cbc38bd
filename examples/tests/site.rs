//! Drives the sites of `async_axum` and `own_session` as a browser does: redirects, cookies, and a person who agrees.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking, and so do its helpers"
)]

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use axum::Router;
use wechat_oauth::{App, store::Keyring};
use wechat_oauth_emulator::{Emulator, Endpoint, Misbehaviour};

#[allow(dead_code, reason = "the test starts the site by itself")]
#[path = "../async_axum.rs"]
mod async_axum;

#[allow(dead_code, reason = "the test starts the site by itself")]
#[path = "../own_session.rs"]
mod own_session;

type Site = fn(App, &str, Keyring) -> Result<Router, Box<dyn Error>>;

const SITES: [Site; 2] = [async_axum::site, own_session::site];

/// The site at a free port, until the test ends; and the emulator that it signs people in with.
fn start(site: Site) -> (Emulator, String) {
    let emulator = Emulator::builder().auto_consent(true).start().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let home = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let app = examples::official_account(&emulator).unwrap();
    let site = site(app, &home, Keyring::generate().unwrap()).unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, site).await.unwrap();
        });
    });
    (emulator, home)
}

/// How many codes the site has sent in.
fn exchanges(emulator: &Emulator) -> usize {
    let mut log = ureq::get(format!("{}/_emulator/log", emulator.base_url())).call().unwrap();
    log.body_mut().read_to_string().unwrap().matches("/sns/oauth2/access_token").count()
}

#[derive(Default, Clone)]
struct Browser {
    cookies: BTreeMap<String, String>,
}

struct Page {
    status: u16,
    location: String,
    caching: String,
    referrer: String,
    set_cookies: Vec<String>,
    text: String,
}

impl Browser {
    /// Opens one address and follows no redirect. The site's cookies go to the site alone.
    fn open(&mut self, url: &str) -> Page {
        let ours = url.starts_with("http://localhost:");
        let mut request = ureq::get(url)
            .config()
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent("Mozilla/5.0 (Linux; Android 14) Mobile MicroMessenger/8.0.50")
            .build()
            .header("accept", "text/html");
        if ours && !self.cookies.is_empty() {
            request = request.header("cookie", self.sent());
        }
        self.read(request.call().unwrap(), ours)
    }

    fn post(&mut self, url: &str) -> Page {
        let request = ureq::post(url)
            .config()
            .max_redirects(0)
            .http_status_as_error(false)
            .build()
            .header("cookie", self.sent());
        self.read(request.send_empty().unwrap(), true)
    }

    fn sent(&self) -> String {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        cookies.join("; ")
    }

    fn read(&mut self, mut answer: ureq::http::Response<ureq::Body>, ours: bool) -> Page {
        let header = |name: &str| {
            answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
        };
        let (location, caching, referrer) =
            (header("location"), header("cache-control"), header("referrer-policy"));
        let set_cookies: Vec<String> = answer
            .headers()
            .get_all("set-cookie")
            .iter()
            .map(|value| value.to_str().unwrap().to_owned())
            .collect();
        for cookie in set_cookies.iter().filter(|_| ours) {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let status = answer.status().as_u16();
        let text = answer.body_mut().read_to_string().unwrap();
        Page { status, location, caching, referrer, set_cookies, text }
    }

    /// Opens an address and goes where it is sent, until there is a page.
    fn follow(&mut self, home: &str, path: &str) -> Page {
        let mut page = self.open(&format!("{home}{path}"));
        for _ in 0..10 {
            let to = match page.location.as_str() {
                "" => return page,
                path if path.starts_with('/') => format!("{home}{path}"),
                url => url.to_owned(),
            };
            page = self.open(&to);
        }
        page
    }

    /// Begins at the site and goes through WeChat; gives the address of the callback, not yet opened.
    fn go_through_wechat(&mut self, home: &str) -> String {
        let login = self.open(&format!("{home}/login"));
        assert_eq!(login.status, 303);
        self.open(&login.location).location
    }

    /// Whether the site knows who comes.
    fn greeted(&mut self, home: &str) -> bool {
        self.open(&format!("{home}/")).text.starts_with("hello, ")
    }
}

#[test]
fn a_person_signs_in_and_comes_back_to_where_they_were() {
    let (_emulator, home) = start(async_axum::site);
    let mut browser = Browser::default();
    assert_eq!(browser.open(&format!("{home}/me")).text, "nobody");
    let page = browser.open(&format!("{home}/?page=2"));
    assert_eq!((page.status, page.location.as_str()), (303, "/login?return_to=%2F%3Fpage%3D2"));
    let login = browser.open(&format!("{home}{}", page.location));
    let callback = browser.open(&login.location).location;
    let page = browser.open(&callback);
    assert_eq!((page.status, page.location.as_str()), (303, "/?page=2"));
    assert_eq!((page.caching.as_str(), page.referrer.as_str()), ("no-store", "no-referrer"));
    assert_eq!(browser.open(&format!("{home}/")).text, "hello, 王小明");
    let me = browser.open(&format!("{home}/me")).text;
    assert!(me.starts_with('o') && me.len() == 28, "{me}");
    browser.post(&format!("{home}/logout"));
    assert_eq!(browser.open(&format!("{home}/me")).text, "nobody");
}

#[test]
fn with_sessions_of_its_own_a_site_asks_for_the_profile_of_newcomers_alone() {
    let (emulator, home) = start(own_session::site);
    let mut newcomer = Browser::default();
    assert_eq!(newcomer.open(&format!("{home}/")).text, "nobody");
    let silent = newcomer.go_through_wechat(&home);
    let asks = newcomer.open(&silent);
    assert!(asks.location.contains("&scope=snsapi_userinfo&"), "{}", asks.location);
    assert!(!newcomer.greeted(&home));
    let consented = newcomer.open(&asks.location).location;
    let page = newcomer.open(&consented);
    assert_eq!((page.status, page.location.as_str()), (303, "/"));
    assert_eq!(newcomer.open(&format!("{home}/")).text, "hello, 王小明");

    let mut known = Browser::default();
    let silent = known.go_through_wechat(&home);
    assert_eq!(known.open(&silent).location, "/");
    assert_eq!(known.open(&format!("{home}/")).text, "hello, 王小明");
    assert_eq!(exchanges(&emulator), 3);
}

#[test]
fn the_session_of_ones_own_is_new_at_each_sign_in_and_ends_with_signing_out() {
    let (_emulator, home) = start(own_session::site);
    let mut browser = Browser::default();
    browser.cookies.insert("session".to_owned(), "planted".to_owned());
    browser.follow(&home, "/login");
    let mut first = browser.clone();
    assert_ne!(first.cookies["session"], "planted");
    browser.follow(&home, "/login");
    assert!(browser.greeted(&home) && !first.greeted(&home));

    let mut copy = browser.clone();
    let callback = browser.go_through_wechat(&home);
    let page = browser.post(&format!("{home}/sign-out"));
    assert_eq!((page.status, page.location.as_str()), (303, "/"));
    assert!(browser.cookies.is_empty(), "nothing is left that could sign in again");
    assert!(!copy.greeted(&home), "the session is over, not only its cookie gone");
    assert_ne!(browser.open(&callback).location, "/");
}

#[test]
fn who_keeps_their_profile_to_themselves_is_signed_in_all_the_same() {
    let (emulator, home) = start(own_session::site);
    emulator.world(|world| world.misbehave_next(Misbehaviour::ProfileEmpty, Endpoint::Profile, 1)).unwrap();
    let page = Browser::default().follow(&home, "/login");
    assert!(page.text.starts_with("hello, o"), "{}", page.text);
}

#[test]
fn cookies_are_for_the_site_alone_and_say_nothing() {
    let (_emulator, home) = start(async_axum::site);
    let mut browser = Browser::default();
    let login = browser.open(&format!("{home}/login"));
    let state = login.location.split("&state=").nth(1).unwrap().split(['&', '#']).next().unwrap().to_owned();
    let callback = browser.open(&login.location).location;
    let page = browser.open(&callback);
    let openid = browser.open(&format!("{home}/me")).text;
    for cookie in login.set_cookies.iter().chain(&page.set_cookies) {
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
        assert!(!cookie.contains(&state) && !cookie.contains(&openid), "{cookie}");
    }
    assert_eq!((login.set_cookies.len(), page.set_cookies.len()), (1, 1));
}

#[test]
fn another_browser_cannot_finish_the_login() {
    for site in SITES {
        let (emulator, home) = start(site);
        let mut attacker = Browser::default();
        let callback = attacker.go_through_wechat(&home);

        let mut stranger = Browser::default();
        let page = stranger.open(&callback);
        assert!(
            page.location.starts_with(emulator.base_url()),
            "the stranger is asked to sign in: {}",
            page.location
        );
        let mut victim = Browser::default();
        let own = victim.go_through_wechat(&home);
        victim.open(&callback);
        assert_eq!(exchanges(&emulator), 0);
        assert!(!victim.greeted(&home));

        // The link that was slipped in did not end the victim's own login.
        victim.open(&own);
        assert_eq!(exchanges(&emulator), 1);
    }
}

#[test]
fn a_callback_works_once() {
    let (emulator, home) = start(async_axum::site);
    let mut browser = Browser::default();
    let callback = browser.go_through_wechat(&home);
    for _ in 0..3 {
        let page = browser.open(&callback);
        assert_eq!((page.status, page.location.as_str()), (303, "/"), "the answer stays the same");
    }
    assert_eq!(exchanges(&emulator), 1, "and the code is sent once");
    assert!(browser.greeted(&home));
}

#[test]
fn a_snapshot_visitor_is_nobody() {
    for site in SITES {
        let (emulator, home) = start(site);
        emulator.world(|world| world.misbehave_next(Misbehaviour::Snapshot, Endpoint::Exchange, 1)).unwrap();
        let mut browser = Browser::default();
        let callback = browser.go_through_wechat(&home);
        let page = browser.open(&callback);
        assert_eq!((page.status, page.location.as_str()), (303, "/login?declined=snapshot"));
        let page = browser.open(&format!("{home}{}", page.location));
        assert!(page.status == 200 && page.text.contains("快照页"), "{} {}", page.status, page.text);
        assert!(!browser.greeted(&home));
    }
}

#[test]
fn the_programs_print_where_they_are_and_serve_until_they_are_stopped() {
    struct Stop(Child);
    impl Drop for Stop {
        fn drop(&mut self) {
            let _stopped = self.0.kill();
            let _ended = self.0.wait();
        }
    }
    let test = std::env::current_exe().unwrap();
    for example in ["async_axum", "own_session"] {
        let program = test.parent().unwrap().with_file_name("examples").join(example);
        let program = Command::new(program).stdout(Stdio::piped()).spawn();
        let mut program = Stop(program.expect("`cargo test -p examples` builds the examples, too"));
        let mut line = String::new();
        BufReader::new(program.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
        // Its emulator asks the person: it shows a page.
        let mut browser = Browser::default();
        let login = browser.open(line.split(' ').next().unwrap());
        assert_eq!(login.status, 303, "{example}: {line}");
        let page = browser.open(&login.location);
        // One that signs in silently is back already, and asks then.
        let page = if example == "own_session" {
            let asks = browser.open(&page.location);
            browser.open(&asks.location)
        } else {
            page
        };
        assert!(
            page.status == 200 && page.text.contains("<form"),
            "{example}: {} {}",
            page.status,
            page.text
        );
        assert!(program.0.try_wait().unwrap().is_none(), "it has not ended by itself");
    }
}

/// What is there to be copied has to be short.
#[test]
fn the_site_takes_ten_lines() {
    let source = include_str!("../async_axum.rs");
    let site = source.split_once("pub(crate) fn site").unwrap().1.split_once("\n}\n").unwrap().0;
    let page = source.split_once("async fn home").unwrap().1.split_once("\n}\n").unwrap().0;
    assert!(site.lines().count() + page.lines().count() + 2 <= 10, "with their closing brackets");
    assert!(include_str!("../own_session.rs").lines().count() < 100);
}
