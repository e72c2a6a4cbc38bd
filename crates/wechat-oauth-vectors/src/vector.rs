//! The vectors: `tests/vectors/*.json`, questions by hand with the reference's answers.
//!
//! A file is a list of `{"name","do","in","out"}`; `out` is the exact text of the answer. The questions are written in
//! this crate's `inputs`, and `wechat-oauth-vectors write` makes the files; a test says when they are not fresh.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::inputs::{self, Asked};
use crate::reference::{NotAQuestion, answer};

/// A question with its name and its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vector {
    /// What it shows, as a sentence.
    pub name: String,
    /// What is asked.
    #[serde(rename = "do")]
    pub op: String,
    /// With what.
    #[serde(rename = "in")]
    pub input: Value,
    /// The answer's exact text.
    pub out: String,
}

impl Vector {
    /// The question as a line.
    #[must_use]
    pub fn line(&self) -> String {
        line(&self.op, &self.input)
    }
}

pub(crate) fn line(op: &str, input: &Value) -> String {
    json!({"do": op, "in": input}).to_string()
}

/// The vectors as the reference answers them now, file by file: the name without its ending, and what it has to hold.
///
/// # Errors
/// [`NotAQuestion`], when a question is not written as the reference reads it.
pub fn fresh() -> Result<Vec<(&'static str, Vec<Vector>)>, NotAQuestion> {
    let vector = |asked: Asked| {
        let Asked { name, op, input } = asked;
        let out = answer(&line(op, &input))?;
        Ok(Vector { name, op: op.to_owned(), input, out })
    };
    let file = |(name, asked): (&'static str, Vec<Asked>)| {
        Ok((name, asked.into_iter().map(vector).collect::<Result<_, NotAQuestion>>()?))
    };
    inputs::files().into_iter().map(file).collect()
}

/// The folder of the files.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors")
}

/// The vectors that the files hold, in the order of [`fresh`].
///
/// # Errors
/// When a file cannot be read.
pub fn committed() -> io::Result<Vec<Vector>> {
    let mut all = Vec::new();
    for (name, _) in inputs::files() {
        let path = folder().join(format!("{name}.json"));
        let text = fs::read_to_string(&path)?;
        all.extend(serde_json::from_str::<Vec<Vector>>(&text)?);
    }
    Ok(all)
}

/// The text of a file: each vector on lines of its own.
#[must_use]
pub fn written(vectors: &[Vector]) -> String {
    let mut text = String::from("[");
    for (index, vector) in vectors.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let (name, op, out) = (json!(vector.name), json!(vector.op), json!(vector.out));
        let _infallible = write!(
            text,
            "{comma}\n{{\"name\":{name},\n \"do\":{op},\"in\":{},\n \"out\":{out}}}",
            vector.input
        );
    }
    text.push_str("\n]\n");
    text
}
