//! Prints the table of what was measured last, out of the files under `target/bench`; with `--write`, writes
//! `docs/benchmarks.md` between its marks, the same in Chinese, and the plots beside them.
#![allow(clippy::expect_used)] // a report that cannot be written must stop

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use wechat_oauth_bench::results::{self, Build, Measured};
use wechat_oauth_bench::table::grouped;

/// The lines of a page between which the tables stand.
const BEGIN: &str = "<!-- written by `cargo xtask bench --write` -->\n";
const END: &str = "<!-- up to here -->\n";

/// Names in Chinese.
const CHINESE: [(&str, &str); 25] = [
    ("authorize URL", "授权链接"),
    ("authorize URL and pending login", "授权链接和待完成的登录"),
    ("oauth2, URL and CSRF token", "oauth2，链接加 CSRF token"),
    ("callback to code", "从回调到 code"),
    ("exchange: request, answer to grant", "换取：请求，以及读出授权"),
    ("read exchange", "解读换取的响应"),
    ("read profile", "解读用户信息的响应"),
    ("serde_json, owned struct", "serde_json，自有字符串的结构体"),
    ("serde_json, borrowed struct", "serde_json，借用字符串的结构体"),
    ("whole flow: URL, callback, exchange, profile", "完整流程：链接、回调、换取、用户信息"),
    ("oauth2, url, serde_json", "oauth2、url、serde_json"),
    ("exchange over loopback", "本机回环上的一次换取"),
    ("bare ureq", "裸 ureq"),
    ("bare reqwest", "裸 reqwest"),
    ("whole login over HTTP", "走 HTTP 的完整登录"),
    ("bare axum and reqwest", "裸 axum 加 reqwest"),
    ("profile from the emulator", "模拟器返回用户信息"),
    ("axum's hello", "axum 的 hello 示例"),
    ("take once, 64 threads: 99.9th percentile", "64 个线程各取一次：99.9 百分位"),
    ("take once, 64 threads: takes a second", "64 个线程各取一次：每秒次数"),
    ("instructions", "指令"),
    ("logins a second of processor", "每秒 CPU 的登录数"),
    ("answers a second of processor", "每秒 CPU 的响应数"),
    ("microseconds", "微秒"),
    ("takes a second", "次每秒"),
];

/// The two languages of a page.
#[derive(Clone, Copy)]
enum Language {
    English,
    Chinese,
}

impl Language {
    fn of(self, english: &'static str, chinese: &'static str) -> &'static str {
        match self {
            Self::English => english,
            Self::Chinese => chinese,
        }
    }

    fn name(self, name: &str) -> &str {
        let found = CHINESE.iter().find(|(english, _)| *english == name);
        match (self, found) {
            (Self::Chinese, Some((_, chinese))) => chinese,
            _ => name,
        }
    }
}

fn main() {
    let measured: Vec<Measured> =
        ["core", "site", "emulator", "consume"].into_iter().flat_map(results::read).collect();
    let builds: Vec<Build> = results::read("build");
    println!("{}\n{}", table(&measured, Language::English), build_table(&builds, Language::English));
    if env::args().any(|argument| argument == "--write") {
        write_pages(&measured, &builds);
    }
}

fn write_pages(measured: &[Measured], builds: &[Build]) {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let plots = docs.join("benchmarks");
    fs::create_dir_all(&plots).expect("docs/benchmarks can be made");
    fs::write(plots.join("ratios.svg"), ratios_plot(measured)).expect("a plot can be written");
    fs::write(plots.join("builds.svg"), builds_plot(builds)).expect("a plot can be written");
    for (page, language) in [("benchmarks.md", Language::English), ("benchmarks.zh-CN.md", Language::Chinese)]
    {
        let page: PathBuf = docs.join(page);
        let text = fs::read_to_string(&page).expect("the page is there");
        let (before, rest) = text.split_once(BEGIN).expect("the page has the mark");
        let (_, after) = rest.split_once(END).expect("the page has the second mark");
        let written = format!(
            "{before}{BEGIN}\n{}\n![]({}/ratios.svg)\n\n{}\n![]({}/builds.svg)\n\n{END}{after}",
            table(measured, language),
            "benchmarks",
            build_table(builds, language),
            "benchmarks",
        );
        fs::write(&page, written).expect("the page can be written");
    }
}

