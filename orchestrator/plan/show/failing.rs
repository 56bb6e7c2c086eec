//! What a plan is known to fail at: builds on outside images that could not be looked up, images whose public tags could not
//! be read, and all that waits for them.

use crate::matrix::VariantName;
use crate::name::Reference;
use crate::plan::{Action, ImageSource, Plan, PlannedRecipe, Step, StepId};
use crate::request::FaultKind;
use crate::text::count;
use std::collections::{BTreeMap, HashMap};

/// The steps of a plan that will fail or will not be reached.
pub(super) struct Failing<'a> {
    plan: &'a Plan,
    steps: BTreeMap<StepId, Cause<'a>>,
    /// By variant, the first of them.
    first: HashMap<&'a VariantName, Cause<'a>>,
}

/// Why a step fails.
#[derive(Clone, Copy)]
enum Cause<'a> {
    /// An outside image is not known, which the recipe names in this line.
    Base(&'a Reference, usize),
    /// A public tag could not be read.
    Public(&'a Reference),
    /// A step of this variant fails, and it waits for that.
    Other(&'a VariantName),
}

impl<'a> Failing<'a> {
    pub(super) fn of(plan: &'a Plan) -> Self {
        let (mut steps, mut first) = (BTreeMap::new(), HashMap::new());
        // Every step comes after those that it waits for.
        for (id, step) in plan.iter().filter(|_| !plan.unknown.is_empty()) {
            let waits = || step.after.iter().find(|other| steps.contains_key(*other));
            let other = || waits().map(|other| Cause::Other(&plan.step(*other).variant));
            if let Some(cause) = unknown(plan, step).or_else(other) {
                steps.insert(id, cause);
                first.entry(&step.variant).or_insert(cause);
            }
        }
        Self { plan, steps, first }
    }

    /// The number of builds that fail.
    pub(super) fn builds(&self) -> usize {
        let steps = self.steps.keys();
        steps
            .filter(|id| self.plan.step(**id).action == Action::Build)
            .count()
    }

    /// The number of public tags that therefore stay.
    pub(super) fn due(&self) -> usize {
        self.steps.keys().map(|id| self.plan.step(*id).due()).sum()
    }

    /// `; 4 builds will fail: base debian:13 was not found`
    pub(super) fn headline(&self) -> String {
        let bases = self.plan.unknown.keys();
        let bases: Vec<String> = bases.map(|base| self.base(base)).collect();
        match self.builds() {
            0 => String::new(),
            n => format!("; {} will fail: {}", count(n, "build"), bases.join(", ")),
        }
    }

    /// Why a variant fails, if it does.
    pub(super) fn why(&self, name: &VariantName) -> Option<String> {
        Some(match self.first.get(name)? {
            Cause::Base(base, line) => {
                let recipe = self.plan.variant(name).recipe.as_ref();
                let place = recipe.map(|recipe| format!(" ({})", recipe.origin(*line)));
                self.base(base) + &place.unwrap_or_default()
            }
            Cause::Public(reference) => {
                let unknown = self.plan.unknown.get(reference);
                let place = unknown.and_then(|unknown| unknown.published.as_ref());
                let place = place.map(|place| format!(" ({place})"));
                self.base(reference) + &place.unwrap_or_default()
            }
            Cause::Other(parent) => format!("it waits for {parent}, which fails"),
        })
    }

    fn base(&self, base: &Reference) -> String {
        let unknown = self.plan.unknown.get(base);
        match unknown {
            Some(unknown) if unknown.published.is_some() => {
                format!("{} was not read", base.familiar())
            }
            _ => format!(
                "base {} {}",
                base.familiar(),
                was_not(unknown.map(|one| one.kind))
            ),
        }
    }
}

/// `was not found`, or `was not looked up` if the registry did not say so.
pub(super) fn was_not(kind: Option<FaultKind>) -> &'static str {
    match kind {
        Some(FaultKind::NotFound) => "was not found",
        _ => "was not looked up",
    }
}

/// The first image that a build needs to know of and that is not known.
fn unknown<'a>(plan: &'a Plan, step: &Step) -> Option<Cause<'a>> {
    let built = step.action == Action::Build;
    let recipe: &PlannedRecipe = plan
        .variant(&step.variant)
        .recipe
        .as_ref()
        .filter(|_| built)?;
    let builds = recipe.builds.iter().flatten();
    let mut unknown = builds.clone().flat_map(|build| &build.inputs.unknown);
    let is_public = |name: &&Reference| {
        plan.unknown
            .get(*name)
            .is_some_and(|one| one.published.is_some())
    };
    if let Some(reference) = unknown.find(is_public) {
        return Some(Cause::Public(reference));
    }
    let gone = |base: &Reference| {
        let mut gone = builds.clone().flat_map(|build| &build.inputs.gone);
        gone.find(|one| one.repository == base.repository)
    };
    recipe.images.iter().find_map(|image| match &image.source {
        ImageSource::Base(base) if image.at.is_needed() => {
            let unknown = plan.unknown.contains_key(base).then_some(base);
            Some(Cause::Base(unknown.or_else(|| gone(base))?, image.at.line))
        }
        _ => None,
    })
}
