//! All tags of a repository, page by page.

use super::OciRegistry;
use super::ask::{Ask, Place};
use super::scope::Scopes;
use crate::http::{Fault, Try};
use crate::name::Repository;
use crate::request::{Patience, WorldError};
use http::{HeaderMap, Method, StatusCode, header};
use serde::Deserialize;
use std::collections::BTreeSet;

/// The requested page size; a registry may return fewer, or all.
const PAGE: usize = 1000;

/// The timeout of all pages together, as a multiple of that of one page.
const LONGEST: u32 = 10;

#[derive(Deserialize)]
struct Body {
    /// `null` if there are none.
    tags: Option<Vec<String>>,
}

struct Page {
    tags: Vec<String>,
    next: Option<Place>,
}

impl OciRegistry {
    pub(super) async fn tags_of(
        &self,
        repository: &Repository,
        patience: Patience,
    ) -> Result<Vec<String>, WorldError> {
        let all =
            tokio::time::timeout(patience.total * LONGEST, self.pages(repository, patience)).await;
        all.unwrap_or_else(|_| {
            let why = "its list of tags does not end";
            Err(WorldError::unreachable(repository.to_string(), why))
        })
    }

    async fn pages(
        &self,
        repository: &Repository,
        patience: Patience,
    ) -> Result<Vec<String>, WorldError> {
        let mut all = BTreeSet::new();
        let mut next = Some(Place::Api(format!(
            "{}/tags/list?n={PAGE}",
            repository.path()
        )));
        while let Some(place) = next {
            let page = |now| self.page(repository, place.clone(), now);
            let page = self.retry(patience, repository, page).await?;
            let before = all.len();
            all.extend(page.tags);
            if all.len() > self.0.limits.tags {
                let why = format!("more than {} tags", self.0.limits.tags);
                return Err(WorldError::refused(repository.to_string(), why));
            }
            // A registry that ignores `last` sends its first page forever.
            next = page.next.filter(|_| all.len() > before);
        }
        Ok(all.into_iter().collect())
    }

    async fn page(&self, repository: &Repository, place: Place, now: Try) -> Result<Page, Fault> {
        let service = self.service(repository.domain());
        let scopes = Scopes::pull(repository);
        let ask = Ask::new(Method::GET, place, scopes, repository, now);
        let answer = service.send(&ask).await?;
        match answer.status {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => {
                return Ok(Page {
                    tags: Vec::new(),
                    next: None,
                });
            }
            _ => return Err(service.fault(answer).await),
        }
        let linked = next_link(&answer.headers)
            .and_then(|link| answer.url.join(&link).ok())
            .map(Place::At);
        let bytes = answer.bytes(self.0.limits.body).await?;
        let body: Body = serde_json::from_slice(&bytes)
            .map_err(|_| Fault::refused(repository.to_string(), "its list of tags is not valid"))?;
        let tags = body.tags.unwrap_or_default();
        let further = || {
            let last = tags.last().filter(|_| tags.len() == PAGE)?;
            Some(Place::Api(format!(
                "{}/tags/list?n={PAGE}&last={last}",
                repository.path()
            )))
        };
        let next = linked.or_else(further);
        Ok(Page { tags, next })
    }
}

/// `Link: </v2/a/tags/list?n=2&last=b>; rel="next"` (RFC 8288).
pub(super) fn next_link(headers: &HeaderMap) -> Option<String> {
    let links = headers
        .get_all(header::LINK)
        .iter()
        .filter_map(|value| value.to_str().ok());
    links.flat_map(|value| value.split(",")).find_map(|link| {
        let (target, params) = link.trim().strip_prefix('<')?.split_once('>')?;
        let next = params.split(';').any(|p| {
            matches!(
                p.trim().to_ascii_lowercase().as_str(),
                "rel=next" | "rel=\"next\""
            )
        });
        next.then(|| target.to_owned())
    })
}

#[cfg(test)]
mod tests;
