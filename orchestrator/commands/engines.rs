//! The engines of a run: those that the user names, else the one of the environment.

mod fitting;

pub(super) use fitting::{REACH, check};

use crate::commands::build::How;
use crate::commands::world::{exit, properties};
use crate::commands::{Exit, Host, World, complain, tell, warn};
use crate::engine::Engine as _;
use crate::engine::docker::{self, DockerEngine, STARTING};
use crate::host::Environment;
use crate::plan::Plan;
use crate::request::{Builder, EngineInfo, WorldError};
use crate::run::{Connect, Late, Limits, Member, Pool};
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use indexmap::IndexSet;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// How many transfers run at once on an engine, and how many steps that write to registries, for each engine.
pub(super) const TRANSFERS: usize = 8;
/// How long the other engines may take once one has answered: a connection over ssh takes some seconds.
const OTHERS: Duration = Duration::from_secs(10);
/// How long one that has not answered by then may take to say why.
const LAST: Duration = Duration::from_secs(3);

/// The names of engines on the command line, else in `KILN_ENGINES`, each once; none for the engine of the environment.
pub(super) fn names(given: &[String], env: &Environment) -> Vec<String> {
    let listed = env.get("KILN_ENGINES").unwrap_or_default();
    let listed = listed.split([',', ' ', '\t', '\n']);
    let names: IndexSet<String> = match given.is_empty() {
        true => listed
            .filter(|name| !name.is_empty())
            .map(Into::into)
            .collect(),
        false => given.iter().cloned().collect(),
    };
    names.into_iter().collect()
}

/// These names without those of engines that an earlier one names, too. What does not answer is another engine.
pub(super) async fn distinct(names: Vec<String>, env: &Environment) -> Vec<String> {
    if names.len() < 2 {
        return names;
    }
    let ids = join_all(names.iter().map(|name| id(name, env))).await;
    let mut known = BTreeSet::new();
    let named = names.into_iter().zip(ids);
    let mut is_new = |id: &Option<String>| id.as_ref().is_none_or(|id| known.insert(id.clone()));
    let new = named.filter(|(_, id)| is_new(id));
    new.map(|(name, _)| name).collect()
}

/// Which engine a name means, if it answers.
async fn id(name: &str, env: &Environment) -> Option<String> {
    let engine = docker::connect_to(env, name, Duration::ZERO).ok()?;
    let info = tokio::time::timeout(OTHERS, engine.info()).await.ok()?;
    info.ok().map(|info| info.id).filter(|id| !id.is_empty())
}

/// The engines of a run, before they were compared with its plan.
#[derive(Default)]
pub(super) struct Engines {
    /// Those that answer.
    pub members: Vec<Member>,
    /// Those that do not answer yet.
    pub late: Vec<Late>,
}

/// Connects to the engines, all at once. One that does not answer is left to the run if another one does; two names of one engine
/// are one engine.
///
/// # Errors
/// No engine answers, or a name is wrong; the message was shown.
pub(super) async fn connect(how: &How, host: &Host) -> Result<Engines, Exit> {
    let names = names(&how.engines, &host.env);
    if names.is_empty() {
        let (engine, info) = World::engine(host, how.builder(), None).await?;
        let limits = limits(how.jobs, info.cpus);
        let member = Member {
            name: Arc::from("the engine"),
            engine,
            info,
            platforms: None,
            limits,
        };
        return Ok(Engines {
            members: vec![member],
            late: Vec::new(),
        });
    }
    let connected = answers(connections(&names, &host.env)?, how, OTHERS).await;
    let mut members: Vec<Member> = Vec::new();
    let mut silent = Vec::new();
    for (name, connected) in names.iter().zip(connected) {
        match connected {
            Ok(member) => add(&mut members, member),
            Err(why) if why.kind().is_unreachable() => silent.push((name, why)),
            Err(why) => return Err(exit(&why)),
        }
    }
    if members.is_empty() {
        for (name, why) in silent {
            complain(&format!(
                "engine {name} is out of reach: {}",
                reason(name, &why)
            ));
        }
        return Err(Exit::Unreachable);
    }
    let mut late = Vec::new();
    for (name, why) in silent {
        warn(&format!(
            "engine {name} is left out until it answers: {}",
            reason(name, &why)
        ));
        late.push(later(name, how, host)?);
    }
    Ok(Engines { members, late })
}

/// Shows what these engines emulate, and what none of them runs, for a plan that is not carried out. What does not answer in time
/// is left out.
pub(super) async fn preview(
    plan: &Plan,
    names: &[String],
    env: &Environment,
    time: Duration,
) -> bool {
    let asked = names.iter().map(|name| async move {
        let engine = docker::connect_to(env, name, Duration::ZERO)?;
        let info = engine.info().await?;
        let member = member(Arc::from(name.as_str()), engine, info, (None, None));
        member.reported(plan).await
    });
    let asked = asked.map(|asked| tokio::time::timeout(time, asked));
    let mut members: Vec<Member> = Vec::new();
    let mut all = true;
    for answer in join_all(asked).await {
        match answer {
            Ok(Ok(member)) if members.iter().any(|one| one.is_same(&member)) => {}
            Ok(Ok(member)) => members.push(member),
            // A plan needs no engine.
            Ok(Err(_)) | Err(_) => all = false,
        }
    }
    !members.is_empty() && fitting::preview(plan, &Pool::new(members, TRANSFERS), all)
}

