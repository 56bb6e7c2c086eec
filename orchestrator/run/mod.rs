//! Carries out a plan: the only module that changes registries and engines. It follows the plan and emits events.
//!
//! ```text
//! Schedule (pure: which step may start)  ->  one task per step (build, stage, publish)  ->  Event
//! ```
//!
//! The plan is closed, so nothing here knows the fleet. The loop borrows the plan and never reads files, hashes contexts
//! or renders. What a step makes is a value in `images` that later steps take. `run` emits events; `report` shows them.

mod attest;
mod build;
mod check;
mod counted;
mod event;
mod expected;
mod failing;
mod failure;
mod fetch;
mod find;
mod folders;
mod hooks;
mod images;
mod late;
mod ledger;
mod local;
mod located;
mod mask;
mod meanwhile;
mod packages;
mod pool;
mod probe;
mod checks;
mod due;
mod put;
pub mod reach;
mod prune;
mod publish;
mod push;
mod schedule;
mod share;
mod silence;
mod sources;
mod stage;
mod staged;
mod task;
mod tidy;
mod unfit;
mod wanted;
mod watch;
mod executor;
mod outcome;
mod run_context;
mod record;
mod rivals;
mod rollback;
mod whole;
mod write;

pub use checks::{CheckResult, Subject, failure, run_checks};
pub use event::{CacheUse, Done, Event, EventKind, Failure};
pub use executor::run;
pub use hooks::HookResult;
pub use late::{Connect, Late};
pub use ledger::{TagEnd, TagState};
pub use outcome::{Outcome, StepOutcome};
pub use pool::{Member, Pool};
pub use prune::{Removed, remove};
pub use rollback::{Moved, rollback};
pub use run_context::{RunContext, RunParts, RunState, Stop, run_id};
pub use schedule::{Capacity, End, EngineId, Kind, Limits, Lost, Policy, Schedule, Started, State};
pub use unfit::unfit;

#[cfg(test)]
mod tests;
