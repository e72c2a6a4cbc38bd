//! The project's own chores, run as `cargo xtask COMMAND`.
//!
//! `cargo xtask test` is what a change has to pass, here and in continuous integration: see [`steps::ALL`].

mod command_line;
mod metadata;
mod project;
mod report;
mod steps;
mod test;
mod tools;

use std::process::{Command, ExitCode};

use command_line::Chore;
use project::{Outcome, Project, run};
use test::test;

fn main() -> ExitCode {
    let project = Project::of_this_program();
    let outcome = match command_line::parse(std::env::args_os()) {
        Ok(Chore::Help) => {
            print!("{}", command_line::help());
            Ok(())
        }
        Ok(Chore::List) => {
            print!("{}", steps::list());
            Ok(())
        }
        Ok(Chore::Test(only)) => test(&project, &only),
        Ok(Chore::Ci) => versions(&project).and_then(|()| test(&project, &[])),
        Ok(Chore::Bench(arguments)) => steps::bench::run(&project, &arguments),
        Ok(Chore::Browser(arguments)) => steps::browser::run(&project, &arguments),
        Ok(Chore::Replicas(arguments)) => steps::replicas::run(&project, &arguments),
        Ok(Chore::Languages(plan)) => steps::languages::run(&project, &plan),
        Ok(Chore::Fuzz(plan)) => steps::fuzz::run(&project, &plan),
        Ok(Chore::Conformance(arguments)) => steps::conformance::run(&project, &arguments),
        Ok(Chore::Soak(arguments)) => steps::soak::run(&project, &arguments),
        Ok(Chore::Mutants(arguments)) => steps::mutants::run(&project, &arguments),
        Ok(Chore::Coverage(arguments)) => steps::coverage::run(&project, &arguments),
        Err(message) => {
            eprintln!("{message}\n\n{}", command_line::help());
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// Prints what a reader of the log needs to see first when a run differs from another machine's.
fn versions(project: &Project) -> Outcome {
    run(&mut project.cargo(["--version", "--verbose"]))?;
    run(Command::new("rustc").arg("--version"))?;
    run(&mut project.cargo(["clippy", "--version"]))?;
    run(&mut project.cargo(["fmt", "--version"]))
}
