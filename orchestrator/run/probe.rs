//! Reading from a built image what a tag waits for.

use crate::check;
use crate::matrix::{DeferredTag, TagKind, VariantId};
use crate::name::{NameError, Platform, Reference, Repository, Tag};
use crate::plan::{DeferredMove, StepId, probed_tag};
use crate::request::{Command, ContainerAnswer, ContainerTask, Ended, Ran, Stored, WorldError};
use crate::run::build::refused;
use crate::run::checks::{Subject, request};
use crate::run::{Done, Failure, RunContext};
use crate::tag::deferred::{Deferred, probed};
use std::collections::BTreeSet;

/// Runs the commands that a variant's tags wait for, each once, in containers without a network.
pub(super) async fn probe(
    ctx: &RunContext,
    step: StepId,
    v: VariantId,
    platform: &Platform,
) -> Result<Done, Failure> {
    let variant = ctx.fleet.variant(v);
    let present = ctx
        .images
        .present(v, platform)
        .ok_or_else(|| refused(&variant.label(), "it is not on the engine"))?;
    let (engine, _) = ctx.engine()?;
    let subject = Subject {
        engine,
        image: &present.name,
        platform,
        run: &ctx.run,
    };
    let lines: BTreeSet<&str> = variant
        .deferred
        .iter()
        .flat_map(DeferredTag::probes)
        .collect();
    for line in &lines {
        let ContainerAnswer::Ran(ran) = engine
            .examine(request(&subject, ContainerTask::Run(command(line))))
            .await?
        else {
            return Err(refused(line, "the engine answered another question").into());
        };
        let value = read(&ran)
            .map_err(|why| refused(&format!("{{probe:{line}}} of {}", variant.label()), &why))?;
        ctx.note(step, format!("`{line}` gives {value}"));
        ctx.images.learn(v, line, value);
    }
    Ok(Done::Probed {
        values: lines.len(),
    })
}

fn command(line: &str) -> Command {
    Command {
        argv: vec!["/bin/sh".into(), "-c".into(), line.into()],
        user: None,
        workdir: None,
        env: Vec::new(),
        network: false,
        within: check::command::WITHIN,
        memory: check::command::MEMORY,
    }
}

/// Standard output counts; tools that print their version to standard error are understood too.
fn read(ran: &Ran) -> Result<String, String> {
    match &ran.ended {
        Ended::Exit(0) if ran.stdout.text.trim().is_empty() => probed(&ran.stderr.text),
        Ended::Exit(0) => probed(&ran.stdout.text),
        Ended::Exit(code) => {
            let last = ran.stderr.tail.last().or(ran.stdout.tail.last());
            Err(format!(
                "it ended with {code}{}",
                last.map(|line| format!(": {line}")).unwrap_or_default()
            ))
        }
        Ended::OutOfMemory => Err("it ran out of memory".into()),
        Ended::TooLate => Err("its time was over".into()),
        Ended::NotStarted(why) => Err(format!("it never began: {why}")),
    }
}

/// The references that a variant's probed tags came to. Each is the variant's own: one that another variant
/// has, declared or read from its image in this run, is refused before anything of this variant moves.
pub(super) fn references(
    ctx: &RunContext,
    v: VariantId,
    deferred: &[DeferredMove],
) -> Result<Vec<(Reference, TagKind)>, WorldError> {
    let due = deferred.iter().filter(|deferred| deferred.held.is_none());
    due.map(|deferred| {
        Ok((
            reference(ctx, v, &deferred.repository, &deferred.tag)?,
            deferred.tag.kind,
        ))
    })
    .collect()
}

/// Notes in the registry that these tags are written, so that a later run need not ask the image again.
pub(super) async fn mark(
    ctx: &RunContext,
    v: VariantId,
    stored: &Stored,
) -> Result<(), WorldError> {
    let variant = ctx.fleet.variant(v);
    let Some(tag) = probed_tag(stored.digest, &variant.deferred) else {
        return Ok(());
    };
    let tag: Tag = tag
        .parse()
        .map_err(|why: NameError| refused(&tag, &why.to_string()))?;
    ctx.registry
        .put(&Reference::tagged(variant.staging.clone(), tag), stored)
        .await
}

fn reference(
    ctx: &RunContext,
    v: VariantId,
    repository: &Repository,
    tag: &DeferredTag,
) -> Result<Reference, WorldError> {
    let label = || ctx.fleet.variant(v).label();
    let value = |deferred: &Deferred| match deferred {
        Deferred::Probe(line) => ctx.images.known(v, line).unwrap_or_default(),
        Deferred::Revision => String::new(),
    };
    let filled = tag.fill(value).map_err(|why| {
        refused(
            &format!("{} of {}", tag.written(), label()),
            &why.to_string(),
        )
    })?;
    let reference = Reference::tagged(repository.clone(), filled);
    match ctx.images.claim(&ctx.fleet, &reference, v) {
        None => Ok(reference),
        Some(other) => {
            let other = ctx.fleet.variant(other).label();
            Err(refused(
                &reference.to_string(),
                &format!(
                    "{} came to this tag by {}, and {other} has it too",
                    label(),
                    tag.written()
                ),
            ))
        }
    }
}
