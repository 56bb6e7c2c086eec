//! From a variant to its recipe: the rendered (or hand-written) Dockerfile with its build context,
//! and what it stands on, read back out of the text.

mod recipe;

pub use recipe::{Recipe, Stand, StandKind};
