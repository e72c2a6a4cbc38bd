//! The texts that were given out and not freed yet.
//!
//! They are kept here rather than let go as pointers: so a text is freed by looking up its address, which is safe code,
//! and a text that is freed twice, or was never ours, is no more than unknown.

use std::collections::BTreeMap;
use std::ffi::CStr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

use crate::exports::WXO_MAX_OPEN;

/// The document for a caller that frees no texts. It is static, since there is no room for another.
pub(crate) const TOO_MANY: &CStr = c"{\"error\":{\"kind\":\"misuse\",\"reason\":\"too_many_texts\",\"message\":\"65536 texts are open: free each one with wxo_text_free\"},\"advice\":\"fix_configuration\"}";

static TEXTS: Texts = Texts::new(WXO_MAX_OPEN);

/// Whether there is no room for one more. Several threads that find the last place take one each, so that a call that
/// was let in can always give its text out.
pub(crate) fn too_many() -> bool {
    TEXTS.are_too_many()
}

/// Keeps a document until it is freed, and says where its text begins and how long it is, without the NUL behind it.
pub(crate) fn keep(document: &str) -> (*const u8, usize) {
    TEXTS.keep(document)
}

/// Wipes and frees the text that begins here, if there is one.
pub(crate) fn free(data: *const u8) {
    TEXTS.free(data);
}

struct Texts {
    max: usize,
    /// By address. A vector's bytes stay where they are when the vector moves.
    open: Mutex<BTreeMap<usize, Zeroizing<Vec<u8>>>>,
}

impl Texts {
    const fn new(max: usize) -> Self {
        Self { max, open: Mutex::new(BTreeMap::new()) }
    }

    fn are_too_many(&self) -> bool {
        self.lock().len() >= self.max
    }

    fn keep(&self, text: &str) -> (*const u8, usize) {
        // The exact size: growing would leave a copy of a secret behind.
        let mut bytes = Vec::with_capacity(text.len() + 1);
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(0);
        let data = bytes.as_ptr();
        self.lock().insert(data.addr(), Zeroizing::new(bytes));
        (data, text.len())
    }

    fn free(&self, data: *const u8) {
        let text = self.lock().remove(&data.addr());
        // It is wiped after the lock was given back.
        drop(text);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<usize, Zeroizing<Vec<u8>>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn a_text_ends_with_a_nul_that_its_length_does_not_count() {
        let texts = Texts::new(9);
        for text in ["", "{}", "微信"] {
            let (data, len) = texts.keep(text);
            assert_eq!(len, text.len());
            let kept = texts.lock().get(&data.addr()).unwrap().clone();
            assert_eq!(kept.split_last(), Some((&0, text.as_bytes())));
        }
    }

    #[test]
    fn a_text_is_freed_once_and_a_strangers_never() {
        let texts = Texts::new(9);
        let (first, _) = texts.keep("first");
        let (second, _) = texts.keep("second");
        texts.free(first);
        texts.free(first);
        texts.free(second.wrapping_add(1));
        texts.free(std::ptr::null());
        texts.free(TOO_MANY.as_ptr().cast());
        assert_eq!(texts.lock().keys().copied().collect::<Vec<_>>(), [second.addr()]);
    }

    #[test]
    fn texts_that_nobody_frees_are_too_many_in_the_end() {
        let texts = Texts::new(2);
        let (first, _) = texts.keep("first");
        assert!(!texts.are_too_many());
        texts.keep("second");
        assert!(texts.are_too_many());
        texts.free(first);
        assert!(!texts.are_too_many());
    }

    #[test]
    fn a_panic_with_the_lock_costs_no_text() {
        let texts = Texts::new(9);
        let (data, _) = texts.keep("kept");
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _held = texts.lock();
            panic!("on purpose");
        }));
        assert!(panicked.is_err() && texts.open.is_poisoned());
        assert!(texts.lock().contains_key(&data.addr()));
    }

    #[test]
    fn the_document_about_too_many_texts_has_the_form_of_every_other() {
        let document: Value = serde_json::from_slice(TOO_MANY.to_bytes()).unwrap();
        assert_eq!(document["error"]["kind"], "misuse");
        assert_eq!(document["error"]["reason"], "too_many_texts");
        assert_eq!(document["advice"], "fix_configuration");
        let message = document["error"]["message"].as_str().unwrap();
        assert!(message.starts_with(&WXO_MAX_OPEN.to_string()), "{message}");
    }
}
