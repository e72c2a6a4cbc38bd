//! Prints the table of comparisons, and writes it to `target/bench/table.md`.
//!
//! `compare` compares; `compare SIDE INDEX SERVER TIMES` is how it runs one side of one comparison under valgrind.
#![allow(clippy::expect_used, clippy::panic)] // a benchmark that cannot measure must stop

use std::path::Path;
use std::{env, fs};

use wechat_oauth_bench::sample::Sample;
use wechat_oauth_bench::table::{Row, Table};
use wechat_oauth_bench::{COMPARISONS, Comparison, Side, callgrind, measure, server};

const OURS: &str = "ours";
const THEIRS: &str = "theirs";

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [OURS, index, server, times] => run(index, server, times, |comparison| comparison.ours),
        [THEIRS, index, server, times] => run(index, server, times, |comparison| comparison.theirs),
        // Cargo says `--bench`.
        [] | ["--bench"] => compare(),
        _ => panic!("compare takes no argument"),
    }
}

fn run(index: &str, server: &str, times: &str, side: impl Fn(&Comparison) -> Side) {
    let index: usize = index.parse().expect("a number");
    side(&COMPARISONS[index])(&Sample::new(server), times.parse().expect("a number"));
}

fn compare() {
    let server = server::start(&Sample::new("").tokens).expect("a free port");
    let sample = Sample::new(&server);
    let rows = (0..COMPARISONS.len()).map(|index| row(index, &sample)).collect();
    let table = Table(rows).to_string();
    println!("Instructions, counted by valgrind, and allocations:\n\n{table}");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench");
    fs::create_dir_all(&folder).expect("target/bench can be made");
    fs::write(folder.join("table.md"), table).expect("target/bench/table.md can be written");
}

fn row(index: usize, sample: &Sample) -> Row {
    let Comparison { work, beside, goal, measured, ours, theirs } = COMPARISONS[index];
    let index = index.to_string();
    let count = |side| callgrind::instructions(&[side, &index, &sample.server]).expect("valgrind works");
    // One after the other, so that what changes on the machine meanwhile changes both.
    let instructions = (0..measured).map(|_| [OURS, THEIRS].map(count)).collect();
    Row {
        work: work.to_owned(),
        beside: beside.to_owned(),
        instructions,
        allocations: [ours, theirs].map(|side| allocations(side, sample)),
        goal,
    }
}

/// Of one time, without what happens only once.
fn allocations(side: Side, sample: &Sample) -> usize {
    let [few, more] = [1, 3].map(|times| measure::allocations_of(|| side(sample, times)));
    (more - few) / 2
}
