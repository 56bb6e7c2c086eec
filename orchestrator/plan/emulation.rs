//! What a plan runs on other platforms than the engine's own, and whether the engine emulates these.

use crate::dockerfile::Executed;
use crate::name::Platform;
use crate::plan::{Action, Build, Plan, PlannedRecipe, Unsupported};
use crate::request::EngineInfo;
use std::collections::{BTreeMap, BTreeSet};

/// A platform that an engine does not run natively, and what a plan runs there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// The platform.
    pub platform: Platform,
    /// How many images need it.
    pub images: usize,
    /// What runs there first: `app:1: app/Dockerfile:2: RUN`.
    pub first: String,
}

/// What a plan runs on platforms that the engine does not run natively, by RUN instructions and by checks.
pub fn foreign(plan: &Plan, info: &EngineInfo) -> Vec<Foreign> {
    let mut found: BTreeMap<Platform, (BTreeSet<Build>, String)> = BTreeMap::new();
    let mut add = |platform: &Platform, build: &Build, what: &dyn Fn() -> String| {
        if is_native(&info.platform, platform) {
            return;
        }
        let (images, _) = found
            .entry(platform.clone())
            .or_insert_with(|| (BTreeSet::new(), format!("{}: {}", build.variant, what())));
        images.insert(build.clone());
    };
    for (build, recipe) in plan.recipes() {
        for one in executed(plan, &build, recipe) {
            let platform = one.on.platform(&build.platform, &info.platform);
            add(platform, &build, &|| {
                format!("{}: RUN", recipe.place(one.line))
            });
        }
    }
    for step in plan
        .steps
        .iter()
        .filter(|step| step.action == Action::Check)
    {
        let checks = &plan.variant(&step.variant).checks;
        let Some(build) = step.build() else {
            continue;
        };
        let mut of_it = checks.iter().filter(|check| check.is_for(&build.platform));
        if let Some(check) = of_it.find(|check| check.runs_programs()) {
            add(&build.platform, &build, &|| {
                format!("the check `{}`", check.title)
            });
        }
    }
    let found = found.into_iter();
    found
        .map(|(platform, (images, first))| Foreign {
            platform,
            images: images.len(),
            first,
        })
        .collect()
}

pub(super) fn executed<'a>(
    plan: &Plan,
    build: &Build,
    recipe: &'a PlannedRecipe,
) -> &'a [Executed] {
    let platforms = &plan.variant(&build.variant).platforms;
    let at = platforms.iter().position(|one| *one == build.platform);
    let executed = at.and_then(|at| recipe.executed.get(at));
    executed.map_or(&[], Vec::as_slice)
}

/// Processors of amd64 run programs for 386. Those of arm64 may or may not run programs for arm.
pub(super) fn is_native(own: &Platform, other: &Platform) -> bool {
    let words = |platform: &Platform| (platform.os.clone(), platform.architecture.clone());
    let is_smaller = words(own) == ("linux".into(), "amd64".into())
        && words(other) == ("linux".into(), "386".into());
    is_smaller || own.runs(other)
}

/// Compares what a plan runs with the platforms that the engine reports: what is worth to know before the first build.
///
/// # Errors
/// Each platform that the engine neither runs nor emulates.
pub fn emulated(
    foreign: &[Foreign],
    info: &EngineInfo,
    reported: Option<&[Platform]>,
) -> Result<Vec<String>, Vec<Unsupported>> {
    let Some(reported) = reported else {
        return Ok(foreign.iter().map(|one| unknown(one, info)).collect());
    };
    let runs = |one: &&Foreign| reported.iter().any(|platform| platform.runs(&one.platform));
    let (emulated, refused): (Vec<&Foreign>, Vec<&Foreign>) = foreign.iter().partition(runs);
    match refused.is_empty() {
        true => Ok(emulated.iter().map(|one| note(one, info)).collect()),
        false => Err(refused.iter().map(|one| refusal(one, info)).collect()),
    }
}

fn images(count: usize) -> String {
    match count {
        1 => String::from("1 image"),
        _ => format!("{count} images"),
    }
}

fn note(one: &Foreign, info: &EngineInfo) -> String {
    format!(
        "{} is emulated by {} on {}, which is several times slower: {}",
        one.platform,
        info.title(),
        info.platform,
        images(one.images)
    )
}

fn unknown(one: &Foreign, info: &EngineInfo) -> String {
    format!(
        "{} on {} does not report whether it emulates {}; without that, {} will fail ({})",
        info.title(),
        info.platform,
        one.platform,
        images(one.images),
        one.first
    )
}

fn refusal(one: &Foreign, info: &EngineInfo) -> Unsupported {
    let (platform, needed) = (&one.platform, images(one.images));
    Unsupported {
        message: format!(
            "{} is for {platform}, which {} on {} neither runs nor emulates ({needed})",
            one.first,
            info.title(),
            info.platform
        ),
        help: format!(
            "install emulators on the machine of the engine (kiln's docs/engines.md), build on an engine of that platform, or take {platform} out of `platforms`"
        ),
    }
}

#[cfg(test)]
mod tests;
