//! Exit codes.

use std::process::ExitCode;

use wechat_oauth::ErrorReport;

/// How the command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: it did what was asked.
    Ok,
    /// 1: wrong usage or configuration, or no answer came.
    Failed,
    /// 2: the answer is no: a refusal, a bad callback, a finding, a token that is not valid, an unknown code.
    Refused,
    /// 3: the answer cannot be read.
    Malformed,
}

impl Exit {
    /// The table that every command's help ends with.
    pub(crate) const HELP: &str = "\
Exit codes:
  0  done
  1  wrong usage or configuration, or no answer came
  2  refused; a bad callback; a finding; a token that is not valid; an unknown code
  3  an answer that cannot be read";

    /// By the kind that an error's document names; `None` for a kind that there is not.
    pub(crate) fn of_kind(kind: &str) -> Option<Self> {
        match kind {
            "configuration" | "transport" => Some(Self::Failed),
            "callback" | "refused" => Some(Self::Refused),
            "malformed" => Some(Self::Malformed),
            _ => None,
        }
    }

    pub(crate) const fn of(error: &ErrorReport) -> Self {
        match error {
            ErrorReport::Configuration { .. } | ErrorReport::Transport { .. } => Self::Failed,
            ErrorReport::Callback { .. } | ErrorReport::Refused { .. } => Self::Refused,
            ErrorReport::Malformed { .. } => Self::Malformed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Ok => 0,
            Exit::Failed => 1,
            Exit::Refused => 2,
            Exit::Malformed => 3,
        })
    }
}
