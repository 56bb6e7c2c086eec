//! Whether the engines of a run can build its plan.

use super::{Engines, TRANSFERS};
use crate::commands::world::{exit, refuse};
use crate::commands::{Exit, World, complain, emulation, tell, warn};
use crate::name::Platform;
use crate::plan::{self, Build, LockSource, Plan, StepId};
use crate::request::{Patience, WorldError};
use crate::run::reach::{self, Question};
use crate::run::{Capacity, Member, Pool};
use crate::survey;
use crate::text::count;
use futures_util::future::join_all;
use std::collections::BTreeSet;

/// Refuses what the engines cannot build or run, and bases that lack a platform.
///
/// # Errors
/// The message was shown.
pub(in crate::commands) async fn check(
    plan: &Plan,
    world: &World,
    engines: Engines,
    is_untrusted: bool,
) -> Result<Pool, Exit> {
    let Engines { members, late } = engines;
    let based = check_bases(plan, world, &members, is_untrusted).await;
    // No emulator gives a base another platform.
    let waits = based.is_ok();
    let pool = match members.as_slice() {
        [one] if late.is_empty() => {
            plan::supports(plan, &one.info).map_err(|lacking| {
                lacking.iter().for_each(|why| complain(&why.to_string()));
                Exit::Wrong
            })?;
            emulation::check(plan, &*one.engine, &one.info, waits).await?;
            Pool::new(members, TRANSFERS)
        }
        _ => several(plan, members, waits, late.is_empty()).await?,
    };
    based?;
    let is_several = pool.size() + late.len() > 1;
    let questions = match plan.push && is_several {
        true => reach::questions(plan, &*world.registry).await,
        false => Vec::new(),
    };
    check_registries(&questions, &pool, world).await?;
    Ok(pool.with_late(late, questions))
}

/// Refuses bases that lack a platform.
///
/// # Errors
/// The message was shown.
async fn check_bases(
    plan: &Plan,
    world: &World,
    engines: &[Member],
    is_untrusted: bool,
) -> Result<(), Exit> {
    let mut platforms: BTreeSet<&Platform> = BTreeSet::new();
    for member in engines {
        if !platforms.insert(&member.info.platform) {
            continue;
        }
        let bases = survey::Bases {
            plan,
            registry: &*world.registry,
            engine: Some((&*member.engine, &member.info.platform)),
            patience: Patience::READ,
            is_untrusted,
        };
        refuse(&bases.unfit().await.map_err(|why| exit(&why))?)?;
    }
    Ok(())
}

/// Refuses what several engines cannot build together, and shows what is emulated. `waits` says whether a missing emulator is
/// waited for. If not `all` engines have answered, another one may build it: then it is a note.
///
/// # Errors
/// The message was shown.
async fn several(plan: &Plan, members: Vec<Member>, waits: bool, all: bool) -> Result<Pool, Exit> {
    let lacking = lacking(plan, members.iter());
    if !lacking.is_empty() {
        lacking.iter().for_each(|why| complain(why));
        return Err(Exit::Wrong);
    }
    let pool = compared(plan, members).await?;
    let who = "the engines lack a platform, and notice";
    let lacks = |pool: &Pool| waits && all && lacks_emulator(plan, pool);
    let again = async |pool: Pool| compared(plan, pool.into_members()).await;
    let pool = emulation::noticed(pool, who, lacks, again).await?;
    refuse_unfit(plan, &pool, all)?;
    Ok(pool)
}

async fn compared(plan: &Plan, members: Vec<Member>) -> Result<Pool, Exit> {
    let asked = join_all(members.into_iter().map(|member| member.reported(plan))).await;
    let members: Result<Vec<Member>, WorldError> = asked.into_iter().collect();
    Ok(Pool::new(members.map_err(|why| exit(&why))?, TRANSFERS))
}

