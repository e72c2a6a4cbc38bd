//! Prints the table of comparisons, and writes it to `target/bench/table.md`.
//!
//! `compare` compares; `compare RUN INDEX TIMES` is how it runs one side of one comparison under valgrind.
#![allow(clippy::expect_used, clippy::panic)] // a benchmark that cannot measure must stop

use std::path::Path;
use std::{env, fs};

use wechat_oauth_bench::sample::Sample;
use wechat_oauth_bench::table::{Row, Table};
use wechat_oauth_bench::{COMPARISONS, Comparison, Side, callgrind, measure};

const OURS: &str = "ours";
const THEIRS: &str = "theirs";

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [OURS, index, times] => run(index, times, |comparison| comparison.ours),
        [THEIRS, index, times] => run(index, times, |comparison| comparison.theirs),
        // Cargo says `--bench`.
        [] | ["--bench"] => compare(),
        _ => panic!("compare takes no argument"),
    }
}

fn run(index: &str, times: &str, side: impl Fn(&Comparison) -> Side) {
    let index: usize = index.parse().expect("a number");
    side(&COMPARISONS[index])(&Sample::new(), times.parse().expect("a number"));
}

fn compare() {
    let rows = (0..COMPARISONS.len()).map(row).collect();
    let table = Table(rows).to_string();
    println!("Instructions, counted by valgrind, and allocations:\n\n{table}");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench");
    fs::create_dir_all(&folder).expect("target/bench can be made");
    fs::write(folder.join("table.md"), table).expect("target/bench/table.md can be written");
}

fn row(index: usize) -> Row {
    let Comparison { work, beside, goal, ours, theirs } = COMPARISONS[index];
    let sample = Sample::new();
    let argument = index.to_string();
    Row {
        work: work.to_owned(),
        beside: beside.to_owned(),
        instructions: [OURS, THEIRS]
            .map(|side| callgrind::instructions(side, &argument).expect("valgrind works")),
        allocations: [ours, theirs].map(|side| measure::allocations_of(|| side(&sample, 1))),
        goal,
    }
}
