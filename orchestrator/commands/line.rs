//! The sync part of the pipeline, as far as a command needs it: load, parse, expand, render, connect.

use crate::commands::{DiagnosticsFormat, EventName, Exit, Global, Host, complain};
use crate::graph::Graph;
use crate::lockfile::Lockfile;
use crate::manifest::Manifest;
use crate::matrix::{self, Fleet, Inputs, Trigger, VariantId};
use crate::plan::{Ids, ids};
use crate::render::Recipe;
use crate::text::{Diagnostic, Diagnostics, Severity, Sources, show, suggest};
use crate::workspace::git::Said;
use crate::workspace::{self, Workspace};
use crate::{manifest, render};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A workspace after all stages that need no engine and no network.
pub struct Ready {
    pub workspace: Workspace,
    pub fleet: Fleet,
    pub recipes: Vec<Recipe>,
    pub graph: Graph,
    pub ids: Ids,
    pub lock: Lockfile,
    /// The text of `kiln.lock`, if it exists.
    pub lock_text: Option<Arc<str>>,
}

/// How much a command needs something that a workspace may lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// Without it, nothing is written or built.
    Must,
    /// Without it, there is a warning.
    Should,
    /// It does not matter.
    Unasked,
}

/// What a command needs of a workspace that is right otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demands {
    /// A checksum for every file that is fetched.
    pub checksums: Demand,
    /// A repository where images are staged.
    pub stage: Demand,
}

impl Demands {
    /// For commands that only look.
    pub const NONE: Self = Self {
        checksums: Demand::Unasked,
        stage: Demand::Unasked,
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

impl Ready {
    /// The selected variants; all of them without selectors.
    pub fn select(
        &self,
        selectors: &[String],
        global: &Global,
        host: &Host,
    ) -> Result<BTreeSet<VariantId>, Exit> {
        let parents: Vec<Vec<VariantId>> = self
            .fleet
            .variants
            .iter()
            .map(|v| self.graph.parents(v.id).to_vec())
            .collect();
        matrix::select(&self.fleet, &parents, selectors).map_err(|faults| {
            show_all(&faults, &Sources::default(), global, host);
            Exit::Wrong
        })
    }
}

/// Loads the workspace through all sync stages; shows all diagnostics, and fails if one of them is an error.
pub fn load(global: &Global, host: &Host, demands: Demands) -> Result<Ready, Exit> {
    let mut faults = Diagnostics::default();
    let (ready, sources) = go(global, host, demands, &mut faults)?;
    show_all(&faults, &sources, global, host);
    match ready {
        Some(ready) if !faults.has_errors() => Ok(ready),
        _ => Err(Exit::Wrong),
    }
}

/// The same for read-only commands, with the selected variants.
pub fn load_selected(
    selectors: &[String],
    global: &Global,
    host: &Host,
) -> Result<(Ready, BTreeSet<VariantId>), Exit> {
    let ready = load(global, host, Demands::NONE)?;
    let selected = ready.select(selectors, global, host)?;
    Ok((ready, selected))
}

/// Runs each stage on the result of the previous one, so that one call reports as many errors as possible.
fn go(
    global: &Global,
    host: &Host,
    demands: Demands,
    faults: &mut Diagnostics,
) -> Result<(Option<Ready>, Sources), Exit> {
    let root = workspace::find(&global.workspace).map_err(|why| {
        complain(&format!("{why}\n  {}", why.help()));
        Exit::Wrong
    })?;
    let (mut sources, documents, found) = workspace::load(&root);
    faults.extend(found);
    let workspace = Workspace::new(root);
    let mut manifest = manifest::parse(&documents, faults);
    manifest::library(&mut manifest, &mut sources, faults);
    let inputs = inputs(&manifest, &workspace, global, host, faults)?;
    let Some(mut fleet) = matrix::expand(&manifest, &inputs, faults) else {
        return Ok((None, sources));
    };
    if faults.has_errors() {
        return Ok((None, sources));
    }
    render::checks(&mut fleet, &workspace, &mut sources, faults);
    let (lock, lock_text) = workspace.lock(&mut sources, faults);
    let recipes = render::render(&fleet, &workspace, &lock, &mut sources, faults);
    if faults.has_errors() {
        return Ok((None, sources));
    }
    let graph = Graph::connect(&fleet, &recipes, faults);
    if faults.has_errors() {
        return Ok((None, sources));
    }
    if let Some(severity) = demands.checksums.severity() {
        render::unverified(&fleet, &recipes, severity, faults);
    }
    if let Some(severity) = demands.stage.severity() {
        manifest::unstaged(&manifest, severity, faults);
    }
    let ids = ids(&fleet, &recipes, &graph);
    Ok((
        Some(Ready {
            workspace,
            fleet,
            recipes,
            graph,
            ids,
            lock,
            lock_text,
        }),
        sources,
    ))
}

fn inputs(
    manifest: &Manifest,
    workspace: &Workspace,
    global: &Global,
    host: &Host,
    faults: &mut Diagnostics,
) -> Result<Inputs, Exit> {
    let wrong = |text: String| {
        complain(&text);
        Exit::Wrong
    };
    let mut variables = from_environment(manifest, host, faults);
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
    let said = Said {
        branch: global.branch.clone(),
        event: global.event.map(event_of),
    };
    let (git, event) = workspace::git::revision(workspace.root(), &host.env, said);
    Ok(Inputs {
        now,
        variables,
        git,
        event,
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

/// The variables from `KILN_VAR_*`. One environment may serve several workspaces, so an undeclared name is only a
/// warning.
fn from_environment(
    manifest: &Manifest,
    host: &Host,
    faults: &mut Diagnostics,
) -> BTreeMap<String, String> {
    let plain = |name: &str| name.to_lowercase().replace('_', "-");
    let declared: BTreeSet<String> = manifest
        .variables
        .iter()
        .map(|variable| plain(&variable.name))
        .collect();
    let given = host.env.iter().filter_map(|(name, value)| {
        Some((
            name,
            plain(name.strip_prefix("KILN_VAR_")?),
            value.to_owned(),
        ))
    });
    let (known, unknown): (Vec<_>, Vec<_>) =
        given.partition(|(_, name, _)| declared.contains(name));
    for (written, name, _) in unknown {
        let near = suggest(&name, declared.iter().map(String::as_str))
            .map(|near| format!("did you mean `{near}`?"));
        let warning = Diagnostic::warning(
            "matrix::unknown-variable",
            format!("{written} is not used: no variable `{name}` is declared"),
        );
        faults.push(warning.maybe_help(near));
    }
    known
        .into_iter()
        .map(|(_, name, value)| (name, value))
        .collect()
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

/// Shows the diagnostics in the format that the command line selects.
pub(crate) fn show_all(faults: &Diagnostics, sources: &Sources, global: &Global, host: &Host) {
    if faults.is_empty() {
        return;
    }
    match global.diagnostics {
        DiagnosticsFormat::Text => eprint!("{}", show::text(faults, sources, host.colour)),
        DiagnosticsFormat::Json => eprint!("{}", show::json(faults, sources)),
    }
}
