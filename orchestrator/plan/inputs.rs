//! Today's inputs of a build, as far as they are known before the run.

use super::bases::locked_for;
use super::facts::BaseFact;
use crate::dockerfile::{ImageRefKind, RunsOn};
use crate::graph::Target;
use crate::matrix::{VariantId, VariantName};
use crate::memory::{BaseInput, Inputs, Made, ParentInput, join_contents};
use crate::name::{Digest, Platform, Reference};
use crate::plan::{Build, Facts, Materials};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use thin_vec::ThinVec;

/// The inputs of a build, with a gap for each parent that the run builds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedInputs {
    /// What is known.
    pub inputs: Inputs,
    /// What the run makes: the build id is known once all of these are.
    pub gaps: ThinVec<Gap>,
    /// The parents that are kept. Another run may publish another image of one before a child's tags move.
    pub kept: ThinVec<Gap>,
    /// Outside images that could not be looked up. The build id cannot be computed without them.
    pub unknown: ThinVec<Reference>,
    /// The outside images that `kiln.lock` decides, by their keys in the inputs.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub locked: BTreeSet<String>,
    /// Those of them, and of those that are named by digest, that cannot be taken from their registry: a build fails with that.
    #[serde(default, skip_serializing_if = "ThinVec::is_empty")]
    pub gone: ThinVec<Reference>,
}

/// A parent whose content the run knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The parent.
    pub parent: VariantName,
    /// The platforms that count.
    pub taken: Taken,
}

/// The platforms of a parent that a build takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Taken {
    /// One.
    On(Platform),
    /// Whichever the build platform is: all of them count, so that an id does not depend on the engine.
    All(Vec<Platform>),
}

impl Taken {
    /// The platforms.
    pub fn platforms(&self) -> &[Platform] {
        match self {
            Taken::On(platform) => std::slice::from_ref(platform),
            Taken::All(platforms) => platforms,
        }
    }

    /// What counts if a build takes a parent in both ways.
    fn with(&self, other: Self) -> Self {
        let mut all = self.platforms().to_vec();
        all.extend(other.platforms().iter().cloned());
        all.sort();
        all.dedup();
        match (self, other) {
            (Taken::On(_), Taken::On(platform)) if all.len() == 1 => Taken::On(platform),
            _ => Taken::All(all),
        }
    }
}

/// An image as an input of its children: its content id, and its digest if it has one.
pub type Contents = (Digest, Option<Digest>);

impl PlannedInputs {
    /// The inputs with the parents that the run has made or keeps; `None` if something is not known.
    pub fn fill(&self, made: impl Fn(&Build) -> Option<Contents>) -> Option<Inputs> {
        let is_known = self.unknown.is_empty() && self.gone.is_empty();
        is_known.then(|| self.filled(self.gaps.iter().chain(&self.kept), made))?
    }

    /// The inputs with the parents that are built, on what is kept as the plan has it.
    pub fn fill_gaps(&self, made: impl Fn(&Build) -> Option<Contents>) -> Option<Inputs> {
        let is_known = self.unknown.is_empty() && self.gone.is_empty();
        is_known.then(|| self.filled(self.gaps.iter(), made))?
    }

    fn filled<'a>(
        &self,
        gaps: impl Iterator<Item = &'a Gap>,
        made: impl Fn(&Build) -> Option<Contents>,
    ) -> Option<Inputs> {
        let mut inputs = self.inputs.clone();
        for gap in gaps {
            let of = |platform: &Platform| made(&Build::of(&gap.parent, platform));
            let input = parent(&gap.taken, of)?;
            inputs.parents.insert(gap.parent.clone(), input);
        }
        Some(inputs)
    }

    /// The digests that `kiln.lock` gives it.
    pub fn locked_digests(&self) -> impl Iterator<Item = Digest> {
        let bases = self
            .locked
            .iter()
            .filter_map(|key| self.inputs.bases.get(key));
        bases.map(|base| base.digest)
    }

    /// The inputs, if everything is known.
    pub fn whole(&self) -> Option<&Inputs> {
        (self.gaps.is_empty() && self.unknown.is_empty()).then_some(&self.inputs)
    }
}

fn parent(taken: &Taken, of: impl Fn(&Platform) -> Option<Contents>) -> Option<ParentInput> {
    match taken {
        Taken::On(platform) => {
            of(platform).map(|(content, digest)| ParentInput { content, digest })
        }
        Taken::All(platforms) => {
            let all: Option<Vec<Contents>> = platforms.iter().map(of).collect();
            Some(ParentInput {
                content: join_contents(all?.iter().map(|(content, _)| content)),
                digest: None,
            })
        }
    }
}

/// Reads today's inputs of the builds of a fleet.
pub(super) struct Today<'a> {
    pub materials: &'a Materials<'a>,
    pub facts: &'a Facts,
}

