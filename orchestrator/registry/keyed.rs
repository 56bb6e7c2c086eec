//! At most one call per key: callers with the same key wait for the call in progress, other keys do not.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

/// One cell per key. It is locked during a call, and holds the result of the last one.
pub(super) struct Keyed<K, V>(Mutex<HashMap<K, Arc<Cell<V>>>>);

/// The result of a call.
pub(super) type Cell<V> = tokio::sync::Mutex<Option<V>>;

impl<K: Eq + Hash, V> Keyed<K, V> {
    /// The cell of a key; the caller keeps it locked during its call.
    pub(super) fn cell(&self, key: K) -> Arc<Cell<V>> {
        self.0.lock().entry(key).or_default().clone()
    }
}

impl<K, V> Default for Keyed<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}
