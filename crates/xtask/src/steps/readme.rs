//! The READMEs and the guides: that the two languages agree, and that what they point to exists.
//!
//! Their Rust code runs as documentation tests of the facade, which includes each file; this step sees to it that it
//! does.

use std::collections::BTreeSet;
use std::path::Path;

use crate::command_line::is_chore;
use crate::project::{Outcome, Project, none_of, run, succeeds};

const README: &str = "README.md";
/// One page for each problem, linked to by the README.
const GUIDES: &str = "docs/guide";
const CHINESE: &str = ".zh-CN.md";
const FACADE: &str = "crates/wechat-oauth/src/lib.rs";
const PROGRAM: &str = "wechat-oauth";

pub(crate) fn check(project: &Project) -> Outcome {
    let facade = project.read(FACADE)?;
    let guides = guides(project)?;
    let mut problems = Vec::new();
    let mut subcommands = BTreeSet::new();
    for english in std::iter::once(README).chain(guides.iter().map(String::as_str)) {
        let mut pair = Vec::new();
        for file in [english.to_owned(), in_chinese(english)] {
            let text = project.read(&file)?;
            if !facade.contains(&format!("include_str!(\"../../../{file}\")")) {
                problems.push(format!("{FACADE} does not include {file}, so its examples do not run"));
            }
            problems.extend(problems_of(project, &file, &text, &mut subcommands));
            pair.push((file, blocks(&text)));
        }
        problems.extend(different_blocks(&pair[0], &pair[1]));
    }
    problems.extend(unlinked(&project.read(README)?, &guides));
    problems.extend(unlinked(
        &project.read(&in_chinese(README))?,
        &guides.iter().map(|guide| in_chinese(guide)).collect::<Vec<_>>(),
    ));
    println!("1 README and {} guides, in two languages", guides.len());
    println!("the commands of {PROGRAM} that they show: {subcommands:?}");
    problems.extend(unknown_subcommands(project, &subcommands));
    none_of(&problems)
}

/// The English guides.
fn guides(project: &Project) -> Outcome<Vec<String>> {
    let names = |error: std::io::Error| format!("cannot list {GUIDES}: {error}");
    let mut guides = Vec::new();
    for entry in project.path(GUIDES).read_dir().map_err(names)? {
        let name = entry.map_err(names)?.file_name().to_string_lossy().into_owned();
        if let Some(translated) = name.strip_suffix(CHINESE) {
            // Without its original it would be read by nobody; a missing original is an error of `read`.
            guides.push(format!("{GUIDES}/{translated}.md"));
        } else {
            guides.push(format!("{GUIDES}/{name}"));
        }
    }
    guides.sort();
    guides.dedup();
    Ok(guides)
}

fn in_chinese(file: &str) -> String {
    format!("{}{CHINESE}", file.trim_end_matches(".md"))
}

/// What is wrong in one file; the program's commands in it are added to the others'.
fn problems_of(project: &Project, file: &str, text: &str, subcommands: &mut BTreeSet<String>) -> Vec<String> {
    let folder = Path::new(file).parent().unwrap_or(Path::new(""));
    let mut problems = Vec::new();
    for link in local_links(text) {
        if !project.path(&folder.join(&link).to_string_lossy()).exists() {
            problems.push(format!("{file}: there is no {link}"));
        }
    }
    for block in blocks(text) {
        if block.is_rust() && block.has_attribute("ignore") {
            problems.push(format!("{file}:{}: an example that is ignored is not known to work", block.line));
        }
        for command in block.commands() {
            match command {
                Named::Subcommand(name) => {
                    subcommands.insert(name);
                }
                Named::Chore(name) if is_chore(&name) => {}
                Named::Chore(name) => {
                    problems.push(format!("{file}:{}: there is no `cargo xtask {name}`", block.line));
                }
            }
        }
    }
    problems
}

/// The guides that a README does not lead to.
fn unlinked(readme: &str, guides: &[String]) -> Vec<String> {
    let links = local_links(readme);
    let missing = guides.iter().filter(|guide| !links.contains(guide));
    missing.map(|guide| format!("the README of its language does not link to {guide}")).collect()
}

