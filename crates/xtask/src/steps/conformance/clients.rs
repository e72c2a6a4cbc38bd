//! The clients: where each comes from, and the command that starts it.

use std::path::PathBuf;

use serde_json::Value;

use crate::project::{Outcome, Project, run};
use crate::steps::languages;
use crate::tools::{node, python};

/// The list of the clients that are not ours, in the order of the tables.
const FOREIGN: &str = "tests/clients/foreign/clients.json";
/// What installs them in the folder that it is told.
const INSTALL: &str = "tests/clients/foreign/install.sh";
/// What stands in their commands for that folder.
const PLACE: &str = "{installed}";

/// One client.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Client {
    /// What it is called on the command line.
    pub(super) name: String,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    /// A Rust client of ours: an argument of the program `client`.
    Rust,
    Python,
    Node,
    /// The words of its command.
    Foreign(Vec<String>),
}

/// Where the clients were installed.
#[derive(Default)]
pub(super) struct Installed {
    /// The interpreter that finds our Python package.
    python: PathBuf,
    /// The folder of packages that ours for Node is in.
    node: PathBuf,
    /// The folder of the clients that are not ours.
    foreign: PathBuf,
}

/// All of them, ours first.
pub(super) fn all(project: &Project) -> Outcome<Vec<Client>> {
    let rust = ["memory", "ureq", "reqwest", "axum"].map(|name| (name, Kind::Rust));
    let ours = rust.into_iter().chain([("python", Kind::Python), ("node", Kind::Node)]);
    let mut clients: Vec<Client> = ours.map(|(name, kind)| Client { name: name.to_owned(), kind }).collect();
    clients.extend(foreign(&project.read(FOREIGN)?)?);
    Ok(clients)
}

fn foreign(list: &str) -> Outcome<Vec<Client>> {
    let wrong = || format!("{FOREIGN} is not a list of clients, each with a name and the words of a command");
    let list: Value = serde_json::from_str(list).map_err(|error| format!("{FOREIGN}: {error}"))?;
    let mut clients = Vec::new();
    for client in list.as_array().ok_or_else(wrong)? {
        let name = client["name"].as_str().ok_or_else(wrong)?.to_owned();
        let words = client["command"].as_array().ok_or_else(wrong)?;
        let words: Option<Vec<String>> = words.iter().map(|word| word.as_str().map(str::to_owned)).collect();
        clients.push(Client { name, kind: Kind::Foreign(words.ok_or_else(wrong)?) });
    }
    Ok(clients)
}

/// Installs what these clients are made of.
pub(super) fn install(project: &Project, clients: &[Client]) -> Outcome<Installed> {
    let mut installed = Installed { foreign: project.target().join("clients"), ..Installed::default() };
    let any = |is: fn(&Kind) -> bool| clients.iter().any(|client| is(&client.kind));
    if any(|kind| *kind == Kind::Python) {
        installed.python = languages::install_python(project)?;
    }
    if any(|kind| *kind == Kind::Node) {
        installed.node = languages::install_node(project)?;
    }
    if any(|kind| matches!(kind, Kind::Foreign(_))) {
        python(project)?;
        node(project)?;
        run(project.command("sh").arg(INSTALL).arg(&installed.foreign))?;
    }
    Ok(installed)
}

impl Client {
    pub(super) fn is_ours(&self) -> bool {
        !matches!(self.kind, Kind::Foreign(_))
    }

    /// Whether it is a program by itself, and no interpreter is started for each case.
    pub(super) fn starts_at_once(&self) -> bool {
        self.kind == Kind::Rust
    }

    /// The command line that starts it in the project's folder.
    pub(super) fn command(&self, project: &Project, installed: &Installed) -> String {
        let text = |path: &PathBuf| path.to_string_lossy().into_owned();
        let words = match &self.kind {
            Kind::Rust => vec![text(&project.built("debug", "client")), self.name.clone()],
            // Isolated: it finds the package that is installed, and no other.
            Kind::Python => {
                vec![text(&installed.python), "-I".to_owned(), "tests/clients/ours/python.py".to_owned()]
            }
            Kind::Node => vec![
                "env".to_owned(),
                format!("NODE_PATH={}", text(&installed.node)),
                "node".to_owned(),
                "tests/clients/ours/node.js".to_owned(),
            ],
            Kind::Foreign(words) => {
                words.iter().map(|word| word.replace(PLACE, &text(&installed.foreign))).collect()
            }
        };
        words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
    }
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clients_have_names_of_their_own_and_ours_come_first() {
        let clients = all(&Project::of_this_program()).unwrap();
        let mut names: Vec<&str> = clients.iter().map(|client| client.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), clients.len());
        assert!(
            clients[..6].iter().all(Client::is_ours) && clients[6..].iter().all(|client| !client.is_ours())
        );
        assert!(clients.len() > 6);
    }

    #[test]
    fn a_command_is_told_where_it_was_installed_and_its_words_stay_apart() {
        let list = r#"[{"name": "x", "command": ["{installed}/bin/python", "it's"]}]"#;
        let client = foreign(list).unwrap().remove(0);
        let installed = Installed { foreign: "/a folder".into(), ..Installed::default() };
        let command = client.command(&Project::of_this_program(), &installed);
        assert_eq!(command, r"'/a folder/bin/python' 'it'\''s'");
    }

    #[test]
    fn a_list_of_something_else_is_refused() {
        for list in ["{}", "[{}]", r#"[{"name": "x", "command": "x"}]"#, r#"[{"name": "x", "command": [1]}]"#]
        {
            assert!(foreign(list).is_err(), "{list}");
        }
    }
}
