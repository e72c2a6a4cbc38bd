//! Whatever the emulator is asked, its answer can be sent, a code is exchanged once, and its log gives nothing away.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::Value;
use url::form_urlencoded;
use wechat_oauth_emulator::{AccountKind, Method, Reply, Request, World, WorldFile};

use crate::given::NOW;

/// How many requests one input makes.
const MAX_REQUESTS: usize = 16;

/// The world that every input starts from.
static WORLD: LazyLock<World> = LazyLock::new(|| World::new(WorldFile::default(), [7; 32]).expect("a world"));

/// Takes requests, one after another, each behind a byte 0: a line `METHOD TARGET`, lines `NAME: VALUE`, an empty line and
/// the body. `@` with a letter behind it stands for something that the world knows, see `Asker::known`.
///
/// # Panics
/// When an answer cannot be sent, a code is exchanged twice, a token is given without the account's secret, or the log holds
/// a secret, a code or a token.
pub fn request(data: &[u8]) {
    let mut asker = Asker::new();
    for request in data.split(|byte| *byte == 0).take(MAX_REQUESTS) {
        asker.ask(request);
    }
    asker.reads_the_log();
}

/// Who asks, and keeps what the answers hold.
struct Asker {
    world: World,
    /// The latest of each.
    code: String,
    access_token: String,
    refresh_token: String,
    openid: String,
    state_page: String,
    /// The codes that gave a grant.
    exchanged: BTreeSet<String>,
    /// What the log must not hold.
    secrets: BTreeSet<String>,
    /// What came where the log shows it: paths, names, and the values of parameters that are no secrets.
    shown: String,
}

/// The parameters whose values the log hides.
const HIDDEN: [&str; 5] = ["secret", "code", "access_token", "refresh_token", "component_access_token"];

impl Asker {
    fn new() -> Self {
        Self {
            world: WORLD.clone(),
            code: "CODE".to_owned(),
            access_token: "ACCESS".to_owned(),
            refresh_token: "REFRESH".to_owned(),
            openid: "OPENID".to_owned(),
            state_page: "TX".to_owned(),
            exchanged: BTreeSet::new(),
            secrets: BTreeSet::new(),
            shown: String::new(),
        }
    }

    fn ask(&mut self, text: &[u8]) {
        let text = self.filled_in(&String::from_utf8_lossy(text));
        let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
        let mut lines = head.split('\n');
        let (method, target) = lines.next().unwrap_or_default().split_once(' ').unwrap_or(("GET", "/"));
        let mut request = Request::get(target);
        request.method = Method::from_name(method);
        request.body = body.as_bytes().to_vec();
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            request = request.with_header(name, value);
        }
        self.shows(&request);
        let reply = self.world.handle(&request, NOW);
        can_be_sent(&reply);
        self.keeps(&request, &reply);
    }

    fn shows(&mut self, request: &Request) {
        self.shown += &request.path;
        for (name, value) in parameters(request) {
            self.shown += &name;
            if !HIDDEN.contains(&name.as_str()) {
                self.shown += &value;
            }
        }
    }

    fn filled_in(&self, text: &str) -> String {
        let mut whole = String::with_capacity(text.len() + 64);
        let mut letters = text.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '@' => letters.next().into_iter().for_each(|name| whole.push_str(&self.known(name))),
                other => whole.push(other),
            }
        }
        whole
    }

    fn known(&self, letter: char) -> String {
        let appid = |kind| {
            self.world.account_of_kind(kind).map_or_else(String::new, |account| account.appid().to_string())
        };
        match letter {
            'o' => appid(AccountKind::OfficialAccount),
            'w' => appid(AccountKind::Website),
            's' => secret(&self.world, AccountKind::OfficialAccount),
            't' => secret(&self.world, AccountKind::Website),
            'c' => self.code.clone(),
            'a' => self.access_token.clone(),
            'r' => self.refresh_token.clone(),
            'i' => self.openid.clone(),
            'x' => self.state_page.clone(),
            'u' => self.world.users()[0].id.clone(),
            '@' => "@".to_owned(),
            _ => String::new(),
        }
    }

    fn keeps(&mut self, request: &Request, reply: &Reply) {
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        let everything = format!("{text} {}", reply.header("location").unwrap_or_default());
        for (mark, kept) in [("code=", &mut self.code), ("tx=", &mut self.state_page)] {
            if let Some((_, rest)) = everything.split_once(mark) {
                let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(rest.len());
                if end > 0 {
                    rest[..end].clone_into(kept);
                }
            }
        }
        let Ok(Value::Object(answer)) = serde_json::from_str(&text) else { return };
        for (name, kept) in [
            ("access_token", &mut self.access_token),
            ("refresh_token", &mut self.refresh_token),
            ("openid", &mut self.openid),
        ] {
            if let Some(value) = answer.get(name).and_then(Value::as_str) {
                value.clone_into(kept);
            }
        }
        if request.path == "/sns/oauth2/access_token" && answer.contains_key("access_token") {
            self.granted(request);
        }
    }

    /// A grant was given: for a code that gave none before, to somebody who knows the secret.
    fn granted(&mut self, request: &Request) {
        self.secrets.extend([self.access_token.clone(), self.refresh_token.clone()]);
        let parameters = parameters(request);
        let first =
            |name: &str| parameters.iter().find(|(found, _)| found == name).map(|(_, value)| value.clone());
        let code = first("code").expect("no code, and yet a grant");
        assert!(self.exchanged.insert(code), "a code was exchanged twice");
        let given = first("secret").expect("no secret, and yet a grant");
        let owner = self.world.account(&first("appid").expect("no appid")).expect("nobody's appid").kind();
        assert_eq!(secret(&self.world, owner), given);
    }

    fn reads_the_log(&mut self) {
        let mut request = Request::get("/_emulator/log");
        request =
            request.with_header("host", self.world.announcement().base_url.trim_start_matches("http://"));
        let reply = self.world.handle(&request, NOW);
        assert_eq!(reply.status, 200);
        let log = String::from_utf8_lossy(&reply.body);
        for kind in [AccountKind::OfficialAccount, AccountKind::Website] {
            self.secrets.insert(secret(&self.world, kind));
        }
        self.secrets.append(&mut self.exchanged);
        let hidden = |text: &str| text.len() > 16 && !self.shown.contains(text);
        for secret in self.secrets.iter().filter(|secret| hidden(secret)) {
            assert!(!log.contains(secret.as_str()), "the log holds a secret");
        }
    }
}

fn parameters(request: &Request) -> Vec<(String, String)> {
    let body = String::from_utf8_lossy(&request.body);
    form_urlencoded::parse(request.query.as_bytes())
        .chain(form_urlencoded::parse(body.as_bytes()))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

fn secret(world: &World, kind: AccountKind) -> String {
    let announced = world.announcement();
    let account = announced.accounts.into_iter().find(|account| account.kind == kind);
    account.and_then(|account| account.secret).unwrap_or_default()
}

fn can_be_sent(reply: &Reply) {
    assert!((200..600).contains(&reply.status));
    for (name, value) in &reply.headers {
        assert!(value.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{name}: {value:?}");
    }
}
