//! The demonstration: the walk, and the sample site in front of hostile browsers and a misbehaving WeChat.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot run has failed")]

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

    /// How many codes the site has sent in.
    fn exchanges(&self) -> usize {
        let log = Browser::default().get(&self.emulator.join("/_emulator/log").unwrap()).json();
        log.as_array().unwrap().iter().filter(|one| one["path"] == "/sns/oauth2/access_token").count()
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

const IN_WECHAT: &str = "Mozilla/5.0 (Linux; Android 14) Mobile MicroMessenger/8.0.50";

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .user_agent(IN_WECHAT)
        .max_redirects(0)
        .http_status_as_error(false)
        .proxy(None)
        .build()
        .into()
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

    fn cookies(&self) -> impl Iterator<Item = &String> {
        self.headers.get("set-cookie").into_iter().flatten()
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

    /// Opens a page and goes where it is sent, until there is a page that sends it nowhere.
    fn follow(&mut self, url: &Url) -> Page {
        let mut page = self.get(url);
        for _ in 0..10 {
            if page.header("location").is_empty() {
                return page;
            }
            page = self.get(&Self::next(&page));
        }
        panic!("the redirects do not end");
    }

    /// Begins a login at the site and goes through WeChat, up to the callback, which is not visited.
    fn callback(&mut self, demo: &Demo, login: &str) -> Url {
        let out = self.get(&demo.site.join(login).unwrap());
        assert_eq!(out.status, 303);
        self.through_wechat(&Self::next(&out))
    }

    /// From the authorize page to the callback.
    fn through_wechat(&mut self, authorize: &Url) -> Url {
        let wechat = self.get(authorize);
        assert_eq!(wechat.status, 302, "{}", wechat.body);
        Self::next(&wechat)
    }

    fn sign_in(&mut self, demo: &Demo, login: &str) {
        let callback = self.callback(demo, login);
        assert_eq!(self.get(&callback).header("location"), "/");
    }

    fn sign_out(&mut self, demo: &Demo) -> Page {
        self.post(&demo.site.join("/sign-out").unwrap(), &[("sec-fetch-site", "same-origin")])
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

/// Every way to sign in that leaves for WeChat by a redirect.
const LOGINS: [&str; 4] = ["/silent/login", "/login", "/qr/login?door=website", "/on-demand/login"];

#[test]
fn the_site_signs_people_in_in_every_way() {
    for (login, nickname) in LOGINS.into_iter().zip([false, true, true, true]) {
        let demo = Demo::start();
        let mut browser = Browser::default();
        assert_eq!(browser.me(&demo), json!({"signed_in": false, "openid": null}));
        let profile = demo.site.join("/me/profile").unwrap();
        assert_eq!(browser.get(&profile).status, 401);
        let home = browser.follow(&demo.site.join(login).unwrap());
        assert_eq!((home.url.as_str(), home.status), (demo.site.as_str(), 200), "{login}");
        let me = browser.me(&demo);
        assert_eq!(me["signed_in"], true, "{login}");
        assert!(home.body.contains(me["openid"].as_str().unwrap()), "{login}");
        assert_eq!(home.body.contains("王小明"), nickname, "{login}");
        let profile = browser.get(&profile).json();
        assert_eq!(profile["openid"], if nickname { me["openid"].clone() } else { Value::Null }, "{login}");
    }
}

#[test]
fn the_home_page_leads_to_every_login() {
    let demo = Demo::start();
    let home = Browser::default().get(&demo.site).body;
    for login in LOGINS {
        let path = login.split('?').next().unwrap();
        assert!(home.contains(&format!("href=\"{path}?door=")), "{login}");
    }
    // A desktop's browser gets through WeChat's own page, too: the emulator plays it.
    let on_a_desktop = [("user-agent", "Mozilla/5.0 (X11; Linux x86_64)")];
    let out = Browser::default().get_with(&demo.site.join("/login?door=official").unwrap(), &on_a_desktop);
    assert!(
        out.header("location")
            .starts_with(demo.emulator.join("/connect/oauth2/authorize?").unwrap().as_str())
    );
    // Without being told, it gets a QR code inside a page of this site.
    let page = Browser::default().get_with(&demo.site.join("/login").unwrap(), &on_a_desktop);
    assert_eq!(page.status, 200);
    assert!(page.body.contains("/connect/zh_CN/htmledition/js/wxLogin.js"), "{}", page.body);
}

#[test]
fn consent_is_asked_only_of_newcomers_where_it_is_asked_on_demand() {
    let demo = Demo::start();
    let mut newcomer = Browser::default();
    let silent = newcomer.callback(&demo, "/on-demand/login");
    let asks = newcomer.get(&silent);
    let authorize = Browser::next(&asks);
    assert_eq!(query(&authorize, "scope"), "snsapi_userinfo");
    assert_eq!(newcomer.me(&demo)["signed_in"], false);
    let consented = newcomer.through_wechat(&authorize);
    assert_eq!(newcomer.get(&consented).header("location"), "/");
    let home = newcomer.get(&demo.site).body;
    assert!(home.contains("王小明") && home.contains("snsapi_base") && home.contains("snsapi_userinfo"));
    newcomer.sign_out(&demo);

    let exchanges = demo.exchanges();
    let mut known = Browser::default();
    known.sign_in(&demo, "/on-demand/login");
    assert_eq!(demo.exchanges(), exchanges + 1);
    let home = known.get(&demo.site).body;
    assert!(
        home.contains("王小明") && home.contains("本站认识你") && !home.contains("/sns/userinfo?"),
        "{home}"
    );
}

#[test]
fn the_page_shows_what_the_wire_said() {
    let demo = Demo::start();
    let mut browser = Browser::default();
    browser.sign_in(&demo, "/login");
    let home = browser.get_with(&demo.site, &[("accept-language", "en")]).body;
    for text in [
        "The site sent the browser to WeChat",
        "GET /login\n303 Location: ",
        "&#38;scope=snsapi_userinfo&#38;state=[redacted]&#38;connect_redirect=1#wechat_redirect",
        "=[redacted]; HttpOnly; SameSite=Lax; Path=/; Max-Age=3600",
        "WeChat sent the browser back",
        "GET /callback?code=[redacted]&#38;state=[redacted]",
        "The site asked WeChat",
        "/sns/oauth2/access_token?",
        "/sns/userinfo?",
        "What the site learned",
        "access_token&#34;: &#34;[redacted]",
        "The browser left the address with the code",
        "303 Location: /\nSet-Cookie: demo_session_",
    ] {
        let shown = home.replace("</pre><pre>", "\n");
        assert!(shown.contains(text), "{text}: {shown}");
    }
    // Only the latest login is told about; a callback that comes again asks WeChat nothing.
    let callback = browser.callback(&demo, "/login");
    browser.get(&callback);
    browser.get(&callback);
    let home = browser.get_with(&demo.site, &[("accept-language", "en")]).body;
    assert!(home.contains("The callback came again"), "{home}");
    let count = |text: &str| home.matches(text).count();
    assert_eq!((count("/sns/oauth2/access_token?"), count("GET /login"), count("GET /callback?")), (1, 1, 2));
}

#[test]
fn the_page_never_shows_a_code_a_state_a_token_or_a_secret() {
    let demo = Demo::start();
    let mut browser = Browser::default();
    let mut secrets: Vec<String> = Vec::new();
    let accounts = browser.get(&demo.emulator.join("/_emulator/accounts").unwrap()).json();
    secrets.extend(
        accounts.as_array().unwrap().iter().filter_map(|one| one["secret"].as_str()).map(str::to_owned),
    );
    assert!(secrets.len() >= 2);

    // Every way, with what goes wrong on it, and with addresses that were never ours.
    for login in LOGINS {
        for fault in ["wx-lost-answer", "wx-snapshot"] {
            demo.misbehave(fault, "exchange");
        }
        for kind in ["as it is", "as it is", "again", "misspelt", "refused", "of another browser"] {
            let mut other = Browser::default();
            let begins = if kind == "of another browser" { &mut other } else { &mut browser };
            let callback = begins.callback(&demo, login);
            let (code, state) = (query(&callback, "code"), query(&callback, "state"));
            let (page, _) = callback.as_str().split_once('?').unwrap();
            let visited = match kind {
                "misspelt" => format!("{page}?c%6fde={code}&State={state}&{code}&{state}=1"),
                "refused" => format!("{page}?state={state}&x={code}"),
                _ => callback.to_string(),
            };
            secrets.extend([code, state]);
            let visited: Url = visited.parse().unwrap();
            if kind == "again" {
                browser.get(&visited);
            }
            let answer = browser.get(&visited);
            secrets.extend(browser.cookies["localhost"].values().cloned());
            let to_a_callback = &visited.as_str()[demo.site.as_str().len() - 1..];
            let begun = demo.site.join(&format!("/login?return_to={}", urlencoded(to_a_callback))).unwrap();
            for shown in [browser.get(&demo.site), answer, browser.get(&begun), browser.get(&demo.site)] {
                let shown = shown.body;
                for secret in &secrets {
                    assert!(!shown.contains(secret), "{login} {kind}: {secret} is shown");
                }
                if let Some((_, wire)) = shown.split_once("id=\"wire\"") {
                    assert_eq!(long_words(wire), Vec::<&str>::new(), "{login} {kind}");
                }
            }
        }
    }
}

fn urlencoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// What may be a token: the longest public words are openids, and the names of a login's cookies.
fn long_words(text: &str) -> Vec<&str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))
        .filter(|word| word.len() > 30 && !word.starts_with("wechat-login-"))
        .collect()
}

