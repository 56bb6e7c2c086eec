//! Locks of values that stay whole even if a holder panics, because each change is one assignment.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The value of a mutex.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
