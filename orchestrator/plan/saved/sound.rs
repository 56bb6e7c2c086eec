//! Whether a plan that was read from a file can be carried out: its steps name each other, variants and platforms.

use super::made;
use crate::plan::{Action, Plan, PlannedVariant, Step, StepId};

/// Says what is wrong with a plan.
pub(super) fn check(plan: &Plan) -> Result<(), String> {
    if !plan.push {
        return Err("it does not publish".into());
    }
    for (name, variant) in &plan.variants {
        check_variant(variant).map_err(|why| format!("{name} {why}"))?;
        made::check(plan, name, variant)?;
    }
    for (id, step) in plan.iter() {
        check_step(plan, id, step).map_err(|why| format!("step {}: {why}", id.0))?;
    }
    Ok(())
}

fn check_variant(variant: &PlannedVariant) -> Result<(), &'static str> {
    let platforms = variant.platforms.len();
    let builds = variant.recipe.as_ref().map(|recipe| recipe.builds.len());
    match () {
        () if platforms == 0 => Err("has no platform"),
        () if variant.staging.is_none() => Err("is staged nowhere"),
        () if variant.standing.len() != platforms => Err("does not say what each platform has"),
        () if builds.is_some_and(|builds| builds != platforms) => {
            Err("does not say how each platform is built")
        }
        () if !variant.fallback.is_empty() && variant.fallback.len() != platforms => {
            Err("does not say what stays on each platform")
        }
        () => Ok(()),
    }
}

fn check_step(plan: &Plan, id: StepId, step: &Step) -> Result<(), String> {
    let known = |name| {
        let unknown = || format!("the plan does not describe {name}");
        plan.variants.get(name).ok_or_else(unknown)
    };
    let variant = known(&step.variant)?;
    if let Some(platform) = &step.platform
        && !variant.platforms.contains(platform)
    {
        return Err(format!("{} has no platform {platform}", step.variant));
    }
    if step.after.iter().any(|after| *after >= id) {
        return Err("it waits for a step that comes later".into());
    }
    match &step.action {
        Action::Share { owners, .. } if owners.is_empty() => {
            Err("it combines the images of no variant".into())
        }
        Action::Share { owners, .. } => owners
            .iter()
            .try_for_each(|owner| known(&owner.variant).map(drop)),
        Action::Find | Action::Use { .. } | Action::Name { .. } => {
            let word = step.action.word();
            Err(format!(
                "a plan that is saved has no step of the kind `{word}`"
            ))
        }
        _ => Ok(()),
    }
}