/// Whether an engine could build something that none can, if it had an emulator.
fn lacks_emulator(plan: &Plan, pool: &Pool) -> bool {
    let capacity = pool.capacity(plan);
    let kinds = capacity.kinds.iter().enumerate();
    let mut unfit = kinds.filter(|(_, kind)| kind.is_unfit());
    unfit.any(|(at, _)| {
        let steps = capacity.steps(at);
        let mut reporting = pool.members();
        reporting.any(|one| one.platforms.is_some() && is_supported(plan, &steps, one))
    })
}

/// What keeps a plan from being built by these engines together, whatever platforms they run.
fn lacking<'m>(plan: &Plan, members: impl Iterator<Item = &'m Member>) -> Vec<String> {
    let lacking = members.filter_map(|member| {
        let why = plan::supports_any(plan, &member.info).err()?;
        Some(format!("engine {}: {why}", member.name))
    });
    own_base(plan).into_iter().chain(lacking).collect()
}

/// A base that only an engine has cannot be used by the others.
fn own_base(plan: &Plan) -> Option<String> {
    let mut bases = plan.bases.iter();
    let (base, _) = bases.find(|(_, lock)| lock.source == LockSource::Engine)?;
    Some(format!(
        "base {}: its registry does not have it, and an image that one engine has is not on the others\n  push it to its registry, or build on one engine",
        base.familiar()
    ))
}

fn refuse_unfit(plan: &Plan, pool: &Pool, all: bool) -> Result<(), Exit> {
    let capacity = pool.capacity(plan);
    let unfit = unfit(plan, pool, &capacity);
    show_unfit(&unfit, all, complain);
    if all && !unfit.is_empty() {
        return Err(Exit::Wrong);
    }
    tell_emulated(plan, pool, &capacity);
    Ok(())
}

/// Shows the same for a plan that is not carried out: nothing is refused. Whether a run would be.
pub(super) fn preview(plan: &Plan, pool: &Pool, all: bool) -> bool {
    let lacking = lacking(plan, pool.members());
    if !lacking.is_empty() {
        lacking.iter().for_each(|why| warn(why));
        return all;
    }
    let capacity = pool.capacity(plan);
    let unfit = unfit(plan, pool, &capacity);
    show_unfit(&unfit, all, warn);
    tell_emulated(plan, pool, &capacity);
    all && !unfit.is_empty()
}

/// Shows what no engine can build. If not `all` have answered, another one may.
fn show_unfit(unfit: &[String], all: bool, show: fn(&str)) {
    unfit.iter().for_each(|why| match all {
        true => show(why),
        false => tell(&waiting(why)),
    });
}

fn waiting(why: &str) -> String {
    format!("note: this waits for an engine that has not answered\n{why}")
}

/// What no engine of the pool can build.
fn unfit(plan: &Plan, pool: &Pool, capacity: &Capacity) -> Vec<String> {
    let kinds = capacity.kinds.iter().enumerate();
    let unfit = kinds.filter(|(_, kind)| kind.is_unfit());
    let refused = unfit.map(|(at, _)| refusal(plan, pool, &capacity.steps(at)));
    refused.collect()
}

/// Shows what is built only under emulation.
fn tell_emulated(plan: &Plan, pool: &Pool, capacity: &Capacity) {
    let kinds = capacity.kinds.iter().enumerate();
    for (at, kind) in kinds.filter(|(_, kind)| kind.native.is_empty()) {
        if kind.emulated.is_empty() {
            continue;
        }
        let steps = capacity.steps(at);
        let images: BTreeSet<Build> = steps
            .iter()
            .filter_map(|id| plan.step(*id).build())
            .collect();
        let platforms: BTreeSet<String> = images
            .iter()
            .map(|build| build.platform.to_string())
            .collect();
        let platforms: Vec<String> = platforms.into_iter().collect();
        let members = kind.emulated.iter().filter_map(|id| pool.get(*id));
        let names: Vec<&str> = members.map(|member| &*member.name).collect();
        tell(&format!(
            "note: {} is emulated by {}, which is several times slower: {}",
            platforms.join(", "),
            names.join(" or "),
            count(images.len(), "image")
        ));
    }
}