/// The program itself says which subcommands it knows: it has help for those, and only for those.
fn unknown_subcommands(project: &Project, names: &BTreeSet<String>) -> Vec<String> {
    if names.is_empty() {
        return vec![format!("no command of {PROGRAM} is shown")];
    }
    const PACKAGE: [&str; 3] = ["--quiet", "--package", "wechat-oauth-cli"];
    if let Err(error) = run(project.cargo(["build"]).args(PACKAGE)) {
        return vec![error];
    }
    let has_help = |name: &str| succeeds(project.cargo(["run"]).args(PACKAGE).args(["--", name, "--help"]));
    let unknown = names.iter().filter(|name| !has_help(name));
    let mut problems: Vec<String> = unknown.map(|name| format!("there is no `{PROGRAM} {name}`")).collect();
    if has_help("no-such-subcommand") {
        problems.push(format!(
            "{PROGRAM} has help for a subcommand that does not exist, so this check shows nothing"
        ));
    }
    problems
}

/// Where two languages differ: in the number of their code blocks, in the language of one, or in what is not a comment
/// of a configuration, which is the same in any language.
fn different_blocks(one: &(String, Vec<Block>), other: &(String, Vec<Block>)) -> Vec<String> {
    let ((first, one), (second, other)) = (one, other);
    if one.len() != other.len() {
        return vec![format!("{first} has {} code blocks and {second} has {}", one.len(), other.len())];
    }
    let mut problems = Vec::new();
    for (one, other) in one.iter().zip(other) {
        let (here, there) = (one.line, other.line);
        if one.info != other.info {
            problems
                .push(format!("{first}:{here} is `{}` where {second}:{there} is `{}`", one.info, other.info));
        } else if one.without_comments() != other.without_comments() {
            problems.push(format!("{first}:{here} and {second}:{there} differ in more than comments"));
        }
    }
    problems
}

/// A fenced code block.
#[derive(Debug, PartialEq)]
struct Block {
    /// What follows the opening fence: the language and its attributes.
    info: String,
    /// The line of the opening fence, counted from one.
    line: usize,
    text: String,
}

/// A command that exists in this project, or should.
#[derive(Debug, PartialEq)]
enum Named {
    /// `cargo xtask NAME`
    Chore(String),
    /// `wechat-oauth NAME`, or `cargo run -- NAME`
    Subcommand(String),
}

impl Block {
    fn language(&self) -> &str {
        self.info.split([',', ' ']).next().unwrap_or_default()
    }

    fn has_attribute(&self, attribute: &str) -> bool {
        self.info.split([',', ' ']).any(|found| found == attribute)
    }

    /// A fence without a language is Rust to rustdoc.
    fn is_rust(&self) -> bool {
        matches!(self.language(), "rust" | "" | "ignore")
    }

    /// What a configuration says, or a shell or a database is told; nothing for other blocks, whose texts may be
    /// translated.
    fn without_comments(&self) -> Option<String> {
        let comment = match self.language() {
            "sh" | "bash" | "toml" | "nginx" | "yaml" | "json" => "#",
            "sql" => "--",
            _ => return None,
        };
        let begins = format!(" {comment}");
        let code = |line: &'_ str| -> String {
            let line = if line.trim_start().starts_with(comment) { "" } else { line };
            line.split(&begins).next().unwrap_or_default().trim().to_owned()
        };
        let lines: Vec<String> =
            self.text.lines().map(code).filter(|line: &String| !line.is_empty()).collect();
        Some(lines.join("\n"))
    }

    fn commands(&self) -> Vec<Named> {
        let lines: Vec<&str> = match self.language() {
            "sh" | "bash" => self.text.lines().collect(),
            // What follows a prompt is a command, and the rest is what it prints.
            "console" => self.text.lines().filter_map(|line| line.trim_start().strip_prefix("$ ")).collect(),
            _ => return Vec::new(),
        };
        shell_commands(&lines.join("\n")).iter().filter_map(|words| named(words)).collect()
    }
}

fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = markdown.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let Some(fence) = fence(line) else { continue };
        let info = line.trim()[fence.len()..].trim().to_owned();
        let closes =
            |line: &str| line.trim().starts_with(fence) && line.trim().chars().all(|letter| letter == '`');
        let mut text = String::new();
        for (_, line) in lines.by_ref().take_while(|(_, line)| !closes(line)) {
            text += line;
            text.push('\n');
        }
        blocks.push(Block { info, line: index + 1, text });
    }
    blocks
}

