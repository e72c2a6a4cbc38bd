//! Writes the vectors, answers questions as the reference, and compares runners with it: see [`wechat_oauth_vectors`].

use std::error::Error;
use std::fs;
use std::io::{self, BufRead as _, Write as _};
use std::process::{Command, ExitCode};

use clap::{Args, Parser, Subcommand};
use wechat_oauth_vectors::compare::{Expected, compare};
use wechat_oauth_vectors::generate::Questions;
use wechat_oauth_vectors::vector::{committed, folder, fresh, written};
use wechat_oauth_vectors::{Vector, answer};

/// Questions with their answers, which every language has to give to the byte.
#[derive(Parser)]
struct CommandLine {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Writes tests/vectors/*.json anew.
    Write,
    /// Answers the questions on standard input, one a line: the reference as a runner.
    Answer,
    /// Writes generated questions to standard output, one a line.
    Generate {
        /// How many.
        count: usize,
        #[command(flatten)]
        seed: Seed,
    },
    /// Compares runners with the reference over generated questions, or over the vectors.
    Compare {
        /// Compares over the vectors, with the answers that the files hold.
        #[arg(long, conflicts_with_all = ["count", "seed"])]
        vectors: bool,
        /// How many generated questions.
        #[arg(long, default_value_t = 100_000)]
        count: usize,
        #[command(flatten)]
        seed: Seed,
        /// The runners: NAME=COMMAND, whose program and arguments are split at spaces. No shell is asked.
        #[arg(required = true, value_name = "NAME=COMMAND")]
        runners: Vec<String>,
    },
}

#[derive(Args)]
struct Seed {
    /// Which of all generated questions: the same seed gives the same.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    match CommandLine::parse().chore {
        Chore::Write => write()?,
        Chore::Answer => answer_all()?,
        Chore::Generate { count, seed } => generate(count, seed.seed)?,
        Chore::Compare { vectors, count, seed, runners } => {
            let questions = if vectors { None } else { Some((count, seed.seed)) };
            return compare_all(questions, &runners);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn write() -> Result<(), Box<dyn Error>> {
    for (name, vectors) in fresh()? {
        fs::write(folder().join(format!("{name}.json")), written(&vectors))?;
        println!("{name}: {} vectors", vectors.len());
    }
    Ok(())
}

fn answer_all() -> Result<(), Box<dyn Error>> {
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        writeln!(output, "{}", answer(&line?)?)?;
        output.flush()?;
    }
    Ok(())
}

fn generate(count: usize, seed: u64) -> io::Result<()> {
    let mut output = io::BufWriter::new(io::stdout().lock());
    for question in Questions::new(seed).take(count) {
        writeln!(output, "{question}")?;
    }
    output.flush()
}

fn compare_all(questions: Option<(usize, u64)>, runners: &[String]) -> Result<ExitCode, Box<dyn Error>> {
    let mut all_equal = true;
    for runner in runners {
        let (name, command) = command(runner)?;
        let report = match questions {
            None => {
                let vectors = committed()?;
                let asked: Vec<String> = vectors.iter().map(Vector::line).collect();
                let expected: Vec<Expected> =
                    asked.iter().cloned().zip(vectors.into_iter().map(|vector| vector.out)).collect();
                compare(command, asked.into_iter(), expected.into_iter())?
            }
            Some((count, seed)) => {
                let asked = || Questions::new(seed).take(count);
                let expected = asked().map(|question| {
                    // What is generated is a question: the tests see to it.
                    let answer = answer(&question).unwrap_or_else(|error| error.to_string());
                    (question, answer)
                });
                compare(command, asked(), expected)?
            }
        };
        println!("{name}: {report}");
        all_equal &= report.is_equal();
    }
    Ok(if all_equal { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn command(runner: &str) -> Result<(&str, Command), Box<dyn Error>> {
    let (name, line) = runner.split_once('=').ok_or("a runner is written NAME=COMMAND")?;
    let mut words = line.split_whitespace();
    let mut command = Command::new(words.next().ok_or("a runner is written NAME=COMMAND")?);
    command.args(words);
    Ok((name, command))
}
