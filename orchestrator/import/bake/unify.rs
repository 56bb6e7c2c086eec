//! The texts of all cells of a matrix, each with one pattern where the value of an axis decides it.

use super::axes::Cell;
use super::columns::align;
use super::derive::Deriver;
use crate::import::image_name;
use crate::import::published::{Name, Text};
use indexmap::IndexSet;

/// What has a different pattern in each cell becomes data of an axis.
pub(super) fn unify(cells: &mut [Cell], deriver: &mut Deriver) {
    align(cells);
    args(cells, deriver);
    names(cells, deriver);
    let dockerfiles = cells
        .iter_mut()
        .map(|cell| Some(&mut cell.built.dockerfile));
    deriver.unify("dockerfile", false, dockerfiles.collect());
    let contexts = cells.iter_mut().map(|cell| Some(&mut cell.built.context));
    deriver.unify("context", false, contexts.collect());
    let stages = cells.iter_mut().map(|cell| cell.built.stage.as_mut());
    deriver.unify("target", false, stages.collect());
    named(cells, deriver);
}

/// The same for repositories and tags.
fn names(cells: &mut [Cell], deriver: &mut Deriver) {
    for at in 0..cells.first().map_or(0, |cell| cell.built.names.len()) {
        let mut column = |word: &str, always: bool, of: fn(&mut Name) -> &mut Text| {
            let texts = cells
                .iter_mut()
                .map(|cell| cell.built.names[at].as_mut().map(of));
            deriver.unify(word, always, texts.collect());
        };
        column("repository", true, |name| &mut name.repository);
        column("tag", false, |name| &mut name.tag);
    }
}

/// The same for named contexts.
fn named(cells: &mut [Cell], deriver: &mut Deriver) {
    let contexts = cells.iter();
    let contexts = contexts.flat_map(|cell| cell.built.named.keys().cloned());
    for name in contexts.collect::<IndexSet<String>>() {
        let texts = cells.iter_mut();
        let mut texts: Vec<_> = texts.map(|cell| cell.built.named.get_mut(&name)).collect();
        deriver.insert(&mut texts);
        deriver.unify(&image_name(&name), false, texts);
    }
}

/// The same for arguments, whose names say what the data is.
fn args(cells: &mut [Cell], deriver: &mut Deriver) {
    let args = cells
        .iter()
        .flat_map(|cell| cell.built.args.keys().cloned());
    for arg in args.collect::<IndexSet<String>>() {
        let texts = cells.iter_mut().map(|cell| cell.built.args.get_mut(&arg));
        deriver.unify(&arg.to_lowercase(), false, texts.collect());
    }
}