/// The backticks that open a code block.
fn fence(line: &str) -> Option<&str> {
    let line = line.trim();
    let fence = &line[..line.len() - line.trim_start_matches('`').len()];
    // Backticks further on make it code inside a sentence.
    (fence.len() >= 3 && !line[fence.len()..].contains('`')).then_some(fence)
}

/// The files and folders that the text links to, outside of its code.
fn local_links(markdown: &str) -> Vec<String> {
    let mut prose = String::new();
    let mut open: Option<&str> = None;
    for line in markdown.lines() {
        match (open, fence(line)) {
            (None, Some(fence)) => open = Some(fence),
            (Some(opened), Some(fence)) if fence.len() >= opened.len() => open = None,
            (None, None) => prose += &format!("{line}\n"),
            _ => {}
        }
    }
    let between = |start: &str, end: &[char]| -> Vec<String> {
        let ends: Vec<&str> = prose.split(start).skip(1).collect();
        ends.iter().filter_map(|rest| rest.split(end).next()).map(str::to_owned).collect()
    };
    let mut links = between("](", &[')', ' ', '\n']);
    links.extend(
        between("\n[", &['\n']).iter().filter_map(|line| line.split_once("]: ")).map(|(_, to)| to.to_owned()),
    );
    links.extend(between("src=\"", &['"']));
    links.extend(between("href=\"", &['"']));
    links.retain(|link| !link.contains(':') && !link.starts_with('#'));
    links.iter().filter_map(|link| link.split(['#', '?']).next()).map(str::to_owned).collect()
}

/// A shell text as commands, and each command as words. Quotes are understood; expansions are left as they are.
fn shell_commands(text: &str) -> Vec<Vec<String>> {
    let mut commands = Vec::new();
    let mut command = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (Some(_), _) => word.get_or_insert_default().push(letter),
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, '\\') => match letters.next() {
                Some('\n') | None => {}
                Some(escaped) => word.get_or_insert_default().push(escaped),
            },
            (None, '#') if word.is_none() => while letters.next_if(|letter| *letter != '\n').is_some() {},
            (None, '\n' | ';' | '|' | '&' | '(' | ')') => {
                command.extend(word.take());
                commands.push(std::mem::take(&mut command));
            }
            (None, _) if letter.is_whitespace() => command.extend(word.take()),
            (None, _) => word.get_or_insert_default().push(letter),
        }
    }
    command.extend(word);
    commands.push(command);
    commands.retain(|command| !command.is_empty());
    commands
}

