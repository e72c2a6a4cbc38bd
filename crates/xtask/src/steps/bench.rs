//! What the same work costs here and elsewhere: instructions and allocations, which repeat to the instruction under
//! valgrind, requests and logins a second in turns with a peer, processor time of the languages and of cold builds.

use std::ffi::OsString;
use std::fs;

use serde_json::{Value, json};

use crate::project::{Outcome, Project, none_of, output, run as run_command};
use crate::steps::{counts, foreign, languages};
use crate::tools::system_program;

/// The package of the benchmarks.
const PACKAGE: &str = "wechat-oauth-bench";
/// The argument that asks for the languages alone.
const LANGUAGES: &str = "languages";
/// The argument that asks for the cold builds alone, which take minutes.
const BUILD: &str = "build";
/// The argument that asks for the tables alone, out of what was measured last.
const REPORT: &str = "report";
/// The argument that asks for the pages and plots of `docs` to be written.
const WRITE: &str = "--write";

/// Whose cold build is timed: the name, and where cargo finds it with which features.
const BUILDS: [(&str, &str); 9] = [
    ("wechat-oauth-core", "path"),
    ("wechat-oauth-ureq", "path"),
    ("wechat-oauth-reqwest", "path"),
    ("wechat-oauth-axum", "path"),
    ("wechat-oauth", "path"),
    ("oauth2", r#"{ version = "=5.0.0", default-features = false }"#),
    ("tame-oauth", r#""=0.10.0""#),
    ("oauth2-wechat", r#""=0.2.0""#),
    ("openidconnect", r#"{ version = "=4.1.0", default-features = false }"#),
];

pub(crate) fn run(project: &Project, arguments: &[OsString]) -> Outcome {
    if !project.path("crates").join(PACKAGE).join("Cargo.toml").exists() {
        return Err(format!("crates/{PACKAGE}/Cargo.toml is missing"));
    }
    match arguments {
        [] => {
            count(project, &[])?;
            compare_languages(project)?;
            report(project, false)
        }
        [only] if only == WRITE => {
            count(project, &[])?;
            report(project, true)
        }
        [only] if only == LANGUAGES => compare_languages(project),
        [only] if only == BUILD => time_builds(project),
        [only] if only == REPORT => report(project, false),
        [only, write] if only == REPORT && write == WRITE => report(project, true),
        arguments => count(project, arguments),
    }
}

fn count(project: &Project, arguments: &[OsString]) -> Outcome {
    system_program("valgrind", "valgrind")?;
    run_command(project.cargo(["bench", "--package", PACKAGE]).args(arguments))
}

/// The table of what was measured last; the pages and plots of `docs` too, if they are to be written.
fn report(project: &Project, write: bool) -> Outcome {
    let mut command = project.cargo(["run", "--quiet", "--release", "--package", PACKAGE, "--bin", "report"]);
    if write {
        command.args(["--", WRITE]);
    }
    run_command(&mut command)
}

/// Builds each package from nothing, in release, in a folder of its own that is removed afterwards. It is processor time
/// that is told: it hardly depends on what else the machine does.
fn time_builds(project: &Project) -> Outcome {
    let folder = project.target().join("bench/build");
    let mut rows = Vec::new();
    for (name, source) in BUILDS {
        let package = folder.join(name);
        let dependency = match source {
            "path" => format!(r#"{{ path = "{}" }}"#, project.path("crates").join(name).display()),
            version => version.to_owned(),
        };
        let manifest = format!(
            "[package]\nname = \"cold\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
             {name} = {dependency}\n"
        );
        fs::create_dir_all(package.join("src"))
            .and_then(|()| fs::write(package.join("Cargo.toml"), manifest))
            .and_then(|()| fs::write(package.join("src/lib.rs"), ""))
            .map_err(|error| format!("cannot write {}: {error}", package.display()))?;
        let cargo = |arguments: &[&str]| {
            let mut command = project.cargo(arguments);
            command.current_dir(&package).env("CARGO_TARGET_DIR", package.join("target"));
            command
        };
        run_command(&mut cargo(&["fetch", "--quiet"]))?;
        let tree = output(&mut cargo(&["tree", "--edges", "normal,build", "--prefix", "none"]))?;
        let before = processor_time_of_children()?;
        run_command(&mut cargo(&["build", "--quiet", "--release"]))?;
        let seconds = processor_time_of_children()? - before;
        // Neither the empty package that asks for it nor the package itself.
        let packages = counts::packages(&tree).len().saturating_sub(2);
        rows.push(json!({ "package": name, "packages": packages, "seconds": seconds }));
        println!("{name}: {packages} packages, {seconds:.1} s of processor");
        fs::remove_dir_all(&package)
            .map_err(|error| format!("cannot remove {}: {error}", package.display()))?;
        let so_far = Value::Array(rows.clone()).to_string();
        let file = project.target().join("bench/build.json");
        fs::write(&file, so_far).map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    }
    Ok(())
}

/// The seconds that all ended commands of this process have used.
fn processor_time_of_children() -> Outcome<f64> {
    /// Linux counts in hundredths of a second for programs.
    const TICK: f64 = 0.01;
    let stat =
        fs::read_to_string("/proc/self/stat").map_err(|error| format!("cannot read /proc: {error}"))?;
    // The program's name, in parentheses, may hold blanks. Fourteen fields after it come the children's two times.
    let after_name = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    Ok(after_name.split(' ').skip(13).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>()
        * TICK)
}

/// The bindings beside what people take in their place, all of them on the values that the core worked on.
fn compare_languages(project: &Project) -> Outcome {
    let core = output(&mut project.cargo(["bench", "--quiet", "--package", PACKAGE, "--bench", "login"]))?;
    let sample = project.target().join("bench/login.json");
    fs::create_dir_all(project.target().join("bench"))
        .and_then(|()| fs::write(&sample, core))
        .map_err(|error| format!("cannot write {}: {error}", sample.display()))?;
    foreign::install(project)?;
    let mut problems = Vec::new();
    problems.extend(
        languages::install_python(project)
            .and_then(|python| {
                let rival = project.target().join("foreign/wechatpy/bin/python");
                let site = output(
                    project.command(rival).args(["-c", "import site; print(*site.getsitepackages())"]),
                )?;
                let mut compare = project.command(python);
                compare.arg("crates/wechat-oauth-python/bench/compare.py").arg(&sample);
                run_command(compare.env("PYTHONPATH", site.trim()))
            })
            .err(),
    );
    problems.extend(
        languages::install_node(project)
            .and_then(|packages| {
                // Within its package, `wechat-oauth-rs` is the source and not what is installed.
                let script = sample.with_file_name("compare.js");
                fs::copy(project.path("crates/wechat-oauth-node/bench/compare.js"), &script)
                    .map_err(|error| format!("cannot copy to {}: {error}", script.display()))?;
                let rival = project.target().join("foreign/npm/node_modules");
                let both = std::env::join_paths([packages, rival]).map_err(|error| error.to_string())?;
                let mut compare = project.command("node");
                compare.arg(script).arg(&sample);
                run_command(compare.env("NODE_PATH", both))
            })
            .err(),
    );
    none_of(&problems)
}
