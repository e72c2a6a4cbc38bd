//! Counting instructions: this program runs itself under valgrind's callgrind.

use std::process::{Command, Stdio};
use std::{env, fs, io};

use crate::measure::COUNTED;

/// How often work is done in the shorter of two runs; the longer does it three times as often.
const TIMES: usize = 10;

/// The instructions of one time of the work that this program does when its arguments are these and a number of times.
/// They are counted in two runs, whose difference is free of whatever happens only once.
///
/// # Errors
/// What is wrong with valgrind.
pub fn instructions(arguments: &[&str]) -> io::Result<f64> {
    let short = count(arguments, TIMES)?;
    let long = count(arguments, 3 * TIMES)?;
    Ok(long.saturating_sub(short) as f64 / (2 * TIMES) as f64)
}

fn count(arguments: &[&str], times: usize) -> io::Result<u64> {
    let file = env::temp_dir().join(format!("wechat-oauth-bench-{}.callgrind", std::process::id()));
    let status = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet", "--collect-atstart=no"])
        .arg(format!("--toggle-collect={COUNTED}"))
        .arg(format!("--callgrind-out-file={}", file.display()))
        .arg(env::current_exe()?)
        .args(arguments)
        .arg(times.to_string())
        .stdout(Stdio::null())
        .status()
        .map_err(|error| io::Error::new(error.kind(), format!("cannot start valgrind: {error}")))?;
    if !status.success() {
        return Err(io::Error::other(format!("valgrind failed: {status}")));
    }
    let profile = fs::read_to_string(&file)?;
    fs::remove_file(&file)?;
    total(&profile).ok_or_else(|| io::Error::other("valgrind counted nothing"))
}

/// The sum at the end of a profile.
fn total(profile: &str) -> Option<u64> {
    let total = profile.lines().rev().find_map(|line| line.strip_prefix("totals: "))?;
    total.trim().parse().ok().filter(|total| *total > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_the_sum_at_the_end() {
        assert_eq!(total("events: Ir\nfn=(1) a\n10 20\ntotals: 1234\n"), Some(1234));
        assert_eq!(total("totals: 0\n"), None, "nothing was counted: the function was not found");
        assert_eq!(total("events: Ir\n"), None);
    }
}
