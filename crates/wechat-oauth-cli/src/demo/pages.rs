//! The site's pages.

use askama::Template;

use super::problem::{Problem, Words};
use super::session::Person;
use super::wire::Step;
use crate::lang::Lang;

pub(crate) const STYLE: &str = include_str!("../../templates/style.css");

/// What every page has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'a> {
    pub(crate) lang: Lang,
    /// The page's own path.
    pub(crate) here: &'a str,
    pub(crate) emulator_url: &'a str,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home<'a> {
    frame: Frame<'a>,
    person: Option<&'a Person>,
    steps: &'a [Step],
}

pub(crate) fn home(
    frame: Frame<'_>,
    person: Option<&Person>,
    steps: &[Step],
) -> Result<String, askama::Error> {
    Home { frame, person, steps }.render()
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    frame: Frame<'a>,
    name: String,
    words: Words,
    is_snapshot: bool,
    steps: &'a [Step],
}

pub(crate) fn problem(frame: Frame<'_>, problem: Problem, steps: &[Step]) -> Result<String, askama::Error> {
    ProblemPage {
        frame,
        name: problem.name(),
        words: problem.words(frame.lang),
        is_snapshot: problem == Problem::Snapshot,
        steps,
    }
    .render()
}
