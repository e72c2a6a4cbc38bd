//! Questions without number: the vectors' own, changed by accident. The same seed gives the same questions.

use serde_json::Value;

use crate::inputs::{self, Asked};
use crate::mutate::Mutator;
use crate::vector::line;

/// The largest number that every language has.
pub(crate) const LARGEST: u64 = (1 << 53) - 1;

/// Questions, one after another, without end.
#[derive(Debug)]
pub struct Questions {
    vectors: Vec<Asked>,
    mutator: Mutator,
}

impl Questions {
    /// The questions of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let vectors: Vec<Asked> = inputs::files().into_iter().flat_map(|(_, asked)| asked).collect();
        let mutator = Mutator::new(seed, &vectors);
        Self { vectors, mutator }
    }
}

impl Iterator for Questions {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let Asked { op, input, .. } = self.mutator.choice(&self.vectors)?;
        let mut input: Value = input.clone();
        self.mutator.change(op, &mut input);
        Some(line(op, &input))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::answer;

    const MANY: usize = 20_000;

    #[test]
    fn a_seed_gives_the_same_questions_again_and_another_seed_others() {
        let first = |seed| Questions::new(seed).take(100).collect::<Vec<_>>();
        assert_eq!(first(1), first(1));
        assert_ne!(first(1), first(2));
    }

    #[test]
    fn every_question_is_answered_on_one_line() {
        for question in Questions::new(1).take(MANY) {
            assert!(!question.contains('\n'));
            let answer = answer(&question).unwrap_or_else(|error| panic!("{error}: {question}"));
            assert!(!answer.is_empty() && !answer.contains(['\n', '\r']), "{question}\n{answer}");
        }
    }

    #[test]
    fn the_questions_come_to_every_operation_and_to_errors_of_every_reason() {
        let (mut operations, mut outcomes) = (BTreeSet::new(), BTreeSet::new());
        for question in Questions::new(2).take(MANY) {
            operations.extend(question.split('"').nth(3).map(str::to_owned));
            let answer = answer(&question).unwrap();
            for (at, _) in answer.match_indices(r#""kind":""#) {
                let kind = answer[at + 8..].split('"').next().unwrap_or_default();
                let reason = answer[at..].split(r#""reason":""#).nth(1).unwrap_or_default();
                outcomes.insert(format!("{kind} {}", reason.split('"').next().unwrap_or_default()));
            }
        }
        assert_eq!(operations.len(), 9, "{operations:?}");
        assert!(outcomes.len() > 60, "{outcomes:?}");
    }
}
