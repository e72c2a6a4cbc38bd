//! Whom the site knows: what a table of users is to a real one.

use std::collections::VecDeque;

use wechat_oauth::{Identity, ProfileReport, UnionId, UntrustedText};
use wechat_oauth_axum::SignedIn;

/// How many people are remembered: far more than one machine's. Beyond it, the one longest unseen is forgotten.
const MAX_PEOPLE: usize = 1000;

/// Who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) identity: Identity,
    pub(crate) unionid: Option<UnionId>,
    pub(crate) profile: Option<Known>,
    /// The scope allowed the profile, and yet it could not be read.
    pub(crate) profile_unread: bool,
    /// The profile is the one of an earlier sign-in.
    pub(crate) from_before: bool,
}

/// What a person's profile said.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) nickname: UntrustedText,
    pub(crate) avatar: Option<String>,
    pub(crate) report: ProfileReport,
}

impl Person {
    pub(crate) fn of(signed_in: &SignedIn) -> Self {
        let profile = signed_in.profile.as_ref().map(|profile| Known {
            nickname: profile.nickname().clone(),
            avatar: profile.avatar().map(ToString::to_string),
            report: ProfileReport::from(profile),
        });
        Self {
            identity: signed_in.identity.clone(),
            unionid: signed_in.unionid.clone(),
            profile_unread: profile.is_none() && signed_in.grant.reads_profile(),
            profile,
            from_before: false,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct People(VecDeque<Person>);

impl People {
    /// Whether this person's profile is known: then there is no need to ask for it.
    pub(crate) fn knows(&self, identity: &Identity) -> bool {
        self.0.iter().any(|person| person.identity == *identity && person.profile.is_some())
    }

    /// Somebody came; gives what is known of them now. A silent sign-in brings no profile, and the one from before stays.
    pub(crate) fn came(&mut self, mut person: Person) -> Person {
        let known = self.0.iter().position(|known| known.identity == person.identity);
        let known = known.and_then(|position| self.0.remove(position));
        if person.profile.is_none()
            && let Some(known) = known
        {
            person.from_before = known.profile.is_some();
            person.profile = known.profile;
            person.unionid = person.unionid.or(known.unionid);
        }
        if self.0.len() >= MAX_PEOPLE {
            self.0.pop_front();
        }
        self.0.push_back(person.clone());
        person
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use wechat_oauth::{Expected, Operation, Report, Response, UnixTime, read_report};

    /// Somebody, with a profile if they have a nickname.
    pub(in super::super) fn person(openid: &str, nickname: Option<&str>) -> Person {
        let profile = nickname.map(|nickname| {
            let body = format!(r#"{{"openid":"{openid}","nickname":"{nickname}"}}"#);
            let response = Response::new(200, body.as_bytes(), UnixTime::from_secs(1));
            match read_report(Operation::Profile, &response, &Expected::default()).unwrap() {
                Report::Profile(report) => {
                    Known { nickname: nickname.to_owned().into(), avatar: None, report: *report }
                }
                other => panic!("{other:?}"),
            }
        });
        let identity = Identity::new("wx1".parse().unwrap(), openid.parse().unwrap());
        Person { identity, unionid: None, profile, profile_unread: false, from_before: false }
    }

    #[test]
    fn a_profile_stays_known_when_its_person_comes_silently() {
        let mut people = People::default();
        let identity = person("o1", None).identity;
        assert!(people.came(person("o1", None)).profile.is_none());
        assert!(!people.knows(&identity), "an openid alone is no profile");
        assert!(!people.came(person("o1", Some("小明"))).from_before);
        let again = people.came(person("o1", None));
        assert!(again.from_before && people.knows(&identity));
        assert_eq!(again.profile.unwrap().nickname.as_untrusted_str(), "小明");
        assert_eq!(people.0.len(), 1);
    }

    #[test]
    fn people_are_bounded_and_whoever_comes_stays() {
        let mut people = People::default();
        for number in 0..=MAX_PEOPLE {
            people.came(person(&format!("o{number}"), Some("n")));
            people.came(person("o0", None));
        }
        assert_eq!(people.0.len(), MAX_PEOPLE);
        assert!(people.knows(&person("o0", None).identity), "seen just now");
        assert!(!people.knows(&person("o1", None).identity), "longest unseen");
    }
}
