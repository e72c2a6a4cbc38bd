//! Every case of the conformance kit with every client, ours and others', and the tables that come of it.
//!
//! Each client is a small program under `tests/clients` that speaks the kit's lines. What the kit says of each is kept in
//! [`BOOK`], from which the tables for people are written: in the documentation, and as a sentence in the READMEs. So the
//! tables are checked without playing anything, and a client's part of the book by playing that client alone.

mod book;
mod clients;
mod pages;

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Instant;

use serde_json::Value;

use crate::project::{Outcome, Project, none_of};
use crate::steps::code::build_programs;
use book::{Book, Played};
use clients::Client;

/// What the kit says of each client, for programs.
const BOOK: &str = "docs/clients.json";

/// How many cases are played at a time. Most of them wait: for a deadline, or for another process.
const JOBS: &str = "4";

/// The cases that `cargo xtask test` plays with clients whose interpreter has to start for each: one of each area. All of
/// them are the chore's.
const FEW: [&str; 13] = [
    "openid-swapped-in-profile",
    "snapshot-visitor",
    "state-of-another-browser",
    "authorize-page-takes-it",
    "refusal-as-code",
    "callback-twice",
    "exchange-status-500",
    "renewal-of-another-person",
    "nickname-with-control-bytes",
    "json-60000-deep",
    "exchange-hangs",
    "exchange-redirected-302",
    "connection-refused",
];

/// How long, in seconds, and how many at a time those are waited for that seemed to hang. One that does needs no processor.
const PATIENCE: &str = "30";
const JOBS_OF_PATIENCE: &str = "8";

/// One client that is not ours is played by `cargo xtask test` too: it starts fastest, and faults of most kinds are known
/// of it. That they are found shows that the kit does not call everything safe.
const KNOWN_FAULTS: &str = "wechat-oauth";

/// Plays ours, and one with known faults. What the kit says has to be what the tables say.
pub(crate) fn check(project: &Project) -> Outcome {
    let clients = clients::all(project)?;
    let chosen = clients.into_iter().filter(|client| client.is_ours() || client.name == KNOWN_FAULTS);
    let few = |client: &Client| if client.starts_at_once() { &[] } else { &FEW[..] };
    compare(project, &chosen.collect::<Vec<_>>(), few)
}

/// Plays the named clients, or all of them, and writes the tables; `--check` compares them with what is there, and
/// `--tables` writes them out of the last reports.
pub(crate) fn run(project: &Project, arguments: &[OsString]) -> Outcome {
    let clients = clients::all(project)?;
    let (mut only_compare, mut chosen) = (false, Vec::new());
    for argument in arguments {
        match argument.to_str() {
            Some("--check") => only_compare = true,
            Some("--tables") => return write_tables(project, clients),
            name => {
                let client = clients.iter().find(|client| Some(client.name.as_str()) == name);
                chosen.push(client.cloned().ok_or_else(|| {
                    let names: Vec<&str> = clients.iter().map(|client| client.name.as_str()).collect();
                    format!("{} is none of the clients: {}", argument.to_string_lossy(), names.join(", "))
                })?);
            }
        }
    }
    if only_compare {
        return compare(project, if chosen.is_empty() { &clients } else { &chosen }, all_cases);
    }
    let played = play(project, if chosen.is_empty() { &clients } else { &chosen }, all_cases)?;
    if !chosen.is_empty() {
        for Played { report, .. } in &played {
            println!("\n{}", book::as_text(report));
        }
    }
    write_tables(project, clients)?;
    ours_are_safe(&played)
}

fn write_tables(project: &Project, clients: Vec<Client>) -> Outcome {
    // The others' reports are those of the last time that they were played here.
    let missing: Vec<&str> = clients
        .iter()
        .filter(|client| !report_file(project, client).exists())
        .map(|client| client.name.as_str())
        .collect();
    if !missing.is_empty() {
        println!("The tables are written when these were played too: {}", missing.join(", "));
        return Ok(());
    }
    let book =
        Book::of(&clients.into_iter().map(|client| last(project, client)).collect::<Outcome<Vec<_>>>()?)?;
    write(project, BOOK, &book.to_text()?)?;
    for (file, text) in pages::all(project, &book)? {
        write(project, file, &text)?;
    }
    Ok(())
}

fn report_file(project: &Project, client: &Client) -> PathBuf {
    project.target().join("conformance").join(format!("{}.json", client.name))
}

