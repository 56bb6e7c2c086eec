//! Which platform each stage runs on, and which images a build for a platform needs.
//!
//! A stage runs on the platform that its FROM says, else on the target's; one that is FROM another stage runs where that
//! stage runs, whatever it says itself. Only the stages that the last one needs are built.

use super::expand::ExpandFault;
use super::image_ref;
use super::scope::Scope;
use super::stage::FromParts;
use super::{Dockerfile, Fault, instruction::Instruction};
use crate::name::Platform;
use crate::render::{ImageRefKind, RunsOn};
use std::ops::Range;

/// One stage as the walk found it. The lists have an entry for each platform that the file is built for.
#[derive(Debug, Default)]
pub(super) struct Link {
    /// The earlier stage that it is FROM, if it is FROM a stage.
    pub below: Vec<Option<usize>>,
    /// Where it runs by its own words.
    pub on: Vec<RunsOn>,
    /// Earlier stages that COPY and mounts take files from.
    pub copies: Vec<usize>,
    /// The place of its `--platform`, else of its FROM.
    pub bytes: Range<usize>,
    /// From 1.
    pub line: usize,
}

/// What the `--platform` of a FROM comes to on each platform.
pub(super) fn on(
    scope: &Scope<'_>,
    instruction: &Instruction,
    from: &FromParts,
) -> Result<Vec<RunsOn>, Fault> {
    let targets = scope.targets();
    let Some(flag) = &from.platform else {
        return Ok(vec![RunsOn::Target; targets.len()]);
    };
    let unknown = |why: &dyn std::fmt::Display| {
        instruction.fault(
            "dockerfile::platform",
            format!("`--platform={}`: {why}", flag.value.escape_debug()),
            flag.whole(),
        )
    };
    let one = |(at, target): (usize, &Platform)| match scope.expand_on(at, &flag.value) {
        Ok(word) => match Platform::as_docker_reads(&word) {
            Ok(platform) if platform == *target => Ok(RunsOn::Target),
            Ok(platform) => Ok(RunsOn::Platform(Box::new(platform))),
            Err(why) => Err(unknown(&why)),
        },
        Err(ExpandFault::Unset(name)) if scope.is_automatic(&name) => Ok(RunsOn::Build),
        Err(why) => Err(image_ref::unresolved(
            scope,
            instruction,
            &flag.value,
            flag.whole(),
            why,
        )),
    };
    targets.iter().enumerate().map(one).collect()
}

/// Notes for each image on which platforms a build takes it, and finds fault with a last stage that does not run on
/// the platform that the image is for.
pub(super) fn settle(links: &[Link], targets: &[Platform], file: &mut Dockerfile) {
    let Some(last) = links.len().checked_sub(1) else {
        return;
    };
    let mut pins = Vec::new();
    for (at, target) in targets.iter().enumerate() {
        let needed = needed(links, at);
        for image_ref in &mut file.image_refs {
            let stage = file
                .stages
                .partition_point(|stage| stage.line <= image_ref.line);
            let taken = stage.checked_sub(1).filter(|stage| needed[*stage]);
            image_ref
                .needs
                .push(taken.and_then(|stage| match image_ref.kind {
                    ImageRefKind::From => links[ground(links, stage, at)].on.get(at).cloned(),
                    ImageRefKind::CopyFrom | ImageRefKind::MountFrom => Some(RunsOn::Target),
                    ImageRefKind::Syntax => None,
                }));
        }
        let ground = ground(links, last, at);
        match links[ground].on.get(at) {
            None | Some(RunsOn::Target) => {}
            Some(on) => pins.push((ground, on, target)),
        }
    }
    match pins.as_slice() {
        [] => {}
        // Whether the build platform is another one is known once the engine is.
        [(ground, RunsOn::Build, _)] if targets.len() == 1 => {
            file.native = Some(links[*ground].line)
        }
        pins => file.faults.push(pinned(&links[pins[0].0], pins)),
    }
}

fn pinned(link: &Link, pins: &[(usize, &RunsOn, &Platform)]) -> Fault {
    let targets: Vec<String> = pins
        .iter()
        .map(|(_, _, target)| target.to_string())
        .collect();
    let targets = targets.join(", ");
    let (message, instead) = match pins[0].1 {
        RunsOn::Platform(platform) => (
            format!("the last stage is pinned to {platform}, and the image is built for {targets}"),
            format!(", or say `platforms \"{platform}\"` in kiln.kdl"),
        ),
        _ => (
            format!(
                "the last stage runs on the build platform, and the image is built for {targets}"
            ),
            String::new(),
        ),
    };
    Fault::new("dockerfile::pinned", message, link.bytes.clone(), link.line).help(format!(
        "leave out `--platform`{instead}; only a stage that is copied from (`COPY --from`) may run on another platform"
    ))
}

/// The stage on which a stage is based in the end.
fn ground(links: &[Link], mut stage: usize, at: usize) -> usize {
    while let Some(below) = links[stage].below.get(at).copied().flatten() {
        stage = below;
    }
    stage
}

/// Which stages the last one needs on a platform. Stages name earlier ones only, so one pass back suffices.
fn needed(links: &[Link], at: usize) -> Vec<bool> {
    let mut needed = vec![false; links.len()];
    if let Some(last) = needed.last_mut() {
        *last = true;
    }
    for stage in (0..links.len()).rev() {
        if needed[stage] {
            let below = links[stage].below.get(at).copied().flatten();
            for other in links[stage].copies.iter().copied().chain(below) {
                needed[other] = true;
            }
        }
    }
    needed
}
