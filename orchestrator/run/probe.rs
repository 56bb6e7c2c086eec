//! Reading from a built image the values that its tags wait for.

use crate::check;
use crate::matrix::{DeferredTag, VariantName};
use crate::name::Reference;
use crate::plan::{Build, DeferredMove, StepId};
use crate::request::{Command, ContainerAnswer, ContainerTask, Ended, Ran, WorldError};
use crate::run::checks::{Subject, request};
use crate::run::publish::Due;
use crate::run::{Done, Failure, RunContext, fetch};
use crate::tag::deferred::{Deferred, probed};
use std::collections::BTreeSet;

/// Runs the commands that a variant's tags wait for, each once, in containers without a network.
pub(super) async fn probe(ctx: &RunContext, step: StepId, build: &Build) -> Result<Done, Failure> {
    let Build { variant, platform } = build;
    let present = fetch::ensure(ctx, build).await?;
    let (engine, _) = ctx.engine()?;
    let subject = Subject {
        engine,
        image: &present.name,
        platform,
        run: &ctx.run,
    };
    let deferred = &ctx.plan.variant(variant).deferred;
    let lines: BTreeSet<&str> = deferred.iter().flat_map(DeferredTag::probes).collect();
    for line in &lines {
        let ContainerAnswer::Ran(ran) = engine
            .examine(request(&subject, ContainerTask::Run(command(line))))
            .await?
        else {
            let why = "the engine answered another request";
            return Err(WorldError::refused(*line, why).into());
        };
        let failed = |why| WorldError::refused(format!("{{probe:{line}}} of {variant}"), why);
        let value = read(&ran).map_err(failed)?;
        ctx.note(step, format!("`{line}` gives {value}"));
        ctx.images.learn(variant, line, value);
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

/// The value in the output. Standard error counts if standard output is empty: some tools print their version there.
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
        Ended::TooLate => Err("it exceeded its time limit".into()),
        Ended::NotStarted(why) => Err(format!("it did not start: {why}")),
    }
}

/// The probed tags of a variant that are due. Each has one owner: one that another variant has, declared or read from its
/// image in this run, is refused before anything of this variant moves.
pub(super) fn due(
    ctx: &RunContext,
    v: &VariantName,
    deferred: &[DeferredMove],
) -> Result<Vec<Due>, WorldError> {
    let due = deferred.iter().filter(|deferred| deferred.held.is_none());
    due.map(|deferred| {
        Ok(Due {
            reference: reference(ctx, v, deferred)?,
            kind: deferred.tag.kind,
            was: None,
            versions: Default::default(),
            counted: None,
        })
    })
    .collect()
}

fn reference(
    ctx: &RunContext,
    v: &VariantName,
    deferred: &DeferredMove,
) -> Result<Reference, WorldError> {
    let probed = ctx.images.probed(v);
    let value = |deferred: &Deferred| match deferred {
        Deferred::Probe(line) => probed.get(line).cloned().unwrap_or_default(),
        Deferred::Revision => String::new(),
    };
    let written = deferred.tag.written();
    let filled = deferred
        .tag
        .fill(value)
        .map_err(|why| WorldError::refused(format!("{written} of {v}"), why.to_string()))?;
    let reference = Reference::tagged(deferred.repository.clone(), filled);
    match ctx.images.claim(&reference, v) {
        None => Ok(reference),
        Some(other) => {
            let why = format!("{written} of {v} resolves to this tag, and {other} has it, too");
            Err(WorldError::refused(reference.to_string(), why))
        }
    }
}
