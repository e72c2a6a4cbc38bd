//! What a finding quotes, its names and its document.

use std::collections::BTreeSet;

use super::*;

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
