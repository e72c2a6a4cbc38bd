//! A login client that does everything right, but for what is planted in it.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::{Value, json};
use url::form_urlencoded;
use wechat_oauth_conformance::{Broken, Client, Conversation};

/// A client with one planted fault, or none.
pub(crate) struct Fake {
    pub(crate) plant: &'static str,
}

impl Client for Fake {
    fn start(&self) -> io::Result<Box<dyn Conversation>> {
        Ok(Box::new(Talk {
            plant: self.plant,
            hello: Value::Null,
            browsers: HashMap::new(),
            counter: 0,
            later: 0,
            log: String::new(),
            first_person: None,
            last_error: String::new(),
        }))
    }
}

/// What is kept for a browser.
#[derive(Default)]
struct Browser {
    pending: Vec<String>,
    done: HashMap<String, Value>,
    grant: Option<Grant>,
}

#[derive(Clone)]
struct Grant {
    openid: String,
    unionid: Option<String>,
    nickname: Option<String>,
    access_token: String,
    refresh_token: String,
    scope: String,
    ends: u64,
    over: u64,
}

struct Talk {
    plant: &'static str,
    hello: Value,
    browsers: HashMap<String, Browser>,
    counter: u64,
    later: u64,
    log: String,
    first_person: Option<Value>,
    last_error: String,
}

/// Why a login goes no further: an error, or an end of the whole process.
enum No {
    Error(String),
    Visitor,
    Broken(Broken),
}

impl From<&str> for No {
    fn from(text: &str) -> Self {
        Self::Error(text.to_owned())
    }
}

/// How long a token's refresh token lives, in seconds.
const THIRTY_DAYS: u64 = 30 * 24 * 3600;
/// The most that is read of an answer.
const MAX_BODY: u64 = 64 * 1024;

impl Conversation for Talk {
    fn ask(&mut self, line: &str) -> Result<String, Broken> {
        let asked: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| asked[key].as_str().unwrap_or_default().to_owned();
        if let Some(later) = asked["later"].as_u64() {
            self.later = later;
        }
        let answer = match &*text("do") {
            "" => {
                self.hello = asked.clone();
                json!({"client": "fake", "version": "1"})
            }
            "start" => json!({"go": self.start(&text("browser"))}),
            "callback" => match self.callback(&text("browser"), &text("url")) {
                Ok(answer) => answer,
                Err(No::Visitor) => json!({"visitor": true}),
                Err(No::Error(error)) => self.refused(&error),
                Err(No::Broken(broken)) => return Err(broken),
            },
            "renew" => match self.renew(&text("browser")) {
                Ok(openid) => json!({"renewed": {"openid": openid}}),
                Err(No::Error(error)) => self.refused(&error),
                Err(No::Visitor) => self.refused("visitor"),
                Err(No::Broken(broken)) => return Err(broken),
            },
            _ => json!({"shown": self.shown()}),
        };
        Ok(answer.to_string())
    }

    fn end(&mut self) -> (String, Result<(), Broken>) {
        (std::mem::take(&mut self.log), Ok(()))
    }
}

impl Talk {
    fn has(&self, plant: &str) -> bool {
        self.plant == plant
    }

    fn told(&self, key: &str) -> String {
        self.hello[key].as_str().unwrap_or_default().to_owned()
    }

    fn refused(&mut self, error: &str) -> Value {
        if !self.has("prints-callback") {
            error.clone_into(&mut self.last_error);
        }
        json!({"refused": error})
    }

    fn state(&mut self) -> String {
        self.counter += 1;
        match self.plant {
            "state-fixed" => "3d6be0a4035d839573b04816624a415e".to_owned(),
            "state-counted" => format!("{:040}", self.counter),
            "state-with-dots" => format!("{}.{}", random(), random()),
            "state-long" => (0..9).map(|_| random()).collect(),
            _ => random() + &random(),
        }
    }

