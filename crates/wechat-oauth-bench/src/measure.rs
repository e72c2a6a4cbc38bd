//! Counting: allocations in the process, instructions by valgrind from outside.

use std::alloc::System;
use std::fs;
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The function whose instructions valgrind counts, as a pattern of its `--toggle-collect`.
pub const COUNTED: &str = "*wechat_oauth_bench::measure::counted*";

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

/// Does the work once, measured, with the dropping of what came out.
pub(crate) fn measure<I, O>(input: I, work: impl Fn(I) -> O) {
    let region = Region::new(ALLOCATOR);
    counted(input, work);
    let change = region.change();
    ALLOCATIONS.fetch_add(change.allocations + change.reallocations, Ordering::Relaxed);
}

#[inline(never)]
fn counted<I, O>(input: I, work: impl Fn(I) -> O) {
    drop(black_box(work(black_box(input))));
}

/// How often measured work allocates, growing included. One thread at a time can ask.
pub fn allocations_of(side: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    side();
    ALLOCATIONS.load(Ordering::Relaxed) - before
}

/// The seconds that this process has used, of all processors; a hundredth is the smallest step.
#[must_use]
pub fn processor_time() -> f64 {
    /// Linux counts in hundredths of a second for programs.
    const TICK: f64 = 0.01;
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The program's name, in parentheses, may hold blanks. Twelve fields after it come user and system time.
    let after_name = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    after_name.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() * TICK
}
