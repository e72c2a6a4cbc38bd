//! Sessions: what the site remembers of each browser, and the cookie's value that finds it again.
//!
//! In memory, bounded in number and in time. A pending login is found by the browser's cookie and by nothing else, so
//! that nobody can finish a login that another browser began.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use wechat_oauth::{CallbackReason, Code, Identity, Pending, ProfileReport, UnionId, UntrustedText};

use super::wire::Step;

/// How many browsers are remembered: one person's, many times over. Beyond it, the one longest unseen is forgotten.
const MAX_SESSIONS: usize = 1000;
/// How long a browser is remembered without being seen.
const LIFETIME: Duration = Duration::from_secs(60 * 60);
/// How many logins of one browser may wait at a time: its tabs. Beyond it, the oldest is given up.
const MAX_WAITING: usize = 5;

/// Which of the site's logins it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// The official account, silently.
    Base,
    /// The official account, with consent.
    UserInfo,
    /// The website app, by QR code.
    Qr,
}

/// Who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) identity: Identity,
    pub(crate) unionid: Option<UnionId>,
    pub(crate) nickname: Option<UntrustedText>,
    pub(crate) avatar: Option<String>,
    pub(crate) profile: Option<ProfileReport>,
    /// The scope allowed the profile, and yet it could not be read.
    pub(crate) profile_unread: bool,
}

/// What a browser is remembered by: 64 hexadecimal digits of entropy.
pub(crate) type SessionId = String;

/// What a callback comes to.
#[derive(Debug)]
pub(crate) enum Returned {
    /// The code of a login that this browser began.
    Code(Code, Way),
    /// It came before: the same login, called back twice.
    Again,
    /// It finishes no login.
    Refused(CallbackReason),
    /// This browser has begun no login.
    NoLogin,
}

#[derive(Debug)]
struct Session {
    waiting: Vec<(Pending, Way)>,
    /// The login that was finished last, to know its callback when it comes again.
    finished: Option<Pending>,
    person: Option<Person>,
    steps: Vec<Step>,
    seen: Instant,
}

#[derive(Debug, Default)]
pub(crate) struct Sessions(HashMap<SessionId, Session>);

impl Sessions {
    /// Keeps a login that this browser begins. A browser that is not known yet is remembered under `fresh`; the id that
    /// it is remembered under is given back.
    pub(crate) fn begin(
        &mut self,
        id: Option<&str>,
        fresh: SessionId,
        pending: Pending,
        way: Way,
        step: Step,
        now: Instant,
    ) -> SessionId {
        let id = id.filter(|id| self.get(id, now).is_some()).map_or(fresh, str::to_owned);
        if !self.0.contains_key(&id) {
            self.make_room(now);
        }
        let session = self.0.entry(id.clone()).or_insert_with(|| Session::new(now));
        if session.waiting.len() >= MAX_WAITING {
            session.waiting.remove(0);
        }
        session.waiting.push((pending, way));
        session.steps = vec![step];
        id
    }

    /// Reads a callback for the logins that this browser waits for.
    pub(crate) fn accept(&mut self, id: &str, callback: &str, now: Instant) -> Returned {
        let Some(session) = self.get(id, now) else { return Returned::NoLogin };
        let is_finished = session.finished.as_ref().is_some_and(|login| owns(login, callback));
        if is_finished {
            // Signed in already: there is nothing to complain about.
            return if session.person.is_some() { Returned::Again } else { Returned::NoLogin };
        }
        if let Some(position) = session.waiting.iter().position(|(login, _)| owns(login, callback)) {
            let (login, way) = session.waiting.remove(position);
            session.finished = Some(login.clone());
            return match login.accept(callback) {
                Ok(code) => Returned::Code(code, way),
                Err(error) => Returned::Refused(error.reason()),
            };
        }
        // No login owns it, so each would complain of the same.
        let any = session.waiting.last().map(|(login, _)| login).or(session.finished.as_ref());
        match any.map(|login| login.clone().accept(callback)) {
            Some(Err(error)) => Returned::Refused(error.reason()),
            _ => Returned::NoLogin,
        }
    }

    /// Signs the person in, under a new id: whoever knew the old one is left with nothing.
    pub(crate) fn sign_in(&mut self, old: &str, fresh: SessionId, person: Person, now: Instant) {
        let mut session = self.0.remove(old).unwrap_or_else(|| Session::new(now));
        session.person = Some(person);
        session.seen = now;
        self.make_room(now);
        self.0.insert(fresh, session);
    }

    pub(crate) fn sign_out(&mut self, id: &str) {
        self.0.remove(id);
    }

    /// Who is signed in.
    pub(crate) fn person(&mut self, id: &str, now: Instant) -> Option<&Person> {
        self.get(id, now)?.person.as_ref()
    }

    /// What the wire said in this browser's last login.
    pub(crate) fn steps(&mut self, id: &str, now: Instant) -> &[Step] {
        self.get(id, now).map_or(&[], |session| &session.steps)
    }

    pub(crate) fn add_steps(&mut self, id: &str, steps: Vec<Step>, now: Instant) {
        if let Some(session) = self.get(id, now) {
            session.steps.extend(steps);
        }
    }

    fn get(&mut self, id: &str, now: Instant) -> Option<&mut Session> {
        if self.0.get(id)?.is_over(now) {
            self.0.remove(id);
            return None;
        }
        let session = self.0.get_mut(id)?;
        session.seen = now;
        Some(session)
    }

    fn make_room(&mut self, now: Instant) {
        self.0.retain(|_, session| !session.is_over(now));
        if self.0.len() >= MAX_SESSIONS {
            let longest_unseen = self.0.iter().min_by_key(|(_, session)| session.seen);
            if let Some(id) = longest_unseen.map(|(id, _)| id.clone()) {
                self.0.remove(&id);
            }
        }
    }
}

