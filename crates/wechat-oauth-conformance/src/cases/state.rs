//! The state: whether a callback belongs to the login that this browser began.

use std::collections::BTreeSet;

use super::check;
use crate::case::Area::State;
use crate::case::{Case, case};
use crate::judge::Stop;
use crate::stage::{HONG, MING, Outcome, Stage};

pub(super) const CASES: &[Case] = &[
    case(
        State,
        "state-missing",
        "a callback without a state signs the victim in to the attacker's account",
        "回调没有 state，受害者被登录到攻击者的账号",
        |stage| {
            stage.start("a")?;
            let code = stage.code_of(HONG)?;
            let url = stage.callback_url(&[("code", &code)]);
            forged(stage, "a", &url)
        },
    ),
    case(
        State,
        "state-empty",
        "an empty state is taken for no check at all",
        "state 为空时跳过了校验",
        |stage| {
            stage.start("a")?;
            let code = stage.code_of(HONG)?;
            let url = stage.callback_url(&[("code", &code), ("state", "")]);
            forged(stage, "a", &url)
        },
    ),
    case(
        State,
        "state-wrong",
        "a state that was never sent is taken",
        "接受了从未发出的 state",
        |stage| {
            stage.start("a")?;
            let code = stage.code_of(HONG)?;
            let url = stage.callback_url(&[("code", &code), ("state", "3d6be0a4035d839573b04816624a415e")]);
            forged(stage, "a", &url)
        },
    ),
    case(
        State,
        "state-where-no-login-began",
        "a browser that began no login is signed in by a link",
        "从未发起登录的浏览器点开链接就被登录",
        |stage| {
            let code = stage.code_of(HONG)?;
            let url = stage.callback_url(&[("code", &code), ("state", "3d6be0a4035d839573b04816624a415e")]);
            forged(stage, "a", &url)
        },
    ),
    case(
        State,
        "state-of-another-browser",
        "the attacker's own callback, opened by the victim, signs the victim in to the attacker's account",
        "受害者打开攻击者的回调链接，被登录到攻击者的账号",
        |stage| {
            let url = stage.agreed("attacker", HONG)?;
            forged(stage, "victim", &url)
        },
    ),
    case(
        State,
        "state-of-another-browser-while-signing-in",
        "the attacker's callback is taken in a browser that waits for its own",
        "受害者正在登录时，接受了攻击者的回调",
        |stage| {
            let attackers = stage.start("attacker")?;
            let victims = stage.start("victim")?;
            if attackers.state() == victims.state() && !victims.state().is_empty() {
                return Err(Stop::unsafe_("gives two browsers one state", "两个浏览器的 state 相同"));
            }
            let code = stage.consent(&attackers, HONG)?;
            let url = stage.right_callback(&attackers, &code);
            forged(stage, "victim", &url)
        },
    ),
    case(
        State,
        "state-twice-right-first",
        "of two states the first is compared, and another reader takes the last",
        "state 出现两次（正确的在前），各层读到的不是同一个",
        |stage| twice(stage, |right, wrong| (right, wrong)),
    ),
    case(
        State,
        "state-twice-right-last",
        "of two states the last is compared, and another reader takes the first",
        "state 出现两次（正确的在后），各层读到的不是同一个",
        |stage| twice(stage, |right, wrong| (wrong, right)),
    ),
    case(
        State,
        "state-cut-short",
        "the beginning of a state is enough",
        "只有 state 的开头部分也能通过校验",
        |stage| changed(stage, |state| state[..state.len() - 1].to_owned()),
    ),
    case(
        State,
        "state-in-other-case",
        "capital and small letters are not told apart, which takes bits from every state",
        "校验 state 时不区分大小写",
        |stage| {
            changed(stage, |state| {
                let swapped: String =
                    state
                        .chars()
                        .map(|c| {
                            if c.is_ascii_lowercase() {
                                c.to_ascii_uppercase()
                            } else {
                                c.to_ascii_lowercase()
                            }
                        })
                        .collect();
                // A state of digits alone has no case: another digit then.
                if swapped == state {
                    state.replace(&state[..1], if state.starts_with('0') { "1" } else { "0" })
                } else {
                    swapped
                }
            })
        },
    ),
    case(
        State,
        "state-used-again",
        "a state that has signed somebody in signs in whoever's code comes with it next",
        "用过的 state 还能再用，换一个 code 就登录成别人",
        |stage| {
            let start = stage.start("a")?;
            let his = stage.arrive("a", &start, MING)?;
            check::signed_in(stage, his, MING)?;
            let code = stage.code_of(HONG)?;
            let url = stage.right_callback(&start, &code);
            let outcome = stage.callback("a", &url)?;
            check::nobody_else(stage, outcome, MING).map_err(|_| {
                Stop::unsafe_(
                    "takes a state twice, with another person's code",
                    "同一 state 用了两次，登录成了别人",
                )
            })
        },
    ),
    case(
        State,
        "stray-callback-spares-the-login",
        "anybody ends everybody's logins with a link that is not even right",
        "随便一个错误链接就能中断他人正在进行的登录",
        |stage| {
            let start = stage.start("a")?;
            let code = stage.code_of(HONG)?;
            let url = stage.callback_url(&[("code", &code), ("state", "3d6be0a4035d839573b04816624a415e")]);
            let stray = stage.callback("a", &url)?;
            check::nobody(&stray, "takes a callback without the right state", "接受了 state 不正确的回调")?;
            let outcome = stage.arrive("a", &start, MING)?;
            check::signed_in(stage, outcome, MING).map_err(|_| {
                Stop::unsafe_("a stray callback ends the login", "一次错误的回调就让正在进行的登录失效")
            })
        },
    ),
    case(
        State,
        "two-logins-in-one-browser",
        "a second tab ends the login of the first, or takes its state",
        "同一浏览器开两个标签页登录，互相影响",
        |stage| {
            let first = stage.start("a")?;
            let second = stage.start("a")?;
            if first.state() == second.state() {
                return Err(Stop::unsafe_("uses one state for two logins", "两次登录的 state 相同"));
            }
            let outcome = stage.arrive("a", &second, MING)?;
            check::signed_in(stage, outcome, MING)?;
            // The first may be given up, but signs in nobody else.
            let code = stage.consent(&first, MING)?;
            let url = stage.right_callback(&first, &code);
            let outcome = stage.callback("a", &url)?;
            check::nobody_else(stage, outcome, MING)
        },
    ),
    case(
        State,
        "state-fixed",
        "every login has the same state, which everybody then knows",
        "每次登录的 state 都相同，人人皆知",
        |stage| {
            let states = states(stage)?;
            let different: BTreeSet<_> = states.iter().collect();
            if different.len() == states.len() && states.iter().all(|state| !state.is_empty()) {
                Ok(())
            } else {
                Err(Stop::unsafe_("sends a state more than once, or none", "state 有重复，或没有发送"))
            }
        },
    ),
    case(
        State,
        "state-guessable",
        "a state out of a clock, a counter or a few digits can be guessed",
        "state 由时间、计数器或几位数字生成，可以猜到",
        |stage| {
            let states = states(stage)?;
            if bits(&states) >= LEAST_BITS {
                Ok(())
            } else {
                Err(Stop::unsafe_("sends a state that can be guessed", "state 可以猜到"))
            }
        },
    ),
];

