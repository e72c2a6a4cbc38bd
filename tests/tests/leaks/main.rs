//! What is said of every operation, flow and value, in errors, `Debug`, logs and panics: nothing secret, in any form.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, and so do its helpers")]

mod canaries;
mod cases;
mod emulator;
mod faults;
mod flows;
mod operations;
mod values;

use std::collections::BTreeMap;
use std::fmt::Debug;

use conformance::leak::{self, COMPONENT_TOKEN, Said};
use conformance::{ACCESS_TOKEN, CODE, SECRET, grant_body};
use log::LevelFilter;
use wechat_oauth::{
    Answer, App, AppSecret, Call, Code, ComponentAccessToken, Endpoints, Grant, Operation, ProfileLang,
    Request, Response, Scope, UnixTime, now,
};

const NOW: UnixTime = UnixTime::from_secs(1_790_000_000);
/// A place for requests that are only looked at.
const NOWHERE: &str = "http://127.0.0.1:9";

/// Whatever was found, so that one run tells it all: where which secret has which form, through which channels, and
/// what the first of them says.
#[derive(Default)]
struct Findings(BTreeMap<String, (Vec<&'static str>, String)>);

impl Findings {
    fn look(&mut self, title: &str, said: &[Said]) {
        for (channel, text) in said {
            for (name, form) in leak::find(text) {
                let title = format!("{title}: the {name}, {form}");
                self.0.entry(title).or_insert_with(|| (Vec::new(), text.clone())).0.push(channel);
            }
        }
    }

    fn look_at(&mut self, title: &str, value: &dyn Debug) {
        self.look(title, &leak::shown(value));
    }

    fn none(self) {
        let mut found = String::new();
        for (title, (channels, text)) in &self.0 {
            found.push_str(&format!("{title}, in {}: {text}\n", channels.join(", ")));
        }
        assert!(found.is_empty(), "{} leaks:\n{found}", self.0.len());
    }
}

/// Captures what is logged at the level that the documentation permits. All tests here share it.
fn capture_logs() {
    leak::capture_logs(LevelFilter::Debug);
}

/// Everything that was logged, but for what was planted.
fn logged() -> Vec<leak::Line> {
    leak::captured().into_iter().filter(|line| !line.target.starts_with("planted")).collect()
}

fn app_of(component: bool, endpoints: Endpoints) -> App {
    let appid = "wx0123456789abcdef".parse().unwrap();
    let app = if component {
        App::component(appid, "wxcomponent".parse().unwrap())
            .with_component_token(ComponentAccessToken::new(COMPONENT_TOKEN).unwrap())
    } else {
        App::official_account(appid, AppSecret::new(SECRET).unwrap())
    };
    app.at(endpoints)
}

fn app_at(component: bool, base_url: &str) -> App {
    app_of(component, Endpoints::emulator(base_url).unwrap())
}

/// What grants, and reads the profile too.
fn wide_grant_body() -> String {
    grant_body().replace("snsapi_base", "snsapi_userinfo")
}

fn wide_code() -> Code {
    Code::received_without_state(CODE).unwrap().asked_for(Scope::UserInfo)
}

fn grant(app: &App) -> Grant {
    let call = app.exchange(wide_code()).unwrap();
    call.read(&Response::new(200, wide_grant_body().as_bytes(), now())).unwrap().into_grant().unwrap()
}

fn refusal_body(errcode: i64, errmsg: &str) -> String {
    serde_json::json!({"errcode": errcode, "errmsg": errmsg}).to_string()
}

fn success_body(operation: Operation) -> String {
    match operation {
        Operation::Check => refusal_body(0, "ok"),
        // A profile has no token; one in a field of its own is kept as what nobody knows.
        Operation::Profile => format!(r#"{{"openid":"o1","nickname":"n","note":"{ACCESS_TOKEN}"}}"#),
        _ => wide_grant_body(),
    }
}

fn query_of(url: &str) -> Vec<(String, String)> {
    url::Url::parse(url).unwrap().query_pairs().into_owned().collect()
}

/// What a call says of itself, and the URL that it asks for.
fn described(app: &App, operation: Operation) -> (String, Vec<Said>) {
    fn of<T: Answer>(call: &Call<T>) -> (String, Vec<Said>) {
        let (url, mut said) = (call.request().url(), leak::shown(call));
        said.extend(of_request(call.request()));
        (url.expose().to_owned(), said)
    }
    let grant = grant(app);
    match operation {
        Operation::Exchange | Operation::ComponentExchange => of(&app.exchange(wide_code()).unwrap()),
        Operation::Refresh | Operation::ComponentRefresh => of(&app.refresh(&grant).unwrap()),
        Operation::Check => of(&app.check(&grant).unwrap()),
        Operation::Profile => of(&app.profile(&grant, ProfileLang::default()).unwrap()),
    }
}

fn of_request(request: &Request) -> Vec<Said> {
    let mut said = leak::shown(request);
    said.extend(leak::shown(request.url()));
    said.push(("the redacted URL", request.redacted_url()));
    said.push(("the URL without its query", request.url().without_query().to_owned()));
    said
}
