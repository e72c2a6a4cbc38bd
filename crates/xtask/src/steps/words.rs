//! Words that have no place in a tracked file: a machine's own folders, and what someone meant to come back to.

use std::fs;

use crate::project::{Outcome, Project, none_of, output};

/// What must not be found, and why. Each is written in two parts, so that this file passes.
const BANNED: [(&str, &str); 9] = [
    (concat!("/wo", "rk/"), MACHINE),
    (concat!("/ro", "ot/"), MACHINE),
    (concat!("/ho", "me/"), MACHINE),
    (concat!("/Us", "ers/"), MACHINE),
    (concat!("todo", "!("), LEFTOVER),
    (concat!("unimplemented", "!("), LEFTOVER),
    (concat!("FIX", "ME"), LEFTOVER),
    (concat!("dbg", "!("), LEFTOVER),
    (concat!("#[ign", "ore"), "a test that does not run proves nothing"),
];

const MACHINE: &str = "a folder of one machine";
const LEFTOVER: &str = "a leftover";

pub(crate) fn check(project: &Project) -> Outcome {
    let files = output(project.command("git").args(["ls-files", "-z"]))?;
    let mut problems = Vec::new();
    let mut count = 0;
    for file in files.split_terminator('\0') {
        match fs::read(project.path(file)) {
            Ok(content) => problems.extend(findings(&content).map(|finding| format!("{file}:{finding}"))),
            // Deleted, and not yet committed.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => problems.push(format!("cannot read {file}: {error}")),
        }
        count += 1;
    }
    println!("{count} tracked files");
    if count == 0 {
        problems.push("git tracks no file here".to_owned());
    }
    none_of(&problems)
}

/// What is wrong in one file: `line: what: why`.
fn findings(content: &[u8]) -> impl Iterator<Item = String> {
    content.split(|&byte| byte == b'\n').enumerate().flat_map(|(index, line)| {
        let found = BANNED.iter().filter(move |(word, _)| holds(line, word.as_bytes()));
        found.map(move |(word, why)| format!("{}: `{word}`: {why}", index + 1))
    })
}

/// Whether the line holds the word. A folder counts only where a path begins: a link may well end in such a word.
fn holds(line: &[u8], word: &[u8]) -> bool {
    let continues_a_path = |byte: u8| byte.is_ascii_alphanumeric() || b"._-~}%/".contains(&byte);
    line.windows(word.len()).enumerate().any(|(start, window)| {
        let before = start.checked_sub(1).map(|index| line[index]);
        window == word && !(word[0] == b'/' && before.is_some_and(continues_a_path))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        findings(text.as_bytes()).collect()
    }

    #[test]
    fn every_banned_word_is_found_with_its_line() {
        for (word, _) in BANNED {
            let findings = found(&format!("first line\nlet x = \"{word}\";\n"));
            assert_eq!(findings.len(), 1, "{word}");
            assert!(findings[0].starts_with("2: ") && findings[0].contains(word), "{findings:?}");
        }
    }

    #[test]
    fn a_folder_counts_only_where_a_path_begins() {
        for (word, why) in BANNED {
            if why == MACHINE {
                assert_eq!(
                    found(&format!("https://example.com{word}page or ..{word}x or $ROOT_{word}")),
                    [""; 0]
                );
                assert_eq!(found(&format!("{word}page")).len(), 1, "{word}");
                assert_eq!(found(&format!("PATH={word}bin")).len(), 1, "{word}");
            }
        }
    }

    #[test]
    fn bytes_that_are_not_text_are_searched_too() {
        let mut content = vec![0xff, 0x00, 0xfe];
        content.extend_from_slice(BANNED[0].0.as_bytes());
        assert_eq!(findings(&content).count(), 1);
    }

    #[test]
    fn ordinary_text_passes() {
        assert_eq!(found("the root of the workspace; at home; to do; ignore it\n"), [""; 0]);
    }
}
