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

    use wechat_oauth_core::{CallbackReason, TransportErrorKind};

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
    fn every_question_is_answered_by_json_on_one_line() {
        for question in Questions::new(1).take(MANY) {
            assert!(!question.contains('\n'));
            let answer = answer(&question).unwrap_or_else(|error| panic!("{error}: {question}"));
            assert!(!answer.contains(['\n', '\r']), "{question}\n{answer}");
            // An unknown field of a profile may hold a larger number, or be nested deeper, than this reader takes.
            let taken = ["number out of range", "recursion limit exceeded"];
            if let Err(error) = serde_json::from_str::<Value>(&answer) {
                let error = error.to_string();
                assert!(taken.iter().any(|taken| error.starts_with(taken)), "{error}: {question}\n{answer}");
            }
        }
    }

    #[test]
    fn the_questions_come_to_every_operation_and_to_every_reason() {
        let (mut operations, mut all) = (BTreeSet::new(), String::new());
        for question in Questions::new(2).take(MANY) {
            operations.extend(question.split('"').nth(3).map(str::to_owned));
            all.push_str(&answer(&question).unwrap());
        }
        assert_eq!(operations.len(), 9, "{operations:?}");
        let callbacks = CallbackReason::ALL.map(CallbackReason::as_str);
        let losses = TransportErrorKind::ALL.map(TransportErrorKind::as_str);
        let answers = [
            "empty",
            "too_large",
            "truncated",
            "not_json",
            "not_an_object",
            "repeated_key",
            "missing_field",
            "wrong_type",
            "out_of_range",
            "invalid_value",
            "openid_mismatch",
            "unionid_mismatch",
            "snapshot",
            "not_a_profile",
            "http_status",
        ];
        let misuses = ["not_sending", "not_waiting", "not_done", "finished", "not_readable", "too_large"];
        let reasons = callbacks.iter().chain(&losses).chain(&answers).chain(&misuses);
        for reason in reasons {
            assert!(all.contains(&format!(r#""reason":"{reason}""#)), "{reason}");
        }
        for outcome in
            ["person", "snapshot", "refused", "valid", "replaces", "freshness", "browser", "findings"]
        {
            assert!(all.contains(&format!("\"{outcome}\"")), "{outcome}");
        }
    }
}
