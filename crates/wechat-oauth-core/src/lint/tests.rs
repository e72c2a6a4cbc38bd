use std::collections::BTreeSet;
use std::path::Path;

use proptest::prelude::*;

use super::*;

const OFFICIAL: &str = "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx0123456789abcdef\
    &redirect_uri=https%3A%2F%2Fwww.example.com%2Fcallback&response_type=code&scope=snsapi_userinfo&state=k7Rw2\
    #wechat_redirect";
const QR: &str = "https://open.weixin.qq.com/connect/qrconnect?appid=wx0123456789abcdef\
    &redirect_uri=https%3A%2F%2Fwww.example.com%2Fcallback&response_type=code&scope=snsapi_login&state=k7Rw2\
    #wechat_redirect";
const COMPONENT: &str = "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx0123456789abcdef\
    &redirect_uri=https%3A%2F%2Fwww.example.com%2Fcallback&response_type=code&scope=snsapi_userinfo&state=k7Rw2\
    &component_appid=wxfedcba9876543210#wechat_redirect";
const WX_LOGIN: &str = "https://open.weixin.qq.com/connect/qrconnect?appid=wx0123456789abcdef&scope=snsapi_login\
    &redirect_uri=https%3A%2F%2Fwww.example.com%2Fcallback&state=k7Rw2&login_type=jssdk&self_redirect=default\
    &styletype=&sizetype=&bgcolor=&rst=&style=black&href=&stylelite=1&fast_login=0&color_scheme=auto";

/// The official URL with one piece exchanged.
fn official(piece: &str, instead: &str) -> String {
    exchanged(OFFICIAL, piece, instead)
}

fn qr(piece: &str, instead: &str) -> String {
    exchanged(QR, piece, instead)
}

/// The official URL with another `redirect_uri`, raw.
fn redirecting_to(raw: &str) -> String {
    official("https%3A%2F%2Fwww.example.com%2Fcallback", raw)
}

fn exchanged(url: &str, piece: &str, instead: &str) -> String {
    assert_eq!(url.matches(piece).count(), 1, "{piece}");
    url.replace(piece, instead)
}

fn codes(url: &str) -> Vec<&'static str> {
    codes_of(&lint(url, &LintOptions::default()))
}

fn codes_of(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.code.as_str()).collect()
}

fn errors(url: &str) -> Vec<&'static str> {
    let mut findings = lint(url, &LintOptions::default());
    findings.retain(|finding| finding.severity == Severity::Error);
    codes_of(&findings)
}

#[track_caller]
fn only(url: &str, code: FindingCode) -> Finding {
    let mut findings = lint(url, &LintOptions::default());
    assert_eq!(codes_of(&findings), [code.as_str()], "{url}");
    findings.remove(0)
}

#[track_caller]
fn clean(url: &str) {
    assert_eq!(codes(url), [""; 0], "{url}");
}

#[test]
fn correct_urls_have_no_finding() {
    clean(OFFICIAL);
    clean(QR);
    clean(COMPONENT);
    clean(WX_LOGIN);
    clean(&official("#", "&forcePopup=true&forceSnapShot=false&connect_redirect=1#"));
    clean(&exchanged(COMPONENT, "#", "&forcePopup=true&connect_redirect=1#"));
    clean(&qr("#", "&lang=en#"));
    clean(&qr("#", "&style=white&href=#"));
    clean(&official("%3A%2F%2F", "%3a%2f%2f"));
    clean(&format!("\n {OFFICIAL} \n"));
}

#[test]
fn only_the_two_pages_at_wechat_or_on_loopback_are_judged() {
    let page = "https://open.weixin.qq.com/connect/oauth2/authorize";
    for other in [
        "http://open.weixin.qq.com/connect/oauth2/authorize",
        "https://open.weixin.qq.com/connect/oauth2/Authorize",
        "https://open.weixin.qq.com/connect/oauth2/authorize/",
        "https://open.weixin.qq.com//connect/oauth2/authorize",
        "https://open.weixin.qq.com/connect/../connect/oauth2/authorize",
        "https://open.weixin.qq.com\\connect/oauth2/authorize",
        "https://open.weixin.qq.com",
        "https://open.weixin.qq.com:8443/connect/oauth2/authorize",
        "https://me@open.weixin.qq.com/connect/oauth2/authorize",
        "https://open.weixin.qq.com@example.com/connect/oauth2/authorize",
        "https://open.weixin.qq.com.example.com/connect/oauth2/authorize",
        "https://api.weixin.qq.com/sns/oauth2/access_token",
        "http://192.168.0.1/connect/oauth2/authorize",
        "http://localhost.example.com/connect/oauth2/authorize",
        "ftp://open.weixin.qq.com/connect/oauth2/authorize",
        "open.weixin.qq.com/connect/oauth2/authorize",
        "https:open.weixin.qq.com/connect/oauth2/authorize",
        "https://\\open.weixin.qq.com/connect/oauth2/authorize",
        "https://open.wei\nxin.qq.com/connect/oauth2/authorize",
        "",
    ] {
        let finding = only(&official(page, other), FindingCode::NotAuthorizePage);
        assert_eq!((finding.severity, finding.page), (Severity::Error, None));
    }
    for same in [
        "HTTPS://Open.WeiXin.qq.com/connect/oauth2/authorize",
        "https://open.weixin.qq.com:443/connect/oauth2/authorize",
        "http://127.0.0.1:8080/connect/oauth2/authorize",
        "http://127.1.2.3/connect/oauth2/authorize",
        "http://[::1]:8080/connect/oauth2/authorize",
        "http://localhost:8080/connect/oauth2/authorize",
    ] {
        clean(&official(page, same));
    }
}

