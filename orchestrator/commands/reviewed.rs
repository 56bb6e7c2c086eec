//! What was reviewed under `.circleci/images` must be what is built.

use crate::commands::{Exit, complain, warn};
use crate::line::Ready;
use crate::matrix::VariantId;
use crate::workspace::Workspace;
use std::collections::BTreeSet;

/// Compares the generated files of the selected variants, and of everything that they are based on, with what is built.
/// A difference is a warning, or an error if the run is locked.
pub fn check_reviewed(
    workspace: &Workspace,
    ready: &Ready,
    selected: &BTreeSet<VariantId>,
    locked: bool,
) -> Result<(), Exit> {
    let built = ready.graph.with_ancestors(selected);
    let (warning, refusal) = match workspace.drift(&ready.recipes, &built) {
        Ok(drift) => (drift.warning(), drift.refusal()),
        Err(why) => {
            let text = format!("the generated files were not compared with what is built: {why}");
            (Some(text.clone()), Some(text))
        }
    };
    match (locked, refusal, warning) {
        (true, Some(text), _) => {
            complain(&text);
            Err(Exit::Wrong)
        }
        (false, _, Some(text)) => {
            warn(&text);
            Ok(())
        }
        _ => Ok(()),
    }
}
