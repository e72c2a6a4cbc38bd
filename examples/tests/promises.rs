//! SECURITY.md names tests for each promise, in both languages. This sees to it that each has some, that they exist and
//! run, and that whoever reads of safety elsewhere is led there.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, and so do its helpers"
)]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// The same text in both languages, each with the heading under which the promises are.
const LANGUAGES: [(&str, &str); 2] =
    [("SECURITY.md", "## What is promised"), ("SECURITY.zh-CN.md", "## 承诺什么")];

/// What a test begins with that does not run. In two parts, so that no search for such tests finds this.
const IGNORED: &str = concat!("#[ign", "ore");

/// A promise, and what is named for it.
#[derive(Debug, PartialEq, Eq)]
struct Promise {
    /// The bold text that its paragraph begins with.
    says: String,
    /// Each package with its tests: "* `package`: `test`, `test`".
    tests: Vec<(String, Vec<String>)>,
}

/// The promises of a text: the paragraphs under the heading that begin in bold.
fn promises(text: &str, heading: &str) -> Vec<Promise> {
    let (_, section) = text.split_once(&format!("{heading}\n")).expect("the heading");
    let section = section.split("\n## ").next().unwrap();
    let paragraphs = section.split("\n**").skip(1);
    let promise = |paragraph: &str| Promise {
        says: paragraph.split("**").next().unwrap().replace('\n', " "),
        tests: named(paragraph),
    };
    paragraphs.map(promise).collect()
}

/// The packages that the text names, each with the tests that are named of it.
fn named(text: &str) -> Vec<(String, Vec<String>)> {
    let items = text.split("\n* `").skip(1).filter_map(|item| {
        let (package, tests) = item.split("\n\n").next().unwrap().split_once("`: ")?;
        Some((package.to_owned(), tests.split('`').skip(1).step_by(2).map(str::to_owned).collect()))
    });
    items.collect()
}

fn read(file: &str) -> String {
    fs::read_to_string(workspace().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// All code of a package, in whatever language its tests are.
fn code_of(package: &str) -> String {
    let folder = match package {
        "examples" => workspace().join("examples"),
        "conformance" => workspace().join("tests"),
        _ => workspace().join("crates").join(package),
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
            } else if path.extension() == Some(OsStr::new("c")) {
                // A test in C is a program.
                code += &format!("\nprogram {}(\n", path.file_stem().unwrap().to_string_lossy());
            }
        }
    }
    code
}

/// Whether a test of this name runs in whichever language it is. One in Rust has its attribute, and is not ignored.
fn has_test(code: &str, name: &str) -> bool {
    let elsewhere = [
        format!("def {name}("),
        format!("test('{name}'"),
        format!("\nprogram {name}("),
        // A flow of the conformance suite: a test over each transport plays the list of them.
        format!("fn {name}(player: &mut dyn Player)"),
    ];
    let in_rust = [format!("fn {name}("), format!("fn {name}<")].iter().any(|function| {
        code.match_indices(function.as_str()).any(|(at, _)| {
            let line = code[..at].rfind('\n').unwrap_or(0);
            let lines = code[..line].lines().rev().map(str::trim);
            let attributes: Vec<_> =
                lines.take_while(|line| line.starts_with("#[") || line.starts_with("//")).collect();
            attributes.iter().any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"))
                && !attributes.iter().any(|line| line.starts_with(IGNORED))
        })
    });
    in_rust || elsewhere.iter().any(|declared| code.contains(declared))
}

#[test]
fn every_promise_names_tests_and_all_of_them_exist() {
    let mut code: BTreeMap<String, String> = BTreeMap::new();
    for (file, heading) in LANGUAGES {
        let text = read(file);
        let promises = promises(&text, heading);
        assert!(promises.len() >= 25, "{file} has {} promises: was it read?", promises.len());
        let empty = promises.iter().filter(|promise| promise.tests.iter().all(|(_, tests)| tests.is_empty()));
        let empty: Vec<_> = empty.map(|promise| &promise.says).collect();
        assert!(empty.is_empty(), "{file} promises this and names no test: {empty:#?}");
        let mut missing = Vec::new();
        for (package, tests) in named(&text) {
            let code = code.entry(package.clone()).or_insert_with(|| code_of(&package));
            let gone = tests.iter().filter(|test| !has_test(code, test));
            missing.extend(gone.map(|test| format!("{package} has no test {test}")));
        }
        assert!(missing.is_empty(), "{file}: {missing:#?}");
    }
}

#[test]
fn both_languages_name_the_same_tests_for_the_same_promises() {
    let [english, chinese] = LANGUAGES.map(|(file, heading)| promises(&read(file), heading));
    for (english, chinese) in english.iter().zip(&chinese) {
        assert_eq!(english.tests, chinese.tests, "{} / {}", english.says, chinese.says);
    }
    assert_eq!(english.len(), chinese.len());
    // What cannot be promised, and what is left to the reader.
    let paragraphs = LANGUAGES.map(|(file, _)| read(file).matches("\n**").count());
    assert_eq!(paragraphs[0], paragraphs[1]);
    let items = LANGUAGES.map(|(file, _)| read(file).matches("\n* ").count());
    assert_eq!(items[0], items[1]);
}

#[test]
fn whoever_reads_of_safety_elsewhere_is_led_to_what_is_promised() {
    let guides = fs::read_dir(workspace().join("docs/guide")).unwrap();
    let guides = guides.map(|entry| format!("docs/guide/{}", entry.unwrap().file_name().to_string_lossy()));
    let readmes = ["README.md", "README.zh-CN.md"].map(str::to_owned);
    let astray: Vec<_> = readmes
        .into_iter()
        .chain(guides)
        .filter(|file| {
            let there = LANGUAGES[usize::from(file.ends_with(".zh-CN.md"))].0;
            !read(file).contains(&format!("{there})"))
        })
        .collect();
    assert!(astray.is_empty(), "these lead to no SECURITY.md of their language: {astray:?}");
}

#[test]
fn a_promise_without_a_test_and_a_test_that_is_gone_are_found() {
    let text = "# T\n\n## P\n\n**One\nis.** More.\n\n* `one`: `a`,\n  `b_c`\n* `two`: `d`\n\n**Two.** Bare.\n\n## Q\n\n**Three.**\n";
    let promises = promises(text, "## P");
    let tests = |package: &str, tests: &[&str]| {
        (package.to_owned(), tests.iter().map(|&test| test.to_owned()).collect::<Vec<_>>())
    };
    let says = |says: &str| says.to_owned();
    assert_eq!(
        promises,
        [
            Promise { says: says("One is."), tests: vec![tests("one", &["a", "b_c"]), tests("two", &["d"])] },
            Promise { says: says("Two."), tests: Vec::new() },
        ]
    );
    assert!(
        has_test("#[test]\nfn a_b() {}", "a_b")
            && has_test("    #[tokio::test(flavor = \"x\")]\n    // why\n    async fn a_b<T>() {}", "a_b")
            && has_test("def test_a(b):", "test_a")
            && has_test("test('a b', async () => {", "a b")
            && has_test("\nprogram wiped(\n", "wiped")
    );
    assert!(
        !has_test("fn a_b() {}", "a_b")
            && !has_test(&format!("#[test]\n{IGNORED}]\nfn a_b() {{}}"), "a_b")
            && !has_test("#[test]\nfn a_b_c() {}", "a_b")
            && !has_test("#[test]\nfn c() {}\n\nfn a_b() {}", "a_b")
            && !has_test("// a b", "a b")
    );
}
