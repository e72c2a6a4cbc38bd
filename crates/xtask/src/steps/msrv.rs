//! The stated oldest Rust, as far as the dependencies go: clippy's `incompatible_msrv` sees only our own code.

use std::collections::BTreeSet;

use crate::metadata::{Id, Metadata, Package};
use crate::project::{Outcome, Project, none_of};

pub(crate) fn check(project: &Project) -> Outcome {
    let metadata = Metadata::with_dependencies(project)?;
    let needed = needed_by_users(&metadata);
    let silent = needed.iter().filter(|id| metadata.packages[id.as_str()].rust_version.is_none()).count();
    println!("{} packages are part of what users build; {silent} of them state no oldest Rust", needed.len());
    none_of(&problems(&metadata, &needed))
}

/// The packages that users build, which are those of the registry and the libraries for other languages, and all that
/// they are built from.
fn needed_by_users(metadata: &Metadata) -> BTreeSet<&Id> {
    let is_built =
        |package: &Package| package.published || package.targets_of_kind("cdylib").next().is_some();
    let mut open: Vec<&Id> =
        metadata.members.iter().filter(|id| is_built(&metadata.packages[id.as_str()])).collect();
    let mut needed = BTreeSet::new();
    while let Some(id) = open.pop() {
        if needed.insert(id) {
            open.extend(metadata.built_from.get(id).into_iter().flatten());
        }
    }
    needed
}

fn problems(metadata: &Metadata, needed: &BTreeSet<&Id>) -> Vec<String> {
    let Some(ours) = metadata
        .own()
        .filter(|package| package.published)
        .filter_map(|package| package.rust_version.as_deref())
        .min_by_key(|version| parts(version))
    else {
        return vec!["no published package states its oldest Rust".to_owned()];
    };
    needed
        .iter()
        .map(|id| &metadata.packages[id.as_str()])
        .filter_map(|package| {
            let theirs = package.rust_version.as_deref()?;
            (parts(theirs) > parts(ours)).then(|| {
                format!(
                    "{} {} needs Rust {theirs}, and we say {ours}: take an older version of it, or say so",
                    package.name, package.version
                )
            })
        })
        .collect()
}

/// `1.88` and `1.88.0` are the same.
fn parts(version: &str) -> [u32; 3] {
    let mut parts = [0; 3];
    for (part, text) in parts.iter_mut().zip(version.split('.')) {
        *part = text.parse().unwrap_or(0);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Target;

    fn metadata(packages: &[(&str, &str, bool)], edges: &[(&str, &str)]) -> Metadata {
        let mut metadata = Metadata::default();
        for &(name, rust_version, ours) in packages {
            let package = Package {
                name: name.to_owned(),
                rust_version: Some(rust_version.to_owned()),
                published: true,
                ..Package::default()
            };
            metadata.packages.insert(name.to_owned(), package);
            if ours {
                metadata.members.insert(name.to_owned());
            }
        }
        for &(from, to) in edges {
            metadata.built_from.entry(from.to_owned()).or_default().insert(to.to_owned());
        }
        metadata
    }

    #[test]
    fn a_dependency_of_a_dependency_that_needs_a_newer_rust_is_reported() {
        let packages = [("ours", "1.88", true), ("near", "1.60.0", false), ("far", "1.89", false)];
        let metadata = metadata(&packages, &[("ours", "near"), ("near", "far")]);
        let problems = problems(&metadata, &needed_by_users(&metadata));
        assert_eq!(problems.len(), 1);
        assert!(problems[0].contains("far") && problems[0].contains("1.89"), "{problems:?}");
    }

    #[test]
    fn a_library_for_another_language_is_built_by_users_too() {
        let mut metadata =
            metadata(&[("binding", "1.88", true), ("glue", "1.95", false)], &[("binding", "glue")]);
        metadata.packages.get_mut("binding").unwrap().published = false;
        assert!(!needed_by_users(&metadata).contains(&"glue".to_owned()));
        let library = Target { kinds: vec!["cdylib".to_owned()], ..Target::default() };
        metadata.packages.get_mut("binding").unwrap().targets.push(library);
        assert!(needed_by_users(&metadata).contains(&"glue".to_owned()));
    }

    #[test]
    fn what_only_tests_need_may_be_newer() {
        let metadata = metadata(&[("ours", "1.88", true), ("bench", "1.95", false)], &[]);
        assert!(problems(&metadata, &needed_by_users(&metadata)).is_empty());
    }

    #[test]
    fn versions_compare_by_number() {
        assert_eq!(parts("1.88"), parts("1.88.0"));
        assert!(parts("1.9") < parts("1.88"));
        assert!(parts("1.88.1") > parts("1.88"));
    }
}
