//! The demonstration: the walk, and the sample site in front of hostile browsers and a misbehaving WeChat.
#![allow(clippy::unwrap_used, reason = "a test that cannot run has failed")]

mod common;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use common::{command, finish, run};
use serde_json::{Value, json};
use url::Url;

/// The demo, running; it is stopped when dropped.
struct Demo {
    child: Child,
    site: Url,
    emulator: Url,
}

impl Demo {
    /// One whose WeChat asks nobody.
    fn start() -> Self {
        let mut child = command(&["demo", "--json", "--auto-consent"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let addresses: Value = serde_json::from_str(&line).unwrap();
        let url = |key: &str| addresses[key].as_str().unwrap().parse().unwrap();
        Self { child, site: url("site_url"), emulator: url("emulator_url") }
    }

    fn misbehave(&self, name: &str, endpoint: &str) {
        let body = json!({"name": name, "endpoint": endpoint}).to_string();
        let url = self.emulator.join("/_emulator/faults").unwrap();
        assert_eq!(agent().post(url.as_str()).send(&body).unwrap().status(), 200, "{name} {endpoint}");
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _ended = self.child.wait();
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().max_redirects(0).http_status_as_error(false).proxy(None).build().into()
}

struct Page {
    url: Url,
    status: u16,
    headers: BTreeMap<String, Vec<String>>,
    body: String,
}

impl Page {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |values| &values[0])
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A browser with a cookie jar; it follows redirects only when told to.
#[derive(Default, Clone)]
struct Browser {
    cookies: BTreeMap<String, BTreeMap<String, String>>,
}

impl Browser {
    fn get(&mut self, url: &Url) -> Page {
        self.get_with(url, &[])
    }

    fn get_with(&mut self, url: &Url, headers: &[(&str, &str)]) -> Page {
        let mut request = agent().get(url.as_str());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(cookies) = self.cookies(url) {
            request = request.header("cookie", cookies);
        }
        self.received(url, request.call().unwrap())
    }

    fn post(&mut self, url: &Url, headers: &[(&str, &str)]) -> Page {
        let mut request = agent().post(url.as_str());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(cookies) = self.cookies(url) {
            request = request.header("cookie", cookies);
        }
        self.received(url, request.send_empty().unwrap())
    }

    fn cookies(&self, url: &Url) -> Option<String> {
        let cookies = self.cookies.get(url.host_str().unwrap()).filter(|cookies| !cookies.is_empty())?;
        Some(cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; "))
    }

    fn received(&mut self, url: &Url, mut response: ureq::http::Response<ureq::Body>) -> Page {
        let mut headers: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in response.headers() {
            headers.entry(name.to_string()).or_default().push(value.to_str().unwrap().to_owned());
        }
        for cookie in headers.get("set-cookie").into_iter().flatten() {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            let jar = self.cookies.entry(url.host_str().unwrap().to_owned()).or_default();
            if cookie.contains("Max-Age=0") {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
        let status = response.status().as_u16();
        Page { url: url.clone(), status, headers, body: response.body_mut().read_to_string().unwrap() }
    }

    /// Where the page sends the browser.
    fn next(page: &Page) -> Url {
        page.url.join(page.header("location")).unwrap()
    }

    /// Begins a login at the site and goes through WeChat, up to the callback, which is not visited.
    fn callback(&mut self, demo: &Demo, login: &str) -> Url {
        let out = self.get(&demo.site.join(login).unwrap());
        assert_eq!(out.status, 303);
        let wechat = self.get(&Self::next(&out));
        assert_eq!(wechat.status, 302, "{}", wechat.body);
        Self::next(&wechat)
    }

    fn me(&mut self, demo: &Demo) -> Value {
        self.get(&demo.site.join("/me").unwrap()).json()
    }

    fn session(&self) -> Option<String> {
        let jar = self.cookies.get("localhost")?;
        jar.iter().find(|(name, _)| name.starts_with("demo_session")).map(|(_, value)| value.clone())
    }
}

fn query(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned()
}

#[test]
fn once_walks_the_login_and_shows_the_profile_without_any_secret() {
    for args in [&["demo", "--once"][..], &["demo", "--once", "--auto-consent"]] {
        let walked = run(args);
        assert_eq!(walked.exit, 0, "{walked:?}");
        for line in [
            "1. The sample site",
            "2. The sign-in button",
            "3. WeChat's authorize page",
            "Signed in:",
            "王小明",
        ] {
            assert!(walked.stdout.contains(line), "{line}: {}", walked.stdout);
        }
        let secret =
            wechat_oauth_emulator::Emulator::start().unwrap().announcement().accounts[0].secret.clone();
        assert!(!walked.stdout.contains(&secret.unwrap()));
        for (position, _) in
            walked.stdout.match_indices("state=").chain(walked.stdout.match_indices("?code="))
        {
            let value = walked.stdout[position..].split_once('=').unwrap().1;
            assert!(value.starts_with("[redacted]"), "{}", &value[..20]);
        }
        assert!(walked.stdout.contains("secret=***&code=***") && walked.stdout.contains("access_token=***"));
    }
}

#[test]
fn json_says_first_where_both_are() {
    let walked = run(&["demo", "--once", "--json"]);
    let addresses: Value = serde_json::from_str(walked.stdout.lines().next().unwrap()).unwrap();
    assert!(addresses["site_url"].as_str().unwrap().starts_with("http://localhost:"));
    assert!(addresses["emulator_url"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    let mut chinese = command(&["demo", "--once"]);
    chinese.env("LC_ALL", "zh_CN.UTF-8");
    assert!(finish(chinese, b"").stdout.contains("已登录："));
}

#[test]
fn the_site_signs_people_in_with_both_accounts() {
    let demo = Demo::start();
    for (login, nickname) in [("/login", true), ("/login?way=base", false), ("/login?way=qr", true)] {
        let mut browser = Browser::default();
        assert_eq!(browser.me(&demo), json!({"signed_in": false, "openid": null}));
        let profile = demo.site.join("/me/profile").unwrap();
        assert_eq!(browser.get(&profile).status, 401);
        let callback = browser.callback(&demo, login);
        let back = browser.get(&callback);
        assert_eq!((back.status, back.header("location")), (303, "/"), "{login}");
        let me = browser.me(&demo);
        assert_eq!(me["signed_in"], true, "{login}");
        let home = browser.get(&demo.site).body;
        assert!(home.contains(me["openid"].as_str().unwrap()), "{login}");
        assert_eq!(home.contains("王小明"), nickname, "{login}");
        let profile = browser.get(&profile).json();
        assert_eq!(profile["openid"], if nickname { me["openid"].clone() } else { Value::Null }, "{login}");
    }
}

#[test]
fn the_page_shows_what_the_wire_said_and_no_secret() {
    let demo = Demo::start();
    let mut browser = Browser::default();
    let callback = browser.callback(&demo, "/login");
    let back = browser.get(&callback);
    let home = browser.get(&demo.site).body;
    assert!(home.contains("/sns/oauth2/access_token?") && home.contains("/sns/userinfo?"), "{home}");
    for secret in [query(&callback, "code"), query(&callback, "state"), browser.session().unwrap()] {
        assert!(!home.contains(&secret) && !back.body.contains(&secret));
    }
    assert!(home.contains("access_token&#34;: &#34;[redacted]"), "{home}");
}

#[test]
fn the_session_cookie_is_kept_from_scripts_and_changes_at_sign_in() {
    let demo = Demo::start();
    let mut browser = Browser::default();
    let out = browser.get(&demo.site.join("/login").unwrap());
    let cookie = out.header("set-cookie").to_owned();
    for attribute in ["; HttpOnly", "; SameSite=Lax", "; Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    let before = browser.session().unwrap();
    assert_eq!(before.len(), 64);
    let wechat = browser.get(&Browser::next(&out));
    let before_sign_in = browser.clone();
    browser.get(&Browser::next(&wechat));
    let after = browser.session().unwrap();
    assert_ne!(before, after);
    // Whoever knew the old id has nothing.
    let mut thief = before_sign_in;
    assert_eq!(thief.me(&demo)["signed_in"], false);
    assert_eq!(browser.me(&demo)["signed_in"], true);
    // An id that somebody else chose is not taken.
    let mut planted = Browser::default();
    let name = cookie.split('=').next().unwrap().to_owned();
    planted.cookies.entry("localhost".to_owned()).or_default().insert(name, "f".repeat(64));
    planted.get(&demo.site.join("/login").unwrap());
    assert_ne!(planted.session().unwrap(), "f".repeat(64));
}

#[test]
fn a_callback_counts_only_in_the_browser_that_began_it() {
    let demo = Demo::start();
    let mut attacker = Browser::default();
    let attackers_callback = attacker.callback(&demo, "/login");
    // A browser that began nothing.
    let mut victim = Browser::default();
    let page = victim.get(&attackers_callback);
    assert_eq!((page.status, page.header("location")), (303, "/problem/no_login"));
    // A browser that began another login, which goes on afterwards.
    let victims_callback = victim.callback(&demo, "/login");
    let page = victim.get(&attackers_callback);
    assert_eq!(page.header("location"), "/problem/state_mismatch");
    assert_eq!(victim.me(&demo)["signed_in"], false);
    assert_eq!(victim.get(&victims_callback).header("location"), "/");
    assert_eq!(victim.me(&demo)["signed_in"], true);
}

#[test]
fn a_callback_that_comes_twice_is_exchanged_once() {
    let demo = Demo::start();
    let mut browser = Browser::default();
    let callback = browser.callback(&demo, "/login");
    browser.get(&callback);
    let openid = browser.me(&demo)["openid"].clone();
    let log = |browser: &mut Browser| {
        let log = browser.get(&demo.emulator.join("/_emulator/log").unwrap()).json();
        log.as_array().unwrap().iter().filter(|one| one["path"] == "/sns/oauth2/access_token").count()
    };
    assert_eq!(log(&mut browser), 1);
    let again = browser.get(&callback);
    assert_eq!((again.status, again.header("location")), (303, "/"));
    assert_eq!((log(&mut browser), browser.me(&demo)["openid"].clone()), (1, openid));
}

#[test]
fn every_callback_error_leads_to_a_page_that_says_what_to_do() {
    let demo = Demo::start();
    for (change, problem, status) in [
        ("code=C1", "state_missing", 400),
        ("code=C1&state=", "state_empty", 400),
        ("code=C1&state=forged", "state_mismatch", 400),
        ("code=C1&state=STATE&state=STATE", "state_repeated", 400),
        ("state=STATE", "denied", 403),
        ("code=authdeny&state=STATE", "denied", 403),
        ("code=&state=STATE", "code_empty", 400),
        ("code=C1&code=C2&state=STATE", "code_repeated", 400),
        ("code=C%201&state=STATE", "code_alphabet", 400),
        ("code=%2&state=STATE", "bad_encoding", 400),
        ("?code=C1&state=STATE", "state_missing", 400),
    ] {
        let mut browser = Browser::default();
        let callback = browser.callback(&demo, "/login");
        let state = query(&callback, "state");
        // Where the question mark is part of the query, so is the key: `?code`.
        let changed = change.replace("STATE", &state).replace("?code=C1&state", "?code=C1&?state");
        let url = demo.site.join(&format!("/callback?{changed}")).unwrap();
        let page = browser.get(&url);
        assert_eq!(
            (page.status, page.header("location")),
            (303, &*format!("/problem/{problem}")),
            "{change}"
        );
        assert!(page.body.is_empty(), "{change}");
        for (lang, button) in [("zh", "重新登录"), ("en", "Sign in again")] {
            let shown = browser.get(&demo.site.join(&format!("/problem/{problem}?lang={lang}")).unwrap());
            assert_eq!(shown.status, status, "{change}");
            assert!(shown.body.contains(problem) && shown.body.contains(button), "{change}: {}", shown.body);
            assert!(!shown.body.contains(&state), "{change}");
        }
        assert_eq!(browser.me(&demo)["signed_in"], false, "{change}");
    }
}

#[test]
fn wechats_faults_lead_to_pages_or_are_mended() {
    let demo = Demo::start();
    for (fault, endpoint, location) in [
        ("wx-code-invalid", "exchange", "/problem/refused_40029"),
        ("wx-html", "exchange", "/problem/malformed"),
        ("wx-lost-answer", "exchange", "/problem/no_answer"),
        ("wx-snapshot", "exchange", "/problem/snapshot"),
        ("wx-openid-swapped", "profile", "/problem/malformed"),
        // The person is known without their profile.
        ("wx-profile-empty", "profile", "/"),
        // Repeated after a wait, without anybody noticing.
        ("wx-busy", "exchange", "/"),
    ] {
        demo.misbehave(fault, endpoint);
        let mut browser = Browser::default();
        let callback = browser.callback(&demo, "/login");
        let back = browser.get(&callback);
        assert_eq!((back.status, back.header("location")), (303, location), "{fault}");
        let shown = browser.get(&demo.site.join(location).unwrap());
        assert!(shown.status == 200 || shown.status == 502, "{fault}");
        assert_eq!(browser.me(&demo)["signed_in"], location == "/", "{fault}");
        match fault {
            "wx-snapshot" => assert!(shown.body.contains("使用完整服务"), "{}", shown.body),
            "wx-profile-empty" => assert!(shown.body.contains("没有读到昵称和头像"), "{}", shown.body),
            "wx-busy" => assert!(shown.body.contains("errcode -1"), "{}", shown.body),
            _ => {}
        }
    }
}

#[test]
fn a_hostile_nickname_stays_text() {
    let demo = Demo::start();
    demo.misbehave("wx-nickname-hostile", "profile");
    let mut browser = Browser::default();
    let callback = browser.callback(&demo, "/login");
    browser.get(&callback);
    let home = browser.get(&demo.site).body;
    assert!(home.contains("alert(1)") && !home.contains("<script"), "{home}");
    assert!(!home.contains(['\u{202e}', '\u{0}', '\u{1b}']));
}

#[test]
fn every_page_keeps_to_itself() {
    let demo = Demo::start();
    let mut browser = Browser::default();
    for path in
        ["/", "/me", "/login", "/callback", "/problem/denied", "/style.css", "/nowhere", "/problem/<x>"]
    {
        let page = browser.get(&demo.site.join(path).unwrap());
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
        assert_eq!(page.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self'; "), "{path}: {policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("script"), "{path}: {policy}");
        assert!(!page.body.contains("style=\"") && !page.body.contains("<script"), "{path}");
    }
    assert_eq!(browser.get(&demo.site.join("/nowhere").unwrap()).status, 404);
    assert_eq!(browser.get(&demo.site.join("/login?way=nonsense").unwrap()).status, 404);
    assert_eq!(browser.get(&demo.site.join("/problem/nonsense").unwrap()).status, 404);
}

#[test]
fn only_the_sites_own_name_is_answered() {
    let demo = Demo::start();
    let port = demo.site.port().unwrap();
    let by_address: Url = format!("http://127.0.0.1:{port}/login").parse().unwrap();
    let sent_on = Browser::default().get(&by_address);
    assert_eq!((sent_on.status, sent_on.header("location")), (303, &*format!("http://localhost:{port}")));
    let rebound = Browser::default().get_with(&demo.site, &[("host", "rebound.example")]);
    assert_eq!((rebound.status, rebound.body.as_str()), (421, ""));
}

#[test]
fn signing_out_forgets_the_browser_and_is_the_sites_own_button() {
    let demo = Demo::start();
    let mut browser = Browser::default();
    let callback = browser.callback(&demo, "/login");
    browser.get(&callback);
    let sign_out = demo.site.join("/sign-out").unwrap();
    assert_eq!(browser.post(&sign_out, &[("sec-fetch-site", "same-site")]).status, 403);
    assert_eq!(browser.get(&sign_out).status, 405);
    assert_eq!(browser.me(&demo)["signed_in"], true);
    let mut copy = browser.clone();
    let out = browser.post(&sign_out, &[("sec-fetch-site", "same-origin")]);
    assert_eq!((out.status, out.header("location")), (303, "/"));
    assert_eq!(browser.session(), None);
    assert_eq!(copy.me(&demo)["signed_in"], false);
}

#[test]
fn pages_speak_the_browsers_language_or_the_chosen_one() {
    let demo = Demo::start();
    let mut browser = Browser::default();
    let with = |browser: &mut Browser, languages: &str| {
        browser.get_with(&demo.site, &[("accept-language", languages)]).body
    };
    assert!(with(&mut browser, "en-GB,en;q=0.9").contains("<html lang=\"en\">"));
    assert!(with(&mut browser, "de, zh-TW;q=0.5").contains("<html lang=\"zh-CN\">"));
    assert!(with(&mut browser, "").contains("<html lang=\"zh-CN\">"));
    browser.get(&demo.site.join("/?lang=en").unwrap());
    assert!(with(&mut browser, "zh-CN").contains("<html lang=\"en\">"));
    assert!(browser.get(&demo.site.join("/?lang=%3Cx%3E").unwrap()).body.contains("<html lang=\"en\">"));
}
