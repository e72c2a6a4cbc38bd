//! `conformance`: any login client against a WeChat that misbehaves.

use std::fmt::Write as _;
use std::num::{NonZeroU16, NonZeroUsize};
use std::time::Duration;
use std::{process, thread};

use clap::Args;
use wechat_oauth_conformance::{
    Area, Bilingual, Case, CaseReport, Options, Program, Report, Verdict, cases, end_programs, run as play,
};

use crate::exit::Exit;
use crate::lang::Lang;
use crate::output;
use crate::stop::{self, Stop};

pub(crate) const EXAMPLES: &str = "\
Examples:
  wechat-oauth conformance --client \"python3 shim.py\"
  wechat-oauth conformance --client \"python3 shim.py\" --case state-missing --verbose
  wechat-oauth conformance --client \"node shim.mjs\" --json | jq '.cases[] | select(.verdict == \"unsafe\")'
  wechat-oauth conformance --list

The client is a program that speaks a few lines of JSON: the guide docs/guide/conformance.md shows one.

Exit codes:
  0  every case is safe, or the client has nothing of its kind
  1  the client is not safe in some case
  2  wrong usage, or the client cannot be started";

#[derive(Debug, Args)]
pub(crate) struct ConformanceArgs {
    /// The command that starts the client, once a case
    #[arg(long, value_name = "COMMAND", required_unless_present = "list")]
    client: Option<String>,

    /// Play this case only; can be given several times
    #[arg(long = "case", value_name = "NAME")]
    cases: Vec<String>,

    /// Print the names of the cases and what each is about, and exit
    #[arg(long)]
    list: bool,

    /// Print JSON instead of text for people
    #[arg(long, conflicts_with = "list")]
    json: bool,

    /// Print what was said in each case too; it holds the emulator's secrets, which are worth nothing
    #[arg(long, conflicts_with = "json")]
    verbose: bool,

    /// How many cases are played at a time [default: the number of cores]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,

    /// For how many seconds each line is waited for, once the client has started [default: 15]
    #[arg(long, value_name = "SECONDS")]
    patience: Option<NonZeroU16>,

    /// The language [default: Chinese if LC_ALL, LC_MESSAGES or LANG say so, else English]
    #[arg(long)]
    lang: Option<Lang>,
}

pub(crate) fn run(args: &ConformanceArgs) -> Exit {
    let lang = args.lang.unwrap_or_else(Lang::from_environment);
    if args.list {
        return output::ended(output::print(list(&cases(), lang)), Exit::Ok);
    }
    end_clients_when_told_to_end();
    let mut options = Options { only: args.cases.clone(), ..Options::default() };
    options.jobs = args.jobs.unwrap_or(options.jobs);
    let report = match Program::parse(args.client.as_deref().unwrap_or_default()) {
        Ok(program) => {
            let program = match args.patience {
                Some(seconds) => program.patience(Duration::from_secs(seconds.get().into())),
                None => program,
            };
            play(&program, &options).map_err(|error| error.to_string())
        }
        Err(error) => Err(error.to_string()),
    };
    match report {
        Ok(report) if says_nothing(&report) => {
            output::tell(format_args!("error: the client never says who it is{}", last_words(&report)));
            Exit::Refused
        }
        Ok(report) => {
            // The numbers are those of the command's own table: 1 is what test runners take for a verdict.
            let exit = if report.totals.unsafe_ == 0 { Exit::Ok } else { Exit::Failed };
            let printed = if args.json {
                output::print_json(&report)
            } else {
                output::print(for_people(&report, args.verbose, lang))
            };
            output::ended(printed, exit)
        }
        Err(error) => {
            output::tell(format_args!("error: {error}"));
            Exit::Refused
        }
    }
}

/// Whether the client came as far as its first answer in no case: the program behind the command did not start.
fn says_nothing(report: &Report) -> bool {
    report.client.is_empty() && report.totals.cannot == 0
}

/// What it printed instead, and how it ended.
fn last_words(report: &Report) -> String {
    /// The end of a traceback.
    const LINES: usize = 20;
    let Some(case) = report.cases.first() else { return String::new() };
    let log: Vec<&str> = case.transcript.iter().filter_map(|line| line.strip_prefix("! ")).collect();
    let reason = case.reason.as_ref().map(|reason| format!(": it {}", reason.en));
    let log = log[log.len().saturating_sub(LINES)..].iter().map(|line| format!("\n  {line}"));
    reason.into_iter().chain(log).collect()
}

/// Ctrl-C reaches this program alone: each client has a process group of its own, and one that hangs would be left.
fn end_clients_when_told_to_end() {
    /// What shells say of a program that Ctrl-C ended.
    const INTERRUPTED: i32 = 130;
    // Where it cannot be heard, clients still end with their input, unless they hang.
    let Ok(runtime) = stop::runtime() else { return };
    let Ok(mut stop) = runtime.block_on(async { Stop::listen() }) else { return };
    thread::spawn(move || {
        runtime.block_on(stop.said());
        end_programs();
        process::exit(INTERRUPTED);
    });
}

fn say(text: Bilingual, lang: Lang) -> &'static str {
    lang.pick(text.zh, text.en)
}

fn list(cases: &[Case], lang: Lang) -> String {
    let mut text = String::new();
    for area in Area::ALL {
        let _infallible = writeln!(text, "{}", say(area.title(), lang));
        for case in cases.iter().filter(|case| case.area() == *area) {
            let _infallible = writeln!(text, "  {}\n      {}", case.name(), say(case.threat(), lang));
        }
    }
    text.truncate(text.trim_end().len());
    text
}

/// A line for each case, with a reason below it unless it is safe, and a summary.
fn for_people(report: &Report, verbose: bool, lang: Lang) -> String {
    let mut text = format!("{} {}\n", report.client, report.version).trim_start().to_owned();
    for area in &report.areas {
        let cases: Vec<&CaseReport> = report.cases.iter().filter(|case| case.area == area.name).collect();
        if cases.is_empty() {
            continue;
        }
        let _infallible = writeln!(text, "\n{}", say(area.title, lang));
        for case in cases {
            let mark = match case.verdict {
                Verdict::Safe => lang.pick("✓ 安全  ", "✓ safe  "),
                Verdict::Unsafe => lang.pick("✗ 不安全", "✗ unsafe"),
                Verdict::Cannot => lang.pick("– 不适用", "– cannot"),
            };
            let _infallible = writeln!(text, "{mark} {}", case.name);
            if let Some(reason) = &case.reason {
                let _infallible = writeln!(text, "           {}", lang.pick(&reason.zh, &reason.en));
            }
            if verbose {
                for line in &case.transcript {
                    let _infallible = writeln!(text, "    {line}");
                }
            }
        }
    }
    let totals = report.totals;
    let summary = match lang {
        Lang::Zh => format!(
            "共 {} 个用例：{} 个安全，{} 个不安全，{} 个不适用",
            totals.cases, totals.safe, totals.unsafe_, totals.cannot
        ),
        Lang::En => format!(
            "{} {}: {} safe, {} unsafe, {} cannot",
            totals.cases,
            if totals.cases == 1 { "case" } else { "cases" },
            totals.safe,
            totals.unsafe_,
            totals.cannot
        ),
    };
    let _infallible = write!(text, "\n{summary}");
    text
}
