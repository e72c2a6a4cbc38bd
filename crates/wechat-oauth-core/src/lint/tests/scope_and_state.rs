//! The scope and the state.

use super::*;

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
