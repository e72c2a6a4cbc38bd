//! The reference: each question answered by the core, and by what the bindings share.

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer};
use thiserror::Error;
use wechat_oauth_bindings::options::{pending, received_without_state, stored_grant, time};
use wechat_oauth_bindings::{AppOptions, Document, Failure, LoginOptions, Task, documents};
use wechat_oauth_core::{ConfigError, ProfileLang, Response, TransportError};

/// A line that asks nothing.
#[derive(Debug, Error)]
#[error("the line is no question: {0}")]
pub struct NotAQuestion(#[from] serde_json::Error);

/// Answers a question: see [the crate](crate).
///
/// # Errors
/// [`NotAQuestion`].
pub fn answer(line: &str) -> Result<String, NotAQuestion> {
    let question: Question = serde_json::from_str(line)?;
    Ok(match question {
        Question::AuthorizeUrl { app, login } => told(authorize_url(&app, &login)),
        Question::Callback { pending, callback } => told(read_callback(&pending, &callback)),
        Question::Read { operation, status, body_base64, body_repeated, openid, scope } => {
            let body = bytes(&body_base64, body_repeated);
            let read = documents::read(&operation, status, &body, openid.as_deref(), scope.as_deref());
            read.unwrap_or_else(|failure| documents::error(&failure)).expose().to_owned()
        }
        Question::Lint { url, domain } => documents::lint(&url, domain.as_deref()).expose().to_owned(),
        Question::Explain { code } => {
            documents::explain(code).map_or("null".to_owned(), |known| known.expose().to_owned())
        }
        Question::BrowserKind { user_agent } => documents::browser_kind(&user_agent).expose().to_owned(),
        Question::GrantAt { stored, now } => told(grant_at(&stored, now)),
        Question::GrantReplaces { grant, stored, now } => told(grant_replaces(&grant, &stored, now)),
        Question::Flow { app, start, events } => format!("[{}]", flow(&app, &start, &events).join(",")),
    })
}

#[derive(Deserialize)]
#[serde(tag = "do", content = "in", rename_all = "snake_case", deny_unknown_fields)]
enum Question {
    AuthorizeUrl {
        app: AppOptions,
        login: LoginOptions,
    },
    Callback {
        pending: Text,
        callback: String,
    },
    Read {
        operation: String,
        status: u16,
        body_base64: String,
        body_repeated: Option<usize>,
        openid: Option<String>,
        scope: Option<String>,
    },
    Lint {
        url: String,
        domain: Option<String>,
    },
    Explain {
        code: i64,
    },
    BrowserKind {
        user_agent: String,
    },
    GrantAt {
        stored: Text,
        now: u64,
    },
    GrantReplaces {
        grant: Text,
        stored: Text,
        now: u64,
    },
    Flow {
        app: AppOptions,
        start: Start,
        events: Vec<Event>,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Start {
    SignIn { code: String, scope: Option<String>, lang: Option<String> },
    Exchange { code: String, scope: Option<String> },
    Renew { stored: Text },
    Refresh { stored: Text },
    Check { stored: Text },
    Profile { stored: Text, lang: Option<String> },
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Event {
    Answer { status: u16, body_base64: String, body_repeated: Option<usize>, sent_at: u64 },
    Lost { reason: String, phase: String },
    Waited(bool),
    Finish(bool),
}

/// A body out of base64, perhaps many times.
fn bytes(base64: &str, repeated: Option<usize>) -> Vec<u8> {
    // What is generated here is base64; what is not has no bytes.
    STANDARD.decode(base64).unwrap_or_default().repeat(repeated.unwrap_or(1))
}

/// A JSON text: a string holds it, and anything else is it.
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        Ok(Self(value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
    }
}

fn told(result: Result<Document, Failure>) -> String {
    match result {
        Ok(document) => document.expose().to_owned(),
        Err(failure) => documents::failure(&failure).expose().to_owned(),
    }
}

fn authorize_url(app: &AppOptions, login: &LoginOptions) -> Result<Document, Failure> {
    let begun = login.begin(&app.app()?, || None)?;
    Ok(documents::begun(&begun))
}

fn read_callback(waits: &Text, callback: &str) -> Result<Document, Failure> {
    let code = pending(&waits.0)?.accept(callback)?;
    Ok(documents::code(&code))
}

fn grant_at(stored: &Text, now: u64) -> Result<Document, Failure> {
    Ok(documents::freshness(&stored_grant(&stored.0)?, time("now", now)?))
}

fn grant_replaces(grant: &Text, stored: &Text, now: u64) -> Result<Document, Failure> {
    let (grant, stored) = (stored_grant(&grant.0)?, stored_grant(&stored.0)?);
    Ok(documents::replaces(&grant, &stored, time("now", now)?))
}

fn flow(app: &AppOptions, start: &Start, events: &[Event]) -> Vec<String> {
    let mut task = match begin(app, start) {
        Ok(task) => task,
        Err(failure) => return vec![told(Err(failure))],
    };
    let mut told_so_far = vec![told(step(&task))];
    told_so_far.extend(events.iter().map(|event| told(happen(&mut task, event))));
    told_so_far
}

fn begin(app: &AppOptions, start: &Start) -> Result<Task, Failure> {
    let app = app.app()?;
    let lang = |lang: &Option<String>| lang.as_deref().map_or(Ok(ProfileLang::default()), named);
    Ok(match start {
        Start::SignIn { code, scope, lang: spoken } => {
            let code = received_without_state(code, scope.as_deref())?;
            Task::sign_in(&app, code, lang(spoken)?)?
        }
        Start::Exchange { code, scope } => {
            Task::exchange(&app, received_without_state(code, scope.as_deref())?)?
        }
        Start::Renew { stored } => Task::renewal(&app, &stored_grant(&stored.0)?)?,
        Start::Refresh { stored } => Task::refresh(&app, &stored_grant(&stored.0)?)?,
        Start::Check { stored } => Task::check(&app, &stored_grant(&stored.0)?)?,
        Start::Profile { stored, lang: spoken } => {
            let grant = stored_grant(&stored.0)?;
            Task::profile(&app, &grant, lang(spoken)?)?
        }
    })
}

fn happen(task: &mut Task, event: &Event) -> Result<Document, Failure> {
    match event {
        Event::Answer { status, body_base64, body_repeated, sent_at } => {
            let body = bytes(body_base64, *body_repeated);
            task.answer(&Response::new(*status, &body, time("sent_at", *sent_at)?))?;
        }
        Event::Lost { reason, phase } => task.lost(TransportError::new(named(reason)?, named(phase)?))?,
        Event::Waited(true) => task.waited()?,
        Event::Finish(true) => return Ok(documents::outcome(&task.finish()?)),
        Event::Waited(false) | Event::Finish(false) => {}
    }
    step(task)
}

fn step(task: &Task) -> Result<Document, Failure> {
    Ok(documents::step(&task.step()?))
}

fn named<T: FromStr>(text: &str) -> Result<T, ConfigError>
where
    ConfigError: From<T::Err>,
{
    Ok(text.parse::<T>()?)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::inputs;

    /// Each place of a question where a key can be misspelt, and is not part of what is handed over as a text.
    fn objects(value: &Value, path: &str) -> Vec<String> {
        let is_text = ["/pending", "/stored", "/grant"].iter().any(|end| path.ends_with(end));
        match value {
            Value::Object(fields) if !is_text => {
                let inside = fields.iter().flat_map(|(key, value)| objects(value, &format!("{path}/{key}")));
                std::iter::once(path.to_owned()).chain(inside).collect()
            }
            Value::Array(items) => items
                .iter()
                .enumerate()
                .flat_map(|(index, item)| objects(item, &format!("{path}/{index}")))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The errors that an answer tells, one after another.
    fn errors(answer: &str) -> String {
        let told = |document: &Value| document.get("error").map(Value::to_string);
        match serde_json::from_str(answer) {
            Ok(Value::Array(documents)) => documents.iter().filter_map(told).collect(),
            Ok(document) => told(&document).unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// Each text of a question, but bodies: what WeChat says is told.
    fn texts(value: &Value, path: &str) -> Vec<String> {
        match value {
            Value::Object(fields) => {
                let said = |(key, _): &(&String, &Value)| key.as_str() != "body_base64";
                let inside = |(key, value): (&String, &Value)| texts(value, &format!("{path}/{key}"));
                fields.iter().filter(said).flat_map(inside).collect()
            }
            Value::Array(items) => {
                let inside = |(index, item)| texts(item, &format!("{path}/{index}"));
                items.iter().enumerate().flat_map(inside).collect()
            }
            Value::String(_) => vec![path.to_owned()],
            _ => Vec::new(),
        }
    }

    #[test]
    fn no_error_quotes_what_was_given() {
        const CANARY: &str = "c4n4ry";
        let mut told = 0;
        for asked in inputs::files().into_iter().flat_map(|(_, asked)| asked) {
            for place in texts(&asked.input, "") {
                for given in
                    [CANARY.to_owned(), format!(" {CANARY}\"}}{{\n"), format!("{{\"{CANARY}\":{CANARY}")]
                {
                    let mut input = asked.input.clone();
                    if let Some(text) = input.pointer_mut(&place) {
                        *text = json!(given);
                    }
                    // An answer that cannot be asked for is no answer.
                    let question = json!({"do": asked.op, "in": input}).to_string();
                    let errors = answer(&question).map_or_else(|_| String::new(), |answer| errors(&answer));
                    assert!(!errors.contains(CANARY), "{place} of {question}: {errors}");
                    told += usize::from(!errors.is_empty());
                }
            }
        }
        assert!(told > 2000, "only {told} errors");
    }

    #[test]
    fn a_misspelt_key_is_no_question() {
        for asked in inputs::files().into_iter().flat_map(|(_, asked)| asked) {
            let question = json!({"do": asked.op, "in": asked.input});
            assert!(answer(&question.to_string()).is_ok(), "{question}");
            for place in objects(&question, "") {
                let mut question = question.clone();
                if let Some(object) = question.pointer_mut(&place).and_then(Value::as_object_mut) {
                    object.insert("misspelt".to_owned(), json!(1));
                }
                assert!(answer(&question.to_string()).is_err(), "{place} of {question}");
            }
        }
    }
}
