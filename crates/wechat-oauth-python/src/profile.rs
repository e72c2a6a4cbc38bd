//! `Profile`: nickname, avatar and the rest.

use pyo3::exceptions::{PyRecursionError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use wechat_oauth_bindings::{Misuse, documents};
use wechat_oauth_core::{Avatar, AvatarSize, UnionId, UntrustedText};

use crate::entry::entry;
use crate::json::parsed;
use crate::names::Member as _;

/// Somebody's profile. The texts are theirs, exactly as sent: whoever prints them
/// escapes them.
///
/// No secret is in it, but it is personal data, so keep it as one keeps an address.
#[pyclass(frozen, eq, module = "wechat_oauth")]
#[derive(PartialEq)]
pub(crate) struct Profile(pub(crate) wechat_oauth_core::Profile);

#[pymethods]
impl Profile {
    /// The person, the same as the grant's.
    #[getter]
    fn openid(&self, py: Python<'_>) -> PyResult<&str> {
        entry(py, || Ok(self.0.openid().as_str()))
    }

    /// The person across the applications of one open-platform account, if WeChat told it.
    #[getter]
    fn unionid(&self, py: Python<'_>) -> PyResult<Option<&str>> {
        entry(py, || Ok(self.0.unionid().map(UnionId::as_str)))
    }

    /// The name that the person goes by.
    #[getter]
    fn nickname(&self, py: Python<'_>) -> PyResult<&str> {
        entry(py, || Ok(self.0.nickname().as_untrusted_str()))
    }

    /// The sex. Since 2021-10-20 WeChat says `Sex.UNKNOWN` of everybody.
    #[getter]
    fn sex<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        entry(py, || Ok(self.0.sex().member(py)?))
    }

    /// The language of the person's WeChat (`zh_CN`); empty since 2021-10-20.
    #[getter]
    fn language(&self, py: Python<'_>) -> PyResult<&str> {
        entry(py, || Ok(self.0.language().as_untrusted_str()))
    }

    /// The province; empty since 2021-10-20.
    #[getter]
    fn province(&self, py: Python<'_>) -> PyResult<&str> {
        entry(py, || Ok(self.0.province().as_untrusted_str()))
    }

    /// The city; empty since 2021-10-20.
    #[getter]
    fn city(&self, py: Python<'_>) -> PyResult<&str> {
        entry(py, || Ok(self.0.city().as_untrusted_str()))
    }

    /// The country; empty since 2021-10-20.
    #[getter]
    fn country(&self, py: Python<'_>) -> PyResult<&str> {
        entry(py, || Ok(self.0.country().as_untrusted_str()))
    }

    /// The URL of the picture, if there is one: https, on a host where WeChat keeps
    /// pictures. It dies when the person changes the picture.
    #[getter]
    fn avatar(&self, py: Python<'_>) -> PyResult<Option<&str>> {
        entry(py, || Ok(self.0.avatar().map(Avatar::as_str)))
    }

    /// The same picture in another size: 46, 64, 96, 132 or 640 pixels. `None` when there
    /// is no picture, or its URL does not end in a size.
    ///
    /// Raises `MisuseError` for a size that WeChat does not keep.
    fn avatar_with_size(&self, py: Python<'_>, px: u32) -> PyResult<Option<String>> {
        entry(py, || {
            let no_size = Misuse::OutOfRange { what: "px", range: "46, 64, 96, 132 or 640" };
            let size = AvatarSize::of_px(px).ok_or(no_size)?;
            let avatar = self.0.avatar().and_then(|avatar| avatar.with_size(size));
            Ok(avatar.map(|avatar| avatar.to_string()))
        })
    }

    /// Privileges of the person's carrier (`chinaunicom`), nearly always none.
    #[getter]
    fn privileges<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        entry(py, || Ok(PyTuple::new(py, self.0.privileges().iter().map(UntrustedText::as_untrusted_str))?))
    }

    /// The fields that this package does not know, as `json.loads` reads them. A value that
    /// it refuses (nested too deeply, or a number of thousands of digits) stays JSON text.
    #[getter]
    fn extra<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        entry(py, || {
            let extra = PyDict::new(py);
            for (key, json) in self.0.extra() {
                match parsed(py, json) {
                    Ok(value) => extra.set_item(key, value)?,
                    Err(error) if is_refusal(py, &error) => extra.set_item(key, json)?,
                    Err(error) => return Err(error.into()),
                }
            }
            Ok(extra)
        })
    }

    /// The profile as JSON, as `wechat-oauth read` prints it.
    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        entry(py, || Ok(documents::profile(&self.0).expose().to_owned()))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        entry(py, || Ok(format!("Profile(openid='{}', nickname={:?})", self.0.openid(), self.0.nickname())))
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err(
            "a Profile cannot be pickled: keep profile.to_json(), or what is needed of it",
        ))
    }
}

/// Whether `json.loads` said no to the text, and nothing else went wrong.
fn is_refusal(py: Python<'_>, error: &PyErr) -> bool {
    error.is_instance_of::<PyRecursionError>(py) || error.is_instance_of::<PyValueError>(py)
}
