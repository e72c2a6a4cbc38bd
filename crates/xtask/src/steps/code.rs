//! What cargo itself checks: format, lints, documentation, tests.

use crate::project::{Outcome, Project, run};
use crate::tools::system_program;

/// The features of the facade that bring something of ours. Everything is built with all of them.
const FEATURES: [&str; 2] = [
    "--features",
    "wechat-oauth/ureq,wechat-oauth/reqwest,wechat-oauth/store,wechat-oauth/conformance,wechat-oauth/redis,wechat-oauth/axum",
];

/// The programs of this project that the other steps start.
const PROGRAMS: [&str; 6] =
    ["wechat-oauth", "cases", "client", "wechat-oauth-replicas", "wechat-oauth-soak", "wechat-oauth-vectors"];

/// Builds the programs that the other steps start, where [`Project::built`] finds them: from the same dependencies as the
/// tests, which are not compiled again for each program alone.
pub(crate) fn build_programs(project: &Project) -> Outcome {
    let mut build = project.cargo(["build", "--quiet", "--locked", "--workspace"]);
    build.args(FEATURES).args(PROGRAMS.map(|program| format!("--bin={program}")));
    // Only with something that may use them does cargo count the features that dev-dependencies ask for.
    run(build.args(["--example", "offline"]))
}

pub(crate) fn fmt(project: &Project) -> Outcome {
    run(&mut project.cargo(["fmt", "--all", "--check"]))?;
    // The fuzz targets are a workspace of their own, which `--all` does not reach.
    if project.path("fuzz/Cargo.toml").exists() {
        run(&mut project.cargo(["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"]))?;
    }
    Ok(())
}

pub(crate) fn clippy(project: &Project) -> Outcome {
    let mut clippy = project.cargo(["clippy", "--workspace", "--all-targets"]);
    // `incompatible_msrv` stands in for a build with the oldest Rust: it knows when each part of std was stabilised.
    run(clippy.args(FEATURES).args(["--", "-D", "warnings", "-D", "clippy::incompatible_msrv"]))
}

pub(crate) fn doc(project: &Project) -> Outcome {
    let mut doc = project.cargo(["doc", "--workspace", "--no-deps"]);
    run(doc.args(FEATURES).env("RUSTDOCFLAGS", "-D warnings"))
}

pub(crate) fn test(project: &Project) -> Outcome {
    // The tests of the Redis store start servers of their own; Debian's service, where it runs, is left alone.
    system_program("redis-server", "redis-server")?;
    // It counts the instructions of comparing a state, here and, as users have it, optimised.
    system_program("valgrind", "valgrind")?;
    run(project.cargo(["test", "--workspace", "--no-fail-fast"]).args(FEATURES))?;
    run(&mut project.cargo(["test", "--quiet", "--release", "--package", "wechat-oauth-timing"]))
}
