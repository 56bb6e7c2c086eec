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
pub mod text;
pub mod name;
pub mod tree;
pub mod request;
// -- thought (pure) --
pub mod tag;
pub mod check;
pub mod manifest;
pub mod matrix;
pub mod lockfile;
pub mod render;
pub mod graph;
pub mod plan;
pub mod line;
pub mod import;
// -- world (the only doors) --
pub mod host;
pub mod workspace;
pub mod transport;
// -- deed (async) --
pub mod engine;
pub mod registry;
pub mod download;
pub mod survey;
pub mod run;
pub mod report;
// -- door --
pub mod commands;
pub mod cli;