#[test]
fn a_url_of_another_place_is_told_why() {
    let message = |url: &str| only(url, FindingCode::NotAuthorizePage).message;
    assert!(message("http://open.weixin.qq.com/connect/qrconnect").contains("plain http"));
    assert!(message("https://open.weixin.qq.com/connect/QRConnect").contains("case of the path"));
    assert!(message("https://open.weixin.qq.com:1/connect/qrconnect").contains("port"));
    assert!(message("https://example.com/connect/qrconnect").contains("not on \"example.com\""));
}

#[test]
fn a_url_over_the_limit_is_too_long_and_one_at_the_limit_is_judged() {
    let fill = MAX_LINT_LEN - OFFICIAL.len();
    let longest = official("callback", &format!("callback{}", "a".repeat(fill)));
    assert_eq!(longest.len(), MAX_LINT_LEN);
    clean(&longest);
    let finding = only(&longest.replace("callback", "callback2"), FindingCode::NotAuthorizePage);
    assert!(finding.message.contains("too long"));
}

#[test]
fn a_required_parameter_is_missing_when_absent_or_empty() {
    for (pair, name, page) in [
        ("appid=wx0123456789abcdef&", "appid", Some(10012)),
        ("redirect_uri=https%3A%2F%2Fwww.example.com%2Fcallback&", "redirect_uri", Some(10011)),
        ("response_type=code&", "response_type", None),
        ("scope=snsapi_userinfo&", "scope", Some(10010)),
    ] {
        for instead in [String::new(), format!("{name}=&"), format!("{name}&")] {
            let finding = only(&official(pair, &instead), FindingCode::MissingParameter);
            assert_eq!(finding.page, page);
            assert!(finding.message.contains(name), "{}", finding.message);
        }
    }
    assert_eq!(
        codes("https://open.weixin.qq.com/connect/oauth2/authorize#wechat_redirect"),
        ["missing_parameter", "missing_parameter", "missing_parameter", "missing_parameter", "state_missing"]
    );
    only(&exchanged(WX_LOGIN, "scope=snsapi_login&", ""), FindingCode::MissingParameter);
}

#[test]
fn a_repeated_parameter_is_told_once_and_the_first_is_judged() {
    let finding = only(&official("#", "&state=&state=#"), FindingCode::RepeatedParameter);
    assert!(finding.message.starts_with("state comes"));
    assert_eq!(codes(&official("&scope=", "&scope=x&scope=")), ["repeated_parameter", "scope_unknown"]);
    only(&exchanged(WX_LOGIN, "&rst=", "&rst=&rst="), FindingCode::RepeatedParameter);
    clean(&official("#", "&&#"));
}

#[test]
fn a_parameter_that_the_page_does_not_have_is_a_warning() {
    let finding = only(&official("#", "&agentid=1#"), FindingCode::UnknownParameter);
    assert_eq!(finding.severity, Severity::Warning);
    assert!(finding.message.contains("\"agentid\""));
    only(&official("&state=", "&utm=1&state="), FindingCode::UnknownParameter);
    only(&official("#", "&a=1&a=2#"), FindingCode::UnknownParameter);
    assert_eq!(codes(&official("#", "&a=1&b=2#")), ["unknown_parameter"; 2]);
}

#[test]
fn an_unknown_parameter_gets_the_fix_that_fits_it() {
    let fix = |extra: &str| only(&official("#", &format!("&{extra}=1#")), FindingCode::UnknownParameter).fix;
    assert!(fix("forcepopup").contains("Write forcePopup"));
    assert!(fix("amp;forcePopup").contains("HTML"));
    assert!(fix("secret").contains("renew the app secret"));
    for qr_only in ["lang", "login_type", "style"] {
        assert!(fix(qr_only).contains("belongs to the QR page"));
    }
    for official_only in ["component_appid", "forcePopup", "forceSnapShot", "connect_redirect"] {
        let url = qr("#", &format!("&{official_only}=1#"));
        assert!(only(&url, FindingCode::UnknownParameter).fix.contains("belongs to the official page"));
    }
}

#[test]
fn the_order_is_the_documented_one() {
    let finding = only(&official("#", "&connect_redirect=1&forcePopup=true#"), FindingCode::Order);
    assert!(
        finding.fix.ends_with(
            "order: appid, redirect_uri, response_type, scope, state, forcePopup, connect_redirect."
        )
    );
    only(&qr("?", "?lang=cn&"), FindingCode::Order);
    only(&official("?", "?forcePopup=true&"), FindingCode::Order);
    clean(&official("#", "&forcePopup=true&connect_redirect=1#"));
}

#[test]
fn every_other_order_of_the_five_is_an_error() {
    let (page, query) = OFFICIAL.trim_end_matches("#wechat_redirect").split_once('?').unwrap();
    let pairs: Vec<&str> = query.split('&').collect();
    let mut orders = vec![Vec::new()];
    for _ in 0..pairs.len() {
        let grown = orders.iter().flat_map(|order: &Vec<usize>| {
            (0..pairs.len())
                .filter(|next| !order.contains(next))
                .map(|next| [order.as_slice(), &[next]].concat())
        });
        orders = grown.collect();
    }
    assert_eq!(orders.len(), 120);
    for order in orders {
        let query = order.iter().map(|&at| pairs[at]).collect::<Vec<_>>().join("&");
        let url = format!("{page}?{query}#wechat_redirect");
        if order.is_sorted() {
            clean(&url);
        } else {
            only(&url, FindingCode::Order);
        }
    }
}

