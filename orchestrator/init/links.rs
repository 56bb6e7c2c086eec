//! Which names in Dockerfiles mean the image of another folder, and which tags each image needs for that.
//!
//! ```text
//! names of all Dockerfiles -> candidates: an image by its name, a folder of it by the tag
//!     -> Home: the repositories that are this fleet's -> edges, without cycles that only guesses make
//!     -> Links: repositories and tags of each image; the names that are not built here
//! ```

use super::alike::alike;
use super::candidate::{Candidate, Stranger, Why, candidates};
use super::home::{Hints, Home};
use super::index::{How, Index};
use super::names::{Space, tag};
use super::title::Title;
use super::word::is_channel;
use crate::dockerfile::ImageRef;
use crate::name::Repository;
use petgraph::algo::kosaraju_scc;
use petgraph::graphmap::DiGraphMap;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The result.
#[derive(Debug, Default)]
pub(super) struct Links<'a> {
    /// Where the FROM lines look for images of the fleet.
    pub home: Option<Space>,
    /// The repositories that they name for each image, the most frequent first.
    pub repositories: BTreeMap<&'a str, Vec<Repository>>,
    /// By Dockerfile, the tags by which FROM lines name it, and why each of them means it.
    pub tags: BTreeMap<usize, BTreeMap<&'a str, How>>,
    /// The names that are images of the fleet, by their Dockerfile and the place of the name in it, each with the Dockerfile
    /// that makes the image.
    pub edges: HashMap<(usize, usize), usize>,
    /// Of these, the names without a registry, each with the Dockerfile that makes the image: no one can publish there.
    pub locals: HashMap<(usize, usize), usize>,
    /// Names in which an image is recognized that the fleet does not make.
    pub strangers: Vec<Stranger<'a>>,
}

/// Resolves the names in all Dockerfiles: `refs` are those that builds need, without digests; `is_stage` tests
/// whether a Dockerfile has a stage of that name; `texts` are the files.
pub(super) fn links<'a>(
    titles: &'a [Title],
    refs: &[Vec<&'a ImageRef>],
    texts: &[&str],
    is_stage: &dyn Fn(usize, &ImageRef) -> bool,
    hints: &Hints,
) -> Links<'a> {
    let index = Index::new(titles);
    let all = candidates(titles, &index, refs, texts);
    let home = Home::new(&all, hints);
    let tags = chosen(titles, &all, &home);
    let mut links = Links::default();
    let mut sure: Vec<(&Candidate<'a>, usize)> = Vec::new();
    for one in &all {
        match accepted(one, &home, &tags) {
            Ok(Some(owner)) => sure.push((one, owner)),
            Ok(None) => {}
            Err(why) => links.strangers.push(one.stranger(why)),
        }
    }
    let known = all.iter().map(|one| (one.at, one.place)).collect();
    links.strangers.extend(alike(titles, &index, refs, &known));
    links.strangers.extend(versions_of_others(&all, &home));
    let circular = circular(&sure);
    for (one, owner) in sure {
        if circular.contains(&(one.image, &one.image_ref.reference.repository)) {
            links
                .strangers
                .extend((!one.is_official).then(|| one.stranger(Why::Cycle)));
        } else {
            // A named context would take the place of the stage, too.
            let is_local =
                one.is_library && !hints.is_library() && !is_stage(one.at, one.image_ref);
            links.add(one, owner, is_local);
        }
    }
    links.rank(&all, &home)
}

/// The Dockerfile that a name means; `None` if it is certainly an image from outside.
fn accepted(
    one: &Candidate<'_>,
    home: &Home<'_>,
    tags: &HashMap<usize, BTreeSet<&str>>,
) -> Result<Option<usize>, Why> {
    if home.is_upstream(one) {
        return Ok(None);
    }
    match one.owner {
        None if one.is_official => Ok(None),
        _ if one.is_library && !one.prefix.is_empty() => Err(Why::Prefix),
        _ if !one.is_library && !home.has(one) => match one.prefix.is_empty() {
            true if one.space.is_public() => Ok(None),
            true => Err(Why::Space),
            false => Err(Why::Prefix),
        },
        None => Err(Why::Tag),
        Some((owner, _)) if owner == one.at => Err(Why::Tag),
        Some((owner, How::Newest | How::Only))
            if !tags
                .get(&owner)
                .is_some_and(|tags| tags.contains(tag(&one.image_ref.reference))) =>
        {
            Err(Why::Tags)
        }
        Some((owner, _)) => Ok(Some(owner)),
    }
}

