//! A client that is a program: started once a case, spoken with in lines, and ended.

use std::collections::BTreeSet;
use std::env;
use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use thiserror::Error;

use crate::client::{Broken, Client, Conversation};

/// The longest line that is read: a hundred times what an answer needs.
const MAX_LINE: u64 = 1024 * 1024;
/// How many lines wait that nobody asked for. A program that says more waits itself.
const LINES_AHEAD: usize = 4;
/// How much of a log is kept and searched; a client that logs more in one case logs the same again and again.
const MAX_LOG: usize = 4 * 1024 * 1024;
/// How long the kit waits for a line by itself: a client may ask three times what can be asked again, each time until its
/// deadline, and pause between.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long it waits for the first line: starting an interpreter is not judged, on a busy machine neither.
const PATIENCE_AT_START: Duration = Duration::from_secs(60);
/// How often a program is looked at that should end.
const LOOK: Duration = Duration::from_millis(2);

/// A client that is a program.
#[derive(Debug, Clone)]
pub struct Program {
    words: Vec<String>,
    patience_at_start: Duration,
    patience: Duration,
}

/// No program can be read from a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "the command names no program, or a quote in it is not closed: give it as for a shell, `python3 shim.py`"
)]
pub struct ProgramError;

impl Program {
    /// The program of a command: words as a shell splits them, and nothing else of a shell.
    ///
    /// # Errors
    /// [`ProgramError`] when there is no word, or a quote is not closed.
    pub fn parse(command: &str) -> Result<Self, ProgramError> {
        let words = shlex::split(command).filter(|words| !words.is_empty()).ok_or(ProgramError)?;
        Ok(Self { words, patience_at_start: PATIENCE_AT_START, patience: PATIENCE })
    }

    /// Waits so long for a line, and for the program's end, in place of 15 seconds. The first line has its own.
    #[must_use]
    pub const fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Waits so long for the first line, in place of 60 seconds.
    #[must_use]
    pub const fn patience_at_start(mut self, patience: Duration) -> Self {
        self.patience_at_start = patience;
        self
    }
}

impl Client for Program {
    fn start(&self) -> io::Result<Box<dyn Conversation>> {
        let (program, arguments) = self.words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // The emulator is on loopback: a proxy of the environment's is not asked for it.
        for name in ["NO_PROXY", "no_proxy"] {
            let others = env::var(name).unwrap_or_default();
            command.env(name, format!("127.0.0.1,localhost,{others}"));
        }
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = Groups::lock().start(&mut command)?;
        let pipe = || io::Error::other("it has no pipe");
        let stdin = child.stdin.take().ok_or_else(pipe)?;
        let lines = lines_of(child.stdout.take().ok_or_else(pipe)?);
        let log = log_of(child.stderr.take().ok_or_else(pipe)?);
        Ok(Box::new(Running {
            child,
            said: Some(written_to(stdin)),
            lines,
            log,
            patience_at_start: Some(self.patience_at_start),
            patience: self.patience,
            broken: None,
            killed: false,
        }))
    }
}

/// A program that runs. When it is dropped, it ends, and whatever it started.
struct Running {
    child: Child,
    said: Option<Sender<String>>,
    lines: Receiver<Result<String, Broken>>,
    log: Log,
    /// Until its first line came.
    patience_at_start: Option<Duration>,
    patience: Duration,
    broken: Option<Broken>,
    killed: bool,
}

impl Conversation for Running {
    fn ask(&mut self, line: &str) -> Result<String, Broken> {
        if let Some(broken) = self.broken {
            return Err(broken);
        }
        let answer = match self.lines.try_recv() {
            Ok(early) => early.and(Err(Broken::Unasked)),
            Err(_) => self.answer_to(line),
        };
        self.broken = answer.as_ref().err().copied();
        answer
    }

    fn end(&mut self) -> (String, Result<(), Broken>) {
        drop(self.said.take());
        let ended = match (self.broken, self.wait()) {
            (Some(broken), _) => Err(broken),
            (None, None) => Err(Broken::Stays),
            (None, Some(status)) if status.success() => Ok(()),
            (None, Some(status)) => Err(by_status(status)),
        };
        self.kill();
        // Its output is at an end, unless what it left behind, and this could not end, still holds it.
        let ended = ended.and_then(|()| match self.lines.recv_timeout(self.patience) {
            Ok(more) => more.and(Err(Broken::Unasked)),
            Err(_) => Ok(()),
        });
        (self.log.text(self.patience), ended)
    }
}

