//! The cases, by area.

mod authorize_url;
mod callback;
mod check;
mod double_delivery;
mod encodings;
mod errors;
mod identity;
mod leaks;
mod redirects;
mod sizes;
mod snapshot;
mod state;
mod time;
mod tokens;

use crate::case::Case;

/// Every case, in the order of the report.
pub(crate) fn all() -> Vec<Case> {
    [
        identity::CASES,
        snapshot::CASES,
        state::CASES,
        authorize_url::CASES,
        callback::CASES,
        double_delivery::CASES,
        errors::CASES,
        tokens::CASES,
        encodings::CASES,
        sizes::CASES,
        time::CASES,
        redirects::CASES,
        leaks::CASES,
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::case::Area;

    #[test]
    fn every_case_has_a_name_of_its_own_and_a_threat_in_both_languages() {
        let cases = all();
        let names: BTreeSet<_> = cases.iter().map(|case| case.name).collect();
        assert_eq!(names.len(), cases.len());
        assert!(cases.len() > 100, "the guide speaks of more than {}", cases.len());
        for case in &cases {
            let of_a_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            assert!(case.name.bytes().all(of_a_name), "{}", case.name);
            assert!(!case.threat.en.is_empty() && !case.threat.en.ends_with('.'), "{}", case.name);
            assert!(!case.threat.zh.is_ascii() && !case.threat.zh.ends_with('。'), "{}", case.name);
        }
        let threats: BTreeSet<_> = cases.iter().flat_map(|case| [case.threat.en, case.threat.zh]).collect();
        assert_eq!(threats.len(), 2 * cases.len(), "two cases say the same");
    }

    #[test]
    fn the_cases_come_by_area_and_no_area_is_empty() {
        let mut areas: Vec<_> = all().iter().map(|case| case.area).collect();
        areas.dedup();
        assert_eq!(areas, Area::ALL);
    }
}
