//! The matrices of GitHub's levels, which a job fills in from the plan.

use crate::ci::command::words;
use crate::ci::limits::LEGS;
use crate::ci::pipeline::Pipeline;
use crate::matrix::VariantName;
use crate::plan::Plan;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// One line per level, `kiln-level-0=["core:1","core:2"]`: the variants for which a saved plan has something to do. Each
/// element is what one job builds, ready for a shell.
pub fn matrix(pipeline: &Pipeline, plan: &Plan) -> String {
    let busy: BTreeSet<&VariantName> = plan.worked_on();
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
    out
}
