//! The part of `cargo metadata` that the chores read.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::PathBuf;

use serde_json::Value;

use crate::project::{Outcome, Project, output};

/// The workspace's own packages and, when they were asked for, the packages they are built from.
#[derive(Debug, Default)]
pub(crate) struct Metadata {
    pub(crate) packages: BTreeMap<Id, Package>,
    pub(crate) members: BTreeSet<Id>,
    /// Which packages a package is built from, without those that only its tests need.
    pub(crate) built_from: BTreeMap<Id, BTreeSet<Id>>,
}

/// Cargo's own name of one version of one package.
pub(crate) type Id = String;

#[derive(Debug, Default)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) manifest: PathBuf,
    /// Whether it may go to a registry.
    pub(crate) published: bool,
    pub(crate) rust_version: Option<String>,
    /// Every feature's name, `default` included when there is one.
    pub(crate) features: BTreeSet<String>,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) targets: Vec<Target>,
}

#[derive(Debug, Default)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// Whether only tests, examples and benchmarks see it.
    pub(crate) for_tests: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Target {
    pub(crate) name: String,
    /// `lib`, `bin`, `test` and so on.
    pub(crate) kinds: Vec<String>,
    pub(crate) source: PathBuf,
}

impl Metadata {
    /// The workspace's own packages.
    pub(crate) fn of_workspace(project: &Project) -> Outcome<Self> {
        Self::ask(project, ["--no-deps"])
    }

    /// The packages of the workspace that `manifest` belongs to, which is not this one.
    pub(crate) fn of_other_workspace(project: &Project, manifest: &str) -> Outcome<Self> {
        Self::ask(project, ["--no-deps", "--manifest-path", manifest])
    }

    /// The workspace's own packages and all that they can be built from: every feature, every platform.
    pub(crate) fn with_dependencies(project: &Project) -> Outcome<Self> {
        Self::ask(project, ["--all-features"])
    }

    fn ask<A: AsRef<OsStr>>(project: &Project, arguments: impl IntoIterator<Item = A>) -> Outcome<Self> {
        let text = output(project.cargo(["metadata", "--format-version", "1"]).args(arguments))?;
        Self::read(&text)
            .ok_or_else(|| "`cargo metadata` printed something that is not understood".to_owned())
    }

    fn read(text: &str) -> Option<Self> {
        let document: Value = serde_json::from_str(text).ok()?;
        let packages = list(&document["packages"])
            .map(|package| Some((text_of(&package["id"])?, Package::read(package)?)))
            .collect::<Option<_>>()?;
        let members = list(&document["workspace_members"]).map(text_of).collect::<Option<_>>()?;
        let mut built_from: BTreeMap<Id, BTreeSet<Id>> = BTreeMap::new();
        for node in list(&document["resolve"]["nodes"]) {
            let needs = list(&node["deps"])
                .filter(|dep| list(&dep["dep_kinds"]).any(|kind| kind["kind"].as_str() != Some("dev")))
                .map(|dep| text_of(&dep["pkg"]))
                .collect::<Option<_>>()?;
            built_from.insert(text_of(&node["id"])?, needs);
        }
        Some(Self { packages, members, built_from })
    }

    /// The workspace's own packages, in the order of their ids.
    pub(crate) fn own(&self) -> impl Iterator<Item = &Package> {
        self.members.iter().filter_map(|id| self.packages.get(id))
    }
}

impl Package {
    fn read(package: &Value) -> Option<Self> {
        Some(Self {
            name: text_of(&package["name"])?,
            version: text_of(&package["version"])?,
            manifest: text_of(&package["manifest_path"])?.into(),
            // `publish = false` reads as an empty list of registries.
            published: package["publish"].as_array().is_none_or(|registries| !registries.is_empty()),
            rust_version: text_of(&package["rust_version"]),
            features: package["features"].as_object()?.keys().cloned().collect(),
            dependencies: list(&package["dependencies"]).map(Dependency::read).collect::<Option<_>>()?,
            targets: list(&package["targets"]).map(Target::read).collect::<Option<_>>()?,
        })
    }

    /// The targets of one kind.
    pub(crate) fn targets_of_kind(&self, kind: &str) -> impl Iterator<Item = &Target> {
        self.targets.iter().filter(move |target| target.kinds.iter().any(|known| known == kind))
    }
}

impl Dependency {
    fn read(dependency: &Value) -> Option<Self> {
        Some(Self {
            name: text_of(&dependency["name"])?,
            for_tests: dependency["kind"].as_str() == Some("dev"),
        })
    }
}

impl Target {
    fn read(target: &Value) -> Option<Self> {
        Some(Self {
            name: text_of(&target["name"])?,
            kinds: list(&target["kind"]).map(text_of).collect::<Option<_>>()?,
            source: text_of(&target["src_path"])?.into(),
        })
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text_of(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_of_cargo_is_read() {
        let metadata = Metadata::read(
            r#"{"packages":[
                {"id":"one","name":"first","version":"0.1.0","manifest_path":"a/Cargo.toml","publish":[],
                 "rust_version":"1.88","features":{"default":["tls"],"tls":[]},
                 "dependencies":[{"name":"second","kind":null},{"name":"third","kind":"dev"}],
                 "targets":[{"name":"first","kind":["lib"],"src_path":"a/src/lib.rs"}]},
                {"id":"two","name":"second","version":"2.0.0","manifest_path":"b/Cargo.toml","publish":null,
                 "rust_version":null,"features":{},"dependencies":[],"targets":[]}],
               "workspace_members":["one"],
               "resolve":{"nodes":[{"id":"one","deps":[
                 {"pkg":"two","dep_kinds":[{"kind":null},{"kind":"dev"}]},
                 {"pkg":"three","dep_kinds":[{"kind":"dev"}]}]}]}}"#,
        )
        .unwrap();
        let own: Vec<&Package> = metadata.own().collect();
        assert_eq!(own.len(), 1);
        let first = own[0];
        assert_eq!(first.name, "first");
        assert!(!first.published);
        assert_eq!(first.targets_of_kind("lib").count(), 1);
        assert_eq!(first.rust_version.as_deref(), Some("1.88"));
        assert!(first.features.contains("tls"));
        assert!(!first.dependencies[0].for_tests && first.dependencies[1].for_tests);
        let second = &metadata.packages["two"];
        assert!(second.published && second.rust_version.is_none());
        assert_eq!(metadata.built_from["one"], BTreeSet::from(["two".to_owned()]));
    }

    #[test]
    fn an_answer_of_another_shape_is_refused() {
        assert!(Metadata::read(r#"{"packages":[{"id":"one"}]}"#).is_none());
        assert!(Metadata::read("").is_none());
    }

    #[test]
    fn this_package_is_found_in_its_own_workspace() {
        let metadata = Metadata::of_workspace(&Project::of_this_program()).unwrap();
        assert!(metadata.own().any(|package| package.name == "xtask" && !package.published));
    }
}
