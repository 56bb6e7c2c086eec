//! The state of the walk over all instructions of a file.

use super::scope::Scope;
use super::{NamedContext, flag, named_context};
use crate::dockerfile::RunsOn;
use std::collections::BTreeSet;
use std::ops::Range;

/// One FROM with the instructions after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildStage {
    /// The name in lower case, as builders compare it.
    pub name: Option<String>,
    /// The FROM's line, from 1.
    pub line: usize,
}

/// The parts of a FROM, as ranges of its text.
pub(super) struct FromParts {
    pub image: Range<usize>,
    pub platform: Option<flag::Flag>,
    pub name: Option<String>,
}

/// How a stage is built. Each list has one entry per platform that the file is built for.
#[derive(Debug, Default)]
pub(super) struct Link {
    /// The earlier stage that it is based on, if its parent is a stage.
    pub below: Vec<Option<usize>>,
    /// The platform in its own FROM.
    pub on: Vec<RunsOn>,
    /// The earlier stages that COPY and mounts use.
    pub copies: Vec<usize>,
    /// The later stages that they name, each with the place of the name: no builder can build that.
    pub later: Vec<(usize, Range<usize>)>,
    /// The place of its `--platform`, or else of its FROM.
    pub bytes: Range<usize>,
    /// Counted from 1.
    pub line: usize,
    /// The place of the image in its FROM.
    pub image: Range<usize>,
    /// The place of the whole FROM.
    pub from: Range<usize>,
}

/// The state of the walk at an instruction.
pub(super) struct Walk<'a> {
    pub scope: Scope<'a>,
    /// All stages of the file.
    pub stages: Vec<BuildStage>,
    /// The index of the stage that is built.
    pub target: usize,
    /// The images that FROMs name, as they are written.
    pub images: BTreeSet<String>,
    /// What instructions of the whole file name, in lower case: images, stages and contexts.
    pub named: BTreeSet<String>,
    /// The number of stages that have begun.
    pub begun: usize,
    /// For each stage that has begun, the position of the name of the image that it is based on in the end.
    pub grounds: Vec<Option<usize>>,
    /// For each stage that has begun, what it is built from.
    pub links: Vec<Link>,
}

impl Walk<'_> {
    /// Records that the current stage copies files from an earlier one.
    pub fn copies(&mut self, stage: usize) {
        if let Some(link) = self.links.last_mut() {
            link.copies.push(stage);
        }
    }

    /// Records that the current stage would copy files from a later one.
    pub fn copies_later(&mut self, stage: usize, place: Range<usize>) {
        if let Some(link) = self.links.last_mut() {
            link.later.push((stage, place));
        }
    }

    /// The places where a stage copies from a later one that copies from it, directly or through others. BuildKit refuses such a
    /// ring even if no build needs its stages; it does not count what a stage is based on.
    pub fn rings(&self) -> Vec<Range<usize>> {
        let stages = self.links.iter().enumerate();
        let all = stages.flat_map(|(at, link)| link.later.iter().map(move |one| (at, one)));
        let rings = all.filter(|(at, (later, _))| self.reaches(*later, *at));
        rings.map(|(_, (_, place))| place.clone()).collect()
    }

    fn reaches(&self, start: usize, end: usize) -> bool {
        let mut seen = BTreeSet::from([start]);
        let mut next = vec![start];
        while let Some(link) = next.pop().and_then(|at| self.links.get(at)) {
            let later = link.later.iter().map(|(stage, _)| *stage);
            let new = link.copies.iter().copied().chain(later);
            next.extend(new.filter(|stage| seen.insert(*stage)));
        }
        seen.contains(&end)
    }

    /// Whether an instruction names the stage or context, or it is the stage that is built.
    pub fn is_used(&self, name: &str) -> bool {
        let target = self.stages.get(self.target);
        let target = target.and_then(|stage| stage.name.as_deref());
        self.named.contains(&name.to_lowercase()) || target == Some(name)
    }

    /// The named context that a name means.
    pub fn context(&self, name: &str) -> Option<&NamedContext> {
        named_context::find(self.scope.contexts(), name)
    }

    /// The names of all contexts.
    pub fn contexts(&self) -> impl Iterator<Item = &str> {
        self.scope.contexts().iter().map(|context| &*context.name)
    }

    /// The last stage with this name among the first `count`.
    pub fn stage(&self, name: &str, count: usize) -> Option<usize> {
        let name = name.to_lowercase();
        self.stages
            .iter()
            .take(count)
            .rposition(|stage| stage.name.as_deref() == Some(name.as_str()))
    }
}