#[test]
fn the_session_cookie_is_kept_from_scripts_and_changes_at_sign_in() {
    let demo = Demo::start();
    let mut browser = Browser::default();
    let out = browser.get(&demo.site.join("/login").unwrap());
    assert_eq!(out.cookies().count(), 2, "the session's and the login's");
    for cookie in out.cookies() {
        for attribute in ["; HttpOnly", "; SameSite=Lax", "; Path=/"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
    }
    let cookie = out.cookies().find(|cookie| cookie.starts_with("demo_session")).unwrap();
    let before = browser.session().unwrap();
    assert_eq!(before.len(), 64);
    let callback = browser.through_wechat(&Browser::next(&out));
    let before_sign_in = browser.clone();
    let back = browser.get(&callback);
    assert_eq!(back.cookies().filter(|cookie| cookie.starts_with("demo_session")).count(), 1);
    let after = browser.session().unwrap();
    assert_ne!(before, after);
    // Whoever knew the old id has nothing.
    let mut thief = before_sign_in;
    assert_eq!(thief.me(&demo)["signed_in"], false);
    assert_eq!(browser.me(&demo)["signed_in"], true);
    // An id that somebody else chose is not taken, neither on the way out nor back.
    for id in ["f".repeat(64), String::new(), "x".to_owned()] {
        let mut planted = Browser::default();
        let name = cookie.split('=').next().unwrap().to_owned();
        planted.cookies.entry("localhost".to_owned()).or_default().insert(name.clone(), id.clone());
        let callback = planted.callback(&demo, "/login");
        assert_ne!(planted.session().unwrap(), id);
        planted.cookies.entry("localhost".to_owned()).or_default().insert(name, id.clone());
        planted.get(&callback);
        assert_ne!(planted.session().unwrap(), id);
        assert_eq!(planted.me(&demo)["signed_in"], true);
    }
}

#[test]
fn a_callback_counts_only_in_the_browser_that_began_it() {
    let demo = Demo::start();
    let mut attacker = Browser::default();
    let attackers_callback = attacker.callback(&demo, "/login");
    // A browser that began nothing: it begins a login of its own.
    let mut victim = Browser::default();
    let page = victim.get(&attackers_callback);
    assert_eq!(page.status, 303);
    assert_ne!(query(&Browser::next(&page), "state"), query(&attackers_callback, "state"));
    // A browser that began another login, which goes on afterwards.
    let victims_callback = victim.callback(&demo, "/login");
    victim.get(&attackers_callback);
    assert_eq!(victim.me(&demo)["signed_in"], false);
    assert_eq!(demo.exchanges(), 0);
    assert_eq!(victim.get(&victims_callback).header("location"), "/");
    assert_eq!(victim.me(&demo)["signed_in"], true);
    // The attacker's own is as good as before.
    attacker.get(&attackers_callback);
    assert_eq!(attacker.me(&demo)["signed_in"], true);
}

#[test]
fn a_callback_that_comes_twice_is_exchanged_once() {
    let demo = Demo::start();
    let mut browser = Browser::default();
    let callback = browser.callback(&demo, "/login");
    let mut answer_lost = browser.clone();
    browser.get(&callback);
    let me = browser.me(&demo);
    for _ in 0..3 {
        let again = browser.get(&callback);
        assert_eq!((again.status, again.header("location")), (303, "/"));
        assert_eq!(browser.me(&demo), me);
    }
    // The first answer with its cookie never arrived.
    answer_lost.get(&callback);
    assert_eq!(answer_lost.me(&demo), me);
    assert_eq!(demo.exchanges(), 1);
}

#[test]
fn what_goes_wrong_leads_to_a_page_or_is_mended() {
    let demo = Demo::start();
    for (fault, endpoint, status, text) in [
        ("wx-snapshot", "exchange", 200, "使用完整服务"),
        // The person is known without their profile.
        ("wx-profile-empty", "profile", 200, "没有读到昵称和头像"),
        // Repeated after a wait, without anybody noticing.
        ("wx-busy", "exchange", 200, "errcode -1"),
        // Begun again by itself.
        ("wx-code-invalid", "exchange", 200, "本站再次把浏览器带到微信"),
        ("wx-lost-answer", "exchange", 200, "本站再次把浏览器带到微信"),
    ] {
        demo.misbehave(fault, endpoint);
        let mut browser = Browser::default();
        let page = browser.follow(&demo.site.join("/login").unwrap());
        assert_eq!(page.status, status, "{fault}: {}", page.body);
        assert!(page.body.contains(text), "{fault}: {}", page.body);
        assert_eq!(browser.me(&demo)["signed_in"], fault != "wx-snapshot", "{fault}");
    }
    // Who is nobody may read at home what the wire said.
    let mut refuser = Browser::default();
    let callback = refuser.callback(&demo, "/login");
    let mut refused = callback.clone();
    refused.set_query(Some(&format!("state={}", query(&callback, "state"))));
    let page = refuser.follow(&refused);
    assert_eq!((page.status, page.url.query()), (403, Some("declined=denied")));
    let home = refuser.get(&demo.site).body;
    for text in
        ["GET /callback?state=[redacted]", "本站说明没有登录的原因", "GET /login?declined=denied", "403"]
    {
        assert!(home.contains(text), "{text}: {home}");
    }
}

#[test]
fn a_hostile_nickname_stays_text() {
    let demo = Demo::start();
    demo.misbehave("wx-nickname-hostile", "profile");
    let mut browser = Browser::default();
    browser.sign_in(&demo, "/login");
    let home = browser.get(&demo.site).body;
    assert!(home.contains("alert(1)") && !home.contains("<script"), "{home}");
    assert!(!home.contains(['\u{202e}', '\u{0}', '\u{1b}']));
}

#[test]
fn every_page_keeps_to_itself() {
    let demo = Demo::start();
    let mut browser = Browser::default();
    for path in [
        "/",
        "/me",
        "/login",
        "/login?door=phone",
        "/login?door=website",
        "/login?declined=denied",
        "/callback",
        "/silent/callback",
        "/style.css",
        "/nowhere",
        "/sign-out",
    ] {
        let page = browser.get(&demo.site.join(path).unwrap());
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
        assert_eq!(page.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
        let policy = page.header("content-security-policy");
        assert_eq!(page.headers["content-security-policy"].len(), 1, "{path}");
        assert!(policy.starts_with("default-src 'none'; style-src "), "{path}: {policy}");
        assert!(
            policy.ends_with("form-action 'self'; base-uri 'none'; frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe") && !page.body.contains("style=\""), "{path}: {policy}");
        // The QR code inside a page is drawn by WeChat's script.
        let is_embedded = path.ends_with("door=website");
        assert_eq!(policy.contains("script-src"), is_embedded, "{path}: {policy}");
        assert_eq!(page.body.contains("<script"), is_embedded, "{path}");
        // The pages of the logins have policies of their own.
        let is_theirs = page.body.contains("<style>");
        assert_eq!(policy.contains("style-src 'sha256-"), is_theirs, "{path}: {policy}");
    }
    assert_eq!(browser.get(&demo.site.join("/nowhere").unwrap()).status, 404);
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
fn signing_out_really_ends_and_is_the_sites_own_button() {
    let demo = Demo::start();
    let mut browser = Browser::default();
    let callbacks = LOGINS.map(|login| {
        let callback = browser.callback(&demo, login);
        browser.get(&callback);
        callback
    });
    let unfinished = browser.callback(&demo, "/login");
    let sign_out = demo.site.join("/sign-out").unwrap();
    assert_eq!(browser.post(&sign_out, &[("sec-fetch-site", "same-site")]).status, 403);
    assert_eq!(browser.post(&sign_out, &[("origin", "http://localhost:1")]).status, 403);
    assert_eq!(browser.get(&sign_out).status, 405);
    assert_eq!(browser.me(&demo)["signed_in"], true);

    let mut copy = browser.clone();
    let out = browser.sign_out(&demo);
    assert_eq!((out.status, out.header("location")), (303, "/"));
    assert_eq!(browser.cookies["localhost"].len(), 0, "nothing is left that could sign in again");
    assert_eq!(copy.me(&demo)["signed_in"], false);
    // The back button leads to the callbacks.
    let exchanges = demo.exchanges();
    for callback in callbacks.iter().chain([&unfinished]) {
        assert_ne!(browser.get(callback).header("location"), "/");
        assert_eq!(browser.me(&demo)["signed_in"], false);
    }
    assert_eq!(demo.exchanges(), exchanges);
    // Once more is a login as the first was.
    browser.sign_in(&demo, "/login");
    assert_eq!(browser.me(&demo)["signed_in"], true);
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
    // So do the pages of the logins, and WeChat's.
    let phone =
        browser.get_with(&demo.site.join("/login?door=phone").unwrap(), &[("accept-language", "zh-CN")]);
    assert!(phone.body.contains("<html lang=\"en\">"), "{}", phone.body);
    let out =
        browser.get_with(&demo.site.join("/qr/login?door=website").unwrap(), &[("accept-language", "zh-CN")]);
    assert_eq!(query(&Browser::next(&out), "lang"), "en");
    browser.get(&demo.site.join("/?lang=zh").unwrap());
    assert!(with(&mut browser, "en").contains("<html lang=\"zh-CN\">"));
}