#[test]
fn wx_login_is_free_in_its_order_and_other_qr_urls_are_not() {
    only(
        &exchanged(WX_LOGIN, "login_type=jssdk", "login_type=other&response_type=code")
            .replace("auto", "auto#wechat_redirect"),
        FindingCode::Order,
    );
    let official_page = official("#wechat_redirect", "&login_type=jssdk").replace("?", "?forcePopup=true&");
    assert_eq!(codes(&official_page), ["unknown_parameter", "order", "missing_fragment"]);
}

#[test]
fn an_appid_of_another_shape_is_a_warning() {
    for appid in
        ["APPID", "wx0123456789abcde", "wx0123456789abcdeg", "wx0123456789ABCDEF", "gh_0123456789ab", "a%20b"]
    {
        let finding = only(&official("wx0123456789abcdef", appid), FindingCode::AppidShape);
        assert_eq!(finding.severity, Severity::Warning);
        assert!(finding.message.starts_with("appid "));
    }
    let finding = only(&exchanged(COMPONENT, "wxfedcba9876543210", "component"), FindingCode::AppidShape);
    assert!(finding.message.starts_with("component_appid "));
}

#[test]
fn a_redirect_uri_that_nobody_encoded_is_an_error() {
    let finding = only(&redirecting_to("https://www.example.com/callback"), FindingCode::NotEncoded);
    assert!(finding.message.contains("everything after its first & is lost"));
    assert_eq!(
        codes(&redirecting_to("https://www.example.com/callback?a=1&b=2")),
        ["unknown_parameter", "not_encoded"]
    );
    clean(&redirecting_to("https%3A%2F%2Fwww.example.com%2Fcallback%3Fa%3D1%26b%3D2"));
}

#[test]
fn a_redirect_uri_encoded_in_part_is_a_warning() {
    for raw in [
        "https%3A//www.example.com/callback",
        "https:%2F%2Fwww.example.com%2Fcallback",
        "https%3A%2F%2Fwww.example.com/callback",
        "https%3A%2F%2Fwww.example.com%2Fcallback%3Fnext%3Dhttps://www.example.com",
        "https%3A%2F%2Fwww.example.com%2F登录",
    ] {
        assert_eq!(only(&redirecting_to(raw), FindingCode::PartlyEncoded).severity, Severity::Warning);
    }
    clean(&redirecting_to("https%3A%2F%2Fwww.example.com%2Fcall-back_(1)!~'*.php%3Fa%3Db+c"));
}

#[test]
fn a_redirect_uri_encoded_twice_is_an_error() {
    for raw in [
        "https%253A%252F%252Fwww.example.com%252Fcallback",
        "https%253a%252f%252fwww.example.com",
        "https%25253A%25252F%25252Fwww.example.com",
    ] {
        only(&redirecting_to(raw), FindingCode::DoubleEncoded);
    }
    clean(&redirecting_to(
        "https%3A%2F%2Fwww.example.com%2Fa%2520b%3Fnext%3Dhttps%253A%252F%252Fwww.example.com",
    ));
}

#[test]
fn a_redirect_uri_that_cannot_take_a_code_is_an_error() {
    for (raw, word) in [
        ("REDIRECT_URI", "absolute"),
        ("%2Fcallback", "absolute"),
        ("weixin%3A%2F%2Fcallback", "absolute"),
        ("https%3A%2F%2F%2Fcallback", "no host"),
        ("https%3A%2F%2Fa+b.example%2F", "cannot be one"),
        ("https%3A%2F%2Fwww.example.com%2F%0A", "control character"),
        ("+https%3A%2F%2Fwww.example.com%2F", "space"),
        ("https%3A%2F%2Fme%3Apw%40www.example.com%2F", "user name"),
        ("https%3A%2F%2Fwww.example.com%2F%23%2Flogin", "hash route"),
        ("https%3A%2F%2Fwww.example.com%2F%3Fcode%3D1", "has code of its own"),
        ("https%3A%2F%2Fwww.example.com%2F%3Fstate%3D1%26code%3D2", "has code and state of its own"),
        ("https%3A%2F%2Fwww.example.com%2F%zz", "two hexadecimal digits"),
        ("https%3A%2F%2Fwww.example.com%2F%", "two hexadecimal digits"),
        ("https%3A%2F%2Fwww.example.com%2F%FF", "not UTF-8"),
    ] {
        let finding = only(&redirecting_to(raw), FindingCode::RedirectInvalid);
        assert!(finding.message.contains(word), "{raw}: {}", finding.message);
    }
    clean(&redirecting_to("https%3A%2F%2Fwww.example.com%2F%3Fappid%3D1%26Code%3D2%26mystate%3D3"));
    let with_appid = exchanged(COMPONENT, "%2Fcallback", "%2Fcallback%3Fappid%3D1");
    assert!(only(&with_appid, FindingCode::RedirectInvalid).message.contains("has appid of its own"));
}

#[test]
fn a_hash_route_that_was_not_encoded_swallows_the_rest() {
    let findings = lint(&redirecting_to("https://www.example.com/#/login"), &LintOptions::default());
    assert_eq!(
        codes_of(&findings),
        ["missing_parameter", "missing_parameter", "not_encoded", "state_missing", "missing_fragment"]
    );
    assert!(findings[4].message.contains("Never sent: \"response_type\", \"scope\", \"state\"."));
}

#[test]
fn plain_http_is_a_warning_off_loopback() {
    let finding = only(&redirecting_to("http%3A%2F%2Fwww.example.com%2Fcallback"), FindingCode::RedirectHttp);
    assert_eq!((finding.severity, finding.page), (Severity::Warning, None));
    clean(&redirecting_to("http%3A%2F%2Flocalhost%2Fcallback"));
}

