//! Prints the table of comparisons, and writes what was counted to `target/bench/core.json`.
//!
//! `compare` compares; `compare SIDE INDEX SERVER TIMES` is how it runs one side of one comparison under valgrind.
#![allow(clippy::expect_used, clippy::panic)] // a benchmark that cannot measure must stop

use std::env;

use wechat_oauth_bench::results::{self, Measured};
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
    let rows: Vec<Row> = (0..COMPARISONS.len()).map(|index| row(index, &sample)).collect();
    let measured: Vec<_> =
        rows.iter().zip(COMPARISONS).map(|(row, comparison)| measured(row, comparison)).collect();
    results::write("core", &measured);
    println!("Instructions, counted by valgrind, and allocations:\n\n{}", Table(rows));
}

fn measured(row: &Row, comparison: &Comparison) -> Measured {
    let mut measured =
        Measured::new(comparison.id, &row.work, &row.beside, "instructions", &row.instructions)
            .at_most(row.goal);
    measured.allocations = Some(row.allocations);
    measured
}

fn row(index: usize, sample: &Sample) -> Row {
    let Comparison { work, beside, goal, measured, ours, theirs, .. } = COMPARISONS[index];
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
