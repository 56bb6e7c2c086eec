//! One container that asks a package manager for the newest versions, and what its failure is called.

use super::{Asked, Ground, Questions};
use crate::engine::Engine;
use crate::matrix::{VariantId, VariantName};
use crate::memory::packages::{Newest, System};
use crate::name::{Platform, Reference};
use crate::request::{Ended, PullRequest, Ran, WorldError};
use crate::survey::Held;
use std::collections::BTreeSet;
use std::time::Duration;
use typed_index_collections::TiSlice;

/// How long one package manager may take.
const WITHIN: Duration = Duration::from_secs(300);

/// The most characters of a reason that are shown.
const SHOWN: usize = 300;

pub(super) struct Asker<'a> {
    pub questions: &'a dyn Questions,
    pub engine: &'a dyn Engine,
    pub names: &'a TiSlice<VariantId, VariantName>,
    pub all_packages: bool,
}

impl Asker<'_> {
    /// Asks in the base if it has the sources, else in one of the images.
    pub async fn answer(&self, ground: &Ground, images: &[Asked]) -> Result<Newest, WorldError> {
        let names = images
            .iter()
            .flat_map(|image| image.packages.upgradable(self.all_packages));
        let names: BTreeSet<&str> = names.collect();
        let question = ground.system.question(ground.manager, &names);
        if let Some(pinned) = images.iter().find_map(|image| image.base.as_ref())
            && let Ok(held) = self.pulled(pinned, &ground.platform).await
        {
            let held = self.held(&held);
            let database = held.database().await?;
            if database.is_some_and(|database| database.sources == ground.sources) {
                let name = ground.base.as_ref().unwrap_or(pinned).familiar();
                return ask(&held, ground.system, question, &name).await;
            }
        }
        let Some(image) = images.first() else {
            return Ok(Newest::new());
        };
        let reference = Reference::pinned(image.staging.clone(), image.digest);
        let name = self.pulled(&reference, &ground.platform).await?;
        let held = self.held(&name);
        ask(&held, ground.system, question, self.names[image.v].as_str()).await
    }

    fn held<'h>(&'h self, image: &'h str) -> Held<'h> {
        Held {
            engine: self.engine,
            image,
            run: self.questions.run(),
        }
    }

    /// The name of an image on the engine, pulled if the engine does not have it.
    async fn pulled(
        &self,
        reference: &Reference,
        platform: &Platform,
    ) -> Result<String, WorldError> {
        let name = reference.to_string();
        if self.engine.inspect(&name).await?.is_none() {
            let domain = reference.repository.domain();
            let pull = PullRequest {
                reference: reference.clone(),
                platform: platform.clone(),
                credential: self.questions.credential(domain).await?,
            };
            self.engine.pull(pull).await?;
        }
        Ok(name)
    }
}

/// Runs the package manager in an image, which messages call by this name.
async fn ask(
    held: &Held<'_>,
    system: System,
    question: Vec<String>,
    name: &str,
) -> Result<Newest, WorldError> {
    let ran = held.ran(question, true, WITHIN).await;
    let ran = ran.map_err(|error| named(error, held.image, name))?;
    let why = match &ran.ended {
        Ended::Exit(0) if !ran.stdout.cut => return Ok(system.newest(&ran.stdout.text)),
        Ended::Exit(0) => String::from("the answer is too long"),
        ended => format!("{}{}", how(ended), reason(&ran)),
    };
    Err(WorldError::refused(
        format!("the package sources of {name}"),
        why,
    ))
}

/// An error of the engine about an image, which it calls by its digest.
fn named(error: WorldError, image: &str, name: &str) -> WorldError {
    match error {
        WorldError::Fault { kind, what, why } => {
            WorldError::fault(kind, what.replace(image, name), why)
        }
        other => other,
    }
}

/// The line that says why: the last one that names a source by its address, else the last one.
fn reason(ran: &Ran) -> String {
    let lines = || ran.stderr.tail.iter().chain(&ran.stdout.tail);
    let named = lines().rfind(|line| line.split_once("://").is_some());
    let last = || ran.stderr.tail.last().or(ran.stdout.tail.last());
    let line = named.or_else(last).map(String::as_str).unwrap_or_default();
    without_login(line.trim()).chars().take(SHOWN).collect()
}

/// A line without the user names and passwords of its addresses.
fn without_login(line: &str) -> String {
    let mut parts = line.split("://");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_end = |c: char| c.is_whitespace() || matches!(c, '/' | '\'' | '"');
        let host = part.find(is_end).unwrap_or(part.len());
        let login = part[..host].rfind('@').map_or(0, |at| at + 1);
        out.push_str("://");
        out.push_str(&part[login..]);
    }
    out
}

/// How a package manager failed, in front of the last line that it wrote.
fn how(ended: &Ended) -> String {
    match ended {
        Ended::Exit(code) => format!("exit code {code}: "),
        Ended::OutOfMemory => String::from("it ran out of memory: "),
        Ended::TooLate => format!("it took longer than {} s: ", WITHIN.as_secs()),
        Ended::NotStarted(why) => format!("it could not be started: {why} "),
    }
}

#[cfg(test)]
mod tests;
