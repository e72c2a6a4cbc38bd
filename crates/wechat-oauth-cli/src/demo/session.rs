//! Sessions of the site's own: what it remembers of each browser, found again by a cookie that holds an id alone.
//!
//! In memory, bounded in number and in time.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::people::Person;
use super::wire::Step;

/// How many browsers are remembered: one person's, many times over. Beyond it, the one longest unseen is forgotten.
const MAX_SESSIONS: usize = 1000;
/// How long a browser is remembered without being seen.
const LIFETIME: Duration = Duration::from_secs(60 * 60);
/// How many steps of a browser's last login are kept: several times those of a login that is begun again. Beyond it, the
/// oldest is forgotten; a callback that is opened again and again adds some each time.
const MAX_STEPS: usize = 24;

/// What a browser is remembered by: 64 hexadecimal digits of entropy.
pub(crate) type SessionId = String;

#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) person: Option<Person>,
    /// What the wire said in the last login.
    pub(crate) steps: Vec<Step>,
    seen: Instant,
}

#[derive(Debug, Default)]
pub(crate) struct Sessions(HashMap<SessionId, Session>);

impl Sessions {
    pub(crate) fn get(&mut self, id: &str, now: Instant) -> Option<&mut Session> {
        if self.0.get(id)?.is_over(now) {
            self.0.remove(id);
            return None;
        }
        let session = self.0.get_mut(id)?;
        session.seen = now;
        Some(session)
    }

    /// A new browser's session. An id that a browser brought is never taken for it: somebody may have planted it there.
    pub(crate) fn open(&mut self, fresh: SessionId, now: Instant) {
        self.insert(fresh, Session { person: None, steps: Vec::new(), seen: now }, now);
    }

    /// Signs the person in, under a new id: whoever knew the old one is left with nothing.
    pub(crate) fn sign_in(&mut self, old: &str, fresh: SessionId, person: Person, now: Instant) {
        let steps = self.0.remove(old).filter(|session| !session.is_over(now)).map(|session| session.steps);
        let session = Session { person: Some(person), steps: steps.unwrap_or_default(), seen: now };
        self.insert(fresh, session, now);
    }

    pub(crate) fn sign_out(&mut self, id: &str) {
        self.0.remove(id);
    }

    fn insert(&mut self, id: SessionId, session: Session, now: Instant) {
        self.0.retain(|_, session| !session.is_over(now));
        if self.0.len() >= MAX_SESSIONS {
            let longest_unseen = self.0.iter().min_by_key(|(_, session)| session.seen);
            if let Some(id) = longest_unseen.map(|(id, _)| id.clone()) {
                self.0.remove(&id);
            }
        }
        self.0.insert(id, session);
    }
}

impl Session {
    pub(crate) fn add(&mut self, steps: impl IntoIterator<Item = Step>) {
        self.steps.extend(steps);
        let too_many = self.steps.len().saturating_sub(MAX_STEPS);
        self.steps.drain(..too_many);
    }

    fn is_over(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.seen) > LIFETIME
    }
}

/// A session id that nobody can guess; none when the operating system has no entropy.
pub(crate) fn fresh_id() -> Option<SessionId> {
    let mut entropy = [0; 32];
    getrandom::fill(&mut entropy).ok()?;
    Some(entropy.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::super::people::tests::person;
    use super::*;

    fn openid(sessions: &mut Sessions, id: &str, now: Instant) -> Option<String> {
        let person = sessions.get(id, now)?.person.as_ref()?;
        Some(person.identity.openid().as_str().to_owned())
    }

    #[test]
    fn signing_in_takes_a_new_id_and_the_old_one_is_worth_nothing() {
        let (mut sessions, now) = (Sessions::default(), Instant::now());
        sessions.open("old".to_owned(), now);
        sessions.get("old", now).unwrap().add([Step::default()]);
        sessions.sign_in("old", "new".to_owned(), person("o1", None), now);
        assert!(sessions.get("old", now).is_none());
        assert_eq!(openid(&mut sessions, "new", now).as_deref(), Some("o1"));
        assert_eq!(sessions.get("new", now).unwrap().steps.len(), 1, "what the wire said stays to be shown");
        sessions.sign_out("new");
        assert!(sessions.get("new", now).is_none());
    }

    #[test]
    fn whoever_signs_in_anew_is_nobody_from_before() {
        let (mut sessions, now) = (Sessions::default(), Instant::now());
        sessions.sign_in("none", "a".to_owned(), person("o1", Some("n")), now);
        sessions.sign_in("a", "b".to_owned(), person("o2", None), now);
        assert_eq!(openid(&mut sessions, "a", now), None);
        assert_eq!(openid(&mut sessions, "b", now).as_deref(), Some("o2"));
        assert!(sessions.get("b", now).unwrap().person.as_ref().unwrap().profile.is_none());
    }

    #[test]
    fn sessions_and_their_steps_are_bounded_and_end() {
        let (mut sessions, now) = (Sessions::default(), Instant::now());
        for number in 0..MAX_SESSIONS {
            sessions.open(format!("s{number}"), now + Duration::from_millis(number as u64));
        }
        let later = now + Duration::from_secs(10);
        sessions.sign_in("none", "one-more".to_owned(), person("o1", None), later);
        assert_eq!(sessions.0.len(), MAX_SESSIONS);
        assert!(sessions.get("s0", later).is_none() && sessions.get("one-more", later).is_some());

        for _ in 0..=MAX_STEPS {
            sessions.get("one-more", later).unwrap().add([Step::default()]);
        }
        assert_eq!(sessions.get("one-more", later).unwrap().steps.len(), MAX_STEPS);

        let over = later + LIFETIME + Duration::from_secs(1);
        assert_eq!(openid(&mut sessions, "one-more", over), None);
        sessions.sign_in("s1", "two-more".to_owned(), person("o1", None), over);
        assert_eq!(sessions.0.len(), 1, "what is over makes room");
    }

    #[test]
    fn no_two_ids_are_the_same() {
        let (one, other) = (fresh_id().unwrap(), fresh_id().unwrap());
        assert_eq!(one.len(), 64);
        assert_ne!(one, other);
    }
}
