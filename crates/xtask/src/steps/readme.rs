//! The READMEs and the guides: that the two languages agree, and that what they show works.
//!
//! Both languages have the same code blocks, in the same order; what is not prose may differ in its comments alone. A link
//! to a file of this project leads to one, also when it is written as a web page of the repository, as a package's README
//! has to, which is read elsewhere. A command of this project exists.
//!
//! What runs:
//!
//! * Rust runs as documentation tests of the facade, which includes the README and each guide; this step sees to it that
//!   it does. The README of a binding shows no Rust.
//! * Everything in C, Go, JavaScript, PHP, Python and TypeScript is an excerpt of a file that the bindings' tests run: its
//!   lines stand together in one file of the `examples`, `tests` or `test` of a binding, except for comments, blank lines
//!   and how far the whole is indented. So a block is written as an example first, and copied.

use std::collections::BTreeSet;
use std::path::Path;

use crate::command_line::is_chore;
use crate::project::{Outcome, Project, none_of, output, succeeds};
use crate::steps::code::build_programs;

const README: &str = "README.md";
/// One page for each problem, linked to by the README.
const GUIDES: &str = "docs/guide";
/// The packages for other languages, each with a README of its own.
const BINDINGS: [&str; 3] =
    ["crates/wechat-oauth-ffi", "crates/wechat-oauth-python", "crates/wechat-oauth-node"];
/// Where a binding keeps what its tests run.
const EXAMPLES: [&str; 3] = ["examples", "tests", "test"];
/// The programs of the guides that no binding has: the tests beside them run them too.
const GUIDES_OWN: &str = "crates/wechat-oauth-conformance/tests/shim";
/// The files of this project as web pages.
const PAGES: &str = "https://github.com/wechat-oauth/wechat-oauth/blob/main/";
const CHINESE: &str = ".zh-CN.md";
const FACADE: &str = "crates/wechat-oauth/src/lib.rs";
const PROGRAM: &str = "wechat-oauth";

pub(crate) fn check(project: &Project) -> Outcome {
    let facade = project.read(FACADE)?;
    let guides = guides(project)?;
    let examples = examples(project)?;
    let bindings: Vec<String> = BINDINGS.iter().map(|folder| format!("{folder}/{README}")).collect();
    let mut problems = Vec::new();
    let mut subcommands = BTreeSet::new();
    for english in std::iter::once(README).chain(guides.iter().chain(&bindings).map(String::as_str)) {
        let mut pair = Vec::new();
        for file in [english.to_owned(), in_chinese(english)] {
            let text = match project.read(&file) {
                Ok(text) => text,
                Err(error) => {
                    problems.push(error);
                    continue;
                }
            };
            let blocks = blocks(&text);
            if bindings.iter().any(|binding| binding == english) {
                problems.extend(rust_in_binding(&file, &blocks));
            } else if !facade.contains(&format!("include_str!(\"../../../{file}\")")) {
                problems.push(format!("{FACADE} does not include {file}, so its examples do not run"));
            }
            problems.extend(problems_of(project, &file, &text, &mut subcommands));
            problems.extend(not_excerpts(&file, &blocks, &examples));
            pair.push((file, blocks));
        }
        if let [one, other] = &pair[..] {
            problems.extend(different_blocks(one, other));
        }
    }
    problems.extend(unlinked(&project.read(README)?, &guides));
    problems.extend(unlinked(
        &project.read(&in_chinese(README))?,
        &guides.iter().map(|guide| in_chinese(guide)).collect::<Vec<_>>(),
    ));
    println!(
        "{} READMEs and {} guides, in two languages, beside {} examples and tests of the bindings",
        1 + bindings.len(),
        guides.len(),
        examples.len()
    );
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

/// What the bindings' tests run: each file with its text.
fn examples(project: &Project) -> Outcome<Vec<(String, String)>> {
    let mut list = project.command("git");
    list.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--"]);
    for binding in BINDINGS {
        list.args(EXAMPLES.map(|folder| format!("{binding}/{folder}")));
    }
    list.arg(GUIDES_OWN);
    let files = output(&mut list)?;
    // A file that is not text, or is deleted and not yet committed, shows nothing.
    let texts =
        files.split_terminator('\0').filter_map(|file| Some((file.to_owned(), project.read(file).ok()?)));
    Ok(texts.collect())
}

fn in_chinese(file: &str) -> String {
    format!("{}{CHINESE}", file.trim_end_matches(".md"))
}

/// What is wrong in one file; the program's commands in it are added to the others'.
fn problems_of(project: &Project, file: &str, text: &str, subcommands: &mut BTreeSet<String>) -> Vec<String> {
    let folder = Path::new(file).parent().unwrap_or(Path::new(""));
    let mut problems = Vec::new();
    for link in local_links(text) {
        let path = match link.strip_prefix('/') {
            Some(path) => Path::new(path).to_owned(),
            None => folder.join(&link),
        };
        if !project.path(&path.to_string_lossy()).exists() {
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

/// The Rust of a binding's README, which nothing runs.
fn rust_in_binding(file: &str, blocks: &[Block]) -> Vec<String> {
    let rust = blocks.iter().filter(|block| block.is_rust());
    rust.map(|block| format!("{file}:{}: nothing runs this Rust; another text says `text`", block.line))
        .collect()
}

/// The blocks of a binding's language that are in none of the examples.
fn not_excerpts(file: &str, blocks: &[Block], examples: &[(String, String)]) -> Vec<String> {
    let mut problems = Vec::new();
    for block in blocks {
        let Some(endings) = endings(block.language()) else { continue };
        let mut files = examples.iter().filter(|(file, _)| {
            Path::new(file).extension().is_some_and(|ending| endings.iter().any(|known| ending == *known))
        });
        let excerpt = code_lines(block.language(), &block.text);
        let is_in = |text: &str| {
            let lines = code_lines(block.language(), text);
            lines.windows(excerpt.len().max(1)).any(|window| unindented(window) == unindented(&excerpt))
        };
        if !files.any(|(_, text)| is_in(text)) {
            problems.push(format!(
                "{file}:{}: this {} is in no example or test of a binding, so it is not known to work",
                block.line,
                block.language()
            ));
        }
    }
    problems
}

/// What a file in a binding's language may end with.
fn endings(language: &str) -> Option<&'static [&'static str]> {
    Some(match language {
        "c" => &["c"],
        "go" => &["go"],
        "js" | "javascript" => &["js", "mjs", "cjs"],
        "php" => &["php"],
        "py" | "python" => &["py"],
        "ts" | "typescript" => &["ts", "mts", "cts"],
        _ => return None,
    })
}

/// What begins a comment that ends with its line.
fn comment(language: &str) -> Option<&'static str> {
    Some(match language {
        "sh" | "bash" | "toml" | "nginx" | "yaml" | "json" | "py" | "python" => "#",
        "c" | "go" | "js" | "javascript" | "php" | "ts" | "typescript" => "//",
        "sql" => "--",
        _ => return None,
    })
}

/// The lines that are neither blank nor a comment, without the comments at their ends.
fn code_lines<'text>(language: &str, text: &'text str) -> Vec<&'text str> {
    let comment = comment(language);
    let code = |line: &'text str| match comment {
        Some(comment) if line.trim_start().starts_with(comment) => "",
        Some(comment) => line.split(&format!(" {comment}")).next().unwrap_or_default(),
        None => line,
    };
    text.lines().map(|line| code(line).trim_end()).filter(|line| !line.is_empty()).collect()
}

