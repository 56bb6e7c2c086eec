//! Finds public images that can be removed with the tags that no variant owns any more.

use super::all;
use super::stock::children;
use crate::name::{Digest, Reference, Repository, Tag};
use crate::plan::{Kind, Removal};
use crate::registry::Registry;
use crate::request::{Patience, WorldError};
use std::collections::{BTreeMap, BTreeSet};

/// What becomes of orphaned tags.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Orphans {
    /// The images that are removed with all their tags.
    pub removed: Vec<Removal>,
    /// The tags that stay, and why.
    pub left: BTreeMap<Reference, String>,
}

/// Looks up the orphaned tags, all tags beside them, and what their indexes consist of. A registry deletes an image with
/// all its tags, so it is removed only if all of them are orphaned and no index has it; `locked` are kept. Of repositories other than `own`, in which the fleet does not
/// publish any more, tags that cannot be read are left.
///
/// # Errors
/// A registry does not answer, or refuses to.
pub async fn orphans(
    registry: &dyn Registry,
    orphaned: &BTreeSet<Reference>,
    locked: &BTreeSet<Digest>,
    own: &BTreeSet<Repository>,
) -> Result<Orphans, WorldError> {
    let mut found = Orphans::default();
    let repositories: BTreeSet<&Repository> = orphaned.iter().map(|one| &one.repository).collect();
    for repository in repositories {
        let orphaned = orphaned.iter().filter(|one| one.repository == *repository);
        let tags = match registry.tags(repository, Patience::READ).await {
            Err(why) if !own.contains(repository) => {
                let left = orphaned.map(|one| (one.clone(), why.to_string()));
                found.left.extend(left);
                continue;
            }
            tags => tags?,
        };
        let orphaned: BTreeSet<Tag> = orphaned.filter_map(|one| one.tag.clone()).collect();
        let tags = tags.iter().filter_map(|tag| tag.parse::<Tag>().ok());
        let look = |tag: Tag| async move {
            let reference = Reference::tagged(repository.clone(), tag.clone());
            let digest = registry.head(&reference, Patience::READ).await?;
            Ok(digest.map(|digest| (tag, digest)))
        };
        let named: BTreeMap<Tag, Digest> = all(tags.collect(), look).await?;
        let digests: BTreeSet<Digest> = named.values().copied().collect();
        let indexes = children(registry, repository, digests.into_iter().collect()).await?;
        let reader = Reader {
            repository,
            own: &orphaned,
            named: &named,
            indexes: &indexes,
            locked,
        };
        reader.read(&mut found);
    }
    Ok(found)
}

/// One repository.
struct Reader<'a> {
    repository: &'a Repository,
    /// Its orphaned tags.
    own: &'a BTreeSet<Tag>,
    /// What all its tags name.
    named: &'a BTreeMap<Tag, Digest>,
    indexes: &'a BTreeMap<Digest, Vec<Digest>>,
    locked: &'a BTreeSet<Digest>,
}

impl Reader<'_> {
    fn read(&self, found: &mut Orphans) {
        let mut images: BTreeMap<Digest, BTreeSet<Tag>> = BTreeMap::new();
        for (tag, digest) in self.named {
            images.entry(*digest).or_default().insert(tag.clone());
        }
        images.retain(|_, tags| tags.iter().any(|tag| self.own.contains(tag)));
        for (digest, tags) in images {
            match self.stays(digest, &tags) {
                Some(why) => {
                    for tag in tags.into_iter().filter(|tag| self.own.contains(tag)) {
                        let reference = Reference::tagged(self.repository.clone(), tag);
                        found.left.insert(reference, why.clone());
                    }
                }
                None => found.removed.push(self.removal(digest, tags)),
            }
        }
        self.add_parts(&mut found.removed);
    }

    /// Adds to the indexes that are removed what they alone have.
    fn add_parts(&self, removed: &mut [Removal]) {
        let own = removed.iter_mut();
        let own = own.filter(|one| one.repository == *self.repository);
        let mut own: Vec<&mut Removal> = own.collect();
        let gone: BTreeSet<Digest> = own.iter().map(|one| one.digest).collect();
        let stays = self.named.values().filter(|one| !gone.contains(one));
        let kept: BTreeSet<Digest> = stays
            .flat_map(|one| self.indexes.get(one).into_iter().flatten().chain([one]))
            .copied()
            .collect();
        for removal in &mut own {
            let parts = self.indexes.get(&removal.digest).into_iter().flatten();
            removal.parts = parts.filter(|one| !kept.contains(one)).copied().collect();
        }
    }

    /// Why an image stays, if it does.
    fn stays(&self, digest: Digest, tags: &BTreeSet<Tag>) -> Option<String> {
        if let Some(other) = tags.iter().find(|tag| !self.own.contains(tag)) {
            return Some(format!(
                "`{other}` names the same image, and registries delete an image with all its tags"
            ));
        }
        if self.locked.contains(&digest) {
            return Some("kiln.lock names this image".into());
        }
        let has = |(_, parts): &(&Digest, &Vec<Digest>)| parts.contains(&digest);
        let index = self.indexes.iter().find(has)?.0;
        let tag = self.named.iter().find(|(_, named)| *named == index)?.0;
        Some(format!("it is a part of the index that `{tag}` names"))
    }

    fn removal(&self, digest: Digest, tags: BTreeSet<Tag>) -> Removal {
        Removal {
            kind: Kind::Orphan,
            repository: self.repository.clone(),
            digest,
            tags,
            parts: BTreeSet::new(),
            record: None,
            variants: BTreeSet::new(),
            platforms: Vec::new(),
            since: None,
            why: "no variant has these tags any more".into(),
            blobs: BTreeMap::new(),
        }
    }
}
