//! The scheduler over thousands of plans, and whole runs in a world in memory.

mod bases;
mod caches;
mod credentials;
mod engine;
mod engines;
mod failing_engines;
mod folders;
mod histories;
mod hooks;
mod inspections;
mod interruptions;
mod promises;
mod proofs;
mod prune;
mod pushes;
mod reach;
mod retries;
mod schedule;
mod silence;
mod simulation;
mod staged;
mod world;
