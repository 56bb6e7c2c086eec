//! The matrices of GitHub's levels, which a job fills in from the plan.

use crate::ci::command::words;
use crate::ci::limits::LEGS;
use crate::ci::pipeline::Pipeline;
use crate::matrix::VariantName;
use crate::plan::Plan;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// A variant of the plan that no job of the pipeline would build.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the plan builds {0}, which the manifest does not declare\n  make the plan again, with the same --var and the same commit"
)]
pub struct Left(pub VariantName);

/// One line per level, `kiln-level-0=["core:1","core:2"]`: the variants for which a saved plan has something to do. Each
/// element is what one job builds, ready for a shell.
///
/// # Errors
/// The plan is for another fleet than the pipeline.
pub fn matrix(pipeline: &Pipeline, plan: &Plan) -> Result<String, Left> {
    let busy: BTreeSet<&VariantName> = plan.worked_on();
    let known: BTreeSet<&VariantName> = pipeline.jobs.iter().flat_map(|job| &job.builds).collect();
    if let Some(left) = busy.iter().find(|name| !known.contains(*name)) {
        return Err(Left((*left).clone()));
    }
    let mut out = String::new();
    for job in &pipeline.jobs {
        let wanted: Vec<&VariantName> = job
            .builds
            .iter()
            .filter(|name| busy.contains(name))
            .collect();
        let size = wanted.len().div_ceil(LEGS).max(1);
        let legs = wanted.chunks(size).map(|part| words(part.iter().copied()));
        let legs: serde_json::Value = legs.collect();
        let _ = writeln!(out, "{}={legs}", job.name);
    }
    Ok(out)
}
