//! The book for people: the tables, in both languages, and the sentence in the READMEs.
//!
//! A page is written by hand but for what stands between its two marks.

use std::collections::BTreeMap;

use serde_json::Value;

use super::book::{Book, text};
use crate::project::{Outcome, Project};

const BEGIN: &str = "<!-- written by `cargo xtask conformance` -->";
const END: &str = "<!-- up to here -->";

/// What is written into a page.
type Written = fn(&Book, Lang) -> String;

/// Every page, as the book wants it.
pub(super) fn all(project: &Project, book: &Book) -> Outcome<Vec<(&'static str, String)>> {
    let pages: [(&'static str, Written, Lang); 4] = [
        ("docs/clients.md", tables, Lang::En),
        ("docs/clients.zh-CN.md", tables, Lang::Zh),
        ("README.md", headline, Lang::En),
        ("README.zh-CN.md", headline, Lang::Zh),
    ];
    let mut texts = Vec::new();
    for (file, written, lang) in pages {
        let text = between_marks(&project.read(file)?, &written(book, lang));
        let text = text.ok_or_else(|| format!("{file} needs `{BEGIN}`, then `{END}`, once each"))?;
        texts.push((file, text));
    }
    Ok(texts)
}

/// The page with this between its marks.
fn between_marks(page: &str, written: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (old, after) = rest.split_once(END)?;
    let once = ![before, old, after].iter().any(|part| part.contains(BEGIN) || part.contains(END));
    once.then(|| format!("{before}{BEGIN}\n\n{written}\n{END}{after}"))
}

#[derive(Clone, Copy, PartialEq)]
enum Lang {
    En,
    Zh,
}

impl Lang {
    /// Of two texts in the book.
    fn of(self, both: &Value) -> &str {
        text(&both[if self == Self::En { "en" } else { "zh" }])
    }

    fn pick<T>(self, english: T, chinese: T) -> T {
        if self == Self::En { english } else { chinese }
    }

    fn colon(self) -> &'static str {
        self.pick(": ", "：")
    }
}

/// How many cases there are, and how the clients did.
fn headline(book: &Book, lang: Lang) -> String {
    let is_ours = |client: &&Value| client["ours"] == true;
    let ours: Vec<&Value> = book.clients().iter().filter(is_ours).collect();
    let others = book.clients().iter().filter(|client| !is_ours(client)).map(|client| {
        let (name, version) = (text(&client["client"]), text(&client["version"]));
        let faults = &client["totals"]["unsafe"];
        lang.pick(format!("{faults} in {name} {version}"), format!("{name} {version} 有 {faults} 个"))
    });
    let others = others.collect::<Vec<_>>().join(lang.pick(", ", "，"));
    let faults: u64 = ours.iter().filter_map(|client| client["totals"]["unsafe"].as_u64()).sum();
    let (cases, count) = (book.cases().len(), ours.len());
    match lang {
        Lang::En => format!(
            "`wechat-oauth conformance` plays {cases} cases of a WeChat that misbehaves with a login client in any language. \
             Unsafe cases: {faults} in the {count} clients of this project, {others}. \
             [All cases and all clients](docs/clients.md)\n"
        ),
        Lang::Zh => format!(
            "`wechat-oauth conformance` 让任何语言的登录客户端面对 {cases} 种「不守规矩的微信」。\
             不安全的用例：本项目的 {count} 个客户端共 {faults} 个，{others}。\
             [全部用例和全部客户端](docs/clients.zh-CN.md)\n"
        ),
    }
}

/// A line of totals for each client; a table of verdicts for each area; then each reason.
fn tables(book: &Book, lang: Lang) -> String {
    let mut page = totals(book, lang);
    for area in book.areas() {
        let cases: Vec<&Value> = book.cases().iter().filter(|case| case["area"] == area["name"]).collect();
        if !cases.is_empty() {
            page += &format!("\n### {}\n\n{}", lang.of(area), verdicts(book, &cases, lang));
        }
    }
    for (verdict, title) in [
        ("unsafe", lang.pick("Each ✗ and its reason", "每个 ✗ 的原因")),
        ("cannot", lang.pick("Each – and its reason", "每个 – 的原因")),
    ] {
        page += &format!("\n## {title}\n{}", reasons(book, verdict, lang));
    }
    page
}

fn totals(book: &Book, lang: Lang) -> String {
    let mut table =
        lang.pick("| client | version | ✓ | ✗ | – |\n", "| 客户端 | 版本 | ✓ | ✗ | – |\n").to_owned()
            + "|---|---|---|---|---|\n";
    for client in book.clients() {
        let [safe, faults, cannot] = ["safe", "unsafe", "cannot"].map(|of| &client["totals"][of]);
        let (name, version) = (on_one_line(text(&client["client"])), on_one_line(text(&client["version"])));
        table += &format!("| {name} | {version} | {safe} | {faults} | {cannot} |\n");
    }
    table
}

