//! What a release moves of a fleet: the tags whose `on=` names a release or the git tag of the run, and names that are given
//! by hand.

use crate::matrix::fleet::deferred::DeferredTag;
use crate::matrix::fleet::public_tag::{Permission, PublicTag, TagKind};
use crate::matrix::fleet::variant_name::VariantName;
use crate::matrix::fleet::variants::{Fleet, Variant, VariantId};
use crate::name::{Reference, Repository, Tag};
use std::collections::{BTreeMap, BTreeSet};
use typed_index_collections::{TiSlice, TiVec};

/// What does not say `on="release"` is moved by builds.
const NOT_RELEASED: &str = "no release moves it";

/// A name that was given by hand and that two variants would have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameTaken {
    /// The reference.
    pub reference: Reference,
    /// The selected variant.
    pub variant: VariantName,
    /// The other one.
    pub other: VariantName,
    /// Whether the other one has it in the manifest, or is selected, too.
    pub declared: bool,
}

impl NameTaken {
    /// One sentence without a full stop, and a way out.
    pub fn words(&self) -> String {
        let (name, one, other) = (self.reference.familiar(), &self.variant, &self.other);
        match self.declared {
            true => format!(
                "{name} of {one} is a tag of {other} in the manifest\n  choose another name, or write on=\"release\" to that tag"
            ),
            false => format!(
                "{one} and {other} would both get {name}\n  select one of them, or write a tag rule for them: tag \"{{version}}-{}\" on=\"release\"",
                self.reference.tag.as_ref().map_or("", Tag::as_str)
            ),
        }
    }
}

impl Fleet {
    /// The fleet with those public tags alone that a release moves, or would move if it were not a pre-release; `names` are tags of the selected variants besides those
    /// of the manifest. Variants and their names stay.
    ///
    /// # Errors
    /// Two variants would have one name.
    pub fn for_release(
        &self,
        labels: &TiSlice<VariantId, VariantName>,
        selected: &BTreeSet<VariantId>,
        names: &[Tag],
    ) -> Result<Self, Box<NameTaken>> {
        self.check_names(labels, selected, names)?;
        let named = |variant: &Variant| match selected.contains(&variant.id) {
            true => variant.with_names(names),
            false => variant.clone(),
        };
        let all: TiVec<VariantId, Variant> = self.variants.iter().map(named).collect();
        let shared = all.iter().flat_map(Variant::released_shares).collect();
        Ok(Self {
            variants: all.iter().map(|one| one.for_release(&shared)).collect(),
            ..self.clone()
        })
    }

    fn check_names(
        &self,
        labels: &TiSlice<VariantId, VariantName>,
        selected: &BTreeSet<VariantId>,
        names: &[Tag],
    ) -> Result<(), Box<NameTaken>> {
        let wanted: BTreeSet<&Tag> = names.iter().collect();
        let declared = self.variants.iter().flat_map(|variant| {
            let own = variant.references().map(|(reference, _)| reference);
            let own = own.filter(|one| one.tag.as_ref().is_some_and(|tag| wanted.contains(tag)));
            own.map(|reference| (reference, variant.id))
        });
        let declared: BTreeMap<Reference, VariantId> = declared.collect();
        let mut given: BTreeMap<Reference, VariantId> = BTreeMap::new();
        for v in selected {
            for reference in self.variant(*v).named(names) {
                let owner = declared.get(&reference);
                let other = owner.or_else(|| given.get(&reference)).copied();
                if let Some(other) = other.filter(|other| other != v) {
                    return Err(Box::new(NameTaken {
                        declared: owner.is_some(),
                        variant: labels[*v].clone(),
                        other: labels[other].clone(),
                        reference,
                    }));
                }
                given.insert(reference, *v);
            }
        }
        Ok(())
    }
}

