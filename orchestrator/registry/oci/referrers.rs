//! What refers to an image: listed by the registry, or by a tag where it keeps no such list.
//!
//! ```text
//! GET referrers/<digest>  200  -> the registry's list, page by page
//!                         404… -> the index that the tag `sha256-<hex>` names; writers add to it
//! ```

use super::OciRegistry;
use super::ask::{Ask, Place};
use super::scope::Scopes;
use super::tags::next_link;
use super::write::Listed;
use crate::http::{Fault, Try};
use crate::name::{Digest, Reference, Repository, Tag};
use crate::request::{FaultKind, Patience, Referrer, Stored, WorldError, referrers_index};
use http::{Method, StatusCode, header};

/// How often the list under a tag is written while others write it, too.
const TRIES: usize = 8;

/// The most pages of one list.
const PAGES: usize = 100;

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A page of the registry's list.
struct Page {
    list: Vec<Referrer>,
    next: Option<Place>,
}

impl OciRegistry {
    pub(super) async fn referrers_of(
        &self,
        repository: &Repository,
        subject: Digest,
        artifact_type: Option<&str>,
        patience: Patience,
    ) -> Result<Vec<Referrer>, WorldError> {
        let own = self.own_list(repository, subject, artifact_type, patience);
        let list = match own.await? {
            Some(list) => list,
            None => self.tagged_list(repository, subject, patience).await?.0,
        };
        // Registries may ignore the filter, and say so only in a header.
        let wanted = |one: &Referrer| artifact_type.is_none_or(|kind| one.is(kind));
        Ok(list.into_iter().filter(wanted).collect())
    }

    pub(super) async fn attach_to(
        &self,
        repository: &Repository,
        stored: &Stored,
    ) -> Result<(), WorldError> {
        let place = Reference::pinned(repository.clone(), stored.digest);
        let (subject, referrer) = Referrer::of(stored).ok_or_else(|| {
            let why = "it refers to no image: it has no `subject`";
            WorldError::refused(place.to_string(), why)
        })?;
        if self.write_as(&place, stored).await? == Listed::Yes {
            return Ok(());
        }
        match self
            .own_list(repository, subject, None, Patience::READ)
            .await?
        {
            Some(list) if list.iter().any(|one| one.digest == stored.digest) => Ok(()),
            // Without `OCI-Subject` in its answer, a registry leaves the list to its clients.
            _ => self.list_under_tag(repository, subject, &referrer).await,
        }
    }

    pub(super) async fn copy_all_referrers(
        &self,
        from: &Repository,
        subject: Digest,
        to: &Repository,
    ) -> Result<(), WorldError> {
        let own = self
            .referrers_of(from, subject, None, Patience::READ)
            .await?;
        if own.is_empty() || from == to {
            return Ok(());
        }
        let known = self.referrers_of(to, subject, None, Patience::READ).await?;
        let known: Vec<Digest> = known.iter().map(|one| one.digest).collect();
        for one in &own {
            let [source, target] =
                [from, to].map(|place| Reference::pinned(place.clone(), one.digest));
            // A list under a tag may name what was deleted.
            if known.contains(&one.digest) && self.head_of(&target, Patience::READ).await?.is_some()
            {
                continue;
            }
            if let Some(stored) = self.manifest_of(&source, Patience::READ).await? {
                self.provide_parts(from, &stored, to).await?;
                self.attach_to(to, &stored).await?;
            }
        }
        Ok(())
    }

    /// The list that the registry keeps; `None` if it keeps none.
    async fn own_list(
        &self,
        repository: &Repository,
        subject: Digest,
        artifact_type: Option<&str>,
        patience: Patience,
    ) -> Result<Option<Vec<Referrer>>, WorldError> {
        if self.0.without_referrers.lock().contains(repository) {
            return Ok(None);
        }
        let path = format!("{}/referrers/{subject}", repository.path());
        // A media type has no character that a query must escape but `+`.
        let filter =
            artifact_type.map(|kind| format!("?artifactType={}", kind.replace('+', "%2B")));
        let mut next = Some(Place::Api(path + &filter.unwrap_or_default()));
        let mut all: Vec<Referrer> = Vec::new();
        for _ in 0..PAGES {
            let Some(place) = next else {
                return Ok(Some(all));
            };
            let fetch = |now| self.referrers_page(repository, subject, place.clone(), now);
            let Some(page) = self.retry(patience, repository, fetch).await? else {
                return Ok(None);
            };
            for one in page.list {
                if all.iter().all(|known| known.digest != one.digest) {
                    all.push(one);
                }
            }
            next = page.next;
        }
        let why = "its list of what refers to the image does not end";
        Err(WorldError::refused(format!("{repository}@{subject}"), why))
    }

