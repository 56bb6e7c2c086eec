//! Free space for the engine's images, where this machine can see their folder.

use super::{Examined, Finding};
use crate::commands::doctor::disk;

const WAY_OUT: &str = "remove what is not used: `docker system prune` and `docker builder prune`";

pub(super) fn check(one: &Examined<'_>) -> Vec<Finding> {
    let local = Some(one.endpoint).filter(|endpoint| !endpoint.is_remote());
    let folder = one.condition.folder.as_deref().filter(|_| local.is_some());
    let found = folder.and_then(|folder| Some((folder, disk::free(folder)?)));
    vec![match found {
        Some((folder, free)) => disk::judged("images", folder, free, WAY_OUT),
        None => Finding::note(
            "disk",
            "the free space of the engine is not known: its folder is not on this machine, and no engine reports it\nto see what fills it: `docker system df`; the free space itself: `df` on its machine",
        ),
    }]
}
