//! Whether an engine can carry out one step of a plan, where a run has several engines.

use crate::name::Platform;
use crate::plan::emulation::{executed, is_native};
use crate::plan::engine_support::{Unfit, lacks_for};
use crate::plan::{Action, Plan, Step};
use crate::request::EngineInfo;

/// Whether an engine can carry out a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fit {
    /// It can, with programs of its own platform.
    Native,
    /// It can, by emulation.
    Emulated,
    /// It cannot.
    Unfit,
}

/// Whether an engine can carry out a step. An engine that does not report which platforms it emulates may emulate any.
pub fn fit(plan: &Plan, step: &Step, info: &EngineInfo, reported: Option<&[Platform]>) -> Fit {
    if !why_unfit(plan, step, info, reported).is_empty() {
        return Fit::Unfit;
    }
    let foreign = platforms(plan, step, info);
    match foreign
        .iter()
        .all(|platform| is_native(&info.platform, platform))
    {
        true => Fit::Native,
        false => Fit::Emulated,
    }
}

/// Each reason why an engine cannot carry out a step; none if it can.
pub fn why_unfit(
    plan: &Plan,
    step: &Step,
    info: &EngineInfo,
    reported: Option<&[Platform]>,
) -> Vec<Unfit> {
    let recipe = plan.variant(&step.variant).recipe.as_ref();
    if let (Action::Build, Some(build), Some(recipe)) = (&step.action, step.build(), recipe) {
        let lacking: Vec<Unfit> = lacks_for(plan, &build, recipe, info).collect();
        if !lacking.is_empty() {
            return lacking;
        }
    }
    let runs = |reported: &[Platform], platform: &Platform| {
        is_native(&info.platform, platform) || reported.iter().any(|one| one.runs(platform))
    };
    let missing = reported.and_then(|reported| {
        let needed = platforms(plan, step, info);
        needed.into_iter().find(|one| !runs(reported, one))
    });
    let message = missing.map(|missing| {
        format!(
            "{} on {} neither runs nor emulates {missing}",
            info.title(),
            info.platform
        )
    });
    let unfit = message.map(|message| Unfit {
        same: message.clone(),
        message,
    });
    unfit.into_iter().collect()
}

/// The platforms of the programs that a step runs.
fn platforms(plan: &Plan, step: &Step, info: &EngineInfo) -> Vec<Platform> {
    let Some(build) = step.build() else {
        return Vec::new();
    };
    let variant = plan.variant(&step.variant);
    match (&step.action, &variant.recipe) {
        (Action::Build, Some(recipe)) => {
            let all = executed(plan, &build, recipe).iter();
            let all = all.map(|one| one.on.platform(&build.platform, &info.platform).clone());
            all.collect()
        }
        (Action::Check, _) => {
            let mut checks = variant.checks.iter();
            let runs = checks.any(|one| one.is_for(&build.platform) && one.runs_programs());
            runs.then_some(build.platform).into_iter().collect()
        }
        (Action::Probe, _) => vec![build.platform],
        _ => Vec::new(),
    }
}
