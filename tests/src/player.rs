//! Who plays the [`flows`](crate::flow::flows): a transport here, or a client in another language.

use std::marker::PhantomData;
use std::sync::Arc;

use serde_json::Value;
use wechat_oauth::{Code, Error, Phase, ProfileLang, Scope, TransportError, TransportErrorKind};
use wechat_oauth_bindings::options::stored_grant;
use wechat_oauth_bindings::{AppOptions, Failure, Outcome, documents};
use wechat_oauth_emulator::{Connection, Emulator, Request};

use crate::leak;
use crate::transport::{Setup, Told, Transport};

/// What a player is asked for.
#[derive(Debug)]
pub struct Task<'a> {
    /// The application, as [`AppOptions`].
    pub app: &'a Value,
    /// What to do with it, and with what: `{"exchange":{"code","scope"}}`.
    pub start: &'a Value,
    /// The other side, for the transport that reaches it without a socket.
    pub emulator: &'a Arc<Emulator>,
}

/// What a player came to.
#[derive(Debug, Clone)]
pub struct Came {
    /// The outcome's document, or the failure's.
    pub document: Value,
    /// Everything that the player said meanwhile: what the outcome or the failure shows, and the logs.
    pub said: String,
}

impl Came {
    /// Whether it is a failure.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.document.get("error").is_some()
    }

    /// Looks for secrets in all that was said, and in a failure's document besides the grant that it gives back.
    ///
    /// # Errors
    /// Which secret was found, and in which form.
    pub fn says_nothing_secret(&self, secrets: &[(&str, &str)]) -> Result<(), String> {
        let mut all = self.said.clone();
        if let Some(document) = self.document.as_object().filter(|_| self.failed()) {
            let gives_back = |key: &str| ["grant", "stored_grant", "pending"].contains(&key);
            let told = document.iter().filter(|(key, _)| !gives_back(key));
            all.extend(told.map(|(key, value)| format!("\n{key}: {value}")));
        }
        let found = leak::find_these(secrets, &all);
        if found.is_empty() { Ok(()) } else { Err(format!("it says what is secret: {found:?}")) }
    }
}

/// Whoever sends calls, drives flows, and hands back what came of it.
pub trait Player {
    /// Does a task.
    fn play(&mut self, task: &Task<'_>) -> Came;
}

/// A transport as a player.
#[derive(Debug, Default)]
pub struct Over<T>(PhantomData<T>);

impl<T: Transport> Over<T> {
    /// A client for each task.
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: Transport> Player for Over<T> {
    fn play(&mut self, task: &Task<'_>) -> Came {
        let emulator = Arc::clone(task.emulator);
        let memory = Box::new(move |request: &wechat_oauth::Request| ask(&emulator, request));
        came(send::<T>(task.app, task.start, Setup { memory, ..Setup::patient() }))
    }
}

/// What came of a task, as a client in another language hands it back.
#[must_use]
pub fn came(result: Result<Outcome, Error>) -> Came {
    match result {
        Ok(outcome) => {
            let mut said = format!("{outcome:?}");
            if let Outcome::SignedIn(wechat_oauth::SignedIn::Person(person)) = &outcome
                && let Some(profile) = person.profile()
            {
                said.push_str(&format!("\n{}", profile.nickname()));
            }
            Came { document: serde_json::from_str(documents::outcome(&outcome).expose()).unwrap(), said }
        }
        Err(error) => {
            let said = leak::everything(&error);
            let document = documents::failure(&Failure::from(error));
            Came { document: serde_json::from_str(document.expose()).unwrap(), said }
        }
    }
}

/// Does a task over a transport.
///
/// # Errors
/// What came of it.
pub fn send<T: Transport>(app: &Value, start: &Value, setup: Setup) -> Result<Outcome, Error> {
    let options: AppOptions = serde_json::from_value(app.clone()).unwrap();
    let app = options.app().unwrap();
    let client = T::connect(&app, setup).unwrap();
    let (what, given) = start.as_object().and_then(|start| start.iter().next()).unwrap();
    let code = || {
        let code = Code::received_without_state(given["code"].as_str().unwrap()).unwrap();
        code.asked_for(given["scope"].as_str().unwrap().parse::<Scope>().unwrap())
    };
    let grant = || stored_grant(&given["stored"].to_string()).unwrap();
    match &**what {
        "sign_in" => client.run(app.sign_in(code())?).map(Outcome::SignedIn),
        "exchange" => client.send(app.exchange(code())?).map(Outcome::Exchanged),
        "renew" => client.run(app.renew(&grant())?).map(Outcome::Grant),
        "refresh" => client.send(app.refresh(&grant())?).map(Outcome::Grant),
        "check" => client.send(app.check(&grant())?).map(Outcome::Validity),
        "profile" => {
            let call = app.profile(&grant(), ProfileLang::default())?;
            client.send(call).map(Outcome::Profile)
        }
        other => panic!("no transport can {other}"),
    }
}

/// The in-memory way to the emulator: its world, asked without a socket.
fn ask(emulator: &Emulator, request: &wechat_oauth::Request) -> Told {
    let target = request.url().expose().strip_prefix(emulator.base_url()).unwrap();
    let reply = emulator.world(|world| world.handle(&Request::get(target), wechat_oauth::now()));
    match reply.connection {
        Connection::Normal => Ok((reply.status, reply.body)),
        Connection::Reset => Err(TransportError::new(TransportErrorKind::Closed, Phase::Request)),
        other => panic!("no flow asks for {other:?}"),
    }
}
