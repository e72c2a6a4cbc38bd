//! What the package defines in Python.

use pyo3::prelude::*;
use wechat_oauth_core::{BrowserKind, Freshness, Scope, Sex};

/// A name of a module as it is now: another interpreter of this process has another, and so has a package that was
/// imported anew.
pub(crate) fn named<'py>(py: Python<'py>, module: &str, name: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import(module)?.getattr(name)
}

/// The member of a Python enum that stands for a value of the core.
pub(crate) trait Member {
    fn member(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>>;
}

macro_rules! members {
    ($($type:ident by $value:ident;)*) => {
        $(impl Member for $type {
            fn member(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
                named(py, "wechat_oauth._names", stringify!($type))?.call1((self.$value(),))
            }
        })*
    };
}

members! {
    BrowserKind by as_str;
    Freshness by as_str;
    Scope by as_str;
    Sex by as_number;
}
