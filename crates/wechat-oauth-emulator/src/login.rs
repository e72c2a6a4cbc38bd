//! Logins that a person has been asked about: on the consent page, the snapshot page or a phone.

use wechat_oauth_core::UnixTime;

use crate::account::Refusal;
use crate::authorize::Ask;
use crate::bounded::Bounded;
use crate::callback;
use crate::code::Visitor;
use crate::endpoint::Endpoint;
use crate::misbehaviour::Misbehaviour;
use crate::world::World;

/// A login that waits for an answer, or has one.
#[derive(Clone)]
pub(crate) struct Login {
    pub(crate) page: Endpoint,
    pub(crate) ask: Ask,
    /// The id of the person who is asked; on the QR page, of who holds the phone.
    pub(crate) user: String,
    pub(crate) misbehaviour: Option<Misbehaviour>,
    pub(crate) stage: Stage,
    dies: UnixTime,
}

/// How far a login is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stage {
    Waiting,
    Scanned,
    /// The callbacks the browser is sent to: one, or two for a double delivery.
    Confirmed(Vec<String>),
    /// The callback that tells the app, unless the account is one whose refusals tell nothing.
    Refused(Option<String>),
    Expired,
}

impl Login {
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Waiting | Stage::Scanned)
    }
}

/// The logins of the last minutes.
#[derive(Clone)]
pub(crate) struct Logins(Bounded<Login>);

impl Logins {
    /// How long a QR code or a consent page is good, in seconds.
    const LIFETIME: u64 = 300;
    /// How many are remembered.
    const LIMIT: usize = 10_000;

    pub(crate) const fn new() -> Self {
        Self(Bounded::new(Self::LIMIT))
    }

    /// The login of a page, its stage as of now.
    pub(crate) fn get(&self, tx: &str, now: UnixTime) -> Option<Login> {
        let mut login = self.0.get(tx)?.clone();
        if login.is_open() && now >= login.dies {
            login.stage = Stage::Expired;
        }
        Some(login)
    }
}

/// What a person answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Allow,
    Deny,
    /// On as a snapshot visitor.
    Snapshot,
}

impl Answer {
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "allow" => Some(Self::Allow),
            "deny" => Some(Self::Deny),
            "snapshot" => Some(Self::Snapshot),
            _ => None,
        }
    }
}

impl World {
    /// Keeps a login until its person answers; gives the id that the page knows it by.
    pub(crate) fn begin(
        &mut self,
        page: Endpoint,
        ask: Ask,
        user: String,
        misbehaviour: Option<Misbehaviour>,
        now: UnixTime,
    ) -> String {
        let tx = self.mint.opaque("login", now);
        let dies = now.plus_secs(Logins::LIFETIME);
        let login = Login { page, ask, user, misbehaviour, stage: Stage::Waiting, dies };
        self.logins.0.insert(tx.clone(), login);
        tx
    }

    /// The phone scanned the QR code, in this person's hand.
    pub(crate) fn scan(&mut self, tx: &str, user: &str) {
        if let Some(login) = self.logins.0.get_mut(tx) {
            user.clone_into(&mut login.user);
            login.stage = Stage::Scanned;
        }
    }

    /// The person answers a login that is open; gives the stage it reached.
    pub(crate) fn settle(&mut self, tx: &str, user: &str, answer: Answer, now: UnixTime) -> Option<Stage> {
        let login = self.logins.get(tx, now).filter(Login::is_open)?;
        let stage = self.answered(&login.ask, user, answer, login.misbehaviour, now);
        let kept = self.logins.0.get_mut(tx)?;
        kept.stage.clone_from(&stage);
        Some(stage)
    }

    /// Where an answer leads.
    pub(crate) fn answered(
        &mut self,
        ask: &Ask,
        user: &str,
        answer: Answer,
        misbehaviour: Option<Misbehaviour>,
        now: UnixTime,
    ) -> Stage {
        let snapshot = match answer {
            Answer::Deny => return Stage::Refused(self.refused(ask)),
            Answer::Snapshot => true,
            Answer::Allow => self.only_a_snapshot(ask, user),
        };
        let visitor = Visitor { user: user.to_owned(), snapshot };
        let code = self.consented(&ask.appid, visitor.clone(), ask.scope, now);
        let second = match misbehaviour {
            Some(Misbehaviour::DoubleTwoCodes | Misbehaviour::CallbackCodeTwice) => {
                Some(self.consented(&ask.appid, visitor, ask.scope, now))
            }
            Some(Misbehaviour::DoubleSameCode) => Some(code.clone()),
            _ => None,
        };
        let state = match misbehaviour {
            Some(Misbehaviour::CallbackNoState) => None,
            Some(Misbehaviour::CallbackStateSwapped) => Some(self.mint.opaque("state", now)),
            _ => ask.state.clone(),
        };
        let by_component =
            self.account(ask.appid.as_str()).is_some_and(|account| account.platform_credentials().is_some());
        let url = |codes: &[&str]| {
            let mut parameters: Vec<_> = codes.iter().map(|code| ("code", *code)).collect();
            parameters.extend(state.as_deref().map(|state| ("state", state)));
            if by_component {
                parameters.push(("appid", ask.appid.as_str()));
            }
            callback::url(&ask.redirect_uri, &parameters)
        };
        Stage::Confirmed(match (misbehaviour, second) {
            (Some(Misbehaviour::CallbackCodeTwice), Some(second)) => vec![url(&[&code, &second])],
            (_, Some(second)) => vec![url(&[&code]), url(&[&second])],
            (_, None) => vec![url(&[&code])],
        })
    }

    /// Snapshot pages are pages inside WeChat: who scans a QR code is always oneself.
    pub(crate) fn only_a_snapshot(&self, ask: &Ask, user: &str) -> bool {
        ask.scope != wechat_oauth_core::Scope::Login && self.user(user).is_some_and(|user| user.snapshot)
    }

    fn refused(&self, ask: &Ask) -> Option<String> {
        let state = ask.state.as_deref().map(|state| ("state", state));
        let parameters: Vec<_> = match self.account(ask.appid.as_str())?.refusal() {
            Refusal::NoRedirect => return None,
            Refusal::StateOnly => state.into_iter().collect(),
            Refusal::AuthDeny => [("code", "authdeny")].into_iter().chain(state).collect(),
        };
        Some(callback::url(&ask.redirect_uri, &parameters))
    }
}
