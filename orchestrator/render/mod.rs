//! From a variant to its recipe: the rendered (or hand-written) Dockerfile with its build context,
//! and what it stands on, read back out of the text.

pub mod dockerfile;
mod recipe;

pub use recipe::{Recipe, Stand, StandKind};
