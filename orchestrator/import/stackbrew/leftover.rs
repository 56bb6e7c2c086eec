//! Notes on what has no place in a manifest: other fields, layouts, and commits.

use super::entry::Entry;
use super::fields::{FIELDS, Field};
use crate::import::note::{Lost, Notes, listed};
use crate::import::published::Variant;
use crate::name::Reference;
use crate::text::Span;
use indexmap::IndexMap;

/// The builder of images that are made from an OCI layout.
pub(super) const LAYOUT: &str = "oci-import";

/// What to do about images without a Dockerfile.
pub(super) const NO_DOCKERFILE: &str = "kiln builds Dockerfiles: write one, or publish these images with the tool that makes the layouts";

/// How many Dockerfiles a note names.
const SHOWN: usize = 5;

/// The commits of each Dockerfile, with the places of the images that are built from it.
#[derive(Default)]
pub(super) struct Sources(IndexMap<String, IndexMap<String, Span>>);

impl Sources {
    /// Remembers the commit of an image.
    pub fn add(&mut self, variant: &Variant, commit: String) {
        let commits = self.0.entry(variant.dockerfile.real.clone()).or_default();
        commits.entry(commit).or_insert(variant.span);
    }

    /// Adds a note on the Dockerfiles of several commits.
    pub fn note(self, notes: &mut Notes) {
        let several = self.0.into_iter().filter(|(_, commits)| commits.len() > 1);
        let several: IndexMap<String, _> = several.collect();
        let all: Vec<&str> = several.keys().map(String::as_str).collect();
        let message = format!(
            "{}: images of one Dockerfile are from different commits, and a workspace has one of them",
            listed(&all, SHOWN)
        );
        let help = "copy each version into a folder of its own, and name it in `dockerfile`";
        for span in several.values().flat_map(IndexMap::values) {
            notes.note("import::one-folder", message.clone(), help, *span);
        }
    }
}

/// Adds a note if an image has one folder for architectures that have a commit each: what is beside the Dockerfile differs.
pub(super) fn note_architectures(entry: &Entry, builds: usize, span: Span, notes: &mut Notes) {
    let commits = entry.architecture_commits();
    if builds == 1 && commits.len() > 1 {
        let message = "this image has one folder with a different commit for each architecture, and a workspace has one of them: what is beside the Dockerfile would be the same for all";
        let help = "copy the folder of each architecture, and name it in `dockerfile` with a `when` of an axis";
        notes.note("import::one-folder", String::from(message), help, span);
    }
}

/// Adds a note for a field that has no place in a manifest.
pub(super) fn note(field: &Field, notes: &mut Notes) {
    let known = FIELDS
        .into_iter()
        .find(|known| field.name.eq_ignore_ascii_case(known));
    let help = match known {
        Some("Tags" | "SharedTags" | "Architectures" | "Directory" | "File") => return,
        Some("GitRepo" | "GitFetch" | "GitCommit") => {
            "kiln builds what is in the workspace: check out that source there"
        }
        // What it is for is noted for each image.
        Some("Builder") if field.text().value == LAYOUT => return,
        Some("Builder") => {
            "`kiln build --builder` chooses the builder of a run; the default is the best one that the engine has"
        }
        Some("Constraints") => {
            "kiln chooses engines by platform; a constraint's Windows release is in `platforms`"
        }
        Some(_) => "keep it where people look for it, such as in CODEOWNERS",
        None if is_for_one_architecture(&field.name) => {
            let (_, own) = field.name.rsplit_once('-').unwrap_or_default();
            if !["directory", "file"].contains(&own.to_ascii_lowercase().as_str()) {
                let help = "kiln builds what is in the workspace, for all architectures";
                notes.left_out(&format!("<arch>-{own}"), help, field.name.span);
            }
            return;
        }
        None => "kiln does not know a field of this name",
    };
    notes.left_out(&field.name, help, field.name.span);
}

/// `arm64v8-Directory`
fn is_for_one_architecture(name: &str) -> bool {
    name.rsplit_once('-')
        .is_some_and(|(_, field)| FIELDS.iter().any(|known| known.eq_ignore_ascii_case(field)))
}

/// Whether the image is made from an OCI layout; it is left out with a note.
pub(super) fn is_layout(entry: &Entry, repository: &str, notes: &mut Notes) -> bool {
    let builder = entry.field("Builder").map(|field| field.text());
    let Some(builder) = builder.filter(|builder| builder.value == LAYOUT) else {
        return false;
    };
    let place = entry.own.iter().next().map(|field| field.span());
    let message = format!(
        "images with `Builder: {LAYOUT}` are not imported: they are made from an OCI layout"
    );
    let place = place.unwrap_or(builder.span);
    notes.note("import::left-out", message, NO_DOCKERFILE, place);
    let fields = ["Tags", "SharedTags"].map(|name| entry.field(name));
    let fields: Vec<Field> = fields.into_iter().flatten().collect();
    let tags = fields.iter().flat_map(|field| field.items());
    let names = tags.map(|tag| format!("{repository}:{}", tag.value));
    let names = names.filter_map(|name| name.parse().ok());
    let references: Vec<String> = names.map(|name: Reference| name.familiar()).collect();
    let all: Vec<&str> = references.iter().map(String::as_str).collect();
    let what = format!("{} with `Builder: {LAYOUT}`", listed(&all, SHOWN));
    notes.lost(Lost {
        references,
        ..Lost::part(what, place)
    });
    true
}
