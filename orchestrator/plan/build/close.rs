//! Closing a plan: adding everything that its steps need of the fleet.

use super::Planner;
use crate::matrix::{Latest, Recurring, TagKind, Variant, VariantId, VariantName};
use crate::memory::{Details, Part};
use crate::name::{Digest, Platform, Reference, Repository, Tag};
use crate::plan::decide::{Decision, State};
use crate::plan::{
    Action, BaseFact, Materials, NamedTag, Plan, PlannedBuild, PlannedImage, PlannedRecipe,
    PlannedVariant, Retry, Unknown, pointer,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

impl<'a> Planner<'a> {
    /// The plan, with all that its steps need.
    pub(super) fn finish(mut self, wanted: &BTreeSet<VariantId>) -> Plan {
        let steps = std::mem::take(&mut self.steps);
        // Nothing waits for a step any more.
        self.emitted.clear();
        self.emitted.shrink_to_fit();
        let remarks = self.remarks(wanted, &steps.raw);
        let declared = self.declared(&steps.raw);
        let (bases, unknown) = self.bases();
        let owners = steps.iter().flat_map(|step| step.owners());
        let owners: BTreeSet<&VariantName> = owners.map(|owner| &owner.variant).collect();
        let names = self.materials.names.iter_enumerated();
        let mut alike = Alike::default();
        let variants = names
            .filter(|(v, name)| wanted.contains(v) || owners.contains(name))
            .map(|(v, name)| (name.clone(), Box::new(self.variant(v, &mut alike))))
            .collect();
        Plan {
            variants,
            bases,
            unknown,
            origin: self.options.origin.clone(),
            remarks,
            declared,
            steps,
            reuse: self.options.reuse,
            ..Plan::of(self.fleet, self.options.push)
        }
    }

    /// What the steps of a variant need. Its decisions are not needed any more: a large plan has no room for both.
    fn variant(&mut self, v: VariantId, alike: &mut Alike) -> PlannedVariant {
        let decisions = self.decisions.of(v);
        let planned = self.materials.planned(v);
        let standing = match decisions.is_empty() {
            true => self.owned_parts(v, &planned.platforms),
            false => decisions
                .iter()
                .map(|one| one.part().cloned().map(Box::new))
                .collect(),
        };
        let record = self.expected_record(v);
        let planned = PlannedVariant {
            probed: record.map(|r| r.probed.clone()).unwrap_or_default(),
            pointer: self.pointer(v),
            previous: self.previous(self.fleet.variant(v)).into(),
            named: self.named(v).map(Box::new),
            kept: self.standing(v).map(Box::new),
            fallback: self.fallback(v).into(),
            standing: standing.into(),
            ..planned
        };
        let decisions = self.decisions.take(v).into_iter();
        let builds: Vec<Option<PlannedBuild>> = decisions.map(|one| self.build(v, one)).collect();
        let recipe = builds.iter().any(Option::is_some).then(|| {
            let origins = alike.origins_of(v, self.materials);
            let recipe = self.materials.recipe(v, builds, origins);
            let no_cache = self.options.no_cache
                && (self.options.force.is_none() || self.options.selected.contains(&v));
            alike.share(PlannedRecipe { no_cache, ..recipe })
        });
        PlannedVariant { recipe, ..planned }
    }

    fn build(&self, v: VariantId, decision: Decision) -> Option<PlannedBuild> {
        if decision.state != State::Built {
            return None;
        }
        let context = self.materials.ids.context(v, &decision.platform)?;
        let folders = self.materials.ids.folders(v, &decision.platform);
        Some(PlannedBuild {
            context: context.digest,
            is_whole: context.is_whole,
            folders: folders
                .map(|(name, context)| (name.to_owned(), context.digest))
                .collect(),
            unless: decision.is_conditional().then_some(self.options.compared),
            retry: match decision.inputs.gaps.is_empty() {
                // The plan has decided.
                true => Retry::Always,
                false => Retry::of(
                    self.options,
                    self.options.named.contains(&v),
                    &decision.reasons,
                ),
            },
            inputs: decision.inputs,
            current: decision.current,
        })
    }

    /// What stays on each platform if inputs that are known only in the run turn out to have failed before. Empty if nothing does.
    fn fallback(&self, v: VariantId) -> Vec<Part> {
        let builds = self.decisions.of(v);
        let is_open = |one: &Decision| one.state == State::Built && !one.inputs.gaps.is_empty();
        if !builds.iter().any(is_open) {
            return Vec::new();
        }
        let checks = &self.fleet.variant(v).checks;
        let good = |one: &Decision| {
            let current = one.current.as_deref();
            current.filter(|part| part.is_green(checks)).cloned()
        };
        let all: Option<Vec<Part>> = builds.iter().map(good).collect();
        all.unwrap_or_default()
    }

    /// An owner of a shared tag that is not in this plan is taken as it is published, if it has passed its checks.
    pub(super) fn owned(&self, v: VariantId) -> Option<Vec<&Part>> {
        if self.planned[v] {
            return self
                .parts(v)
                .filter(|_| self.decisions.unsound(v).is_none());
        }
        let (variant, name) = (self.fleet.variant(v), &self.materials.names[v]);
        let record = &self.facts.current.get(&v)?.record;
        let platforms = variant.platforms.iter();
        let part = |platform: &Platform| {
            let part = record.part(name, platform)?;
            part.is_green(&variant.checks).then_some(part)
        };
        platforms.map(part).collect()
    }

    fn owned_parts(&self, v: VariantId, platforms: &[Platform]) -> Vec<Option<Box<Part>>> {
        match self.owned(v) {
            Some(parts) => parts
                .into_iter()
                .map(|part| Some(Box::new(part.clone())))
                .collect(),
            None => vec![None; platforms.len()],
        }
    }

    /// The pointer that this run moves: it follows what is built or taken.
    fn pointer(&self, v: VariantId) -> Option<Tag> {
        if !self.options.push || self.stays(v) || !self.planned[v] {
            return None;
        }
        let scope = self.options.origin.scope.as_ref()?;
        let image = &self.fleet.variant(v).image;
        Some(scope.pointer(&self.fleet.name, image, &self.name(v)))
    }

    /// The public tag that says which image of a variant counts.
    fn named(&self, v: VariantId) -> Option<NamedTag> {
        let own = self.fleet.variant(v).moves();
        let mut own = own
            .filter(|(_, tag, held)| tag.kind == TagKind::Moving && !tag.shared && held.is_none());
        let stays = self.stays(v) || !self.planned[v];
        let current = self.facts.current.get(&v).filter(|_| stays);
        let found = own.next().map(|(reference, _, _)| reference);
        let reference = found.or_else(|| Some(current?.found.clone()))?;
        Some(NamedTag {
            was: self.facts.public.get(&reference).copied(),
            reference,
        })
    }

    /// Where a previous image may be: the current image, else what the first repository has under its tags; then the
    /// pointers of this branch and of the default branch.
    fn previous(&self, variant: &Variant) -> Vec<Reference> {
        let current = self
            .facts
            .current
            .get(&variant.id)
            .map(|current| current.found.with_digest(current.digest));
        let first = variant.publish.first();
        let moving = variant
            .references()
            .filter(|(reference, tag)| {
                Some(&reference.repository) == first && tag.kind == TagKind::Moving
            })
            .map(|(reference, _)| reference)
            .filter(|_| !self.options.reads());
        let origin = &self.options.origin;
        let scopes = origin.scope.iter().chain(&origin.default);
        let name = self.name(variant.id);
        let pointers = scopes.filter_map(|scope| pointer(scope, &self.fleet.name, variant, &name));
        let mut all: Vec<Reference> = current.into_iter().chain(moving).chain(pointers).collect();
        all.shrink_to_fit();
        all
    }

    /// The outside images that are known, and those that are not.
    #[allow(clippy::type_complexity, reason = "two fields of a plan")]
    fn bases(
        &self,
    ) -> (
        BTreeMap<Reference, crate::plan::Lock>,
        BTreeMap<Reference, Unknown>,
    ) {
        let (mut known, mut unknown) = (BTreeMap::new(), BTreeMap::new());
        for (reference, fact) in &self.facts.bases {
            match fact {
                BaseFact::Known(base) => drop(known.insert(reference.clone(), base.lock.clone())),
                BaseFact::Unknown(why) => drop(unknown.insert(reference.clone(), why.into())),
            }
        }
        let gone = self.facts.gone.iter();
        unknown.extend(gone.map(|(image, why)| (image.clone(), why.into())));
        for unread in self.facts.unread.values() {
            let why = Unknown {
                published: Some(unread.place.clone()),
                ..Unknown::from(&unread.why)
            };
            unknown.insert(unread.reference.clone(), why);
        }
        (known, unknown)
    }

    /// The owners of references in the repositories for which tags are read from images.
    fn declared(&self, steps: &[crate::plan::Step]) -> BTreeMap<Reference, VariantName> {
        let moves = steps.iter().filter_map(|step| match &step.action {
            Action::Move { deferred, .. } => Some(deferred),
            _ => None,
        });
        let repositories: BTreeSet<&Repository> = moves
            .flatten()
            .map(|deferred| &deferred.repository)
            .collect();
        if repositories.is_empty() {
            return BTreeMap::new();
        }
        let mut declared = BTreeMap::new();
        for variant in &self.fleet.variants {
            let own = variant.references().map(|(reference, _)| reference);
            for reference in own.filter(|r| repositories.contains(&r.repository)) {
                declared.insert(reference, self.name(variant.id));
            }
        }
        declared
    }
}

/// What variants that are rendered from one template mostly have alike: it is held once.
#[derive(Default)]
struct Alike {
    origins: Latest<Vec<String>>,
    /// The variant whose origins were shared last.
    written: Option<(VariantId, Arc<Vec<String>>)>,
    images: Recurring<[PlannedImage]>,
    files: Latest<BTreeMap<String, Digest>>,
}

impl Alike {
    /// The origins of the lines of a variant's Dockerfile.
    fn origins_of(&mut self, v: VariantId, materials: &Materials<'_>) -> Arc<Vec<String>> {
        let recipe = &materials.recipes[v];
        let known = self.written.as_ref();
        let known = known.filter(|(last, _)| recipe.has_origins_of(&materials.recipes[*last]));
        if let Some((_, origins)) = known {
            return origins.clone();
        }
        let origins = self.origins.share(recipe.origins());
        self.written = Some((v, origins.clone()));
        origins
    }

    fn share(&mut self, recipe: PlannedRecipe) -> PlannedRecipe {
        PlannedRecipe {
            images: self.images.share(recipe.images),
            details: Details {
                files: self.files.share(recipe.details.files),
                ..recipe.details
            },
            ..recipe
        }
    }
}
