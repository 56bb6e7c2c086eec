//! What a saved plan makes, as far as its jobs have staged it: roots first, each parent's content, then what its children
//! are made from.

use crate::matrix::VariantName;
use crate::memory::{Inputs, Part, Record, build_tag};
use crate::name::Reference;
use crate::plan::{Build, Plan, PlannedBuild};
use crate::registry::Registry;
use crate::request::WorldError;
use crate::survey;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use std::collections::{BTreeSet, HashMap};

/// The number of requests at once.
pub(super) const IN_FLIGHT: usize = 32;

/// By build, what it is made from, and its image if that exists.
pub(super) struct Wanted<'a> {
    plan: &'a Plan,
    known: HashMap<Build, (Inputs, Option<Part>)>,
}

impl<'a> Wanted<'a> {
    /// What is known of the builds of these variants.
    ///
    /// # Errors
    /// A registry does not answer, or refuses to.
    pub async fn of(
        plan: &'a Plan,
        variants: impl Iterator<Item = &VariantName>,
        registry: &dyn Registry,
    ) -> Result<Self, WorldError> {
        let mut of = Self {
            plan,
            known: HashMap::new(),
        };
        let mut left = of.lineage(variants.cloned().collect());
        loop {
            let found: Vec<(Build, Inputs)> =
                left.iter().filter_map(|build| of.next(build)).collect();
            if found.is_empty() {
                return Ok(of);
            }
            let looks = stream::iter(found).map(|(build, inputs)| {
                let planned = of.planned(&build);
                async move {
                    let part = image(plan, &build, planned, &inputs, registry).await?;
                    Ok::<_, WorldError>((build, (inputs, part)))
                }
            });
            let known: Vec<_> = looks.buffered(IN_FLIGHT).try_collect().await?;
            of.known.extend(known);
            left.retain(|build| !of.known.contains_key(build));
        }
    }

    fn planned(&self, build: &Build) -> Option<&'a PlannedBuild> {
        let variant = self.plan.variant(&build.variant);
        let at = variant
            .platforms
            .iter()
            .position(|one| *one == build.platform)?;
        variant.recipe.as_ref()?.build(at)
    }

    /// The builds of these variants, and of all that they are based on.
    fn lineage(&self, mut names: Vec<VariantName>) -> BTreeSet<Build> {
        let mut all = BTreeSet::new();
        while let Some(name) = names.pop() {
            for build in self.plan.builds_of(&name) {
                let Some(planned) = self.planned(&build) else {
                    continue;
                };
                if all.insert(build) {
                    names.extend(planned.inputs.gaps.iter().map(|gap| gap.parent.clone()));
                }
            }
        }
        all
    }

    /// The inputs of a build whose parents are known.
    fn next(&self, build: &Build) -> Option<(Build, Inputs)> {
        let planned = self.planned(build)?;
        let inputs = planned.inputs.fill_gaps(|parent| {
            let part = self.known.get(parent)?.1.as_ref()?;
            Some((part.made.content, Some(part.digest)))
        });
        Some((build.clone(), inputs?))
    }

    /// Whether the image with this record has all that the plan makes of these variants. Of several, those that are kept are
    /// looked at when their tags move.
    pub fn are_in(&self, variants: &[&VariantName], record: &Record) -> bool {
        variants.iter().all(|v| {
            let builds = self.plan.builds_of(v);
            let mut builds = builds
                .filter(|build| self.planned(build).is_some())
                .peekable();
            match builds.peek() {
                Some(_) => builds.all(|build| self.is_in(&build, record)),
                None => variants.len() > 1,
            }
        })
    }

    /// A build that lacks an outside image moves no tag, so it does not matter.
    fn is_in(&self, build: &Build, record: &Record) -> bool {
        let Some((inputs, part)) = self.known.get(build) else {
            let planned = self.planned(build);
            return planned.is_some_and(|planned| !planned.inputs.unknown.is_empty());
        };
        record.parts.iter().any(|one| {
            let is_same = |made: &Inputs| made.build_id() == inputs.build_id();
            let is_it = part.as_ref().is_some_and(|part| part.digest == one.digest);
            is_it || one.made.inputs.iter().any(is_same)
        })
    }
}

/// The image that makes a build unnecessary.
async fn image(
    plan: &Plan,
    build: &Build,
    planned: Option<&PlannedBuild>,
    inputs: &Inputs,
    registry: &dyn Registry,
) -> Result<Option<Part>, WorldError> {
    let current = planned.and_then(|planned| {
        let current = planned.current.as_ref()?;
        let differences = current.made.differences(inputs, planned.unless?);
        differences.is_empty().then(|| (**current).clone())
    });
    let Some(staging) = &plan.variant(&build.variant).staging else {
        return Ok(current);
    };
    match current {
        Some(current) => Ok(Some(current)),
        None => {
            let tag = Reference::tagged(staging.clone(), build_tag(inputs.build_id()));
            survey::staged(registry, &plan.fleet, &tag).await
        }
    }
}
