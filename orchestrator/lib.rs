//! Kiln builds a fleet of container images from one manifest.
//!
//! Every command runs a prefix of one line:
//!
//! ```text
//! workspace::load -> manifest::parse -> matrix::expand -> render -> graph::connect
//!     -> survey (await) -> plan::build -> run (await) -> Outcome
//! ```
//!
//! The list below is the table of contents, the reading order and the dependency rule: a module uses
//! only modules above it. `tests/house.rs` reads this file and fails if a module imports one from
//! below. It also keeps clocks, files, sockets and tasks out of the pure modules.

// -- words (pure) --
pub mod text;
pub mod name;
pub mod tree;
pub mod request;
// -- planning (pure) --
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
// -- actions (async) --
pub mod engine;
pub mod registry;
pub mod download;
pub mod survey;
pub mod run;
pub mod report;
// -- door --
pub mod commands;
pub mod cli;
