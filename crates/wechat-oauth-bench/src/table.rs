//! The table, for people at a terminal and, in the same form, for the README.

use std::fmt;

/// One line: the same work, ours and theirs.
pub struct Row {
    /// The work.
    pub work: String,
    /// Who else does it.
    pub beside: String,
    /// Instructions, ours and theirs.
    pub instructions: [f64; 2],
    /// Allocations, ours and theirs.
    pub allocations: [usize; 2],
    /// The highest ratio of instructions that is aimed at.
    pub goal: f64,
}

impl Row {
    /// Our instructions for each of theirs.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        self.instructions[0] / self.instructions[1]
    }

    fn cells(&self) -> [String; 7] {
        let missed = if self.ratio() > self.goal { " (missed)" } else { "" };
        [
            self.work.clone(),
            self.beside.clone(),
            grouped(self.instructions[0]),
            grouped(self.instructions[1]),
            format!("{:.3}", self.ratio()),
            format!("≤ {}{missed}", self.goal),
            format!("{} / {}", self.allocations[0], self.allocations[1]),
        ]
    }
}

/// Markdown, with its columns aligned.
pub struct Table(pub Vec<Row>);

const HEAD: [&str; 7] = ["work", "beside", "ours", "theirs", "ratio", "goal", "allocations"];

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<_> = self.0.iter().map(Row::cells).collect();
        let widths: Vec<usize> = (0..HEAD.len())
            .map(|column| {
                let cells = rows.iter().map(|row| row[column].chars().count());
                cells.max().unwrap_or(0).max(HEAD[column].len())
            })
            .collect();
        line(f, &HEAD.map(str::to_owned), &widths)?;
        let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
        writeln!(f, "| {} |", rules.join(" | "))?;
        rows.iter().try_for_each(|row| line(f, row, &widths))
    }
}

fn line(f: &mut fmt::Formatter<'_>, cells: &[String; 7], widths: &[usize]) -> fmt::Result {
    f.write_str("|")?;
    for (cell, &width) in cells.iter().zip(widths) {
        write!(f, " {cell:width$} |")?;
    }
    writeln!(f)
}

/// A whole number with its thousands apart: `12 345`.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in [(0.0, "0"), (999.4, "999"), (1000.0, "1 000"), (1_234_567.0, "1 234 567")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn a_table_is_markdown_and_names_what_missed_its_goal() {
        let row = |ours| Row {
            work: "work".to_owned(),
            beside: "them".to_owned(),
            instructions: [ours, 1000.0],
            allocations: [1, 2],
            goal: 0.5,
        };
        assert_eq!(
            Table(vec![row(500.0), row(501.0)]).to_string(),
            "| work | beside | ours | theirs | ratio | goal           | allocations |\n\
             | ---- | ------ | ---- | ------ | ----- | -------------- | ----------- |\n\
             | work | them   | 500  | 1 000  | 0.500 | ≤ 0.5          | 1 / 2       |\n\
             | work | them   | 501  | 1 000  | 0.501 | ≤ 0.5 (missed) | 1 / 2       |\n"
        );
    }
}