    fn start(&mut self, browser: &str) -> String {
        let state = self.state();
        self.browsers.entry(browser.to_owned()).or_default().pending.push(state.clone());
        let website = self.told("account") == "website_app";
        let page = if website == self.has("wrong-page") {
            "/connect/oauth2/authorize"
        } else {
            "/connect/qrconnect"
        };
        let redirect_uri = if self.has("redirect-encoded-twice") {
            encoded(&self.told("redirect_uri"))
        } else {
            self.told("redirect_uri")
        };
        let scope = match self.plant {
            "always-base" => "snsapi_base".to_owned(),
            "always-userinfo" => "snsapi_userinfo".to_owned(),
            _ => self.told("scope"),
        };
        let mut parameters = vec![
            ("appid", self.told("appid")),
            ("redirect_uri", redirect_uri),
            ("response_type", "code".to_owned()),
            ("scope", scope),
            ("state", state),
        ];
        match self.plant {
            "another-order" => parameters.reverse(),
            "no-response-type" => drop(parameters.remove(2)),
            _ => {}
        }
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        let fragment = if self.has("no-fragment") { "" } else { "#wechat_redirect" };
        format!("{}{page}?{query}{fragment}", self.told("wechat"))
    }

    /// The state of the callback, when it is this browser's own and not used yet.
    fn own_state(&mut self, browser: &str, states: &[String]) -> Result<String, No> {
        let state = match (states, self.plant) {
            ([], "state-ignored" | "empty-state-skipped") => return Ok(String::new()),
            ([first, _], "first-state") => first.clone(),
            ([_, last], "last-state") => last.clone(),
            ([only], _) => only.clone(),
            _ => return Err("the callback names no state, or several".into()),
        };
        if self.has("state-ignored") || (self.has("empty-state-skipped") && state.is_empty()) {
            return Ok(state);
        }
        let is_it = |kept: &String, plant: &str| match plant {
            "state-prefix" => !state.is_empty() && kept.starts_with(&*state),
            "state-any-case" => kept.eq_ignore_ascii_case(&state),
            _ => *kept == state,
        };
        let plant = self.plant;
        let keep = matches!(plant, "state-kept" | "state-fixed");
        let whose: Vec<String> = if plant == "state-of-any-browser" {
            self.browsers.keys().cloned().collect()
        } else {
            vec![browser.to_owned()]
        };
        for name in whose {
            let pending = &mut self.browsers.entry(name).or_default().pending;
            if let Some(at) = pending.iter().position(|kept| is_it(kept, plant)) {
                return Ok(if keep { pending[at].clone() } else { pending.remove(at) });
            }
        }
        if plant == "stray-ends-login" {
            self.browsers.entry(browser.to_owned()).or_default().pending.clear();
        }
        Err("the state is not of a login of this browser".into())
    }

    fn callback(&mut self, browser: &str, url: &str) -> Result<Value, No> {
        if self.has("prints-callback") {
            self.last_error = url.to_owned();
        }
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let values = |name: &str| -> Vec<String> {
            let pairs = form_urlencoded::parse(query.as_bytes());
            pairs.filter(|(key, _)| key == name).map(|(_, value)| value.into_owned()).collect()
        };
        let (codes, states) = (values("code"), values("state"));
        if self.has("crash-on-bare") && codes.is_empty() && states.is_empty() {
            return Err(No::Broken(Broken::Gone));
        }
        if self.has("crash-on-bytes") && codes.iter().any(|code| code.contains('\0')) {
            return Err(No::Broken(Broken::Killed));
        }
        if self.has("nobody-let-in") {
            return Err("not today".into());
        }
        if let [state] = &*states {
            let anywhere = self.has("done-anywhere");
            let done = self.browsers.iter().find_map(|(name, kept)| {
                (name == browser || anywhere).then(|| kept.done.get(state).cloned()).flatten()
            });
            if let Some(done) = done {
                return Ok(done);
            }
        }
        let state = self.own_state(browser, &states)?;
        let code = match &*codes {
            [first, _] if self.has("first-code") => first.clone(),
            [only] => only.clone(),
            [] if self.has("empty-code") => String::new(),
            _ => return Err("the callback names no code, or several".into()),
        };
        if code == "authdeny" && !self.has("authdeny-sent") {
            return Err("the person refused".into());
        }
        if code.is_empty() && !self.has("empty-code") {
            return Err("the code is empty".into());
        }
        let of_a_code = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let fits = (code.len() <= 512 || self.has("any-length")) && code.bytes().all(of_a_code);
        if !fits && !matches!(self.plant, "code-spliced" | "code-in-a-header") {
            return Err("the code is none".into());
        }
        let mut answer = self.sign_in(browser, &code)?;
        if self.has("person-cached") {
            answer = self.first_person.get_or_insert(answer).clone();
        }
        if !matches!(self.plant, "state-kept" | "state-ignored" | "state-fixed") {
            self.browsers.entry(browser.to_owned()).or_default().done.insert(state, answer.clone());
        }
        Ok(answer)
    }

