//! The only changer of the world outside: obeys a plan and says what happens.
//!
//! ```text
//! Schedule (pure: which step may start)  ->  one task a step (build, stage, publish)  ->  Event
//! ```
//!
//! The loop borrows the plan and never reads, hashes or renders: that is done before, or in tasks of
//! their own. The worker speaks, the reporter listens.

mod build;
mod check;
mod event;
mod images;
mod probe;
mod checks;
mod publish;
mod schedule;
mod stage;
mod executor;
mod run_context;

pub use checks::{CheckResult, Subject, failure, run_checks};
pub use event::{CacheUse, Done, Event, EventKind, Failure};
pub use executor::{Outcome, StepOutcome, run};
pub use run_context::{RunContext, RunParts, Stop, run_id};
pub use schedule::{Limits, Policy, Schedule, State};

#[cfg(test)]
mod tests;
