//! What a run will do: ordered steps, each with an action, a reason and the steps it waits for.
//!
//! A plan is made in one place from values alone, so it can be printed, saved, compared and tested
//! without an engine. It is closed: it holds what its steps need and names variants as people do. Everything that must
//! happen before something else is an `after` edge here; the runner only follows the edges.

mod build;
mod current;
mod decide;
mod engine_support;
mod facts;
mod ids;
mod inputs;
mod moves;
mod options;
mod reason;
mod show;
mod step;
mod test;
mod variant;

pub use build::build;
pub use current::candidates;
pub use decide::{Decision, Decisions, State, decide};
pub use engine_support::{Unsupported, supports};
pub use facts::{Base, BaseFact, Current, Facts, Lock, LockSource};
pub use ids::{Ids, ids};
pub use inputs::{Contents, Gap, PlannedInputs, Taken};
pub use moves::{counter, numbered, recorded_names};
pub use options::Options;
pub use reason::Reason;
pub use show::{json, moves_nothing, remark_lines, text};
pub use step::{
    Action, DeferredMove, Held, Move, MoveState, Origin, Owner, Plan, Remarks, Step, StepId,
    Unknown, UseFrom,
};
pub use test::{TestImages, test};
pub use variant::{
    Build, ImageSource, Materials, PlannedBuild, PlannedImage, PlannedRecipe, PlannedVariant,
};

#[cfg(test)]
mod tests;
