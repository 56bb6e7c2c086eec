//! A registry that keeps lists of referrers as the distribution specification 1.1.1 says, or none.

use crate::name::Digest;
use crate::registry::oci::tests::status;
use crate::request::Referrer;
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// How the registry behaves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Lists {
    /// It keeps lists, this many entries to a page, and filters them or not.
    Kept { page: usize, filters: bool },
    /// Its answer is a page for people, as of some registries that do not know the request.
    Page,
    /// It does not know the request.
    Unknown,
}

#[derive(Default)]
struct State {
    /// By path below `/v2/`: the media type and the bytes of a manifest.
    manifests: BTreeMap<String, (String, Vec<u8>)>,
    /// What another client writes right after the next write of a tag.
    rival: Option<(String, Vec<u8>)>,
    log: Vec<String>,
}

pub(super) struct Registry {
    pub(super) server: MockServer,
    state: Arc<Mutex<State>>,
}

impl Registry {
    pub(super) async fn new(lists: Lists) -> Self {
        let server = MockServer::start().await;
        let state = Arc::new(Mutex::new(State::default()));
        let own = state.clone();
        let answer = move |request: &Request| own.lock().answer(lists, request);
        Mock::given(any()).respond_with(answer).mount(&server).await;
        Self { server, state }
    }

    pub(super) fn repository(&self, path: &str) -> crate::name::Repository {
        let text = format!("{}/{path}", self.server.address());
        text.parse().expect("a repository")
    }

    /// What a tag or a digest names: `cimg/go/manifests/1`.
    pub(super) fn get(&self, path: &str) -> Option<Value> {
        let state = self.state.lock();
        let (_, bytes) = state.manifests.get(path)?;
        Some(serde_json::from_slice(bytes).expect("JSON"))
    }

    /// Another client writes this index right after ours.
    pub(super) fn rival(&self, path: &str, index: &Value) {
        self.state.lock().rival = Some((path.into(), index.to_string().into_bytes()));
    }

    pub(super) fn writes(&self) -> usize {
        let state = self.state.lock();
        state
            .log
            .iter()
            .filter(|line| line.starts_with("PUT"))
            .count()
    }
}

impl State {
    fn answer(&mut self, lists: Lists, request: &Request) -> ResponseTemplate {
        let path = request.url.path().trim_start_matches("/v2/").to_owned();
        self.log.push(format!("{} {path}", request.method));
        if path.is_empty() || path.contains("/blobs/") {
            // Every blob exists.
            return status(200);
        }
        if let Some((_, subject)) = path.split_once("/referrers/") {
            return self.list(lists, &path, subject, request);
        }
        match request.method.as_str() {
            "PUT" => self.put(lists, &path, request),
            "DELETE" => {
                self.delete(&path);
                status(202)
            }
            _ => match self.manifests.get(&path) {
                Some((media_type, bytes)) => status(200)
                    .insert_header("docker-content-digest", Digest::of(bytes).to_string())
                    .set_body_raw(bytes.clone(), media_type),
                None => status(404),
            },
        }
    }

    fn put(&mut self, lists: Lists, path: &str, request: &Request) -> ResponseTemplate {
        let media_type = request.headers["content-type"].to_str().expect("text");
        let (repository, target) = path.rsplit_once('/').expect("a target");
        let bytes = request.body.clone();
        let digest = Digest::of(&bytes).to_string();
        let entry = (media_type.to_owned(), bytes);
        self.manifests
            .insert(format!("{repository}/{digest}"), entry.clone());
        self.manifests.insert(path.to_owned(), entry);
        if !target.contains(':')
            && let Some((path, index)) = self.rival.take()
        {
            self.manifests.insert(path, (INDEX.into(), index));
        }
        let manifest: Value = serde_json::from_slice(&request.body).expect("JSON");
        match (&manifest["subject"]["digest"], lists) {
            (Value::String(subject), Lists::Kept { .. }) => {
                status(201).insert_header("oci-subject", subject.as_str())
            }
            _ => status(201),
        }
    }

    fn delete(&mut self, path: &str) {
        let Some((_, bytes)) = self.manifests.get(path).cloned() else {
            return;
        };
        self.manifests.retain(|_, (_, other)| *other != bytes);
    }

    /// "Listing Referrers": 200 in any case, an index, pages with `Link`, and a header where the list was filtered.
    fn list(&self, lists: Lists, path: &str, subject: &str, request: &Request) -> ResponseTemplate {
        let Lists::Kept { page, filters } = lists else {
            return match lists {
                Lists::Page => status(200).set_body_raw("<html>", "text/html"),
                _ => status(404).set_body_raw("404 page not found", "text/plain"),
            };
        };
        let query: BTreeMap<String, String> = request.url.query_pairs().into_owned().collect();
        let kind = query.get("artifactType").filter(|_| filters);
        let repository = path.split("/referrers/").next().expect("a repository");
        let own = format!("{repository}/manifests/sha256:");
        let all = self.manifests.iter().filter(|(at, _)| at.starts_with(&own));
        let all = all.filter_map(|(_, (media_type, bytes))| {
            let (of, referrer) = Referrer::of(&crate::request::Stored {
                digest: Digest::of(bytes),
                media_type: media_type.clone(),
                bytes: bytes.as_slice().into(),
            })?;
            let wanted = kind.is_none_or(|kind| referrer.is(kind));
            (of.to_string() == subject && wanted).then_some(referrer)
        });
        let all: Vec<Referrer> = all.collect();
        let from: usize = query
            .get("from")
            .map_or(0, |at| at.parse().expect("a number"));
        let to = (from + page).min(all.len());
        let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": &all[from..to] });
        let mut answer = status(200).set_body_raw(index.to_string(), INDEX);
        if let Some(kind) = kind {
            answer = answer.insert_header("oci-filters-applied", "artifactType");
            assert!(!kind.contains(' '), "`+` was not escaped: {kind}");
        }
        if to < all.len() {
            let kind = kind.map_or_else(String::new, |kind| {
                format!("&artifactType={}", kind.replace('+', "%2B"))
            });
            let link = format!("</v2/{path}?from={to}{kind}>; rel=\"next\"");
            answer = answer.insert_header("link", link.as_str());
        }
        answer
    }
}