    fn sign_in(&mut self, browser: &str, code: &str) -> Result<Value, No> {
        let sent = if self.has("code-spliced") { code.to_owned() } else { encoded(code) };
        let query = format!(
            "appid={}&secret={}&code={sent}&grant_type=authorization_code",
            self.told("appid"),
            self.told("secret")
        );
        let mut times = match self.plant {
            "repeats-everything" => 20,
            "repeats-once-lost" => 2,
            _ => 1,
        };
        let answer = loop {
            let answer = if self.has("code-in-a-header") {
                self.raw(&format!("/sns/oauth2/access_token?{}", query.replace(&sent, code)))
            } else {
                self.get("/sns/oauth2/access_token", &query)
            };
            times -= 1;
            match answer {
                Err(No::Error(_)) if times > 0 => {}
                other => break other,
            }
        };
        let answer = match answer {
            Err(No::Error(_)) if self.has("believes-anything") => Members(Vec::new()),
            other => other?,
        };
        let mut grant = self.grant(&answer)?;
        let flag = answer.get("is_snapshotuser");
        let is_snapshot = !matches!(flag, None | Some(Value::Null | Value::Bool(false)))
            && flag.and_then(Value::as_i64) != Some(0);
        match self.plant {
            "snapshot-ignored" => {}
            "snapshot-as-one" if flag.and_then(Value::as_i64) != Some(1) => {}
            _ if is_snapshot => return Err(No::Visitor),
            _ => {}
        }
        let mut account = None;
        if grant.scope.contains("snsapi_userinfo")
            || grant.scope.contains("snsapi_login")
            || self.has("profile-optional")
        {
            match self.profile(&mut grant) {
                Ok(()) => {}
                Err(_) if self.has("snapshot-ignored") || self.has("snapshot-as-one") => {}
                Err(No::Error(_)) if self.has("profile-optional") => account = Some(random()),
                Err(no) => return Err(no),
            }
        }
        if self.has("account-by-unionid") {
            account = Some(grant.unionid.clone().unwrap_or_else(random));
        }
        let answer = json!({"signed_in": {
            "account": account, "openid": grant.openid, "unionid": grant.unionid, "nickname": grant.nickname,
        }});
        self.browsers.entry(browser.to_owned()).or_default().grant = Some(grant);
        Ok(answer)
    }

    fn grant(&self, answer: &Members) -> Result<Grant, No> {
        let lax = self.has("believes-anything");
        let id = |key: &str| -> Result<String, No> {
            let of_an_id = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            match answer.get(key) {
                Some(Value::String(id))
                    if !id.is_empty() && (self.has("any-openid") || id.bytes().all(of_an_id)) =>
                {
                    Ok(id.clone())
                }
                Some(other) if self.has("openid-as-it-comes") => Ok(other.to_string()),
                None if self.has("openid-as-it-comes") => Ok("undefined".to_owned()),
                _ if lax => Ok("undefined".to_owned()),
                _ => Err("the grant names nobody".into()),
            }
        };
        let token = |key: &str| match answer.get(key) {
            Some(Value::String(token)) if !token.is_empty() => Ok(token.clone()),
            _ if lax => Ok("undefined".to_owned()),
            _ => Err(No::from("the grant has no token")),
        };
        let seconds = match answer.get("expires_in") {
            Some(Value::Number(number)) => {
                number.as_u64().filter(|seconds| (1..=2_592_000).contains(seconds))
            }
            _ => None,
        };
        let seconds = match seconds {
            None if lax || self.has("any-expiry") => 7200,
            None => return Err("the grant has no lifetime".into()),
            Some(seconds) => seconds,
        };
        let scope = match answer.get("scope") {
            Some(Value::String(scope)) => scope.clone(),
            None if !self.has("scope-exact") => self.told("scope"),
            _ => return Err("the grant has no scope".into()),
        };
        if self.has("scope-exact") && !["snsapi_base", "snsapi_userinfo", "snsapi_login"].contains(&&*scope) {
            return Err("the scope is unknown".into());
        }
        Ok(Grant {
            openid: id("openid")?,
            unionid: answer.get("unionid").and_then(Value::as_str).map(str::to_owned),
            nickname: None,
            access_token: token("access_token")?,
            refresh_token: token("refresh_token")?,
            scope,
            ends: self.later + seconds,
            over: self.later + THIRTY_DAYS,
        })
    }

