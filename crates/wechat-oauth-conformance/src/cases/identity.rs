//! Who somebody is.

use wechat_oauth_emulator::Endpoint::{Exchange, Profile};
use wechat_oauth_emulator::Misbehaviour;

use super::check;
use crate::case::Area::Identity;
use crate::case::{Case, case};
use crate::judge::Stop;
use crate::stage::{HONG, MING, Stage};

pub(super) const CASES: &[Case] = &[case(
    Identity,
    "plain-login",
    "nothing goes wrong, and the person is in",
    "一切正常，用户应能登录",
    |stage| {
        let outcome = stage.login("a", MING)?;
        check::signed_in(stage, outcome, MING)
    },
)];
