//! A client that is a program: started once a case, spoken with in lines, and ended.

use std::env;
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use thiserror::Error;

use crate::client::{Broken, Client, Conversation};

/// The longest line that is read: a hundred times what an answer needs.
const MAX_LINE: u64 = 1024 * 1024;
/// How much of a log is kept and searched; a client that logs more in one case logs the same again and again.
const MAX_LOG: u64 = 4 * 1024 * 1024;
/// How long the kit waits for a line by itself: twice a generous deadline for both requests of a login.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a program is looked at that should end.
const LOOK: Duration = Duration::from_millis(2);

/// A client that is a program.
#[derive(Debug, Clone)]
pub struct Program {
    words: Vec<String>,
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
        Ok(Self { words, patience: PATIENCE })
    }

    /// Waits so long for a line, and for the program's end, in place of 10 seconds.
    #[must_use]
    pub const fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
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
        let mut child = command.spawn()?;
        let pipe = || io::Error::other("it has no pipe");
        let stdin = child.stdin.take().ok_or_else(pipe)?;
        let lines = lines_of(child.stdout.take().ok_or_else(pipe)?);
        let log = all_of(child.stderr.take().ok_or_else(pipe)?);
        Ok(Box::new(Running {
            child,
            stdin: Some(stdin),
            lines,
            log,
            patience: self.patience,
            broken: None,
            killed: false,
        }))
    }
}

/// A program that runs. When it is dropped, it ends, and whatever it started.
struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<Result<String, Broken>>,
    log: Receiver<Vec<u8>>,
    patience: Duration,
    broken: Option<Broken>,
    killed: bool,
}

impl Conversation for Running {
    fn ask(&mut self, line: &str) -> Result<String, Broken> {
        if let Some(broken) = self.broken {
            return Err(broken);
        }
        // Refused where the program is gone; then no line comes either.
        let _said = self.stdin.as_mut().map(|stdin| stdin.write_all(format!("{line}\n").as_bytes()));
        let answer = match self.lines.recv_timeout(self.patience) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => Err(Broken::Silent(self.patience.as_secs())),
            Err(RecvTimeoutError::Disconnected) => Err(self.how_it_ended()),
        };
        self.broken = answer.as_ref().err().copied();
        answer
    }

    fn end(&mut self) -> (String, Result<(), Broken>) {
        drop(self.stdin.take());
        let ended = match (self.broken, self.wait()) {
            (Some(broken), _) => Err(broken),
            (None, None) => Err(Broken::Stays),
            (None, Some(status)) if status.success() => Ok(()),
            (None, Some(status)) => Err(by_status(status)),
        };
        self.kill();
        // Somebody may still hold the other end: what was kept then is lost with whoever reads it.
        let log = self.log.recv_timeout(self.patience).unwrap_or_default();
        (String::from_utf8_lossy(&log).into_owned(), ended)
    }
}

impl Running {
    /// Its output is at an end: so is it, or it closed its output.
    fn how_it_ended(&mut self) -> Broken {
        match self.wait() {
            Some(status) if status.success() => Broken::Gone,
            Some(status) => by_status(status),
            None => Broken::Stays,
        }
    }

    /// Its exit status, unless it takes longer than the kit waits or has to be killed already.
    fn wait(&mut self) -> Option<ExitStatus> {
        if matches!(self.broken, Some(Broken::Silent(_) | Broken::TooLong | Broken::NotText)) {
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
        #[cfg(unix)]
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _gone = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

fn by_status(status: ExitStatus) -> Broken {
    status.code().map_or(Broken::Killed, Broken::Status)
}

/// The lines that come, each as soon as it is there.
fn lines_of(stdout: impl Read + Send + 'static) -> Receiver<Result<String, Broken>> {
    let (sender, receiver) = mpsc::channel();
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

/// Everything that comes until the end, in so far as it is kept.
fn all_of(stderr: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut stderr = stderr;
        let mut kept = Vec::new();
        let _broken_off = stderr.by_ref().take(MAX_LOG).read_to_end(&mut kept);
        let _nobody_waits = sender.send(kept);
        // So that whoever writes it is not stopped by a full pipe.
        let _broken_off = io::copy(&mut stderr, &mut io::sink());
    });
    receiver
}