/// The lines without the indentation that all of them have.
fn unindented<'text>(lines: &[&'text str]) -> Vec<&'text str> {
    let indentation = lines.iter().map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    lines.iter().map(|line| line.get(indentation..).unwrap_or(line)).collect()
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
    if let Err(error) = build_programs(project) {
        return vec![error];
    }
    let program = project.built("debug", PROGRAM);
    let has_help = |name: &str| succeeds(project.command(&program).args([name, "--help"]));
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

    /// What a program or a configuration says, or a shell or a database is told; nothing for Rust, whose strings may be
    /// translated, and for other texts.
    fn without_comments(&self) -> Option<Vec<&str>> {
        comment(self.language())?;
        Some(code_lines(self.language(), &self.text))
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

/// The files and folders that the text links to, outside of its code: with a slash in front where they are named from
/// the project's own folder.
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
    for link in &mut links {
        if let Some(file) = link.strip_prefix(PAGES) {
            *link = format!("/{file}");
        }
    }
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
    fn a_program_may_differ_in_its_comments_alone() {
        let one = "```python\nx = 1  # one\n\ny = 2\n```\n```js\nf(); // go\n```\n";
        assert_eq!(
            differences(one, "```python\nx = 1  # 一\ny = 2\n```\n```js\n// 走\nf();\n```\n"),
            [""; 0]
        );
        assert_eq!(differences(one, "```python\nx = 1\n  y = 2\n```\n```js\ng();\n```\n").len(), 2);
    }

    fn strangers(block: &str, example: &str) -> Vec<String> {
        not_excerpts("README.md", &blocks(block), &[("examples/site.py".to_owned(), example.to_owned())])
    }

    #[test]
    fn code_of_a_binding_is_an_excerpt_of_an_example() {
        let example =
            "import x\n\n\ndef f():\n    # why\n    y = x.z()  # now\n    if y:\n        return y\n";
        assert_eq!(strangers("```python\ny = x.z()\n# 然后\n\nif y:\n    return y\n```\n", example), [""; 0]);
        assert_eq!(strangers("```python\nimport x\n\ndef f():\n```\n", example), [""; 0]);
        for other in ["y = x.q()\n", "y = x.z()\nif y:\nreturn y\n", "import x\ny = x.z()\n", ""] {
            assert_eq!(strangers(&format!("```python\n{other}```\n"), example).len(), 1, "{other}");
        }
        // The same text in a file of another language proves nothing, and a text in no language need not run.
        assert_eq!(strangers("```js\nimport x\n```\n", example).len(), 1);
        assert_eq!(strangers("```text\nanything\n```\n", example), [""; 0]);
    }

    #[test]
    fn rust_has_no_place_in_the_readme_of_a_binding() {
        assert_eq!(rust_in_binding("README.md", &blocks("```\nx\n```\n```rust\n```\n```sh\n```\n")).len(), 2);
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
        assert_eq!(
            local_links(&format!("[errors]({PAGES}docs/guide/errors.md#codes)")),
            ["/docs/guide/errors.md"]
        );
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
