//! The door that everything called from Python comes in by.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::prelude::*;
use wechat_oauth_bindings::{Failure, Misuse};
use wechat_oauth_core::{CallbackError, ConfigError, Error};

use crate::failure::raised;

/// What a call from Python may end with, other than its result.
pub(crate) enum Trouble {
    /// One of ours, which is raised as an exception of this package.
    Ours(Failure),
    /// One of Python's own: a wrong type, no memory.
    Python(PyErr),
}

/// Runs what a call from Python asked for.
///
/// A panic, which would pass every `except Exception`, becomes an exception like the others.
pub(crate) fn entry<T>(py: Python<'_>, work: impl FnOnce() -> Result<T, Trouble>) -> PyResult<T> {
    let work = || {
        #[cfg(feature = "panic-for-tests")]
        crate::panic_for_tests::at_the_door();
        work()
    };
    // What a panic leaves half changed lies behind a mutex, which says so from then on.
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(result)) => Ok(result),
        Ok(Err(Trouble::Python(error))) => Err(error),
        Ok(Err(Trouble::Ours(failure))) => Err(raised(py, failure)),
        Err(_panic) => Err(raised(py, Misuse::Panicked.into())),
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Ours(failure)
    }
}

macro_rules! from_failures {
    ($($type:ident)*) => {
        $(impl From<$type> for Trouble {
            fn from(failure: $type) -> Self {
                Failure::from(failure).into()
            }
        })*
    };
}

from_failures!(Misuse Error ConfigError CallbackError);

impl From<PyErr> for Trouble {
    fn from(error: PyErr) -> Self {
        Self::Python(error)
    }
}
