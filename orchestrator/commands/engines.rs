//! The engines of a run: those that the user names, else the one of the environment.

mod fitting;

pub(super) use fitting::check;

use crate::commands::build::How;
use crate::commands::world::{exit, properties};
use crate::commands::{Exit, Host, World, complain, tell, warn};
use crate::engine::docker::{self, DockerEngine, STARTING};
use crate::host::Environment;
use crate::request::WorldError;
use crate::run::{Limits, Member};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use std::sync::Arc;
use std::time::Duration;

/// How many transfers run at once on an engine, and how many steps that write to registries, for each engine.
pub(super) const TRANSFERS: usize = 8;
/// How long the other engines may take once one has answered: a connection over ssh takes some seconds.
const OTHERS: Duration = Duration::from_secs(10);

/// The names of engines on the command line, else in `KILN_ENGINES`; none for the engine of the environment.
pub(super) fn names(given: &[String], env: &Environment) -> Vec<String> {
    if !given.is_empty() {
        return given.to_vec();
    }
    let listed = env.get("KILN_ENGINES").unwrap_or_default();
    let names = listed.split([',', ' ', '\t', '\n']);
    names
        .filter(|name| !name.is_empty())
        .map(Into::into)
        .collect()
}

/// Connects to the engines, all at once. One that does not answer is left out if another one does; two names of one engine are
/// one engine.
///
/// # Errors
/// No engine answers, or a name is wrong; the message was shown.
pub(super) async fn connect(how: &How, host: &Host) -> Result<Vec<Member>, Exit> {
    let names = names(&how.engines, &host.env);
    if names.is_empty() {
        let (engine, info) = World::engine(host, how.builder(), None).await?;
        let limits = limits(how, info.cpus);
        return Ok(vec![Member {
            name: Arc::from("the engine"),
            engine,
            info,
            platforms: None,
            limits,
        }]);
    }
    let connected = answers(connections(&names, &host.env)?, how).await;
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
            complain(&format!("engine {name}: {why}"));
        }
        return Err(Exit::Unreachable);
    }
    for (name, why) in silent {
        warn(&format!("engine {name} is left out: {why}"));
    }
    Ok(members)
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
                    complain(&reason(&why));
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

/// An address or a context that is wrong was not looked for, so it is not out of reach.
fn reason(error: &WorldError) -> String {
    match error {
        WorldError::Fault { why, .. } => why.clone(),
        other => other.to_string(),
    }
}

type Answer = Result<Member, WorldError>;

/// The answers of engines, all asked at once, in their order. After the first, the others get less time: an engine that is
/// down would cost each run the time that one may take to start.
async fn answers(engines: Vec<(&str, DockerEngine)>, how: &How) -> Vec<Answer> {
    let mut answers: Vec<Answer> = engines
        .iter()
        .map(|_| {
            let why = format!("no answer {} s after that of another one", OTHERS.as_secs());
            Err(WorldError::unreachable("the engine", why))
        })
        .collect();
    let mut open: FuturesUnordered<_> = engines
        .into_iter()
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
                    until.get_or_insert_with(|| tokio::time::Instant::now() + OTHERS);
                }
                answers[at] = answer;
            }
            () = late => break,
        }
    }
    answers
}

async fn one(name: &str, engine: DockerEngine, how: &How) -> Answer {
    let mut info = properties(&engine).await?;
    info.builder = how.builder().unwrap_or(info.builder);
    Ok(Member {
        name: Arc::from(name),
        engine: Arc::new(engine),
        limits: limits(how, info.cpus),
        info,
        platforms: None,
    })
}

fn add(members: &mut Vec<Member>, member: Member) {
    let is_same = |one: &&Member| one.info.id == member.info.id && !member.info.id.is_empty();
    match members.iter().find(is_same) {
        Some(same) => tell(&format!(
            "note: {} and {} are the same engine; it is used once",
            same.name, member.name
        )),
        None => members.push(member),
    }
}

fn limits(how: &How, cpus: usize) -> Limits {
    Limits {
        builds: how.jobs.map_or(cpus.clamp(2, 8), usize::from),
        transfers: TRANSFERS,
    }
}

#[cfg(test)]
mod tests;