#[test]
fn a_port_is_a_warning_even_a_default_one() {
    for raw in [
        "https%3A%2F%2Fwww.example.com%3A8443%2F",
        "https%3A%2F%2Fwww.example.com%3A443",
        "http%3A%2F%2Flocalhost%3A3000%2F",
    ] {
        let finding = only(&redirecting_to(raw), FindingCode::RedirectPort);
        assert_eq!((finding.severity, finding.page), (Severity::Warning, Some(10003)));
    }
    clean(&redirecting_to("https%3A%2F%2Fwww.example.com%2F%3A8443"));
}

#[test]
fn an_ip_address_is_a_warning() {
    for raw in [
        "https%3A%2F%2F203.0.113.7%2F",
        "https%3A%2F%2F%5B2001%3Adb8%3A%3A1%5D%2F",
        "http%3A%2F%2F127.0.0.1%2F",
        "http%3A%2F%2F%5B%3A%3A1%5D%2F",
    ] {
        let finding = only(&redirecting_to(raw), FindingCode::RedirectIp);
        assert_eq!((finding.severity, finding.page), (Severity::Warning, Some(10003)));
    }
    assert_eq!(
        codes(&redirecting_to("http%3A%2F%2F203.0.113.7%3A8080%2F")),
        ["redirect_http", "redirect_port", "redirect_ip"]
    );
    clean(&redirecting_to("https%3A%2F%2F203.0.113.7.example.com%2F"));
}

#[track_caller]
fn domain_message(url: &str, domain: &str) -> String {
    let findings = lint(url, &LintOptions::default().domain(domain));
    assert_eq!(codes_of(&findings), ["domain"], "{domain}");
    assert_eq!((findings[0].severity, findings[0].page), (Severity::Error, Some(10003)));
    format!("{} {}", findings[0].message, findings[0].fix)
}

#[track_caller]
fn domain_is_right(url: &str, domain: &str) {
    assert_eq!(lint(url, &LintOptions::default().domain(domain)), [], "{domain}");
}

#[test]
fn only_the_very_host_is_the_configured_domain() {
    for domain in ["www.example.com", "WWW.Example.Com", " www.example.com/ "] {
        domain_is_right(OFFICIAL, domain);
    }
    domain_is_right(&redirecting_to("https%3A%2F%2FWWW.example.com%2F"), "www.example.com");
    domain_is_right(&redirecting_to("https%3A%2F%2F%E4%BE%8B%E5%AD%90.example%2F"), "例子.example");

    for (domain, case) in [
        ("example.com", "\"www.example.com\", a sub-domain of the configured \"example.com\""),
        ("m.www.example.com", "the parent domain of the configured"),
        ("m.example.com", "another host beside the configured"),
        ("www.example.org", "another host than the configured"),
        ("ww.example.com", "another host beside the configured"),
        ("w.example.com.cn", "another host than the configured"),
    ] {
        let told = domain_message(OFFICIAL, domain);
        assert!(told.contains(case), "{told}");
        assert!(told.contains("Set 网页授权域名 to \"www.example.com\""), "{told}");
    }
    let told = domain_message(&redirecting_to("https%3A%2F%2Fnotexample.com%2F"), "example.com");
    assert!(told.contains("another host than the configured"), "{told}");
}

#[test]
fn a_mismatch_mentions_a_host_in_upper_case() {
    let shouted = redirecting_to("https%3A%2F%2FWWW.example.com%2F");
    assert!(domain_message(&shouted, "example.com").contains("upper-case"));
    assert!(!domain_message(OFFICIAL, "example.com").contains("upper-case"));
}

#[test]
fn a_configured_path_covers_what_is_below_it() {
    for domain in ["www.example.com/callback", "www.example.com/callback/"] {
        domain_is_right(OFFICIAL, domain);
        domain_is_right(&redirecting_to("https%3A%2F%2Fwww.example.com%2Fcallback%2Fa%3Fb%3Dc"), domain);
        for raw in ["callback2", "Callback", "", "callback%2F..%2Fa", "a%2Fcallback"] {
            let told =
                domain_message(&redirecting_to(&format!("https%3A%2F%2Fwww.example.com%2F{raw}")), domain);
            assert!(
                told.contains(
                    "path of redirect_uri is not below the configured \"www.example.com/callback\""
                ),
                "{told}"
            );
        }
    }
}

#[test]
fn a_field_that_holds_no_bare_host_is_told_so() {
    for (domain, word) in [
        ("https://www.example.com", "has a scheme"),
        ("//www.example.com", "has a scheme"),
        ("http:www.example.com", "has a scheme"),
        ("www.example.com:443", "has a port"),
        ("www.example.com:443/callback", "has a port"),
        ("203.0.113.7", "is an IP address"),
        ("2001:db8::1", "is an IP address"),
        ("[2001:db8::1]", "is an IP address"),
        ("*.example.com", "has a wildcard"),
        ("", "is empty"),
        ("  ", "is empty"),
        ("www.example.com?a=b", "is not a host name"),
        ("www.example.com/a?b", "is not a host name"),
        ("www.example.com/a#b", "is not a host name"),
        ("me@www.example.com", "is not a host name"),
        ("/callback", "is not a host name"),
        ("www.example.com, m.example.com", "is not a host name"),
    ] {
        let told = domain_message(OFFICIAL, domain);
        assert!(told.contains(word), "{domain}: {told}");
        assert!(told.contains("takes a bare host"), "{told}");
        assert!(told.contains("Set 网页授权域名 to \"www.example.com\" and nothing more"), "{told}");
    }
}

#[test]
fn a_faulty_field_is_told_even_when_the_redirect_uri_names_no_host() {
    for raw in ["REDIRECT_URI", "https%253A%252F%252Fwww.example.com", "https%3A%2F%2F203.0.113.7%2F"] {
        let findings = lint(&redirecting_to(raw), &LintOptions::default().domain("https://www.example.com"));
        let domain = findings.iter().find(|finding| finding.code == FindingCode::Domain).expect(raw);
        assert!(domain.fix.contains("a host such as www.example.com"), "{}", domain.fix);
    }
}

