//! What was reviewed under `.circleci/images` must be what is built.

use crate::commands::{Exit, complain, warn};
use crate::line::Ready;
use crate::matrix::VariantId;
use crate::workspace::{Workspace, git};
use std::collections::BTreeSet;

/// Says in one line that the images are recorded with a commit that the working tree differs from.
pub fn check_committed(workspace: &Workspace, ready: &Ready) {
    let Some(commit) = &ready.inputs.git.sha else {
        return;
    };
    let changed = git::uncommitted(workspace.root());
    let Some(first) = changed.first() else {
        return;
    };
    let what = match changed.len() - 1 {
        0 => first.clone(),
        more => format!("{first} and {more} more"),
    };
    let short = commit.get(..7).unwrap_or(commit);
    warn(&format!(
        "the working tree differs from commit {short}: {what}; what is built now is recorded with this commit all the same"
    ));
}

/// Compares the generated files of the selected variants, and of everything that they are based on, with what is built.
/// A difference is a warning, or an error if the run is locked.
pub fn check_reviewed(
    workspace: &Workspace,
    ready: &Ready,
    selected: &BTreeSet<VariantId>,
    locked: bool,
) -> Result<(), Exit> {
    let built = ready.graph.with_ancestors(selected);
    let (warning, refusal) = match workspace.drift(&ready.recipes.raw, &built) {
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
