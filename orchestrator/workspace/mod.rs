//! The workspace on disk: the folder with `kiln.kdl`, and the files that its manifest names.

mod begin;
mod drift;
mod files;
mod generate;
mod generated;
pub mod git;
mod load;
mod lock;
mod replace;

#[cfg(test)]
mod tests;

pub use begin::{Search, WriteError, dockerfiles, write};
pub use drift::Drift;
pub use files::Workspace;
pub use generate::{Change, Changes, GenerateError};
pub use load::{MANIFEST, NoWorkspace, find, load};
pub use replace::{check_replaceable, replace};
