//! The workspace on disk: the folder with `kiln.kdl`, and the files that its manifest names.

mod load;

pub use load::{MANIFEST, NoWorkspace, find, load};
