//! The engine: one check is one file, and one line of [`CHECKS`].

mod builder;
mod clock;
mod disk;
mod emulation;
mod place;
mod registries;
mod store;
mod version;

use super::finding::{Finding, Section};
use super::wanted::Wanted;
use crate::commands::{Host, engines};
use crate::engine::Engine as _;
use crate::engine::docker::endpoint::Endpoint;
use crate::engine::docker::{self, Condition, DockerEngine};
use crate::host::Environment;
use crate::name::Platform;
use crate::request::{EngineInfo, WorldError};
use futures_util::future::join_all;
pub(super) use registries::Registries;
use std::time::Duration;

/// How long an engine may take to start: less than for a run, since a person waits.
const STARTING: Duration = Duration::from_secs(10);

/// An engine that answers.
struct Examined<'a> {
    env: &'a Environment,
    endpoint: &'a Endpoint,
    /// What names it.
    named_by: String,
    info: EngineInfo,
    condition: Condition,
    /// The platforms that it reports; `None` if it reports none.
    platforms: Option<Vec<Platform>>,
    /// The time of this machine, in seconds since 1970.
    now: i64,
    wanted: &'a Wanted,
}

type Check = fn(&Examined<'_>) -> Vec<Finding>;

/// The checks of an engine that answers, in order.
const CHECKS: [Check; 7] = [
    version::check,
    store::check,
    builder::check,
    emulation::check,
    clock::check,
    disk::check,
    place::check,
];

/// Examines the engines of `KILN_ENGINES`, else the one that the environment names.
pub(super) async fn examine(
    host: &Host,
    wanted: &Wanted,
    registries: &Registries<'_>,
) -> Vec<Section> {
    let names = engines::names(&[], &host.env);
    let several = names
        .iter()
        .map(|name| one(host, wanted, registries, Some(name)));
    match names.is_empty() {
        true => vec![one(host, wanted, registries, None).await.1],
        false => once_each(&names, join_all(several).await),
    }
}

/// Two names of one engine are one engine: it is shown once, with its other names.
fn once_each(names: &[String], examined: Vec<(String, Section)>) -> Vec<Section> {
    let mut known: Vec<String> = Vec::new();
    let mut sections: Vec<Section> = Vec::new();
    for (name, (id, section)) in names.iter().zip(examined) {
        let same = known.iter().position(|one| *one == id && !id.is_empty());
        if let Some(at) = same {
            let text = format!("{name} is the same engine; a run uses it once");
            sections[at].findings.push(Finding::note("engine", text));
        } else {
            known.push(id);
            sections.push(section);
        }
    }
    sections
}

/// The id of an engine, if it answers, and what was found about it.
async fn one(
    host: &Host,
    wanted: &Wanted,
    registries: &Registries<'_>,
    name: Option<&str>,
) -> (String, Section) {
    let mut section = Section::new("engine");
    let mut id = String::new();
    let engine = match name {
        Some(name) => docker::connect_to(&host.env, name, STARTING),
        None => docker::connect(&host.env, STARTING),
    };
    match engine {
        Ok(engine) => {
            section.name = engine.endpoint().to_string();
            section.findings = match examined(&engine, host, wanted, name).await {
                Ok(one) => {
                    id.clone_from(&one.info.id);
                    let own = CHECKS.iter().flat_map(|check| check(&one));
                    let seen = registries.seen_by(&engine, &one.info).await;
                    own.chain(seen).collect()
                }
                Err(why) => place::unreachable(&host.env, engine.endpoint(), &why),
            };
        }
        Err(why) => {
            if let Some(name) = name {
                section.name = name.to_owned();
            }
            section.findings.push(Finding::problem("engine", why));
        }
    }
    (id, section)
}

async fn examined<'a>(
    engine: &'a DockerEngine,
    host: &'a Host,
    wanted: &'a Wanted,
    name: Option<&str>,
) -> Result<Examined<'a>, WorldError> {
    let info = engine.info().await?;
    let condition = engine.condition().await?;
    Ok(Examined {
        env: &host.env,
        endpoint: engine.endpoint(),
        named_by: match name {
            Some(name) => format!("`{name}` in KILN_ENGINES"),
            None => Endpoint::named_by(&host.env)?,
        },
        info,
        condition,
        platforms: engine.platforms().await?,
        now: crate::host::now().as_second(),
        wanted,
    })
}

#[cfg(test)]
mod tests;
