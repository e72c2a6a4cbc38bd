//! What was measured, as files under `target/bench` that the tables and plots are made of.

use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The same work, ours and theirs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The number of the benchmark: `B1`.
    pub id: String,
    /// The work.
    pub work: String,
    /// Who else does it.
    pub beside: String,
    /// What is counted.
    pub unit: String,
    /// Ours, the median.
    pub ours: f64,
    /// Theirs, the median.
    pub theirs: f64,
    /// Ours for each of theirs: the least, the median, the most, of pairs that were measured one after the other.
    pub ratio: [f64; 3],
    /// What is aimed at.
    pub goal: f64,
    /// Whether the goal is the highest ratio that is aimed at, and not the lowest.
    pub at_most: bool,
    /// Allocations, ours and theirs, where they are counted.
    pub allocations: Option<[usize; 2]>,
}

impl Measured {
    /// Makes one of pairs, ours and theirs.
    #[must_use]
    pub fn new(id: &str, work: &str, beside: &str, unit: &str, pairs: &[[f64; 2]]) -> Self {
        let sorted = |mut values: Vec<f64>| {
            values.sort_by(f64::total_cmp);
            values
        };
        let side = |side: usize| median(&sorted(pairs.iter().map(|pair| pair[side]).collect()));
        let ratios = sorted(pairs.iter().map(|[ours, theirs]| ours / theirs).collect());
        let end = |place: usize| ratios.get(place).copied().unwrap_or(f64::NAN);
        Self {
            id: id.to_owned(),
            work: work.to_owned(),
            beside: beside.to_owned(),
            unit: unit.to_owned(),
            ours: side(0),
            theirs: side(1),
            ratio: [end(0), median(&ratios), end(ratios.len().saturating_sub(1))],
            goal: f64::NAN,
            at_most: true,
            allocations: None,
        }
    }

    /// Aims at a ratio that is at most this.
    #[must_use]
    pub const fn at_most(mut self, goal: f64) -> Self {
        self.goal = goal;
        self.at_most = true;
        self
    }

    /// Aims at a ratio that is at least this.
    #[must_use]
    pub const fn at_least(mut self, goal: f64) -> Self {
        self.goal = goal;
        self.at_most = false;
        self
    }

    /// Whether the median reaches the goal.
    #[must_use]
    pub fn is_met(&self) -> bool {
        if self.at_most { self.ratio[1] <= self.goal } else { self.ratio[1] >= self.goal }
    }
}

/// A cold build of a package in release.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Build {
    /// The package.
    pub package: String,
    /// How many packages it is built from, itself not counted.
    pub packages: usize,
    /// Seconds of processor.
    pub seconds: f64,
}

/// The one in the middle, of numbers in order.
pub(crate) fn median(numbers: &[f64]) -> f64 {
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Where a file of results is.
#[must_use]
pub fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/bench").join(format!("{name}.json"))
}

/// Writes what was measured.
pub fn write(name: &str, measured: &[Measured]) {
    let file = file(name);
    fs::create_dir_all(file.parent().expect("it is in a folder")).expect("target/bench can be made");
    let json = serde_json::to_string_pretty(measured).expect("numbers are JSON");
    fs::write(file, json).expect("target/bench can be written");
}

/// Reads what was measured; nothing, when it was not.
#[must_use]
pub fn read<T: serde::de::DeserializeOwned>(name: &str) -> Vec<T> {
    fs::read(file(name))
        .map(|json| serde_json::from_slice(&json).expect("it was written here"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_is_of_pairs_and_the_median_decides() {
        let pairs = [[700.0, 1000.0], [400.0, 1000.0], [1020.0, 2000.0]];
        let measured = Measured::new("B0", "work", "them", "instructions", &pairs).at_most(0.5);
        assert_eq!((measured.ours, measured.theirs), (700.0, 1000.0));
        assert_eq!(measured.ratio, [0.4, 0.51, 0.7]);
        assert!(!measured.is_met() && measured.clone().at_most(0.51).is_met());
        assert!(measured.clone().at_least(0.5).is_met() && !measured.at_least(0.6).is_met());
    }
}
