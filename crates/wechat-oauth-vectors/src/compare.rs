//! A runner beside the reference, line by line.

use std::fmt;
use std::io::{self, BufRead as _, BufReader, BufWriter, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

/// How long a runner may take for one answer, on any machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many answers may wait to be compared.
const AHEAD: usize = 256;
/// The longest answer that is read: the reference's are under 512 KiB.
const LONGEST: u64 = 4 << 20;
/// How many differences are kept to be shown.
const SHOWN: usize = 5;

/// A question, and the answer that it has.
pub type Expected = (String, String);

/// An answer that is another than the reference's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which question it was, from 1.
    pub number: usize,
    /// The question.
    pub question: String,
    /// The reference's answer.
    pub expected: String,
    /// The runner's.
    pub got: String,
}

/// How a runner did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// How many questions there were.
    pub questions: usize,
    /// How many answers were the reference's.
    pub equal: usize,
    /// The first answers that were not.
    pub differences: Vec<Difference>,
    /// Why not every question was answered, or what was wrong after that; with the first question that was not.
    pub stopped: Option<String>,
}

impl Report {
    /// Whether every answer is the reference's, and nothing else was wrong.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.questions == self.equal && self.stopped.is_none() && self.questions > 0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} equal", self.equal, self.questions)?;
        for Difference { number, question, expected, got } in &self.differences {
            write!(f, "\n  question {number}: {question}\n  expected: {expected}\n  got:      {got}")?;
        }
        if let Some(stopped) = &self.stopped {
            write!(f, "\n  {stopped}")?;
        }
        Ok(())
    }
}

/// Asks a runner everything, and compares. The questions are made twice, once to be asked and once to be compared, so
/// that none has to be kept; so both iterators have to give the same.
///
/// # Errors
/// When the runner cannot be started.
pub fn compare<A, E>(mut command: Command, asked: A, expected: E) -> io::Result<Report>
where
    A: Iterator<Item = String> + Send + 'static,
    E: Iterator<Item = Expected>,
{
    let mut runner = Runner(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?);
    let (Some(input), Some(output)) = (runner.0.stdin.take(), runner.0.stdout.take()) else {
        return Err(io::Error::other("the runner has no standard input or output"));
    };
    // Both end when their pipe is closed. Nobody waits for that: a child of the runner's may keep it open.
    thread::spawn(move || write_all(input, asked));
    let (sender, answers) = sync_channel(AHEAD);
    thread::spawn(move || read_all(output, &sender));
    let mut report = Report::default();
    for (question, expected) in expected {
        report.questions += 1;
        if report.stopped.is_some() {
            continue;
        }
        match next(&answers) {
            Ok(got) if got == expected.as_bytes() => report.equal += 1,
            Ok(got) if report.differences.len() < SHOWN => {
                let got = String::from_utf8_lossy(&got).into_owned();
                report.differences.push(Difference { number: report.questions, question, expected, got });
            }
            Ok(_) => {}
            Err(why) => {
                report.stopped = Some(format!("{why} at question {}: {question}", report.questions));
                runner.kill();
            }
        }
    }
    if report.stopped.is_none() {
        report.stopped = runner.after_all(&answers)?;
    }
    Ok(report)
}

fn write_all(input: ChildStdin, asked: impl Iterator<Item = String>) {
    let mut input = BufWriter::new(input);
    for question in asked {
        // A runner that is gone is seen by the answers that it does not give.
        if writeln!(input, "{question}").is_err() {
            return;
        }
    }
    let _gone = input.flush();
}

fn read_all(output: ChildStdout, answers: &SyncSender<Vec<u8>>) {
    let mut output = BufReader::new(output);
    loop {
        let mut line = Vec::new();
        match output.by_ref().take(LONGEST).read_until(b'\n', &mut line) {
            Ok(1..) => {}
            _ => return,
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        if answers.send(line).is_err() {
            return;
        }
    }
}

fn next(answers: &Receiver<Vec<u8>>) -> Result<Vec<u8>, &'static str> {
    answers.recv_timeout(PATIENCE).map_err(|error| match error {
        RecvTimeoutError::Timeout => "no answer came within a minute,",
        RecvTimeoutError::Disconnected => "the runner ended",
    })
}

/// A runner, until this is dropped.
struct Runner(Child);

impl Runner {
    /// What is wrong after the last answer.
    fn after_all(&mut self, answers: &Receiver<Vec<u8>>) -> io::Result<Option<String>> {
        match answers.recv_timeout(PATIENCE) {
            Ok(_) => return Ok(Some("it gave more answers than there were questions".to_owned())),
            Err(RecvTimeoutError::Timeout) => {
                return Ok(Some("it did not end within a minute after the last question".to_owned()));
            }
            Err(RecvTimeoutError::Disconnected) => {}
        }
        let status = self.0.wait()?;
        Ok((!status.success()).then(|| format!("it ended with {status} after the last question")))
    }

    fn kill(&mut self) {
        let _gone = (self.0.kill(), self.0.wait());
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.kill();
    }
}
