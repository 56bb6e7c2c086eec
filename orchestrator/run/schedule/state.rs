//! The states of steps, and how they end.

use super::EngineId;
use crate::plan::StepId;

/// The state of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// This many of its `after` steps are not done.
    Waiting(usize),
    /// It may start.
    Ready,
    /// It is running.
    Running,
    /// It succeeded.
    Done,
    /// It failed.
    Failed,
    /// It will not run because this step failed.
    Blocked(StepId),
    /// It will not run because the run was stopped.
    Dropped,
}

/// What happens to the rest when a step fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// Everything that does not depend on it continues.
    #[default]
    KeepGoing,
    /// Running steps finish; nothing new starts.
    FailFast,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It succeeded. What it made is on its engine alone.
    Made,
    /// It succeeded, and made nothing that is on its engine alone.
    Done,
    /// It failed.
    Failed,
}

/// A step that starts, and the engine that runs it; `None` for steps that run on no engine.
pub type Started = (StepId, Option<EngineId>);