#[test]
fn the_domain_fix_names_the_field_of_the_account() {
    assert!(domain_message(OFFICIAL, "example.com").contains("网页授权域名 to"));
    assert!(domain_message(QR, "example.com").contains("授权回调域 to"));
    let component = domain_message(COMPONENT, "example.com");
    assert!(component.contains("公众号开发域名 to"));
    assert!(component.contains("the account's own 网页授权域名 does not"));
}

#[test]
fn the_domain_is_judged_when_the_redirect_uri_has_other_faults() {
    let found =
        |raw: &str| codes_of(&lint(&redirecting_to(raw), &LintOptions::default().domain("example.com")));
    assert_eq!(found("https://www.example.com/"), ["not_encoded", "domain"]);
    assert_eq!(found("https%3A%2F%2Fwww.example.com%2F%23"), ["redirect_invalid", "domain"]);
    assert_eq!(found("https%3A%2F%2F203.0.113.7%2F"), ["redirect_ip", "domain"]);
    assert_eq!(found("REDIRECT_URI"), ["redirect_invalid"]);
    assert_eq!(found(""), ["missing_parameter"]);
}

#[test]
fn the_response_type_is_code() {
    for value in ["CODE", "token", "code%20", "%"] {
        only(&official("=code", &format!("={value}")), FindingCode::ResponseType);
    }
    only(&exchanged(WX_LOGIN, "&state=", "&response_type=token&state="), FindingCode::ResponseType);
    clean(&official("=code", "=%63ode"));
}

#[test]
fn a_scope_that_neither_page_knows_is_an_error() {
    for value in [
        "SCOPE",
        "snsapi_user",
        "SNSAPI_BASE",
        "snsapi_privateinfo",
        "snsapi_base+",
        ",",
        "snsapi_base;snsapi_userinfo",
    ] {
        only(&official("snsapi_userinfo", value), FindingCode::ScopeUnknown);
    }
    assert!(
        only(&official("snsapi_userinfo", "a%0Ab"), FindingCode::ScopeUnknown)
            .message
            .contains("\"a\\u{a}b\"")
    );
    assert_eq!(codes(&official("snsapi_userinfo", "x,y,x")), ["scope_unknown"; 2]);
    clean(&official("snsapi_userinfo", "snsapi_base,snsapi_userinfo"));
    clean(&official("snsapi_userinfo", "snsapi_base%2Csnsapi_userinfo,"));
}

#[test]
fn a_scope_of_the_other_page_is_10005() {
    for url in [
        official("snsapi_userinfo", "snsapi_login"),
        qr("snsapi_login", "snsapi_base"),
        qr("snsapi_login", "snsapi_userinfo"),
    ] {
        let finding = only(&url, FindingCode::ScopePage);
        assert_eq!((finding.severity, finding.page), (Severity::Error, Some(10005)));
    }
    only(&qr("snsapi_login", "snsapi_login,snsapi_userinfo"), FindingCode::ScopePage);
    clean(&official("snsapi_userinfo", "snsapi_base"));
}

#[test]
fn a_login_without_a_state_can_be_forged() {
    let finding = only(&official("&state=k7Rw2", ""), FindingCode::StateMissing);
    assert_eq!((finding.severity, finding.page), (Severity::Error, None));
    assert!(finding.message.contains("forged"));
    only(&exchanged(WX_LOGIN, "&state=k7Rw2", ""), FindingCode::StateMissing);
}

#[test]
fn an_empty_state_is_10013() {
    assert_eq!(only(&official("k7Rw2", ""), FindingCode::StateEmpty).page, Some(10013));
    assert_eq!(only(&official("=k7Rw2", ""), FindingCode::StateEmpty).page, Some(10013));
}

#[test]
fn a_state_has_at_most_128_bytes() {
    clean(&official("k7Rw2", &"a".repeat(128)));
    clean(&official("k7Rw2", &"%61".repeat(128)));
    assert!(
        only(&official("k7Rw2", &"a".repeat(129)), FindingCode::StateTooLong).message.contains("129 bytes")
    );
    only(&qr("k7Rw2", &"a".repeat(129)), FindingCode::StateTooLong);
}

#[test]
fn a_state_is_letters_and_digits() {
    for value in ["a_b", "a-b", "a.b", "a+b", "a%20b", "a=", "a%", "%E9", "状态"] {
        only(&official("k7Rw2", value), FindingCode::StateAlphabet);
    }
    assert_eq!(codes(&official("k7Rw2", &"_".repeat(129))), ["state_too_long", "state_alphabet"]);
    clean(&official("k7Rw2", "azAZ09"));
}

#[test]
fn the_documentations_state_is_known_to_everybody() {
    assert_eq!(only(&qr("k7Rw2", SAMPLE_STATE), FindingCode::WellKnownState).severity, Severity::Warning);
    clean(&qr("k7Rw2", "3d6be0a4035d839573b04816624a415f"));
}

#[test]
fn whatever_follows_the_fragment_is_named_and_never_sent() {
    for (after, names) in [
        ("&connect_redirect=1", " Never sent: \"connect_redirect\"."),
        ("?state=abc&forcePopup = true", " Never sent: \"state\", \"forcePopup\"."),
        ("#wechat_redirect", ""),
        ("&", ""),
        ("/", ""),
    ] {
        for url in [OFFICIAL, QR, WX_LOGIN] {
            let bare = url.trim_end_matches("#wechat_redirect");
            let finding = only(&format!("{bare}#wechat_redirect{after}"), FindingCode::AfterFragment);
            assert_eq!(finding.severity, Severity::Error);
            assert!(finding.message.ends_with(&format!("no effect.{names}")), "{}", finding.message);
        }
    }
}

