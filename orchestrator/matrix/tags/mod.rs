//! The tags of variants, and the proof that each has one owner.

pub(super) mod derive;
pub(super) mod distinct;
mod invalid;
pub(super) mod naming;
pub(super) mod orphan;
pub(super) mod verify;
