//! Whether a run is to end before its time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Asked for by Ctrl-C, or by the time that a run may take. A clone is the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// No further login begins; those under way end.
    pub(crate) fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