#[test]
fn a_missing_fragment_is_an_error_on_the_official_page_and_a_warning_on_the_qr_page() {
    for instead in [
        "",
        "#",
        "#WECHAT_REDIRECT",
        "#wechat_redirected",
        "#wechat_redirect_1",
        "#wechat_redirect-1",
        "#wechat",
        "#/login",
        "#&forcePopup=true",
    ] {
        let finding = only(&official("#wechat_redirect", instead), FindingCode::MissingFragment);
        assert_eq!(finding.severity, Severity::Error);
        let finding = only(&qr("#wechat_redirect", instead), FindingCode::MissingFragment);
        assert_eq!(finding.severity, Severity::Warning);
    }
    let message =
        |instead: &str| only(&official("#wechat_redirect", instead), FindingCode::MissingFragment).message;
    assert!(message("#WECHAT_REDIRECT").contains("case matters"));
    assert!(message("#&forcePopup=true").contains("Never sent: \"forcePopup\""));
    assert!(message("#/login#wechat_redirect").contains("earlier #"));
    clean(&format!("{WX_LOGIN}#"));
    clean(&format!("{WX_LOGIN}#wechat_redirect"));
    only(&format!("{WX_LOGIN}#/login"), FindingCode::MissingFragment);
}

#[test]
fn messages_shorten_what_they_quote() {
    let long = "x".repeat(MAX_QUOTED);
    let message =
        |name: &str| only(&official("#", &format!("&{name}=1#")), FindingCode::UnknownParameter).message;
    assert!(message(&long).contains(&format!("\"{long}\"")));
    assert!(message(&format!("{long}y")).contains(&format!("\"{long}…\"")));
    assert!(message("\u{202e}").contains("\\u{202e}"));

    let many: String = (0..=MAX_LISTED).map(|n| format!("&p{n}=1")).collect();
    let message = only(&format!("{OFFICIAL}{many}"), FindingCode::AfterFragment).message;
    assert_eq!(message.matches("\"p").count(), MAX_LISTED);
}

/// Written with `?` where `&` belongs, the state is part of what comes before it.
#[test]
fn a_state_inside_another_parameter_is_not_quoted() {
    for separator in ["?", "%3F", "%26"] {
        let url = OFFICIAL.replace("&state=", &format!("{separator}state="));
        let findings = lint(&url, &LintOptions::default());
        assert_eq!(codes_of(&findings), ["scope_unknown", "state_missing"], "{url}");
        assert!(findings[0].message.contains("state=…"), "{}", findings[0].message);
        assert!(!findings[0].message.contains("k7Rw2"), "{}", findings[0].message);
    }
}

#[test]
fn names_are_one_everywhere() {
    for code in FindingCode::ALL {
        assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        assert_eq!(code.to_string(), code.as_str());
    }
    for severity in [Severity::Warning, Severity::Error] {
        assert_eq!(serde_json::to_value(severity).unwrap(), severity.to_string());
    }
    assert!(FindingCode::ALL.is_sorted());
    assert_eq!(FindingCode::ALL.iter().map(|code| code.as_str()).collect::<BTreeSet<_>>().len(), 24);
    let warnings = FindingCode::ALL.iter().filter(|code| code.severity() == Severity::Warning);
    assert_eq!(
        warnings.map(|code| code.as_str()).collect::<Vec<_>>(),
        [
            "unknown_parameter",
            "appid_shape",
            "partly_encoded",
            "redirect_http",
            "redirect_port",
            "redirect_ip",
            "well_known_state"
        ]
    );
}

