//! The axes of an image and its cells, and texts with placeholders, which each cell fills in.

pub(super) mod axes;
pub(super) mod axis;
pub(super) mod cell_list;
pub(super) mod cell_set;
mod command;
pub(super) mod lookup;
pub(super) mod matrix;
pub(super) mod narrow;
pub(super) mod text;
pub(super) mod until;
pub(super) mod variable;
pub(super) mod versions;