    fn keeps_no_list(&self, repository: &Repository) {
        let mut all = self.0.without_referrers.lock();
        all.insert(repository.clone());
    }

    async fn referrers_page(
        &self,
        repository: &Repository,
        subject: Digest,
        place: Place,
        now: Try,
    ) -> Result<Option<Page>, Fault> {
        let what = format!("{repository}@{subject}");
        let service = self.service(repository.domain());
        let scopes = Scopes::pull(repository);
        let ask = Ask::new(Method::GET, place, scopes, &what, now).header(header::ACCEPT, INDEX);
        let answer = service.send(&ask).await?;
        match answer.status {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => {
                let (_, said) = service.said(answer).await;
                // A repository that does not exist yet does not show what the registry can do.
                if !said.any(&["NAME_UNKNOWN"]) {
                    self.keeps_no_list(repository);
                }
                return Ok(None);
            }
            StatusCode::BAD_REQUEST
            | StatusCode::METHOD_NOT_ALLOWED
            | StatusCode::NOT_ACCEPTABLE
            | StatusCode::NOT_IMPLEMENTED => {
                self.keeps_no_list(repository);
                return Ok(None);
            }
            _ => return Err(service.fault(answer).await),
        }
        // Some registries answer requests that they do not know with a page for people.
        if answer.media_type().as_deref() != Some(INDEX) {
            self.keeps_no_list(repository);
            return Ok(None);
        }
        let next = next_link(&answer.headers)
            .and_then(|link| answer.url.join(&link).ok())
            .map(Place::At);
        let bytes = answer.bytes(self.0.limits.body).await?;
        let list = Referrer::list(&bytes).ok_or_else(|| {
            Fault::refused(what, "its list of what refers to the image is not valid")
        })?;
        Ok(Some(Page { list, next }))
    }

    /// The list under the tag; whether the tag exists.
    async fn tagged_list(
        &self,
        repository: &Repository,
        subject: Digest,
        patience: Patience,
    ) -> Result<(Vec<Referrer>, bool), WorldError> {
        let tag = Reference::tagged(repository.clone(), Tag::referrers(subject));
        let Some(stored) = self.manifest_of(&tag, patience).await? else {
            return Ok((Vec::new(), false));
        };
        match Referrer::list(&stored.bytes).filter(|_| stored.is_index()) {
            Some(list) => Ok((list, true)),
            None => {
                let why =
                    "this tag must list what refers to an image, but is not an index: delete it";
                Err(WorldError::refused(tag.to_string(), why))
            }
        }
    }

    /// Adds to the list under the tag, until it is in it: others may write the list at the same time.
    async fn list_under_tag(
        &self,
        repository: &Repository,
        subject: Digest,
        referrer: &Referrer,
    ) -> Result<(), WorldError> {
        let tag = Reference::tagged(repository.clone(), Tag::referrers(subject));
        for _ in 0..TRIES {
            let (mut list, exists) = self
                .tagged_list(repository, subject, Patience::READ)
                .await?;
            if list.iter().any(|one| one.digest == referrer.digest) {
                return Ok(());
            }
            list.push(referrer.clone());
            let written = self.put_as(&tag, &referrers_index(&list)).await;
            written.map_err(|error| changeable(error, exists))?;
        }
        let (list, _) = self
            .tagged_list(repository, subject, Patience::READ)
            .await?;
        if list.iter().any(|one| one.digest == referrer.digest) {
            return Ok(());
        }
        let why = "another writer replaces it all the time; run again when that has ended";
        let what = tag.to_string();
        Err(WorldError::fault(FaultKind::ChangedMeanwhile, what, why))
    }
}

/// A list that a rule of the registry protects.
fn changeable(error: WorldError, exists: bool) -> WorldError {
    match error {
        WorldError::Fault { kind, what, why } if exists && !kind.is_unreachable() => {
            let help = "this registry keeps no list of what refers to an image, so the tags sha256-* must be allowed to change: turn off tag immutability for them";
            WorldError::fault(kind, what, format!("{why}\n  {help}"))
        }
        other => other,
    }
}
