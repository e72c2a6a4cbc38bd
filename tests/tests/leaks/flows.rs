//! Sign-ins and renewals: at every step, and over every transport.

use std::collections::BTreeSet;
use std::fmt::Debug;

use conformance::case::http;
use conformance::leak;
use conformance::server::Behaviour;
use conformance::transport::Told;
use conformance::{Reqwest, Setup, Transport, Ureq};
use wechat_oauth::{Error, Flow, Operation, Request, Response, SignedIn, Step};

use crate::faults::{Fault, Side, faults};
use crate::{
    Findings, NOW, NOWHERE, app_at, capture_logs, described, grant, logged, of_request, refusal_body,
    success_body, wide_code, wide_grant_body,
};

/// The faults that are played over sockets in the middle of a flow.
const IN_FLOWS: [&str; 8] = [
    "a closed port",
    "a reset",
    "a deadline",
    "502 with html",
    "302 with the query",
    "over the limit",
    "a refusal that quotes the request as it was sent",
    "a refusal that quotes the request percent-encoded",
];

/// A flow, and the request in it that meets the fault.
#[derive(Debug, Clone, Copy)]
struct Place {
    renewal: bool,
    operation: Operation,
    component: bool,
}

impl Place {
    fn all() -> Vec<Self> {
        let place = |renewal, operation, component| Self { renewal, operation, component };
        vec![
            place(false, Operation::Exchange, false),
            place(false, Operation::Profile, false),
            place(false, Operation::Refresh, false),
            place(false, Operation::ComponentExchange, true),
            place(false, Operation::Profile, true),
            place(false, Operation::ComponentRefresh, true),
            place(true, Operation::Refresh, false),
            place(true, Operation::ComponentRefresh, true),
        ]
    }

    /// The answers before it: a grant, then a token that is stale.
    fn before(self) -> Vec<String> {
        let answers = [wide_grant_body(), refusal_body(40001, "invalid credential")];
        let length = match self.operation {
            Operation::Profile => 1,
            Operation::Refresh | Operation::ComponentRefresh if !self.renewal => 2,
            _ => 0,
        };
        answers[..length].to_vec()
    }

    /// A server that plays it; `None` when it takes one that does not listen, and it has listened before.
    fn behaviour(self, fault: &Fault) -> Option<Option<Behaviour>> {
        let before = self.before();
        match &fault.behaviour {
            None => before.is_empty().then_some(None),
            Some(last) => Some(Some(before.iter().rev().fold(last.clone(), |next, answer| {
                Behaviour::Then(http(200, "", answer.as_bytes()), Box::new(next))
            }))),
        }
    }

    /// What the in-memory side says to a request.
    fn told(self, fault: &Fault, request: &Request) -> Told {
        let operation = request.operation();
        match operation {
            _ if operation == self.operation => fault.told.clone(),
            Operation::Profile => Ok((200, refusal_body(40001, "invalid credential").into_bytes())),
            _ => Ok((200, wide_grant_body().into_bytes())),
        }
    }
}

/// Drives a flow by hand, and looks at it at every step.
fn watch<F: Flow + Debug>(
    title: &str,
    mut flow: F,
    findings: &mut Findings,
    answer: impl Fn(&Request) -> Told,
) -> Result<F::Output, Error> {
    loop {
        findings.look_at(title, &flow);
        let step = flow.step();
        findings.look_at(title, &step);
        let told = match step {
            Step::Send(request) => {
                findings.look(title, &of_request(request));
                Some(answer(request))
            }
            Step::Wait(_) => None,
            Step::Done => return flow.finish(),
        };
        match told {
            Some(Ok((status, body))) => {
                let response = Response::new(status, &body, NOW);
                findings.look_at(title, &response);
                flow.answer(&response);
            }
            Some(Err(error)) => flow.lost(error),
            None => flow.waited(),
        }
    }
}

fn outcome<T: Debug>(title: &str, result: Result<T, Error>, findings: &mut Findings) -> &'static str {
    findings.look_at(title, &result);
    match result {
        Ok(_) => "success",
        Err(error) => {
            findings.look(title, &leak::channels(&error));
            let kind = error.kind();
            if let Some(grant) = error.into_grant() {
                findings.look_at(title, &grant);
            }
            kind
        }
    }
}

#[test]
fn every_flow_says_nothing_secret_at_any_step() {
    capture_logs();
    let mut findings = Findings::default();
    for place in Place::all() {
        let app = app_at(place.component, NOWHERE);
        for fault in faults(&described(&app, place.operation).0) {
            let title = format!("{place:?}, {}", fault.name);
            let told = |request: &Request| place.told(&fault, request);
            let kind = if place.renewal {
                let renewal = app.renew(&grant(&app)).unwrap();
                let result = watch(&title, renewal, &mut findings, told);
                outcome(&title, result, &mut findings)
            } else {
                let result = watch(&title, app.sign_in(wide_code()).unwrap(), &mut findings, told);
                outcome(&title, result, &mut findings)
            };
            assert_eq!(kind, fault.kind, "{title}");
        }
        let well = |request: &Request| Ok((200, success_body(request.operation()).into_bytes()));
        let result = watch("a sign-in", app.sign_in(wide_code()).unwrap(), &mut findings, well);
        assert!(matches!(&result, Ok(SignedIn::Person(person)) if person.profile().is_some()), "{result:?}");
        outcome("a sign-in", result, &mut findings);
        let result = watch("a renewal", app.renew(&grant(&app)).unwrap(), &mut findings, well);
        assert_eq!(outcome("a renewal", result, &mut findings), "success");
    }
    findings.none();
}

fn every_flow_says_nothing_secret<T: Transport>() {
    capture_logs();
    let play = |place: Place| {
        let mut findings = Findings::default();
        let faults = faults(&described(&app_at(place.component, NOWHERE), place.operation).0);
        let faults: Vec<_> =
            faults.into_iter().filter(|fault| IN_FLOWS.contains(&fault.name.as_str())).collect();
        assert_eq!(faults.len(), IN_FLOWS.len());
        for fault in faults {
            let Some(behaviour) = place.behaviour(&fault) else { continue };
            let side = Side::new(behaviour);
            let title = format!("{place:?}, {}, {}", T::NAME, fault.name);
            let app = app_at(place.component, &side.base_url());
            let client = T::connect(&app, Setup { timeout: fault.timeout, ..Setup::patient() }).unwrap();
            let kind = if place.renewal {
                outcome(&title, client.run(app.renew(&grant(&app)).unwrap()), &mut findings)
            } else {
                outcome(&title, client.run(app.sign_in(wide_code()).unwrap()), &mut findings)
            };
            // What is lost is asked for again, over a connection that begins with the first answer again.
            let repeated = fault.kind == "transport" && !place.before().is_empty();
            assert!(kind == fault.kind || (repeated && kind != "transport"), "{title}: {kind}");
        }
        findings
    };
    // A flow waits before it asks again, so they wait together.
    let found = std::thread::scope(|scope| {
        let threads: Vec<_> =
            Place::all().into_iter().map(|place| scope.spawn(move || play(place))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap().0).collect()
    });
    Findings(found).none();
    assert_eq!(leak::find_in_log(&logged()), BTreeSet::new());
}

#[test]
fn every_flow_over_ureq_says_nothing_secret() {
    every_flow_says_nothing_secret::<Ureq>();
}

#[test]
fn every_flow_over_reqwest_says_nothing_secret() {
    every_flow_says_nothing_secret::<Reqwest>();
}