/// What no engine can build, with its place, the number of images, and the reason of each engine.
fn refusal(plan: &Plan, pool: &Pool, steps: &[StepId]) -> String {
    let together = match plan.push {
        true => "",
        false => {
            ", with all that it is based on and that is based on it, since nothing is staged without --push"
        }
    };
    let mut text = format!("{}{together}", refused(plan, pool, steps));
    for member in pool.members() {
        for why in reasons(plan, member, steps) {
            text.push_str(&format!("\n  {}: {why}", member.name));
        }
    }
    text + "\n  name an engine that can with --engine or KILN_ENGINES, or install emulators on one of them (kiln's docs/engines.md)"
}

/// Each thing that keeps an engine from these steps, once. The first line names the first image already.
fn reasons(plan: &Plan, member: &Member, steps: &[StepId]) -> Vec<String> {
    let steps = steps.iter().map(|id| plan.step(*id));
    let first = steps.clone().filter_map(|step| step.build()).min();
    let first = first.map_or_else(String::new, |build| format!("{}: ", build.variant));
    let (mut known, mut all) = (BTreeSet::new(), Vec::new());
    for step in steps {
        let found = plan::why_unfit(plan, step, &member.info, member.platforms.as_deref());
        let new = found
            .into_iter()
            .filter(|why| known.insert(why.same.clone()));
        all.extend(new.map(|why| match why.message.strip_prefix(&first) {
            Some(short) => short.to_owned(),
            None => why.message,
        }));
    }
    all
}

/// What is refused: where only platforms are missing, the first thing that runs on one, as for a single engine.
fn refused(plan: &Plan, pool: &Pool, steps: &[StepId]) -> String {
    let builds = steps.iter().filter_map(|id| plan.step(*id).build());
    let builds: BTreeSet<Build> = builds.collect();
    let images = count(builds.len(), "image");
    let mut members = pool.members();
    let mut foreign = members
        .clone()
        .flat_map(|member| plan::foreign(plan, &member.info));
    let is_of =
        |one: &plan::Foreign, build: &Build| one.first.starts_with(&format!("{}: ", build.variant));
    let first = foreign.find(|one| builds.iter().any(|build| is_of(one, build)));
    match (first, builds.first()) {
        (Some(one), _) if members.all(|member| is_supported(plan, steps, member)) => format!(
            "{} is for {}, which no engine runs or emulates ({images})",
            one.first, one.platform
        ),
        (_, Some(build)) => format!(
            "no engine can build {} for {} ({images})",
            build.variant, build.platform
        ),
        (_, None) => format!("no engine can build it ({images})"),
    }
}

/// Whether an engine could carry out steps if it ran all platforms.
fn is_supported(plan: &Plan, steps: &[StepId], member: &Member) -> bool {
    let mut steps = steps.iter().map(|id| plan.step(*id));
    steps.all(|step| plan::why_unfit(plan, step, &member.info, None).is_empty())
}

/// Checks that each engine finds in the registries that the run stages in what kiln finds there.
///
/// # Errors
/// An engine does not; the message was shown.
async fn check_registries(questions: &[Question], pool: &Pool, world: &World) -> Result<(), Exit> {
    let mut asked = Vec::new();
    for question in questions {
        let credential = world.credentials.get(question.domain()).await;
        let credential = credential.map_err(|why| exit(&why))?;
        let credential = credential.map(|found| found.credential);
        for member in pool.members() {
            let credential = credential.clone();
            asked.push(async move {
                let engine = (&*member.engine, &member.info);
                let unseen = reach::unseen(engine, question, credential.as_ref()).await;
                Some((&member.name, unseen?))
            });
        }
    }
    let unseen = join_all(asked).await;
    let mut result = Ok(());
    for (name, unseen) in unseen.into_iter().flatten() {
        complain(&format!("engine {name} {unseen}\n  {REACH}"));
        result = Err(Exit::Unreachable);
    }
    result
}

/// What to do about a registry that an engine does not see.
pub(in crate::commands) const REACH: &str = "each engine pushes and pulls from where it is: name the registry by an address that all of them reach";

#[cfg(test)]
mod tests;
