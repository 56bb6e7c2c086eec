//! Converts the files of other tools to a first manifest.
//!
//! ```text
//! text of the input -> what it publishes (Published) -> a manifest that a person would write
//!                                |                                   |
//!                                `------------ verify.rs ------------'
//! ```
//!
//! Each format reads its file into what it publishes, and writes a manifest with axes where it finds them. That
//! manifest is parsed and expanded like any other; if it does not publish exactly the same, the plain form is written,
//! which names every tag. What is not imported is a note with its line. The formats:
//!
//! | format | file |
//! | --- | --- |
//! | Docker Official Images' library file | `stackbrew` |
//! | CircleCI's `manifest` of a cimg repository | `cimg` |
//! | a file for `docker buildx bake`, HCL or JSON | `bake` |

mod bake;
mod cimg;
mod entry;
mod note;
mod path;
mod shell;
mod stackbrew;
mod verify;
pub(crate) mod write;

use crate::text::kdl::LARGEST_FILE;
use crate::text::{Diagnostic, Diagnostics, SourceId, Span};

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A library file of the official images.
    Stackbrew,
    /// A manifest of the CircleCI images.
    Cimg,
    /// A bake file.
    Bake,
}

/// A file to import.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The file, as a source of diagnostics.
    pub source: SourceId,
    /// The content.
    pub text: &'a str,
    /// The file's name without folder and extension: the image's name if the text has none.
    pub name: &'a str,
}

impl Input<'_> {
    /// A span of the input, in bytes.
    fn span(&self, start: usize, end: usize) -> Span {
        let at = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Span {
            source: self.source,
            start: at(start),
            end: at(end),
        }
    }
}

/// A manifest, and the files that belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The text of `kiln.kdl`.
    pub manifest: String,
    /// Further files of the workspace: Dockerfiles that were inside the input.
    pub files: Vec<File>,
}

/// A file of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Relative to the workspace, `/` between parts.
    pub path: String,
    /// The content.
    pub text: String,
}

/// Imports a file. What is not imported is a warning in `out`; if the file cannot be imported, `out` has an error
/// and the result is `None`. Reads only `input`.
pub fn import(format: Format, input: Input<'_>, out: &mut Diagnostics) -> Option<Import> {
    if input.text.len() > LARGEST_FILE {
        let fault = format!(
            "the file has {} bytes, and at most {LARGEST_FILE} can be imported",
            input.text.len()
        );
        out.push(Diagnostic::error("import::too-large", fault).help("import it in parts"));
        return None;
    }
    let before = out.errors();
    let import = match format {
        Format::Stackbrew => stackbrew::import(input, out),
        Format::Cimg => cimg::import(input, out),
        Format::Bake => bake::import(input, out),
    };
    import.filter(|_| out.errors() == before)
}

/// Makes a valid image name of any text.
pub(crate) fn image_name(text: &str) -> String {
    let mut name = String::new();
    for c in text.chars().take(100) {
        match c.to_ascii_lowercase() {
            c @ ('a'..='z' | '0'..='9') => name.push(c),
            _ if name.ends_with(['-', '.']) || name.is_empty() => {}
            '.' => name.push('.'),
            _ => name.push('-'),
        }
    }
    let name = name.trim_end_matches(['-', '.']);
    if name.is_empty() {
        String::from("image")
    } else {
        name.to_owned()
    }
}
