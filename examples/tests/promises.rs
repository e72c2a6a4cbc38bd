//! SECURITY.md names a test for each promise. This sees to it that those tests exist.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking, and so do its helpers"
)]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// The packages that the text names, each with the tests that are named of it: "* `package`: `test`, `test`".
fn named(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut named: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for item in text.split("\n* `").skip(1) {
        let item = item.split("\n\n").next().unwrap();
        let Some((package, tests)) = item.split_once("`: ") else { continue };
        let tests = tests.split('`').skip(1).step_by(2).map(str::to_owned);
        named.entry(package.to_owned()).or_default().extend(tests);
    }
    named
}

/// All code of a package, in whatever language its tests are.
fn code_of(package: &str) -> String {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let folder = match package {
        "examples" => workspace.join("examples"),
        "conformance" => workspace.join("tests"),
        _ => workspace.join("crates").join(package),
    };
    assert!(folder.is_dir(), "there is no package {package}");
    let (mut folders, mut code) = (vec![folder], String::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| ["rs", "py", "js"].map(OsStr::new).contains(&extension))
            {
                code += &fs::read_to_string(path).unwrap();
            }
        }
    }
    code
}

fn has_test(code: &str, name: &str) -> bool {
    let declared =
        [format!("fn {name}("), format!("fn {name}<"), format!("def {name}("), format!("test('{name}'")];
    declared.iter().any(|declared| code.contains(declared))
}

#[test]
fn every_test_that_shows_a_promise_exists() {
    let security = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("SECURITY.md");
    let text = fs::read_to_string(security).unwrap();
    let promises = text.matches("\n**").count();
    let named = named(&text);
    let mut missing = Vec::new();
    for (package, tests) in &named {
        let code = code_of(package);
        let gone = tests.iter().filter(|test| !has_test(&code, test));
        missing.extend(gone.map(|test| format!("{package} has no test {test}")));
    }
    assert!(missing.is_empty(), "{missing:#?}");
    let count: usize = named.values().map(Vec::len).sum();
    assert!(
        count > promises && named.len() >= 5,
        "{count} tests for {promises} promises: was the file read?"
    );
}

#[test]
fn a_test_that_is_gone_is_found_missing() {
    let named = named("text\n\n* `one`: `a`,\n  `b_c`\n* `two`: `d`\n\n* no package, `e`\n");
    assert_eq!(named.get("one").unwrap(), &["a", "b_c"]);
    assert_eq!(named.get("two").unwrap(), &["d"]);
    assert_eq!(named.len(), 2);
    assert!(
        has_test("fn a_b() {}", "a_b")
            && has_test("fn a_b<T>() {}", "a_b")
            && !has_test("fn a_b_c() {}", "a_b")
            && has_test("def test_a(b):", "test_a")
            && has_test("test('a b', async () => {", "a b")
            && !has_test("// a b", "a b")
    );
}