    fn profile(&mut self, grant: &mut Grant) -> Result<(), No> {
        if matches!(self.plant, "openid-as-it-comes" | "believes-anything" | "any-openid" | "last-key") {
            return Ok(());
        }
        let mut query =
            format!("access_token={}&openid={}&lang=zh_CN", grant.access_token, encoded(&grant.openid));
        if self.has("secret-everywhere") {
            query.push_str(&format!("&secret={}", self.told("secret")));
        }
        let profile = self.get("/sns/userinfo", &query)?;
        let text = |key: &str| profile.get(key).and_then(Value::as_str).map(str::to_owned);
        if self.has("profile-believed") || self.has("last-key-of-profile") {
            grant.openid = text("openid").unwrap_or_default();
            grant.unionid = text("unionid");
        } else if text("openid").as_deref() != Some(&grant.openid) {
            return Err("the profile is another person's".into());
        }
        let unionid = text("unionid");
        if unionid.is_some()
            && grant.unionid.is_some()
            && unionid != grant.unionid
            && !self.has("unionid-believed")
        {
            return Err("the profile has another unionid".into());
        }
        grant.unionid = unionid.or(grant.unionid.take());
        grant.nickname = text("nickname");
        if self.has("latin-1") {
            grant.nickname =
                grant.nickname.as_ref().map(|name| name.bytes().map(char::from).collect::<String>());
        }
        Ok(())
    }

    fn renew(&mut self, browser: &str) -> Result<String, No> {
        let grant =
            self.browsers.get(browser).and_then(|kept| kept.grant.clone()).ok_or("there is no grant")?;
        if self.has("never-renews") || (self.later >= grant.over && !self.has("renews-by-itself")) {
            return Err("the grant is over".into());
        }
        if self.later < grant.ends {
            return Ok(grant.openid);
        }
        let mut query = format!(
            "appid={}&grant_type=refresh_token&refresh_token={}",
            self.told("appid"),
            grant.refresh_token
        );
        if self.has("secret-everywhere") {
            query.push_str(&format!("&secret={}", self.told("secret")));
        }
        let answer = match self.get("/sns/oauth2/refresh_token", &query) {
            Ok(answer) => answer,
            Err(No::Error(_)) if self.has("renews-by-itself") => return Ok(grant.openid),
            Err(error) => {
                if self.has("grant-lost") {
                    self.browsers.entry(browser.to_owned()).or_default().grant = None;
                }
                return Err(error);
            }
        };
        let mut renewed = self.grant(&answer)?;
        if renewed.openid != grant.openid && !self.has("renewal-believed") {
            return Err("the renewed grant is another person's".into());
        }
        if self.has("old-refresh-token") {
            renewed.refresh_token.clone_from(&grant.refresh_token);
        }
        if renewed.refresh_token == grant.refresh_token {
            renewed.over = grant.over;
        }
        let openid = renewed.openid.clone();
        self.browsers.entry(browser.to_owned()).or_default().grant = Some(renewed);
        Ok(openid)
    }

    fn shown(&self) -> String {
        let mut text = format!("Fake {{ last_error: {:?} }}", self.last_error);
        for kept in self.browsers.values() {
            if let Some(grant) = &kept.grant {
                let nickname = grant.nickname.clone().unwrap_or_default();
                text.push_str(&if self.has("prints-raw") { nickname } else { format!("{nickname:?}") });
            }
        }
        if self.has("prints-secret") {
            text.push_str(&self.told("secret"));
        }
        text
    }

