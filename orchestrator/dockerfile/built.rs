//! The instructions that a build on one platform carries out, each with the variables that are known there.

use super::instruction::Instruction;
use super::variables::Variables;
use super::walk::Walk;
use super::{Dockerfile, platform};

/// An instruction of a stage that the build needs.
pub(super) struct Step<'f, 'v> {
    pub instruction: &'f Instruction,
    /// The index of its stage.
    pub stage: usize,
    /// The earlier stage that its stage is based on.
    pub below: Option<usize>,
    pub variables: &'v Variables,
}

/// Visits them in file order, FROM included. `at` is the place of the platform.
pub(super) fn each<'f>(
    walk: &Walk<'_>,
    at: usize,
    escape: char,
    file: &'f Dockerfile,
    mut visit: impl FnMut(Step<'f, '_>),
) {
    let needed = platform::needed(&walk.links, walk.target, at);
    let mut stages: Vec<Variables> = Vec::new();
    let mut below = None;
    for instruction in &file.instructions {
        if instruction.keyword == "FROM" {
            let link = walk.links.get(stages.len());
            below = link.and_then(|link| *link.below.get(at)?);
            stages.push(
                below
                    .map(|at: usize| stages[at].clone())
                    .unwrap_or_default(),
            );
        }
        let Some(stage) = stages.len().checked_sub(1) else {
            continue;
        };
        let variables = &mut stages[stage];
        variables.set(&walk.scope, at, instruction, escape);
        if needed[stage] {
            visit(Step {
                instruction,
                stage,
                below,
                variables,
            });
        }
    }
}
