//! How the `redirect_uri` is encoded, and what it may be.

use super::*;

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
