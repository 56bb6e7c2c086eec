//! Converts the files of other tools to a first manifest.
//!
//! ```text
//! stackbrew -.
//! cimg       >-> what it publishes (Published) -> find: axes in the tags -> manifest -> verify: the same is published
//! bake      -'                                        '-> compare: a manifest that exists publishes the same
//! ```
//!
//! Each format reads its file into what it publishes; only its reader knows anything about it. Where the format has no
//! axes, they are looked for. The manifest that is written is parsed and expanded like any other, and must publish
//! exactly the same; axes with which it does not are not used. What is not imported is a note with its line. The
//! formats:
//!
//! | format | file |
//! | --- | --- |
//! | Docker Official Images' library file | `stackbrew` |
//! | CircleCI's `manifest` of a cimg repository | `cimg` |
//! | a file for `docker buildx bake`, HCL or JSON | `bake` |

mod attest;
mod bake;
mod build;
mod cimg;
mod compare;
pub(crate) mod distro;
mod elsewhere;
mod find;
mod kept;
mod lost;
mod manifest;
mod next;
mod note;
mod owner;
mod parents;
pub(crate) mod path;
mod published;
pub(crate) mod secret;
mod stackbrew;
mod unused;
mod verify;
mod when;
pub(crate) mod write;

pub use compare::{Compared, With};
pub use unused::Dockerfiles;

use crate::text::kdl::LARGEST_FILE;
use crate::text::{Diagnostic, Diagnostics, SourceId, Span};
use bake::Aim;
use note::Notes;
use published::Published;

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
    import_all(format, &[input], &[], out)
}

/// Imports several files as one, as bake reads them: later ones are on top of earlier ones. `wanted` names targets and
/// groups of a bake file; without any, all targets are imported. Other formats have one file and no such names.
pub fn import_all(
    format: Format,
    files: &[Input<'_>],
    wanted: &[String],
    out: &mut Diagnostics,
) -> Option<Import> {
    import_with(format, files, wanted, &|_| None, out)
}

/// The same beside Dockerfiles: what none of them uses is left out.
pub fn import_with(
    format: Format,
    files: &[Input<'_>],
    wanted: &[String],
    dockerfiles: Dockerfiles<'_>,
    out: &mut Diagnostics,
) -> Option<Import> {
    let mut notes = Notes::default();
    let Some(mut published) = published(format, files, wanted, Aim::Write, &mut notes, out) else {
        out.extend(notes.finish(files));
        return None;
    };
    unused::settings(&mut published, dockerfiles, &mut notes);
    let left = notes.left();
    if !left.is_empty() {
        published.comment += &format!("\nNot imported: {}.", left.join(", "));
    }
    published.comment += &lost::comment(notes.all_lost());
    find::grids(&mut published, &mut notes);
    kept::keep(&mut published);
    if format != Format::Stackbrew {
        official(&published, &mut notes);
    }
    match verify::verified(&published) {
        Ok(manifest) => {
            parents::note(&published, &manifest, dockerfiles, &mut notes);
            out.extend(notes.finish(files));
            Some(Import {
                manifest,
                files: published.files,
            })
        }
        Err(faults) => {
            let span = published.images.first().map(|image| image.span);
            let start = files.first().map(|file| file.span(0, 0));
            let place = span.or(start)?;
            out.push(verify::refused(&faults, place));
            out.extend(notes.finish(files));
            None
        }
    }
}

/// Notes that only Docker pushes to the repository for staged images.
fn official(published: &Published, notes: &mut Notes) {
    let stage = manifest::stage(published);
    let is_official = stage.is_some_and(|stage| stage.starts_with(manifest::OFFICIAL));
    if let Some(image) = published.images.first().filter(|_| is_official) {
        let what = "the images have no namespace, so the `stage` is in docker.io/library, where only Docker pushes";
        let help = "write a repository of your own there: `stage \"docker.io/you/kiln-stage\"`";
        notes.assumed(what, help, image.span);
    }
}

/// Compares what the files publish with what a manifest publishes, and reports every difference in `out`. `None` if the
/// files cannot be read, which is reported, too.
pub fn compare(
    format: Format,
    files: &[Input<'_>],
    wanted: &[String],
    with: &With<'_>,
    out: &mut Diagnostics,
) -> Option<Compared> {
    let mut notes = Notes::default();
    let Some(mut published) = published(format, files, wanted, Aim::Compare, &mut notes, out)
    else {
        out.extend(notes.finish(files));
        return None;
    };
    unused::settings(&mut published, with.dockerfiles, &mut notes);
    if format != Format::Bake {
        elsewhere::follow(&mut published, with.fleet, &with.texts);
    }
    // What else is not imported was reported when it was.
    Some(compare::compare(&published, notes.all_lost(), with, out))
}

/// What the files publish.
fn published(
    format: Format,
    files: &[Input<'_>],
    wanted: &[String],
    aim: Aim,
    notes: &mut Notes,
    out: &mut Diagnostics,
) -> Option<Published> {
    let size = files.iter().map(|file| file.text.len()).sum::<usize>();
    if size > LARGEST_FILE {
        let fault =
            format!("more than {LARGEST_FILE} bytes: at most {LARGEST_FILE} can be imported");
        out.push(Diagnostic::error("import::too-large", fault).help("import it in parts"));
        return None;
    }
    let first = *files.first()?;
    match format {
        Format::Stackbrew => stackbrew::read(first, notes, out),
        Format::Cimg => cimg::read(first, notes, out),
        Format::Bake => bake::read(files, wanted, aim, notes, out),
    }
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

/// The name, or one with a number if it is taken.
pub(crate) fn unique(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    std::iter::once(name.to_owned())
        .chain(numbered)
        .find(|name| !taken(name))
        .unwrap_or_default()
}
