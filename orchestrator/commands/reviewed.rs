//! What is published must be what was reviewed: the files under `.circleci/images`, the commit, the manifest.

use crate::commands::{Exit, complain, warn};
use crate::line::Ready;
use crate::manifest::set_image;
use crate::matrix::{TagKind, Variant, VariantId};
use crate::workspace::{Workspace, git};
use std::collections::BTreeSet;
use std::path::Path;

/// Says in one line that the images are recorded with a commit that the working tree differs from. The file that the command
/// itself writes does not count.
pub fn check_committed(workspace: &Workspace, ready: &Ready, written: Option<&Path>) {
    let Some(commit) = &ready.inputs.git.sha else {
        return;
    };
    let mut changed = git::uncommitted(workspace.root());
    let own = written.and_then(|path| path.canonicalize().ok());
    if let Some((own, top)) = own.zip(git::clone_folder(workspace.root())) {
        changed.retain(|path| !top.join(path).canonicalize().is_ok_and(|path| path == own));
    }
    let Some(first) = changed.first() else {
        return;
    };
    let what = match changed.len() - 1 {
        0 => first.clone(),
        more => format!("{first} and {more} more"),
    };
    let short = commit.get(..7).unwrap_or(commit);
    warn(&format!(
        "files are not committed: {what}; images that contain them are recorded as commit {short} all the same"
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

/// Refuses to move a tag to an image that only this run describes: the next run would move it back, and until then nothing would say
/// why it is different.
pub fn check_set(ready: &Ready, selected: &BTreeSet<VariantId>) -> Result<(), Exit> {
    let changes = &ready.inputs.set;
    if changes.is_empty() {
        return Ok(());
    }
    let images: BTreeSet<&str> = changes.iter().filter_map(|one| set_image(one)).collect();
    let changed = |variant: &&Variant| images.contains(variant.image.as_str());
    let all = ready.fleet.variants.iter();
    let roots: BTreeSet<VariantId> = all.filter(changed).map(|v| v.id).collect();
    let built = ready.graph.with_ancestors(selected);
    let affected = ready.graph.with_descendants(&roots);
    let moved = built
        .intersection(&affected)
        .find_map(|id| moving(ready.fleet.variant(*id)));
    let Some(tag) = moved else {
        return Ok(());
    };
    complain(&format!(
        "--set: `kiln build --push` would move {tag} to an image that only this run describes\n  build without --push, or write the change into the manifest"
    ));
    Err(Exit::Wrong)
}

/// The first tag of a variant that this run moves.
fn moving(variant: &Variant) -> Option<String> {
    let mut moves = variant.moves();
    let known = moves.find(|(_, tag, held)| tag.kind == TagKind::Moving && held.is_none());
    let mut deferred = variant.deferred_moves();
    let later = deferred.find(|(_, tag, held)| tag.kind == TagKind::Moving && held.is_none());
    let known = known.map(|(reference, ..)| reference.familiar());
    known.or_else(|| later.map(|(repository, ..)| format!("a tag of {repository}")))
}
