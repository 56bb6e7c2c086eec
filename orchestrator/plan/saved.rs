//! A plan as a file: JSON with a version, the run that it was made for, and texts that many variants share.

mod made;
mod shared;
mod sound;

use crate::matrix::{Inputs, Trigger};
use crate::name::Tag;
use crate::plan::{MovedBack, Plan};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What a file with a plan says in its first line.
const FORMAT: &str = "kiln plan";

/// The version of the format that is written and read.
const VERSION: u64 = 1;

/// The largest file that is read, in bytes.
pub const LARGEST: u64 = 64 * 1024 * 1024;

/// A plan, and what else is needed to carry it out or to show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedPlan {
    /// The command that would carry it out, for [`crate::plan::markdown`].
    pub command: String,
    /// What the manifest was read with.
    pub inputs: Inputs,
    /// Whether it is the plan of a nightly run.
    pub is_nightly: bool,
    /// Tags that may go backwards.
    pub allow_older: BTreeSet<Tag>,
    /// The tags that it moves backwards.
    pub back: Vec<MovedBack>,
    /// The plan.
    pub plan: Plan,
}

/// Why a file is not a plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is something else.
    #[error("it is not a plan that kiln has saved: {0}\n  write one with `kiln plan --out FILE`")]
    NotAPlan(String),
    /// It was written by another version of kiln.
    #[error(
        "kiln {kiln} has written it in version {version} of the format, and this kiln {} reads version {VERSION}\n  use the same kiln for all jobs, or make the plan again",
        env!("CARGO_PKG_VERSION")
    )]
    OtherVersion {
        /// The version of kiln.
        kiln: String,
        /// The version of the format.
        version: u64,
    },
    /// It is the beginning of a plan.
    #[error(
        "it is a saved plan whose end is missing\n  copy or download it again, or make the plan again"
    )]
    Cut,
    /// It is damaged, or was changed by hand.
    #[error("it is damaged: {0}\n  make the plan again")]
    Damaged(String),
}

impl SavedPlan {
    /// The text of the file.
    pub fn text(&self) -> String {
        let (shared, saved) = shared::share(&json!(self));
        let mut head = serde_json::Map::new();
        head.insert("format".into(), json!(FORMAT));
        head.insert("version".into(), json!(VERSION));
        head.insert("kiln".into(), json!(env!("CARGO_PKG_VERSION")));
        let run = self.run().map(|(name, value)| (name.to_owned(), value));
        head.extend(run);
        head.insert("shared".into(), json!(shared));
        head.insert("saved".into(), saved);
        format!("{}\n", Value::Object(head))
    }

    /// The run that it was made for, as the first fields of the file say it.
    fn run(&self) -> [(&'static str, Value); 4] {
        [
            ("workspace", json!(self.plan.fleet)),
            ("revision", json!(self.plan.origin.revision)),
            ("now", json!(self.inputs.now.to_string())),
            ("event", json!(event(self.inputs.event))),
        ]
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// It is not a plan, or not one that this version of kiln reads.
    pub fn read(text: &[u8]) -> Result<Self, Unreadable> {
        let damaged = |why: serde_json::Error| Unreadable::Damaged(why.to_string());
        let head: Value = serde_json::from_slice(text).map_err(|why| unparsed(text, &why))?;
        let Value::Object(mut head) = head else {
            return Err(Unreadable::NotAPlan("it is not a JSON object".into()));
        };
        if head.get("format").and_then(Value::as_str) != Some(FORMAT) {
            let why = format!("`format` is not \"{FORMAT}\"");
            return Err(Unreadable::NotAPlan(why));
        }
        check_version(&head)?;
        let mut part = |name: &str| head.remove(name).unwrap_or_default();
        let whole = shared::whole(part("shared"), part("saved")).map_err(Unreadable::Damaged)?;
        let saved: Self = serde_json::from_value(whole).map_err(damaged)?;
        for (name, value) in saved.run() {
            if head.get(name) != Some(&value) {
                let why = format!("`{name}` is not that of its steps");
                return Err(Unreadable::Damaged(why));
            }
        }
        sound::check(&saved.plan).map_err(Unreadable::Damaged)?;
        Ok(saved)
    }

    /// Whether a file that begins with this text is a saved plan, of any version.
    pub fn is_begun(text: &[u8]) -> bool {
        let words = text.iter().filter(|byte| !byte.is_ascii_whitespace());
        let begin: String = format!("{{\"format\":\"{FORMAT}\"").replace(' ', "");
        words.take(begin.len()).eq(begin.as_bytes())
    }
}

/// Why a text is not JSON.
fn unparsed(text: &[u8], why: &serde_json::Error) -> Unreadable {
    match SavedPlan::is_begun(text) {
        true if why.is_eof() => Unreadable::Cut,
        true => Unreadable::Damaged(format!("it is not JSON ({why})")),
        false if text.trim_ascii().is_empty() => Unreadable::NotAPlan("it is empty".into()),
        false => Unreadable::NotAPlan(format!("it is not JSON ({why})")),
    }
}

fn check_version(head: &serde_json::Map<String, Value>) -> Result<(), Unreadable> {
    let version = head.get("version");
    let version = version.ok_or_else(|| Unreadable::NotAPlan("it has no `version`".into()))?;
    let number = version.as_u64().filter(|number| *number > 0);
    let number = number.ok_or_else(|| {
        let why = "`version` is not a positive whole number";
        Unreadable::NotAPlan(why.into())
    });
    let version = number?;
    let kiln = head.get("kiln").and_then(Value::as_str);
    match version {
        VERSION => Ok(()),
        version => Err(Unreadable::OtherVersion {
            kiln: kiln.unwrap_or("of an unknown version").to_owned(),
            version,
        }),
    }
}

fn event(event: Trigger) -> Option<&'static str> {
    match event {
        Trigger::Other => None,
        Trigger::Schedule => Some("schedule"),
        Trigger::Release => Some("release"),
        Trigger::PullRequest => Some("pull-request"),
    }
}

#[cfg(test)]
mod tests;