fn table(measured: &[Measured], language: Language) -> String {
    let mut table = language
        .of(
            "| | work | beside | counted | ours | theirs | ratio (least to most) | goal | allocations |\n",
            "| | 工作 | 对照 | 计量 | 本库 | 对方 | 比值（最小到最大） | 目标 | 分配次数 |\n",
        )
        .to_owned();
    table.push_str("|---|---|---|---|---|---|---|---|---|\n");
    for row in measured {
        let [least, median, most] = row.ratio;
        let spread =
            if most - least < 0.0005 { String::new() } else { format!(" ({least:.2} to {most:.2})") };
        let spread = if matches!(language, Language::Chinese) { spread.replace("to", "到") } else { spread };
        let missed = if row.is_met() { "" } else { language.of(" (missed)", "（未达到）") };
        let sign = if row.at_most { "≤" } else { "≥" };
        let allocations =
            row.allocations.map_or(String::new(), |[ours, theirs]| format!("{ours} / {theirs}"));
        writeln!(
            table,
            "| {} | {} | {} | {} | {} | {} | {median:.3}{spread} | {sign} {}{missed} | {allocations} |",
            row.id,
            language.name(&row.work),
            language.name(&row.beside),
            language.name(&row.unit),
            grouped(row.ours),
            grouped(row.theirs),
            row.goal,
        )
        .expect("a text takes everything");
    }
    table
}

fn build_table(builds: &[Build], language: Language) -> String {
    let mut table = language
        .of(
            "| B10: cold build in release | packages it is built from | seconds of processor |\n",
            "| B10：release 模式从零构建 | 依赖的包数 | CPU 秒数 |\n",
        )
        .to_owned();
    table.push_str("|---|---|---|\n");
    for Build { package, packages, seconds } in builds {
        writeln!(table, "| `{package}` | {packages} | {seconds:.0} |").expect("a text takes everything");
    }
    table
}

/// Readable on a light page and on a dark one, both of which show through.
const GREY: RGBColor = RGBColor(128, 128, 128);
const MET: RGBColor = RGBColor(38, 150, 96);
const MISSED: RGBColor = RGBColor(214, 126, 44);
const GOAL: RGBColor = RGBColor(72, 120, 208);

const WIDTH: i32 = 960;
const ROW: i32 = 26;
/// Where bars begin, and how wide the widest is.
const LEFT: i32 = 430;
const SPAN: i32 = 440;

/// A bar for each ratio, with its goal.
fn ratios_plot(measured: &[Measured]) -> String {
    /// A ratio that is larger ends at the edge; its number says how large it is.
    const MOST: f64 = 1.6;
    let x = |ratio: f64| LEFT + (ratio.min(MOST) / MOST * f64::from(SPAN)).round() as i32;
    plot(measured.len(), "ours / theirs (bar), goal (blue)", |area| {
        for (row, measured) in measured.iter().enumerate() {
            let y = top(row);
            let [least, median, most] = measured.ratio;
            let colour = if measured.is_met() { MET } else { MISSED };
            label(
                area,
                &format!("{} {} / {}", measured.id, measured.work, measured.beside),
                (LEFT - 10, y + 8),
                HPos::Right,
            );
            bar(area, (LEFT, y + 2), (x(median), y + 14), colour);
            bar(area, (x(least), y + 7), (x(most) + 1, y + 9), GREY);
            bar(area, (x(measured.goal) - 1, y - 2), (x(measured.goal) + 1, y + 18), GOAL);
            let sign = if measured.at_most { "≤" } else { "≥" };
            let end = x(median).max(x(most)).max(x(measured.goal)) + 8;
            label(area, &format!("{median:.2} ({sign} {})", measured.goal), (end, y + 8), HPos::Left);
        }
    })
}

/// A bar for each cold build.
fn builds_plot(builds: &[Build]) -> String {
    let most = builds.iter().map(|build| build.seconds).fold(1.0, f64::max);
    plot(builds.len(), "cold build in release: seconds of processor", |area| {
        for (row, Build { package, packages, seconds }) in builds.iter().enumerate() {
            let y = top(row);
            let end = LEFT + (seconds / most * f64::from(SPAN - 60)).round() as i32;
            let colour = if package.starts_with("wechat-oauth") { MET } else { GREY };
            label(area, package, (LEFT - 10, y + 8), HPos::Right);
            bar(area, (LEFT, y + 2), (end, y + 14), colour);
            label(area, &format!("{seconds:.0} s, {packages} packages"), (end + 8, y + 8), HPos::Left);
        }
    })
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

fn plot(rows: usize, title: &str, draw: impl FnOnce(&Area<'_>)) -> String {
    let mut svg = String::new();
    {
        let height = top(rows) + 10;
        let area = SVGBackend::with_string(&mut svg, (WIDTH as u32, height as u32)).into_drawing_area();
        label(&area, title, (LEFT, 16), HPos::Left);
        draw(&area);
        area.present().expect("a text takes everything");
    }
    svg
}

fn top(row: usize) -> i32 {
    36 + ROW * i32::try_from(row).unwrap_or(i32::MAX / ROW - 2)
}

fn bar(area: &Area<'_>, from: (i32, i32), to: (i32, i32), colour: RGBColor) {
    area.draw(&Rectangle::new([from, to], colour.filled())).expect("a text takes everything");
}

fn label(area: &Area<'_>, text: &str, at: (i32, i32), side: HPos) {
    let style = ("sans-serif", 14).into_font().color(&GREY).pos(Pos::new(side, VPos::Center));
    area.draw(&Text::new(text.to_owned(), at, style)).expect("a text takes everything");
}
