//! One phase of a run: so many logins, so many at once, and what came of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::JoinSet;

use crate::login::{Ending, Stage, play};
use crate::process::Process;
use crate::stop::Stop;
use crate::wechat::Seen;

/// How many complaints end a phase: the rest would say the same.
const ENOUGH: usize = 100;
/// How many complaints are shown.
const SHOWN: usize = 20;
/// When memory is looked at, in percent of the logins.
const MARKS: [u64; 3] = [10, 50, 100];

/// How many logins it takes until everything that keeps something of a login has reached its own limit and forgets: the
/// emulator keeps a hundred thousand codes and grants, this program's WeChat two hundred thousand attempts.
const FULL_AFTER: u64 = 250_000;
/// What is kept of one login until then, at most: a code, a grant, two tokens, the callback's answer, and what finds them.
const KEPT_KIB: u64 = 6;
/// How much memory may differ for no reason: the allocator's leftovers, and the buffers of the connections of the moment.
const NOISE_KIB: u64 = 48 * 1024;

/// What came of one phase.
#[derive(Debug, Default)]
pub(crate) struct Phase {
    pub(crate) name: &'static str,
    pub(crate) asked: u64,
    pub(crate) done: u64,
    pub(crate) signed_in: u64,
    pub(crate) took: Duration,
    /// How often a login ended how.
    endings: BTreeMap<String, u64>,
    /// How often a browser came back which way.
    ways: BTreeMap<&'static str, u64>,
    lost: u64,
    regained: u64,
    late: u64,
    longest: Duration,
    slowest: Duration,
    memory: Vec<Mark>,
    processor_time: Duration,
    wechat_time: Duration,
    pub(crate) seen: Seen,
    /// What must not be.
    pub(crate) wrong: Vec<String>,
}

/// The memory at a mark, in KiB.
#[derive(Debug, Clone, Copy)]
struct Mark {
    logins: u64,
    site: u64,
    wechat: u64,
}

impl Phase {
    /// Plays so many logins, so many at once, until all have ended or it is told to stop. WeChat's process may be this one.
    pub(crate) async fn run(
        name: &'static str,
        stage: Stage,
        logins: u64,
        at_once: usize,
        wechat: Process,
        stop: &Stop,
    ) -> Self {
        let stage = Arc::new(stage);
        let mut phase = Self { name, asked: logins, ..Self::default() };
        let times = || (Process::own().processor_time(), wechat.processor_time());
        let (began, times_before) = (Instant::now(), times());
        let progress = Progress::new(name, logins);
        let mut running = JoinSet::new();
        let mut next = 0;
        loop {
            while next < logins && running.len() < at_once && !stop.is_asked() && phase.wrong.len() < ENOUGH {
                let (number, playing) = (next, play(Arc::clone(&stage), next));
                running.spawn(async move { (number, playing.await) });
                next += 1;
            }
            match running.join_next().await {
                None => break,
                Some(Ok((_, Ok(ending)))) => phase.count(ending),
                Some(Ok((number, Err(error)))) => phase.wrong.push(format!("login {number}: {error}")),
                Some(Err(error)) => phase.wrong.push(format!("a login: {error}")),
            }
            if MARKS.iter().any(|percent| phase.done > 0 && phase.done == logins * percent / 100) {
                let (site, wechat) = (Process::own().memory_kib(), wechat.memory_kib());
                phase.memory.push(Mark { logins: phase.done, site, wechat });
            }
            progress.at(phase.done, phase.signed_in);
        }
        progress.end();
        phase.took = began.elapsed();
        let times = times();
        phase.processor_time = times.0.saturating_sub(times_before.0);
        phase.wechat_time = times.1.saturating_sub(times_before.1);
        phase.judge_memory(wechat);
        match stage.phone.seen().await {
            Ok(seen) => {
                phase.wrong.extend(seen.wrong.iter().map(|wrong| format!("WeChat: {wrong}")));
                phase.seen = seen;
            }
            Err(error) => phase.wrong.push(format!("WeChat cannot say what it has seen: {error}")),
        }
        if phase.late * 2 > phase.done {
            phase.wrong.push(
                "most logins took too long for their script: this machine wants fewer --at-once, or more --patience"
                    .to_owned(),
            );
        }
        phase
    }

