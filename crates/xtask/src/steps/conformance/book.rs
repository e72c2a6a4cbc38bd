//! What the kit says of all clients, in one document: the cases once, and of each client what is not safe.

use serde_json::{Map, Value, json};

use super::BOOK;
use super::clients::Client;
use crate::project::Outcome;

/// A client and what the kit says of it: the JSON that `wechat-oauth conformance --json` prints.
pub(super) struct Played {
    pub(super) client: Client,
    pub(super) report: Value,
}

/// The document.
pub(super) struct Book(Value);

impl Book {
    /// Of the reports of all clients, in the order of the tables.
    pub(super) fn of(played: &[Played]) -> Outcome<Self> {
        let first = &played.first().ok_or("no client was played")?.report;
        let mut clients = Vec::new();
        for Played { client, report } in played {
            if cases(report) != cases(first) {
                return Err(format!("{} was not played the cases that the others were", name(report)));
            }
            clients.push(entry(report, client.is_ours()));
        }
        Ok(Self(json!({"areas": first["areas"], "cases": cases(first), "clients": clients})))
    }

    pub(super) fn parse(text: &str) -> Outcome<Self> {
        serde_json::from_str(text).map(Self).map_err(|error| format!("{BOOK} cannot be read: {error}"))
    }

    pub(super) fn to_text(&self) -> Outcome<String> {
        serde_json::to_string_pretty(&self.0).map(|text| text + "\n").map_err(|error| error.to_string())
    }

    /// What this client's report of these cases, or of all where none is named, says otherwise than the book.
    pub(super) fn differences(&self, report: &Value, only: &[&str]) -> Vec<String> {
        let again = "run `cargo xtask conformance`";
        let is_wanted = |case: &&Value| only.is_empty() || only.contains(&text(&case["name"]));
        let wanted: Vec<Value> = self.cases().iter().filter(is_wanted).cloned().collect();
        if list(&cases(report)) != wanted || report["areas"] != self.0["areas"] {
            return vec![format!("{BOOK} has other cases than the kit: {again}")];
        }
        let Some(entry) = self.clients().iter().find(|entry| entry["client"] == report["client"]) else {
            return vec![format!("{BOOK} does not know {}: {again}", name(report))];
        };
        let mut differences = Vec::new();
        if entry["version"] != report["version"] {
            differences.push(format!("{BOOK} has another version of {}: {again}", name(report)));
        }
        for case in list(&report["cases"]) {
            let (now, before) = (verdict(case), &entry["not_safe"][text(&case["name"])]);
            if now != *before {
                differences.push(format!(
                    "{}, {}: it is {now} and was {before} in {BOOK}: {again}, if that is right",
                    name(report),
                    text(&case["name"])
                ));
            }
        }
        differences
    }

    pub(super) fn areas(&self) -> &[Value] {
        list(&self.0["areas"])
    }

    pub(super) fn cases(&self) -> &[Value] {
        list(&self.0["cases"])
    }

    pub(super) fn clients(&self) -> &[Value] {
        list(&self.0["clients"])
    }
}

/// A client in the book: who it is, and each case in which it is not safe.
fn entry(report: &Value, is_ours: bool) -> Value {
    let mut not_safe = Map::new();
    for case in list(&report["cases"]) {
        let verdict = verdict(case);
        if !verdict.is_null() {
            not_safe.insert(text(&case["name"]).to_owned(), verdict);
        }
    }
    json!({
        "client": report["client"],
        "version": report["version"],
        "ours": is_ours,
        "totals": report["totals"],
        "not_safe": not_safe,
    })
}

/// The verdict and the reason of a case that is not safe, and null of one that is.
fn verdict(case: &Value) -> Value {
    if case["verdict"] == "safe" {
        Value::Null
    } else {
        json!({"verdict": case["verdict"], "reason": case["reason"]})
    }
}

/// The cases of a report without what became of them.
fn cases(report: &Value) -> Value {
    let cases = list(&report["cases"]).iter();
    cases.map(|case| json!({"name": case["name"], "area": case["area"], "threat": case["threat"]})).collect()
}

/// Each case in which the client is not safe, a line each.
pub(super) fn faults(report: &Value) -> Vec<String> {
    let faults = list(&report["cases"]).iter().filter(|case| case["verdict"] == "unsafe");
    faults
        .map(|case| {
            format!("{} is unsafe, {}: {}", name(report), text(&case["name"]), text(&case["reason"]["en"]))
        })
        .collect()
}

/// The cases in which the client did not answer in time.
pub(super) fn hung(report: &Value) -> Vec<String> {
    let hung = list(&report["cases"]).iter().filter(|case| text(&case["reason"]["en"]).contains("hangs: "));
    hung.map(|case| text(&case["name"]).to_owned()).collect()
}

/// Puts what another report says of some cases in place of what this one says of them.
pub(super) fn put(report: &mut Value, again: &Value) {
    let Some(cases) = report["cases"].as_array_mut() else { return };
    for case in cases.iter_mut() {
        if let Some(other) = list(&again["cases"]).iter().find(|other| other["name"] == case["name"]) {
            *case = other.clone();
        }
    }
    let counts = ["safe", "unsafe", "cannot"]
        .map(|verdict| (verdict, cases.iter().filter(|case| case["verdict"] == verdict).count()));
    for (verdict, count) in counts {
        report["totals"][verdict] = count.into();
    }
}

/// The report for a terminal.
pub(super) fn as_text(report: &Value) -> String {
    let not_safe = list(&report["cases"]).iter().filter(|case| case["verdict"] != "safe");
    let lines = not_safe.map(|case| {
        format!("  {:<8}{}: {}\n", text(&case["verdict"]), text(&case["name"]), text(&case["reason"]["en"]))
    });
    format!("{}\n{}", summary(report), lines.collect::<String>())
}

