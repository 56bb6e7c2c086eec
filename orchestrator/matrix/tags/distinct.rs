//! The tags of one variant, each once.

use crate::matrix::fleet::deferred::DeferredTag;
use crate::matrix::fleet::public_tag::{Permission, PublicTag, TagKind};
use crate::name::Tag;
use std::collections::HashMap;

/// The tags of one variant without duplicates.
#[derive(Default)]
pub(in crate::matrix) struct Tags {
    pub made: Vec<PublicTag>,
    pub deferred: Vec<DeferredTag>,
    /// Indexes into `made`, filled once there are many.
    index: HashMap<Tag, usize>,
}

impl Tags {
    /// Up to so many tags, a linear search is faster.
    const FEW: usize = 16;

    /// Merges two derivations of one tag: it is fixed if either is, and may be moved if either may.
    pub(super) fn add(&mut self, made: PublicTag) {
        let Some(place) = self.find(&made.tag) else {
            self.made.push(made);
            return;
        };
        let known = &mut self.made[place];
        if made.kind == TagKind::Fixed {
            known.kind = TagKind::Fixed;
        }
        known.varies &= made.varies;
        known.variable &= made.variable;
        let version = known.git_version.take();
        known.git_version = version.or(made.git_version);
        open(&mut known.permission, &made.permission);
    }

    pub(super) fn wait(&mut self, tag: DeferredTag) {
        match self
            .deferred
            .iter_mut()
            .find(|known| known.parts == tag.parts)
        {
            Some(known) => open(&mut known.permission, &tag.permission),
            None => self.deferred.push(tag),
        }
    }

    fn find(&mut self, tag: &Tag) -> Option<usize> {
        if self.made.len() <= Self::FEW {
            return self.made.iter().position(|made| made.tag == *tag);
        }
        for place in self.index.len()..self.made.len() {
            self.index.insert(self.made[place].tag.clone(), place);
        }
        self.index.get(tag).copied()
    }
}

/// A tag of two rules may be moved if either rule's permission allows it.
fn open(permission: &mut Permission, other: &Permission) {
    if permission.why_held(permission).is_some() && other.why_held(other).is_none() {
        *permission = other.clone();
    }
}