#[test]
fn the_document_has_its_keys_in_their_order() {
    let report = LintReport { findings: lint(&official("k7Rw2", ""), &LintOptions::default()) };
    let json = serde_json::to_string(&report).unwrap();
    assert!(json.starts_with(
        r#"{"findings":[{"code":"state_empty","severity":"error","page":10013,"message":"state is empty"#
    ));
    assert!(json.contains(r#"","fix":"Send a fresh random state"#));
    assert_eq!(serde_json::to_string(&LintReport::default()).unwrap(), r#"{"findings":[]}"#);
}

/// URLs of the shapes that documentation, other libraries and forum questions show, each under the name of its sample.
const SAMPLES: &[(&str, &str, &[&str])] = &[
    (
        "u-doc-base",
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx1111aaaa2222bbbb&redirect_uri=https%3A%2F%2Fshop.example.com%2Fa%2Findex.php%3Fd%3D%26c%3Dauth%26tag%3D4_20_5&response_type=code&scope=snsapi_base&state=123#wechat_redirect",
        &[],
    ),
    (
        "u-doc-userinfo",
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx1111aaaa2222bbbb&redirect_uri=http%3A%2F%2Fshop.example.com%2Foauth.php&response_type=code&scope=snsapi_userinfo&state=STATE#wechat_redirect",
        &["redirect_http"],
    ),
    (
        "u-doc-website",
        "https://open.weixin.qq.com/connect/qrconnect?appid=wx1111aaaa2222bbbb&redirect_uri=https%3A%2F%2Fshop.example.com%2Fback.do&response_type=code&scope=snsapi_login&state=3d6be0a4035d839573b04816624a415e#wechat_redirect",
        &["well_known_state"],
    ),
    (
        "u-doc-component",
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=MYAPPID&redirect_uri=MY_URI&response_type=code&scope=MYSCOPE&state=STATE&component_appid=my_component#wechat_redirect",
        &["appid_shape", "appid_shape", "redirect_invalid", "scope_unknown"],
    ),
    (
        "u-node-3",
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=myapp&redirect_uri=http%3A%2F%2Fblog.example.org%2F&response_type=code&scope=snsapi_userinfo&state=hi#wechat_redirect",
        &["appid_shape", "redirect_http"],
    ),
    (
        "u-node-5",
        "https://open.weixin.qq.com/connect/qrconnect?appid=myapp&redirect_uri=http%3A%2F%2Fblog.example.org%2F&response_type=code&scope=snsapi_login&state=hi#wechat_redirect",
        &["appid_shape", "redirect_http"],
    ),
    (
        "u-wechatpy-1",
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=654321&redirect_uri=http%3A%2F%2Flocalhost&response_type=code&scope=snsapi_base#wechat_redirect",
        &["appid_shape", "state_missing"],
    ),
    (
        "u-wxjava",
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=MYAPPID&redirect_uri=http%3A%2F%2Fwww.example.com&response_type=code&scope=sample&state=ODD&connect_redirect=1#wechat_redirect",
        &["appid_shape", "redirect_http", "scope_unknown"],
    ),
    (
        "u-senparc-2",
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=MYAPPID&redirect_uri=MY_URI&response_type=CODE&scope=snsapi_userinfo&state=STATE&forcePopup=true#wechat_redirect",
        &["appid_shape", "redirect_invalid", "response_type"],
    ),
    (
        "u-senparc-3",
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=MYAPPID&redirect_uri=MY_URI&response_type=CODE&scope=snsapi_userinfo&state=STATE&forcePopup=false#wechat_redirect",
        &["appid_shape", "redirect_invalid", "response_type"],
    ),
    (
        "u-senparc-4",
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=MYAPPID&redirect_uri=MY_URI&response_type=CODE&scope=snsapi_userinfo&state=STATE&connect_redirect=1#wechat_redirect",
        &["appid_shape", "redirect_invalid", "response_type"],
    ),
    (
        "u-senparc-5",
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=MYAPPID&redirect_uri=MY_URI&response_type=CODE&scope=snsapi_userinfo&state=STATE&forcePopup=true&connect_redirect=1#wechat_redirect",
        &["appid_shape", "redirect_invalid", "response_type"],
    ),
    (
        "u-nsoc-1",
        "https://open.weixin.qq.com/connect/qrconnect?appid=my-app&redirect_uri=http%3A%2F%2Fwww.example.com%2Fback&scope=snsapi_login&response_type=code&connect_redirect=1#wechat_redirect",
        &["unknown_parameter", "order", "appid_shape", "redirect_http", "state_missing"],
    ),
    (
        "u-wecom-overtrue",
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=MYCORP&redirect_uri=MY_URI&response_type=code&scope=snsapi_base#wechat_redirect",
        &["appid_shape", "redirect_invalid", "state_missing"],
    ),
    (
        "u-wecom-doc-lowerhex",
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wxMyCorp&redirect_uri=http%3a%2f%2fapi.example.com%2fquery%3faction%3dget&response_type=code&scope=snsapi_base&state=#wechat_redirect",
        &["appid_shape", "redirect_http", "state_empty"],
    ),
    (
        "u-bad-param-after-fragment",
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx1111aaaa****&redirect_uri=http%3A%2F%2Fwww.example.com%2Flogin.do%3Fid%3D2%26appId%3D200&response_type=code&scope=snsapi_userinfo&connect_redirect=1&state=wx1111_35b6****#wechat_redirect&forcePopup=true",
        &["order", "appid_shape", "redirect_http", "state_alphabet", "after_fragment"],
    ),
    (
        "u-bad-partial-encoding",
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx1111aaaa2222bbbb&redirect_uri=https%3A//www.example.com/back.aspx%3F&response_type=code&scope=snsapi_userinfo&state=1#wechat_redirect&connect_redirect = 1",
        &["partly_encoded", "after_fragment"],
    ),
];

#[test]
fn urls_as_they_are_found_in_the_wild_get_what_they_deserve() {
    for (name, url, expected) in SAMPLES {
        assert_eq!(codes(url), *expected, "{name}");
    }
}

/// The collection of observed bodies and URLs lies beside the repository on machines that have it; the shapes of its
/// URLs are all in [`SAMPLES`].
#[test]
#[allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test reads a file, and says when it cannot"
)]
fn the_collected_urls_get_the_same() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/wire/samples.jsonl");
    let Ok(records) = std::fs::read_to_string(file) else {
        eprintln!("no collection here: its URLs were not read");
        return;
    };
    let mut read = BTreeSet::new();
    for record in records.lines() {
        let record: serde_json::Value = serde_json::from_str(record).unwrap();
        let (id, body) = (record["id"].as_str().unwrap(), record["body"].as_str().unwrap_or_default());
        if !id.starts_with("u-") {
            continue;
        }
        let (_, _, expected) = SAMPLES.iter().find(|(name, ..)| *name == id).expect(id);
        assert_eq!(codes(body), *expected, "{id}");
        read.insert(id.to_owned());
    }
    assert_eq!(read.len(), SAMPLES.len());
}

