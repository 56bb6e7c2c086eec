//! The scheduler over thousands of plans.

mod schedule;
