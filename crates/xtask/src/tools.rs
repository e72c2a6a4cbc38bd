//! Programs that the chores need and a Rust toolchain does not bring.

use std::path::PathBuf;
use std::process::Command;

use crate::project::{Outcome, Project, output, run, succeeds};

/// The oldest Node.js that runs our scripts.
const NODE: u32 = 20;

/// Installs a cargo tool of exactly this version under `target/tools`, once, and says where its program is.
///
/// It is built without optimisation: these tools run for seconds, and optimising them would take minutes.
pub(crate) fn cargo_tool(project: &Project, name: &str, version: &str) -> Outcome<PathBuf> {
    let folder = project.path("target/tools").join(format!("{name}-{version}"));
    let program = folder.join("bin").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if !program.exists() {
        let mut install = project.cargo(["install", "--quiet", "--locked", "--root"]);
        install
            .arg(&folder)
            .arg(format!("{name}@{version}"))
            .env("CARGO_TARGET_DIR", project.path("target/tools/build"))
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
        run(&mut install)?;
    }
    Ok(program)
}

/// Makes sure that a program can be started, with Debian's package of it where it is missing.
pub(crate) fn system_program(program: &str, package: &str) -> Outcome {
    system_package(package, || is_on_path(program))
}

/// Makes sure that what a Debian package brings is there: installs it when that is in our power, and otherwise
/// fails with the line to run.
pub(crate) fn system_package(package: &str, present: impl Fn() -> bool) -> Outcome {
    if present() {
        return Ok(());
    }
    let line = format!("{package} is missing; install it with: sudo apt-get install --yes {package}");
    if !is_on_path("apt-get") || output(Command::new("id").arg("-u"))?.trim() != "0" {
        return Err(line);
    }
    // A machine that never listed its packages cannot install one: list them and try once more.
    run(&mut apt_get(&["install", "--yes", "--no-install-recommends", package]))
        .or_else(|_| {
            run(&mut apt_get(&["update"]))?;
            run(&mut apt_get(&["install", "--yes", "--no-install-recommends", package]))
        })
        .map_err(|error| format!("{error}\n{line}"))?;
    if present() { Ok(()) } else { Err(format!("{package} was installed, yet what it brings is not found")) }
}

/// Python, with what it takes to make environments.
pub(crate) fn python(project: &Project) -> Outcome {
    system_program("python3", "python3")?;
    // Debian's Python makes no environment of its own without this package.
    system_package("python3-venv", || {
        succeeds(project.command("python3").args(["-c", "import ensurepip, venv"]))
    })
}

/// Node.js, of an age that runs our scripts, and npm.
pub(crate) fn node(project: &Project) -> Outcome {
    system_program("node", "nodejs")?;
    system_program("npm", "npm")?;
    let is_new_enough = format!("process.exit(parseInt(process.versions.node) < {NODE} ? 1 : 0)");
    if succeeds(project.command("node").args(["--eval", &is_new_enough])) {
        Ok(())
    } else {
        Err(format!("this needs Node.js {NODE} or later: https://nodejs.org/en/download"))
    }
}

/// The libraries of the system's TLS, which the `native-tls` features link to.
pub(crate) fn system_tls() -> Outcome {
    system_program("pkg-config", "pkg-config")?;
    system_package("libssl-dev", || succeeds(Command::new("pkg-config").args(["--exists", "openssl"])))
}

fn apt_get(arguments: &[&str]) -> Command {
    // Steps that run side by side install one after the other: apt would not wait for another's list of packages.
    let mut command = Command::new("flock");
    command.args(["/var/lib/apt", "apt-get"]);
    // Another apt may be at work, for minutes after a machine has started.
    command.args(["--quiet", "--option", "DPkg::Lock::Timeout=300"]).args(arguments);
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn is_on_path(program: &str) -> bool {
    let file = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(&file).is_file()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_on_the_path() {
        assert!(is_on_path("cargo"));
        assert!(!is_on_path("no-such-program-anywhere"));
    }

    #[test]
    fn what_is_present_is_not_installed() {
        assert_eq!(system_package("no-such-package-anywhere", || true), Ok(()));
    }
}
