//! The lint always has the same findings, in their order, and quotes no state.

use wechat_oauth_core::{FindingCode, LintOptions, Severity, lint as judge};

/// What no finding may quote. In an input, a NUL right behind `?` or `&` stands for a state with it.
pub const STATE_CANARY: &str = "canary0state0canary";

/// Takes `DOMAIN \n URL`, or a URL alone.
///
/// # Panics
/// When two readings differ, the findings are out of order, a finding could break a line, or a state is quoted.
pub fn lint(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (domain, url) = match text.split_once('\n') {
        Some((domain, url)) => (Some(domain), url),
        None => (None, text.as_ref()),
    };
    let mut options = LintOptions::default();
    options.domain = domain;
    let url = url.replace("&\0", &format!("&state={STATE_CANARY}"));
    let url = url.replace("?\0", &format!("?state={STATE_CANARY}"));
    let findings = judge(&url, &options);
    assert_eq!(findings, judge(&url, &options));
    assert!(findings.is_sorted_by_key(|finding| finding.code));
    assert!(
        findings.len() == 1 || findings.iter().all(|finding| finding.code != FindingCode::NotAuthorizePage)
    );
    for finding in findings {
        let shown = format!("{} {}", finding.message, finding.fix);
        assert!(!shown.contains(char::is_control), "{shown:?}");
        assert!(!shown.contains(STATE_CANARY), "{shown}");
        // Only the missing fragment is milder than its code says, on the QR page.
        assert!(
            finding.severity == finding.code.severity()
                || (finding.code == FindingCode::MissingFragment && finding.severity == Severity::Warning)
        );
    }
}
