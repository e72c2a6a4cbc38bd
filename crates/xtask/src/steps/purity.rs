//! The shape of the house: which package may use which, and that none is unsafe but for one file of one.

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
const ARROWS: [(&str, &[&str]); 10] = [
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
    ("wechat-oauth-conformance", &["wechat-oauth-emulator"]),
    // The sample site's transport is taken by itself, to be without TLS.
    (
        "wechat-oauth-cli",
        &[
            "wechat-oauth",
            "wechat-oauth-axum",
            "wechat-oauth-conformance",
            "wechat-oauth-emulator",
            "wechat-oauth-reqwest",
            "wechat-oauth-store",
        ],
    ),
];

/// A package that denies unsafe code where the others forbid it: what is denied can be allowed, what is forbidden cannot.
/// It cannot take over the workspace's lints then, so it repeats them.
struct Denies {
    package: &'static str,
    /// The only file that has unsafe code, allowed by `mod exports;` in the crate's root; `None` where there is none.
    exports: Option<&'static str>,
}

const DENYING: [Denies; 2] = [
    // C hands over pointers.
    Denies { package: "wechat-oauth-ffi", exports: Some("src/exports.rs") },
    // What registers a function with Node is unsafe, in what napi's macro expands to; nothing that is written is.
    Denies { package: "wechat-oauth-node", exports: None },
];

/// Where the exports are allowed unsafe code, and the line that it is said about.
const ROOT: &str = "src/lib.rs";
const ALLOWED: &str = "mod exports;";

const FORBIDS: &str = "unsafe_code = \"forbid\"";
const DENIES: &str = "unsafe_code = \"deny\"";
/// What unsafe code has to keep to besides the workspace's lints.
const BLOCK_BY_BLOCK: &str = "unsafe_op_in_unsafe_fn = \"deny\"";

