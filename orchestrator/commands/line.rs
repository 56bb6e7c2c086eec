//! What commands start from: the workspace read, brought along [`crate::line`], its problems shown.

use crate::commands::{DiagnosticsFormat, EventName, Exit, Global, Host, complain};
use crate::line::{self, Ready};
use crate::matrix::{self, Fleet, Inputs, Trigger, VARIABLE_PREFIX, VariantId};
use crate::render;
use crate::text::kdl::Document;
use crate::text::{Diagnostics, Severity, Sources, show};
use crate::workspace::{self, Workspace};
use std::collections::{BTreeMap, BTreeSet};

/// What a file that is fetched without a checksum means to a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checksums {
    /// An error: nothing is written or built.
    Must,
    /// A warning: nothing is fetched yet.
    Should,
    /// Nothing.
    Unasked,
}

/// A workspace that was read, with the problems found so far.
struct Read {
    workspace: Workspace,
    documents: Vec<Document>,
    inputs: Inputs,
    sources: Sources,
    found: Diagnostics,
}

/// Brings the workspace to the end of the line; shows every problem, and stops if one is an error.
pub fn load(
    global: &Global,
    host: &Host,
    checksums: Checksums,
) -> Result<(Workspace, Ready), Exit> {
    let mut read = Read::from_disk(global, host)?;
    let ready = line::bring(
        &read.documents,
        &read.inputs,
        &read.workspace,
        &mut read.sources,
        &mut read.found,
    );
    if let Some(ready) = &ready {
        unverified(ready, checksums, &mut read.found);
    }
    let workspace = read.shown(global, host)?;
    ready.map(|ready| (workspace, ready)).ok_or(Exit::Wrong)
}

/// The same with what the selectors name.
pub fn load_selected(
    selectors: &[String],
    global: &Global,
    host: &Host,
    checksums: Checksums,
) -> Result<(Ready, BTreeSet<VariantId>), Exit> {
    let (_, ready) = load(global, host, checksums)?;
    let selected = select(&ready, selectors, global, host)?;
    Ok((ready, selected))
}

/// What the selectors name; shows those that name nothing.
pub fn select(
    ready: &Ready,
    selectors: &[String],
    global: &Global,
    host: &Host,
) -> Result<BTreeSet<VariantId>, Exit> {
    shown(ready.select(selectors), global, host)
}

/// For commands that only look at variants and tags: nothing is rendered, unless a selector needs the graph.
pub fn load_fleet(
    selectors: &[String],
    global: &Global,
    host: &Host,
) -> Result<(Fleet, BTreeSet<VariantId>), Exit> {
    if matrix::needs_graph(selectors) {
        let (ready, selected) = load_selected(selectors, global, host, Checksums::Unasked)?;
        return Ok((ready.fleet, selected));
    }
    let mut read = Read::from_disk(global, host)?;
    let fleet = line::fleet(
        &read.documents,
        &read.inputs,
        &mut read.sources,
        &mut read.found,
    );
    read.shown(global, host)?;
    let fleet = fleet.ok_or(Exit::Wrong)?;
    let selected = shown(matrix::select(&fleet, &[], selectors), global, host)?;
    Ok((fleet, selected))
}

fn unverified(ready: &Ready, checksums: Checksums, out: &mut Diagnostics) {
    let severity = match checksums {
        Checksums::Must => Severity::Error,
        Checksums::Should => Severity::Warning,
        Checksums::Unasked => return,
    };
    render::unverified(&ready.fleet, &ready.recipes, severity, out);
}

impl Read {
    fn from_disk(global: &Global, host: &Host) -> Result<Self, Exit> {
        let root = workspace::find(&global.workspace).map_err(|why| {
            complain(&format!("{why}\n  {}", why.help()));
            Exit::Wrong
        })?;
        let (sources, documents, found) = workspace::load(&root);
        let workspace = Workspace::new(root);
        Ok(Self {
            inputs: inputs(&workspace, global, host)?,
            workspace,
            documents,
            sources,
            found,
        })
    }

    /// Shows the problems; an error among them ends the command.
    fn shown(self, global: &Global, host: &Host) -> Result<Workspace, Exit> {
        show_all(&self.found, &self.sources, global, host);
        match self.found.has_errors() {
            true => Err(Exit::Wrong),
            false => Ok(self.workspace),
        }
    }
}

/// A result, its problems shown.
fn shown<T>(result: Result<T, Diagnostics>, global: &Global, host: &Host) -> Result<T, Exit> {
    result.map_err(|found| {
        show_all(&found, &Sources::default(), global, host);
        Exit::Wrong
    })
}

fn inputs(workspace: &Workspace, global: &Global, host: &Host) -> Result<Inputs, Exit> {
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
        None => host.now,
    };
    let environment = host.env.iter();
    let environment = environment.filter(|(name, _)| name.starts_with(VARIABLE_PREFIX));
    let mut git = workspace::git::facts(workspace.root(), &host.env);
    if let Some(branch) = global.branch.clone() {
        (git.branch, git.tag) = (Some(branch), None);
    }
    let event = match global.event {
        Some(name) => Trigger {
            schedule: name == EventName::Schedule,
            release: name == EventName::Release,
        },
        None => workspace::git::event(&host.env),
    };
    Ok(Inputs {
        now,
        variables,
        environment: environment
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        git,
        event,
    })
}

fn moment(text: &str) -> Option<jiff::Timestamp> {
    let midnight = || {
        text.parse::<jiff::civil::Date>()
            .ok()?
            .to_zoned(jiff::tz::TimeZone::UTC)
            .ok()
            .map(|z| z.timestamp())
    };
    text.parse().ok().or_else(midnight)
}

/// Shows what was found, as the call wants it.
pub(crate) fn show_all(faults: &Diagnostics, sources: &Sources, global: &Global, host: &Host) {
    if faults.is_empty() {
        return;
    }
    match global.diagnostics {
        DiagnosticsFormat::Text => eprint!("{}", show::text(faults, sources, host.colour)),
        DiagnosticsFormat::Json => eprint!("{}", show::json(faults, sources)),
    }
}
