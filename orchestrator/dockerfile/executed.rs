//! On which platforms a build runs programs.

use super::Dockerfile;
use super::platform::{needed, root};
use super::walk::Walk;
use crate::dockerfile::RunsOn;
use serde::{Deserialize, Serialize};

/// A platform that a build runs programs on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Executed {
    /// The platform.
    pub on: RunsOn,
    /// The line of the first RUN there, from 1.
    pub line: usize,
}

/// For each platform that the file is built for, the platforms that the RUN instructions of the needed stages run on.
pub(super) fn executed(walk: &Walk<'_>, file: &Dockerfile) -> Vec<Vec<Executed>> {
    let places = 0..walk.scope.targets().len();
    places.map(|at| executed_at(walk, file, at)).collect()
}

fn executed_at(walk: &Walk<'_>, file: &Dockerfile, at: usize) -> Vec<Executed> {
    let needed = needed(&walk.links, walk.target, at);
    let mut all: Vec<Executed> = Vec::new();
    for run in file.instructions.iter().filter(|i| i.keyword == "RUN") {
        let line = *run.lines.start();
        let begun = file.stages.partition_point(|stage| stage.line <= line);
        let stage = begun
            .checked_sub(1)
            .filter(|stage| needed.get(*stage) == Some(&true));
        let on = stage.and_then(|stage| walk.links[root(&walk.links, stage, at)].on.get(at));
        if let Some(on) = on.filter(|on| all.iter().all(|one| one.on != **on)) {
            let on = on.clone();
            all.push(Executed { on, line });
        }
    }
    all
}
