//! What must hold after a run, judged by a model of the fleet and by what the registry was asked to write.
//!
//! - gate: no tag names an image that is not staged, or whose record lacks a check (G1)
//! - order: all tags of a parent are written before any of its children's, in one run (G2)
//! - content: after a run that succeeded, each tag consists of what its parent's tag names and its own step (G5, G7)
//! - fixed tags never change, counted ones are given once (G9)
//! - nothing is staged twice (G4)

use super::super::engine::Fake as Engine;
use super::fleet::{Fleet, Parent};
use crate::memory::{Record, record_tag};
use crate::name::{Digest, Reference};
use crate::registry::fake::{Fake as Registry, Write};
use serde_json::Value;
use std::collections::BTreeMap;

/// By architecture, the layers.
pub type Content = BTreeMap<String, String>;

type Verdict = Result<(), String>;

pub fn reference(name: &str) -> Reference {
    name.parse().expect("a reference")
}

/// What a tag consists of.
pub fn content(registry: &Registry, reference: &Reference) -> Option<Content> {
    let stored = registry.get(reference)?;
    let body: Value = serde_json::from_slice(&stored.bytes).ok()?;
    if !stored.is_index() {
        let platform = body["annotations"]["platform"].as_str()?;
        let architecture = platform.split('/').nth(1)?.to_owned();
        return Some([(architecture, Engine::layers(&stored))].into());
    }
    let mut all = Content::new();
    for part in body["manifests"].as_array()? {
        let digest: Digest = part["digest"].as_str()?.parse().ok()?;
        let pinned = Reference::pinned(reference.repository.clone(), digest);
        let architecture = part["platform"]["architecture"].as_str()?;
        all.insert(architecture.into(), Engine::layers(&registry.get(&pinned)?));
    }
    Some(all)
}

fn is_public(write: &Write) -> bool {
    let name = write.reference.to_string();
    write.reference.digest.is_none() && (name.contains("/f/i") || name.contains("/f/s:"))
}

/// The image that a public reference is of: `i3`.
fn owner(reference: &Reference) -> Option<usize> {
    let name = reference.repository.to_string();
    name.rsplit("/i").next()?.parse().ok()
}

/// G1, on the writes of a run and those before it.
pub fn gate(fleet: &Fleet, registry: &Registry, log: &[Write], began: usize) -> Verdict {
    for (at, write) in log
        .iter()
        .enumerate()
        .skip(began)
        .filter(|(_, w)| is_public(w))
    {
        let (Some(digest), Some(image)) = (write.digest, owner(&write.reference)) else {
            continue;
        };
        let is_staging = |other: &Write| other.reference.repository.to_string().ends_with("/stage");
        let staged = log[..at]
            .iter()
            .any(|other| is_staging(other) && other.digest == Some(digest));
        if !staged {
            return Err(format!(
                "{} was written before its image was staged",
                write.reference
            ));
        }
        let tag = reference(&format!("r.example/f/stage:{}", record_tag(digest)));
        let record = registry.get(&tag).as_ref().and_then(Record::read);
        let checks = usize::try_from(fleet.images[image].checks).unwrap_or_default();
        let passed = |record: &Record| record.parts.iter().all(|part| part.passed.len() >= checks);
        if !record.is_some_and(|record| passed(&record)) {
            return Err(format!(
                "{} names an image that has not passed its checks",
                write.reference
            ));
        }
    }
    Ok(())
}

/// G2, on the writes of one run alone.
pub fn order(fleet: &Fleet, writes: &[Write]) -> Verdict {
    let public: Vec<(usize, &Write)> = writes
        .iter()
        .filter(|write| is_public(write))
        .filter_map(|write| Some((owner(&write.reference)?, write)))
        .collect();
    for (at, (image, write)) in public.iter().enumerate() {
        let ancestors = &fleet.with_ancestors(*image)[1..];
        let late = public[at..]
            .iter()
            .find(|(other, _)| ancestors.contains(other));
        if let Some((_, late)) = late {
            return Err(format!(
                "{} was written before {}",
                write.reference, late.reference
            ));
        }
    }
    Ok(())
}

/// G5 and G7, after a run of these images that succeeded. `night`: the bases are those of today.
pub fn contents(
    fleet: &Fleet,
    registry: &Registry,
    images: &[usize],
    bases: &[u64; 2],
    night: bool,
) -> Verdict {
    for &image in images {
        for tag in fleet.moving(image) {
            let found = content(registry, &reference(&tag)).unwrap_or_default();
            for platform in fleet.platforms {
                let architecture = platform.split('/').nth(1).unwrap_or_default();
                let layers = found.get(architecture).cloned().unwrap_or_default();
                expected(fleet, registry, image, architecture, &layers, bases, night)
                    .map_err(|why| format!("{tag} on {architecture} is `{layers}`: {why}"))?;
            }
        }
    }
    Ok(())
}

fn expected(
    fleet: &Fleet,
    registry: &Registry,
    image: usize,
    architecture: &str,
    layers: &str,
    bases: &[u64; 2],
    night: bool,
) -> Verdict {
    let (below, own) = layers
        .rsplit_once('/')
        .ok_or("it has no layer of its own")?;
    let step = fleet.step(image);
    let own = match own.split_once('~') {
        Some((name, _)) => format!("{name}~"),
        None => own.to_owned(),
    };
    if own != step {
        return Err(format!("its step is {step}"));
    }
    match fleet.images[image].parent {
        Parent::Base(base) => {
            let (name, number) = below.split_once('-').ok_or("it has no base")?;
            let is_new = !night || number == bases[base].to_string();
            match name == format!("b{base}") && is_new {
                true => Ok(()),
                false => Err(format!("its base is b{base}-{}", bases[base])),
            }
        }
        Parent::Image(parent) => {
            let tag = reference(&format!("r.example/f/i{parent}:latest"));
            let all = content(registry, &tag).unwrap_or_default();
            match all.get(architecture).is_some_and(|parent| parent == below) {
                true => Ok(()),
                false => Err(format!("its parent's tag names {all:?}")),
            }
        }
    }
}

/// G9, on everything that was ever written.
pub fn fixed(log: &[Write]) -> Verdict {
    let mut first: BTreeMap<String, Digest> = BTreeMap::new();
    let mut numbers: BTreeMap<(String, Digest), String> = BTreeMap::new();
    for write in log.iter().filter(|write| is_public(write)) {
        let (name, Some(digest)) = (write.reference.to_string(), write.digest) else {
            continue;
        };
        let tag = name.rsplit(':').next().unwrap_or_default();
        let counted = tag.starts_with('r');
        if tag == "1.0" || counted {
            let known = *first.entry(name.clone()).or_insert(digest);
            if known != digest {
                return Err(format!("{name} is fixed and was written as two images"));
            }
        }
        if counted {
            let repository = write.reference.repository.to_string();
            let number = numbers.entry((repository, digest)).or_insert(name.clone());
            if *number != name {
                return Err(format!("one image has the numbers {number} and {name}"));
            }
        }
    }
    Ok(())
}

/// G4: no image is staged under one build id by two builds. Two runs at once may both try.
pub fn staged_once(log: &[Write]) -> Verdict {
    let mut staged: BTreeMap<String, Digest> = BTreeMap::new();
    for write in log {
        let (name, Some(digest)) = (write.reference.to_string(), write.digest) else {
            continue;
        };
        if name.contains(":b-") && staged.insert(name.clone(), digest).is_some() {
            return Err(format!("{name} was staged twice"));
        }
    }
    Ok(())
}
