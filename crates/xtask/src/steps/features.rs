//! Each package alone, with each set of its features.
//!
//! One package an invocation: cargo unites the features of packages that are built together, and so hides a
//! feature that one of them forgot to ask for.

use std::collections::BTreeSet;

use crate::metadata::Metadata;
use crate::project::{Outcome, Project, none_of, run};
use crate::tools::system_tls;

/// The feature that links to the system's TLS.
const SYSTEM_TLS: &str = "native-tls";

pub(crate) fn check(project: &Project) -> Outcome {
    let metadata = Metadata::of_workspace(project)?;
    let mut problems = Vec::new();
    if metadata.own().any(|package| package.features.contains(SYSTEM_TLS)) {
        // Without it the sets that need it fail as well, and the others still tell something.
        problems.extend(system_tls().err());
    }
    for package in metadata.own() {
        for set in feature_sets(&package.features) {
            // Clippy rather than check: a warning that only one set has is an error here too.
            let mut clippy = project.cargo(["clippy", "--quiet", "--package", &package.name]);
            problems.extend(run(clippy.args(set).args(["--", "-D", "warnings"])).err());
        }
    }
    none_of(&problems)
}

/// The arguments of each set worth building: none, the default, each feature by itself, all.
fn feature_sets(features: &BTreeSet<String>) -> Vec<Vec<String>> {
    let set = |arguments: &[&str]| arguments.iter().map(|&argument| argument.to_owned()).collect();
    if features.is_empty() {
        return vec![vec![]];
    }
    let mut sets = vec![set(&["--no-default-features"])];
    if features.contains("default") {
        sets.push(vec![]);
    }
    for feature in features.iter().filter(|feature| *feature != "default") {
        sets.push(set(&["--no-default-features", "--features", feature]));
    }
    sets.push(set(&["--all-features"]));
    sets
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(features: &[&str]) -> Vec<String> {
        let features = features.iter().map(|&feature| feature.to_owned()).collect();
        feature_sets(&features).iter().map(|set| set.join(" ")).collect()
    }

    #[test]
    fn a_package_without_features_is_built_once() {
        assert_eq!(sets(&[]), [""]);
    }

    #[test]
    fn each_feature_is_built_alone_besides_none_the_default_and_all() {
        assert_eq!(
            sets(&["default", "native-tls", "rustls"]),
            [
                "--no-default-features",
                "",
                "--no-default-features --features native-tls",
                "--no-default-features --features rustls",
                "--all-features",
            ]
        );
    }
}
