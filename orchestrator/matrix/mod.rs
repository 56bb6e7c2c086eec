//! The manifest multiplied out: images times axes gives variants, each with all that is needed to
//! render, build and publish it.

mod fleet;

pub use fleet::{Base, BaseId, Body, Cell, Fleet, Parent, PublicTag, TagKind, Use, Variant, VariantId};
