//! Who somebody is.

use wechat_oauth_emulator::Endpoint::{Exchange, Profile};
use wechat_oauth_emulator::Misbehaviour;

use super::check;
use crate::case::Area::Identity;
use crate::case::{Case, case};
use crate::judge::Stop;
use crate::stage::{ALWAYS, HONG, MING, Outcome, Stage};

pub(super) const CASES: &[Case] = &[
    case(
        Identity,
        "plain-login",
        "nothing goes wrong, and yet the person is not let in, or as somebody else",
        "一切正常，用户却无法登录或登录成了别人",
        |stage| {
            let outcome = stage.login("a", MING)?;
            check::signed_in(stage, outcome, MING)
        },
    ),
    case(
        Identity,
        "plain-login-base",
        "a silent login with snsapi_base needs no profile, and yet fails without one",
        "snsapi_base 静默授权不需要拉取用户信息，却因为拉不到而失败",
        |stage| {
            let outcome = stage.login("a", MING)?;
            check::signed_in(stage, outcome, MING)
        },
    )
    .base(),
    case(
        Identity,
        "plain-login-website",
        "the QR code login of a website app fails, or asks for a scope that it does not have",
        "网站应用扫码登录失败，或使用了它没有的 scope",
        |stage| {
            let outcome = stage.login("a", MING)?;
            check::signed_in(stage, outcome, MING)
        },
    )
    .website(),
    case(
        Identity,
        "two-people-at-once",
        "two people sign in at once and are taken for each other",
        "两人同时登录，身份互串",
        |stage| {
            let (first, second) = (stage.start("a")?, stage.start("b")?);
            let hers = stage.arrive("b", &second, HONG)?;
            check::signed_in(stage, hers, HONG)?;
            let his = stage.arrive("a", &first, MING)?;
            check::signed_in(stage, his, MING)
        },
    ),
    case(
        Identity,
        "next-person-in-the-same-browser",
        "somebody else signs in in the same browser and is taken for the one before",
        "同一浏览器换人登录，仍被当作上一个人",
        |stage| {
            let his = stage.login("a", MING)?;
            check::signed_in(stage, his, MING)?;
            let hers = stage.login("a", HONG)?;
            check::signed_in(stage, hers, HONG)
        },
    ),
    case(
        Identity,
        "openid-swapped-in-profile",
        "the profile names another openid than the grant, and that account is taken over",
        "用户信息里的 openid 与授权结果不一致，导致登录到他人账号",
        |stage| meets(stage, Misbehaviour::OpenidSwapped, Profile),
    ),
    case(
        Identity,
        "profile-of-another-person",
        "the profile is another person's altogether, unionid too, and that account is taken over",
        "返回的是另一个人的用户信息（含 unionid），导致登录到他人账号",
        |stage| {
            stage.misbehave(Misbehaviour::ProfileSwapped, Profile, 1);
            match stage.login("a", MING)? {
                Outcome::SignedIn(found) if found.nickname.as_deref() == Some("小红") => {
                    Err(Stop::unsafe_(
                        "takes another person's profile for the person's",
                        "把他人的用户信息当作本人的",
                    ))
                }
                other => check::nobody_else(stage, other, MING),
            }
        },
    ),
    case(
        Identity,
        "unionid-swapped-in-profile",
        "the profile names another unionid than the grant, and accounts are linked by it",
        "用户信息里的 unionid 与授权结果不一致，账号被错误关联",
        |stage| meets(stage, Misbehaviour::UnionidSwapped, Profile),
    ),
    case(
        Identity,
        "no-openid-in-grant",
        "the grant names nobody, and somebody is signed in all the same",
        "授权结果里没有 openid，仍然登录成功",
        |stage| names_nobody(stage, Misbehaviour::NoOpenid),
    ),
    case(
        Identity,
        "no-openid-in-grant-base",
        "a silent login's grant names nobody, no profile does either, and somebody is signed in",
        "静默授权的结果里没有 openid，也不会再拉用户信息，仍然登录成功",
        |stage| names_nobody(stage, Misbehaviour::NoOpenid),
    )
    .base(),
    case(
        Identity,
        "openid-empty",
        "everybody whose openid comes empty shares one account",
        "openid 为空字符串时，所有人共用一个账号",
        |stage| names_nobody(stage, Misbehaviour::OpenidEmpty),
    ),
    case(
        Identity,
        "openid-empty-base",
        "everybody whose openid comes empty in a silent login shares one account",
        "静默授权返回空的 openid 时，所有人共用一个账号",
        |stage| names_nobody(stage, Misbehaviour::OpenidEmpty),
    )
    .base(),
    case(
        Identity,
        "openid-null",
        "everybody whose openid comes as null shares one account, called null or None",
        "openid 为 null 时，所有人共用一个名为 null 或 None 的账号",
        |stage| names_nobody(stage, Misbehaviour::OpenidNull),
    ),
    case(
        Identity,
        "openid-null-base",
        "everybody whose openid comes as null in a silent login shares one account",
        "静默授权返回 openid 为 null 时，所有人共用一个账号",
        |stage| names_nobody(stage, Misbehaviour::OpenidNull),
    )
    .base(),
    case(
        Identity,
        "openid-a-number",
        "a number in the openid's place is taken for an account",
        "openid 位置上是数字，被当作账号",
        |stage| names_nobody(stage, Misbehaviour::OpenidNumber),
    ),
    case(
        Identity,
        "openid-a-number-base",
        "a number in the openid's place of a silent login's grant is taken for an account",
        "静默授权结果中 openid 位置上是数字，被当作账号",
        |stage| names_nobody(stage, Misbehaviour::OpenidNumber),
    )
    .base(),
    case(
        Identity,
        "openid-with-bytes-of-no-id",
        "an openid with a control byte and broken UTF-8 becomes an account, or another one after cleaning",
        "openid 混入控制字符和非法 UTF-8，成为新账号，或清洗后变成别的账号",
        |stage| meets(stage, Misbehaviour::OpenidDirty, Exchange),
    ),
    case(
        Identity,
        "openid-with-bytes-of-no-id-base",
        "a silent login's openid with a control byte and broken UTF-8 becomes an account",
        "静默授权返回的 openid 混入控制字符和非法 UTF-8，成为新账号",
        |stage| meets(stage, Misbehaviour::OpenidDirty, Exchange),
    )
    .base(),
    case(
        Identity,
        "openid-twice",
        "the grant names two openids, and the last one's account is taken over",
        "授权结果里 openid 出现两次，以后者登录，导致登录到他人账号",
        |stage| meets(stage, Misbehaviour::DuplicateKey, Exchange),
    ),
    case(
        Identity,
        "openid-twice-base",
        "a silent login's grant names two openids, and the last one's account is taken over",
        "静默授权结果里 openid 出现两次，以后者登录，导致登录到他人账号",
        |stage| meets(stage, Misbehaviour::DuplicateKey, Exchange),
    )
    .base(),
    case(
        Identity,
        "openid-twice-escaped",
        "the second openid hides behind an escaped key, which only some readers see",
        "第二个 openid 的键名用转义写法，有的解析器能看见、有的看不见",
        |stage| meets(stage, Misbehaviour::DuplicateKeyEscaped, Exchange),
    ),
    case(
        Identity,
        "openid-twice-escaped-base",
        "the second openid of a silent login's grant hides behind an escaped key, and its account is taken over",
        "静默授权结果里第二个 openid 的键名用转义写法，导致登录到他人账号",
        |stage| meets(stage, Misbehaviour::DuplicateKeyEscaped, Exchange),
    )
    .base(),
    case(
        Identity,
        "no-openid-in-profile",
        "the profile names nobody, and whoever it is shares an account with all others like it",
        "用户信息里没有 openid，此类用户共用一个账号",
        |stage| meets(stage, Misbehaviour::NoOpenid, Profile),
    ),
    case(
        Identity,
        "openid-twice-in-profile",
        "the profile names two openids, the second another person's, and that account is taken over",
        "用户信息里 openid 出现两次，后者是他人的，导致登录到他人账号",
        |stage| meets(stage, Misbehaviour::DuplicateKey, Profile),
    ),
    case(
        Identity,
        "openid-with-bytes-of-no-id-in-profile",
        "the profile's openid has a control byte and broken UTF-8, and becomes another account",
        "用户信息里的 openid 混入控制字符和非法 UTF-8，登录成了另一个账号",
        |stage| meets(stage, Misbehaviour::OpenidDirty, Profile),
    ),
    case(
        Identity,
        "profile-of-nobody",
        "the profile is an empty object, and somebody is signed in as undefined",
        "用户信息是空对象 {}，以 undefined 登录",
        |stage| meets(stage, Misbehaviour::ProfileEmpty, Profile),
    ),
    case(
        Identity,
        "unionid-never-comes",
        "without a unionid, which is usual, each login makes another account",
        "没有 unionid（很常见）时，每次登录都变成新账号",
        |stage| {
            let keys = [login_without_unionid(stage, "a")?, login_without_unionid(stage, "b")?];
            same_account(
                &keys,
                "makes another account at each login without a unionid",
                "没有 unionid 时每次登录都是新账号",
            )
        },
    ),
    case(
        Identity,
        "unionid-comes-later",
        "a unionid that appears after a while makes a second account of the same person",
        "后来才出现 unionid，同一个人变成两个账号",
        |stage| {
            let before = login_without_unionid(stage, "a")?;
            stage.behave();
            let after = match stage.login("b", MING)? {
                Outcome::SignedIn(found) => found.account.or(found.openid),
                other => return check::signed_in(stage, other, MING),
            };
            same_account(
                &[before, after],
                "makes a second account once the unionid comes",
                "unionid 出现后成了另一个账号",
            )
        },
    ),
];

