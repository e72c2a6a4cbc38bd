//! The callback, which anybody can write.

use super::check;
use crate::case::Area::Callback;
use crate::case::{Case, case};
use crate::judge::Stop;
use crate::stage::{HONG, MING, Stage, Start, parameter};

pub(super) const CASES: &[Case] = &[
    case(
        Callback,
        "refusal-without-code",
        "a person who refuses, and comes back without a code, is signed in or breaks the site",
        "用户拒绝授权，回调没有 code，却登录成功或程序出错",
        |stage| {
            let start = stage.start("a")?;
            let url = stage.callback_url(&[("state", start.state())]);
            no_code(stage, &url)
        },
    ),
    case(
        Callback,
        "refusal-as-code",
        "a refusal comes as code=authdeny and is sent to WeChat as a code",
        "拒绝授权时回调为 code=authdeny，被当作 code 发给微信",
        |stage| {
            let start = stage.start("a")?;
            let url = stage.callback_url(&[("code", "authdeny"), ("state", start.state())]);
            no_code(stage, &url)
        },
    ),
    case(
        Callback,
        "code-empty",
        "an empty code is sent to WeChat",
        "空的 code 也发给了微信",
        |stage| {
            let start = stage.start("a")?;
            let url = stage.callback_url(&[("code", ""), ("state", start.state())]);
            no_code(stage, &url)
        },
    ),
    case(
        Callback,
        "callback-bare",
        "the callback address opened by hand breaks the site",
        "直接打开回调地址就让程序出错",
        |stage| {
            stage.start("a")?;
            let url = stage.callback_url(&[]);
            no_code(stage, &url)
        },
    ),
    case(
        Callback,
        "code-twice",
        "of two codes one is taken, and it is somebody else's",
        "回调中有两个 code，取了别人的那个",
        |stage| {
            let start = stage.start("a")?;
            let (own, other) = (stage.consent(&start, MING)?, stage.code_of(HONG)?);
            two_codes(stage, &start, ("code", &own), ("code", &other))
        },
    ),
    case(
        Callback,
        "code-twice-escaped",
        "a second code hides behind an escaped name, which only some readers see",
        "第二个 code 的参数名经过转义，有的解析器能看见、有的看不见",
        |stage| {
            let start = stage.start("a")?;
            let (own, other) = (stage.consent(&start, MING)?, stage.code_of(HONG)?);
            two_codes(stage, &start, ("%63ode", &other), ("code", &own))
        },
    ),
    case(
        Callback,
        "code-adds-a-parameter",
        "a code with an & in it adds a parameter to the request with the app secret",
        "code 里带 &，向携带 secret 的请求注入参数",
        |stage| {
            let start = stage.start("a")?;
            let code = stage.consent(&start, HONG)?;
            spliced(stage, &start, &format!("{code}%26injected%3Dyes"))
        },
    ),
    case(
        Callback,
        "code-cuts-the-request",
        "a code with a # in it cuts off what follows in the request",
        "code 里带 #，截断了后面的请求参数",
        |stage| {
            let start = stage.start("a")?;
            let code = stage.consent(&start, HONG)?;
            spliced(stage, &start, &format!("{code}%23"))
        },
    ),
    case(
        Callback,
        "code-adds-a-header",
        "a code with a line break in it adds a header to the request",
        "code 里带换行，向请求注入 HTTP 头",
        |stage| {
            let start = stage.start("a")?;
            let code = stage.consent(&start, HONG)?;
            spliced(stage, &start, &format!("{code}%20HTTP/1.1%0D%0AInjected:%20yes%0D%0AX:"))
        },
    ),
    case(
        Callback,
        "code-of-other-bytes",
        "a code of NUL, broken UTF-8 and half an escape breaks the site",
        "code 含 NUL、非法 UTF-8 和不完整的转义，程序出错",
        |stage| {
            let start = stage.start("a")?;
            let url = stage.callback_url(&[("code", "%00%FF%C0%AF%zz%"), ("state", start.state())]);
            let outcome = stage.callback("a", &url)?;
            check::nobody(&outcome, "signs in by a code that is none", "无效的 code 也能登录")?;
            check::still_works(stage)
        },
    ),
    case(
        Callback,
        "callback-of-30-kib",
        "a callback of 30 KiB is sent on to WeChat, or stops the site",
        "30 KiB 的回调被原样转发给微信，或使程序停顿",
        |stage| {
            let start = stage.start("a")?;
            let code = "0".repeat(30 * 1024);
            let url = stage.callback_url(&[("code", &code), ("state", start.state())]);
            let outcome = stage.callback("a", &url)?;
            check::nobody(&outcome, "signs in by a code that is none", "无效的 code 也能登录")?;
            check::still_works(stage)?;
            let longest = stage.codes_sent().iter().map(String::len).max().unwrap_or(0);
            if longest > LONGEST_CODE {
                return Err(Stop::unsafe_("sends on a code of any length", "任意长度的 code 都会发给微信"));
            }
            Ok(())
        },
    ),
];

/// WeChat's documentation gives 512 bytes as the longest code anywhere; this is generous.
const LONGEST_CODE: usize = 1024;

/// A callback without a code signs nobody in and reaches nobody.
fn no_code(stage: &mut Stage, url: &str) -> Result<(), Stop> {
    let outcome = stage.callback("a", url)?;
    check::nobody(&outcome, "signs in without a code", "没有 code 也能登录")?;
    if !stage.codes_sent().is_empty() {
        return Err(Stop::unsafe_("sends to WeChat what is no code", "把不是 code 的内容当作 code 发给微信"));
    }
    check::still_works(stage)
}

fn two_codes(
    stage: &mut Stage,
    start: &Start,
    first: (&str, &str),
    second: (&str, &str),
) -> Result<(), Stop> {
    let url = stage.callback_url(&[first, second, ("state", start.state())]);
    let outcome = stage.callback("a", &url)?;
    check::nobody(&outcome, "picks one of two codes", "回调中有两个 code，任选其一")?;
    check::still_works(stage)
}

/// Whatever stands in a code stays one value of one parameter, or goes nowhere.
fn spliced(stage: &mut Stage, start: &Start, code: &str) -> Result<(), Stop> {
    let url = stage.callback_url(&[("code", code), ("state", start.state())]);
    let outcome = stage.callback("a", &url)?;
    check::nobody(&outcome, "signs in by a code that was added to", "被篡改的 code 仍能登录")?;
    for seen in stage.requests() {
        let request = &seen.request;
        let injected = parameter(request, "injected").is_some() || request.header("injected").is_some();
        let whole = parameter(request, "grant_type").is_some() && parameter(request, "secret").is_some();
        if injected || !whole {
            return Err(Stop::unsafe_(
                "lets a code change the request that carries the secret",
                "code 改变了携带 secret 的请求",
            ));
        }
    }
    check::still_works(stage)
}