pub(super) fn summary(report: &Value) -> String {
    let totals = &report["totals"];
    format!(
        "{}: {} cases, {} safe, {} unsafe, {} cannot be tried",
        name(report),
        totals["cases"],
        totals["safe"],
        totals["unsafe"],
        totals["cannot"]
    )
}

fn name(report: &Value) -> String {
    format!("{} {}", text(&report["client"]), text(&report["version"]))
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::project::Project;
    use crate::steps::conformance::clients;

    /// A report with a safe case and one that is not.
    pub(in crate::steps::conformance) fn report(client: &str, verdict: &str) -> Value {
        let reason = json!({"en": "it | took\nthe other", "zh": "认成了别人"});
        let case = |name: &str, verdict: &str, reason: Value| {
            let threat = json!({"en": format!("{name} happens"), "zh": format!("发生 {name}")});
            json!({"name": name, "area": "state", "threat": threat, "verdict": verdict, "reason": reason})
        };
        let unsafe_cases = u8::from(verdict == "unsafe");
        let cannot = u8::from(verdict == "cannot");
        json!({
            "client": client,
            "version": "1.0",
            "areas": [{"name": "state", "en": "State", "zh": "state 校验"}, {"name": "none", "en": "None", "zh": "无"}],
            "cases": [case("one", "safe", Value::Null), case("two", verdict, reason)],
            "totals": {"cases": 2, "safe": 2 - unsafe_cases - cannot, "unsafe": unsafe_cases, "cannot": cannot},
        })
    }

    /// A book with a client of ours and one with a fault.
    pub(in crate::steps::conformance) fn book() -> Book {
        let clients = clients::all(&Project::of_this_program()).unwrap();
        let ours = Played { client: clients[0].clone(), report: report("ours", "safe") };
        let other = Played { client: clients[6].clone(), report: report("other", "unsafe") };
        Book::of(&[ours, other]).unwrap()
    }

    #[test]
    fn a_book_survives_being_written_and_knows_its_reports_again() {
        let book = Book::parse(&book().to_text().unwrap()).unwrap();
        assert_eq!(book.differences(&report("ours", "safe"), &[]), [""; 0]);
        assert_eq!(book.differences(&report("other", "unsafe"), &[]), [""; 0]);
        assert_eq!(book.clients()[0]["not_safe"], json!({}));
        assert_eq!(book.clients()[1]["not_safe"]["two"]["verdict"], "unsafe");
    }

    #[test]
    fn every_difference_from_the_book_is_told() {
        let book = book();
        let changed = |change: fn(&mut Value)| {
            let mut report = report("other", "unsafe");
            change(&mut report);
            book.differences(&report, &[]).len()
        };
        assert_eq!(book.differences(&report("ours", "unsafe"), &[]).len(), 1);
        assert_eq!(book.differences(&report("other", "safe"), &[]).len(), 1);
        assert_eq!(book.differences(&report("other", "cannot"), &[]).len(), 1);
        assert_eq!(book.differences(&report("stranger", "safe"), &[]).len(), 1);
        assert_eq!(changed(|report| report["version"] = json!("1.1")), 1);
        assert_eq!(changed(|report| report["cases"][0]["name"] = json!("three")), 1);
        assert_eq!(changed(|report| report["cases"][0]["threat"]["zh"] = json!("别的")), 1);
        assert_eq!(changed(|report| report["cases"][1]["reason"]["en"] = json!("another")), 1);
        assert_eq!(changed(|_| ()), 0);
        // Of a report of some cases, these.
        let mut few = report("other", "unsafe");
        few["cases"].as_array_mut().unwrap().remove(0);
        assert_eq!(book.differences(&few, &["two"]), [""; 0]);
        assert_eq!(book.differences(&few, &["one", "two"]).len(), 1);
        assert_eq!(book.differences(&few, &[]).len(), 1);
        few["cases"][0]["verdict"] = json!("safe");
        assert_eq!(book.differences(&few, &["two"]).len(), 1);
    }

    #[test]
    fn clients_that_were_played_other_cases_make_no_book() {
        let client = clients::all(&Project::of_this_program()).unwrap().remove(0);
        let mut other = report("other", "safe");
        other["cases"].as_array_mut().unwrap().pop();
        let ours = Played { client: client.clone(), report: report("ours", "safe") };
        assert!(Book::of(&[ours, Played { client, report: other }]).is_err());
        assert!(Book::of(&[]).is_err());
    }

    #[test]
    fn what_hung_is_replaced_by_what_came_of_it_alone() {
        let mut first = report("x", "unsafe");
        first["cases"][1]["reason"]["en"] = json!("hangs: no answer for 10 seconds");
        assert_eq!(hung(&first), ["two"]);
        let mut alone = report("x", "safe");
        alone["cases"].as_array_mut().unwrap().remove(0);
        put(&mut first, &alone);
        assert_eq!(hung(&first), [""; 0]);
        assert_eq!(first["totals"], report("x", "safe")["totals"]);
        assert_eq!(list(&first["cases"]).len(), 2);
    }

    #[test]
    fn a_fault_is_told_with_its_reason() {
        assert_eq!(faults(&report("x", "unsafe")), ["x 1.0 is unsafe, two: it | took\nthe other"]);
        assert_eq!(faults(&report("x", "cannot")), [""; 0]);
        assert!(as_text(&report("x", "cannot")).contains("cannot  two: "));
    }
}
