//! Paths of the workspace, and paths of the input as such.

use crate::render::normal;
use crate::text::{Diagnostic, Shown, Span};

/// A path without `.` and empty parts; empty for the workspace itself. A path that leaves the workspace is an error.
pub fn inside(path: &str, span: Span) -> Result<String, Diagnostic> {
    let fault = |why: &str| {
        Diagnostic::error("import::outside", format!("`{}` {why}", path.shown()))
            .at(span, "not inside the workspace")
            .help("kiln builds only what is in the folder of `kiln.kdl`: move it there, or import in a folder above")
    };
    if path.contains("://") || path.starts_with("git@") {
        return Err(fault("is not a local folder"));
    }
    let parts = || {
        path.split('/')
            .filter(|part| !part.is_empty() && *part != ".")
    };
    if path.starts_with('/') || parts().any(|part| part == "..") {
        return Err(fault("leads out of the workspace"));
    }
    let joined = parts().collect::<Vec<_>>().join("/");
    if joined.is_empty() || normal(&joined).as_deref() == Some(joined.as_str()) {
        Ok(joined)
    } else {
        Err(fault("is not a path"))
    }
}

/// A folder as a manifest has it: `.` for the workspace itself.
pub fn dot(folder: &str) -> &str {
    if folder.is_empty() { "." } else { folder }
}
