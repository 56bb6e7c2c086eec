//! Kiln builds a fleet of container images from one manifest.
//!
//! Every command runs a prefix of one line:
//!
//! ```text
//! workspace::load -> line::bring (manifest, matrix, render, graph) -> Ready
//!     -> survey (await) -> plan -> run (await) -> Outcome
//! ```
//!
//! The list below is the table of contents, the reading order and the dependency rule: a module uses
//! only modules above it. `tests/house` reads this file and fails if a module imports one from
//! below. It also keeps clocks, files, sockets and tasks out of the pure modules.

#![cfg_attr(
    not(test),
    deny(
        clippy::disallowed_methods,
        clippy::expect_used,
        clippy::print_stderr,
        clippy::print_stdout,
        clippy::unwrap_used
    )
)]

// -- words (pure) --
pub mod text;
pub mod name;
pub mod tree;
pub mod request;
// -- planning (pure) --
pub mod tag;
pub mod check;
pub mod dockerfile;
pub mod manifest;
pub mod matrix;
pub mod lockfile;
pub mod render;
pub mod graph;
pub mod memory;
pub mod plan;
pub mod line;
pub mod ci;
pub mod import;
pub mod init;
// -- world (the only doors) --
#[allow(
    clippy::disallowed_methods,
    reason = "a door to the environment and its files"
)]
pub mod host;
#[allow(clippy::disallowed_methods, reason = "a door to files and git")]
pub mod workspace;
#[allow(clippy::disallowed_methods, reason = "a door to certificate files")]
pub mod http;
// -- actions (async) --
#[allow(
    clippy::disallowed_methods,
    reason = "a door to engines, and to the files that say how to reach them"
)]
pub mod engine;
#[allow(
    clippy::disallowed_methods,
    reason = "a door to registries, and to the credentials for them"
)]
pub mod registry;
pub mod download;
pub mod survey;
#[allow(
    clippy::disallowed_methods,
    reason = "a run measures how long its steps take"
)]
pub mod run;
pub mod report;
// -- door --
#[allow(
    clippy::disallowed_methods,
    reason = "commands read and write files that the user names"
)]
mod commands;
pub mod cli;
