//! JSON that comes out as Python's own objects.

use pyo3::prelude::*;

use crate::names::named;

/// What Python's `json.loads` makes of a text.
pub(crate) fn parsed<'py>(py: Python<'py>, json: &str) -> PyResult<Bound<'py, PyAny>> {
    named(py, "json", "loads")?.call1((json,))
}
