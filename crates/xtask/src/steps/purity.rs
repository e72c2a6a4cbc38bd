//! The shape of the house: which package may use which, and that none is unsafe.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::metadata::{Metadata, Package};
use crate::project::{Outcome, Project, none_of};

const CORE: &str = "wechat-oauth-core";

/// All that the core is built from. Each is here for a reason that the core cannot do without: reading answers,
/// URLs, errors, and keeping secrets.
const CORE_DEPENDENCIES: [&str; 6] = ["serde", "serde_json", "subtle", "thiserror", "url", "zeroize"];

/// Each published package and those of ours it may be built from. Their tests may use more, except the core's.
const ARROWS: [(&str, &[&str]); 9] = [
    (CORE, &[]),
    ("wechat-oauth-ureq", &[CORE]),
    ("wechat-oauth-reqwest", &[CORE]),
    ("wechat-oauth-store", &[CORE, "wechat-oauth-reqwest"]),
    ("wechat-oauth-redis", &[CORE, "wechat-oauth-store"]),
    ("wechat-oauth-axum", &[CORE, "wechat-oauth-store", "wechat-oauth-reqwest"]),
    (
        "wechat-oauth",
        &[
            CORE,
            "wechat-oauth-ureq",
            "wechat-oauth-reqwest",
            "wechat-oauth-store",
            "wechat-oauth-redis",
            "wechat-oauth-axum",
        ],
    ),
    ("wechat-oauth-emulator", &[CORE]),
    // The sample site's transport is taken by itself, to be without TLS.
    (
        "wechat-oauth-cli",
        &[
            "wechat-oauth",
            "wechat-oauth-axum",
            "wechat-oauth-emulator",
            "wechat-oauth-reqwest",
            "wechat-oauth-store",
        ],
    ),
];

pub(crate) fn check(project: &Project) -> Outcome {
    let metadata = Metadata::of_workspace(project)?;
    let own: Vec<&Package> = metadata.own().collect();
    let mut problems = core_dependencies(&own);
    problems.extend(arrows(&own));
    problems.extend(forbidden_unsafe(project, &own)?);
    problems.extend(unsafe_in_core(project)?);
    none_of(&problems)
}

fn core_dependencies(own: &[&Package]) -> Vec<String> {
    let Some(core) = own.iter().find(|package| package.name == CORE) else {
        return vec![format!("there is no package {CORE}")];
    };
    let found: BTreeSet<&str> = used(core).collect();
    let expected = BTreeSet::from(CORE_DEPENDENCIES);
    let more = found.difference(&expected).map(|name| format!("{CORE} must not depend on {name}"));
    let fewer = expected
        .difference(&found)
        .map(|name| format!("{CORE} no longer depends on {name}: shorten the list"));
    more.chain(fewer).collect()
}

fn arrows(own: &[&Package]) -> Vec<String> {
    let names: BTreeSet<&str> = own.iter().map(|package| package.name.as_str()).collect();
    let mut problems = Vec::new();
    for package in own.iter().filter(|package| package.published) {
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == package.name) else {
            problems.push(format!(
                "{}: say in crates/xtask what it may depend on, or do not publish it",
                package.name
            ));
            continue;
        };
        let ours = used(package).filter(|name| names.contains(name) && !allowed.contains(name));
        problems.extend(ours.map(|name| format!("{} must not depend on {name}", package.name)));
    }
    // The core is tested by itself, or a fault in another package could hide one of its own.
    let core = own.iter().filter(|package| package.name == CORE).flat_map(|package| &package.dependencies);
    let for_tests =
        core.filter(|dependency| dependency.for_tests && names.contains(dependency.name.as_str()));
    problems
        .extend(for_tests.map(|dependency| format!("the tests of {CORE} must not use {}", dependency.name)));
    problems
}

/// What a package is built from, by name.
fn used(package: &Package) -> impl Iterator<Item = &str> {
    package
        .dependencies
        .iter()
        .filter(|dependency| !dependency.for_tests)
        .map(|dependency| dependency.name.as_str())
}

/// Every crate forbids unsafe code: by the workspace's lints, or by itself.
fn forbidden_unsafe(project: &Project, own: &[&Package]) -> Outcome<Vec<String>> {
    let workspace_forbids =
        says(&project.read("Cargo.toml")?, "[workspace.lints.rust]", "unsafe_code = \"forbid\"");
    let mut problems = Vec::new();
    for package in own {
        let inherits = says(&read(&package.manifest)?, "[lints]", "workspace = true");
        if workspace_forbids && inherits {
            continue;
        }
        for target in &package.targets {
            if !read(&target.source)?.lines().any(|line| line.trim() == "#![forbid(unsafe_code)]") {
                problems.push(format!("{} ({}) does not forbid unsafe code", package.name, target.name));
            }
        }
    }
    Ok(problems)
}

