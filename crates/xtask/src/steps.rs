//! What a change has to pass, one module a step.

mod advisories;
pub(crate) mod bench;
pub(crate) mod browser;
mod code;
pub(crate) mod conformance;
mod counts;
pub(crate) mod coverage;
mod deny;
mod features;
mod foreign;
pub(crate) mod fuzz;
pub(crate) mod languages;
mod msrv;
pub(crate) mod mutants;
mod purity;
mod readme;
pub(crate) mod replicas;
pub(crate) mod soak;
mod words;

use crate::project::{Outcome, Project};

/// One check of `cargo xtask test`.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    /// One line: what passes when this step does.
    pub(crate) help: &'static str,
    pub(crate) run: fn(&Project) -> Outcome,
}

/// Every step, those first that answer in seconds.
pub(crate) const ALL: &[Step] = &[
    Step { name: "fmt", help: "the code is formatted as rustfmt.toml says", run: code::fmt },
    Step { name: "words", help: "no tracked file holds a machine's path or a leftover", run: words::check },
    Step {
        name: "purity",
        help: "dependencies point one way, and unsafe code is in one file",
        run: purity::check,
    },
    Step { name: "clippy", help: "clippy has no remark, on any target", run: code::clippy },
    Step {
        name: "features",
        help: "each package builds alone, with each set of its features",
        run: features::check,
    },
    Step { name: "msrv", help: "no dependency needs a newer Rust than we say", run: msrv::check },
    Step { name: "doc", help: "the documentation builds without a warning", run: code::doc },
    Step { name: "test", help: "every test, example and documentation example passes", run: code::test },
    Step {
        name: "readme",
        help: "the READMEs agree, and their links and commands exist",
        run: readme::check,
    },
    Step {
        name: "foreign",
        help: "clients that are not ours log in through the emulator",
        run: foreign::check,
    },
    Step {
        name: "languages",
        help: "C, Python and Node have the same behaviour, installed as users install it",
        run: languages::check,
    },
    Step {
        name: "conformance",
        help: "the kit calls every client of ours safe, and finds the known faults of another",
        run: conformance::check,
    },
    Step { name: "browser", help: "every login goes well in a real browser", run: browser::check },
    Step {
        name: "replicas",
        help: "three replicas of a site serve everybody once, under faults",
        run: replicas::check,
    },
    Step {
        name: "soak",
        help: "hundreds of people who log in at once end as their script says, under faults",
        run: soak::check,
    },
    Step { name: "fuzz", help: "no fuzz target finds a fault in a few seconds", run: fuzz::check },
    Step {
        name: "deny",
        help: "dependencies are few, licensed, from one place, and without known faults",
        run: deny::check,
    },
];

/// Those that run beside the others, one after another in this order, when all run: they build in folders of their
/// own, so no step waits for cargo's lock on a folder because of another, and a compiler seldom keeps two cores busy.
pub(crate) const BESIDE: [&str; 4] = ["deny", "fuzz", "languages", "conformance"];

/// The steps, a line each.
pub(crate) fn list() -> String {
    ALL.iter().map(|step| format!("  {:<12}{}\n", step.name, step.help)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_steps_share_a_name() {
        let mut names: Vec<&str> = ALL.iter().map(|step| step.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
    }

    #[test]
    fn what_runs_beside_the_others_is_a_step() {
        assert!(BESIDE.iter().all(|name| ALL.iter().any(|step| step.name == *name)));
    }
}
