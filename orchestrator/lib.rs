//! Kiln builds a fleet of container images from one manifest.
//!
//! Every command is a prefix of one line, and there is no second line:
//!
//! ```text
//! workspace::load -> manifest::parse -> matrix::expand -> render -> graph::connect
//!     -> survey (await) -> plan::build -> run (await) -> Outcome
//! ```
//!
//! The list below is table of contents, reading order and dependency rule in one: a module uses
//! only modules that stand above it. `tests/house.rs` reads this file and fails on an import that
//! looks down the list; it also keeps the pure floors free of clocks, files, sockets and tasks.

// -- words (pure) --
pub mod name;
pub mod request;
pub mod text;
pub mod tree;
// -- thought (pure) --
pub mod check;
pub mod graph;
pub mod manifest;
pub mod matrix;
pub mod plan;
pub mod render;
pub mod tag;
// -- world (the only doors) --
pub mod host;
pub mod workspace;
// -- deed (async) --
pub mod engine;
pub mod registry;
pub mod report;
pub mod run;
pub mod survey;
// -- door --
pub mod cli;
pub mod commands;