impl Running {
    fn answer_to(&mut self, line: &str) -> Result<String, Broken> {
        // Refused where the program is gone; then no line comes either.
        let _said = self.said.as_ref().map(|said| said.send(format!("{line}\n")));
        let patience = self.patience_at_start.take().unwrap_or(self.patience);
        match self.lines.recv_timeout(patience) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => Err(Broken::Silent(patience.as_secs())),
            Err(RecvTimeoutError::Disconnected) => Err(self.how_it_ended()),
        }
    }

    /// Its output is at an end: so is it, or it closed its output.
    fn how_it_ended(&mut self) -> Broken {
        match self.wait() {
            Some(status) if status.success() => Broken::Gone,
            Some(status) => by_status(status),
            None => Broken::Closed,
        }
    }

    /// Its exit status, unless it broke off already or takes longer than the kit waits.
    fn wait(&mut self) -> Option<ExitStatus> {
        if self.broken.is_some() {
            return None;
        }
        let started = Instant::now();
        while started.elapsed() < self.patience {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            thread::sleep(LOOK);
        }
        None
    }

    /// Ends it, and whatever it started, in so far as that is still there.
    fn kill(&mut self) {
        // Once only: afterwards its number may be another program's.
        if std::mem::replace(&mut self.killed, true) {
            return;
        }
        let mut groups = Groups::lock();
        groups.running.remove(&self.child.id());
        kill_group(self.child.id());
        drop(groups);
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Ends every client program that runs, with whatever it started, and lets no other start.
///
/// For a program that is itself told to end, as by Ctrl-C: its clients do not hear of that, since each has a process group
/// of its own.
pub fn end_programs() {
    let mut groups = Groups::lock();
    groups.is_over = true;
    for group in std::mem::take(&mut groups.running) {
        kill_group(group);
    }
}

/// The process groups of all programs that run, by their first process.
struct Groups {
    running: BTreeSet<u32>,
    is_over: bool,
}

impl Groups {
    fn lock() -> MutexGuard<'static, Self> {
        static GROUPS: Mutex<Groups> = Mutex::new(Groups { running: BTreeSet::new(), is_over: false });
        GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&mut self, command: &mut Command) -> io::Result<Child> {
        if self.is_over {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let child = command.spawn()?;
        self.running.insert(child.id());
        Ok(child)
    }
}

/// Ends a process group, in so far as it is still there.
fn kill_group(group: u32) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(group).ok().and_then(rustix::process::Pid::from_raw) {
        let _gone = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    #[cfg(not(unix))]
    let _ = group;
}

fn by_status(status: ExitStatus) -> Broken {
    status.code().map_or(Broken::Killed, Broken::Status)
}

/// Takes the lines to be written, until the sender is dropped. The kit does not wait for a program that reads nothing.
fn written_to(mut stdin: impl Write + Send + 'static) -> Sender<String> {
    let (sender, receiver) = mpsc::channel::<String>();
    thread::spawn(move || {
        for line in receiver {
            if stdin.write_all(line.as_bytes()).is_err() {
                return;
            }
        }
    });
    sender
}

/// The lines that come, each as soon as it is there.
fn lines_of(stdout: impl Read + Send + 'static) -> Receiver<Result<String, Broken>> {
    let (sender, receiver) = mpsc::sync_channel(LINES_AHEAD);
    thread::spawn(move || {
        let mut stdout = BufReader::new(stdout);
        loop {
            let mut line = Vec::new();
            let read = stdout.by_ref().take(MAX_LINE).read_until(b'\n', &mut line);
            let line = match read {
                Ok(0) | Err(_) => return,
                Ok(_) if line.last() == Some(&b'\n') => {
                    line.pop();
                    String::from_utf8(line).map_err(|_| Broken::NotText)
                }
                Ok(read) if read as u64 == MAX_LINE => Err(Broken::TooLong),
                // The last line, without its end: whoever wrote it is gone.
                Ok(_) => return,
            };
            let is_last = line.is_err();
            if sender.send(line).is_err() || is_last {
                return;
            }
        }
    });
    receiver
}

/// What a program logs: kept as it comes, so that nothing is lost where its end does not come.
struct Log {
    kept: Arc<Mutex<Vec<u8>>>,
    ended: Receiver<()>,
}

impl Log {
    /// All of it; what there is after so long, where somebody still holds the other end.
    fn text(&self, patience: Duration) -> String {
        let _ended = self.ended.recv_timeout(patience);
        String::from_utf8_lossy(&self.kept.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

fn log_of(mut stderr: impl Read + Send + 'static) -> Log {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let (sender, ended) = mpsc::channel();
    let log = Log { kept: Arc::clone(&kept), ended };
    thread::spawn(move || {
        let _until_here = sender;
        let mut buffer = [0; 8 * 1024];
        // What is too much is read all the same: whoever writes it is not stopped by a full pipe.
        loop {
            match stderr.read(&mut buffer) {
                Ok(0) => return,
                Ok(read) => {
                    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                    let room = MAX_LOG.saturating_sub(kept.len());
                    kept.extend_from_slice(&buffer[..read.min(room)]);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    });
    log
}