/// A login that meets this is the person's own, or nobody's; and the next one works.
fn meets(
    stage: &mut Stage,
    misbehaviour: Misbehaviour,
    endpoint: wechat_oauth_emulator::Endpoint,
) -> Result<(), Stop> {
    stage.misbehave(misbehaviour, endpoint, 1);
    let outcome = stage.login("a", MING)?;
    check::nobody_else(stage, outcome, MING)?;
    check::still_works(stage)
}

/// A grant that names nobody signs nobody in.
fn names_nobody(stage: &mut Stage, misbehaviour: Misbehaviour) -> Result<(), Stop> {
    // In every exchange: a client that sends the person to WeChat once more learns no more the next time.
    stage.misbehave(misbehaviour, Exchange, ALWAYS);
    let outcome = stage.login("a", MING)?;
    check::nobody(
        &outcome,
        "signs somebody in whom the grant does not name",
        "授权结果没有有效的 openid，仍然登录成功",
    )?;
    check::still_works(stage)
}

/// The account that a login without a unionid leads to; none when nobody is in.
fn login_without_unionid(stage: &mut Stage, browser: &str) -> Result<Option<String>, Stop> {
    stage.misbehave(Misbehaviour::NoUnionid, Exchange, 1);
    stage.misbehave(Misbehaviour::NoUnionid, Profile, 1);
    let outcome = stage.login(browser, MING)?;
    stage.behave();
    match outcome {
        Outcome::SignedIn(found) => Ok(found.account.or(found.openid)),
        other => check::signed_in(stage, other, MING).map(|()| None),
    }
}

fn same_account(keys: &[Option<String>; 2], en: &str, zh: &str) -> Result<(), Stop> {
    if keys[0] == keys[1] { Ok(()) } else { Err(Stop::unsafe_(en, zh)) }
}
