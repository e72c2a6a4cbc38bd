//! A panic wherever a test wants it.

use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::prelude::*;

static ASKED: AtomicBool = AtomicBool::new(false);

/// Lets the next call from Python panic.
#[pyfunction]
pub(crate) fn panic_next() {
    ASKED.store(true, Ordering::SeqCst);
}

#[allow(clippy::panic)] // it is what was asked for
pub(crate) fn now_if_asked() {
    if ASKED.swap(false, Ordering::SeqCst) {
        panic!("a test asked for it, canary-in-a-panic");
    }
}
