//! The settings of an image and of its `when`s: looked up once, merged once per set of blocks, and filled in once per
//! cell.

pub(super) mod building;
pub(super) mod conditions;
pub(super) mod fill;
pub(super) mod from;
pub(super) mod git_tags;
pub(super) mod looked_up;
pub(super) mod needs;
pub(super) mod platforms;
pub(super) mod references;
pub(super) mod rule;
pub(super) mod toolsets;
