//! The scheduler over thousands of plans, and whole runs in a world in memory.

mod engine;
mod promises;
mod pushes;
mod schedule;
