//! Values that neighbours in a fleet share.

use std::borrow::Borrow;
use std::sync::Arc;

/// The value that was shared last. Neighbouring variants mostly have the same, and a large fleet holds it once.
#[derive(Debug)]
pub struct Latest<T: ?Sized>(Option<Arc<T>>);

impl<T: PartialEq + ?Sized> Latest<T> {
    /// The value, shared with the one before if the two are equal.
    pub fn share(&mut self, value: impl Borrow<T> + Into<Arc<T>>) -> Arc<T> {
        match &self.0 {
            Some(last) if **last == *value.borrow() => last.clone(),
            _ => self.0.insert(value.into()).clone(),
        }
    }
}

impl<T: ?Sized> Default for Latest<T> {
    fn default() -> Self {
        Self(None)
    }
}