/// How many logins are begun to look at their states.
const SAMPLES: usize = 48;
/// What so many states have to show: nobody guesses as much while a login waits. It is less than there is, since each place
/// shows at most as many letters as there are samples; 16 letters and digits show some 80 of their 95.
const LEAST_BITS: f64 = 64.0;

/// The states of many logins, each in a browser of its own.
pub(super) fn states(stage: &mut Stage) -> Result<Vec<String>, Stop> {
    (0..SAMPLES).map(|number| Ok(stage.start(&format!("browser{number}"))?.state().to_owned())).collect()
}

/// How many bits differ between these states, as far as they show it: by place, from the front and from the end, since a
/// length that varies moves what follows.
fn bits(states: &[String]) -> f64 {
    let count = |reversed: bool| -> f64 {
        let places = states.iter().map(String::len).max().unwrap_or(0);
        (0..places)
            .map(|place| {
                let at = |state: &String| {
                    let bytes = state.as_bytes();
                    let place = if reversed { bytes.len().checked_sub(place + 1)? } else { place };
                    bytes.get(place).copied()
                };
                let letters: BTreeSet<u8> = states.iter().filter_map(at).collect();
                #[expect(clippy::cast_precision_loss, reason = "there are at most 256")]
                let letters = letters.len().max(1) as f64;
                letters.log2()
            })
            .sum()
    };
    count(false).min(count(true))
}

/// A callback that is not this browser's own signs nobody in, and its code goes nowhere.
fn forged(stage: &mut Stage, browser: &str, url: &str) -> Result<(), Stop> {
    let outcome = stage.callback(browser, url)?;
    refuses(stage, &outcome)?;
    check::still_works(stage)
}

fn refuses(stage: &Stage, outcome: &Outcome) -> Result<(), Stop> {
    check::nobody(
        outcome,
        "signs in by a callback that is not of a login of this browser",
        "接受了不属于本浏览器登录流程的回调",
    )?;
    if stage.codes_sent().is_empty() {
        Ok(())
    } else {
        Err(Stop::unsafe_(
            "exchanges the code before the state is right",
            "state 尚未校验通过就用 code 换取了凭证",
        ))
    }
}

/// The right state with something changed is not right.
fn changed(stage: &mut Stage, change: fn(&str) -> String) -> Result<(), Stop> {
    let start = stage.start("a")?;
    let state = sent(start.state())?;
    let code = stage.code_of(HONG)?;
    let url = stage.callback_url(&[("code", &code), ("state", &change(&state))]);
    forged(stage, "a", &url)
}

/// Two states in one callback are none.
fn twice(stage: &mut Stage, order: fn(String, String) -> (String, String)) -> Result<(), Stop> {
    let start = stage.start("a")?;
    let state = sent(start.state())?;
    let code = stage.consent(&start, MING)?;
    let (first, second) = order(state, "3d6be0a4035d839573b04816624a415e".to_owned());
    let url = stage.callback_url(&[("code", &code), ("state", &first), ("state", &second)]);
    let outcome = stage.callback("a", &url)?;
    check::nobody(&outcome, "picks one of two states", "回调中有两个 state，任选其一")?;
    check::still_works(stage)
}

/// The state that was sent, as it stands in a URL.
fn sent(state: &str) -> Result<String, Stop> {
    if state.len() < 2 || !state.is_ascii() {
        return Err(Stop::unsafe_("sends no state", "没有发送 state"));
    }
    Ok(url::form_urlencoded::byte_serialize(state.as_bytes()).collect())
}
