//! The name of the image whose paths have none, if FROM lines among its own Dockerfiles know it: `cimg/go:1.20` in
//! `1.20/node/Dockerfile` means `1.20/Dockerfile`, so the image is `go`.

use super::index::Index;
use super::names::{is_library, last, tag};
use super::title::Title;
use crate::dockerfile::ImageRef;
use crate::import::image_name;
use std::collections::{BTreeMap, BTreeSet};

/// The titles, with that name; `refs` are the names in each Dockerfile.
pub(super) fn named(titles: Vec<Title>, refs: &[Vec<&ImageRef>]) -> Vec<Title> {
    match name(&titles, refs) {
        Some(name) => titles
            .into_iter()
            .map(|title| renamed(title, &name))
            .collect(),
        None => titles,
    }
}

fn renamed(title: Title, name: &str) -> Title {
    match title.is_alone {
        true => Title {
            image: name.to_owned(),
            spelled: None,
            ..title
        },
        false => title,
    }
}

fn name(titles: &[Title], refs: &[Vec<&ImageRef>]) -> Option<String> {
    let alone: Vec<usize> = (0..titles.len())
        .filter(|at| titles[*at].is_alone)
        .collect();
    let image = titles.get(*alone.get(1)?)?.image.as_str();
    let index = Index::new(titles);
    let (mut votes, mut upstream) = (BTreeMap::<&str, usize>::new(), BTreeSet::new());
    let named = alone
        .iter()
        .flat_map(|at| refs[*at].iter().map(move |one| (*at, &one.reference)));
    for (at, reference) in named.filter(|(_, reference)| !is_library(&reference.repository)) {
        let name = last(&reference.repository);
        if index.image(name).is_some() {
            continue;
        }
        match index.find(image, tag(reference), at) {
            Some((owner, _)) if owner == at => {
                upstream.insert(name);
            }
            Some(_) => *votes.entry(name).or_default() += 1,
            None => {}
        }
    }
    let others = votes
        .into_iter()
        .filter(|(name, _)| !upstream.contains(name));
    let (name, _) = others.max_by_key(|(_, count)| *count)?;
    Some(image_name(name))
}
