//! A map that forgets its oldest entries, so that an emulator that runs for weeks does not grow for weeks.

use std::collections::{BTreeMap, VecDeque};

#[derive(Debug, Clone)]
pub(crate) struct Bounded<T> {
    entries: BTreeMap<String, T>,
    order: VecDeque<String>,
    limit: usize,
}

impl<T> Bounded<T> {
    pub(crate) const fn new(limit: usize) -> Self {
        Self { entries: BTreeMap::new(), order: VecDeque::new(), limit }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&T> {
        self.entries.get(key)
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut T> {
        self.entries.get_mut(key)
    }

    /// Adds an entry under a key that was not there before; the oldest goes when there are too many.
    pub(crate) fn insert(&mut self, key: String, value: T) {
        if self.order.len() >= self.limit
            && let Some(oldest) = self.order.pop_front()
        {
            self.entries.remove(&oldest);
        }
        self.order.push_back(key.clone());
        self.entries.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten_first() {
        let mut map = Bounded::new(2);
        for key in ["a", "b", "c"] {
            map.insert(key.to_owned(), ());
        }
        assert!(map.get("a").is_none());
        assert!(map.get("b").is_some() && map.get("c").is_some());
    }
}
