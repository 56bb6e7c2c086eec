//! Which names in FROM lines mean the image of another folder, and where each image must be published for that.
//!
//! `FROM acme/base:1` in one folder and `base/1/Dockerfile` in another are an edge: `base` is then published to
//! `docker.io/acme/base`, since its children use that name. A name without a tag also means the only tag of an image
//! that has a single one. An image's own upstream (`node:22` in `node/22/Dockerfile`) and references with a digest
//! are not edges.

use super::title::Title;
use crate::name::{Domain, Reference, Repository};
use std::collections::{BTreeMap, BTreeSet};

/// The names in one Dockerfile.
pub(super) struct One<'a> {
    pub title: &'a Title,
    /// Every image it names: in FROM, COPY --from and RUN --mount.
    pub image_refs: Vec<&'a Reference>,
}

/// The result.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// The repositories that FROM lines use for each image, the most frequent first.
    pub repositories: BTreeMap<String, Vec<Repository>>,
    /// The indexes of the images that are also used as `latest`.
    pub latest: BTreeSet<usize>,
}

/// Resolves the names in all Dockerfiles.
pub(super) fn names(all: &[One<'_>]) -> Names {
    let owners = Owners::new(all);
    let mut asked: BTreeMap<(&str, &Repository), usize> = BTreeMap::new();
    let mut upstream = BTreeSet::new();
    let named = |at: usize| {
        all[at]
            .image_refs
            .iter()
            .filter(|image_ref| image_ref.digest.is_none())
            .map(move |image_ref| (at, *image_ref))
    };
    let image_refs: Vec<(usize, &Reference)> = (0..all.len()).flat_map(named).collect();
    for (at, image_ref) in &image_refs {
        let image = last(&image_ref.repository);
        match owners.of(image_ref) {
            Some(owner) if owner != *at => {
                *asked.entry((image, &image_ref.repository)).or_default() += 1
            }
            Some(_) => {
                upstream.insert((image, &image_ref.repository));
            }
            None if all[*at].title.image == image && is_library(&image_ref.repository) => {
                upstream.insert((image, &image_ref.repository));
            }
            None => {}
        }
    }
    asked.retain(|key, _| !upstream.contains(key));
    let mut ranked: Vec<_> = asked.iter().collect();
    ranked.sort_by_key(|((image, repository), count)| {
        (*image, std::cmp::Reverse(**count), *repository)
    });
    let mut names = Names::default();
    ranked.into_iter().for_each(|((image, repository), _)| {
        names
            .repositories
            .entry((*image).to_owned())
            .or_default()
            .push((*repository).clone());
    });
    let meant = image_refs.iter().filter(|(at, image_ref)| {
        asked.contains_key(&(last(&image_ref.repository), &image_ref.repository))
            && tag(image_ref) == "latest"
            && owners.of(image_ref) != Some(*at)
    });
    names.latest = meant
        .filter_map(|(_, image_ref)| owners.of(image_ref))
        .filter(|owner| all[*owner].title.tag != "latest")
        .collect();
    names
}

/// Images by the names that refer to them.
struct Owners<'a> {
    exact: BTreeMap<(&'a str, &'a str), usize>,
    single: BTreeMap<&'a str, Option<usize>>,
}

impl<'a> Owners<'a> {
    fn new(all: &[One<'a>]) -> Self {
        let (mut exact, mut single) = (BTreeMap::new(), BTreeMap::new());
        for (at, one) in all.iter().enumerate() {
            exact.insert((one.title.image.as_str(), one.title.tag.as_str()), at);
            single
                .entry(one.title.image.as_str())
                .and_modify(|single| *single = None)
                .or_insert(Some(at));
        }
        Self { exact, single }
    }

    fn of(&self, image_ref: &Reference) -> Option<usize> {
        let (image, tag) = (last(&image_ref.repository), tag(image_ref));
        let single = || {
            self.single
                .get(image)
                .copied()
                .flatten()
                .filter(|_| tag == "latest" && !is_library(&image_ref.repository))
        };
        self.exact.get(&(image, tag)).copied().or_else(single)
    }
}

/// The most frequent namespace of the images: `docker.io/acme`.
pub(super) fn above(names: &Names) -> Option<String> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for repository in names
        .repositories
        .values()
        .filter_map(|of| of.first())
        .filter(|repository| !is_library(repository))
    {
        let place = repository
            .to_string()
            .rsplit_once('/')
            .map(|(place, _)| place.to_owned());
        *places.entry(place.unwrap_or_default()).or_default() += 1;
    }
    places
        .into_iter()
        .max_by_key(|(place, count)| (*count, std::cmp::Reverse(place.clone())))
        .map(|(place, _)| place)
}

/// Docker Hub's official images, which users cannot publish.
pub(super) fn is_library(repository: &Repository) -> bool {
    repository.domain().as_str() == Domain::HUB && repository.path().starts_with("library/")
}

/// The last part of its path, which is the image's name.
pub(super) fn last(repository: &Repository) -> &str {
    repository.path().rsplit('/').next().unwrap_or_default()
}

/// The tag of a reference; `latest` if it has none.
pub(super) fn tag(reference: &Reference) -> &str {
    reference.tag.as_ref().map_or("latest", |tag| tag.as_str())
}
