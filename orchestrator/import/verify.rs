//! What an input publishes, and whether a manifest publishes exactly that.

use super::entry::Entry;
use crate::line;
use crate::matrix::{Body, Fleet, Inputs, Variant};
use crate::name::Platform;
use crate::text::{Diagnostic, Diagnostics, Span};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// One image as it is built and published.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Published {
    /// Full references: `docker.io/library/golang:1.27.0`.
    pub references: BTreeSet<String>,
    pub platforms: BTreeSet<Platform>,
    /// The path of its Dockerfile in the workspace.
    pub dockerfile: String,
    /// Its build context, where that is not the Dockerfile's folder.
    pub context: Option<String>,
    pub args: BTreeMap<String, String>,
}

impl Published {
    fn of(variant: &Variant) -> Self {
        let (Body::Template(path) | Body::Dockerfile(path)) = &variant.body;
        let args = variant
            .args
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        Self {
            references: variant
                .references()
                .map(|(reference, _)| reference.to_string())
                .collect(),
            platforms: variant.platforms.iter().cloned().collect(),
            dockerfile: path.value.clone(),
            context: variant
                .context
                .as_ref()
                .map(|context| context.value.clone()),
            args,
        }
    }
}

/// Checks that a manifest publishes exactly these images; if not, why not, as far as it has errors of its own.
pub fn verify(manifest: &str, wanted: &[Published]) -> Result<(), Diagnostics> {
    let mut faults = Diagnostics::default();
    let fleet = multiply(manifest, &mut faults);
    let Some(fleet) = fleet.filter(|_| !faults.has_errors()) else {
        return Err(faults);
    };
    let mut got: Vec<Published> = fleet.variants.iter().map(Published::of).collect();
    let mut wanted = wanted.to_vec();
    got.sort();
    wanted.sort();
    if got == wanted {
        Ok(())
    } else {
        Err(Diagnostics::default())
    }
}

fn multiply(text: &str, faults: &mut Diagnostics) -> Option<Fleet> {
    // The result must not depend on a clock or on git.
    line::fleet_of(text, &Inputs::default(), faults)
}

/// The error if no manifest can express the input: what kiln reports about the plainest one.
pub fn refused(faults: &Diagnostics, span: Span) -> Diagnostic {
    let why = faults.iter().next().map_or_else(
        || String::from("the manifest would publish other references"),
        |fault| fault.message.clone(),
    );
    Diagnostic::error(
        "import::refused",
        format!("this file cannot be expressed as one manifest: {why}"),
    )
    .at(span, "imported from here")
    .help("change it in the file, or begin the manifest by hand: docs/manifest.md")
}

/// Tags with two owners, which no manifest can have: each is an error with both places.
pub fn owners(entries: &[Entry], out: &mut Diagnostics) {
    let mut owners: HashMap<&str, Vec<(&Entry, bool, Span)>> = HashMap::new();
    for entry in entries {
        for (tag, shared) in entry
            .tags
            .iter()
            .map(|tag| (tag, false))
            .chain(entry.shared.iter().map(|tag| (tag, true)))
        {
            let known = owners.entry(tag.as_str()).or_default();
            let clash = known.iter().find(|(other, also, _)| {
                !(std::ptr::eq(*other, entry) || (*also && shared && apart(other, entry)))
            });
            if let Some((_, also, first)) = clash {
                let way = if *also && shared {
                    "a shared tag needs images with different platforms"
                } else {
                    "give it to one of them, or let both share it"
                };
                let fault = Diagnostic::error(
                    "import::two-owners",
                    format!("`{}` is published twice", tag.as_str()),
                );
                out.push(
                    fault
                        .at(tag.span, "again here")
                        .at(*first, "first here")
                        .help(way),
                );
                // One error is enough: a file with one duplicate often has a hundred.
                return;
            }
            known.push((entry, shared, tag.span));
        }
    }
}

fn apart(one: &Entry, other: &Entry) -> bool {
    one.platforms
        .iter()
        .all(|platform| !other.platforms.contains(platform))
}
