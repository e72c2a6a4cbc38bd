//! What is an authorize page, and what is not.

use super::*;

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
        "https://:pw@open.weixin.qq.com/connect/oauth2/authorize",
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
