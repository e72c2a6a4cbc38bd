//! The host of the `redirect_uri` beside the configured domain.

use super::*;

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
