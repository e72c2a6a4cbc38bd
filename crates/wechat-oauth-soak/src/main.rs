//! Thousands of people who sign in at once through the whole stack, while WeChat misbehaves: `cargo xtask soak`.
//!
//! Browsers with cookies of their own, eight logins of one axum site on one store, the async client, and the emulator as
//! WeChat, in a process of its own. Everything is drawn out of a seed: who signs in where, what is wrong with each answer
//! of WeChat's and with each way back. So of each login it is known what has to become of it.
//!
//! | phase | what happens |
//! |---|---|
//! | healthy | nothing is wrong |
//! | lost | the answer to each first exchange is lost, the code spent: everybody is signed in after one restart |
//! | faults | so many of a hundred answers of WeChat's are faulty, and so many of a hundred callbacks |
//!
//! | what must hold | |
//! |---|---|
//! | nobody is somebody else | each answer and each session names the person of that browser, or nobody |
//! | nobody is lost | each login ends signed in, or on the page that its script says |
//! | nothing hangs | the site answers within what its requests and waits may take together |
//! | no state is exchanged twice | but for a code that WeChat was too busy for |
//! | memory is flat | once everything that forgets has reached its limit |
//!
//! Everything is on loopback and bounded in time. The same program is the driver and, as `wechat`, WeChat.
#![forbid(unsafe_code)]

mod browser;
mod login;
mod phase;
mod phone;
#[cfg(test)]
mod planted;
mod process;
mod run;
mod script;
mod site;
mod stop;
mod truth;
mod wechat;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use lexopt::prelude::{Long, Value, ValueExt as _};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::runtime::Runtime;

use crate::process::Process;
use crate::stop::Stop;
use crate::wechat::WeChat;

/// What may go wrong, in words for whoever runs this.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// How many files are open beside the connections to WeChat, of which each login has one at most.
const OTHER_FILES: u64 = 256;

const HELP: &str = "\
wechat-oauth-soak [--short] [--logins N] [--at-once N] [--faults PERCENT] [--patience SECONDS] [--seconds N] [--seed N]

  --short             a run of some seconds
  --logins N          logins with faults (10000; 600 in a short run)
  --at-once N         how many are under way at a time (10000; 300 in a short run)
  --faults PERCENT    how many of a hundred answers of WeChat's, and of a hundred callbacks, are faulty (30)
  --patience SECONDS  how long the site waits for an answer of WeChat's, and so how long a stall takes (5; 2 in a short run)
  --seconds N         after so long no further login begins (3600; 120 in a short run)
  --seed N            what is random is the same again
";

/// How much is done.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) logins: u64,
    /// Logins without faults, and logins whose first answer is lost.
    pub(crate) others: u64,
    pub(crate) at_once: usize,
    pub(crate) faults: u64,
    pub(crate) patience: Duration,
    pub(crate) time: Duration,
    pub(crate) seed: u64,
}

impl Plan {
    const FULL: Self = Self {
        logins: 10_000,
        others: 10_000,
        at_once: 10_000,
        faults: 30,
        patience: wechat_oauth_reqwest::DEFAULT_TIMEOUT,
        time: Duration::from_secs(3_600),
        seed: 1,
    };
    pub(crate) const SHORT: Self = Self {
        logins: 600,
        others: 200,
        at_once: 300,
        // As long as a stall takes, three times in a row at worst.
        patience: Duration::from_secs(2),
        time: Duration::from_secs(120),
        ..Self::FULL
    };
}

enum Task {
    Help,
    /// To be WeChat, out of this seed.
    WeChat(u64),
    Drive(Plan),
}

