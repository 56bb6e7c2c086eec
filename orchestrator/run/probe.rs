//! Reading from a built image the values that its tags wait for.

use crate::check;
use crate::matrix::{DeferredTag, VariantName};
use crate::memory::Record;
use crate::name::Reference;
use crate::plan::{Applied, Build, DeferredMove, StepId};
use crate::request::{Command, ContainerAnswer, ContainerTask, Ended, Ran, WorldError};
use crate::run::checks::{Subject, request};
use crate::run::due::Due;
use crate::run::staged::{known, staged_part};
use crate::run::{Done, Failure, RunContext, fetch, record};
use crate::tag::deferred::{Deferred, probed};
use std::collections::{BTreeMap, BTreeSet};

/// Runs the commands that a variant's tags wait for, each once, in containers without a network.
/// What the record of the image says is not read again.
pub(super) async fn probe(ctx: &RunContext, step: StepId, build: &Build) -> Result<Done, Failure> {
    let Build { variant, platform } = build;
    let lines = lines(ctx, variant);
    let known = remembered(ctx, build).await?;
    if lines.iter().all(|line| known.contains_key(*line)) {
        known
            .into_iter()
            .for_each(|(line, value)| ctx.images.learn(variant, &line, value));
        return Ok(Done::Probed { values: 0 });
    }
    let present = fetch::ensure(ctx, build).await?;
    let (engine, _) = ctx.engine()?;
    let subject = Subject {
        engine,
        image: &present.name,
        platform,
        run: &ctx.run,
    };
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
    if ctx.plan.applied == Some(Applied::Only) {
        tell(ctx, build).await?;
    }
    Ok(Done::Probed {
        values: lines.len(),
    })
}

/// Records what was read with its image: another job moves the tags.
async fn tell(ctx: &RunContext, build: &Build) -> Result<(), WorldError> {
    let part = staged_part(build, known(ctx, build)?)?;
    let digest = part.digest;
    let own = Record {
        probed: ctx.images.probed(&build.variant),
        ..Record::of(&ctx.plan.fleet, vec![part])
    };
    record::add(ctx, &build.variant, digest, own).await
}

/// The commands that a variant's tags wait for.
fn lines<'a>(ctx: &'a RunContext, v: &VariantName) -> BTreeSet<&'a str> {
    let deferred = ctx.plan.variant(v).deferred.iter();
    deferred.flat_map(DeferredTag::probes).collect()
}

/// What was read from an image by an earlier run.
async fn remembered(
    ctx: &RunContext,
    build: &Build,
) -> Result<BTreeMap<String, String>, WorldError> {
    let part = ctx.images.known(build).and_then(|image| image.part);
    let (Some(part), true) = (part, ctx.plan.push) else {
        return Ok(BTreeMap::new());
    };
    let record = record::of(ctx, &build.variant, part.digest).await?;
    Ok(record.map(|record| record.probed).unwrap_or_default())
}

/// Reads what is missing, since another run's image has taken the place of this one's.
pub(super) async fn complete(
    ctx: &RunContext,
    step: StepId,
    v: &VariantName,
    deferred: &[DeferredMove],
) -> Result<(), Failure> {
    let known = ctx.images.probed(v);
    let mut due = deferred.iter().filter(|deferred| deferred.held.is_none());
    let mut platforms = ctx.plan.variant(v).platforms.iter();
    match platforms.next() {
        Some(first) if due.any(|one| one.tag.probes().any(|line| !known.contains_key(line))) => {
            let build = Build::of(v, first);
            probe(&ctx.near(&build), step, &build).await.map(drop)
        }
        _ => Ok(()),
    }
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
        prints: true,
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
            seen: false,
            versions: Default::default(),
            counted: None,
            varies: true,
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
