//! A first workspace: a small new fleet, or one from folders of Dockerfiles.
//!
//! ```text
//! facts of the machine (Machine) ---> Place: a name, where it is published ---------------.
//!                                                                                          >-> kiln.kdl -> verify: the line up to the graph
//! Dockerfiles -> Title: image and tag -> Links: what each name means, tags, repositories -'
//! ```
//!
//! Only a valid fleet is written: the text goes through the usual parsing, expansion, rendering and graph, and
//! `kiln init` prints that graph.

mod alike;
mod alone;
mod asked;
mod candidate;
mod context;
mod dockerfiles;
mod elsewhere;
mod filename;
mod folders;
mod found;
mod fresh;
mod grid;
mod groups;
mod guess;
mod home;
mod index;
mod links;
mod machine;
mod mounts;
mod names;
mod place;
mod remote;
mod row;
#[cfg(test)]
mod tests;
mod title;
mod told;
mod vendored;
mod verify;
mod windows;
mod word;
mod written;

pub use dockerfiles::dockerfiles;
pub use filename::{FileKind, file_kind};
pub use fresh::fresh;
pub use place::{Asked, Login, Machine, Place, Sourced, place};

use crate::graph::Graph;
use crate::matrix::Fleet;
use crate::text::SourceId;
use std::sync::Arc;

/// A workspace that is to be written.
#[derive(Debug)]
pub struct Begun {
    /// The path and text of `kiln.kdl`, and of each file that it includes.
    pub files: Vec<(String, String)>,
    /// The builds that it has.
    pub fleet: Fleet,
    /// The edges between its variants.
    pub graph: Graph,
}

/// A Dockerfile that was found on disk.
#[derive(Debug, Clone)]
pub struct Written {
    /// Relative to the workspace: `.circleci/images/go/1.26/Dockerfile`.
    pub path: String,
    /// Relative to the folder that was searched: `go/1.26/Dockerfile`.
    pub below: String,
    /// The file, as a source of diagnostics.
    pub source: SourceId,
    /// The content.
    pub text: Arc<str>,
}
