//! What tasks come to.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use wechat_oauth_bindings::{Misuse, Outcome, documents};
use wechat_oauth_core::{Exchanged, GrantReport, SignedIn, UnionId};

use crate::entry::{Trouble, entry};
use crate::failure::refused;
use crate::grant::Grant;
use crate::profile::Profile;

/// The outcome as Python has it.
pub(crate) fn result(py: Python<'_>, outcome: Outcome) -> Result<Bound<'_, PyAny>, Trouble> {
    Ok(match outcome {
        Outcome::SignedIn(SignedIn::Person(person)) => Bound::new(py, Person::new(py, person)?)?.into_any(),
        Outcome::SignedIn(SignedIn::Snapshot(snapshot))
        | Outcome::Exchanged(Exchanged::Snapshot(snapshot)) => Bound::new(py, Snapshot(snapshot))?.into_any(),
        Outcome::Exchanged(Exchanged::Grant(grant)) | Outcome::Grant(grant) => {
            Bound::new(py, Grant(grant))?.into_any()
        }
        Outcome::Validity(validity) => Bound::new(py, Validity(validity))?.into_any(),
        Outcome::Profile(profile) => Bound::new(py, Profile(profile))?.into_any(),
    })
}

/// Somebody who signed in.
#[pyclass(frozen, module = "wechat_oauth")]
pub(crate) struct Person {
    grant: Py<Grant>,
    profile: Option<Py<Profile>>,
    unionid: Option<UnionId>,
}

impl Person {
    fn new(py: Python<'_>, person: wechat_oauth_core::Person) -> PyResult<Self> {
        let unionid = person.unionid().cloned();
        let (grant, profile) = person.into_parts();
        let profile = profile.map(|profile| Py::new(py, Profile(profile))).transpose()?;
        Ok(Self { grant: Py::new(py, Grant(grant))?, profile, unionid })
    }
}

#[pymethods]
impl Person {
    /// The application that the openid belongs to. With the openid, it is the key of the
    /// person's account.
    #[getter]
    fn appid(&self, py: Python<'_>) -> PyResult<&str> {
        entry(py, || Ok(self.grant.get().0.identity().appid().as_str()))
    }

    /// The person within this application.
    #[getter]
    fn openid(&self, py: Python<'_>) -> PyResult<&str> {
        entry(py, || Ok(self.grant.get().0.openid().as_str()))
    }

    /// The person across the applications of one open-platform account, if WeChat told it.
    #[getter]
    fn unionid(&self, py: Python<'_>) -> PyResult<Option<&str>> {
        entry(py, || Ok(self.unionid.as_ref().map(UnionId::as_str)))
    }

    /// Their profile, if the scope allowed it.
    #[getter]
    fn profile(&self, py: Python<'_>) -> PyResult<Option<Py<Profile>>> {
        entry(py, || Ok(self.profile.as_ref().map(|profile| profile.clone_ref(py))))
    }

    /// Their grant.
    #[getter]
    fn grant(&self, py: Python<'_>) -> PyResult<Py<Grant>> {
        entry(py, || Ok(self.grant.clone_ref(py)))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        entry(py, || {
            let identity = self.grant.get().0.identity();
            Ok(format!("Person(appid='{}', openid='{}')", identity.appid(), identity.openid()))
        })
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, Self>) -> PyResult<bool> {
        entry(py, || {
            let (ours, theirs) = (self, other.get());
            let profiles = (ours.profile.as_ref().map(Py::get), theirs.profile.as_ref().map(Py::get));
            Ok(profiles.0 == profiles.1 && ours.grant.get() == theirs.grant.get())
        })
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err("a Person cannot be pickled, which would show the tokens of the grant"))
    }
}

/// A visitor of a snapshot page (快照页). WeChat made the ids up, and makes up others the
/// next time, so this is nobody: there is no openid, and it is not a `Grant`. Offer to
/// continue with the full service (使用完整服务), which restarts the authorization.
#[pyclass(frozen, module = "wechat_oauth")]
pub(crate) struct Snapshot(wechat_oauth_core::Snapshot);

#[pymethods]
impl Snapshot {
    /// What WeChat sent, as `wechat-oauth read` prints it, **tokens in the open**: to show
    /// it in a tool. It identifies nobody.
    fn expose_json(&self, py: Python<'_>) -> PyResult<String> {
        entry(py, || {
            let report = GrantReport::expose(&Exchanged::Snapshot(self.0.clone()));
            serde_json::to_string(&report).map_err(|_| Misuse::Panicked.into())
        })
    }

    fn __repr__(&self) -> &'static str {
        "Snapshot()"
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err("a Snapshot cannot be pickled: it is nobody"))
    }
}

/// Whether WeChat takes an access token. It is true or false in itself, as its `valid`
/// is.
#[pyclass(frozen, eq, module = "wechat_oauth")]
#[derive(PartialEq)]
pub(crate) struct Validity(wechat_oauth_core::Validity);

#[pymethods]
impl Validity {
    /// Whether the token is valid.
    #[getter]
    fn valid(&self, py: Python<'_>) -> PyResult<bool> {
        entry(py, || Ok(self.0.is_valid()))
    }

    /// Why it is not, as the exception that another call would raise for it.
    #[getter]
    fn refusal<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        entry(py, || match &self.0 {
            wechat_oauth_core::Validity::Valid => Ok(None),
            wechat_oauth_core::Validity::NotValid(refusal) => Ok(Some(refused(py, refusal)?)),
        })
    }

    /// As JSON, as `wechat-oauth read` prints it.
    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        entry(py, || Ok(documents::validity(&self.0).expose().to_owned()))
    }

    fn __bool__(&self) -> bool {
        self.0.is_valid()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        entry(py, || {
            Ok(match &self.0 {
                wechat_oauth_core::Validity::Valid => "Validity(valid=True)".to_owned(),
                wechat_oauth_core::Validity::NotValid(refusal) => {
                    format!("Validity(valid=False, errcode={})", refusal.errcode())
                }
            })
        })
    }
}
