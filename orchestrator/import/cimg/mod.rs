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
//! parent. With `base_version`, that is the tag of the parent, and `parentTags` are versions of something else. With `arm64=1`, all variants except browsers are built for arm64 as well.

mod image;
mod read;
mod shell;

use super::note::{Lost, Notes, listed};
use super::owner::owners;
use super::published::{Image, Published};
use super::verify::verified;
use super::write::literal;
use super::{Input, image_name};
use crate::name::Repository;
use crate::text::{Diagnostics, Shown, Spanned};
use image::on_node;
use indexmap::IndexMap;
use read::Manifest;

/// How many versions a note names.
const SHOWN: usize = 12;

/// Reads a `manifest`; errors are in `out`.
pub fn read(input: Input<'_>, notes: &mut Notes, out: &mut Diagnostics) -> Option<Published> {
    let before = out.errors();
    let manifest = read::read(input, notes, out).filter(|_| out.errors() == before)?;
    let images = vec![image::image(&manifest)];
    let help = "give it to one of them, or let both share it";
    owners(&images, |name| name.tag.real.clone(), help, out);
    if out.errors() > before {
        return None;
    }
    let repository = manifest.home.clone() + "/" + &manifest.repository;
    let repository = repository.parse::<Repository>().ok()?;
    let mut published = Published {
        comment: format!("Imported from the manifest of {}.", repository.familiar()),
        workspace: workspace(&repository),
        publish: Some(format!("{}/{{image}}", manifest.home)),
        bases: image::base(&manifest).into_iter().collect(),
        images,
        ..Published::default()
    };
    if verified(&published).is_ok() {
        parent_notes(&manifest, notes);
    } else {
        published.bases.clear();
        published.images.iter_mut().for_each(bare);
        params(&manifest, notes);
    }
    parent(&manifest, &published, notes);
    shared_folders(&manifest, notes);
    Some(published)
}

/// The name of the workspace: the path above the image, which a registry may not have.
fn workspace(repository: &Repository) -> String {
    let path = repository.path();
    image_name(path.rsplit_once('/').map_or(path, |(above, _)| above))
}

/// Removes the axes, and what only they can express.
fn bare(image: &mut Image) {
    image.grid = None;
    for variant in &mut image.variants {
        (variant.from, variant.origin) = (None, None);
        variant.data.clear();
        variant.dockerfile.pattern = literal(&variant.dockerfile.real);
    }
}

/// Notes that versions of one series have one Dockerfile, which makes one of them.
fn shared_folders(manifest: &Manifest, notes: &mut Notes) {
    let mut series: IndexMap<&str, Vec<&Spanned<String>>> = IndexMap::new();
    for release in &manifest.versions {
        let versions = series.entry(&release.short).or_default();
        versions.push(&release.version);
    }
    for (short, versions) in series.iter().filter(|(_, versions)| versions.len() > 1) {
        let names: Vec<&str> = versions.iter().map(|one| one.as_str()).collect();
        let message = format!(
            "{} are built from one folder, {short}, which can have the files of one of them only",
            listed(&names, SHOWN)
        );
        let help = "keep the version that the folder has, or give each a folder of its own, and name it in `dockerfile`";
        notes.note("import::one-folder", message, help, versions[0].span);
    }
}

/// Says which parameters a manifest without axes does not have.
fn params(manifest: &Manifest, notes: &mut Notes) {
    for release in &manifest.versions {
        let Some(param) = &release.param else {
            continue;
        };
        let what = format!("`#{}` of `{}`", param.shown(), release.version.as_str());
        notes.lost(Lost::part(what, release.version.span));
    }
}

/// Says that the manifest does not have the parent from outside.
fn parent(manifest: &Manifest, published: &Published, notes: &mut Notes) {
    if !published.bases.is_empty() {
        return;
    }
    let (what, span) = match &manifest.parent {
        Some(parent) => (format!("the parent `{}`", parent.shown()), parent.span),
        None => (
            String::from("the parent, which is not named"),
            manifest.span,
        ),
    };
    notes.lost(Lost::part(what, span));
}

/// Adds notes on parents that the file does not name.
fn parent_notes(manifest: &Manifest, notes: &mut Notes) {
    let is_given = manifest.base_version.is_some();
    if let (Some(parent), true) = (&manifest.parent, manifest.parents.is_empty() && !is_given) {
        let what = format!(
            "the file does not specify which tag of `{}` is the parent",
            parent.as_str()
        );
        notes.assumed(what, "the FROM of the Dockerfiles is used; or write `base \"…\" from=\"…\"` and `from base=\"…\"`", parent.span);
    }
    let others = |parent: &&Spanned<String>| !is_given && parent.value != manifest.slug;
    if let (Some(parent), Some(tag)) = (
        manifest.parent.as_ref().filter(others),
        manifest.parents.first(),
    ) {
        let what = format!(
            "`parentTags` are assumed to be tags of `{}`, although `parentSlug` is `{}`",
            parent.shown(),
            manifest.slug.shown()
        );
        let help = "write the tag that the Dockerfiles name into the `from` of the `base`, if it is another one";
        notes.assumed(what, help, tag.span);
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