/// What each case is about, then who does what.
fn verdicts(book: &Book, cases: &[&Value], lang: Lang) -> String {
    let mut page = String::new();
    for case in cases {
        page += &format!(
            "* `{}`{}{}\n",
            text(&case["name"]),
            lang.colon(),
            on_one_line(lang.of(&case["threat"]))
        );
    }
    let names = book.clients().iter().map(|client| on_one_line(text(&client["client"])));
    page += &format!(
        "\n| | {} |\n|---|{}\n",
        names.collect::<Vec<_>>().join(" | "),
        "---|".repeat(book.clients().len())
    );
    for case in cases {
        let name = text(&case["name"]);
        let signs = book.clients().iter().map(|client| match text(&client["not_safe"][name]["verdict"]) {
            "unsafe" => "✗",
            "cannot" => "–",
            _ => "✓",
        });
        page += &format!("| `{name}` | {} |\n", signs.collect::<Vec<_>>().join(" | "));
    }
    page
}

/// Each client's cases of this verdict, those with the same reason on one line.
fn reasons(book: &Book, verdict: &str, lang: Lang) -> String {
    let mut page = String::new();
    for client in book.clients() {
        // In the order of the cases, by the first that has the reason.
        let mut lines: BTreeMap<usize, (String, Vec<&str>)> = BTreeMap::new();
        for (place, case) in book.cases().iter().enumerate() {
            let name = text(&case["name"]);
            let found = &client["not_safe"][name];
            if found["verdict"] == verdict {
                let reason = on_one_line(lang.of(&found["reason"]));
                match lines.values_mut().find(|(known, _)| *known == reason) {
                    Some((_, names)) => names.push(name),
                    None => {
                        lines.insert(place, (reason, vec![name]));
                    }
                }
            }
        }
        if !lines.is_empty() {
            page += &format!("\n### {} {}\n\n", text(&client["client"]), text(&client["version"]));
        }
        for (reason, names) in lines.values() {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            page += &format!("* {}{}{reason}\n", names.join(lang.pick(", ", "、")), lang.colon());
        }
    }
    if page.is_empty() { format!("\n{}\n", lang.pick("There is none.", "没有。")) } else { page }
}

/// A client's words quote whatever it printed: here they are text, and no HTML or table.
fn on_one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace('&', "&amp;").replace('<', "&lt;").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::conformance::book::tests::book;

    #[test]
    fn what_is_between_the_marks_is_written_and_the_rest_stays() {
        let page = format!("before\n{BEGIN}\nold\n{END}\nafter\n");
        let written = between_marks(&page, "new\n").unwrap();
        assert_eq!(written, format!("before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"));
        assert_eq!(between_marks(&written, "new\n").unwrap(), written);
        for page in ["", BEGIN, END, &format!("{END}{BEGIN}"), &format!("{page}{page}")] {
            assert_eq!(between_marks(page, "new"), None, "{page}");
        }
    }

    #[test]
    fn a_table_has_a_row_for_each_case_and_a_column_for_each_client() {
        let page = tables(&book(), Lang::En);
        assert!(page.contains("### State\n"), "{page}");
        assert!(!page.contains("### None"), "an area without cases has no table: {page}");
        assert!(page.contains("* `two`: two happens\n"), "{page}");
        assert!(
            page.contains("| | ours | other |\n|---|---|---|\n| `one` | ✓ | ✓ |\n| `two` | ✓ | ✗ |\n"),
            "{page}"
        );
        assert!(page.contains("| other | 1.0 | 1 | 1 | 0 |\n"), "{page}");
        assert!(page.contains("### other 1.0\n\n* `two`: it \\| took the other\n"), "{page}");
        assert!(page.contains("its reason\n\nThere is none.\n"), "{page}");
    }

    #[test]
    fn the_chinese_page_says_the_same() {
        let page = tables(&book(), Lang::Zh);
        assert!(page.contains("### state 校验\n"), "{page}");
        assert!(page.contains("* `two`：发生 two\n"), "{page}");
        assert!(page.contains("* `two`：认成了别人\n"), "{page}");
    }

    #[test]
    fn the_headline_counts_what_was_found() {
        let english = headline(&book(), Lang::En);
        assert!(english.contains("plays 2 cases"), "{english}");
        assert!(english.contains("0 in the 1 clients of this project, 1 in other 1.0."), "{english}");
        assert!(headline(&book(), Lang::Zh).contains("共 0 个，other 1.0 有 1 个。"));
    }

    #[test]
    fn what_a_client_printed_is_text() {
        assert_eq!(on_one_line("a\n <b>|&"), "a &lt;b>\\|&amp;");
    }
}
