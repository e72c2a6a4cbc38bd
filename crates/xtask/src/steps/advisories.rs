//! Known faults of the dependencies, by cargo-deny, without a network: the facts are in `advisories.json`.
//!
//! cargo-deny reads a folder of markdown files, as `RustSec` has its database: that is what is written for it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::project::{Outcome, Project, none_of, run};

/// The facts.
const FACTS: &str = "crates/xtask/advisories.json";
/// The lock files whose packages are held against them, and the manifests beside them.
const LOCKED: [(&str, &str); 2] = [("Cargo.lock", "Cargo.toml"), ("fuzz/Cargo.lock", "fuzz/Cargo.toml")];
/// Where the database is said to come from, and the name of the folder where cargo-deny then looks for it: the last part
/// of the address, and a hash of the whole. It is not fetched.
const URL: &str = "https://github.com/rustsec/advisory-db";
const FOLDER: &str = "advisory-db-3157b0e258782691";
/// An advisory against a package that every lock file has, to see that one is found.
const PLANTED: &str = "RUSTSEC-9999-0001";
const PLANTED_ON: &str = "serde";

pub(crate) fn check(project: &Project, cargo_deny: &Path) -> Outcome {
    let facts = Facts::read(&project.read(FACTS)?)?;
    for (lock, _) in LOCKED {
        none_of(&facts.unknown_packages(&project.read(lock)?))?;
    }
    let known = facts.write(&project.target().join("advisories/known"))?;
    for (_, manifest) in LOCKED {
        // cargo-deny fetches neither a database nor packages from here on.
        run(&mut project.cargo(["fetch", "--quiet", "--locked", "--manifest-path", manifest]))?;
        run(&mut cargo_deny_with(project, cargo_deny, &known, manifest))?;
    }
    println!("{} advisories about {} packages", facts.advisories.len(), facts.packages.len());

    // A check that finds nothing may have looked at nothing.
    let planted = facts.with_one_planted().write(&project.target().join("advisories/planted"))?;
    for (_, manifest) in LOCKED {
        let mut deny = cargo_deny_with(project, cargo_deny, &planted, manifest);
        let found = deny.output().map_err(|error| format!("cannot start cargo-deny: {error}"))?;
        if found.status.success() || !String::from_utf8_lossy(&found.stderr).contains(PLANTED) {
            return Err(format!("cargo-deny did not find an advisory that was planted for {manifest}"));
        }
    }
    Ok(())
}

fn cargo_deny_with(project: &Project, cargo_deny: &Path, config: &Path, manifest: &str) -> Command {
    let mut deny = project.command(cargo_deny);
    deny.args(["--offline", "--locked", "--workspace", "--all-features", "--manifest-path", manifest]);
    deny.arg("--config").arg(config).args(["check", "--hide-inclusion-graph", "advisories"]);
    deny
}

/// What is known, and about which packages.
#[derive(Clone)]
struct Facts {
    packages: BTreeSet<String>,
    advisories: Vec<Advisory>,
}

#[derive(Clone)]
struct Advisory {
    id: String,
    package: String,
    /// Besides its id and package, as the database has it.
    toml: String,
    /// In our words.
    what: String,
}

impl Facts {
    fn read(text: &str) -> Outcome<Self> {
        let wrong = |what: &str| format!("{FACTS}: {what}");
        let facts: Value = serde_json::from_str(text).map_err(|error| wrong(&error.to_string()))?;
        let packages = strings(&facts["packages"]).ok_or_else(|| wrong("`packages` are no names"))?;
        let listed = facts["advisories"].as_array().ok_or_else(|| wrong("there are no `advisories`"))?;
        let mut advisories = Vec::new();
        for advisory in listed {
            let read = Advisory::read(advisory).ok_or_else(|| wrong(&format!("cannot read {advisory}")))?;
            advisories.push(read);
        }
        Ok(Self { packages: packages.into_iter().collect(), advisories })
    }

    /// The packages of a lock file whose advisories nobody has looked for.
    fn unknown_packages(&self, lock: &str) -> Vec<String> {
        let new = locked_packages(lock).filter(|name| !self.packages.contains(*name));
        new.map(|name| {
            format!(
                "{name}: look at https://rustsec.org/packages/{name}.html, add what it lists and the name to {FACTS}"
            )
        })
        .collect()
    }

    fn with_one_planted(&self) -> Self {
        let mut facts = self.clone();
        facts.advisories.push(Advisory {
            id: PLANTED.to_owned(),
            package: PLANTED_ON.to_owned(),
            toml: "date = \"2026-01-01\"\n[versions]\npatched = []\n".to_owned(),
            what: "Planted".to_owned(),
        });
        facts
    }

