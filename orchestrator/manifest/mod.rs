//! What the author wrote, with the place of every word: one file a node.
//!
//! Parsing checks words and types; whether names exist and cells agree is [`crate::matrix`]'s.

mod axis;
mod base;
mod image;
mod tag;
mod toolset;
mod variable;
mod when;
mod workspace;

pub use axis::{Axis, AxisKind, Rung, Value};
pub use base::Base;
pub use image::{Cells, Context, From, Image, Must, Recipe, Settings, Use};
pub use tag::{Condition, Per, TagRule};
pub use toolset::{Archive, FileCopy, Toolset, ToolsetItem};
pub use variable::{Variable, VariableKind};
pub use when::{Match, When};
pub use workspace::{Publish, Syntax, Workspace};

/// A whole manifest: `kiln.kdl` and the files it includes, in file order.
#[derive(Debug, Clone, Default)]
pub struct Manifest {
    pub workspace: Option<Workspace>,
    pub variables: Vec<Variable>,
    pub bases: Vec<Base>,
    pub toolsets: Vec<Toolset>,
    pub images: Vec<Image>,
}