/// An engine that did not answer, for the run to ask again.
fn later(name: &str, how: &How, host: &Host) -> Result<Late, Exit> {
    let engine = docker::connect_to(&host.env, name, Duration::ZERO).map_err(|why| exit(&why))?;
    let (builder, jobs) = (how.builder(), how.jobs);
    let name: Arc<str> = Arc::from(name);
    let own = name.clone();
    let connect: Connect = Box::new(move || {
        let (name, engine) = (own.clone(), engine.clone());
        Box::pin(async move {
            let info = engine.info().await?;
            Ok(member(name, engine, info, (builder, jobs)))
        })
    });
    Ok(Late { name, connect })
}

/// Refuses wrong names of engines, also in a run that builds nothing: the next one may. Nothing is sent.
///
/// # Errors
/// Names are wrong; the message was shown.
pub(super) fn check_names(given: &[String], host: &Host) -> Result<(), Exit> {
    connections(&names(given, &host.env), &host.env).map(drop)
}

/// The clients of all names, which have sent nothing yet.
///
/// # Errors
/// Names are wrong; the message was shown.
fn connections<'a>(
    names: &'a [String],
    env: &Environment,
) -> Result<Vec<(&'a str, DockerEngine)>, Exit> {
    let mut all = Vec::new();
    let mut wrong = false;
    for name in names {
        match refused(name) {
            Some(why) => {
                complain(&why);
                wrong = true;
            }
            None => match docker::connect_to(env, name, STARTING) {
                Ok(engine) => all.push((name.as_str(), engine)),
                Err(why) => {
                    complain(&why.to_string());
                    wrong = true;
                }
            },
        }
    }
    match wrong {
        true => Err(Exit::Wrong),
        false => Ok(all),
    }
}

/// Why a text cannot be the name of an engine.
fn refused(name: &str) -> Option<String> {
    let way_out =
        "name a Docker context, or an address such as ssh://user@host; repeat --engine for several";
    match name {
        "" => Some(format!("--engine: the name is empty\n  {way_out}")),
        _ if name.contains(',') => Some(format!(
            "--engine {}: a comma separates names in KILN_ENGINES only\n  {way_out}",
            name.escape_debug()
        )),
        _ => None,
    }
}

/// Why an engine does not answer, with its address if its name is another one.
fn reason(name: &str, error: &WorldError) -> String {
    match error {
        WorldError::Fault { what, why, .. } if what.contains(name) => why.clone(),
        WorldError::Fault { what, why, .. } => format!("{what}: {why}"),
        other => other.to_string(),
    }
}

type Answer = Result<Member, WorldError>;

/// The answers of engines, all asked at once, in their order. After the first, the others get less time: an engine that is
/// down would cost each run the time that one may take to start.
async fn answers(engines: Vec<(&str, DockerEngine)>, how: &How, others: Duration) -> Vec<Answer> {
    let mut answers: Vec<Option<Answer>> = engines.iter().map(|_| None).collect();
    let mut open: FuturesUnordered<_> = engines
        .iter()
        .enumerate()
        .map(|(at, (name, engine))| async move { (at, one(name, engine, how).await) })
        .collect();
    let mut until = None;
    loop {
        let late = async {
            match until {
                Some(until) => tokio::time::sleep_until(until).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            next = open.next() => {
                let Some((at, answer)) = next else { break };
                if answer.is_ok() {
                    until.get_or_insert_with(|| tokio::time::Instant::now() + others);
                }
                answers[at] = Some(answer);
            }
            () = late => break,
        }
    }
    drop(open);
    let all = answers.into_iter().zip(&engines);
    let all = all.map(|(answer, (_, engine))| async move {
        match answer {
            Some(answer) => answer,
            None => Err(silent(engine, others).await),
        }
    });
    join_all(all).await
}

/// Why an engine has not answered, if it says so by now.
async fn silent(engine: &DockerEngine, others: Duration) -> WorldError {
    match tokio::time::timeout(LAST, engine.ping(Builder::Classic)).await {
        Ok(Err(why)) => why,
        _ => WorldError::unreachable(
            engine.name(),
            format!("no answer {} s after that of another one", others.as_secs()),
        ),
    }
}

async fn one(name: &str, engine: &DockerEngine, how: &How) -> Answer {
    let info = properties(engine).await?;
    let how = (how.builder(), how.jobs);
    Ok(member(Arc::from(name), engine.clone(), info, how))
}

fn member(
    name: Arc<str>,
    engine: DockerEngine,
    info: EngineInfo,
    (builder, jobs): (Option<Builder>, Option<u16>),
) -> Member {
    Member {
        name,
        engine: Arc::new(engine),
        limits: limits(jobs, info.cpus),
        info: EngineInfo {
            builder: builder.unwrap_or(info.builder),
            ..info
        },
        platforms: None,
    }
}

fn add(members: &mut Vec<Member>, member: Member) {
    match members.iter().find(|one| one.is_same(&member)) {
        Some(same) => tell(&format!(
            "note: {} and {} are the same engine; it is used once",
            same.name, member.name
        )),
        None => members.push(member),
    }
}

fn limits(jobs: Option<u16>, cpus: usize) -> Limits {
    Limits {
        builds: jobs.map_or(cpus.clamp(2, 8), usize::from),
        transfers: TRANSFERS,
    }
}

#[cfg(test)]
mod tests;
