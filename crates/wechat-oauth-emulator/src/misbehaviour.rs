//! The named misbehaviours: everything a WeChat, or what stands in its place, has been seen to do wrong, on demand.

use std::fmt;
use std::io::Write as _;
use std::str::FromStr;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use wechat_oauth_core::UnixTime;

use crate::endpoint::Endpoint;
use crate::endpoint::Endpoint::{
    Authorize, Check, ComponentExchange, ComponentRefresh, Exchange, Profile, Qrconnect, Refresh,
};
use crate::json::{Json, Object};
use crate::message::{Connection, Reply, Request};
use crate::sns::ApiError;
use crate::world::World;

/// How long a slow body takes, in milliseconds: longer than any sensible deadline, and yet a test ends.
const SLOW_MS: u64 = 20_000;
/// How many members the JSON of `wx-wide-json` has besides its own.
const WIDTH: usize = 10_000;
/// How long the text of `wx-errmsg-long` is, in bytes: a body that is still taken, and a flood in a log.
const LONG_TEXT: usize = 32 * 1024;
/// How many spaces `wx-gzip-bomb` unpacks to, in bytes: a thousand times what it takes on the wire.
const UNPACKED: usize = 4 * 1024 * 1024;
/// How deep the JSON of `wx-deep-json` is nested: enough to exhaust the stack of a reader that recurses.
const DEPTH: usize = 60_000;
/// A nickname that turns the reading direction, breaks the line, forges a log entry and runs a script.
///
/// As JSON, escaped where a strict reader wants it, so that it gets as far as the page or the log.
const HOSTILE_NICKNAME: &str = "\"a\u{202e}b\\u0000c\\nINFO signed in as admin\\r\\u001b[31m<script>alert(1)<\\/script>\u{200b}'\\\"`{{7*7}}\"";

/// An errmsg that breaks the line, forges a log entry, colours the terminal and turns the reading direction.
const HOSTILE_ERRMSG: &str = "invalid code\nINFO signed in as admin\r\u{1b}[31m\u{202e}nimda";

/// How a misbehaviour comes about.
pub(crate) enum Act {
    /// The request is refused; nothing is spent.
    Refuse(ApiError),
    /// Something else is answered, which may lead to another host, given as an origin; nothing is spent.
    Instead(fn(request: &Request, elsewhere: &str) -> Reply),
    /// The request is handled, its code spent, and refused all the same.
    HandleThenRefuse(ApiError),
    /// The handler of the request does it.
    Handle,
    /// A successful answer is changed.
    Edit(fn(&mut Object, &mut World, UnixTime)),
    /// Whatever is answered is delivered otherwise.
    Distort(fn(Reply) -> Reply),
    /// The authorize page does it.
    Page,
}

const API: &[Endpoint] = &[Exchange, Refresh, Check, Profile, ComponentExchange, ComponentRefresh];
const TAKES_CODE: &[Endpoint] = &[Exchange, ComponentExchange];
const TAKES_REFRESH_TOKEN: &[Endpoint] = &[Refresh, ComponentRefresh];
const GIVES_GRANT: &[Endpoint] = &[Exchange, Refresh, ComponentExchange, ComponentRefresh];
const GIVES_OPENID: &[Endpoint] = &[Exchange, Refresh, Profile, ComponentExchange, ComponentRefresh];
const REPEATS_OPENID: &[Endpoint] = &[Refresh, Profile, ComponentRefresh];
const GIVES_UNIONID: &[Endpoint] = &[Exchange, Profile, ComponentExchange];
const PROFILE: &[Endpoint] = &[Profile];
const COMPONENT: &[Endpoint] = &[ComponentExchange, ComponentRefresh];
const PAGES: &[Endpoint] = &[Authorize, Qrconnect];

macro_rules! misbehaviours {
    ($($variant:ident, $name:literal, $endpoints:ident, $act:expr, $en:literal, $zh:literal;)*) => {
        /// A named misbehaviour: what a WeChat, or what stands in its place, has been seen to do wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum Misbehaviour {
            $(
                #[doc = concat!("`", $name, "`: ", $en)]
                #[serde(rename = $name)]
                $variant,
            )*
        }

        impl Misbehaviour {
            /// Every misbehaviour.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name: `wx-busy`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What happens, in English.
            #[must_use]
            pub const fn english(self) -> &'static str {
                match self { $(Self::$variant => $en,)* }
            }

            /// What happens, in Chinese.
            #[must_use]
            pub const fn chinese(self) -> &'static str {
                match self { $(Self::$variant => $zh,)* }
            }

            /// The endpoints that it can happen at.
            #[must_use]
            pub const fn endpoints(self) -> &'static [Endpoint] {
                match self { $(Self::$variant => $endpoints,)* }
            }

            pub(crate) fn act(self) -> Act {
                match self { $(Self::$variant => $act,)* }
            }
        }
    };
}

