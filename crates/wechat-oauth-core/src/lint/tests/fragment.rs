//! The end of the URL: the fragment, and whatever follows it.

use super::*;

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