impl Session {
    const fn new(now: Instant) -> Self {
        Self { waiting: Vec::new(), finished: None, person: None, steps: Vec::new(), seen: now }
    }

    fn is_over(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.seen) > LIFETIME
    }
}

/// Whether the callback brings this login's state: only then does the login not come back out of the error.
fn owns(login: &Pending, callback: &str) -> bool {
    match login.clone().accept(callback) {
        Ok(_) => true,
        Err(error) => error.into_pending().is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wechat_oauth::{Account, App, RedirectUri, Scope, State};

    fn login(state: &str) -> Pending {
        let app = App::new(Account::OfficialAccount { appid: "wx1".parse().unwrap() });
        let redirect_uri = RedirectUri::parse("http://localhost/callback").unwrap();
        let login = app.login(Scope::Base, &redirect_uri).build().unwrap();
        login.begin(State::new(state).unwrap()).1
    }

    fn person(openid: &str) -> Person {
        Person {
            identity: Identity::new("wx1".parse().unwrap(), openid.parse().unwrap()),
            unionid: None,
            nickname: None,
            avatar: None,
            profile: None,
            profile_unread: false,
        }
    }

    fn begin(sessions: &mut Sessions, id: &str, state: &str, now: Instant) -> SessionId {
        sessions.begin(Some(id), id.to_owned(), login(state), Way::Base, Step::default(), now)
    }

    #[test]
    fn a_callback_finishes_only_the_login_of_its_own_browser() {
        let (mut sessions, now) = (Sessions::default(), Instant::now());
        begin(&mut sessions, "mine", "S1", now);
        begin(&mut sessions, "theirs", "S2", now);
        let theirs = "code=C&state=S2";
        assert!(matches!(
            sessions.accept("mine", theirs, now),
            Returned::Refused(CallbackReason::StateMismatch)
        ));
        assert!(matches!(sessions.accept("nobody", theirs, now), Returned::NoLogin));
        assert!(matches!(sessions.accept("theirs", theirs, now), Returned::Code(..)));
    }

    #[test]
    fn two_tabs_of_a_browser_both_finish() {
        let (mut sessions, now) = (Sessions::default(), Instant::now());
        begin(&mut sessions, "mine", "S1", now);
        begin(&mut sessions, "mine", "S2", now);
        assert!(matches!(sessions.accept("mine", "code=C&state=S1", now), Returned::Code(..)));
        assert!(matches!(sessions.accept("mine", "code=D&state=S2", now), Returned::Code(..)));
    }

    #[test]
    fn a_second_callback_of_one_login_sends_no_second_exchange() {
        let (mut sessions, now) = (Sessions::default(), Instant::now());
        begin(&mut sessions, "old", "S1", now);
        assert!(matches!(sessions.accept("old", "code=C&state=S1", now), Returned::Code(..)));
        assert!(matches!(sessions.accept("old", "code=C&state=S1", now), Returned::NoLogin));
        sessions.sign_in("old", "new".to_owned(), person("o1"), now);
        assert!(matches!(sessions.accept("new", "code=C&state=S1", now), Returned::Again));
        assert!(matches!(sessions.accept("new", "code=D&state=S1", now), Returned::Again));
    }

    #[test]
    fn a_refusal_ends_the_login() {
        let (mut sessions, now) = (Sessions::default(), Instant::now());
        begin(&mut sessions, "mine", "S1", now);
        assert!(matches!(
            sessions.accept("mine", "state=S1", now),
            Returned::Refused(CallbackReason::Denied)
        ));
        assert!(matches!(sessions.accept("mine", "code=C&state=S1", now), Returned::NoLogin));
    }

    #[test]
    fn signing_in_takes_a_new_id_and_the_old_one_is_worth_nothing() {
        let (mut sessions, now) = (Sessions::default(), Instant::now());
        begin(&mut sessions, "old", "S1", now);
        sessions.sign_in("old", "new".to_owned(), person("o1"), now);
        assert!(sessions.person("old", now).is_none());
        assert_eq!(sessions.person("new", now).unwrap().identity.openid().as_str(), "o1");
        sessions.sign_out("new");
        assert!(sessions.person("new", now).is_none());
    }

    #[test]
    fn browsers_and_their_logins_are_bounded_and_end() {
        let (mut sessions, now) = (Sessions::default(), Instant::now());
        for number in 0..MAX_SESSIONS {
            begin(&mut sessions, &format!("s{number}"), "S1", now + Duration::from_millis(number as u64));
        }
        let later = now + Duration::from_secs(10);
        begin(&mut sessions, "one-more", "S1", later);
        assert_eq!(sessions.0.len(), MAX_SESSIONS);
        assert!(!sessions.0.contains_key("s0") && sessions.0.contains_key("one-more"));

        for number in 0..=MAX_WAITING {
            begin(&mut sessions, "one-more", &format!("T{number}"), later);
        }
        assert!(matches!(sessions.accept("one-more", "code=C&state=T0", later), Returned::Refused(_)));
        let last = format!("code=C&state=T{MAX_WAITING}");
        assert!(matches!(sessions.accept("one-more", &last, later), Returned::Code(..)));

        let over = later + LIFETIME + Duration::from_secs(1);
        assert!(matches!(sessions.accept("one-more", "code=C&state=T1", over), Returned::NoLogin));
    }

    #[test]
    fn an_id_that_a_browser_made_up_is_not_taken() {
        let (mut sessions, now) = (Sessions::default(), Instant::now());
        let id =
            sessions.begin(Some("planted"), "fresh".to_owned(), login("S1"), Way::Base, Step::default(), now);
        assert_eq!(id, "fresh");
    }
}