    /// Writes the database, and the configuration that names it, whose path it says.
    fn write(&self, folder: &Path) -> Outcome<PathBuf> {
        let failed = |error: std::io::Error| format!("cannot write {}: {error}", folder.display());
        // Left over from other facts.
        if folder.exists() {
            fs::remove_dir_all(folder).map_err(failed)?;
        }
        let database = folder.join(FOLDER);
        for advisory in &self.advisories {
            let package = database.join("crates").join(&advisory.package);
            fs::create_dir_all(&package).map_err(failed)?;
            fs::write(package.join(format!("{}.md", advisory.id)), advisory.markdown()).map_err(failed)?;
        }
        // Its age tells cargo-deny when the database was fetched.
        fs::create_dir_all(database.join(".git")).map_err(failed)?;
        fs::write(database.join(".git/FETCH_HEAD"), "").map_err(failed)?;
        let config = folder.join("deny.toml");
        let path = folder.canonicalize().map_err(failed)?;
        let text = format!(
            "[advisories]\ndb-path = {path:?}\ndb-urls = [{URL:?}]\nyanked = \"allow\"\nunmaintained = \"all\"\nunsound = \"all\"\n"
        );
        fs::write(&config, text).map_err(failed)?;
        Ok(config)
    }
}

impl Advisory {
    fn read(facts: &Value) -> Option<Self> {
        let text = |name: &str| facts[name].as_str();
        let mut toml = format!("date = {:?}\n", text("date")?);
        for name in ["informational", "withdrawn"] {
            if let Some(value) = text(name) {
                writeln!(toml, "{name} = {value:?}").ok()?;
            }
        }
        write!(toml, "[versions]\npatched = {:?}\n", strings(&facts["patched"])?).ok()?;
        if let Some(unaffected) = strings(&facts["unaffected"]) {
            writeln!(toml, "unaffected = {unaffected:?}").ok()?;
        }
        let owned = |name: &str| text(name).map(str::to_owned);
        Some(Self { id: owned("id")?, package: owned("package")?, toml, what: owned("what")? })
    }

    fn markdown(&self) -> String {
        let Self { id, package, toml, what } = self;
        format!("```toml\n[advisory]\nid = {id:?}\npackage = {package:?}\n{toml}```\n\n# {what}\n")
    }
}

fn strings(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect()
}

/// The packages of a lock file that come from a registry.
fn locked_packages(lock: &str) -> impl Iterator<Item = &str> {
    let packages = lock.split("[[package]]").filter(|package| package.contains("\nsource = "));
    packages.filter_map(|package| package.split_once("name = \"")?.1.split('"').next())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_PACKAGES: &str = r#"{"packages":["one","two"],"advisories":[
        {"id":"RUSTSEC-2026-0001","package":"one","date":"2026-01-02","informational":"unsound",
         "patched":[">= 1.2.3"],"unaffected":["< 1.0.0"],"what":"It breaks."}]}"#;

    #[test]
    fn an_advisory_is_written_as_the_database_has_it() {
        let facts = Facts::read(TWO_PACKAGES).unwrap();
        assert_eq!(
            facts.advisories[0].markdown(),
            "```toml\n[advisory]\nid = \"RUSTSEC-2026-0001\"\npackage = \"one\"\ndate = \"2026-01-02\"\n\
             informational = \"unsound\"\n[versions]\npatched = [\">= 1.2.3\"]\nunaffected = [\"< 1.0.0\"]\n```\n\n\
             # It breaks.\n"
        );
        assert_eq!(facts.with_one_planted().advisories.len(), 2);
    }

    #[test]
    fn facts_that_say_less_are_refused() {
        for (from, to) in [("date", "day"), ("patched", "fixed"), ("packages", "names"), ("]}", "")] {
            assert!(Facts::read(&TWO_PACKAGES.replace(from, to)).is_err(), "{from}");
        }
    }

    #[test]
    fn a_package_that_nobody_looked_for_is_named() {
        let facts = Facts::read(TWO_PACKAGES).unwrap();
        let package =
            |name: &str, more: &str| format!("[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\n{more}\n");
        let registry = "source = \"registry+https://example.com\"\n";
        let lock = package("one", registry) + &package("ours", "") + &package("three", registry);
        let problems = facts.unknown_packages(&lock);
        assert_eq!(problems.len(), 1);
        assert!(
            problems[0].starts_with("three: look at https://rustsec.org/packages/three.html"),
            "{problems:?}"
        );
    }

    #[test]
    fn every_advisory_is_about_a_package_that_is_listed() {
        let text = Project::of_this_program().read(FACTS).unwrap();
        let facts = Facts::read(&text).unwrap();
        assert!(facts.advisories.iter().all(|advisory| facts.packages.contains(&advisory.package)));
        let ids: BTreeSet<&str> = facts.advisories.iter().map(|advisory| advisory.id.as_str()).collect();
        assert_eq!(ids.len(), facts.advisories.len());
    }
}
