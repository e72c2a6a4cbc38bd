//! JSON that comes out as Python's own objects.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// What Python's `json.loads` makes of a text.
pub(crate) fn parsed<'py>(py: Python<'py>, json: &str) -> PyResult<Bound<'py, PyAny>> {
    static LOADS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    LOADS.import(py, "json", "loads")?.call1((json,))
}
