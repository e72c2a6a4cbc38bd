//! The table, sorted by code.

use super::{Bilingual, Explanation, Place};

pub(super) static TABLE: &[Explanation] = &[
    api(
        -1,
        "system_busy",
        say("WeChat is busy.", "微信系统繁忙。"),
        say(
            "Wait a moment and repeat the request. An exchange that was answered so may be repeated with \
             the same code; if 40029 or 40163 follows, the code is spent and the person has to authorize \
             anew.",
            "请稍候重试。换取 access_token 时若返回 -1，可用同一个 code 再试一次；如果随后返回 40029 或 \
             40163，说明 code 已被消耗，需要用户重新授权。",
        ),
    ),
    api(
        0,
        "ok",
        say(
            "Success. The check of an access token answers so when the token is valid; the other calls \
             carry no errcode when they succeed.",
            "请求成功。校验 access_token 时，返回 0 表示凭证有效；其他接口调用成功时不返回 errcode。",
        ),
        say("Nothing to do.", "无需处理。"),
    ),
    // The authorize page: <https://developers.weixin.qq.com/doc/oplatform/developers/troubleshooting/auth.html>
    page(
        10003,
        "redirect_domain_mismatch",
        say(
            "The domain of redirect_uri is not the one set in the console of this appid. Only the \
             authorize page shows this; the callback never sees it.",
            "redirect_uri 的域名与后台配置不一致。该错误只显示在授权页上，不会跳转到回调地址。",
        ),
        say(
            "Compare the host of redirect_uri with the console, one point at a time. (1) It is the same \
             host, letter by letter and in lower case: www.example.com, example.com and pay.example.com \
             are three hosts, and neither a parent domain nor a subdomain matches. (2) redirect_uri has \
             no port and no IP address, and is encoded exactly once. (3) The console field holds a bare \
             domain: no http:// or https://, no path, no space. (4) It is the right field: the web \
             authorization domain, not the JS interface safe domain or the business domain; a test \
             account has a setting of its own. (5) The appid is the one whose console was changed, and of \
             the right kind: a certified service account for the official page, a website app with its \
             own callback domain for the QR page. (6) For a third-party platform it is the platform's own \
             domain for developing official accounts that counts, not the account's web authorization \
             domain.",
            "请逐项核对 redirect_uri 的域名与后台配置：（1）域名必须完全一致并使用小写，www.example.com、\
             example.com 与 pay.example.com 是三个不同的域名，上级域名和子域名都不算匹配；（2）\
             redirect_uri 不能带端口号，不能用 IP 地址，并且只做一次 urlEncode；（3）后台填写的是域名，不\
             要带 http:// 或 https://，不要带路径和空格；（4）填对位置：公众平台「设置与开发 - 账号设置 - \
             功能设置」里的「网页授权域名」，而不是「JS接口安全域名」或「业务域名」，测试号要在测试号管理\
             页单独设置；（5）appid 就是配置该域名的账号，且账号类型正确：网页授权要用已认证的服务号，扫码\
             登录要用网站应用，核对的是开放平台里该网站应用的「授权回调域」；（6）第三方平台代公众号发起网\
             页授权时，核对的是第三方平台自己的「公众号开发域名」，而不是公众号的「网页授权域名」。",
        ),
    ),
    page(
        10004,
        "account_banned",
        say(
            "The account is banned. Only the authorize page shows this; the callback never sees it.",
            "此公众号被封禁。该错误只显示在授权页上，不会跳转到回调地址。",
        ),
        say(
            "No login works until the ban is lifted: the account's administrator finds the reason in the \
             console and appeals there.",
            "解封之前无法使用网页授权。请管理员登录公众平台查看封禁原因并申诉。",
        ),
    ),
    page(
        10005,
        "scope_not_permitted",
        say(
            "This account may not use this scope. Only the authorize page shows this; the callback never \
             sees it.",
            "此公众号并没有这些 scope 的权限。该错误只显示在授权页上，不会跳转到回调地址。",
        ),
        say(
            "Match the page, the scope and the kind of the account. (1) connect/oauth2/authorize takes \
             snsapi_base and snsapi_userinfo, from a certified service account (certified government and \
             media accounts and test accounts may too); other subscription accounts, an uncertified \
             service account and a website app may not. (2) connect/qrconnect takes snsapi_login, from a \
             website app only; a service account may not. (3) The appid is not that of another app of the \
             same company: a mini program, a mobile app, a website app. (4) The certification has not \
             lapsed, and the console lists web authorization among the account's API permissions, not as \
             banned. (5) For a third-party platform, the account has granted the platform the permission \
             set that holds web authorization.",
            "请核对授权页、scope 与账号类型是否配套：（1）connect/oauth2/authorize 只能用 snsapi_base 和 \
             snsapi_userinfo，且须为已认证的服务号（已认证的政府、媒体类公众号以及测试号也可以），普通公众\
             号（原订阅号）、未认证的服务号、网站应用都不行；（2）connect/qrconnect 只能用 snsapi_login，\
             且须为开放平台的网站应用，服务号不行；（3）没有错用同一主体下小程序、移动应用或网站应用的 \
             appid；（4）认证没有过期，并且公众平台「接口权限」里有网页授权、没有被封禁；（5）第三方平台代\
             公众号发起时，公众号已把包含网页授权的权限集授权给该平台。",
        ),
    ),
    page(
        10006,
        "test_account_not_followed",
        say(
            "The person has to follow this test account first. Only the authorize page shows this; the \
             callback never sees it.",
            "必须先关注此测试号。该错误只显示在授权页上，不会跳转到回调地址。",
        ),
        say(
            "Scan the test account's QR code on its management page and follow it, then open the \
             authorize URL again. Up to a hundred people can follow a test account.",
            "请先扫描测试号管理页上的二维码关注该测试号，再重新打开授权链接。测试号最多允许 100 人关注。",
        ),
    ),
    page(
        10009,
        "too_frequent",
        say(
            "The page was opened too often in a short time. Only the authorize page shows this; the \
             callback never sees it.",
            "操作太频繁了。该错误只显示在授权页上，不会跳转到回调地址。",
        ),
        say(
            "Try again later. If the page keeps coming back, look for a redirect loop: a page that starts \
             a login whenever nobody is signed in, and a callback that fails to sign anybody in.",
            "请稍后再试。如果反复出现，请检查是否存在循环跳转：页面发现未登录就发起授权，而回调页又没有写\
             入登录态。",
        ),
    ),
    page(
        10010,
        "scope_empty",
        say(
            "scope is empty. Only the authorize page shows this; the callback never sees it.",
            "scope 不能为空。该错误只显示在授权页上，不会跳转到回调地址。",
        ),
        say(
            "Send scope=snsapi_base or scope=snsapi_userinfo, on the QR page scope=snsapi_login, in its \
             official place: after response_type, before state.",
            "请填写 scope：网页授权为 snsapi_base 或 snsapi_userinfo，扫码登录为 snsapi_login，位置在 \
             response_type 之后、state 之前。",
        ),
    ),
    page(
        10011,
        "redirect_uri_empty",
        say(
            "redirect_uri is empty. Only the authorize page shows this; the callback never sees it.",
            "redirect_uri 不能为空。该错误只显示在授权页上，不会跳转到回调地址。",
        ),
        say(
            "Send the whole callback URL in redirect_uri, percent-encoded once. Check that the template \
             or the variable which fills it is not empty.",
            "请把完整的回调地址做一次 urlEncode 后填入 redirect_uri，并检查拼接链接时变量是否为空。",
        ),
    ),
    page(
        10012,
        "appid_empty",
        say(
            "appid is empty. Only the authorize page shows this; the callback never sees it.",
            "appid 不能为空。该错误只显示在授权页上，不会跳转到回调地址。",
        ),
        say(
            "Send the account's appid as the first parameter. Check that the configuration was read where \
             the URL is built.",
            "请把账号的 appid 作为第一个参数传入，并检查生成授权链接时是否读到了配置。",
        ),
    ),
    page(
        10013,
        "state_empty",
        say(
            "state is present but empty. Only the authorize page shows this; the callback never sees it.",
            "state 不能为空。该错误只显示在授权页上，不会跳转到回调地址。",
        ),
        say(
            "Send a fresh random value for each login, 1 to 128 letters and digits, and compare it at the \
             callback. Never write state= with nothing after it.",
            "请为每次登录生成随机的 state（1 到 128 个字母或数字），并在回调时比对；不要传空的 state=。",
        ),
    ),
    page(
        10015,
        "platform_not_authorized",
        say(
            "The official account has not authorized the third-party platform, or has withdrawn it. Only \
             the authorize page shows this; the callback never sees it.",
            "公众号未授权第三方平台，或已取消授权。该错误只显示在授权页上，不会跳转到回调地址。",
        ),
        say(
            "Have the account's administrator authorize the platform again, with the permission set that \
             holds web authorization. Check too that appid is the account's and component_appid the \
             platform's.",
            "请公众号管理员重新授权给该第三方平台，并勾选包含网页授权的权限集；同时检查 appid 是公众号的、\
             component_appid 是第三方平台的。",
        ),
    ),
    page(
        10016,
        "open_platform_appid",
        say(
            "This page does not take the appid of an open platform app. Only the authorize page shows \
             this; the callback never sees it.",
            "不支持微信开放平台的 appid。该错误只显示在授权页上，不会跳转到回调地址。",
        ),
        say(
            "On connect/oauth2/authorize use the appid of the service account. A website app signs in on \
             connect/qrconnect with snsapi_login.",
            "connect/oauth2/authorize 请使用服务号的 appid；开放平台的网站应用请改用 connect/qrconnect，\
             scope 为 snsapi_login。",
        ),
    ),
    // The APIs: <https://developers.weixin.qq.com/doc/oplatform/developers/errCode/errCode.html>
    api(
        40001,
        "invalid_credential",
        say(
            "The access token is unknown, revoked or of another kind: the token of web authorization and \
             the account's own access token are two different things.",
            "access_token 无效、已失效或类型不对：网页授权的 access_token 与基础支持中的 access_token 不是\
             同一个。",
        ),
        say(
            "When a profile or a check is refused so, refresh the grant and repeat the request; when a \
             refresh is, restart the authorization. On a third-party platform's exchange or refresh, \
             renew the component_access_token first. On any other exchange, check appid and app secret.",
            "获取用户信息或校验凭证时，先刷新 access_token 再重试；如果是刷新时返回此码，请重新发起授权。\
             第三方平台换取或刷新 access_token 时，请先更新 component_access_token。其他账号换取 \
             access_token 时返回此码，请检查 appid 与 AppSecret。",
        ),
    ),
    api(
        40002,
        "invalid_grant_type",
        say("grant_type is not the one this endpoint takes.", "不合法的 grant_type。"),
        say(
            "Send grant_type=authorization_code on an exchange and grant_type=refresh_token on a refresh. \
             client_credential belongs to the account's own access token.",
            "换取 access_token 时传 authorization_code，刷新时传 refresh_token；client_credential 是获取基\
             础支持 access_token 用的。",
        ),
    ),
    api(
        40003,
        "invalid_openid",
        say(
            "The openid does not belong to this access token: it is another person's, or another \
             account's.",
            "不合法的 openid：与 access_token 不匹配，可能是其他用户或其他公众号的 openid。",
        ),
        say(
            "Restart the authorization, and use the openid together with the token it came with. If it \
             comes back, grants are mixed up in storage: key them by (appid, openid).",
            "请重新发起授权，并使用与 access_token 同时返回的 openid。如果反复出现，说明保存时弄混了凭证，\
             请以 appid + openid 作为键保存。",
        ),
    ),
    api(
        40013,
        "invalid_appid",
        say(
            "The appid is wrong, or of an account that may not use this endpoint. WeChat checks it before \
             everything else.",
            "不合法的 appid，或该账号类型不能使用此接口。微信最先校验 appid。",
        ),
        say(
            "Copy the appid from the console again, without spaces and in its own case. On a component \
             call, appid is the official account's and component_appid the platform's.",
            "请从后台重新复制 appid，注意大小写，不要带空格。第三方平台的接口里，appid 填公众号的，\
             component_appid 填第三方平台的。",
        ),
    ),
    api(
        40014,
        "invalid_access_token",
        say(
            "The access token is not valid: cut, altered, expired, or of another account.",
            "不合法的 access_token：可能被截断、改动、已过期，或属于其他账号。",
        ),
        say(
            "When a profile or a check is refused so, refresh the grant and repeat the request; when a \
             refresh is, restart the authorization. On a third-party platform's exchange or refresh, \
             renew the component_access_token first. On any other exchange, check that the URL is the one \
             for exchanging a code. If it keeps coming back, look whether the storage column cuts long \
             tokens.",
            "获取用户信息或校验凭证时，先刷新 access_token 再重试；如果是刷新时返回此码，请重新发起授权。\
             第三方平台换取或刷新 access_token 时，请先更新 component_access_token。其他账号换取 \
             access_token 时返回此码，请检查请求地址。如果反复出现，请检查存储字段长度是否截断了凭证。",
        ),
    ),
    api(
        40029,
        "invalid_code",
        say(
            "The code is unknown: older than five minutes (ten on the QR page), spent already, given to \
             another appid, or altered on the way.",
            "code 无效：已超过 5 分钟（扫码登录为 10 分钟）、已被使用、属于其他 appid，或在传递中被改动。",
        ),
        say(
            "Restart the authorization: no retry revives a code. If it happens often, codes are probably \
             used twice: the in-app browser opens the callback twice, somebody reloads or goes back to \
             it, a shared link still carries its code, or a program repeats the exchange after a timeout. \
             Exchange each code once, keep the result in the session, and redirect at once to a URL \
             without code; connect_redirect=1 on the authorize URL is reported to stop the double call.",
            "请重新发起授权，无效的 code 重试也不会成功。如果经常出现，多半是 code 被重复使用，常见原因\
             有：微信内置浏览器重复请求回调地址、用户刷新或返回回调页、分享出去的链接还带着 code、超时后重\
             复换取。每个 code 只换取一次，把结果写入会话，然后立即跳转到不带 code 的地址；也有开发者在授\
             权链接中加 connect_redirect=1 来避免重复回调。",
        ),
    ),
    api(
        40030,
        "invalid_refresh_token",
        say(
            "The refresh token is unknown, expired or replaced by a newer one. In practice an expired one \
             is answered so, rather than with 42002.",
            "不合法的 refresh_token：不存在、已过期或已被新的替换。实际中过期时多返回此码，而不是 42002。",
        ),
        say(
            "Restart the authorization. Always store the refresh token of the latest answer: one is good \
             for 30 days after consent.",
            "请重新发起授权。refresh_token 有效期为 30 天，每次都要保存最近一次返回的值。",
        ),
    ),
    api(
        40125,
        "invalid_appsecret",
        say("The app secret is wrong for this appid.", "AppSecret 错误，与 appid 不匹配。"),
        say(
            "Copy the app secret again from the console of this very appid, without spaces or a line end. \
             A reset in the console makes the old one useless at once: update every server.",
            "请在该 appid 对应的后台核对 AppSecret，不要带空格或换行。在后台重置后旧的 AppSecret 立即失\
             效，请更新所有服务器的配置。",
        ),
    ),
    api(
        40163,
        "code_been_used",
        say(
            "The code has been exchanged already; a code works once.",
            "code 已被使用过；一个 code 只能使用一次。",
        ),
        say(
            "If the first exchange of this code succeeded, go on with its result; otherwise restart the \
             authorization. The usual causes: the in-app browser opens the callback twice, somebody \
             reloads or goes back to it, a shared link still carries its code, or a program repeats the \
             exchange after a timeout. Exchange each code once, keep the result in the session, and \
             redirect at once to a URL without code; connect_redirect=1 on the authorize URL is reported \
             to stop the double call.",
            "如果该 code 第一次换取已成功，直接使用那次的结果；否则请重新发起授权。常见原因有：微信内置浏\
             览器重复请求回调地址、用户刷新或返回回调页、分享出去的链接还带着 code、超时后重复换取。每个 \
             code 只换取一次，把结果写入会话，然后立即跳转到不带 code 的地址；也有开发者在授权链接中加 \
             connect_redirect=1 来避免重复回调。",
        ),
    ),
    api(
        40164,
        "ip_not_allowed",
        say(
            "The server's IP address is not on the account's allow-list. It is known from the account's \
             own access token, not from web authorization.",
            "调用方 IP 不在白名单中。该错误见于获取基础支持 access_token，网页授权接口未见返回。",
        ),
        say(
            "Add the server's outgoing IP address to the IP allow-list in the console; the message names \
             it.",
            "请把服务器的出口 IP 加入后台的 IP 白名单，errmsg 中会给出该 IP。",
        ),
    ),
    api(
        40226,
        "code_blocked",
        say(
            "WeChat holds this person for a high risk and blocks the code. It is known from mini programs.",
            "高风险用户，code 被拦截。多见于小程序登录。",
        ),
        say(
            "Turn the person away: neither a retry nor a new authorization helps. They can ask WeChat's \
             support about their account.",
            "请拒绝该用户登录，重试或重新授权都无济于事；用户可联系微信客服处理账号问题。",
        ),
    ),
    api(
        41001,
        "access_token_missing",
        say(
            "The request came without access_token, which a profile and a check need.",
            "缺少 access_token 参数，获取用户信息和校验凭证时需要该参数。",
        ),
        say(
            "Send access_token and see that it is not empty. If it is set, look for an unencoded & that \
             cuts the query, or a proxy that drops parameters.",
            "请传入 access_token，并确认其值不为空。如果已经传入，请检查是否有未编码的 & 截断了参数，或代\
             理丢弃了参数。",
        ),
    ),
    api(
        41002,
        "appid_missing",
        say(
            "The request came without appid, which every exchange and refresh needs.",
            "缺少 appid 参数，换取和刷新 access_token 时需要该参数。",
        ),
        say(
            "Send appid and see that it is not empty. If it is set, look for an unencoded & that cuts the \
             query, or a proxy that drops parameters.",
            "请传入 appid，并确认其值不为空。如果已经传入，请检查是否有未编码的 & 截断了参数，或代理丢弃了\
             参数。",
        ),
    ),
    api(
        41003,
        "refresh_token_missing",
        say(
            "The request came without refresh_token, which every refresh needs.",
            "缺少 refresh_token 参数，刷新 access_token 时需要该参数。",
        ),
        say(
            "Send refresh_token and see that it is not empty. If it is set, look for an unencoded & that \
             cuts the query, or a proxy that drops parameters.",
            "请传入 refresh_token，并确认其值不为空。如果已经传入，请检查是否有未编码的 & 截断了参数，或代\
             理丢弃了参数。",
        ),
    ),
    api(
        41004,
        "appsecret_missing",
        say(
            "The request came without secret, which every exchange needs, except that of a third-party \
             platform.",
            "缺少 secret 参数，用 code 换取 access_token 时（第三方平台除外）需要该参数。",
        ),
        say(
            "Send secret and see that it is not empty. If it is set, look for an unencoded & that cuts \
             the query, or a proxy that drops parameters. Check that the app secret was read from the \
             configuration.",
            "请传入 secret，并确认其值不为空。如果已经传入，请检查是否有未编码的 & 截断了参数，或代理丢弃\
             了参数。请检查是否从配置中读到了 AppSecret。",
        ),
    ),
    api(
        41005,
        "media_data_missing",
        say("A file upload came without its data.", "缺少多媒体文件数据。"),
        say(
            "Web authorization does not answer this: check which API was called.",
            "网页授权接口不会返回该错误码，请检查实际调用的是哪个接口。",
        ),
    ),
    api(
        41006,
        "media_id_missing",
        say("A material request came without media_id.", "缺少 media_id 参数。"),
        say(
            "Web authorization does not answer this: check which API was called.",
            "网页授权接口不会返回该错误码，请检查实际调用的是哪个接口。",
        ),
    ),
    api(
        41007,
        "sub_menu_missing",
        say("A menu request came without its submenu.", "缺少子菜单数据。"),
        say(
            "Web authorization does not answer this: check which API was called.",
            "网页授权接口不会返回该错误码，请检查实际调用的是哪个接口。",
        ),
    ),
    api(
        41008,
        "code_missing",
        say(
            "The request came without code, which every exchange needs.",
            "缺少 code 参数，用 code 换取 access_token 时需要该参数。",
        ),
        say(
            "Send code and see that it is not empty. If it is set, look for an unencoded & that cuts the \
             query, or a proxy that drops parameters. A callback without a code is a refusal, not \
             something to exchange.",
            "请传入 code，并确认其值不为空。如果已经传入，请检查是否有未编码的 & 截断了参数，或代理丢弃了\
             参数。回调中没有 code 表示用户拒绝授权，不应再去换取。",
        ),
    ),
    api(
        41009,
        "openid_missing",
        say(
            "The request came without openid, which a profile and a check need.",
            "缺少 openid 参数，获取用户信息和校验凭证时需要该参数。",
        ),
        say(
            "Send openid and see that it is not empty. If it is set, look for an unencoded & that cuts \
             the query, or a proxy that drops parameters.",
            "请传入 openid，并确认其值不为空。如果已经传入，请检查是否有未编码的 & 截断了参数，或代理丢弃\
             了参数。",
        ),
    ),
    api(
        42001,
        "access_token_expired",
        say(
            "The access token has expired: it lives for two hours.",
            "access_token 已超时，有效期为 2 小时。",
        ),
        say(
            "When a profile or a check is refused so, refresh the grant and repeat the request; when a \
             refresh is, restart the authorization. On a third-party platform's exchange or refresh, \
             renew the component_access_token first. On any other exchange, check that the URL is the one \
             for exchanging a code.",
            "获取用户信息或校验凭证时，先刷新 access_token 再重试；如果是刷新时返回此码，请重新发起授权。\
             第三方平台换取或刷新 access_token 时，请先更新 component_access_token。其他账号换取 \
             access_token 时返回此码，请检查请求地址。",
        ),
    ),
    api(
        42002,
        "refresh_token_expired",
        say("The refresh token has expired: it lives for 30 days.", "refresh_token 已超时，有效期为 30 天。"),
        say(
            "Restart the authorization. A refresh does not prolong the 30 days.",
            "请重新发起授权。刷新 access_token 不会延长这 30 天。",
        ),
    ),
    api(
        42003,
        "code_expired",
        say(
            "The code has expired: it lives for five minutes, on the QR page for ten. In practice this is \
             mostly answered with 40029.",
            "code 已超时，有效期为 5 分钟（扫码登录为 10 分钟）。实际中多返回 40029。",
        ),
        say(
            "Restart the authorization, and exchange the code as soon as the callback brings it.",
            "请重新发起授权，并在收到回调后立即用 code 换取 access_token。",
        ),
    ),
    api(
        42005,
        "api_usage_expired",
        say("The account's right to use this API has run out.", "接口的使用期限已过。"),
        say(
            "Have the account's administrator look at the API permissions in the console and renew them.",
            "请管理员在后台「接口权限」中查看并续期。",
        ),
    ),
    api(
        42006,
        "component_access_token_expired",
        say(
            "The third-party platform's own token has expired: it lives for two hours.",
            "component_access_token 已超时，有效期为 2 小时。",
        ),
        say(
            "Get a new component_access_token with the latest component_verify_ticket, then repeat the \
             request. One process should renew it ahead of time and share it.",
            "请用最新的 component_verify_ticket 获取新的 component_access_token 后重试。建议由中控服务器统\
             一获取并提前刷新。",
        ),
    ),
    api(
        42007,
        "password_changed",
        say(
            "The person has changed the WeChat password: the access token and the refresh token are both \
             void.",
            "用户修改了微信密码，access_token 和 refresh_token 均已失效。",
        ),
        say("Restart the authorization, and drop the stored grant.", "请重新发起授权，并删除已保存的凭证。"),
    ),
    api(
        43001,
        "get_required",
        say("The endpoint wants a GET request.", "需要 GET 请求。"),
        say(
            "Send the request as GET with its parameters in the query. Check for a proxy or client that \
             changes the method.",
            "请使用 GET 请求，参数放在查询字符串中；检查代理或 HTTP 客户端是否改变了请求方法。",
        ),
    ),
    api(
        43002,
        "post_required",
        say("The endpoint wants a POST request.", "需要 POST 请求。"),
        say(
            "The calls of web authorization take GET: check that the URL is one of theirs.",
            "网页授权的接口使用 GET 请求，请检查请求地址是否正确。",
        ),
    ),
    api(
        43003,
        "https_required",
        say("The request came over plain http.", "需要 HTTPS 请求。"),
        say(
            "Use https://api.weixin.qq.com, and see that no proxy turns it into http.",
            "请使用 https://api.weixin.qq.com，并检查代理是否把请求转成了 http。",
        ),
    ),
    api(
        43004,
        "follower_required",
        say(
            "The person has to be a follower of the account: a code of the messaging APIs.",
            "需要接收者关注，属于消息类接口的错误码。",
        ),
        say(
            "Web authorization asks for no following: check which API was called.",
            "网页授权不要求关注公众号，请检查实际调用的是哪个接口。",
        ),
    ),
    api(
        43005,
        "friend_required",
        say("The two have to be friends.", "需要好友关系。"),
        say(
            "Web authorization does not answer this: check which API was called.",
            "网页授权接口不会返回该错误码，请检查实际调用的是哪个接口。",
        ),
    ),
    api(
        45009,
        "quota_reached",
        say("The account's quota for this API is used up.", "接口调用超过限制（额度已用完）。"),
        say(
            "Wait and repeat later: the daily quota starts anew each day. If it happens often, look for a \
             loop that logs people in again and again, or for calls that a stored grant would save.",
            "请稍后重试，每日额度次日恢复。如果经常出现，请检查是否在循环发起授权，能否复用已保存的凭证以\
             减少调用。",
        ),
    ),
    api(
        45011,
        "minute_quota_reached",
        say("Too many calls in this minute.", "API 调用太频繁，超过每分钟的限制。"),
        say(
            "Wait for the next minute and repeat, with fewer calls at a time.",
            "请等到下一分钟再重试，并降低调用频率。",
        ),
    ),
    api(
        45157,
        "invalid_tag_name",
        say(
            "A tag name is not allowed: a code of the APIs for followers' tags.",
            "标签名非法，属于用户标签接口的错误码。",
        ),
        say(
            "Web authorization does not answer this: check which API was called.",
            "网页授权接口不会返回该错误码，请检查实际调用的是哪个接口。",
        ),
    ),
    api(
        48001,
        "api_unauthorized",
        say(
            "The token may not call this API: it was given for snsapi_base or to a snapshot visitor, or \
             the account lacks the permission.",
            "api 功能未授权：access_token 是以 snsapi_base 授权的或来自快照页的虚拟账号，或者账号没有该接\
             口权限。",
        ),
        say(
            "Authorize again with snsapi_userinfo, so that the person consents to the profile; a snapshot \
             visitor has to open the full page first. If the scope was snsapi_userinfo already, check the \
             account's API permissions in the console.",
            "请改用 snsapi_userinfo 授权，让用户同意获取个人信息；快照页的访客须先点击「使用完整服务」。如\
             果 scope 已是 snsapi_userinfo，请在后台查看该账号的接口权限。",
        ),
    ),
    api(
        48004,
        "api_forbidden",
        say("The API is closed to this account for a violation of the rules.", "api 接口因违规被封禁。"),
        say(
            "Have the account's administrator read the notice on mp.weixin.qq.com and appeal there.",
            "请管理员登录 mp.weixin.qq.com 查看详情并处理。",
        ),
    ),
    api(
        50001,
        "user_unauthorized",
        say(
            "The person has not authorized this API, or has withdrawn it.",
            "用户未授权该 api，或已取消授权。",
        ),
        say(
            "Restart the authorization with the scope that the call needs.",
            "请以所需的 scope 重新发起授权。",
        ),
    ),
    api(
        50002,
        "user_limited",
        say(
            "The person's WeChat account is frozen or closed, or the app itself is restricted.",
            "用户受限，可能是用户账号被冻结或注销，也可能是应用自身受限。",
        ),
        say(
            "Turn the person away with a plain message: neither a retry nor a new authorization helps. If \
             everybody gets this, look for a notice about the account in the console.",
            "请拒绝该用户登录并给出提示，重试或重新授权都无济于事。如果所有用户都返回此码，请在后台查看账\
             号是否有违规通知。",
        ),
    ),
    api(
        50003,
        "user_unexpected",
        say(
            "WeChat did not expect this person, who may be missing from an allow-list.",
            "非预期的用户，可能不在白名单中。",
        ),
        say(
            "Turn the person away with a plain message: neither a retry nor a new authorization helps. If \
             the account works with an allow-list of people, add them there.",
            "请拒绝该用户登录并给出提示，重试或重新授权都无济于事。如果账号使用了用户白名单，请把该用户加\
             入。",
        ),
    ),
    api(
        50004,
        "user_punished",
        say(
            "This token may not be used, perhaps as a punishment.",
            "不允许使用该 access_token，可能是因违规受到处罚。",
        ),
        say(
            "Turn the person away with a plain message: neither a retry nor a new authorization helps. If \
             everybody gets this, look for a notice about the account in the console.",
            "请拒绝该用户登录并给出提示，重试或重新授权都无济于事。如果所有用户都返回此码，请在后台查看账\
             号是否有违规通知。",
        ),
    ),
    api(
        50005,
        "user_unsubscribed",
        say("The person does not follow the account.", "用户未关注公众号。"),
        say(
            "Turn the person away with a plain message: neither a retry nor a new authorization helps. A \
             page that invites them to follow the account is the way forward.",
            "请拒绝该用户登录并给出提示，重试或重新授权都无济于事。可以引导用户先关注公众号。",
        ),
    ),
    api(
        50006,
        "friends_authorization_off",
        say("The person has switched off the authorization of friends' data.", "用户已关闭好友关系授权。"),
        say(
            "Turn the person away with a plain message: neither a retry nor a new authorization helps. \
             Only the person can switch it on again, in WeChat.",
            "请拒绝该用户登录并给出提示，重试或重新授权都无济于事。只有用户自己可以在微信中重新开启。",
        ),
    ),
    api(
        61003,
        "account_not_authorized",
        say(
            "The official account has not authorized this third-party platform, or has withdrawn it.",
            "公众号未授权给该第三方平台，或已取消授权。",
        ),
        say(
            "Have the account's administrator authorize the platform again, and check that appid and \
             component_appid belong together.",
            "请公众号管理员重新授权给该第三方平台，并检查 appid 与 component_appid 是否对应。",
        ),
    ),
    api(
        61004,
        "component_ip_not_allowed",
        say(
            "The server's IP address is not on the platform's allow-list. Some tables call it an API that \
             is not authorized.",
            "调用方 IP 不在第三方平台的白名单中；也有资料释作接口未授权。",
        ),
        say(
            "Add the server's outgoing IP address to the allow-list in the third-party platform's \
             settings on the open platform.",
            "请在开放平台的第三方平台开发资料中，把服务器的出口 IP 加入白名单 IP 列表。",
        ),
    ),
    api(
        61005,
        "component_ticket_expired",
        say("The component_verify_ticket has expired.", "component_verify_ticket 已过期。"),
        say(
            "Wait for the next push, about every ten minutes, keep the newest ticket, and repeat with it. \
             If pushes no longer arrive, check the platform's authorization event URL and start them \
             again with api_start_push_ticket.",
            "微信约每 10 分钟推送一次 component_verify_ticket，请稍候，用最新收到的值重试。如果一直收不到\
             推送，请检查授权事件接收 URL，并调用 api_start_push_ticket 重新启动推送。",
        ),
    ),
    api(
        61006,
        "component_ticket_invalid",
        say(
            "The component_verify_ticket is not valid: an old one, or another platform's.",
            "component_verify_ticket 无效：可能是旧的，或属于其他第三方平台。",
        ),
        say(
            "Wait for the next push, about every ten minutes, keep the newest ticket, and repeat with it. \
             If pushes no longer arrive, check the platform's authorization event URL and start them \
             again with api_start_push_ticket.",
            "微信约每 10 分钟推送一次 component_verify_ticket，请稍候，用最新收到的值重试。如果一直收不到\
             推送，请检查授权事件接收 URL，并调用 api_start_push_ticket 重新启动推送。",
        ),
    ),
    api(
        61007,
        "api_unauthorized_to_component",
        say("The official account has not granted the platform this API.", "该接口未授权给第三方平台。"),
        say(
            "Have the account's administrator authorize the platform again, with the permission set that \
             holds web authorization.",
            "请公众号管理员重新授权给第三方平台，并勾选包含网页授权的权限集。",
        ),
    ),
    api(
        61008,
        "duplicate_key",
        say("A key occurs twice in the component request.", "第三方平台的请求中有重复的 key。"),
        say(
            "Send each parameter once; look for a client or proxy that adds some of its own.",
            "每个参数只传一次，并检查 HTTP 客户端或代理是否重复添加了参数。",
        ),
    ),
    api(
        61009,
        "component_code_invalid",
        say("The code is not valid for this third-party platform.", "code 对该第三方平台无效。"),
        say(
            "Restart the authorization: no retry revives a code. If it is the code by which an account \
             authorizes the platform, the account's administrator has to do that again.",
            "请重新发起授权，无效的 code 重试也不会成功。如果是公众号授权给第三方平台的 \
             authorization_code，则须由公众号管理员重新授权。",
        ),
    ),
    api(
        61010,
        "component_code_expired",
        say("The code for this third-party platform has expired.", "第三方平台的 code 已过期。"),
        say(
            "Restart the authorization, and exchange the code at once. If it is the code by which an \
             account authorizes the platform, the account's administrator has to do that again.",
            "请重新发起授权，并立即换取。如果是公众号授权给第三方平台的 authorization_code，则须由公众号管\
             理员重新授权。",
        ),
    ),
    api(
        61011,
        "invalid_component",
        say(
            "The component_appid is not that of a third-party platform, or of one that may not be used.",
            "无效的第三方平台。",
        ),
        say(
            "Check component_appid: it is the platform's own appid from the open platform, and its \
             component_access_token goes with it.",
            "请检查 component_appid 是否为开放平台中该第三方平台的 appid，并与 component_access_token 对\
             应。",
        ),
    ),
    api(
        61014,
        "component_token_required",
        say(
            "This call needs the third-party platform's own token.",
            "必须使用 component_access_token 调用。",
        ),
        say(
            "Send the component_access_token, not the official account's access token or \
             authorizer_access_token.",
            "请传入 component_access_token，而不是公众号的 access_token 或 authorizer_access_token。",
        ),
    ),
    api(
        61023,
        "authorizer_refresh_token_invalid",
        say(
            "The authorizer_refresh_token is not valid. It is the one by which a platform acts for an \
             account; a login's refresh token is another thing.",
            "authorizer_refresh_token 无效。这是第三方平台代公众号调用接口所用的凭证，与网页授权的 \
             refresh_token 无关。",
        ),
        say(
            "Have the account's administrator authorize the platform again, and store the newest \
             authorizer_refresh_token.",
            "请公众号管理员重新授权给第三方平台，并保存最新的 authorizer_refresh_token。",
        ),
    ),
    api(
        76022,
        "sns_path_unsupported",
        say(
            "The quota tools under cgi-bin/openapi do not take /sns paths.",
            "cgi-bin/openapi 的额度查询接口不支持 /sns 路径。",
        ),
        say(
            "The quota of web authorization cannot be asked for or cleared this way: keep to paths under \
             /cgi-bin.",
            "网页授权接口的额度不能用这种方式查询或清零，cgi_path 请填写 /cgi-bin 开头的接口。",
        ),
    ),
    // Open platform accounts.
    api(
        89000,
        "open_account_bound",
        say(
            "The account is bound to an open platform account already.",
            "该公众号或小程序已绑定开放平台账号。",
        ),
        say(
            "Web authorization does not answer this: check which API was called. To bind another one, \
             unbind the first.",
            "网页授权接口不会返回该错误码，请检查实际调用的是哪个接口。如需更换，请先解绑。",
        ),
    ),
    api(
        89001,
        "open_account_other_owner",
        say(
            "The account and the open platform account have different owners.",
            "该公众号或小程序与开放平台账号的主体不相同。",
        ),
        say(
            "Web authorization does not answer this: check which API was called. Only accounts of one \
             owner can be bound together.",
            "网页授权接口不会返回该错误码，请检查实际调用的是哪个接口。只能绑定同一主体的账号。",
        ),
    ),
    api(
        89002,
        "open_account_not_bound",
        say("The account is bound to no open platform account.", "该公众号或小程序未绑定开放平台账号。"),
        say(
            "Web authorization does not answer this: check which API was called. Without that binding \
             there is no unionid: bind the account on the open platform.",
            "网页授权接口不会返回该错误码，请检查实际调用的是哪个接口。未绑定时不返回 unionid，如有需要请\
             到开放平台绑定。",
        ),
    ),
    api(
        89003,
        "open_account_not_created_by_api",
        say(
            "The open platform account was not created through the API, so the API may not change it.",
            "该开放平台账号并非通过 api 创建，不允许操作。",
        ),
        say(
            "Web authorization does not answer this: check which API was called. Bind or unbind in the \
             consoles instead.",
            "网页授权接口不会返回该错误码，请检查实际调用的是哪个接口。请在公众平台或开放平台的后台绑定或\
             解绑。",
        ),
    ),
    api(
        89004,
        "open_account_full",
        say(
            "The open platform account has as many accounts bound as it may.",
            "该开放平台账号绑定的公众号和小程序数量已达上限。",
        ),
        say(
            "Web authorization does not answer this: check which API was called. Unbind one that is not \
             needed.",
            "网页授权接口不会返回该错误码，请检查实际调用的是哪个接口。请先解绑不再使用的账号。",
        ),
    ),
    // Mini programs: their plugins (to 89246), and their registration by a third-party platform (89247 on).
    api(
        89236,
        "plugin_closed",
        say("This plugin cannot be applied for.", "该插件不能申请。"),
        say(
            "Web authorization does not answer this: check which API was called.",
            "网页授权接口不会返回该错误码，请检查实际调用的是哪个接口。",
        ),
    ),
    api(
        89237,
        "plugin_added",
        say("The plugin has been added already.", "已经添加该插件。"),
        say(
            "Web authorization does not answer this: check which API was called.",
            "网页授权接口不会返回该错误码，请检查实际调用的是哪个接口。",
        ),
    ),
    api(
        89238,
        "plugin_limit_reached",
        say("No more plugins can be applied for or used.", "申请或使用的插件已达到上限。"),
        say(
            "Web authorization does not answer this: check which API was called.",
            "网页授权接口不会返回该错误码，请检查实际调用的是哪个接口。",
        ),
    ),
    api(
        89239,
        "plugin_not_found",
        say("There is no such plugin.", "该插件不存在。"),
        say(
            "Web authorization does not answer this: check which API was called.",
            "网页授权接口不会返回该错误码，请检查实际调用的是哪个接口。",
        ),
    ),
    api(
        89240,
        "plugin_application_not_pending",
        say(
            "Only a pending application for a plugin can be accepted or refused.",
            "只有「待确认」的插件申请可以通过或拒绝。",
        ),
        say(
            "Web authorization does not answer this: check which API was called.",
            "网页授权接口不会返回该错误码，请检查实际调用的是哪个接口。",
        ),
    ),
    api(
        89241,
        "plugin_application_not_refused",
        say(
            "Only a refused or expired application for a plugin can be deleted.",
            "只有「已拒绝」或「已超时」的插件申请可以删除。",
        ),
        say(
            "Web authorization does not answer this: check which API was called.",
            "网页授权接口不会返回该错误码，请检查实际调用的是哪个接口。",
        ),
    ),
    api(
        89242,
        "plugin_applicant_not_found",
        say("This appid is not among the plugin's applicants.", "该 appid 不在插件的申请列表内。"),
        say(
            "Web authorization does not answer this: check which API was called.",
            "网页授权接口不会返回该错误码，请检查实际调用的是哪个接口。",
        ),
    ),
    api(
        89243,
        "plugin_application_pending",
        say("A pending application for a plugin cannot be deleted.", "「待确认」的插件申请不可删除。"),
        say(
            "Web authorization does not answer this: check which API was called.",
            "网页授权接口不会返回该错误码，请检查实际调用的是哪个接口。",
        ),
    ),
    api(
        89244,
        "plugin_appid_not_found",
        say("There is no plugin with this appid.", "不存在该插件 appid。"),
        say(
            "Web authorization does not answer this: check which API was called.",
            "网页授权接口不会返回该错误码，请检查实际调用的是哪个接口。",
        ),
    ),
    api(
        89245,
        "mini_program_link_forbidden",
        say("This mini program may not be linked.", "该小程序禁止关联。"),
        say(
            "Web authorization does not answer this: check which API was called.",
            "网页授权接口不会返回该错误码，请检查实际调用的是哪个接口。",
        ),
    ),
    api(
        89246,
        "plugin_category_restricted",
        say(
            "Plugins of this category are open to certain mini programs only.",
            "特殊类目的插件仅限特定小程序使用。",
        ),
        say(
            "Web authorization does not answer this: check which API was called.",
            "网页授权接口不会返回该错误码，请检查实际调用的是哪个接口。",
        ),
    ),
    api(
        89247,
        "registration_internal_error",
        say("WeChat failed inside while it registered a mini program.", "注册小程序时微信内部错误。"),
        say(
            "Web authorization does not answer this: check which API was called.",
            "网页授权接口不会返回该错误码，请检查实际调用的是哪个接口。",
        ),
    ),
    api(
        89248,
        "company_code_type_invalid",
        say("The type of the company's registration code is not valid.", "企业代码类型无效。"),
        say(
            "Web authorization does not answer this: check which API was called.",
            "网页授权接口不会返回该错误码，请检查实际调用的是哪个接口。",
        ),
    ),
    api(
        89249,
        "registration_running",
        say("A registration for this company is running already.", "该主体已有注册任务在执行中。"),
        say(
            "Web authorization does not answer this: check which API was called.",
            "网页授权接口不会返回该错误码，请检查实际调用的是哪个接口。",
        ),
    ),
    // The administrator's approval of a server that asks for the account's own access token.
    api(
        89501,
        "approval_outstanding",
        say("The account has an approval request that was not dealt with.", "公众号有未处理的确认请求。"),
        say(
            "Web authorization does not answer this; fetching the account's own access token does. Have \
             the administrator answer that request in WeChat, then try again.",
            "网页授权接口不会返回该错误码，它见于获取基础支持 access_token。请管理员在微信中处理该确认请求\
             后再试。",
        ),
    ),
    api(
        89502,
        "approval_awaited",
        say("The administrator's approval is awaited.", "等待管理员确认。"),
        say(
            "Web authorization does not answer this; fetching the account's own access token does. Have \
             the administrator approve in WeChat.",
            "网页授权接口不会返回该错误码，它见于获取基础支持 access_token。请管理员在微信中确认。",
        ),
    ),
    api(
        89503,
        "approval_required",
        say("This call needs the administrator's approval.", "此次调用需要管理员确认。"),
        say(
            "Web authorization does not answer this; fetching the account's own access token does. Have \
             the administrator approve the server in WeChat, or add its IP address to the allow-list.",
            "网页授权接口不会返回该错误码，它见于获取基础支持 access_token。请管理员在微信中确认该 IP，或\
             把该 IP 加入白名单。",
        ),
    ),
    api(
        89504,
        "approval_pending",
        say("The approval is still with the administrator.", "正在等待管理员确认。"),
        say(
            "Web authorization does not answer this; fetching the account's own access token does. Have \
             the administrator approve in WeChat.",
            "网页授权接口不会返回该错误码，它见于获取基础支持 access_token。请管理员在微信中确认。",
        ),
    ),
    api(
        89505,
        "approval_pending_retry",
        say(
            "The approval is still with the administrator; WeChat asks to try again later.",
            "正在等待管理员确认，请稍候重试。",
        ),
        say(
            "Web authorization does not answer this; fetching the account's own access token does. Have \
             the administrator approve in WeChat, then try again.",
            "网页授权接口不会返回该错误码，它见于获取基础支持 access_token。请管理员在微信中确认后再试。",
        ),
    ),
    api(
        89506,
        "ip_refused_for_a_day",
        say(
            "The administrator has refused this IP address; it stays refused for 24 hours.",
            "该 IP 的调用请求已被管理员拒绝，24 小时内不可再试。",
        ),
        say(
            "Web authorization does not answer this; fetching the account's own access token does. Agree \
             with the administrator before the next attempt, after 24 hours.",
            "网页授权接口不会返回该错误码，它见于获取基础支持 access_token。请先与管理员沟通确认，24 小时\
             后再试。",
        ),
    ),
    api(
        89507,
        "ip_refused_for_an_hour",
        say(
            "The administrator has refused this IP address; it stays refused for an hour.",
            "该 IP 的调用请求已被管理员拒绝，1 小时内不可再试。",
        ),
        say(
            "Web authorization does not answer this; fetching the account's own access token does. Agree \
             with the administrator before the next attempt, after an hour.",
            "网页授权接口不会返回该错误码，它见于获取基础支持 access_token。请先与管理员沟通确认，1 小时后\
             再试。",
        ),
    ),
];

const fn api(code: i64, name: &'static str, meaning: Bilingual, remedy: Bilingual) -> Explanation {
    Explanation { code, name, place: Place::Api, meaning, remedy }
}

const fn page(code: i64, name: &'static str, meaning: Bilingual, remedy: Bilingual) -> Explanation {
    Explanation { code, name, place: Place::Page, meaning, remedy }
}

const fn say(en: &'static str, zh: &'static str) -> Bilingual {
    Bilingual { en, zh }
}