fn encoded_once(text: &str) -> String {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if unreserved(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn noisy_url() -> impl Strategy<Value = String> {
    let page = prop_oneof![
        Just("https://open.weixin.qq.com/connect/oauth2/authorize"),
        Just("https://open.weixin.qq.com/connect/qrconnect"),
        Just("http://127.0.0.1:1/connect/qrconnect"),
    ];
    let name = prop_oneof![
        4 => prop::sample::select(Page::Official.order()),
        1 => prop::sample::select(vec!["lang", "login_type", "", "x", "amp;x", "Appid"]),
    ];
    let value = prop_oneof![
        prop::sample::select(vec!["code", "snsapi_base", "snsapi_login", "jssdk", ",", "wx0123456789abcdef"]),
        prop::sample::select(vec![
            "https%3A%2F%2Fa.example%2F",
            "http://[::1]:80/#",
            "https%253A%252F%252F",
            "https://@"
        ]),
    ];
    let value = prop_oneof![2 => value.prop_map(str::to_owned), 1 => "[%:/?@#\\[\\]+.a-f0-9é\\x00\\\\ ]{0,12}", 1 => "\\PC{0,8}"];
    let fragment = prop_oneof![Just(String::new()), Just("#wechat_redirect".to_owned()), "#[a-z&=?#_]{0,12}"];
    (page, prop::collection::vec((name, value), 0..12), fragment).prop_map(|(page, pairs, fragment)| {
        let query: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{page}?{}{fragment}", query.join("&"))
    })
}

/// What holds for every input: the order, the same answer twice, and one clean line for each text.
fn is_in_form(url: &str, domain: Option<&str>) -> Result<(), TestCaseError> {
    let options = LintOptions { domain };
    let findings = lint(url, &options);
    prop_assert!(findings.is_sorted_by_key(|finding| finding.code));
    for finding in &findings {
        for text in [&finding.message, &finding.fix] {
            prop_assert!(!text.is_empty() && !text.contains(char::is_control));
            prop_assert!(text.ends_with('.') || text.ends_with('…'), "{}", text);
        }
    }
    prop_assert_eq!(findings, lint(url, &options));
    Ok(())
}

proptest! {
    #[test]
    fn no_text_at_all_makes_it_panic(url in "(?s).{0,200}", domain in prop::option::of("(?s).{0,40}")) {
        is_in_form(&url, domain.as_deref())?;
    }

    #[test]
    fn no_authorize_url_makes_it_panic(url in noisy_url(), domain in prop::option::of("[a-z0-9.:/*\\[\\]@?# é-]{0,24}")) {
        is_in_form(&url, domain.as_deref())?;
    }

    #[test]
    fn a_correct_url_has_no_errors(
        appid in "[A-Za-z0-9_-]{1,64}",
        host in "[a-z][a-z0-9]{0,9}(\\.[a-z][a-z0-9]{0,9}){1,3}",
        path in "(/[\\PC&&[^\\\\#?]]{0,10}){0,3}",
        query in "(\\?[a-b]{1,4}=[\\PC&&[^#&]]{0,20})?",
        state in "[A-Za-z0-9]{1,128}",
        on_qr_page: bool,
    ) {
        let redirect = url::Url::parse(&format!("https://{host}{path}{query}")).unwrap();
        let redirect = encoded_once(redirect.as_str());
        let (page, scope) = if on_qr_page { ("qrconnect", "snsapi_login") } else { ("oauth2/authorize", "snsapi_base") };
        let url = format!(
            "https://open.weixin.qq.com/connect/{page}?appid={appid}&redirect_uri={redirect}&response_type=code\
             &scope={scope}&state={state}#wechat_redirect"
        );
        prop_assert_eq!(errors(&url), [""; 0]);
        let findings = lint(&url, &LintOptions::default().domain(&host));
        prop_assert!(findings.iter().all(|finding| finding.code == FindingCode::AppidShape));
    }

    #[test]
    fn any_order_but_the_official_is_found(names in prop::sample::subsequence(Page::Official.order(), 2..=9).prop_shuffle()) {
        let query: Vec<String> = names.iter().map(|name| format!("{name}=1")).collect();
        let url = format!("https://open.weixin.qq.com/connect/oauth2/authorize?{}#wechat_redirect", query.join("&"));
        let position = |name: &&str| Page::Official.order().iter().position(|known| known == name);
        prop_assert_eq!(codes(&url).contains(&"order"), !names.is_sorted_by_key(position));
    }

    #[test]
    fn no_finding_quotes_the_state(state in "[A-Za-z0-9_.-]{24,160}", url in noisy_url()) {
        let url = url.replacen('?', &format!("?state={state}&"), 1);
        for finding in lint(&url, &LintOptions::default().domain("www.example.com")) {
            prop_assert!(!finding.message.contains(&state) && !finding.fix.contains(&state));
        }
    }
}

/// The lint and the builder were written apart: what one builds, the other passes.
#[test]
fn a_url_that_the_core_builds_has_no_errors() {
    use crate::{Account, App, Endpoints, QrLang, RedirectUri, Scope, State};

    let appid = || "wx0123456789abcdef".parse().unwrap();
    let accounts = [
        Account::OfficialAccount { appid: appid() },
        Account::WebsiteApp { appid: appid() },
        Account::Component { appid: appid(), component_appid: "wxfedcba9876543210".parse().unwrap() },
    ];
    let places = ["https://api.weixin.qq.com", "http://127.0.0.1:8080", "https://localhost"];
    for account in accounts {
        for (place, scope) in places.iter().flat_map(|place| Scope::ALL.map(|scope| (place, scope))) {
            let redirect_uri = RedirectUri::parse("https://www.example.com/a b?c=1&d=%2F").unwrap();
            let app = App::new(account.clone()).at(Endpoints::parse(place).unwrap());
            let login = app.login(scope, &redirect_uri);
            let login = match scope {
                Scope::Login => login.lang(QrLang::English),
                _ => login.force_popup(true).force_snapshot(true).connect_redirect(true),
            };
            let Ok(login) = login.build() else { continue };
            let url = login.authorize_url(&State::from_entropy([7; 32]));
            assert_eq!(lint(url.as_str(), &LintOptions::default().domain("www.example.com")), [], "{url}");
        }
    }
}
