//! What a run will do: ordered steps, each with an action, a reason and the steps it waits for.
//!
//! A plan is made in one place from values alone, so it can be printed, saved, compared and tested
//! without an engine. It is closed: it holds what its steps need and names variants as people do. Everything that must
//! happen before something else is an `after` edge here; the runner only follows the edges.

mod build;
mod facts;
mod engine_support;
mod ids;
mod moves;
mod show;
mod step;
mod test;
mod variant;

pub use build::{Options, build};
pub use engine_support::{Unsupported, supports};
pub use facts::{Facts, Lock, LockSource};
pub use ids::{Ids, build_id, build_tag, green_tag, ids, probed_tag};
pub use moves::counter;
pub use show::{json, moves_nothing, text};
pub use step::{Action, DeferredMove, Move, MoveState, Owner, Plan, Reason, Step, StepId, UseFrom};
pub use test::{TestImages, test};
pub use variant::{
    Build, ImageSource, Materials, PlannedImage, PlannedRecipe, PlannedVariant, VariantName,
};

#[cfg(test)]
mod tests;