impl Today<'_> {
    /// The inputs of a variant on its platform at this place. `settled` knows the parents, which come first in the order
    /// of the graph; `recorded` is how the current image was made.
    pub fn inputs(
        &self,
        v: VariantId,
        at: usize,
        settled: &dyn Fn(VariantId, &Platform) -> Option<Contents>,
        recorded: Option<&Made>,
    ) -> PlannedInputs {
        let variant = self.materials.fleet.variant(v);
        let platform = &variant.platforms[at];
        let recipe = self.materials.ids.recipe(v, platform);
        let mut planned = PlannedInputs {
            inputs: Inputs {
                // Every variant has an id on each of its platforms.
                recipe: recipe.unwrap_or_else(|| Digest::of("")),
                bases: BTreeMap::new(),
                parents: BTreeMap::new(),
                tokens: BTreeMap::new(),
            },
            gaps: ThinVec::new(),
            kept: ThinVec::new(),
            unknown: ThinVec::new(),
            locked: BTreeSet::new(),
            gone: ThinVec::new(),
        };
        // What this run does not know of a public tag, it does not replace.
        let unread = self.facts.unread.get(&v);
        planned
            .unknown
            .extend(unread.map(|unread| unread.reference.clone()));
        let mut parents: BTreeMap<VariantId, Taken> = BTreeMap::new();
        for (on, target) in self.needed(v, at) {
            match target {
                Target::Base(base) => self.add_base(&mut planned, base, on, platform, recorded),
                Target::Variant(parent) => {
                    let taken = self.taken(*parent, on, platform);
                    let known = parents.entry(*parent).or_insert_with(|| taken.clone());
                    *known = known.with(taken);
                }
            }
        }
        for (id, taken) in parents {
            let name = self.materials.names[id].clone();
            let input = parent(&taken, |platform| settled(id, platform));
            let gap = Gap {
                parent: name.clone(),
                taken,
            };
            match input {
                Some(input) => {
                    planned.inputs.parents.insert(name, input);
                    planned.kept.push(gap);
                }
                None => planned.gaps.push(gap),
            }
        }
        planned.unknown.shrink_to_fit();
        planned.gaps.shrink_to_fit();
        planned.kept.shrink_to_fit();
        planned
    }

    /// The images that a build needs, with the platform that each is taken for. The frontend that `# syntax` names is not
    /// an input: its release does not rebuild a fleet.
    fn needed(&self, v: VariantId, at: usize) -> impl Iterator<Item = (&RunsOn, &Target)> {
        let refs = self.materials.recipes[v].image_refs.iter();
        let named = refs.zip(self.materials.graph.targets(v));
        named
            .filter(|(image_ref, _)| image_ref.kind != ImageRefKind::Syntax)
            .filter_map(move |(image_ref, target)| {
                Some((image_ref.needs.get(at)?.as_ref()?, target))
            })
    }

    fn add_base(
        &self,
        planned: &mut PlannedInputs,
        reference: &Reference,
        on: &RunsOn,
        target: &Platform,
        recorded: Option<&Made>,
    ) {
        let key = base_key(reference, on);
        let platform = locked_for(on, target);
        let known = match self.facts.bases.get(reference) {
            Some(BaseFact::Known(base)) => {
                let locked = base.lock.locked_for(platform).map(|locked| locked.digest);
                if locked.is_some() {
                    planned.locked.insert(key.clone());
                }
                if let Some(digest) = locked.or(reference.digest()) {
                    let pinned = Reference::pinned(reference.repository.clone(), digest);
                    let is_gone = self.facts.gone.contains_key(&pinned);
                    planned.gone.extend(is_gone.then_some(pinned));
                }
                base.input(platform, last(recorded, &key))
            }
            _ => None,
        };
        match known {
            Some(input) => drop(planned.inputs.bases.insert(key, input)),
            None => planned.unknown.push(reference.clone()),
        }
    }

    fn taken(&self, parent: VariantId, on: &RunsOn, target: &Platform) -> Taken {
        let platforms = &self.materials.fleet.variant(parent).platforms;
        let wanted = match on {
            RunsOn::Target => target,
            RunsOn::Platform(pinned) => pinned,
            RunsOn::Build => return Taken::All(platforms.to_vec()),
        };
        // A parent that exists on another platform only is used as it is: files are copied from it.
        let own = platforms.iter().find(|platform| *platform == wanted);
        Taken::On(own.or(platforms.first()).unwrap_or(wanted).clone())
    }
}

/// The name of a base among the inputs of a build.
pub(super) fn base_key(reference: &Reference, on: &RunsOn) -> String {
    let name = reference.familiar();
    match on {
        RunsOn::Target => name,
        RunsOn::Platform(pinned) => format!("{name} for {pinned}"),
        RunsOn::Build => format!("{name} for the build platform"),
    }
}

/// What the newest inputs of the current image say about a base.
fn last<'a>(recorded: Option<&'a Made>, key: &str) -> Option<&'a BaseInput> {
    let inputs = recorded?.inputs.iter().rev();
    inputs.filter_map(|inputs| inputs.bases.get(key)).next()
}
