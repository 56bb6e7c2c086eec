//! Verifies that a manifest publishes exactly what the file does: it is expanded as any other, and compared.

use super::manifest;
use super::published::{self, Published};
use crate::line;
use crate::manifest::{ContextDecl, NamedSource};
use crate::matrix::{Body, Inputs, Parent, Variant};
use crate::name::Platform;
use crate::request::BuildOptions;
use crate::text::{Diagnostic, Diagnostics, Span, Spanned};
use indexmap::IndexMap;
use std::collections::{BTreeMap, BTreeSet};

/// The manifest, if it publishes exactly this; if not, why not, as far as it has errors of its own.
pub fn verified(published: &Published) -> Result<String, Diagnostics> {
    let text = manifest::write(published);
    if !published.unfinished.is_empty() {
        // Images without names publish nothing yet, and make every other command fail.
        let finished = Published {
            unfinished: Vec::new(),
            wanted: IndexMap::new(),
            ..published.clone()
        };
        return match finished.images.is_empty() {
            true => Ok(text),
            false => verified(&finished).map(|_| text),
        };
    }
    let mut faults = Diagnostics::default();
    // The result must not depend on a clock or on git.
    let fleet = line::fleet_of(&text, &Inputs::default(), &mut faults);
    let Some(fleet) = fleet.filter(|_| !faults.has_errors()) else {
        return Err(faults);
    };
    let variants = published.images.iter().flat_map(|image| &image.variants);
    let mut wanted: Vec<Build> = variants.map(Build::wanted).collect();
    let mut got: Vec<Build> = fleet.variants.iter().map(Build::got).collect();
    wanted.sort();
    got.sort();
    if got == wanted {
        Ok(text)
    } else {
        Err(Diagnostics::default())
    }
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

/// What is compared of one image.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Build {
    references: BTreeSet<String>,
    platforms: BTreeSet<Platform>,
    dockerfile: String,
    context: Option<String>,
    target: Option<String>,
    args: BTreeMap<String, String>,
    contexts: BTreeMap<String, String>,
    options: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Build {
    fn wanted(variant: &published::Variant) -> Self {
        let none = || vec![Platform::linux_amd64()];
        let (args, contexts) = (variant.args.iter(), variant.contexts.iter());
        Self {
            references: variant.names.iter().map(published::Name::full).collect(),
            platforms: variant
                .platforms
                .clone()
                .unwrap_or_else(none)
                .into_iter()
                .collect(),
            dockerfile: variant.dockerfile.real.clone(),
            context: variant.context.as_ref().map(|context| context.real.clone()),
            target: variant.target.as_ref().map(|target| target.real.clone()),
            args: args
                .map(|(name, text)| (name.clone(), text.real.clone()))
                .collect(),
            contexts: contexts
                .map(|(name, text)| (name.clone(), text.real.clone()))
                .collect(),
            options: options(
                variant
                    .options
                    .iter()
                    .map(|(name, texts)| (*name, texts.clone())),
            ),
        }
    }

    fn got(variant: &Variant) -> Self {
        let (Body::Template(path) | Body::Dockerfile(path)) = &variant.body;
        let references = variant.references();
        let args = variant.args.iter();
        Self {
            references: references
                .map(|(reference, _)| reference.to_string())
                .collect(),
            platforms: variant.platforms.iter().cloned().collect(),
            dockerfile: path.value.clone(),
            context: variant
                .context
                .as_ref()
                .map(|context| context.value.clone()),
            target: variant.build.target.clone(),
            args: args
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            contexts: variant.contexts.iter().filter_map(context).collect(),
            options: built_with(&variant.build),
        }
    }
}

/// A named context that is one word; an image of the manifest is none.
fn context(one: &ContextDecl<Spanned<String>, Parent>) -> Option<(String, String)> {
    match &one.source {
        NamedSource::Word(word) => Some((one.name.value.clone(), word.value.clone())),
        NamedSource::Of(_) => None,
    }
}

/// What RUN steps get. Sizes are compared by being there: a manifest has them in bytes.
fn options(
    all: impl Iterator<Item = (&'static str, Vec<String>)>,
) -> BTreeMap<&'static str, BTreeSet<String>> {
    let counted = |(name, texts): (&'static str, Vec<String>)| match name {
        "shm-size" | "ulimit" => (name, [texts.len().to_string()].into()),
        _ => (name, texts.into_iter().collect()),
    };
    let all = all
        .filter(|(name, texts)| *name != "network" || texts.iter().any(|text| text != "default"));
    all.map(counted).collect()
}

fn built_with(build: &BuildOptions) -> BTreeMap<&'static str, BTreeSet<String>> {
    let hosts = build.extra_hosts.clone();
    let all = [
        ("network", build.network.iter().cloned().collect()),
        (
            "shm-size",
            build.shm_size.iter().map(ToString::to_string).collect(),
        ),
        ("extra-host", hosts),
        (
            "ulimit",
            build
                .ulimits
                .iter()
                .map(|limit| limit.name.clone())
                .collect(),
        ),
    ];
    let given = all
        .into_iter()
        .filter(|(_, texts): &(_, Vec<String>)| !texts.is_empty());
    options(given)
}
