//! Three processes of one site behind a proxy that takes turns, on one real Redis, with the emulator as WeChat:
//! `cargo xtask replicas`.
//!
//! | part | what happens | what must hold |
//! |---|---|---|
//! | planted | replicas that share nothing are raced | the race finds it out |
//! | begun | logins begun on one replica and finished on another | everybody ends as themselves |
//! | race | 64 callbacks with one state at once, over all replicas | one exchange; all 64 sign in the same person |
//! | faults | logins while WeChat misbehaves and Redis is killed and stopped | nobody is somebody else; every end has a type; one exchange a callback; nothing hangs |
//! | renewals | 64 requests at once for a grant that has expired, Redis killed and stopped | one renewal an expiry |
//!
//! Everything is on loopback and bounded in time. The same program is the driver and, as `site`, a replica.
#![forbid(unsafe_code)]

mod browser;
mod http;
mod parts;
mod proxy;
mod replicas;
mod report;
mod site;
mod trouble;
mod wechat;

use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use lexopt::prelude::{Long, Value, ValueExt as _};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

/// What may go wrong, in words for whoever runs this.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Set for the process that does the work.
const INNER: &str = "REPLICAS_INNER";

/// How much longer than its time a run may take, before it is stopped and has failed: what is under way may end.
const GRACE: Duration = Duration::from_secs(150);

const HELP: &str = "\
wechat-oauth-replicas [--short] [--logins N] [--rounds N] [--seconds N] [--seed N]

  --short      a run of less than a minute
  --logins N   logins with faults (10000; 100 in a short run)
  --rounds N   rounds of 64 callbacks at once (10000; 100 in a short run)
  --seconds N  how long all parts may take together (2400; 120 in a short run): what does not fit is left out, and said
  --seed N     what is random is the same again
";

/// How much is done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Logins begun on one replica and finished on another.
    pub(crate) begun: usize,
    pub(crate) rounds: usize,
    pub(crate) logins: usize,
    /// Grants that have expired.
    pub(crate) expiries: usize,
    pub(crate) time: Duration,
    /// The longest that Redis is stopped, in milliseconds. Beyond two seconds the store gives an operation up, not
    /// knowing whether it was done, and then half a minute passes until somebody may take over.
    pub(crate) longest_pause: u64,
    pub(crate) seed: u64,
}

impl Plan {
    const FULL: Self = Self {
        begun: 1_000,
        rounds: 10_000,
        logins: 10_000,
        expiries: 1_000,
        time: Duration::from_secs(2_400),
        longest_pause: 3_000,
        seed: 1,
    };
    const SHORT: Self = Self {
        begun: 60,
        rounds: 100,
        logins: 100,
        expiries: 12,
        time: Duration::from_secs(120),
        longest_pause: 1_000,
        seed: 1,
    };
}

enum Task {
    Help,
    Site,
    Drive(Plan),
}

fn main() -> ExitCode {
    let outcome = match task() {
        Ok(Task::Help) => {
            print!("{HELP}");
            Ok(())
        }
        Ok(Task::Site) => site::run(),
        Ok(Task::Drive(_)) if std::env::var_os(INNER).is_none() => apart(),
        Ok(Task::Drive(plan)) => drive(plan),
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
    let mut arguments = Vec::new();
    let mut plan = Plan::FULL;
    while let Some(argument) = parser.next()? {
        match argument {
            Long("help") => return Ok(Task::Help),
            Value(value) if value == "site" => return Ok(Task::Site),
            Long("short") => plan = Plan::SHORT,
            Long(name @ ("logins" | "rounds" | "seconds" | "seed")) => {
                let name = name.to_owned();
                let number: u64 = parser.value()?.parse()?;
                arguments.push((name, number));
            }
            _ => return Err(argument.unexpected()),
        }
    }
    for (name, number) in arguments {
        let count = usize::try_from(number).map_err(|_| "that number is too high")?;
        match name.as_str() {
            "logins" => {
                plan.logins = count;
                plan.begun = plan.begun.min(count);
                plan.expiries = plan.expiries.min(count);
            }
            "rounds" => plan.rounds = count,
            "seconds" => plan.time = Duration::from_secs(number),
            _ => plan.seed = number,
        }
    }
    Ok(Task::Drive(plan))
}

/// Does the work in another process, of a process group of its own: Ctrl-C in a terminal reaches this one alone. When it
/// is gone, in whatever way, the other one's stdin ends, or it is sent SIGHUP (as a group is that loses its last tie to
/// its session while one of its processes, Redis, is stopped); then it stops, with all that it has started.
fn apart() -> Outcome {
    let mut inner = Command::new(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .env(INNER, "1")
        .stdin(Stdio::piped())
        .process_group(0)
        .spawn()?;
    // Held, since waiting for a process closes its stdin.
    let stdin = inner.stdin.take();
    let status = inner.wait()?;
    drop(stdin);
    if status.success() { Ok(()) } else { Err(format!("the replicas did not pass: {status}").into()) }
}

fn drive(plan: Plan) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (stop, stopped) = oneshot::channel();
    std::thread::spawn(move || {
        let mut nothing = Vec::new();
        let _ended = std::io::stdin().read_to_end(&mut nothing);
        // Nobody listens any more when the work is done.
        let _stopping = stop.send(());
    });
    // Whichever comes first, the others are dropped, and with them every process that was started.
    let outcome = runtime.block_on(async {
        let mut hung_up = signal(SignalKind::hangup())?;
        tokio::select! {
            outcome = parts::run(plan) => outcome,
            _ = stopped => Err("stopped from outside".into()),
            _ = hung_up.recv() => Err("stopped from outside".into()),
            () = tokio::time::sleep(plan.time + GRACE) => Err("it takes too long, and was stopped".into()),
        }
    });
    runtime.shutdown_timeout(Duration::from_secs(5));
    outcome
}
