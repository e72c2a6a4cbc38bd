//! Every operation, over every transport.

use std::collections::BTreeSet;
use std::fmt::Debug;

use conformance::leak::{self, Said};
use conformance::{Memory, Reqwest, Setup, Transport, Ureq};
use wechat_oauth::{App, CheckReport, Error, Operation, ProfileLang, Request, Validity};

use crate::faults::{Fault, Side, faults};
use crate::{Findings, NOWHERE, app_at, capture_logs, described, grant, logged, success_body, wide_code};

/// Sends a call of the operation; a token that is not valid counts as refused.
pub(crate) fn send<T: Transport>(client: &T, app: &App, operation: Operation) -> (Vec<Said>, Option<Error>) {
    fn said<T: Debug>(result: Result<T, Error>) -> (Vec<Said>, Option<Error>) {
        match result {
            Ok(answer) => (leak::shown(&answer), None),
            Err(error) => (leak::channels(&error), Some(error)),
        }
    }
    let grant = grant(app);
    match operation {
        Operation::Exchange | Operation::ComponentExchange => {
            said(client.send(app.exchange(wide_code()).unwrap()))
        }
        Operation::Refresh | Operation::ComponentRefresh => said(client.send(app.refresh(&grant).unwrap())),
        Operation::Profile => said(client.send(app.profile(&grant, ProfileLang::default()).unwrap())),
        Operation::Check => {
            let validity = client.send(app.check(&grant).unwrap());
            let mut all = validity.as_ref().map(|validity| leak::shown(validity)).unwrap_or_default();
            let validity = validity.and_then(|validity| {
                let report = CheckReport::from(&validity);
                all.push(("the check's document", serde_json::to_string(&report).unwrap()));
                match validity {
                    Validity::NotValid(refusal) => Err(Error::from(refusal)),
                    valid @ Validity::Valid => Ok(valid),
                }
            });
            let (more, error) = said(validity);
            all.extend(more);
            (all, error)
        }
    }
}

fn every_operation_says_nothing_secret<T: Transport + Debug>() {
    capture_logs();
    let mut findings = Findings::default();
    for operation in Operation::ALL {
        let (url, said) = described(&app_at(operation.is_component(), NOWHERE), operation);
        findings.look(&format!("the call of {operation}"), &said);
        let mut faults = faults(&url);
        faults.push(Fault::answered("success", "success", 200, "", &success_body(operation)));
        for fault in faults {
            let title = format!("{operation}, {}, {}", T::NAME, fault.name);
            let side = Side::new(fault.behaviour);
            let app = app_at(operation.is_component(), &side.base_url());
            let told = fault.told.clone();
            let memory = Box::new(move |_: &Request| told.clone());
            let client =
                T::connect(&app, Setup { timeout: fault.timeout, memory, ..Setup::patient() }).unwrap();
            let (said, error) = send(&client, &app, operation);
            findings.look(&title, &said);
            findings.look_at(&title, &client);
            assert_eq!(error.as_ref().map_or("success", Error::kind), fault.kind, "{title}: {error:?}");
        }
    }
    findings.none();
    assert_eq!(leak::find_in_log(&logged()), BTreeSet::new());
    if T::NAME != Memory::NAME {
        assert!(logged().iter().any(|line| line.target.starts_with(T::NAME)), "{} wrote nothing", T::NAME);
    }
}

#[test]
fn every_operation_over_memory_says_nothing_secret() {
    every_operation_says_nothing_secret::<Memory>();
}

#[test]
fn every_operation_over_ureq_says_nothing_secret() {
    every_operation_says_nothing_secret::<Ureq>();
}

#[test]
fn every_operation_over_reqwest_says_nothing_secret() {
    every_operation_says_nothing_secret::<Reqwest>();
}
