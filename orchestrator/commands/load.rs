//! Loads the workspace for a command: reads it, runs [`crate::line`], and shows the problems.

mod inputs;

use crate::commands::{
    DiagnosticsFormat, Exit, Global, Host, ci_log, complain, write_error, write_error_json,
};
use crate::graph;
use crate::line::{self, Ready, Unready};
use crate::manifest;
use crate::matrix::{Fleet, Inputs, VariantId};
use crate::plan;
use crate::render;
use crate::text::kdl::Document;
use crate::text::{Diagnostics, Severity, Sources, show};
use crate::workspace::{self, Workspace};
use inputs::inputs;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// How strongly a command needs something that a workspace may lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// Without it, nothing is written or built.
    Must,
    /// Without it, there is a warning.
    Should,
    /// It does not matter.
    Unasked,
}

/// What a command needs in an otherwise valid workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demands {
    /// A checksum for every file that is downloaded.
    pub checksums: Demand,
    /// A repository where images are staged.
    pub stage: Demand,
    /// A line in `kiln.lock` for every outside image, if it has any.
    pub bases: Demand,
}

impl Demands {
    /// For commands that build and publish nothing.
    pub const NONE: Self = Self {
        checksums: Demand::Unasked,
        stage: Demand::Unasked,
        bases: Demand::Unasked,
    };

    /// For commands that read what is staged, and build nothing.
    pub const STAGE: Self = Self {
        stage: Demand::Must,
        ..Self::NONE
    };
}

impl Demand {
    fn severity(self) -> Option<Severity> {
        match self {
            Demand::Must => Some(Severity::Error),
            Demand::Should => Some(Severity::Warning),
            Demand::Unasked => None,
        }
    }
}

/// A workspace that was read, with the problems found so far.
struct Read {
    workspace: Workspace,
    documents: Vec<Document>,
    inputs: Inputs,
    sources: Sources,
    found: Diagnostics,
}

/// Runs the whole line on the workspace. Shows all problems, and fails if one is an error.
pub fn load(global: &Global, host: &Host, demands: Demands) -> Result<(Workspace, Ready), Exit> {
    let (workspace, ready, _) = load_selected_in(&[], global, host, demands)?;
    Ok((workspace, ready))
}

/// [`load`] as another run has read the manifest: with its variables, at its time, for its event.
pub fn load_as(
    inputs: &Inputs,
    global: &Global,
    host: &Host,
    demands: Demands,
) -> Result<(Workspace, Ready), Exit> {
    // What that run has selected was checked then.
    let read = Read::with(global, None, |_| Ok(inputs.clone()))?;
    let (workspace, ready, _) = brought(read, None, global, host, demands)?;
    Ok((workspace, ready))
}

/// [`load`], with the variants that the selectors name.
pub fn load_selected(
    selectors: &[String],
    global: &Global,
    host: &Host,
    demands: Demands,
) -> Result<(Ready, BTreeSet<VariantId>), Exit> {
    let (_, ready, selected) = load_selected_in(selectors, global, host, demands)?;
    Ok((ready, selected))
}

/// [`load_selected`], with the workspace.
pub fn load_selected_in(
    selectors: &[String],
    global: &Global,
    host: &Host,
    demands: Demands,
) -> Result<(Workspace, Ready, BTreeSet<VariantId>), Exit> {
    load_beside(None, selectors, global, host, demands)
}

/// [`load_selected_in`], where contexts include a file that is about to be written; its path has no links.
pub fn load_beside(
    file: Option<&Path>,
    selectors: &[String],
    global: &Global,
    host: &Host,
    demands: Demands,
) -> Result<(Workspace, Ready, BTreeSet<VariantId>), Exit> {
    let read = Read::with(global, file, |workspace| inputs(workspace, global, host))?;
    brought(read, Some(selectors), global, host, demands)
}

/// Without selectors, what `--set` keeps from being built is not checked.
fn brought(
    mut read: Read,
    selectors: Option<&[String]>,
    global: &Global,
    host: &Host,
    demands: Demands,
) -> Result<(Workspace, Ready, BTreeSet<VariantId>), Exit> {
    let ready = line::judge(
        &read.documents,
        &read.inputs,
        &read.workspace,
        &mut read.sources,
        &mut read.found,
    );
    let mut selected = BTreeSet::new();
    if let Err(unready) = &ready {
        check_further(unready, demands, &mut read.found);
    }
    if let Ok(ready) = &ready {
        check_demands(ready, demands, &mut read.found);
        match ready.select(selectors.unwrap_or_default()) {
            Ok(found) => selected = found,
            Err(faults) => read.found.extend(faults),
        }
        if selectors.is_some() && !read.inputs.set.is_empty() && !read.found.has_errors() {
            read.found.extend(ready.unfit(&selected));
            read.found.extend(ready.idle_changes(&selected));
        }
    }
    let workspace = read.shown(global, host)?;
    let ready = ready.map_err(|_| Exit::Wrong)?;
    Ok((workspace, ready, selected))
}

