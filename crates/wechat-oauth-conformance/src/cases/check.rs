//! What the scripts of all areas look at.

use crate::judge::Stop;
use crate::protocol::SignedIn;
use crate::stage::{Outcome, Stage};

/// The person is in, as himself.
pub(super) fn signed_in(stage: &mut Stage, outcome: Outcome, person: &str) -> Result<(), Stop> {
    match outcome {
        Outcome::SignedIn(found) => is_person(stage, &found, person),
        Outcome::Visitor => Err(Stop::unsafe_(
            "locks people out: takes a person for a visitor",
            "真实用户无法登录：被当作访客",
        )),
        Outcome::Again(_) => Err(Stop::unsafe_(
            "locks people out: sends them to WeChat for ever",
            "真实用户无法登录：反复跳转授权",
        )),
        Outcome::Refused(_) => Err(Stop::unsafe_("locks people out", "真实用户无法登录")),
    }
}

/// Nobody is in.
pub(super) fn nobody(outcome: &Outcome, en: &str, zh: &str) -> Result<(), Stop> {
    match outcome {
        Outcome::SignedIn(_) => Err(Stop::unsafe_(en, zh)),
        Outcome::Visitor | Outcome::Again(_) | Outcome::Refused(_) => Ok(()),
    }
}

/// Nobody is in but the person himself.
pub(super) fn nobody_else(stage: &mut Stage, outcome: Outcome, person: &str) -> Result<(), Stop> {
    match outcome {
        Outcome::SignedIn(found) => is_person(stage, &found, person),
        Outcome::Visitor | Outcome::Again(_) | Outcome::Refused(_) => Ok(()),
    }
}

/// After whatever happened, the next person signs in.
pub(super) fn still_works(stage: &mut Stage) -> Result<(), Stop> {
    stage.behave();
    let outcome = stage.login("afterwards", crate::stage::MING)?;
    signed_in(stage, outcome, crate::stage::MING)
        .map_err(|_| Stop::unsafe_("signs nobody in any more afterwards", "此后再也无人能登录"))
}

/// Whether the site takes its visitor for this person.
fn is_person(stage: &mut Stage, found: &SignedIn, person: &str) -> Result<(), Stop> {
    let (openid, unionid) = (stage.openid(person), stage.unionid(person));
    if found.openid.as_ref().is_some_and(|found| *found != openid) {
        return Err(Stop::unsafe_(
            "signs in with an openid that is not the person's",
            "以不属于本人的 openid 登录",
        ));
    }
    if found.unionid.as_ref().is_some_and(|found| !found.is_empty() && *found != unionid) {
        return Err(Stop::unsafe_("takes a unionid that is not the person's", "采用了不属于本人的 unionid"));
    }
    let Some(account) = &found.account else {
        return match found.openid {
            Some(_) => Ok(()),
            None => Err(Stop::unsafe_("signs in without knowing whom", "登录成功却没有用户标识")),
        };
    };
    if account.contains(&openid) || account.contains(&unionid) {
        return Ok(());
    }
    // A key of the client's own: the same person has the same one when nothing goes wrong.
    stage.behave();
    match stage.login("the same person again", person)? {
        Outcome::SignedIn(again) if again.account.as_ref() == Some(account) => Ok(()),
        _ => {
            Err(Stop::unsafe_("signs in to an account that is not the person's", "登录到了不属于本人的账号"))
        }
    }
}