misbehaviours! {
    // WeChat refuses.
    Busy, "wx-busy", API, Act::Refuse(ApiError::BUSY),
        "refuses with -1 (busy); a code is not spent",
        "返回 -1（系统繁忙），code 未被消耗";
    BusySpent, "wx-busy-spent", TAKES_CODE, Act::HandleThenRefuse(ApiError::BUSY),
        "refuses with -1 (busy), and yet the code is spent",
        "返回 -1（系统繁忙），但 code 已被消耗";
    MinuteQuota, "wx-quota", API, Act::Refuse(ApiError::MINUTE_QUOTA),
        "refuses with 45011 (too many requests this minute)",
        "返回 45011（接口分钟频率超限）";
    CodeInvalid, "wx-code-invalid", TAKES_CODE, Act::Refuse(ApiError::INVALID_CODE),
        "refuses every code with 40029",
        "任何 code 均返回 40029";
    RefreshInvalid, "wx-refresh-invalid", TAKES_REFRESH_TOKEN, Act::Refuse(ApiError::INVALID_REFRESH_TOKEN),
        "refuses every refresh token with 40030",
        "任何 refresh_token 均返回 40030";
    RefreshRotates, "wx-refresh-rotates", TAKES_REFRESH_TOKEN, Act::Handle,
        "gives a new refresh token; the old one is dead",
        "刷新后返回新的 refresh_token，旧的立即失效";
    TokenStaleOnce, "wx-token-stale-once", PROFILE, Act::Handle,
        "refuses each token with 40001 the first time, as concurrent logins have seen",
        "每个 access_token 首次拉取用户信息时返回 40001，之后正常（并发登录时出现过）";
    ComponentTokenExpired, "wx-component-token-expired", COMPONENT, Act::Refuse(ApiError::ACCESS_TOKEN_EXPIRED),
        "refuses the platform's own token with 42001",
        "component_access_token 返回 42001（已过期）";
    ProfileError, "wx-profile-error", PROFILE, Act::Refuse(ApiError::INVALID_ACCESS_TOKEN),
        "refuses the profile with 40001 although the token is good",
        "access_token 有效，但拉取用户信息返回 40001";

    // What stands in WeChat's place answers.
    Status500, "wx-status-500", API, Act::Instead(|_, _| Reply::new(500, "text/plain", "Internal Server Error\n")),
        "answers HTTP 500 without JSON",
        "返回 HTTP 500，正文不是 JSON";
    Status500Success, "wx-status-500-success", API, Act::Distort(|mut reply| { reply.status = 500; reply }),
        "answers as ever, but with HTTP 500",
        "正文照常，但状态码是 HTTP 500";
    Empty, "wx-empty", API, Act::Instead(|_, _| Reply::new(200, "text/html; charset=gbk", "")),
        "answers HTTP 200 with an empty body",
        "返回 HTTP 200，正文为空";
    Html, "wx-html", API, Act::Instead(|_, _| Reply::new(200, "text/html; charset=utf-8", CAPTIVE_PORTAL)),
        "answers the HTML page of a captive portal",
        "返回 HTML 页面（如被网络认证页劫持）";
    RedirectEmpty, "wx-redirect-empty", API, Act::Instead(|_, _| Reply::new(302, "text/html", "")),
        "answers HTTP 302 without Location and body",
        "返回 HTTP 302，没有 Location，正文为空";
    RedirectAway, "wx-redirect-away", API, Act::Instead(|_, elsewhere| redirect_away(302, elsewhere)),
        "redirects to another host, whose answer is another person's grant",
        "302 跳转到另一主机，那里返回的是他人的授权结果";

    RedirectPermanent, "wx-redirect-301", API, Act::Instead(|_, elsewhere| redirect_away(301, elsewhere)),
        "redirects to another host with 301, which clients may remember",
        "301 跳转到另一主机（客户端可能会缓存）";
    RedirectTemporary, "wx-redirect-307", API, Act::Instead(|_, elsewhere| redirect_away(307, elsewhere)),
        "redirects to another host with 307, which keeps method and body",
        "307 跳转到另一主机（保留请求方法和正文）";
    RedirectKept, "wx-redirect-308", API, Act::Instead(|_, elsewhere| redirect_away(308, elsewhere)),
        "redirects to another host with 308, which keeps method and body, and clients may remember",
        "308 跳转到另一主机（保留请求方法和正文，客户端可能会缓存）";
    RedirectLoop, "wx-redirect-loop", API, Act::Instead(redirect_to_itself),
        "redirects to the very same URL",
        "302 跳转到原来的 URL";
    ErrmsgLong, "wx-errmsg-long", API, Act::Instead(|_, _| refused_with(&"x".repeat(LONG_TEXT))),
        "refuses with an errmsg of 32 KiB",
        "errmsg 长达 32 KiB";
    ErrmsgHostile, "wx-errmsg-hostile", API, Act::Instead(|_, _| refused_with(HOSTILE_ERRMSG)),
        "refuses with an errmsg that breaks the line, forges a log entry and turns the reading direction",
        "errmsg 含换行、伪造的日志行、终端控制符和双向控制符";
    ErrmsgQuotes, "wx-errmsg-quotes", API, Act::Instead(|request, _| refused_with(&quoted(request))),
        "refuses with an errmsg that quotes the whole request, secrets too",
        "errmsg 原样回显整个请求，包括 secret 等敏感值";
    PageQuotes, "wx-page-quotes", API, Act::Instead(|request, _| {
            let page = format!("<html><body><h1>502 Bad Gateway</h1><p>{}</p></body></html>\n", quoted(request));
            Reply::new(502, "text/html", page)
        }),
        "answers a gateway's HTML page that quotes the whole request, as proxies do",
        "返回网关的 HTML 错误页，原样回显整个请求（代理常见的做法）";
    JsonNull, "wx-json-null", API, Act::Instead(|_, _| Reply::new(200, "text/plain", "null")),
        "answers JSON that is no object but null",
        "返回的 JSON 不是对象，而是 null";
    JsonArray, "wx-json-array", API, Act::Instead(|_, _| Reply::new(200, "text/plain", "[]")),
        "answers JSON that is no object but an empty list",
        "返回的 JSON 不是对象，而是空数组 []";
    ErrcodeOnly, "wx-errcode-only", API, Act::Instead(|_, _| Reply::new(200, "text/plain", r#"{"errcode":40001}"#)),
        "refuses with 40001 and no errmsg",
        "返回 40001，没有 errmsg";

    // The connection.
    Hang, "wx-hang", API, Act::Instead(|_, _| delivered(Connection::Hang)),
        "takes the request and answers nothing for 30 seconds, then resets the connection",
        "收下请求，30 秒内不返回任何内容，随后重置连接";
    Slow, "wx-slow", API, Act::Distort(slow),
        "sends the body byte by byte, over 20 seconds",
        "正文逐字节发送，共需 20 秒";
    Reset, "wx-reset", API, Act::Instead(|_, _| delivered(Connection::Reset)),
        "resets the connection; a code is not spent",
        "重置连接，code 未被消耗";
    LostAnswer, "wx-lost-answer", GIVES_GRANT, Act::Distort(|mut reply| { reply.connection = Connection::Reset; reply }),
        "handles the request, so that the code is spent, then resets the connection",
        "请求已处理（code 已被消耗），随后重置连接，应答丢失";
    Truncated, "wx-truncated", API, Act::Distort(truncated),
        "closes the connection in the middle of the body",
        "正文发送到一半时断开连接";
    Huge, "wx-huge", API, Act::Distort(|mut reply| { reply.connection = Connection::Huge; reply }),
        "sends 64 MiB of spaces before the body",
        "在正文之前发送 64 MiB 空格";

    Endless, "wx-endless", API, Act::Distort(|mut reply| { reply.connection = Connection::Endless; reply }),
        "sends spaces before the body, slowly and without end",
        "在正文之前缓慢而不停地发送空格";
    Unfinished, "wx-unfinished", API, Act::Distort(|mut reply| { reply.connection = Connection::Unfinished; reply }),
        "announces one byte more than the body has, and keeps the connection open",
        "Content-Length 比正文多一字节，且连接不断开";
    GzipBomb, "wx-gzip-bomb", API, Act::Distort(gzip_bomb),
        "packs the body with gzip, which nobody asked for, after 4 MiB of spaces",
        "未经请求即以 gzip 压缩，正文之前是 4 MiB 空格";

    // The JSON.
    DuplicateKeyEscaped, "wx-duplicate-key-escaped", GIVES_OPENID, Act::Edit(duplicate_openid_escaped),
        "names two openids, the second under an escaped spelling of the key",
        "openid 出现两次，第二个的键名用转义写法";
    WideJson, "wx-wide-json", GIVES_OPENID, Act::Distort(wide),
        "adds 10,000 unknown members to a success",
        "成功应答中多带一万个未知字段";
    DuplicateKey, "wx-duplicate-key", GIVES_OPENID, Act::Edit(duplicate_openid),
        "names two openids, the person's first",
        "openid 出现两次，值不同，本人的在前";
    JsonTrailingComma, "wx-json-trailing-comma", API, Act::Distort(|reply| replace_end(reply, b",}")),
        "leaves a comma before the closing brace",
        "JSON 末尾多一个逗号";
    Bom, "wx-bom", API, Act::Distort(|mut reply| { reply.body.splice(0..0, *b"\xEF\xBB\xBF"); reply }),
        "puts a byte order mark before the body",
        "正文前带 BOM";
    DeepJson, "wx-deep-json", API, Act::Instead(|_, _| Reply::new(200, "text/plain", "[".repeat(DEPTH))),
        "answers JSON nested 60,000 deep",
        "返回嵌套 60000 层的 JSON";
    ErrcodeText, "wx-errcode-text", API, Act::Instead(|_, _| Reply::new(200, "text/plain", r#"{"errcode":"-1","errmsg":"system error"}"#)),
        "refuses with -1, written as text",
        "errcode 以字符串 \"-1\" 返回";
    ErrcodeZero, "wx-errcode-zero", GIVES_OPENID, Act::Edit(|answer, _, _| {
            answer.push_front("errmsg", "ok".into());
            answer.push_front("errcode", Json::Number(0));
        }),
        "adds errcode 0 to a success",
        "成功时多带 errcode 0";

    ErrcodeWithGrant, "wx-errcode-with-grant", GIVES_OPENID, Act::Edit(|answer, _, _| {
            answer.push_front("errmsg", "invalid code".into());
            answer.push_front("errcode", Json::Number(40029));
        }),
        "refuses with 40029, and gives everything of a success beside it",
        "返回 40029，同时又带有成功应答的全部字段";

    // The grant.
    OpenidEmpty, "wx-openid-empty", GIVES_OPENID, Act::Edit(|answer, _, _| answer.set("openid", &"".into())),
        "gives an empty openid",
        "openid 为空字符串";
    OpenidNull, "wx-openid-null", GIVES_OPENID, Act::Edit(|answer, _, _| {
            answer.set("openid", &Json::Raw(b"null".to_vec()));
        }),
        "says that the openid is null",
        "openid 为 null";
    OpenidNumber, "wx-openid-number", GIVES_OPENID, Act::Edit(|answer, _, _| answer.set("openid", &Json::Number(7200))),
        "gives a number for an openid",
        "openid 是数字";
    NoAccessToken, "wx-no-access-token", GIVES_GRANT, Act::Edit(|answer, _, _| answer.remove("access_token")),
        "leaves the access token out",
        "缺少 access_token";
    AccessTokenNumber, "wx-access-token-number", GIVES_GRANT, Act::Edit(|answer, _, _| {
            answer.set("access_token", &Json::Number(7200));
        }),
        "gives a number for an access token",
        "access_token 是数字";
    ScopeNarrowed, "wx-scope-narrowed", TAKES_CODE, Act::Handle,
        "grants snsapi_base alone, whatever was agreed to",
        "无论用户同意了什么，只授予 snsapi_base";
    NoOpenid, "wx-no-openid", GIVES_OPENID, Act::Edit(|answer, _, _| answer.remove("openid")),
        "leaves the openid out",
        "缺少 openid";
    NoScope, "wx-no-scope", GIVES_GRANT, Act::Edit(|answer, _, _| answer.remove("scope")),
        "leaves the scope out, as the documentation's sample does",
        "缺少 scope（与文档示例一致）";
    NoRefreshToken, "wx-missing-refresh-token", GIVES_GRANT, Act::Edit(|answer, _, _| answer.remove("refresh_token")),
        "leaves the refresh token out",
        "缺少 refresh_token";
    TrailingComma, "wx-trailing-comma", TAKES_CODE, Act::Edit(|answer, _, _| {
            let listed = format!("{},", answer.text("scope").unwrap_or_default());
            answer.set("scope", &Json::Text(listed));
        }),
        "ends the scope of an exchange with a comma, as WeChat did for years",
        "换取授权时 scope 以逗号结尾（微信曾长期如此）";
    ExpiryNegative, "wx-expiry-negative", GIVES_GRANT, Act::Edit(|answer, _, _| answer.set("expires_in", &Json::Number(-1))),
        "says that the token expires in -1 seconds",
        "expires_in 为 -1";
    ExpiryZero, "wx-expiry-zero", GIVES_GRANT, Act::Edit(|answer, _, _| answer.set("expires_in", &Json::Number(0))),
        "says that the token expires in 0 seconds",
        "expires_in 为 0";
    ExpiryHuge, "wx-expiry-huge", GIVES_GRANT, Act::Edit(|answer, _, _| {
            answer.set("expires_in", &Json::Raw(b"1000000000000000000000000000000".to_vec()));
        }),
        "says that the token expires in 10^30 seconds",
        "expires_in 为 10^30";
    ExpiryText, "wx-expiry-text", GIVES_GRANT, Act::Edit(|answer, _, _| answer.set("expires_in", &"7200".into())),
        "writes the expiry as text",
        "expires_in 以字符串 \"7200\" 返回";
    ExpiryMissing, "wx-expiry-missing", GIVES_GRANT, Act::Edit(|answer, _, _| answer.remove("expires_in")),
        "leaves the expiry out",
        "缺少 expires_in";
    Snapshot, "wx-snapshot", TAKES_CODE, Act::Handle,
        "gives the grant of a snapshot visitor: virtual ids, is_snapshotuser 1",
        "返回快照页虚拟账号的授权结果（is_snapshotuser 为 1）";
    SnapshotText, "wx-snapshot-text", TAKES_CODE, Act::Handle,
        "gives the grant of a snapshot visitor, with is_snapshotuser \"1\", as text",
        "返回快照页虚拟账号的授权结果，is_snapshotuser 是字符串 \"1\"";
    SnapshotTrue, "wx-snapshot-true", TAKES_CODE, Act::Handle,
        "gives the grant of a snapshot visitor, with is_snapshotuser true",
        "返回快照页虚拟账号的授权结果，is_snapshotuser 是 true";
    SnapshotTwo, "wx-snapshot-two", TAKES_CODE, Act::Handle,
        "gives the grant of a snapshot visitor, with is_snapshotuser 2",
        "返回快照页虚拟账号的授权结果，is_snapshotuser 是 2";
    OpenidDirty, "wx-openid-dirty", GIVES_OPENID, Act::Edit(dirty_openid),
        "puts a control byte and broken UTF-8 into the openid",
        "openid 中混入控制字符和非法 UTF-8 字节";
    OpenidSwapped, "wx-openid-swapped", REPEATS_OPENID, Act::Edit(swap_openid),
        "answers with another person's openid",
        "返回的是另一个人的 openid";
    UnionidSwapped, "wx-unionid-swapped", PROFILE, Act::Edit(swap_unionid),
        "answers with another person's unionid",
        "返回的是另一个人的 unionid";
    NoUnionid, "wx-no-unionid", GIVES_UNIONID, Act::Edit(|answer, _, _| answer.remove("unionid")),
        "leaves the unionid out",
        "缺少 unionid";
    UnionidNull, "wx-unionid-null", GIVES_UNIONID, Act::Edit(|answer, _, _| {
            answer.set("unionid", &Json::Raw(b"null".to_vec()));
        }),
        "says that the unionid is null",
        "unionid 为 null";

    // The profile.
    ProfileSwapped, "wx-profile-swapped", PROFILE, Act::Edit(swap_profile),
        "answers with another person's profile",
        "返回的是另一个人的用户信息";
    NicknameHalfSurrogate, "wx-nickname-half-surrogate", PROFILE, Act::Edit(|answer, _, _| {
            answer.set("nickname", &Json::Raw(br#""half of an emoji \ud83d""#.to_vec()));
        }),
        "ends the nickname with half of an escaped surrogate pair",
        "昵称以半个转义的代理对结尾（被截断的表情）";
    ProfileEmpty, "wx-profile-empty", PROFILE, Act::Edit(|answer, _, _| *answer = Object::new()),
        "answers an empty object",
        "返回空对象 {}";
    NicknameHostile, "wx-nickname-hostile", PROFILE, Act::Edit(|answer, _, _| {
            answer.set("nickname", &Json::Raw(HOSTILE_NICKNAME.into()));
        }),
        "gives a nickname with bidi and control characters, a line break and a script",
        "昵称含双向控制符、控制字符、换行和脚本";
    ControlBytes, "wx-control-bytes", PROFILE, Act::Edit(|answer, _, _| {
            answer.set("nickname", &Json::Raw(b"\"\x14nick\x07\x08name\x1f\"".to_vec()));
        }),
        "puts raw control bytes into the nickname, which strict JSON readers refuse",
        "昵称含未转义的控制字节（严格的 JSON 解析器会拒绝）";
    BadUtf8, "wx-bad-utf8", PROFILE, Act::Edit(|answer, _, _| {
            answer.set("nickname", &Json::Raw(b"\"nick\xFF\xC0\xAFname\xE4\xB8\"".to_vec()));
        }),
        "puts bytes into the nickname that are not UTF-8",
        "昵称含非法 UTF-8 字节";
    AvatarHostile, "wx-avatar-hostile", PROFILE, Act::Edit(|answer, _, _| {
            answer.set("headimgurl", &"javascript:alert(1)//.qlogo.cn/132".into());
        }),
        "gives an avatar whose URL would run a script",
        "headimgurl 是 javascript: 地址";
    SexText, "wx-sex-text", PROFILE, Act::Edit(|answer, _, _| answer.set("sex", &"1".into())),
        "writes the sex as text, as the old documentation does",
        "sex 以字符串返回（与旧文档一致）";

    // The authorize page.
    TooFrequent, "wx-too-frequent", PAGES, Act::Page,
        "shows the error page 10009 (too frequent)",
        "授权页显示错误 10009（操作太频繁）";
    AccountBanned, "wx-account-banned", PAGES, Act::Page,
        "shows the error page 10004 (the account is banned)",
        "授权页显示错误 10004（该公众号被封禁）";
    DoubleSameCode, "wx-double-same-code", PAGES, Act::Page,
        "delivers the callback twice, with one code",
        "回调被触发两次，code 相同";
    DoubleTwoCodes, "wx-double-two-codes", PAGES, Act::Page,
        "delivers the callback twice, with two codes and one state",
        "回调被触发两次，state 相同而 code 不同";
    CallbackNoState, "wx-callback-no-state", PAGES, Act::Page,
        "leaves the state out of the callback",
        "回调缺少 state";
    CallbackStateSwapped, "wx-callback-state-swapped", PAGES, Act::Page,
        "calls back with another state",
        "回调带回的 state 与发出的不同";
    CallbackCodeTwice, "wx-callback-code-twice", PAGES, Act::Page,
        "names two codes in one callback",
        "回调中 code 出现两次";
}

impl Misbehaviour {
    /// The `is_snapshotuser` of a grant that meets it.
    pub(crate) fn snapshot_flag(self) -> Option<Json> {
        match self {
            Self::Snapshot => Some(Json::Number(1)),
            Self::SnapshotText => Some("1".into()),
            Self::SnapshotTrue => Some(Json::Raw(b"true".to_vec())),
            Self::SnapshotTwo => Some(Json::Number(2)),
            _ => None,
        }
    }

    /// Whether it can happen at this endpoint.
    #[must_use]
    pub fn applies_to(self, endpoint: Endpoint) -> bool {
        self.endpoints().contains(&endpoint)
    }
}

impl fmt::Display for Misbehaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// No misbehaviour has this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownMisbehaviour;

impl fmt::Display for UnknownMisbehaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such misbehaviour: `wechat-oauth emulator --list-misbehaviours` names them all")
    }
}

impl std::error::Error for UnknownMisbehaviour {}

impl FromStr for Misbehaviour {
    type Err = UnknownMisbehaviour;

    fn from_str(name: &str) -> Result<Self, UnknownMisbehaviour> {
        Self::ALL.iter().copied().find(|one| one.as_str() == name).ok_or(UnknownMisbehaviour)
    }
}

/// Misbehaviours that wait for the next requests, whichever account they are of.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults(Vec<Fault>);

/// A misbehaviour that the next `remaining` requests to `endpoint` meet; without one, those to wherever it can happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Fault {
    pub(crate) name: Misbehaviour,
    pub(crate) endpoint: Option<Endpoint>,
    pub(crate) remaining: u32,
}

impl Fault {
    fn waits_for(&self, endpoint: Endpoint) -> bool {
        self.endpoint.map_or_else(|| self.name.applies_to(endpoint), |wanted| wanted == endpoint)
    }
}

impl Faults {
    /// How many may wait at a time: more than any test plans.
    pub(crate) const LIMIT: usize = 1000;

    /// Adds one at the end, or to the last when that is the same; `false` when there are too many.
    pub(crate) fn add(&mut self, fault: Fault) -> bool {
        let is_full = self.0.len() >= Self::LIMIT;
        match self.0.last_mut() {
            _ if fault.remaining == 0 => {}
            Some(last) if last.name == fault.name && last.endpoint == fault.endpoint => {
                last.remaining = last.remaining.saturating_add(fault.remaining);
            }
            _ if is_full => return false,
            _ => self.0.push(fault),
        }
        true
    }

    /// The misbehaviour that a request to this endpoint meets: the oldest that waits for one.
    pub(crate) fn take(&mut self, endpoint: Endpoint) -> Option<Misbehaviour> {
        let position = self.0.iter().position(|fault| fault.waits_for(endpoint))?;
        let fault = &mut self.0[position];
        fault.remaining -= 1;
        let name = fault.name;
        if fault.remaining == 0 {
            self.0.remove(position);
        }
        Some(name)
    }

    pub(crate) fn retain(&mut self, keep: impl FnMut(&Fault) -> bool) {
        self.0.retain(keep);
    }

    pub(crate) fn waiting(&self) -> &[Fault] {
        &self.0
    }
}

const CAPTIVE_PORTAL: &str = "<!DOCTYPE html>\n<html><head><title>Sign in to the network</title></head>\
    <body><form action=\"/login\"><input name=\"room\"><button>Connect</button></form></body></html>\n";

fn delivered(connection: Connection) -> Reply {
    let mut reply = Reply::new(200, "text/plain", "");
    reply.connection = connection;
    reply
}

fn redirect_away(status: u16, elsewhere: &str) -> Reply {
    Reply::new(status, "text/html", "").with_header("Location", format!("{elsewhere}/_emulator/away"))
}

fn redirect_to_itself(request: &Request, _: &str) -> Reply {
    let parameters = request.parameters();
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    Reply::new(302, "text/html", "").with_header("Location", format!("{}?{query}", request.path))
}

fn refused_with(errmsg: &str) -> Reply {
    // Strict JSON, so that it gets as far as the log.
    let errmsg = serde_json::to_vec(errmsg).unwrap_or_default();
    let object = Object::new().with("errcode", Json::Number(40029)).with("errmsg", Json::Raw(errmsg));
    Reply::new(200, "text/plain", object.to_bytes())
}

/// The request line, with all that it carries.
fn quoted(request: &Request) -> String {
    let body = String::from_utf8_lossy(&request.body);
    let between = if body.is_empty() { "" } else { " " };
    format!("cannot handle {} {}?{}{between}{body}", request.method.as_str(), request.path, request.query)
}

fn gzip_bomb(mut reply: Reply) -> Reply {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    // Memory is all that it writes to.
    let written = packed.write_all(&vec![b' '; UNPACKED]).and_then(|()| packed.write_all(&reply.body));
    if let (Ok(()), Ok(body)) = (written, packed.finish()) {
        reply.body = body;
    }
    reply.with_header("Content-Encoding", "gzip")
}

fn wide(reply: Reply) -> Reply {
    let members: String = (0..WIDTH).map(|number| format!(",\"unknown{number}\":{number}")).collect();
    replace_end(reply, format!("{members}}}").as_bytes())
}

fn duplicate_openid_escaped(answer: &mut Object, world: &mut World, now: UnixTime) {
    let other = other_openid(answer, world, now);
    // Keys are written as they are known: this one can only follow another member's value.
    answer.push("groupid", Json::Raw(format!(r#"0,"open\u0069d":"{other}""#).into_bytes()));
}

fn swap_profile(answer: &mut Object, world: &mut World, now: UnixTime) {
    let other = other_openid(answer, world, now);
    if answer.text("unionid").is_some() {
        swap_unionid(answer, world, now);
    }
    let nickname = world.find_user(&other).map_or_else(String::new, |user| user.nickname.clone());
    answer.set("nickname", &Json::Text(nickname));
    answer.set("openid", &Json::Text(other));
}

fn slow(mut reply: Reply) -> Reply {
    let bytes = reply.body.len().max(1) as u64;
    reply.connection = Connection::Slow { chunk: 1, pause_ms: SLOW_MS / bytes };
    reply
}

fn truncated(mut reply: Reply) -> Reply {
    reply.connection = Connection::Truncate(reply.body.len() / 2);
    reply
}

fn replace_end(mut reply: Reply, end: &[u8]) -> Reply {
    reply.body.pop();
    reply.body.extend(end);
    reply
}

fn duplicate_openid(answer: &mut Object, world: &mut World, now: UnixTime) {
    let other = other_openid(answer, world, now);
    answer.push("openid", Json::Text(other));
}

fn swap_openid(answer: &mut Object, world: &mut World, now: UnixTime) {
    let other = other_openid(answer, world, now);
    answer.set("openid", &Json::Text(other));
}

fn swap_unionid(answer: &mut Object, world: &mut World, now: UnixTime) {
    let own = answer.text("unionid").unwrap_or_default();
    let other = world.other_unionid(own).unwrap_or_else(|| world.mint.virtual_person(now));
    answer.set("unionid", &Json::Text(other));
}

fn dirty_openid(answer: &mut Object, _: &mut World, _: UnixTime) {
    let own = answer.text("openid").unwrap_or_default().to_owned();
    answer.set("openid", &Json::Raw([b"\"\x14", own.as_bytes(), b"\xFF\""].concat()));
}

/// The openid of somebody else who really is in this world: taking it for one's own is an account takeover.
fn other_openid(answer: &Object, world: &mut World, now: UnixTime) -> String {
    let own = answer.text("openid").unwrap_or_default();
    world.other_openid(own).unwrap_or_else(|| world.mint.virtual_person(now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_misbehaviour_is_named_described_and_happens_somewhere() {
        let names: BTreeSet<_> = Misbehaviour::ALL.iter().map(|one| one.as_str()).collect();
        assert_eq!(names.len(), Misbehaviour::ALL.len());
        for one in Misbehaviour::ALL {
            assert!(one.as_str().starts_with("wx-"), "{one}");
            assert!(!one.endpoints().is_empty(), "{one}");
            assert!(one.english().is_ascii() && !one.english().ends_with('.'), "{one}");
            assert!(!one.chinese().is_ascii(), "{one}");
            assert_eq!(one.as_str().parse(), Ok(*one));
            assert_eq!(serde_json::to_string(one).unwrap(), format!("\"{one}\""));
        }
    }

    #[test]
    fn pages_and_api_do_not_share_a_misbehaviour() {
        for one in Misbehaviour::ALL {
            let of_a_page = matches!(one.act(), Act::Page);
            assert!(one.endpoints().iter().all(|endpoint| endpoint.is_page() == of_a_page), "{one}");
        }
    }

    #[test]
    fn a_fault_is_met_as_often_as_was_said() {
        let mut faults = Faults::default();
        assert!(faults.add(Fault { name: Misbehaviour::Busy, endpoint: Some(Exchange), remaining: 2 }));
        assert!(faults.add(Fault { name: Misbehaviour::Empty, endpoint: Some(Exchange), remaining: 1 }));
        assert_eq!(faults.take(Profile), None);
        let met: Vec<_> = (0..4).map(|_| faults.take(Exchange)).collect();
        assert_eq!(
            met,
            [Some(Misbehaviour::Busy), Some(Misbehaviour::Busy), Some(Misbehaviour::Empty), None]
        );
        assert!(faults.waiting().is_empty());
    }

    #[test]
    fn a_fault_without_an_endpoint_is_met_wherever_it_can_happen() {
        let mut faults = Faults::default();
        assert!(faults.add(Fault { name: Misbehaviour::Snapshot, endpoint: None, remaining: 2 }));
        assert_eq!(faults.take(Profile), None);
        assert_eq!(faults.take(Exchange), Some(Misbehaviour::Snapshot));
        assert_eq!(faults.take(ComponentExchange), Some(Misbehaviour::Snapshot));
        assert_eq!(faults.take(Exchange), None);
    }

    #[test]
    fn the_faults_that_wait_are_bounded() {
        let mut faults = Faults::default();
        let fault = |name, remaining| Fault { name, endpoint: Some(Exchange), remaining };
        for _ in 0..Faults::LIMIT / 2 {
            assert!(faults.add(fault(Misbehaviour::Busy, 1)));
            assert!(faults.add(fault(Misbehaviour::Empty, 1)));
        }
        assert!(!faults.add(fault(Misbehaviour::Busy, 1)));
        assert_eq!(faults.waiting().len(), Faults::LIMIT);
        // The same one again takes no more room.
        assert!(faults.add(fault(Misbehaviour::Empty, u32::MAX)));
        assert_eq!(faults.waiting().last().map(|fault| fault.remaining), Some(u32::MAX));
    }
}