/// The variants that the selectors name. Shows the selectors that name nothing.
pub fn select(
    ready: &Ready,
    selectors: &[String],
    global: &Global,
    host: &Host,
) -> Result<BTreeSet<VariantId>, Exit> {
    shown(ready.select(selectors), global, host)
}

/// For commands that show only variants and tags: renders nothing unless a selector needs the graph, or `--set` a look at the
/// Dockerfiles.
pub fn load_fleet(
    selectors: &[String],
    global: &Global,
    host: &Host,
) -> Result<(Fleet, BTreeSet<VariantId>), Exit> {
    if graph::needs_graph(selectors) || !global.set.is_empty() {
        let (ready, selected) = load_selected(selectors, global, host, Demands::NONE)?;
        return Ok((ready.fleet, selected));
    }
    let mut read = Read::from_disk(global, host)?;
    let fleet = read.fleet();
    read.shown(global, host)?;
    let fleet = fleet.ok_or(Exit::Wrong)?;
    let selected = shown(graph::select(&fleet, None, selectors), global, host)?;
    Ok((fleet, selected))
}

/// The fleet, with the texts that the places in it belong to. Renders nothing.
pub fn load_fleet_with_sources(
    global: &Global,
    host: &Host,
) -> Result<(Fleet, Sources, Workspace), Exit> {
    let mut read = Read::from_disk(global, host)?;
    let fleet = read.fleet();
    show_all(&read.found, &read.sources, global, host);
    let fleet = fleet.filter(|_| !read.found.has_errors());
    Ok((fleet.ok_or(Exit::Wrong)?, read.sources, read.workspace))
}

/// Reports what the command needs and a workspace with errors lacks besides.
fn check_further(unready: &Unready, demands: Demands, out: &mut Diagnostics) {
    let mut found = Diagnostics::default();
    if let (Some((fleet, recipes)), Some(severity)) = (&unready.drawn, demands.checksums.severity())
    {
        render::unverified(fleet, recipes, severity, &mut found);
    }
    if let (Some(manifest), Some(severity)) = (&unready.staged, demands.stage.severity()) {
        manifest::unstaged(manifest, severity, &mut found);
    }
    out.extend_unrelated(found, |_| false);
}

/// Reports what the command needs and the workspace lacks.
fn check_demands(ready: &Ready, demands: Demands, out: &mut Diagnostics) {
    if let Some(severity) = demands.checksums.severity() {
        render::unverified(&ready.fleet, &ready.recipes.raw, severity, out);
    }
    if let Some(severity) = demands.bases.severity() {
        plan::incomplete(&ready.materials(), severity, out);
    }
    if let Some(severity) = demands.stage.severity() {
        manifest::unstaged(&ready.manifest, severity, out);
    }
}

impl Read {
    fn from_disk(global: &Global, host: &Host) -> Result<Self, Exit> {
        Self::with(global, None, |workspace| inputs(workspace, global, host))
    }

    fn with(
        global: &Global,
        awaited: Option<&Path>,
        inputs: impl FnOnce(&Workspace) -> Result<Inputs, Exit>,
    ) -> Result<Self, Exit> {
        let root = find(global)?;
        let (sources, documents, found) = workspace::load(&root);
        let workspace = Workspace::new(root).awaiting(awaited.map(Path::to_owned));
        let workspace = workspace.having_read(sources.iter().map(|(_, one)| &*one.path));
        Ok(Self {
            inputs: inputs(&workspace)?,
            workspace,
            documents,
            sources,
            found,
        })
    }

    fn fleet(&mut self) -> Option<Fleet> {
        line::fleet(
            &self.documents,
            &self.inputs,
            &mut self.sources,
            &mut self.found,
        )
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

/// The folder of the workspace.
pub(super) fn find(global: &Global) -> Result<PathBuf, Exit> {
    workspace::find(&global.workspace).map_err(|why| {
        complain(&format!("{why}\n  {}", why.help()));
        Exit::Wrong
    })
}

/// Shows the problems of a failed result.
fn shown<T>(result: Result<T, Diagnostics>, global: &Global, host: &Host) -> Result<T, Exit> {
    result.map_err(|found| {
        show_all(&found, &Sources::default(), global, host);
        Exit::Wrong
    })
}

/// Shows the diagnostics in the format that the command line selects.
pub(crate) fn show_all(faults: &Diagnostics, sources: &Sources, global: &Global, host: &Host) {
    if faults.is_empty() {
        return;
    }
    match global.diagnostics {
        DiagnosticsFormat::Text => write_error(&show::text(faults, sources, host.colour)),
        DiagnosticsFormat::Json => write_error_json(&show::json(faults, sources)),
    }
    if let Some(log) = &host.log {
        write_error(&ci_log::errors(log, faults, sources));
    }
}
