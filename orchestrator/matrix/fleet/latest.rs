//! Values that the variants of a fleet share.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::hash::Hash;
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

/// Values that return again and again in a fleet, as the bases of its axis of distributions do: equal ones are held once.
#[derive(Debug)]
pub struct Recurring<T: ?Sized>(HashSet<Arc<T>>);

impl<T: Eq + Hash + ?Sized> Recurring<T> {
    /// The most values that are remembered: where so many differ, most return never.
    const MOST: usize = 4096;

    /// The value, shared with one before that is equal to it.
    pub fn share(&mut self, value: impl Borrow<T> + Into<Arc<T>>) -> Arc<T> {
        if let Some(known) = self.0.get(value.borrow()) {
            return known.clone();
        }
        if self.0.len() >= Self::MOST {
            self.0.clear();
        }
        let new: Arc<T> = value.into();
        self.0.insert(new.clone());
        new
    }
}

impl<T: ?Sized> Default for Recurring<T> {
    fn default() -> Self {
        Self(HashSet::new())
    }
}
