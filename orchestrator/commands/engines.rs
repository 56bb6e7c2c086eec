//! The engines of a run: those that the user names, else the one of the environment.

mod fitting;

pub(super) use fitting::check;

use crate::commands::build::How;
use crate::commands::world::{exit, properties};
use crate::commands::{Exit, Host, World, tell, warn};
use crate::engine::docker::{self, STARTING};
use crate::host::Environment;
use crate::request::WorldError;
use crate::run::{Limits, Member};
use futures_util::future::join_all;
use std::sync::Arc;

/// How many transfers run at once on an engine, and how many steps that write to registries, for each engine.
pub(super) const TRANSFERS: usize = 8;

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
    let connected = join_all(names.iter().map(|name| one(name, how, host))).await;
    let mut members: Vec<Member> = Vec::new();
    let mut silent = Vec::new();
    for (name, connected) in names.iter().zip(connected) {
        match connected {
            Ok(member) => add(&mut members, member),
            Err(why) if why.kind().is_unreachable() => silent.push((name, why)),
            Err(why) => return Err(exit(&why)),
        }
    }
    if let (true, Some((_, why))) = (members.is_empty(), silent.first()) {
        return Err(exit(why));
    }
    for (name, why) in silent {
        warn(&format!("engine {name} is left out: {why}"));
    }
    Ok(members)
}

async fn one(name: &str, how: &How, host: &Host) -> Result<Member, WorldError> {
    let engine = docker::connect_to(&host.env, name, STARTING)?;
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
