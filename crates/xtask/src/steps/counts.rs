//! How many packages each of ours is built from: as docs/dependencies.md says, no more and no fewer.

use std::collections::BTreeSet;

use crate::metadata::Metadata;
use crate::project::{Outcome, Project, none_of, output};

/// The pages that state the numbers.
const PAGES: [&str; 2] = ["docs/dependencies.md", "docs/dependencies.zh-CN.md"];
/// The machine that they are counted for: what other systems need on top is not built there.
const TARGET: &str = "x86_64-unknown-linux-gnu";
/// The sets of features, in the order of the table's columns.
const COLUMNS: [&[&str]; 3] = [&["--no-default-features"], &[], &["--all-features"]];

pub(crate) fn check(project: &Project) -> Outcome {
    let metadata = Metadata::of_workspace(project)?;
    let mut rows = BTreeSet::new();
    for package in metadata.own().filter(|package| package.published) {
        let mut row = format!("| `{}` |", package.name);
        for features in COLUMNS {
            row += &format!(" {} |", count(project, &package.name, features)?);
        }
        rows.insert(row);
    }
    let mut problems = Vec::new();
    for page in PAGES {
        problems.extend(differences(page, &project.read(page)?, &rows));
    }
    none_of(&problems)
}

/// The packages that a package of ours is built from, itself not counted.
fn count(project: &Project, package: &str, features: &[&str]) -> Outcome<usize> {
    let mut tree = project.cargo(["tree", "--locked", "--edges", "normal,build", "--prefix", "none"]);
    tree.args(["--format", "{p}", "--target", TARGET, "--package", package]).args(features);
    let listed = packages(&output(&mut tree)?).len();
    listed.checked_sub(1).ok_or_else(|| format!("cargo lists nothing for {package}"))
}

/// The packages that `cargo tree` lists, each once. It repeats those that several need, with a mark.
pub(super) fn packages(tree: &str) -> BTreeSet<&str> {
    tree.lines().map(|line| line.trim_end_matches(" (*)")).filter(|line| !line.is_empty()).collect()
}

/// The rows that a page lacks, and those that it has in excess.
fn differences(page: &str, text: &str, rows: &BTreeSet<String>) -> Vec<String> {
    let stated: BTreeSet<String> =
        text.lines().filter(|line| line.starts_with("| `wechat-oauth")).map(str::to_owned).collect();
    let missing = rows.difference(&stated).map(|row| format!("{page} lacks: {row}"));
    let wrong = stated.difference(rows).map(|row| format!("{page} is wrong: {row}"));
    missing.chain(wrong).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_that_several_need_is_counted_once() {
        let tree = "a v1.0.0 (/a)\nb v1.0.0\nc v2.0.0\nb v1.0.0 (*)\n\n";
        assert_eq!(packages(tree), BTreeSet::from(["a v1.0.0 (/a)", "b v1.0.0", "c v2.0.0"]));
    }

    #[test]
    fn a_number_that_grew_or_shrank_is_reported() {
        let rows = BTreeSet::from(["| `wechat-oauth` | 1 | 2 | 3 |".to_owned()]);
        assert_eq!(differences("p", "# x\n| `wechat-oauth` | 1 | 2 | 3 |\n| other |", &rows), [""; 0]);
        assert_eq!(differences("p", "| `wechat-oauth` | 1 | 2 | 4 |", &rows).len(), 2);
        assert_eq!(differences("p", "", &rows), ["p lacks: | `wechat-oauth` | 1 | 2 | 3 |"]);
    }
}
