//! The planner of `kiln test`: takes images and runs their checks; builds and publishes nothing.

use crate::matrix::{Variant, VariantId};
use crate::name::{Platform, Reference};
use crate::plan::{Action, Materials, Plan, Reason, Step, UseFrom};
use std::collections::BTreeSet;

/// Which images are tested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TestImages {
    /// Those that the engine has under their public names.
    Built,
    /// Those that the registries serve.
    Published,
    /// This one, with the checks of each selected variant.
    Image(Reference),
}

/// Plans the test of the selected variants that have checks, on the engine's own platform where they have it. A variant
/// without a public name has no image to test and no step.
pub fn test(
    materials: &Materials<'_>,
    selected: &BTreeSet<VariantId>,
    tested: &TestImages,
    native: &Platform,
) -> Plan {
    let fleet = materials.fleet;
    let mut plan = Plan::of(fleet, false);
    let has_checks = |variant: &&Variant| !variant.checks.is_empty();
    let wanted = selected.iter().map(|v| fleet.variant(*v));
    for variant in wanted.filter(has_checks) {
        let name = materials.names[variant.id].clone();
        let planned = materials.planned(variant.id);
        plan.variants.insert(name.clone(), Box::new(planned));
        let Some(action) = taken(variant, tested) else {
            continue;
        };
        let own = variant.platforms.iter().find(|p| *p == native);
        let platform = own.or(variant.platforms.first()).unwrap_or(native);
        let taken = plan.steps.next_key();
        let step = |action, after| Step {
            variant: name.clone(),
            platform: Some(platform.clone()),
            action,
            reasons: vec![Reason::Asked].into(),
            after,
        };
        let check = step(Action::Check, vec![taken]);
        plan.steps.extend([step(action, Vec::new()), check]);
    }
    plan
}

fn taken(variant: &Variant, tested: &TestImages) -> Option<Action> {
    let (image, from) = match tested {
        TestImages::Built => (variant.public_name()?, UseFrom::Engine),
        TestImages::Published => (variant.public_name()?, UseFrom::Registry),
        TestImages::Image(image) => (image.clone(), UseFrom::Either),
    };
    let image = Box::new(image);
    Some(Action::Use { image, from })
}
