//! One flight a key: who asks while the answer is under way waits for it, and other keys do not.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// A cell a key. Locking the cell is the flight; what it holds is what the last flight brought.
pub(super) struct Keyed<K, V>(Mutex<HashMap<K, Arc<Cell<V>>>>);

/// What one flight fills in.
pub(super) type Cell<V> = tokio::sync::Mutex<Option<V>>;

impl<K: Eq + Hash, V> Keyed<K, V> {
    /// The cell of a key; the caller locks it for as long as its question is under way.
    pub(super) fn cell(&self, key: K) -> Arc<Cell<V>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(key)
            .or_default()
            .clone()
    }
}

impl<K, V> Default for Keyed<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}
