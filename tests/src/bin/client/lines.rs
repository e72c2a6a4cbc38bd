//! The kit's lines: an object of JSON each, over standard input and output. Each that comes is answered by one.

use std::fmt::Debug;
use std::io::{self, BufRead as _, Write as _};

use serde::Deserialize;
use serde_json::{Value, json};
use wechat_oauth::{Person, Profile, Scope, UnixTime, now};

/// The case that this process is started for.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Case {
    /// Where WeChat is.
    pub(crate) wechat: String,
    /// `official_account` or `website_app`.
    pub(crate) account: String,
    pub(crate) appid: String,
    pub(crate) secret: String,
    pub(crate) scope: Scope,
    pub(crate) redirect_uri: String,
    /// The deadline of a request.
    pub(crate) timeout_ms: u64,
}

/// What to do now.
#[derive(Debug, Deserialize)]
struct Order {
    #[serde(rename = "do")]
    what: String,
    #[serde(default)]
    browser: String,
    /// The callback that the browser asks for.
    #[serde(default)]
    url: String,
    /// By the client's clock it is so many seconds after its start.
    later: Option<u64>,
}

/// A client of ours on a site, as the kit sees it. What is no answer is the error as its users would print it.
pub(crate) trait Client: Sized {
    /// The name of the package.
    const NAME: &'static str;

    fn open(case: &Case) -> Result<Self, Box<dyn std::error::Error>>;

    /// Whether the client can be told that it is another time than this machine's clock says, for what it does next.
    fn can_be_told_the_time(&self, what: &str) -> bool;

    fn start(&mut self, browser: &str, clock: Clock) -> Result<Value, String>;

    fn callback(&mut self, browser: &str, url: &str, clock: Clock) -> Result<Value, String>;

    fn renew(&mut self, browser: &str, clock: Clock) -> Result<Value, String>;

    /// Every object of the library, as a log line would show it.
    fn show(&self) -> String;
}

/// The client's time: this machine's, or the one that the kit says.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Clock(pub(crate) Option<UnixTime>);

impl Clock {
    pub(crate) fn now(self) -> UnixTime {
        self.0.unwrap_or_else(now)
    }
}

/// Plays one case with this client.
pub(crate) fn serve<C: Client>() -> io::Result<()> {
    let began = now();
    let mut lines = io::stdin().lock().lines();
    let Some(first) = lines.next() else { return Ok(()) };
    let case: Case = serde_json::from_str(&first?)?;
    let mut client = C::open(&case).map_err(|error| io::Error::other(error.to_string()))?;
    say(&json!({"client": C::NAME, "version": env!("CARGO_PKG_VERSION")}))?;
    for line in lines {
        let Order { what, browser, url, later } = serde_json::from_str(&line?)?;
        if later.is_some() && !client.can_be_told_the_time(&what) {
            say(&json!({"cannot": "it asks the operating system for the time"}))?;
            continue;
        }
        let clock = Clock(later.map(|seconds| began.plus_secs(seconds)));
        let answer = match what.as_str() {
            "start" => client.start(&browser, clock),
            "callback" => client.callback(&browser, &url, clock),
            "renew" => client.renew(&browser, clock),
            "show" => Ok(json!({"shown": client.show()})),
            _ => return Err(io::Error::other("an order that is not known")),
        };
        say(&answer.unwrap_or_else(|text| json!({"refused": text})))?;
    }
    Ok(())
}

fn say(answer: &Value) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{answer}")?;
    out.flush()
}

/// Who signed in.
pub(crate) fn signed_in(person: &Person) -> Value {
    let nickname = person.profile().map(|profile: &Profile| profile.nickname().as_untrusted_str());
    let unionid = person.unionid().map(wechat_oauth::UnionId::as_str);
    json!({"signed_in": {"openid": person.identity().openid().as_str(), "unionid": unionid, "nickname": nickname}})
}

/// An error as it is printed, with its causes.
pub(crate) fn printed(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = shown(error) + &format!("{error}\n");
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!("{error}\n{error:?}\n");
        cause = error.source();
    }
    text
}

/// A value as a log line shows it.
pub(crate) fn shown(value: &(impl Debug + ?Sized)) -> String {
    format!("{value:?}\n{value:#?}\n")
}