fn named(words: &[String]) -> Option<Named> {
    let is_assignment = |word: &&String| word.split_once('=').is_some_and(|(name, _)| is_variable(name));
    let start = words.iter().take_while(is_assignment).count();
    let words: Vec<&str> =
        words[start..].iter().map(String::as_str).skip_while(|word| *word == "$").collect();
    match words.as_slice() {
        ["cargo", "xtask", name, ..] => Some(Named::Chore((*name).to_owned())),
        ["cargo", "run", rest @ ..] => {
            let (options, arguments) = rest.split_at(rest.iter().position(|word| *word == "--")?);
            let another = ["--example", "--bin", "-p", "--package"];
            let ours = !options.iter().any(|option| another.contains(option))
                || options.contains(&"wechat-oauth-cli");
            arguments.get(1).filter(|_| ours).map(|name| Named::Subcommand((*name).to_owned()))
        }
        [program, name, ..] if program.rsplit('/').next() == Some(PROGRAM) => {
            Some(Named::Subcommand((*name).to_owned()))
        }
        _ => None,
    }
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(info: &str, text: &str) -> Block {
        Block { info: info.to_owned(), line: 1, text: text.to_owned() }
    }

    fn chore(name: &str) -> Named {
        Named::Chore(name.to_owned())
    }

    fn subcommand(name: &str) -> Named {
        Named::Subcommand(name.to_owned())
    }

    #[test]
    fn code_blocks_are_found_with_their_language() {
        let text =
            "Hello ```inline``` code\n\n```sh\ncargo run -- demo\n```\n\n````markdown\n```rust\n```\n````\n";
        let found = blocks(text);
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].language(), found[0].line, found[0].text.as_str()),
            ("sh", 3, "cargo run -- demo\n")
        );
        assert_eq!((found[1].language(), found[1].text.as_str()), ("markdown", "```rust\n```\n"));
    }

    fn differences(one: &str, other: &str) -> Vec<String> {
        different_blocks(&("one.md".to_owned(), blocks(one)), &("other.md".to_owned(), blocks(other)))
    }

    #[test]
    fn languages_with_other_code_blocks_are_reported() {
        let one = "```sh\n```\n```rust\n```\n";
        assert_eq!(differences(one, "```sh\n```\n```rust\n// 甲\n```\n"), [""; 0]);
        assert_eq!(differences(one, "```sh\n```\n").len(), 1);
        assert_eq!(differences(one, "```sh\n```\n```toml\n```\n").len(), 1);
    }

    #[test]
    fn a_configuration_may_differ_in_its_comments_alone() {
        let one = "```nginx\n# why\nlisten 80;  # plain\n```\n";
        assert_eq!(differences(one, "```nginx\nlisten 80; # 明文\n\n# 为什么\n```\n"), [""; 0]);
        assert_eq!(differences(one, "```nginx\n# why\nlisten 81;\n```\n").len(), 1);
        assert_eq!(differences("```sql\n-- a\nSELECT 1;\n```\n", "```sql\nSELECT 2;\n```\n").len(), 1);
    }

    #[test]
    fn a_guide_that_no_readme_leads_to_is_reported() {
        let guides = ["docs/guide/site.md".to_owned(), "docs/guide/nginx.md".to_owned()];
        assert_eq!(unlinked("[a](docs/guide/site.md), [b](docs/guide/nginx.md#why)", &guides), [""; 0]);
        assert_eq!(unlinked("[a](docs/guide/site.md)", &guides).len(), 1);
        assert_eq!(in_chinese("docs/guide/site.md"), "docs/guide/site.zh-CN.md");
    }

    #[test]
    fn an_ignored_example_is_recognised() {
        assert!(block("rust,ignore", "").is_rust() && block("rust,ignore", "").has_attribute("ignore"));
        assert!(block("ignore", "").is_rust());
        assert!(!block("text", "").is_rust());
        assert!(!block("rust,no_run", "").has_attribute("ignore"));
    }

    #[test]
    fn links_to_files_are_found_outside_of_code() {
        let text = "See [the design](DESIGN.md#why \"title\"), [here](#words), [there](https://example.com/x.md),\n\
                    ![flow](docs/flow.svg)\n```md\n[not](this.md)\n```\n<img src=\"docs/qr.png\">\n[end]: SECURITY.md\n";
        assert_eq!(local_links(text), ["DESIGN.md", "docs/flow.svg", "SECURITY.md", "docs/qr.png"]);
    }

    #[test]
    fn commands_of_this_project_are_found_in_shell_blocks() {
        let text = "cargo xtask test   # all of it\nWECHAT_APP_SECRET=x wechat-oauth exchange --code 'a|b' | ./target/debug/wechat-oauth profile\n\
                    cargo run -- demo --once && cargo run --quiet --package wechat-oauth-cli -- \\\n  lint 'https://example.com/?a=1&b=2'\n\
                    cargo run -p examples --example offline -- wechat\n# cargo xtask nothing\n";
        let expected = [
            chore("test"),
            subcommand("exchange"),
            subcommand("profile"),
            subcommand("demo"),
            subcommand("lint"),
        ];
        assert_eq!(block("sh", text).commands(), expected);
        assert_eq!(block("rust", text).commands(), []);
    }

    #[test]
    fn what_a_command_prints_is_no_command() {
        let text = "$ wechat-oauth explain 40029\nwechat-oauth says so\n";
        assert_eq!(block("console", text).commands(), [subcommand("explain")]);
    }

    #[test]
    fn quotes_keep_words_together() {
        assert_eq!(shell_commands("a 'b c' \"d;e\" '' ; f\\ g"), [vec!["a", "b c", "d;e", ""], vec!["f g"]]);
    }
}
