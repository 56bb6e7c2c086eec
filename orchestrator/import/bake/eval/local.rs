//! The names that an expression has besides the file's: of a matrix, of loops, of a function's parameters.

use crate::import::bake::value::{Value, Values};

/// Names, and those around them.
pub struct Local<'s> {
    outer: Option<&'s Local<'s>>,
    names: &'s Values,
}

impl<'s> Local<'s> {
    /// These names and no others.
    pub fn new(names: &'s Values) -> Self {
        Self { outer: None, names }
    }

    /// These names inside of others.
    pub fn inside(outer: &'s Local<'s>, names: &'s Values) -> Self {
        Self {
            outer: Some(outer),
            names,
        }
    }

    /// The value of a name: the innermost one.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.names
            .get(name)
            .or_else(|| self.outer.and_then(|outer| outer.get(name)))
    }
}
