//! Names and folders of variants.
//!
//! A variant's name is its first tag: it comes from the first rule that is the same in every run (without clock
//! and commit, so that files do not move by themselves), with the first token of each axis, and a
//! version's own name. Without such a rule, it is the first token of each axis, joined with `-`.
//! Its files are in `.circleci/images/<image>/<name>/`, those of an image without axes
//! in `.circleci/images/<image>/`; `path` sets another folder below the image's folder.

use crate::matrix::fleet::public_tag::PublicTag;
use crate::name::{Repository, Tag};
use crate::text::{Diagnostic, Shown, Span};

/// The folder of all generated files, relative to the workspace.
pub(in crate::matrix) const ROOT: &str = ".circleci/images";

/// Checks an image's name, which becomes part of repositories and paths.
pub(in crate::matrix) fn check_image(name: &str, span: Span) -> Result<(), Diagnostic> {
    match format!("localhost/{name}").parse::<Repository>() {
        Ok(_) => Ok(()),
        Err(_) => Err(Diagnostic::error(
            "matrix::image-name",
            format!("`{}` is not a name for an image", name.shown()),
        )
        .at(span, "here")
        .help(
            "use lower-case letters and digits, with `.`, `_` or `-` between them, as in repositories",
        )),
    }
}

/// The folder of a variant.
pub(in crate::matrix) fn folder(
    image: &str,
    has_axes: bool,
    name: &str,
    path: Option<&str>,
) -> String {
    match path {
        Some(path) => format!("{ROOT}/{image}/{path}"),
        None if has_axes => format!("{ROOT}/{image}/{name}"),
        None => format!("{ROOT}/{image}"),
    }
}

/// Whether a name can be used for files and content: it must be a valid tag.
pub(in crate::matrix) fn is_name(name: &str) -> bool {
    name.parse::<Tag>().is_ok()
}

/// The fault of a variant whose name is not a valid tag.
pub(in crate::matrix) fn no_name(name: &str, image: &str, span: Span) -> Diagnostic {
    let fault = format!(
        "`{}` is not a name for a variant of `{image}`",
        name.shown()
    );
    Diagnostic::error("matrix::variant-name", fault)
        .at(span, "from this")
        .help("a variant is named by its first tag")
}

/// Moves the tag that names a variant to the front, or otherwise the first one that is the same in every run:
/// children use it in their Dockerfiles.
pub(in crate::matrix) fn lead(name: &str, mut made: Vec<PublicTag>) -> Vec<PublicTag> {
    let named = made.iter().position(|made| made.tag.as_str() == name);
    let place = named
        .or_else(|| made.iter().position(|made| !made.varies))
        .unwrap_or(0);
    if let Some(front) = made.get_mut(..=place) {
        front.rotate_right(1);
    }
    // There is one list per variant.
    made.shrink_to_fit();
    made
}
