mod domain;
mod fragment;
mod laws;
mod page;
mod parameters;
mod redirect;
mod report;
mod samples;
mod scope_and_state;

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
