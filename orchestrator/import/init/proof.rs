//! Checks the manifest that is about to be written: runs all stages that need no files and no network.

use super::Begun;
use crate::graph::Graph;
use crate::lockfile::Lockfile;
use crate::manifest;
use crate::matrix::{GitFacts, Inputs, Trigger, expand};
use crate::render::{self, Files, Ignore};
use crate::text::{Diagnostic, Diagnostics, Sources, kdl};
use crate::tree::Tree;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The Dockerfiles that the manifest names, by path; contexts are empty.
#[derive(Debug, Default)]
pub(super) struct Texts(pub BTreeMap<String, Arc<str>>);

impl Files for Texts {
    fn text(&self, path: &str) -> Result<Option<Arc<str>>, String> {
        Ok(self.0.get(path).cloned())
    }

    fn tree(&self, _: &str, _: &Ignore) -> Result<Arc<Tree>, String> {
        Ok(Arc::default())
    }
}

/// The workspace for a manifest, or the first reason why it is not valid.
pub(super) fn proven(manifest: String, files: &Texts) -> Result<Begun, Diagnostic> {
    let mut faults = Diagnostics::default();
    match fleet(&manifest, files, &mut faults).filter(|_| !faults.has_errors()) {
        Some((fleet, graph)) => Ok(Begun {
            manifest,
            fleet,
            graph,
        }),
        None => Err(refused(&faults)),
    }
}

fn fleet(
    text: &str,
    files: &Texts,
    faults: &mut Diagnostics,
) -> Option<(crate::matrix::Fleet, Graph)> {
    let mut sources = Sources::default();
    let source = sources.add("kiln.kdl", text);
    let mut manifest = manifest::parse(&[kdl::parse(source, text, faults)], faults);
    manifest::library(&mut manifest, &mut sources, faults);
    // The result must not depend on a clock or on git.
    let inputs = Inputs {
        now: jiff::Timestamp::UNIX_EPOCH,
        variables: BTreeMap::new(),
        git: GitFacts::default(),
        event: Trigger::default(),
    };
    let mut go = || {
        let fleet = expand(&manifest, &inputs, faults).filter(|_| !faults.has_errors())?;
        let recipes = render::render(&fleet, files, &Lockfile::default(), &mut sources, faults);
        if faults.has_errors() {
            return None;
        }
        let graph = Graph::connect(&fleet, &recipes, faults);
        Some((fleet, graph))
    };
    go()
}

/// Spans are removed: they point into a text that the user has not seen.
fn refused(faults: &Diagnostics) -> Diagnostic {
    let error = faults
        .iter()
        .find(|fault| fault.severity == crate::text::Severity::Error);
    let (why, help) = error.map_or_else(Default::default, |fault| {
        (fault.message.clone(), fault.help.clone())
    });
    Diagnostic::error(
        "init::refused",
        format!("these Dockerfiles do not make a valid fleet: {why}"),
    )
    .help("begin the manifest by hand: docs/manifest.md")
    .maybe_help(help)
}
