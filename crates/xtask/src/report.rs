//! The table at the end of a run.

use std::time::Duration;

use crate::project::Outcome;

/// How one step went.
pub(crate) struct Line {
    pub(crate) step: &'static str,
    pub(crate) outcome: Outcome,
    pub(crate) time: Duration,
}

/// The table of all steps and what they took together, then the reasons of the failed ones.
///
/// Together they take less than their sum, as some run beside others.
pub(crate) fn report(lines: &[Line], together: Duration) -> String {
    let mut text = format!("{:<12}{:<8}{:>8}\n", "step", "result", "seconds");
    for Line { step, outcome, time } in lines {
        let result = if outcome.is_ok() { "ok" } else { "failed" };
        text += &format!("{step:<12}{result:<8}{:>8.1}\n", time.as_secs_f64());
    }
    text += &format!("{:<12}{:<8}{:>8.1}\n", "all", "", together.as_secs_f64());
    for Line { step, outcome, .. } in lines {
        if let Err(message) = outcome {
            text += &format!("\n{step} failed:\n");
            for line in message.lines() {
                text += &format!("  {line}\n");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_shows_every_step_and_why_one_failed() {
        let lines = [
            Line { step: "fmt", outcome: Ok(()), time: Duration::from_millis(1_240) },
            Line { step: "doc", outcome: Err("no\nreason".into()), time: Duration::from_secs(61) },
        ];
        let expected = [
            "step        result   seconds",
            "fmt         ok           1.2",
            "doc         failed      61.0",
            "all                     61.5",
            "",
            "doc failed:",
            "  no",
            "  reason",
            "",
        ];
        assert_eq!(report(&lines, Duration::from_millis(61_500)), expected.join("\n"));
    }
}
