//! Drives the site of `async_axum` as a browser does: redirects, cookies, and a person who agrees or does not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking, and so do its helpers"
)]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use wechat_oauth::RedirectUri;
use wechat_oauth_emulator::{Emulator, Endpoint, Misbehaviour};

#[allow(dead_code, reason = "the test starts the site by itself")]
#[path = "../async_axum.rs"]
mod async_axum;

/// The site at a free port, until the test ends; and the emulator that it signs people in with.
fn start() -> (Emulator, String) {
    let emulator = Emulator::builder().auto_consent(true).start().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let home = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let redirect_uri = RedirectUri::parse(&format!("{home}/callback")).unwrap();
    let site = async_axum::site(examples::official_account(&emulator).unwrap(), &redirect_uri).unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, site).await.unwrap();
        });
    });
    (emulator, home)
}

#[derive(Default)]
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
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = ureq::get(url).config().max_redirects(0).http_status_as_error(false).build();
        if ours && !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        let mut answer = request.call().unwrap();
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

    /// Begins at the site and goes through WeChat; gives the address of the callback, not yet opened.
    fn go_through_wechat(&mut self, home: &str) -> String {
        let login = self.open(&format!("{home}/login"));
        assert_eq!(login.status, 303);
        self.open(&login.location).location
    }
}

#[test]
fn the_site_is_under_eighty_lines() {
    assert!(include_str!("../async_axum.rs").lines().count() < 80);
}

#[test]
fn a_person_signs_in() {
    let (_emulator, home) = start();
    let mut browser = Browser::default();
    assert_eq!(browser.open(&format!("{home}/me")).text, "nobody");
    let callback = browser.go_through_wechat(&home);
    assert!(callback.starts_with(&format!("{home}/callback?code=")), "the emulator shows no page");
    let page = browser.open(&callback);
    assert_eq!((page.status, page.location.as_str()), (303, "/me"));
    assert_eq!((page.caching.as_str(), page.referrer.as_str()), ("no-store", "no-referrer"));
    let me = browser.open(&format!("{home}/me")).text;
    assert!(me.starts_with('o') && me.len() == 28, "{me}");
}

#[test]
fn cookies_are_for_the_site_alone_and_say_nothing() {
    let (_emulator, home) = start();
    let mut browser = Browser::default();
    let login = browser.open(&format!("{home}/login"));
    let state = login.location.split("&state=").nth(1).unwrap().split(['&', '#']).next().unwrap().to_owned();
    let callback = browser.open(&login.location).location;
    let page = browser.open(&callback);
    for cookie in login.set_cookies.iter().chain(&page.set_cookies) {
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
        assert!(!cookie.contains(&state) && !cookie.contains("=o"), "{cookie}");
    }
    assert_eq!((login.set_cookies.len(), page.set_cookies.len()), (1, 2));
}

#[test]
fn another_browser_cannot_finish_the_login() {
    let (_emulator, home) = start();
    let mut attacker = Browser::default();
    let callback = attacker.go_through_wechat(&home);

    let mut stranger = Browser::default();
    assert_eq!(stranger.open(&callback).status, 400);
    let mut victim = Browser::default();
    let own = victim.go_through_wechat(&home);
    assert_eq!(victim.open(&callback).status, 400);
    assert_eq!(victim.open(&format!("{home}/me")).text, "nobody");

    // The link that was slipped in did not end the victim's own login.
    assert_eq!(victim.open(&own).status, 303);
}

#[test]
fn a_callback_works_once() {
    let (_emulator, home) = start();
    let mut browser = Browser::default();
    let callback = browser.go_through_wechat(&home);
    assert_eq!(browser.open(&callback).status, 303);
    let again = browser.open(&callback);
    assert_eq!((again.status, again.text.lines().next().unwrap()), (400, "no login waits in this browser"));
    assert_ne!(browser.open(&format!("{home}/me")).text, "nobody", "who signed in stays signed in");
}

#[test]
fn a_snapshot_visitor_is_nobody() {
    let (emulator, home) = start();
    emulator.world(|world| world.misbehave_next(Misbehaviour::Snapshot, Endpoint::Exchange, 1)).unwrap();
    let mut browser = Browser::default();
    let callback = browser.go_through_wechat(&home);
    let page = browser.open(&callback);
    assert!(
        page.status == 400 && page.text.starts_with("this is a preview"),
        "{} {}",
        page.status,
        page.text
    );
    assert_eq!(browser.open(&format!("{home}/me")).text, "nobody");
}

#[test]
fn the_program_prints_where_it_is_and_serves_until_it_is_stopped() {
    struct Stop(Child);
    impl Drop for Stop {
        fn drop(&mut self) {
            let _stopped = self.0.kill();
            let _ended = self.0.wait();
        }
    }
    let test = std::env::current_exe().unwrap();
    let program = test.parent().unwrap().with_file_name("examples").join("async_axum");
    let program = Command::new(program).stdout(Stdio::piped()).spawn();
    let mut program = Stop(program.expect("`cargo test -p examples` builds the examples, too"));
    let mut line = String::new();
    BufReader::new(program.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let home = line.split("/login").next().unwrap();
    assert_eq!(Browser::default().open(&format!("{home}/me")).text, "nobody");
    // Its emulator asks the person: it shows a page.
    let mut browser = Browser::default();
    let login = browser.open(&format!("{home}/login"));
    let page = browser.open(&login.location);
    assert!(page.status == 200 && page.text.contains("<form"), "{} {}", page.status, page.text);
    assert!(program.0.try_wait().unwrap().is_none(), "it has not ended by itself");
}
