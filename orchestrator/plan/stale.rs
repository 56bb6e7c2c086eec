//! Which images are stale: what a plan does not keep, closed over what is based on it.

use crate::matrix::VariantName;
use crate::name::Platform;
use crate::plan::{Plan, Reason};
use indexmap::IndexMap;

/// What a plan does with the images of one variant.
#[derive(Debug, Clone, PartialEq)]
pub struct Freshness {
    /// The variant.
    pub variant: VariantName,
    /// Its platforms, or one entry for all of them.
    pub builds: Vec<FreshnessOn>,
}

/// What a plan does with one image, or with all of a variant.
#[derive(Debug, Clone, PartialEq)]
pub struct FreshnessOn {
    /// `None` if it is about all platforms.
    pub platform: Option<Platform>,
    /// `build`, `take`, `skip` or `keep`.
    pub does: &'static str,
    /// Whether it is built only if a parent does not come out the same.
    pub conditional: bool,
    /// Why; all reasons that apply, the most important first.
    pub reasons: Vec<Reason>,
}

impl Freshness {
    /// Whether an image of the variant differs from what it would be made from today.
    pub fn is_stale(&self) -> bool {
        self.builds.iter().any(FreshnessOn::is_stale)
    }
}

impl FreshnessOn {
    /// Whether it is not kept. What is withdrawn, or based on that, stays as it is until it is mended: no run would make it new.
    pub fn is_stale(&self) -> bool {
        let is_withdrawn = self.reasons.first().is_some_and(Reason::is_withdrawn);
        self.does != KEEP && !is_withdrawn
    }
}

const KEEP: &str = "keep";

/// The variants of a plan, in its order, with what happens to their images.
pub fn freshness(plan: &Plan) -> Vec<Freshness> {
    let mut all: IndexMap<&VariantName, Vec<FreshnessOn>> = IndexMap::new();
    for step in plan.steps.iter().filter(|step| step.settles_image()) {
        let builds = all.entry(&step.variant).or_default();
        builds.push(FreshnessOn {
            platform: step.platform.clone(),
            does: step.action.word(),
            conditional: plan.is_conditional(step),
            reasons: step.reasons.to_vec(),
        });
    }
    all.into_iter()
        .map(|(variant, builds)| Freshness {
            variant: variant.clone(),
            builds,
        })
        .collect()
}
