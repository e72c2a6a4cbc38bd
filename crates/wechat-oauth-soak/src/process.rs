//! What a process takes: memory and processor time, as the kernel counts them.

use std::time::Duration;

/// The kernel counts processor time in hundredths of a second, on every architecture.
const TICK: Duration = Duration::from_millis(10);

/// A process whose use is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Process(pub(crate) u32);

impl Process {
    /// This one.
    pub(crate) fn own() -> Self {
        Self(std::process::id())
    }

    /// Its resident memory, in KiB; 0 where the kernel does not say.
    pub(crate) fn memory_kib(self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0)).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or(0)
    }

    /// The processor time that it has had.
    pub(crate) fn processor_time(self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0)).unwrap_or_default();
        // The name of the program may hold anything, but ends with the last parenthesis. Behind it are the state and ten
        // other numbers, then the ticks in the program and those in the kernel.
        let numbers = stat.rsplit_once(") ").map_or("", |(_, numbers)| numbers);
        let ticks = numbers.split(' ').skip(11).take(2).filter_map(|number| number.parse::<u32>().ok());
        TICK * ticks.sum::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_is_written_is_seen() {
        let _alone = crate::planted::memory();
        let before = Process::own().memory_kib();
        let held = std::hint::black_box(vec![1_u8; 64 * 1024 * 1024]);
        let after = Process::own().memory_kib();
        assert!(before > 0 && after >= before + 32 * 1024, "{before} {after}");
        drop(held);
    }

    #[test]
    fn processor_time_that_is_spent_is_seen() {
        let before = Process::own().processor_time();
        let mut number = 1_u64;
        while Process::own().processor_time() < before + 2 * TICK {
            for _ in 0..1_000 {
                number = std::hint::black_box(number.wrapping_mul(3));
            }
        }
    }
}
