//! `state`: the unguessable text that ties a callback to the browser that started the login.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use crate::secret::REDACTED;
use crate::value::{self, InvalidValue};

/// 1 to 128 of `A-Za-z0-9`, which WeChat carries to the callback unchanged.
///
/// It protects the login only when nobody can guess it and when it is kept *with the browser* (in its session or a
/// protected cookie). So it is made from 32 bytes of the operating system's entropy; `Debug` hides it, and it is
/// compared in constant time.
///
/// Length and alphabet: <https://developers.weixin.qq.com/doc/service/guide/h5/auth.html>
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct State(Box<str>);

impl State {
    /// The longest state that WeChat carries, in bytes; a longer one ends on a page "state 参数过长".
    pub const MAX_LEN: usize = 128;

    /// A fresh state, as 64 hexadecimal digits.
    ///
    /// The bytes must come from a cryptographic source, once each: the core has none. `wechat_oauth::fresh_state()`
    /// asks the operating system.
    #[must_use]
    pub fn from_entropy(entropy: [u8; 32]) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = String::with_capacity(2 * entropy.len());
        for byte in entropy {
            text.push(char::from(DIGITS[usize::from(byte >> 4)]));
            text.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        Self(text.into_boxed_str())
    }

    /// A state that the caller made, checked for length and alphabet.
    ///
    /// Whether it can be guessed is the caller's care; prefer [`State::from_entropy`].
    ///
    /// # Errors
    /// [`InvalidValue`] says which rule was broken; it does not hold the text.
    pub fn new(text: &str) -> Result<Self, InvalidValue> {
        match value::check(text, Self::MAX_LEN, value::ALPHANUMERIC) {
            Ok(()) => Ok(Self(text.into())),
            Err(rule) => Err(InvalidValue::new("the state", rule)),
        }
    }

    /// Whether the callback brought this state. The time taken tells only the lengths.
    #[must_use]
    pub fn matches(&self, received: &str) -> bool {
        let (ours, theirs) = (self.0.as_bytes(), received.as_bytes());
        if ours.len() != theirs.len() {
            return false;
        }
        // Eight bytes at a time: the fence around each comparison is what costs.
        let (ours, our_rest) = ours.as_chunks::<8>();
        let (theirs, their_rest) = theirs.as_chunks::<8>();
        let chunks = ours.iter().zip(theirs);
        let equal = chunks.fold(our_rest.ct_eq(their_rest), |equal, (ours, theirs)| {
            equal & u64::from_ne_bytes(*ours).ct_eq(&u64::from_ne_bytes(*theirs))
        });
        equal.into()
    }

    /// The text: for the authorize URL, and for the key of a store.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "State({REDACTED})")
    }
}

impl FromStr for State {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        Self::new(text)
    }
}

impl TryFrom<String> for State {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        Self::new(&text)
    }
}

impl From<State> for String {
    fn from(state: State) -> Self {
        state.0.into_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::BrokenRule;
    use proptest::prelude::*;

    #[test]
    fn entropy_becomes_sixty_four_digits() {
        let mut entropy = [0; 32];
        entropy[0] = 0xA7;
        entropy[31] = 0x0F;
        let state = State::from_entropy(entropy);
        assert_eq!(state.expose(), format!("a7{}0f", "00".repeat(30)));
    }

    #[test]
    fn every_byte_at_every_position_is_judged_by_the_alphabet() {
        let refused = BrokenRule::Alphabet { allowed: value::ALPHANUMERIC.name };
        for position in 0..State::MAX_LEN - 1 {
            for byte in 0..=255_u8 {
                // One short of the limit, so that a character of two bytes is not refused for the length.
                let mut text = "s".repeat(State::MAX_LEN - 1);
                text.replace_range(position..=position, &char::from(byte).to_string());
                let rule = if byte.is_ascii_alphanumeric() { None } else { Some(refused) };
                let broken = State::new(&text).err().map(|error| error.rule());
                assert_eq!(broken, rule, "byte {byte} at {position}");
            }
        }
    }

    #[test]
    fn lengths_are_bounded() {
        for length in 0..300 {
            let allowed = (1..=128).contains(&length);
            assert_eq!(State::new(&"s".repeat(length)).is_ok(), allowed, "length {length}");
        }
    }

    #[test]
    fn debug_hides_it() {
        assert_eq!(format!("{:?}", State::new("canary").unwrap()), "State([redacted])");
    }

    proptest! {
        #[test]
        fn only_the_sent_state_matches(sent in "[A-Za-z0-9]{1,128}", other in "[A-Za-z0-9]{0,130}") {
            let state = State::new(&sent).unwrap();
            prop_assert!(state.matches(&sent));
            prop_assert_eq!(state.matches(&other), sent == other);
        }

        #[test]
        fn different_entropy_gives_different_states(a: [u8; 32], b: [u8; 32]) {
            prop_assert_eq!(State::from_entropy(a).matches(State::from_entropy(b).expose()), a == b);
        }

        #[test]
        fn a_state_survives_storage(sent in "[A-Za-z0-9]{1,128}") {
            let json = serde_json::to_string(&State::new(&sent).unwrap()).unwrap();
            let back: State = serde_json::from_str(&json).unwrap();
            prop_assert!(back.matches(&sent));
        }
    }

    #[test]
    fn a_state_is_parsed_as_it_is_made_and_a_broken_one_says_what_it_was_to_be() {
        assert!("S1".parse::<State>().unwrap().matches("S1"));
        assert_eq!("S-1".parse::<State>().unwrap_err().what(), "the state");
    }
}
