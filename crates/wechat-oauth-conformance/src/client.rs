//! Whoever is tested: something that starts, answers lines, and ends.

use std::io;

use thiserror::Error;

use crate::report::Reason;

/// A login client that can be started once a case.
pub trait Client: Sync {
    /// Starts it.
    ///
    /// # Errors
    /// When it cannot be started at all, which ends the run.
    fn start(&self) -> io::Result<Box<dyn Conversation>>;
}

/// A client that was started.
pub trait Conversation {
    /// Says a line, without its line break, and gives the line that answers it.
    ///
    /// # Errors
    /// [`Broken`] when no answer comes.
    fn ask(&mut self, line: &str) -> Result<String, Broken>;

    /// Says that nothing more comes, and waits for the client's end. Gives what it logged, whatever became of it.
    fn end(&mut self) -> (String, Result<(), Broken>);
}

/// How a client broke off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Broken {
    /// It ended in the middle of a case.
    #[error("ends in the middle of the case")]
    Gone,
    /// It was ended by a signal, as after a fault in its memory.
    #[error("crashes: it is ended by a signal")]
    Killed,
    /// It said nothing for as long as the kit waits.
    #[error("hangs: no answer for {0} seconds")]
    Silent(u64),
    /// Its line is longer than any answer.
    #[error("answers a line of more than 1 MiB")]
    TooLong,
    /// Its line is no UTF-8.
    #[error("answers what is not UTF-8")]
    NotText,
    /// It ended with another exit status than 0.
    #[error("exits with status {0}")]
    Status(i32),
    /// It said something that it was not asked.
    #[error("says more lines than it is asked")]
    Unasked,
    /// It runs on, and can say nothing more.
    #[error("closes its output in the middle of the case")]
    Closed,
    /// It did not end after its input had.
    #[error("does not end when its input does")]
    Stays,
}

impl From<Broken> for Reason {
    fn from(broken: Broken) -> Self {
        let zh = match broken {
            Broken::Gone => "用例尚未结束，进程已退出".to_owned(),
            Broken::Killed => "进程崩溃（被信号终止）".to_owned(),
            Broken::Silent(seconds) => format!("卡死：{seconds} 秒没有应答"),
            Broken::TooLong => "应答的一行超过 1 MiB".to_owned(),
            Broken::NotText => "应答不是 UTF-8".to_owned(),
            Broken::Status(status) => format!("退出码为 {status}"),
            Broken::Unasked => "多输出了没有要求的行".to_owned(),
            Broken::Closed => "用例尚未结束，进程已关闭标准输出".to_owned(),
            Broken::Stays => "输入结束后进程不退出".to_owned(),
        };
        Self::new(broken.to_string(), zh)
    }
}