    fn count(&mut self, ending: Ending) {
        self.done += 1;
        let restarts = match ending.restarts {
            0 => "",
            1 => ", after one restart",
            _ => ", after more restarts",
        };
        let how = match ending.page {
            Some(reason) => format!("nobody, with the page: {reason}{restarts}"),
            None if ending.named => format!("the right person{restarts}"),
            None => format!("the right person, whose profile could not be read{restarts}"),
        };
        *self.endings.entry(how).or_default() += 1;
        for way in ending.ways.into_iter().flatten() {
            *self.ways.entry(way.as_str()).or_default() += 1;
        }
        self.signed_in += u64::from(ending.page.is_none());
        self.late += u64::from(ending.late);
        self.lost += u64::from(ending.lost_answer);
        self.regained += u64::from(ending.lost_answer && ending.page.is_none());
        self.longest = self.longest.max(ending.took);
        self.slowest = self.slowest.max(ending.slowest);
    }

    /// Between the last two marks nothing may grow but what has not reached its limit yet.
    fn judge_memory(&mut self, wechat: Process) {
        let [.., middle, end] = self.memory.as_slice() else { return };
        let (from, to) = (middle.logins.min(FULL_AFTER), end.logins.min(FULL_AFTER));
        let allowed = (to - from) * KEPT_KIB + NOISE_KIB;
        let mut complaints = Vec::new();
        let mut judge = |whose: &str, middle: u64, end: u64| {
            if end > middle + allowed {
                complaints.push(format!(
                    "{whose} memory grew by {} MiB in the second half; {} MiB are allowed",
                    (end - middle) / 1024,
                    allowed / 1024,
                ));
            }
        };
        judge("the site's", middle.site, end.site);
        if wechat != Process::own() {
            judge("WeChat's", middle.wechat, end.wechat);
        }
        self.wrong.extend(complaints);
    }

    /// Logins that ended signed in, for each second.
    pub(crate) fn goodput(&self) -> f64 {
        self.signed_in as f64 / self.took.as_secs_f64().max(f64::EPSILON)
    }

    /// The same, for each second of processor time: however busy the machine is with other things.
    pub(crate) fn goodput_of_processor(&self) -> f64 {
        let time = (self.processor_time + self.wechat_time).as_secs_f64();
        self.signed_in as f64 / time.max(f64::EPSILON)
    }

    /// What came of it, a line each.
    pub(crate) fn details(&self) -> String {
        let mut text = String::new();
        let mut line = |number: u64, name: &str| {
            let _infallible = writeln!(text, "  {number:>9}  {name}");
        };
        for (how, times) in &self.endings {
            line(*times, how);
        }
        for (way, times) in &self.ways {
            line(*times, &format!("came back: {way}"));
        }
        line(self.lost, "first exchanges done, and their answers lost");
        line(self.regained, "of them signed in all the same");
        line(
            self.late,
            "ended otherwise than their script says, after more time than the site waits for WeChat",
        );
        line(self.seen.requests, "requests to WeChat");
        line(self.seen.exchanges, "exchanges");
        line(self.seen.repeats, "of them asked for again, since WeChat was busy");
        for (fault, times) in &self.seen.faults {
            line(*times, &format!("fault: {fault}"));
        }
        for mark in &self.memory {
            line(
                mark.site / 1024,
                &format!(
                    "MiB for the site after {} logins; {} MiB for WeChat",
                    mark.logins,
                    mark.wechat / 1024
                ),
            );
        }
        line(millis(self.longest), "ms for the longest login");
        line(millis(self.slowest), "ms for the slowest answer of the site");
        line(millis(self.processor_time), "ms of processor time for the site and the browsers");
        line(millis(self.wechat_time), "ms of processor time for WeChat");
        for complaint in self.wrong.iter().take(SHOWN) {
            let _infallible = writeln!(text, "  WRONG: {complaint}");
        }
        text
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// A bar on a terminal; elsewhere a line at every tenth.
struct Progress {
    bar: Option<ProgressBar>,
    name: &'static str,
    logins: u64,
    began: Instant,
}

impl Progress {
    fn new(name: &'static str, logins: u64) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(logins);
            let style = ProgressStyle::with_template(
                "{prefix:<10} {wide_bar} {pos}/{len} {per_sec} {eta} left; {msg}",
            );
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.with_prefix(name)
        });
        Self { bar, name, logins, began: Instant::now() }
    }

    fn at(&self, done: u64, signed_in: u64) {
        match &self.bar {
            Some(bar) => {
                bar.set_position(done);
                if done.is_multiple_of(64) {
                    bar.set_message(format!("{signed_in} signed in"));
                }
            }
            None if done > 0 && done.is_multiple_of((self.logins / 10).max(1)) => {
                let seconds = self.began.elapsed().as_secs();
                println!("{}: {done} of {}, {signed_in} signed in, {seconds} s", self.name, self.logins);
            }
            None => {}
        }
    }

    fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
