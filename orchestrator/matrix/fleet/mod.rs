//! The result: the variants of a fleet, with their names and public tags.

pub(super) mod cells;
pub(super) mod deferred;
pub(super) mod hook;
pub(super) mod latest;
pub(super) mod param_text;
pub(super) mod public_tag;
pub(super) mod release;
pub(super) mod shared_tags;
pub(super) mod variant_name;
pub(super) mod variants;
pub(super) mod versions;
