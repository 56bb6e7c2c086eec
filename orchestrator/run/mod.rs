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
mod prove;
mod publish;
mod schedule;
mod stage;
mod the_loop;
mod work;

pub use event::{CacheUse, Done, Event, EventKind, Failure};
pub use prove::{Proof, Subject, failure, prove};
pub use schedule::{Limits, Policy, Schedule, State};
pub use the_loop::{Outcome, StepOutcome, run};
pub use work::{Parts, Stop, Work, run_id};

#[cfg(test)]
mod tests;
