//! What a run will do: ordered steps, each with an action, a reason and the steps it waits for.
//!
//! A plan is made in one place from values alone, so it can be printed, saved, compared and tested
//! without an engine. It is closed: it holds what its steps need and names variants as people do. Everything that must
//! happen before something else is an `after` edge here; the runner only follows the edges.

mod applied;
mod backwards;
mod bases;
mod build;
mod closed;
mod current;
mod decide;
mod diff;
mod effects;
mod emulation;
mod engine_fit;
mod engine_support;
mod facts;
mod files;
mod held;
mod ids;
mod inputs;
mod moves;
mod options;
mod origin;
mod prune;
mod reason;
mod release;
mod remarks;
mod retry;
mod rollback;
mod saved;
mod show;
mod stale;
mod step;
mod test;
mod variant;
mod work;
mod why;

pub use applied::Applied;
pub use backwards::{MovedBack, moved_back, moved_back_line};
pub use bases::{incomplete, locked_for};
pub use build::build;
pub use closed::Plan;
pub use current::candidates;
pub use decide::{Decision, Decisions, State, decide};
pub use diff::{PlatformDiff, TokenChange, diff};
pub use effects::Effects;
pub use emulation::{Foreign, emulated, foreign};
pub use engine_fit::{Fit, fit, why_unfit};
pub use engine_support::{Unfit, Unsupported, supports, supports_any};
pub use facts::{Base, BaseFact, Current, Facts, Lock, LockSource, Locked, Unread, part_for};
pub use files::{ChangedFile, ChangedFiles, changed_files};
pub use held::{Held, HeldTag, Tally, held_lines};
pub use ids::{Ids, ids};
pub use inputs::{Contents, Gap, PlannedInputs, Taken};
pub use moves::{counter, numbered, recorded_names};
pub use options::Options;
pub use origin::Origin;
pub use prune::{
    InUse, Kind, Pruned, Removal, Rules, StagedFailure, StagedImage, Stock, YOUNG, prune,
};
pub use reason::Reason;
pub use release::{Refused, Unready, refused_json, refused_markdown, refused_text, release};
pub use remarks::{Remarks, Unknown};
pub use retry::Retry;
pub use rollback::{
    Ancestors, Asked, Back, Based, ChildTag, Left, NotBack, NothingBack, Past, Rollback, Still,
    Trail, Trails, Turn, Wish, Withdrawn, not_back_json, not_back_text, rollback, rollback_json,
    rollback_text,
};
pub use saved::{LARGEST as LARGEST_SAVED, SavedPlan, Unreadable};
pub(crate) use show::held_json;
pub use show::{
    closing_remarks, evidence, json, markdown, reason_json, remark_lines, text, unknown_bases_json,
    unknown_lines, unpackaged_line, write_evidence,
};
pub use stale::{Freshness, FreshnessOn, freshness};
pub use step::{Action, DeferredMove, Move, MoveState, Owner, Step, StepId, UseFrom};
pub use test::{TestImages, test};
pub use variant::{
    Build, ImageSource, Materials, NamedTag, PlannedBuild, PlannedImage, PlannedRecipe,
    PlannedVariant, pointer,
};
pub use why::{Answer, Why, WhyBuild, why};

#[cfg(test)]
mod tests;