/// Names in the repository that an image of the same name is based on, of another version than it names.
fn versions_of_others<'a>(all: &[Candidate<'a>], home: &Home<'_>) -> Vec<Stranger<'a>> {
    let name = |one: &Candidate<'a>| (one.repository(), tag(&one.image_ref.reference));
    let own = all.iter().filter(|one| one.is_own);
    let own: HashSet<_> = own.map(name).collect();
    let others = all.iter().filter(|one| {
        let is_open = !one.is_own && !one.is_library && !one.space.is_public();
        is_open && home.is_upstream(one) && !own.contains(&name(one))
    });
    others.map(|one| one.stranger(Why::Upstream)).collect()
}

/// The tags of each image that one folder makes: words for the newest build if there are any, otherwise the only one
/// that FROM lines name.
fn chosen<'a>(
    titles: &[Title],
    all: &[Candidate<'a>],
    home: &Home<'_>,
) -> HashMap<usize, BTreeSet<&'a str>> {
    let mut asked: HashMap<usize, BTreeSet<&str>> = HashMap::new();
    let (mut own, mut others) = (HashSet::new(), Vec::new());
    for one in all
        .iter()
        .filter(|one| home.has(one) && !home.is_upstream(one))
    {
        let Some((owner, _)) = one.owner else {
            continue;
        };
        let named = (owner, tag(&one.image_ref.reference));
        match owner == one.at {
            true => drop(own.insert(named)),
            false => others.push(named),
        }
    }
    // What a Dockerfile takes from a version of its own image exists before it.
    for (owner, tag) in others.into_iter().filter(|named| !own.contains(named)) {
        asked.entry(owner).or_default().insert(tag);
    }
    let choose = |(owner, tags): (usize, BTreeSet<&'a str>)| {
        let newest: BTreeSet<&str> = tags.iter().copied().filter(|tag| is_channel(tag)).collect();
        let is_free = titles[owner].words.is_empty();
        match newest.is_empty() {
            true if is_free && tags.len() == 1 => (owner, tags),
            _ => (owner, newest),
        }
    };
    asked.into_iter().map(choose).collect()
}

/// The repositories of images whose names, where they are guessed, would make a cycle.
fn circular<'a>(sure: &[(&Candidate<'a>, usize)]) -> HashSet<(&'a str, &'a Repository)> {
    let edges = sure.iter().map(|(one, owner)| (one.at, *owner));
    let graph: DiGraphMap<usize, ()> = DiGraphMap::from_edges(edges);
    let mut rings: HashMap<usize, usize> = HashMap::new();
    for (number, ring) in kosaraju_scc(&graph)
        .into_iter()
        .enumerate()
        .filter(|(_, ring)| ring.len() > 1)
    {
        rings.extend(ring.into_iter().map(|at| (at, number)));
    }
    let inside = |(one, owner): &&(&Candidate<'a>, usize)| {
        let ring = rings.get(&one.at);
        ring.is_some() && ring == rings.get(owner) && one.is_guess()
    };
    let guessed = sure.iter().filter(inside);
    guessed
        .map(|(one, _)| (one.image, &one.image_ref.reference.repository))
        .collect()
}

impl<'a> Links<'a> {
    fn add(&mut self, one: &Candidate<'a>, owner: usize, is_local: bool) {
        self.edges.insert((one.at, one.place), owner);
        if is_local {
            self.locals.insert((one.at, one.place), owner);
            return;
        }
        let (tag, how) = (tag(&one.image_ref.reference), one.owner.map(|(_, how)| how));
        if let Some(how) = how {
            self.tags
                .entry(owner)
                .or_default()
                .entry(tag)
                .or_insert(how);
        }
    }

    /// Adds the repositories, the most frequent first.
    fn rank(mut self, all: &[Candidate<'a>], home: &Home<'_>) -> Self {
        let mut counts: BTreeMap<(&'a str, &Repository), usize> = BTreeMap::new();
        let is_published = |one: &&Candidate<'a>| {
            let name = (one.at, one.place);
            self.edges.contains_key(&name) && !self.locals.contains_key(&name)
        };
        for one in all.iter().filter(is_published) {
            *counts
                .entry((one.image, &one.image_ref.reference.repository))
                .or_default() += 1;
        }
        let is_home = |image: &str, repository: &Repository| {
            home.space()
                .is_some_and(|space| space.repository(image) == repository.to_string())
        };
        let mut ranked: Vec<_> = counts.into_iter().collect();
        ranked.sort_by_key(|((image, repository), count)| {
            (
                *image,
                !is_home(image, repository),
                Reverse(*count),
                *repository,
            )
        });
        for ((image, repository), _) in ranked {
            self.repositories
                .entry(image)
                .or_default()
                .push(repository.clone());
        }
        self.home = home.space().filter(|_| !self.edges.is_empty()).cloned();
        self
    }
}