/// Whether a manifest has this line in this section.
fn says(manifest: &str, section: &str, line: &str) -> bool {
    let mut lines = manifest.lines().map(str::trim).skip_while(|found| *found != section).skip(1);
    lines.by_ref().take_while(|found| !found.starts_with('[')).any(|found| found == line)
}

/// The compiler refuses unsafe code in the core already; this also sees what a `cfg` hides from it.
fn unsafe_in_core(project: &Project) -> Outcome<Vec<String>> {
    let mut problems = Vec::new();
    let files = rust_files(&project.path("crates").join(CORE).join("src"))?;
    if files.is_empty() {
        problems.push(format!("{CORE} has no source"));
    }
    for file in files {
        let text = read(&file)?;
        let lines = text.lines().enumerate().filter(|(_, line)| has_unsafe_code(line));
        problems.extend(lines.map(|(index, _)| format!("{}:{}: unsafe code", file.display(), index + 1)));
    }
    Ok(problems)
}

/// Whether a line opens unsafe code. The word alone is no proof: a comment may speak of what is not safe.
fn has_unsafe_code(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or(line);
    let mut words = code.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    let ends_with_word = code.trim_end().ends_with("unsafe");
    let opens = ["{", "fn", "impl", "trait", "extern", "("];
    let followed =
        code.split("unsafe").skip(1).any(|rest| opens.iter().any(|open| rest.trim_start().starts_with(open)));
    words.any(|word| word == "unsafe") && (followed || ends_with_word)
}

fn rust_files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let cannot = |error: std::io::Error| format!("cannot list {}: {error}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(files)
}

fn read(path: &Path) -> Outcome<String> {
    fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Dependency;

    fn package(name: &str, uses: &[&str], tests_use: &[&str]) -> Package {
        let dependency = |for_tests| move |name: &&str| Dependency { name: (*name).to_owned(), for_tests };
        let dependencies =
            uses.iter().map(dependency(false)).chain(tests_use.iter().map(dependency(true))).collect();
        Package { name: name.to_owned(), published: true, dependencies, ..Package::default() }
    }

    #[test]
    fn the_core_depends_on_its_six_and_nothing_else() {
        assert_eq!(core_dependencies(&[&package(CORE, &CORE_DEPENDENCIES, &["proptest"])]), [""; 0]);
        let mut more = CORE_DEPENDENCIES.to_vec();
        more.push("rand");
        assert_eq!(
            core_dependencies(&[&package(CORE, &more, &[])]),
            ["wechat-oauth-core must not depend on rand"]
        );
        assert_eq!(core_dependencies(&[&package(CORE, &CORE_DEPENDENCIES[1..], &[])]).len(), 1);
        assert_eq!(core_dependencies(&[]).len(), 1);
    }

    #[test]
    fn an_arrow_that_points_the_wrong_way_is_reported() {
        let emulator = package("wechat-oauth-emulator", &[CORE, "axum"], &[]);
        let facade = package("wechat-oauth", &[CORE, "wechat-oauth-emulator"], &[]);
        let transport = package("wechat-oauth-ureq", &[CORE, "ureq"], &["wechat-oauth-emulator"]);
        assert_eq!(arrows(&[&emulator, &transport]), [""; 0]);
        assert_eq!(arrows(&[&emulator, &facade]), ["wechat-oauth must not depend on wechat-oauth-emulator"]);
    }

    #[test]
    fn the_tests_of_the_core_use_no_other_package_of_ours() {
        let core = package(CORE, &[], &["wechat-oauth-emulator", "proptest"]);
        let emulator = package("wechat-oauth-emulator", &[CORE], &[]);
        assert_eq!(
            arrows(&[&core, &emulator]),
            ["the tests of wechat-oauth-core must not use wechat-oauth-emulator"]
        );
    }

    #[test]
    fn a_new_published_package_needs_its_arrows() {
        assert_eq!(arrows(&[&package("wechat-oauth-new", &[], &[])]).len(), 1);
    }

    #[test]
    fn a_line_counts_only_in_its_own_section() {
        let manifest = "[package]\nname = \"one\"\n\n[lints]\nworkspace = true\n\n[dependencies]\n";
        assert!(says(manifest, "[lints]", "workspace = true"));
        assert!(!says(manifest, "[package]", "workspace = true"));
        assert!(!says("[dependencies]\n", "[lints]", "workspace = true"));
    }

    #[test]
    fn unsafe_code_is_told_from_the_word() {
        for code in [
            "unsafe { x }",
            "    unsafe fn f() {}",
            "unsafe impl Send for X {}",
            "let y = unsafe{x};",
            "unsafe",
        ] {
            assert!(has_unsafe_code(code), "{code}");
        }
        for text in
            ["#![forbid(unsafe_code)]", "// unsafe { x }", "\"an unsafe answer\"", "fn is_unsafe() {}"]
        {
            assert!(!has_unsafe_code(text), "{text}");
        }
    }
}
