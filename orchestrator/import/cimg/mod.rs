//! CircleCI's `manifest` of a cimg repository: shell variables that its scripts read.
//!
//! ```text
//! namespace=cimg
//! repository=clojure
//! parent=openjdk
//! variants=(node browsers)
//! parentTags=(8.0 17.0)
//! defaultParentTag=17.0
//! parentSlug=openjdk
//! GEN_CHECK=(1.12.5#1654)
//! ```
//!
//! In the repository, `GEN_CHECK` is in a file `GEN-CHECK` of its own. It holds the versions: `v1.2.3=alias#parameter`.
//! Each version has a folder `X.Y`, with a folder for each of `parentTags`, with a folder for each of `variants`.
//! Every image has its full version and `X.Y` as tags; those on `defaultParentTag` also have them without the
//! parent. With `arm64=1`, all variants except browsers are built for arm64 as well.

mod build;
mod read;

use super::entry::{self, Entry};
use super::note::Notes;
use super::verify::{self, Published};
use super::write::document;
use super::{Import, Input};
use crate::name::Platform;
use crate::text::{Diagnostics, Spanned};
use read::{Manifest, Release};

/// Imports a `manifest`.
pub fn import(input: Input<'_>, out: &mut Diagnostics) -> Option<Import> {
    let mut notes = Notes::default();
    let before = out.errors();
    let manifest = read::read(input, &mut notes, out).filter(|_| out.errors() == before)?;
    let entries = entries(&manifest);
    verify::owners(&entries, out);
    if out.errors() > before {
        return None;
    }
    let repository = format!("docker.io/{}/{}", manifest.namespace, manifest.repository);
    let wanted: Vec<Published> = entries
        .iter()
        .map(|entry| entry.published(&repository))
        .collect();
    let nodes = [
        Some(build::workspace(&manifest)),
        build::base(&manifest),
        Some(build::image(&manifest)),
    ];
    let text = document(
        &title(&manifest),
        &nodes.into_iter().flatten().collect::<Vec<_>>(),
    );
    if verify::verify(&text, &wanted).is_ok() {
        parent_notes(&manifest, &mut notes);
        out.extend(notes.finish(input.text));
        return Some(Import {
            manifest: text,
            files: Vec::new(),
        });
    }
    let text = document(
        &title(&manifest),
        &[
            build::workspace(&manifest),
            entry::written(&manifest.repository, &entries),
        ],
    );
    if let Err(faults) = verify::verify(&text, &wanted) {
        out.push(verify::refused(&faults, manifest.span));
        return None;
    }
    let why = String::from("the tags are written out one by one: no axes produce exactly these");
    notes.note(
        "import::plain",
        why,
        "docs/tags.md describes axes, rungs and aliases",
        manifest.span,
    );
    out.extend(notes.finish(input.text));
    Some(Import {
        manifest: text,
        files: Vec::new(),
    })
}

fn title(manifest: &Manifest) -> String {
    format!(
        "Imported from the manifest of {}/{}.",
        manifest.namespace, manifest.repository
    )
}

/// Adds notes on parents that the file does not name.
fn parent_notes(manifest: &Manifest, notes: &mut Notes) {
    if let (Some(parent), true) = (&manifest.parent, manifest.parents.is_empty()) {
        let what = format!(
            "the file does not specify which tag of `{}` is the parent",
            parent.as_str()
        );
        notes.assumed(what, "the FROM of the Dockerfiles is used; or write `base \"…\" from=\"…\"` and `from base=\"…\"`", parent.span);
    }
    if let (Some(variant), true) = (
        manifest
            .variants
            .iter()
            .find(|variant| variant.as_str() == "browsers"),
        on_node(manifest),
    ) {
        let help = "change its `from` where your template differs";
        notes.assumed(
            "`browsers` is assumed to be based on `node`, as in cimg's own template",
            help,
            variant.span,
        );
    }
}

/// Whether browsers are based on node.
fn on_node(manifest: &Manifest) -> bool {
    manifest
        .variants
        .iter()
        .any(|variant| variant.as_str() == "node")
}

/// Every image with its tags, as cimg's scripts publish them.
fn entries(manifest: &Manifest) -> Vec<Entry> {
    let mut all = Vec::new();
    let none = [Spanned::new(String::new(), manifest.span)];
    let parents = if manifest.parents.is_empty() {
        &none[..]
    } else {
        &manifest.parents
    };
    let plain = [Spanned::new(String::new(), manifest.span)];
    for release in &manifest.versions {
        for parent in parents {
            for variant in plain.iter().chain(&manifest.variants) {
                all.push(entry_of(manifest, release, parent, variant));
            }
        }
    }
    all
}

fn entry_of(manifest: &Manifest, release: &Release, parent: &str, variant: &str) -> Entry {
    let mut versions = vec![release.version.as_str()];
    versions.extend(release.leads.then_some(release.short.as_str()));
    versions.extend(release.alias.as_deref());
    let mut middles = vec![if parent.is_empty() {
        String::new()
    } else {
        format!("-{}-{parent}", manifest.slug)
    }];
    if !parent.is_empty()
        && manifest
            .default_parent
            .as_ref()
            .is_some_and(|default| default.as_str() == parent)
    {
        middles.push(String::new());
    }
    let end = if variant.is_empty() {
        String::new()
    } else {
        format!("-{variant}")
    };
    let mut tags: Vec<Spanned<String>> = Vec::new();
    for tag in middles.iter().flat_map(|middle| {
        versions
            .iter()
            .map(|version| format!("{version}{middle}{end}"))
            .collect::<Vec<_>>()
    }) {
        let tag = Spanned::new(tag, release.version.span);
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    let parts = [release.short.as_str(), parent, variant];
    let directory = parts
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("/");
    let platforms = platforms_of(manifest, variant);
    let (file, context) = (String::from("Dockerfile"), Some(String::from(".")));
    Entry {
        span: release.version.span,
        tags,
        shared: Vec::new(),
        platforms,
        directory,
        file,
        context,
    }
}

fn platforms_of(manifest: &Manifest, variant: &str) -> Vec<Platform> {
    let mut platforms = vec![Platform::linux_amd64()];
    if manifest.arm64 && !variant.contains("browsers") {
        platforms.push(Platform {
            architecture: String::from("arm64"),
            ..Platform::linux_amd64()
        });
    }
    platforms
}
