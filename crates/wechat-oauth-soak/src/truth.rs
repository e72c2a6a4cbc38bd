//! Who everybody is: the accounts, the people, and what each of them is called by each application.

use wechat_oauth_emulator::{AccountFile, AccountKind, User, World, WorldFile};

use crate::Outcome;

/// How many applications there are.
pub(crate) const APPS: usize = 8;
/// How many people there are: as many as the emulator takes. Each is somebody else to each application.
pub(crate) const PEOPLE: usize = 1000;

/// Who is who. The same seed gives the same to whoever asks, so that the judge need not ask WeChat.
#[derive(Debug)]
pub(crate) struct Truth {
    openids: Vec<Vec<String>>,
}

/// The world of this seed.
pub(crate) fn world(seed: u64) -> Outcome<World> {
    let mut account = AccountFile::new(AccountKind::OfficialAccount);
    account.platform = Some("platform".to_owned());
    let accounts = vec![account; APPS];
    let users = (0..PEOPLE).map(|person| User::new(id_of(person), nickname_of(person))).collect();
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    Ok(World::new(WorldFile { accounts, users }, bytes)?)
}

/// What the emulator calls somebody.
pub(crate) fn id_of(person: usize) -> String {
    format!("p{person}")
}

/// The name that somebody gave themselves.
pub(crate) fn nickname_of(person: usize) -> String {
    format!("{person} 号")
}

impl Truth {
    pub(crate) fn of(world: &World) -> Self {
        let of_app = |appid: &str| {
            (0..PEOPLE).map(|person| world.openid(&id_of(person), appid).unwrap_or_default()).collect()
        };
        Self { openids: world.accounts().iter().map(|account| of_app(account.appid().as_str())).collect() }
    }

    /// Who this person is to this application.
    pub(crate) fn openid(&self, app: usize, person: usize) -> &str {
        self.openids.get(app).and_then(|people| people.get(person)).map_or("", String::as_str)
    }

    /// Puts somebody else's openid, of the same application, where somebody's stands in an answer.
    pub(crate) fn swap_openid(&self, body: &mut Vec<u8>) {
        let text = String::from_utf8_lossy(body).into_owned();
        let Some((_, rest)) = text.split_once("\"openid\":\"") else { return };
        let Some((openid, _)) = rest.split_once('"') else { return };
        let of_app = self.openids.iter().find(|people| people.iter().any(|one| one == openid));
        if let Some(other) = of_app.and_then(|people| people.iter().find(|other| *other != openid)) {
            *body = text.replace(openid, other).into_bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn everybody_is_somebody_else_to_each_application() {
        let truth = Truth::of(&world(1).unwrap());
        let openids: BTreeSet<_> = truth.openids.iter().flatten().collect();
        assert_eq!(openids.len(), APPS * PEOPLE);
        assert_eq!(truth.openid(3, 5), Truth::of(&world(1).unwrap()).openid(3, 5));
    }

    #[test]
    fn a_swapped_openid_is_another_persons_of_the_same_application() {
        let truth = Truth::of(&world(1).unwrap());
        let mut body = format!(r#"{{"openid":"{}","nickname":"n"}}"#, truth.openid(2, 7)).into_bytes();
        truth.swap_openid(&mut body);
        assert_eq!(body, format!(r#"{{"openid":"{}","nickname":"n"}}"#, truth.openid(2, 0)).into_bytes());
    }
}
