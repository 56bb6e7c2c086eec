//! Determines on which platform each stage runs, and which images a build for a platform needs.
//!
//! A stage runs on the platform in its FROM, or else on the target platform. A stage that is based on another stage runs
//! on that stage's platform, whatever its own FROM specifies. Only the stages that the last one needs are built.

use super::form::ExpandFault;
use super::scope::{Scope, unresolved};
use super::walk::{FromParts, Link, Walk};
use super::{Dockerfile, Fault, instruction::Instruction, stage};
use crate::dockerfile::{ImageRefKind, RunsOn, UnneededStage};
use crate::name::Platform;
use crate::text::Shown;
use std::ops::Range;

/// The value of the `--platform` of a FROM, per target platform.
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
            format!("`--platform={}`: {why}", flag.value.shown()),
            flag.whole(),
        )
    };
    let one = |(at, target): (usize, &Platform)| match scope.expand_on(at, &flag.value) {
        // Without an architecture, it is that of the machine that builds.
        Ok(word) if word == "linux" => Ok(RunsOn::Build),
        Ok(word) => match Platform::as_docker_reads(&word) {
            Ok(platform) if platform == *target => Ok(RunsOn::Target),
            Ok(platform) => Ok(RunsOn::Platform(Box::new(platform))),
            Err(why) => Err(unknown(&why)),
        },
        Err(ExpandFault::Unset(name)) if scope.is_automatic(&name) => Ok(RunsOn::Build),
        Err(why) => Err(unresolved(
            scope,
            instruction,
            &flag.value,
            flag.whole(),
            why,
        )),
    };
    targets.iter().enumerate().map(one).collect()
}

/// Records for each image on which platforms a build needs it, and reports a target that does not run on the
/// platform of the image.
pub(super) fn settle(walk: &Walk<'_>, file: &mut Dockerfile) {
    let (links, targets, last) = (&walk.links, walk.scope.targets(), walk.target);
    if links.is_empty() {
        return;
    }
    let mut pins = Vec::new();
    let mut used = vec![false; links.len()];
    for (at, target) in targets.iter().enumerate() {
        let needed = needed(links, last, at);
        used.iter_mut()
            .zip(&needed)
            .for_each(|(used, needed)| *used |= needed);
        let stages = &file.stages;
        let need = |kind: ImageRefKind, line: usize| {
            let stage = stages.partition_point(|stage| stage.line <= line);
            let used = stage.checked_sub(1).filter(|stage| needed[*stage]);
            used.and_then(|stage| match kind {
                ImageRefKind::From => links[root(links, stage, at)].on.get(at).cloned(),
                ImageRefKind::CopyFrom | ImageRefKind::MountFrom => Some(RunsOn::Target),
                ImageRefKind::Syntax => None,
            })
        };
        for image_ref in &mut file.image_refs {
            image_ref.needs.push(need(image_ref.kind, image_ref.line));
        }
        for folder_ref in &mut file.folder_refs {
            folder_ref
                .needs
                .push(need(folder_ref.kind, folder_ref.line));
        }
        let root = root(links, last, at);
        match links[root].on.get(at) {
            None | Some(RunsOn::Target) => {}
            Some(on) => pins.push((root, on, target)),
        }
    }
    file.unneeded = unneeded(links, &used, file);
    if !targets.is_empty() {
        let stages = &file.unneeded;
        let is_built = |at: usize| !stages.iter().any(|one| one.instructions.contains(&at));
        let counts = |fault: &Fault| !fault.if_built || is_built(fault.bytes.start);
        file.faults.retain(counts);
        file.warnings.retain(counts);
    }
    match pins.as_slice() {
        [] => {}
        // Only the engine tells whether its build platform is a different one.
        [(root, RunsOn::Build, _)] if targets.len() == 1 => file.native = Some(links[*root].line),
        pins => file.faults.push(pinned(&links[pins[0].0], pins)),
    }
}

/// The stages before the target that no build needs.
fn unneeded(links: &[Link], used: &[bool], file: &Dockerfile) -> Vec<UnneededStage> {
    let end = file.instructions.last().map_or(0, |last| last.bytes.end);
    let ends = links.iter().skip(1).map(|next| next.from.start);
    let stages = links.iter().zip(ends.chain([end])).zip(used).enumerate();
    let unneeded = stages.filter(|(_, ((link, end), used))| !**used && link.from.end <= *end);
    let last_used = used.iter().rposition(|used| *used);
    let is_numbered = file.instructions.iter().any(stage::names_number);
    unneeded
        .map(|(at, ((link, end), _))| UnneededStage {
            image: link.image.clone(),
            instructions: link.from.end..end,
            whole: (!is_numbered || last_used < Some(at)).then(|| whole(link, end, file)),
        })
        .collect()
}

/// A stage with what is between it and the instruction before it. `end` is where the next one begins.
fn whole(link: &Link, end: usize, file: &Dockerfile) -> Range<usize> {
    let own = file.instructions.iter().map(|one| one.bytes.end);
    let replaced = file.replaced.iter().map(|bytes| bytes.end);
    let others = own.clone().chain(replaced);
    let before = others.filter(|one| *one <= link.from.start).max();
    let last = own.filter(|one| *one <= end).max();
    before.unwrap_or(link.from.start)..last.unwrap_or(end)
}

fn pinned(link: &Link, pins: &[(usize, &RunsOn, &Platform)]) -> Fault {
    let targets: Vec<String> = pins
        .iter()
        .map(|(_, _, target)| target.to_string())
        .collect();
    let targets = targets.join(", ");
    let (message, instead) = match pins[0].1 {
        RunsOn::Platform(platform) => (
            format!("the last stage is pinned to {platform}, but the image is built for {targets}"),
            format!(", or write `platforms \"{platform}\"` in kiln.kdl"),
        ),
        _ => (
            format!(
                "the last stage runs on the build platform, but the image is built for {targets}"
            ),
            String::new(),
        ),
    };
    Fault::new("dockerfile::pinned", message, link.bytes.clone(), link.line).help(format!(
        "remove `--platform`{instead}; only a stage that is copied from (`COPY --from`) may run on another platform"
    ))
}

/// The first stage in the chain of stages that a stage is based on.
pub(super) fn root(links: &[Link], mut stage: usize, at: usize) -> usize {
    while let Some(below) = links[stage].below.get(at).copied().flatten() {
        stage = below;
    }
    stage
}

/// Which stages the target needs on a platform, itself included. Stages only use earlier ones, so one backward pass is
/// enough.
pub(super) fn needed(links: &[Link], target: usize, at: usize) -> Vec<bool> {
    let mut needed = vec![false; links.len()];
    if let Some(target) = needed.get_mut(target) {
        *target = true;
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
