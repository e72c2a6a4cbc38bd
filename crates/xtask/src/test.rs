//! `cargo xtask test`: the steps, and which of them run at the same time.

use std::fs::{self, File};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Instant;

use crate::project::{Outcome, Project};
use crate::report::{Line, report};
use crate::steps::{ALL, BESIDE, Step};

/// Runs the named steps, or all of them when none is named. A step that fails stops no other one:
/// each builds what it needs itself.
pub(crate) fn test(project: &Project, only: &[String]) -> Outcome {
    let started = Instant::now();
    let mut lines = if only.is_empty() {
        all(project)
    } else {
        ALL.iter()
            .filter(|step| only.iter().any(|name| name == step.name))
            .map(|step| line(project, step))
            .collect()
    };
    lines.sort_by_key(|line| ALL.iter().position(|step| step.name == line.step));
    println!("\n{}", report(&lines, started.elapsed()));
    match lines.iter().filter(|line| line.outcome.is_err()).count() {
        0 => Ok(()),
        1 => Err("1 step failed".to_owned()),
        failed => Err(format!("{failed} steps failed")),
    }
}

/// Runs a step in this program; what it prints is seen as it comes.
fn line(project: &Project, step: &Step) -> Line {
    println!("{}", head(step));
    let started = Instant::now();
    let outcome = (step.run)(project);
    if let Err(message) = &outcome {
        eprintln!("{message}");
    }
    Line { step: step.name, outcome, time: started.elapsed() }
}

fn head(step: &Step) -> String {
    format!("\n==> {}: {}", step.name, step.help)
}

/// Runs every step. What those of [`BESIDE`] print is held back until a step of the others ends.
fn all(project: &Project) -> Vec<Line> {
    let is_beside = |step: &&Step| BESIDE.contains(&step.name);
    let mut lines = Vec::new();
    thread::scope(|scope| {
        let (sender, ended) = mpsc::channel();
        scope.spawn(move || {
            for name in BESIDE {
                ALL.iter()
                    .filter(|step| step.name == name)
                    .for_each(|step| line_beside(project, step, &sender));
            }
        });
        let mut show = |(line, printed): (Line, String)| {
            println!("{printed}");
            lines.push(line);
        };
        for step in ALL.iter().filter(|step| !is_beside(step)) {
            show((line(project, step), String::new()));
            ended.try_iter().for_each(&mut show);
        }
        println!("\nThe steps beside these end now: {}", BESIDE.join(", "));
        ended.iter().for_each(&mut show);
    });
    lines
}

/// Runs a step in another run of this program, which prints into a file.
fn line_beside(project: &Project, step: &Step, ended: &Sender<(Line, String)>) {
    let started = Instant::now();
    let log = project.target().join("xtask").join(format!("{}.log", step.name));
    let run = || -> std::io::Result<bool> {
        fs::create_dir_all(log.parent().unwrap_or(&log))?;
        let file = File::create(&log)?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["test", "--only", step.name]).stdin(Stdio::null());
        Ok(command.stdout(file.try_clone()?).stderr(file).status()?.success())
    };
    let outcome = match run() {
        Ok(true) => Ok(()),
        Ok(false) => Err(format!("see above, or {}", log.display())),
        Err(error) => Err(format!("cannot run beside the others: {error}")),
    };
    let printed =
        fs::read(&log).map(|printed| String::from_utf8_lossy(&printed).into_owned()).unwrap_or_default();
    let line = Line { step: step.name, outcome, time: started.elapsed() };
    // Nobody listens only when the main lane is gone, and then the program ends.
    let _ = ended.send((line, printed));
}