impl Variant {
    /// The references that names given by hand make.
    fn named<'a>(&'a self, names: &'a [Tag]) -> impl Iterator<Item = Reference> + 'a {
        let tagged = |tag: &'a Tag| {
            let own = self.publish.iter();
            own.map(move |repository| Reference::tagged(repository.clone(), tag.clone()))
        };
        names.iter().flat_map(tagged)
    }

    /// The variant with further tags. One that it has already is moved as well.
    fn with_names(&self, names: &[Tag]) -> Self {
        let mut tags = self.tags.clone();
        for name in names {
            match tags.iter_mut().find(|tag| tag.tag == *name) {
                Some(known) => known.permission = Permission::Released,
                None => tags.push(given(self, name)),
            }
        }
        Self {
            tags,
            ..self.clone()
        }
    }

    /// The shared tags that a release moves as far as this owner is concerned.
    fn released_shares(&self) -> impl Iterator<Item = Reference> {
        let shared = self.references().filter(|(_, tag)| tag.shared);
        let released = shared.filter(|(reference, _)| {
            let permissions = self.permissions_of(reference);
            permissions.is_some_and(|(tag, repository)| names(tag, repository))
        });
        released.map(|(reference, _)| reference)
    }

    /// The variant with those tags, and in those repositories, that a release moves. A tag of several owners is kept for all
    /// of them: it moves whole, or it is held.
    fn for_release(&self, shared: &BTreeSet<Reference>) -> Self {
        let repositories = || self.publish.iter().zip(self.permissions.iter());
        let own = self.tags.iter().map(|tag| {
            let is_shared = |repository: &Repository| {
                let reference = Reference::tagged(repository.clone(), tag.tag.clone());
                tag.shared && shared.contains(&reference)
            };
            let due =
                repositories().map(|(r, limit)| names(&tag.permission, limit) || is_shared(r));
            due.collect()
        });
        let late = self.deferred.iter().map(|tag| {
            let due = repositories().map(|(_, limit)| names(&tag.permission, limit));
            due.collect()
        });
        let table: Vec<Vec<bool>> = own.chain(late).collect();
        let in_any = |place: &usize| table.iter().any(|row| row.get(*place) == Some(&true));
        let places: Vec<usize> = (0..self.publish.len()).filter(in_any).collect();
        let is_due = |place: usize| table[place].contains(&true);
        let tags = self.tags.iter().enumerate();
        let tags = tags.filter(|(place, _)| is_due(*place));
        let deferred = self.deferred.iter().enumerate();
        let deferred = deferred.filter(|(place, _)| is_due(self.tags.len() + place));
        Self {
            tags: tags
                .map(|(_, tag)| PublicTag {
                    permission: narrowed(&tag.permission),
                    ..tag.clone()
                })
                .collect(),
            deferred: deferred
                .map(|(_, tag)| DeferredTag {
                    permission: narrowed(&tag.permission),
                    ..tag.clone()
                })
                .collect(),
            publish: places.iter().map(|at| self.publish[*at].clone()).collect(),
            permissions: places
                .iter()
                .map(|at| narrowed(&self.permissions[*at]))
                .collect(),
            ..self.clone()
        }
    }
}

/// A tag that was given by hand: no tag of the manifest needs to be it in later runs.
fn given(variant: &Variant, name: &Tag) -> PublicTag {
    PublicTag {
        tag: name.clone(),
        kind: TagKind::Moving,
        shared: false,
        span: variant.span,
        how: Some("--as".into()),
        permission: Permission::Released,
        git_version: None,
        varies: true,
        variable: false,
    }
}

/// Whether a release moves a tag with these permissions of its own and of its repository, or reports why it does not.
fn names(tag: &Permission, repository: &Permission) -> bool {
    let is_named = |one: &Permission| matches!(one, Permission::Released | Permission::Withheld(_));
    let is_denied = |one: &Permission| matches!(one, Permission::Denied(_));
    let both = [tag, repository];
    both.into_iter().any(is_named) && !both.into_iter().any(is_denied)
}

/// The permission in a release: what it does not name stays, unless the other one of tag and repository names it.
fn narrowed(permission: &Permission) -> Permission {
    match permission {
        Permission::Released => Permission::Released,
        Permission::Withheld(_) | Permission::Denied(_) => permission.clone(),
        Permission::Granted | Permission::Unspecified(_) => {
            Permission::Unspecified(Some(NOT_RELEASED.into()))
        }
    }
}