    /// An answer's members, when it is a success.
    fn get(&mut self, path: &str, query: &str) -> Result<Members, No> {
        let url = format!("{}{path}?{query}", self.told("wechat"));
        let told = Duration::from_millis(self.hello["timeout_ms"].as_u64().unwrap_or(1000));
        // All of 64 MiB takes its time where much else is done.
        let timeout = if self.has("no-limit") { Duration::from_secs(120) } else { told };
        let redirects = if self.has("follows-redirects") { 5 } else { 0 };
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .timeout_global(Some(timeout))
            .max_redirects(redirects)
            .http_status_as_error(false)
            .build()
            .into();
        let said = |what: &str| match self.plant {
            "prints-url" => format!("{what}: {url}"),
            _ => what.to_owned(),
        };
        let late = |error: &ureq::Error| self.has("waits") && matches!(error, ureq::Error::Timeout(_));
        let mut response = match agent.get(&url).call() {
            Ok(response) => response,
            Err(error) if late(&error) => return Err(No::Broken(Broken::Silent(10))),
            Err(_) => return Err(No::Error(said("no answer came"))),
        };
        let status = response.status().as_u16();
        let packed = response.headers().contains_key("content-encoding");
        let limit = if self.has("no-limit") { u64::MAX } else { MAX_BODY };
        let body = match response.body_mut().with_config().limit(limit).read_to_vec() {
            Ok(body) => body,
            Err(error) if late(&error) => return Err(No::Broken(Broken::Silent(10))),
            Err(_) if self.has("crash-on-wide") => return Err(No::Broken(Broken::Killed)),
            Err(_) => return Err(No::Error(said("the answer is too long, or breaks off"))),
        };
        let body = if packed && self.has("unpacks") { unpacked(&body) } else { body };
        self.read(status, &body)
    }

    /// A request that is written by hand, so that anything can stand in it.
    fn raw(&self, target: &str) -> Result<Members, No> {
        let address = self.told("wechat").replace("http://", "");
        let mut socket = TcpStream::connect(address).map_err(|_| No::from("no connection"))?;
        let request = format!("GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let mut answer = Vec::new();
        let spoken = socket.write_all(request.as_bytes()).and_then(|()| socket.read_to_end(&mut answer));
        spoken.map_err(|_| No::from("no answer"))?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (_, body) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
        self.read(200, body.as_bytes())
    }

    fn read(&self, status: u16, body: &[u8]) -> Result<Members, No> {
        let lossy = String::from_utf8_lossy(body).into_owned();
        let said = |what: &str| match self.plant {
            "prints-body" => No::Error(format!("{what}: {lossy}")),
            _ => what.into(),
        };
        if self.has("crash-on-deep") && lossy.starts_with("[[[") {
            return Err(No::Broken(Broken::Killed));
        }
        let strict = self.has("strict-json");
        let text = if strict {
            String::from_utf8(body.to_vec()).map_err(|_| said("it is not UTF-8"))?
        } else {
            mended(&lossy)
        };
        let members: Members = serde_json::from_str(&text).map_err(|_| said("it is no JSON object"))?;
        let doubled = members
            .0
            .iter()
            .enumerate()
            .any(|(at, (key, _))| members.0[..at].iter().any(|(other, _)| other == key));
        if doubled && !self.has("last-key") && !self.has("last-key-of-profile") {
            return Err(said("it names something twice"));
        }
        let errcode = match members.get("errcode") {
            None => 0,
            Some(Value::Number(number)) => number.as_i64().unwrap_or(1),
            Some(Value::String(text)) => text.parse().unwrap_or(1),
            Some(_) => 1,
        };
        let has_errcode = members.get("errcode").is_some();
        let is_grant = members.get("access_token").is_some() && self.has("grant-beside-errcode");
        if (errcode != 0 && !is_grant) || (has_errcode && self.has("errcode-is-error")) {
            let errmsg = members.get("errmsg").and_then(Value::as_str).unwrap_or_default();
            return Err(match self.plant {
                "prints-raw" => No::Error(format!("WeChat says {errmsg}")),
                _ => No::Error(format!("WeChat refuses with {errcode}")),
            });
        }
        if status != 200 && !self.has("any-status") {
            return Err(said("it is marked as failed"));
        }
        Ok(members)
    }
}

/// The members of a JSON object, in order, the repeated ones too.
struct Members(Vec<(String, Value)>);

impl Members {
    fn get(&self, key: &str) -> Option<&Value> {
        self.0.iter().rev().find(|(found, _)| found == key).map(|(_, value)| value)
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Members;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(All)
    }
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// 16 letters and digits that nobody guesses.
fn random() -> String {
    format!("{:016x}", RandomState::new().hash_one(0))
}

/// Raw control bytes and half surrogates replaced, as a lenient reader does it.
fn mended(text: &str) -> String {
    let text: String = text.chars().map(|c| if c < ' ' { '\u{fffd}' } else { c }).collect();
    text.replace("\\ud83d\"", "\\ufffd\"")
}

fn unpacked(body: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    let _broken_off = flate2::read::GzDecoder::new(body).read_to_end(&mut plain);
    plain
}
