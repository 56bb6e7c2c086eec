//! Files for `docker buildx bake`.
use super::{Import, Input};
use crate::text::Diagnostics;

pub fn import(_input: Input<'_>, _out: &mut Diagnostics) -> Option<Import> {
    None
}