/// What the kit said of this client when it was last played here.
fn last(project: &Project, client: Client) -> Outcome<Played> {
    let file = report_file(project, &client);
    let cannot_read = |error: &dyn std::fmt::Display| format!("cannot read {}: {error}", file.display());
    let text = fs::read_to_string(&file).map_err(|error| cannot_read(&error))?;
    let report = serde_json::from_str(&text).map_err(|error| cannot_read(&error))?;
    Ok(Played { client, report })
}

/// The names of the cases that a client is played; none for all of them.
type Only = fn(&Client) -> &'static [&'static str];

fn all_cases(_: &Client) -> &'static [&'static str] {
    &[]
}

/// Plays these clients and compares what the kit says with the book, and the book with the pages.
fn compare(project: &Project, clients: &[Client], only: Only) -> Outcome {
    let mut problems = Vec::new();
    let book = Book::parse(&project.read(BOOK)?)?;
    for (file, text) in pages::all(project, &book)? {
        if project.read(file)? != text {
            problems.push(format!("{file} is not what {BOOK} says: run `cargo xtask conformance`"));
        }
    }
    let played = play(project, clients, only)?;
    problems.extend(ours_are_safe(&played).err());
    for Played { client, report } in &played {
        problems.extend(book.differences(report, only(client)));
    }
    none_of(&problems)
}

fn ours_are_safe(played: &[Played]) -> Outcome {
    let ours = played.iter().filter(|played| played.client.is_ours());
    let faults = ours.flat_map(|played| book::faults(&played.report));
    none_of(&faults.collect::<Vec<_>>())
}

/// Installs the clients and plays them, one after another: a busy machine misses the deadlines of the cases.
fn play(project: &Project, clients: &[Client], only: Only) -> Outcome<Vec<Played>> {
    build_programs(project)?;
    let installed = clients::install(project, clients)?;
    let cannot_write = |error: std::io::Error| format!("cannot write the kit's reports: {error}");
    fs::create_dir_all(project.target().join("conformance")).map_err(cannot_write)?;
    let mut played = Vec::new();
    for client in clients {
        let began = Instant::now();
        let only = only(client);
        let report = play_one(project, &client.command(project, &installed), only)?;
        // The tables are of all cases.
        if only.is_empty() {
            let text = serde_json::to_string_pretty(&report).map_err(|error| error.to_string())?;
            fs::write(report_file(project, client), text + "\n").map_err(cannot_write)?;
        }
        println!("{}, in {:.1} s", book::summary(&report), began.elapsed().as_secs_f64());
        played.push(Played { client: client.clone(), report });
    }
    Ok(played)
}

/// A busy machine can let a client miss the kit's patience: what seemed to hang is played once more, with more of it.
fn play_one(project: &Project, command: &str, only: &[&str]) -> Outcome<Value> {
    let mut arguments = vec!["--jobs", JOBS, "--client", command];
    arguments.extend(only.iter().flat_map(|name| ["--case", name]));
    let mut report = kit(project, &arguments)?;
    let hung = book::hung(&report);
    if !hung.is_empty() {
        let cases = hung.iter().flat_map(|name| ["--case", name.as_str()]);
        let options = ["--jobs", JOBS_OF_PATIENCE, "--patience", PATIENCE, "--client", command];
        let again: Vec<&str> = options.into_iter().chain(cases).collect();
        book::put(&mut report, &kit(project, &again)?);
    }
    Ok(report)
}

fn kit(project: &Project, arguments: &[&str]) -> Outcome<Value> {
    let mut kit = project.command(project.built("debug", "wechat-oauth"));
    kit.args(["conformance", "--json", "--lang", "en"]).args(arguments);
    let output = kit.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("cannot start the kit: {error}"))?;
    // 1 is a client that is not safe.
    if !matches!(output.status.code(), Some(0 | 1)) {
        return Err(format!("`wechat-oauth conformance {arguments:?}` failed: {}", output.status));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("the kit printed no report: {error}"))
}

fn write(project: &Project, file: &str, text: &str) -> Outcome {
    fs::write(project.path(file), text).map_err(|error| format!("cannot write {file}: {error}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use book::text;

    #[test]
    fn the_few_cases_are_one_of_each_area() {
        let book = Book::parse(&Project::of_this_program().read(BOOK).unwrap()).unwrap();
        let few = book.cases().iter().filter(|case| FEW.contains(&text(&case["name"])));
        let areas: Vec<&str> = few.map(|case| text(&case["area"])).collect();
        assert_eq!((areas.len(), areas.iter().collect::<BTreeSet<_>>().len()), (FEW.len(), FEW.len()));
        assert_eq!(book.areas().len(), FEW.len());
    }
}
