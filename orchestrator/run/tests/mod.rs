//! The scheduler over thousands of plans, and whole runs in a world in memory.

mod bases;
mod engine;
mod interruptions;
mod promises;
mod pushes;
mod schedule;
mod staged;
