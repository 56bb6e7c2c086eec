//! What a run is given besides its files: the time, variables, and the revision.

use crate::commands::{EventName, Exit, Global, Host, complain, warn};
use crate::matrix::{Inputs, Trigger, VARIABLE_PREFIX};
use crate::workspace::git::Overrides;
use crate::workspace::{self, Workspace};
use clap::ValueEnum as _;
use std::collections::BTreeMap;

/// What the command line, the environment, git and the CI system say about this run.
///
/// # Errors
/// An option or a variable is wrong; the message was shown.
pub(super) fn inputs(workspace: &Workspace, global: &Global, host: &Host) -> Result<Inputs, Exit> {
    let wrong = |text: String| {
        complain(&text);
        Exit::Wrong
    };
    let mut variables = BTreeMap::new();
    for pair in &global.variables {
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| wrong(format!("--var {pair}: expected NAME=VALUE")))?;
        variables.insert(name.to_owned(), value.to_owned());
    }
    let now = match &global.now {
        Some(text) => moment(text).ok_or_else(|| {
            wrong(format!(
                "--now {text}: expected 2026-08-03 or 2026-08-03T06:00:00Z"
            ))
        })?,
        // Jobs of a pipeline agree, also one that is run again.
        None => match workspace::git::pipeline_created(&host.env) {
            Ok(created) => created.unwrap_or(host.now),
            Err(why) => {
                warn(&why);
                host.now
            }
        },
    };
    let overrides = overrides(global, host)?;
    let environment = environment(host);
    let (git, event) = workspace::git::revision(workspace.root(), &host.env, overrides);
    Ok(Inputs {
        now,
        variables,
        set: global.set.clone(),
        environment,
        git,
        event,
        untrusted: host.env.is_untrusted(),
    })
}

/// The environment variables that set variables of the manifest. A manifest that is not trusted could declare a variable with
/// any name, and send what it reads anywhere.
fn environment(host: &Host) -> BTreeMap<String, String> {
    let of_manifest = host.env.iter();
    let of_manifest = of_manifest.filter(|(name, _)| name.starts_with(VARIABLE_PREFIX));
    if !host.env.is_untrusted() {
        return of_manifest
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
    }
    let names: Vec<&str> = of_manifest.map(|(name, _)| name).collect();
    if !names.is_empty() {
        warn(&format!(
            "--untrusted: {} of the environment is not used\n  give variables of the manifest with --var NAME=VALUE",
            names.join(", ")
        ));
    }
    BTreeMap::new()
}

/// `--branch` and `--event`, or the environment variables for them. CI systems often set variables that are empty: those
/// do not count.
fn overrides(global: &Global, host: &Host) -> Result<Overrides, Exit> {
    let branch = host.env.get("KILN_BRANCH").map(str::to_owned);
    let named = |text: &str| {
        EventName::from_str(text, false).map_err(|_| {
            complain(&format!(
                "KILN_EVENT={text}: expected schedule, release, pull-request or none"
            ));
            Exit::Wrong
        })
    };
    let event = host.env.get("KILN_EVENT").map(named).transpose()?;
    Ok(Overrides {
        branch: global.branch.clone().or(branch),
        event: global.event.or(event).map(event_of),
    })
}

fn event_of(name: EventName) -> Trigger {
    match name {
        EventName::Schedule => Trigger::Schedule,
        EventName::Release => Trigger::Release,
        EventName::PullRequest => Trigger::PullRequest,
        EventName::None => Trigger::Other,
    }
}

fn moment(text: &str) -> Option<jiff::Timestamp> {
    let midnight = || {
        text.parse::<jiff::civil::Date>()
            .ok()?
            .to_zoned_datetime(jiff::tz::TimeZone::UTC)
            .ok()
            .map(|z| z.timestamp())
    };
    text.parse().ok().or_else(midnight)
}
