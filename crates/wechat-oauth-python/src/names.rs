//! The enums of the package, which Python defines.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use wechat_oauth_core::{BrowserKind, Freshness, Scope, Sex};

/// The member of a Python enum that stands for a value of the core.
pub(crate) trait Member {
    fn member(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>>;
}

macro_rules! members {
    ($($type:ident by $value:ident;)*) => {
        $(impl Member for $type {
            fn member(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
                static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
                CLASS.import(py, "wechat_oauth._names", stringify!($type))?.call1((self.$value(),))
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