fn main() -> ExitCode {
    let outcome = match task() {
        Ok(Task::Help) => {
            print!("{HELP}");
            Ok(())
        }
        Ok(Task::WeChat(seed)) => be_wechat(seed),
        Ok(Task::Drive(plan)) => drive(&plan),
        Err(error) => {
            eprintln!("{error}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn task() -> Result<Task, lexopt::Error> {
    let mut parser = lexopt::Parser::from_env();
    let mut plan = Plan::FULL;
    let mut is_wechat = false;
    while let Some(argument) = parser.next()? {
        match argument {
            Long("help") => return Ok(Task::Help),
            Value(value) if value == "wechat" => is_wechat = true,
            Long("short") => plan = Plan { seed: plan.seed, ..Plan::SHORT },
            Long("logins") => match parser.value()?.parse()? {
                0 => return Err("--logins is at least one".into()),
                logins => plan.logins = logins,
            },
            Long("at-once") => match parser.value()?.parse()? {
                0 => return Err("--at-once is at least one".into()),
                at_once => plan.at_once = at_once,
            },
            Long("faults") => match parser.value()?.parse()? {
                percent @ 0..=100 => plan.faults = percent,
                _ => return Err("--faults is a number of percent".into()),
            },
            Long("patience") => match parser.value()?.parse()? {
                0 => return Err("--patience is at least a second".into()),
                seconds => plan.patience = Duration::from_secs(seconds),
            },
            Long("seconds") => plan.time = Duration::from_secs(parser.value()?.parse()?),
            Long("seed") => plan.seed = parser.value()?.parse()?,
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(if is_wechat { Task::WeChat(plan.seed) } else { Task::Drive(plan) })
}

fn runtime() -> Outcome<Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

fn drive(plan: &Plan) -> Outcome {
    allow_files(plan.at_once as u64 + OTHER_FILES)?;
    let (wechat, base_url) = start_wechat(plan.seed)?;
    println!("{plan:?}");
    let runtime = runtime()?;
    let outcome = runtime.block_on(async {
        let stop = Stop::default();
        let (asked, time) = (stop.clone(), plan.time);
        tokio::spawn(async move {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                () = tokio::time::sleep(time) => {}
            }
            asked.ask();
        });
        let process = Process(wechat.0.id());
        tokio::select! {
            outcome = run::run(plan, &base_url, process, &stop) => outcome,
            // What is under way may end, and no longer.
            () = tokio::time::sleep(plan.time + 2 * plan.deadline()) => Err("it takes too long, and was stopped".into()),
        }
    });
    runtime.shutdown_timeout(Duration::from_secs(5));
    outcome
}

/// WeChat's process, ended when this is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself, and then there is nothing to do.
        let _ended = self.0.kill().and_then(|()| self.0.wait());
    }
}

/// Starts WeChat in a process of its own, since both ends of ten thousand connections are more than one may have. It is of
/// a process group of its own, so that Ctrl-C does not reach it, and ends when its stdin does, however this one goes.
fn start_wechat(seed: u64) -> Outcome<(Running, String)> {
    let child = Command::new(std::env::current_exe()?)
        .args(["wechat", "--seed", &seed.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()?;
    let mut wechat = Running(child);
    let stdout = wechat.0.stdout.take().ok_or("WeChat has no stdout")?;
    let mut base_url = String::new();
    BufReader::new(stdout).read_line(&mut base_url)?;
    Ok((wechat, base_url.trim_end().to_owned()))
}

/// Serves until stdin ends. The first line on stdout is the base URL.
fn be_wechat(seed: u64) -> Outcome {
    std::thread::spawn(|| {
        let mut nothing = Vec::new();
        let _ended = std::io::stdin().read_to_end(&mut nothing);
        std::process::exit(0);
    });
    // As many as may be: only then are there enough, and the driver has looked.
    let _as_many_as_there_are = allow_files(u64::MAX);
    runtime()?.block_on(async {
        let (wechat, listener, base_url) = WeChat::listen(seed)?;
        let mut stdout = std::io::stdout();
        writeln!(stdout, "{base_url}")?;
        stdout.flush()?;
        wechat.serve(listener).await;
        Ok(())
    })
}

/// Lets this process have so many files open; shells allow it a thousand unless it asks.
fn allow_files(wanted: u64) -> Outcome {
    let limits = getrlimit(Resource::Nofile);
    let most = limits.maximum.unwrap_or(u64::MAX);
    let current = wanted.min(most);
    if limits.current.is_some_and(|now| now < current) {
        setrlimit(Resource::Nofile, Rlimit { current: Some(current), maximum: limits.maximum })?;
    }
    if wanted > most && wanted != u64::MAX {
        return Err(format!(
            "{wanted} files are needed and {most} allowed: raise `ulimit -Hn`, or ask for fewer --at-once"
        )
        .into());
    }
    Ok(())
}
