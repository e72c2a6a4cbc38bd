//! The project's folder, and how commands are run in it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a chore yields, or what went wrong in words a developer can act on.
pub(crate) type Outcome<T = ()> = Result<T, String>;

/// The folder that holds the workspace's `Cargo.toml`.
pub(crate) struct Project {
    root: PathBuf,
}

impl Project {
    /// The project this program belongs to: cargo names the package's folder when it runs a program.
    pub(crate) fn of_this_program() -> Self {
        let package =
            std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&package).ancestors().nth(2).unwrap_or(Path::new(".")).to_owned();
        Self { root }
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// The folder that cargo builds in.
    pub(crate) fn target(&self) -> PathBuf {
        self.root.join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
    }

    /// A program that cargo built in this project: `debug` or `release`, and its name.
    pub(crate) fn built(&self, profile: &str, program: &str) -> PathBuf {
        self.target().join(profile).join(format!("{program}{}", std::env::consts::EXE_SUFFIX))
    }

    /// The text of one of the project's files.
    pub(crate) fn read(&self, relative: &str) -> Outcome<String> {
        std::fs::read_to_string(self.path(relative))
            .map_err(|error| format!("cannot read {relative}: {error}"))
    }

    /// A command that runs in the project's folder, as if it had been typed in a shell.
    ///
    /// `cargo run` tells a program about its own package in `CARGO_PKG_*` and the like. Some build scripts watch
    /// these names, so handing them on would rebuild their crates whenever a chore and a shell take turns.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        for (name, _) in std::env::vars_os() {
            let told_by_cargo = name.to_str().is_some_and(|name| {
                name.starts_with("CARGO_PKG_")
                    || name.starts_with("CARGO_MANIFEST_")
                    || name == "CARGO_PRIMARY_PACKAGE"
            });
            if told_by_cargo {
                command.env_remove(&name);
            }
        }
        command
    }

    /// `cargo ARGUMENTS`, with the cargo that runs this program.
    pub(crate) fn cargo<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = self.command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(arguments);
        command
    }
}

/// Shows a command, runs it, and fails when it does.
pub(crate) fn run(command: &mut Command) -> Outcome {
    println!("$ {}", shown(command));
    let status = command
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("cannot start `{}`: {error}", shown(command)))?;
    if status.success() { Ok(()) } else { Err(format!("`{}` failed: {status}", shown(command))) }
}

/// Runs a command and hands back what it printed; its errors go to the user.
pub(crate) fn output(command: &mut Command) -> Outcome<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cannot start `{}`: {error}", shown(command)))?;
    if !output.status.success() {
        return Err(format!("`{}` failed: {}", shown(command), output.status));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("`{}` did not print UTF-8", shown(command)))
}

/// Runs a command silently and tells whether it succeeded.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// One error out of many problems, or none.
pub(crate) fn none_of(problems: &[String]) -> Outcome {
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

/// The command as a person would type it: without the folders of its program.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let mut text = program.to_string_lossy().into_owned();
    for argument in command.get_args() {
        text += " ";
        text += &argument.to_string_lossy();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_is_the_folder_of_the_workspace() {
        assert!(Project::of_this_program().read("Cargo.toml").unwrap().contains("[workspace]"));
    }

    #[test]
    fn a_command_is_not_told_about_this_package() {
        let command = Project::of_this_program().command("true");
        assert!(command.get_envs().any(|(name, value)| name == "CARGO_PKG_NAME" && value.is_none()));
    }

    #[test]
    fn a_failing_command_is_named_in_the_error() {
        let message =
            run(Project::of_this_program().cargo(["no-such-command"]).stderr(Stdio::null())).unwrap_err();
        assert!(message.starts_with("`cargo no-such-command` failed"), "{message}");
    }

    #[test]
    fn a_missing_program_is_named_in_the_error() {
        let message = run(&mut Command::new("no-such-program-anywhere")).unwrap_err();
        assert!(message.contains("no-such-program-anywhere"), "{message}");
    }

    #[test]
    fn problems_are_listed_one_a_line() {
        assert_eq!(none_of(&[]), Ok(()));
        assert_eq!(none_of(&["one".into(), "two".into()]), Err("one\ntwo".into()));
    }
}
