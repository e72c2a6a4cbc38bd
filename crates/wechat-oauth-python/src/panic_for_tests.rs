//! A panic wherever a test wants it.

use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::prelude::*;

static AT_THE_DOOR: AtomicBool = AtomicBool::new(false);
static IN_A_TURN: AtomicBool = AtomicBool::new(false);

/// Lets the next call from Python panic: as it comes in, or while it holds a lock.
#[pyfunction]
#[pyo3(signature = (*, in_a_turn=false))]
pub(crate) fn panic_next(in_a_turn: bool) {
    let place = if in_a_turn { &IN_A_TURN } else { &AT_THE_DOOR };
    place.store(true, Ordering::SeqCst);
}

pub(crate) fn at_the_door() {
    panic_if(&AT_THE_DOOR);
}

pub(crate) fn in_a_turn() {
    panic_if(&IN_A_TURN);
}

#[allow(clippy::panic)] // it is what was asked for
fn panic_if(asked: &AtomicBool) {
    if asked.swap(false, Ordering::SeqCst) {
        panic!("a test asked for it, canary-in-a-panic");
    }
}
