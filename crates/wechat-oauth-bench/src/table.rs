//! The table, for people at a terminal and, in the same form, for the README.

use std::fmt;

use crate::results::median;

/// One line: the same work, ours and theirs.
pub struct Row {
    /// The work.
    pub work: String,
    /// Who else does it.
    pub beside: String,
    /// Instructions, ours and theirs, each time they were counted.
    pub instructions: Vec<[f64; 2]>,
    /// Allocations, ours and theirs.
    pub allocations: [usize; 2],
    /// The highest ratio of instructions that is aimed at.
    pub goal: f64,
}

impl Row {
    /// Our instructions for each of theirs, each time they were counted, in order.
    fn ratios(&self) -> Vec<f64> {
        let mut ratios: Vec<f64> = self.instructions.iter().map(|[ours, theirs]| ours / theirs).collect();
        ratios.sort_by(f64::total_cmp);
        ratios
    }

    fn cells(&self) -> [String; 7] {
        let ratios = self.ratios();
        let ratio = median(&ratios);
        let side = |side: usize| {
            let mut counts: Vec<f64> = self.instructions.iter().map(|sides| sides[side]).collect();
            counts.sort_by(f64::total_cmp);
            grouped(median(&counts))
        };
        let spread = match ratios[..] {
            [least, .., most] => format!(" ({least:.3} to {most:.3})"),
            _ => String::new(),
        };
        let missed = if ratio > self.goal { " (missed)" } else { "" };
        [
            self.work.clone(),
            self.beside.clone(),
            side(0),
            side(1),
            format!("{ratio:.3}{spread}"),
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
#[must_use]
pub fn grouped(number: f64) -> String {
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
        let row = |instructions: &[[f64; 2]]| Row {
            work: "work".to_owned(),
            beside: "them".to_owned(),
            instructions: instructions.to_vec(),
            allocations: [1, 2],
            goal: 0.5,
        };
        let once = row(&[[500.0, 1000.0]]);
        let often = row(&[[700.0, 1000.0], [400.0, 1000.0], [1020.0, 2000.0]]);
        assert_eq!(
            Table(vec![once, often]).to_string(),
            "| work | beside | ours | theirs | ratio                  | goal           | allocations |\n\
             | ---- | ------ | ---- | ------ | ---------------------- | -------------- | ----------- |\n\
             | work | them   | 500  | 1 000  | 0.500                  | ≤ 0.5          | 1 / 2       |\n\
             | work | them   | 700  | 1 000  | 0.510 (0.400 to 0.700) | ≤ 0.5 (missed) | 1 / 2       |\n"
        );
    }
}
