//! The public tags of variants.

use crate::name::{Tag, Version};
use crate::text::Span;
use std::sync::Arc;

/// A public tag of a variant, in each of its repositories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicTag {
    /// The tag.
    pub tag: Tag,
    /// Whether it is written once or follows the newest image.
    pub kind: TagKind,
    /// Whether it is an index over the platforms of several variants.
    pub shared: bool,
    /// The pattern that it comes from.
    pub span: Span,
    /// How it was derived, in words: `{version}=1.26 (rung minor), {variant}=node`; `None` for a pattern without places.
    pub how: Option<Box<str>>,
    /// Whether its `on=` lets this run move it.
    pub permission: Permission,
    /// The version of this run's git tag, if it decides about this tag; see [`crate::matrix::Variant::versions_of`].
    pub git_version: Option<Version>,
    /// Whether it differs from run to run: no other run needs to have it.
    pub varies: bool,
    /// Whether it contains the value of a variable: runs with another value do not have it.
    pub variable: bool,
}

/// Whether the `on=` of a tag or of a repository lets this run move a tag.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Permission {
    /// There is no `on=`, so only the default branch may; the reason if this run is not on it.
    Unspecified(Option<Arc<str>>),
    /// This run may move it.
    Granted,
    /// This run may move it, because it is a release or a run for a git tag.
    Released,
    /// This run is a release or one for a git tag, and what it releases is not for this tag: the reason.
    Withheld(Arc<str>),
    /// The reason.
    Denied(Arc<str>),
}

impl Default for Permission {
    fn default() -> Self {
        Permission::Unspecified(None)
    }
}

impl Permission {
    /// Whether there is no `on=`.
    pub fn is_unspecified(&self) -> bool {
        matches!(self, Permission::Unspecified(_))
    }

    /// Why a tag with both permissions may not be moved; `None` if it may. An explicit permission overrides an unspecified
    /// one.
    pub fn why_held<'a>(&'a self, other: &'a Permission) -> Option<&'a str> {
        match (self, other) {
            (Permission::Denied(why), _) | (_, Permission::Denied(why)) => Some(why),
            (Permission::Withheld(why), _) | (_, Permission::Withheld(why)) => Some(why),
            (Permission::Granted | Permission::Released, _)
            | (_, Permission::Granted | Permission::Released) => None,
            (Permission::Unspecified(why), Permission::Unspecified(_)) => why.as_deref(),
        }
    }
}

/// Whether a tag is written once or follows the newest image.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub enum TagKind {
    /// Written once.
    Fixed,
    /// Follows the newest image.
    Moving,
}