pub(crate) fn check(project: &Project) -> Outcome {
    let metadata = Metadata::of_workspace(project)?;
    let own: Vec<&Package> = metadata.own().collect();
    let mut problems = core_dependencies(&own);
    problems.extend(arrows(&own));
    problems.extend(forbidden_unsafe(project, &own)?);
    problems.extend(unsafe_in_core(project)?);
    for denies in &DENYING {
        problems.extend(unsafe_where_denied(project, &own, denies)?);
    }
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

/// Every crate forbids unsafe code, by the workspace's lints or by itself, but for those that deny it.
fn forbidden_unsafe(project: &Project, own: &[&Package]) -> Outcome<Vec<String>> {
    let workspace_forbids = says(&project.read("Cargo.toml")?, "[workspace.lints.rust]", FORBIDS);
    let mut problems = Vec::new();
    let denies = |package: &Package| DENYING.iter().any(|denies| denies.package == package.name);
    for package in own.iter().filter(|package| !denies(package)) {
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
    section_of(manifest, section).any(|found| found == line)
}

/// The lines of a section, without comments and empty ones.
fn section_of<'a>(manifest: &'a str, section: &str) -> impl Iterator<Item = &'a str> {
    let lines = manifest.lines().map(str::trim).skip_while(move |found| *found != section).skip(1);
    lines
        .take_while(|found| !found.starts_with('['))
        .filter(|found| !found.is_empty() && !found.starts_with('#'))
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

/// A package that denies unsafe code is as strict as the rest, and unsafe where it may be.
fn unsafe_where_denied(project: &Project, own: &[&Package], denies: &Denies) -> Outcome<Vec<String>> {
    let Some(package) = own.iter().find(|package| package.name == denies.package) else {
        return Ok(vec![format!("there is no package {}", denies.package)]);
    };
    let mut problems = lints_where_denied(&project.read("Cargo.toml")?, &read(&package.manifest)?, denies);
    let folder = package.manifest.parent().unwrap_or(Path::new("."));
    let mut files = Vec::new();
    for file in rust_files(folder)? {
        let name = file.strip_prefix(folder).unwrap_or(&file).to_string_lossy().replace('\\', "/");
        files.push((name, read(&file)?));
    }
    problems.extend(unsafe_outside_exports(&files, denies));
    Ok(problems)
}

/// What a package's lints say otherwise than the workspace's, apart from how unsafe code is dealt with.
fn lints_where_denied(workspace: &str, manifest: &str, denies: &Denies) -> Vec<String> {
    let mut problems = Vec::new();
    for table in ["rust", "clippy"] {
        let theirs = format!("[workspace.lints.{table}]");
        let ours = format!("[lints.{table}]");
        let mut expected: BTreeSet<&str> = section_of(workspace, &theirs).collect();
        if expected.remove(FORBIDS) {
            expected.insert(DENIES);
            expected.extend(denies.exports.map(|_| BLOCK_BY_BLOCK));
        }
        let found: BTreeSet<&str> = section_of(manifest, &ours).collect();
        let name = denies.package;
        let missing = expected.difference(&found).map(|line| format!("{name}: {ours} has to say {line}"));
        let more = found.difference(&expected).map(|line| format!("{name}: {ours} must not say {line}"));
        problems.extend(missing.chain(more));
    }
    problems
}

/// Unsafe code outside the file that may have it, and permissions for it other than the one. Files by their names.
fn unsafe_outside_exports(files: &[(String, String)], denies: &Denies) -> Vec<String> {
    let package = denies.package;
    let mut problems = Vec::new();
    let mut permissions = 0;
    for (name, text) in files {
        let mut lines = text.lines().map(code_of).enumerate().peekable();
        while let Some((index, line)) = lines.next() {
            let place = format!("{package}/{name}:{}", index + 1);
            if line.contains("unsafe_code") && !is_forbidding(line) {
                let next = lines.peek().map_or("", |(_, next)| next.trim());
                if denies.exports.is_some() && name == ROOT && next.trim_start_matches("pub ") == ALLOWED {
                    permissions += 1;
                } else {
                    problems.push(format!("{place}: unsafe code may be allowed to the exports of C alone"));
                }
            }
            if denies.exports != Some(name.as_str()) && has_unsafe_code(line) {
                problems.push(format!("{place}: unsafe code"));
            }
        }
    }
    if let Some(exports) = denies.exports {
        if permissions != 1 {
            problems
                .push(format!("{package}: {ROOT} has to allow unsafe code right above `{ALLOWED}`, once"));
        }
        if !files.iter().any(|(name, text)| name == exports && text.lines().any(has_unsafe_code)) {
            problems.push(format!("{package}: {exports} has no unsafe code: forbid it there too"));
        }
    }
    problems
}

/// Whether the line only makes things stricter.
fn is_forbidding(line: &str) -> bool {
    ["#![forbid(unsafe_code)]", "#![deny(unsafe_code)]"].contains(&line.trim())
}

/// A line without its comment.
fn code_of(line: &str) -> &str {
    line.split("//").next().unwrap_or(line)
}

/// Whether a line opens unsafe code. The word alone is no proof: a comment may speak of what is not safe.
fn has_unsafe_code(line: &str) -> bool {
    let code = code_of(line);
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

    const WORKSPACE: &str = "[workspace.lints.rust]\nunsafe_code = \"forbid\"\nmissing_docs = \"deny\"\n\n[workspace.lints.clippy]\n# why\ntodo = \"warn\"\n\n[profile.dev]\nx = 1\n";
    const MANIFEST: &str = "[lints.rust]\nunsafe_code = \"deny\"\nunsafe_op_in_unsafe_fn = \"deny\"\nmissing_docs = \"deny\"\n\n[lints.clippy]\ntodo = \"warn\"\n";
    const WITH_EXPORTS: Denies = Denies { package: "c", exports: Some("src/exports.rs") };
    const WITHOUT_EXPORTS: Denies = Denies { package: "node", exports: None };

    #[test]
    fn what_denies_has_the_lints_of_the_workspace_otherwise() {
        let lints = |manifest: &str| lints_where_denied(WORKSPACE, manifest, &WITH_EXPORTS);
        assert_eq!(lints(MANIFEST), [""; 0]);
        for (from, to) in [
            ("unsafe_code = \"deny\"\n", ""),
            ("unsafe_op_in_unsafe_fn = \"deny\"\n", ""),
            ("missing_docs = \"deny\"\n", ""),
            ("todo = \"warn\"\n", ""),
            ("todo = \"warn\"\n", "todo = \"warn\"\nundocumented_unsafe_blocks = \"allow\"\n"),
        ] {
            assert_eq!(lints(&MANIFEST.replace(from, to)).len(), 1, "{from}");
        }
        assert_eq!(lints(&MANIFEST.replace("unsafe_code = \"deny\"", "unsafe_code = \"allow\"")).len(), 2);
        assert_eq!(lints("[lints]\nworkspace = true\n").len(), 4);
        let without = MANIFEST.replace("unsafe_op_in_unsafe_fn = \"deny\"\n", "");
        assert_eq!(lints_where_denied(WORKSPACE, &without, &WITHOUT_EXPORTS), [""; 0]);
    }

    fn outside(files: &[(&str, &str)], denies: &Denies) -> Vec<String> {
        let files: Vec<_> =
            files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        unsafe_outside_exports(&files, denies)
    }

    #[test]
    fn the_exports_are_unsafe_and_nothing_else_is() {
        let lib = ("src/lib.rs", "pub mod door;\n#[allow(unsafe_code, reason = \"C\")]\npub mod exports;\n");
        let exports = ("src/exports.rs", "#[unsafe(no_mangle)]\npub extern \"C\" fn f() {}\n");
        let door = ("src/door.rs", "// unsafe { x } is not for here, nor is unsafe_code\npub fn f() {}\n");
        assert_eq!(outside(&[lib, exports, door], &WITH_EXPORTS), [""; 0]);
        for (name, text) in [
            ("src/door.rs", "fn f() { unsafe { g() } }\n"),
            ("src/door.rs", "#![allow(unsafe_code)]\n"),
            ("src/door/inner.rs", "#[expect(unsafe_code)]\nmod exports;\n"),
            ("tests/any.rs", "unsafe extern \"C\" { fn f(); }\n"),
            ("src/exports.rs", "#[allow(unsafe_code)]\nunsafe fn f() {}\n"),
        ] {
            let found = outside(&[lib, exports, (name, text)], &WITH_EXPORTS);
            assert!(found.len() == 1 && found[0].contains(&format!("{name}:1")), "{name} {text}: {found:?}");
        }
        assert_eq!(outside(&[door, ("src/lib.rs", "#![deny(unsafe_code)]\n")], &WITHOUT_EXPORTS), [""; 0]);
        assert_eq!(outside(&[lib, door], &WITHOUT_EXPORTS).len(), 1);
        assert_eq!(outside(&[exports], &WITHOUT_EXPORTS).len(), 1);
    }

    #[test]
    fn unsafe_code_is_allowed_once_to_a_file_that_has_some() {
        let outside = |files: &[(&str, &str)]| outside(files, &WITH_EXPORTS);
        let lib = "#[allow(unsafe_code)]\nmod exports;\n";
        let exports = "unsafe fn f() {}\n";
        let twice = format!("{lib}{lib}");
        let elsewhere = lib.replace("exports", "door");
        assert_eq!(outside(&[("src/lib.rs", lib), ("src/exports.rs", exports)]), [""; 0]);
        assert_eq!(outside(&[("src/lib.rs", &twice), ("src/exports.rs", exports)]).len(), 1);
        assert_eq!(outside(&[("src/lib.rs", &elsewhere), ("src/exports.rs", exports)]).len(), 2);
        assert_eq!(outside(&[("src/lib.rs", lib), ("src/exports.rs", "fn f() {}\n")]).len(), 1);
        assert_eq!(outside(&[]).len(), 2);
    }

    #[test]
    fn the_design_shows_every_package_of_the_house() {
        let project = Project::of_this_program();
        let design = project.read("DESIGN.md").unwrap();
        let folders = fs::read_dir(project.path("crates")).unwrap().map(|entry| entry.unwrap().path());
        for package in folders.filter(|folder| folder.join("Cargo.toml").exists()) {
            let name = package.file_name().unwrap().to_str().unwrap();
            assert!(design.contains(&format!("\n  {name}/ ")), "DESIGN.md does not show crates/{name}");
        }
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
