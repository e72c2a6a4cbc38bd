//! What came of each part, as a table.

use std::fmt::Write as _;
use std::time::Duration;

/// How many complaints of a part are shown.
const SHOWN: usize = 20;

/// What came of one part.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) name: &'static str,
    /// What is counted.
    pub(crate) unit: &'static str,
    pub(crate) asked: usize,
    pub(crate) done: usize,
    pub(crate) took: Duration,
    /// Further numbers.
    pub(crate) facts: Vec<(String, u64)>,
    /// What must not be.
    pub(crate) wrong: Vec<String>,
}

impl Part {
    pub(crate) fn new(name: &'static str, unit: &'static str, asked: usize) -> Self {
        Self { name, unit, asked, done: 0, took: Duration::ZERO, facts: Vec::new(), wrong: Vec::new() }
    }

    pub(crate) fn fact(&mut self, name: impl Into<String>, number: u64) {
        self.facts.push((name.into(), number));
    }

    /// The part alone, once it is over.
    pub(crate) fn details(&self) -> String {
        let mut text = String::new();
        for (name, number) in &self.facts {
            let _infallible = writeln!(text, "  {number:>9}  {name}");
        }
        for complaint in self.wrong.iter().take(SHOWN) {
            let _infallible = writeln!(text, "  WRONG: {complaint}");
        }
        text
    }
}

/// All parts, a line each.
pub(crate) fn table(parts: &[Part]) -> String {
    let mut text = format!(
        "{:<10} {:>8} {:>8} {:<18} {:>8} {:>9} {:>6}\n",
        "part", "done", "asked", "what", "seconds", "a second", "wrong"
    );
    for part in parts {
        let seconds = part.took.as_secs_f64();
        let _infallible = writeln!(
            text,
            "{:<10} {:>8} {:>8} {:<18} {seconds:>8.1} {:>9.1} {:>6}",
            part.name,
            part.done,
            part.asked,
            part.unit,
            part.done as f64 / seconds.max(f64::EPSILON),
            part.wrong.len(),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_shows_its_numbers_and_what_is_wrong() {
        let mut part = Part::new("race", "rounds", 10);
        part.done = 9;
        part.took = Duration::from_secs(3);
        part.fact("exchanges", 9);
        part.wrong.push("round 4: two exchanges".to_owned());
        assert_eq!(part.details(), "          9  exchanges\n  WRONG: round 4: two exchanges\n");
        let table = table(&[part]);
        let line = table.lines().nth(1).unwrap().split_whitespace().collect::<Vec<_>>();
        assert_eq!(line, ["race", "9", "10", "rounds", "3.0", "3.0", "1"]);
    }
}
