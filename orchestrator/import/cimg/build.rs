//! The image that a manifest makes: versions, parents and variants as axes.

use super::read::{Manifest, Release};
use super::{on_node, platforms_of};
use crate::import::entry;
use crate::import::image_name;
use crate::import::write::{Node, literal};
use crate::name::Version;
use crate::text::Spanned;

/// `workspace "cimg" { … }`
pub(super) fn workspace(manifest: &Manifest) -> Node {
    let publish = Node::new("publish").arg(&format!("docker.io/{}/{{image}}", manifest.namespace));
    let stage = format!("docker.io/{}/kiln-stage", manifest.namespace);
    Node::new("workspace")
        .arg(&image_name(&manifest.namespace))
        .open()
        .spaced()
        .child(publish)
        .child(Node::new("stage").arg(&stage))
}

/// The parent from outside, if its tags are given.
pub(super) fn base(manifest: &Manifest) -> Option<Node> {
    let parent = manifest
        .parent
        .as_ref()
        .filter(|_| !manifest.parents.is_empty())?;
    let from = format!(
        "docker.io/{}/{}:{{parent}}",
        manifest.namespace,
        literal(parent)
    );
    Some(
        Node::new("base")
            .arg(&image_name(parent))
            .prop("from", &from)
            .spaced(),
    )
}

/// The image.
pub(super) fn image(manifest: &Manifest) -> Node {
    let has_variants = !manifest.variants.is_empty();
    let mut image = Node::new("image")
        .arg(&manifest.repository)
        .open()
        .spaced()
        .child(versions(manifest));
    let (mut pattern, mut folder) = (String::from("{version}"), String::from("{version.minor}"));
    if !manifest.parents.is_empty() {
        image = image.child(parents(manifest));
        pattern.push_str("-{parent}");
        folder.push_str("/{parent}");
    }
    if has_variants {
        let plain = Node::new("value")
            .arg("plain")
            .prop("token", "")
            .child(Node::new("set").prop("folder", ""));
        let value = |variant: &Spanned<String>| {
            Node::new("value")
                .arg(variant)
                .child(Node::new("set").prop("folder", &format!("{}/", variant.value)))
        };
        image = image.child(
            Node::new("axis")
                .arg("variant")
                .open()
                .child(plain)
                .children(manifest.variants.iter().map(value)),
        );
        pattern.push_str("-{variant}");
    }
    let file = if has_variants {
        format!("{folder}/{{variant.folder}}Dockerfile")
    } else {
        format!("{folder}/Dockerfile")
    };
    image = image
        .child(Node::new("dockerfile").arg(&file).spaced())
        .child(Node::new("context").arg("."));
    if manifest.arm64 {
        image = image.child(entry::platforms(&platforms_of(manifest, "")));
    }
    let from_base = base(manifest).map(|_| {
        Node::new("from").prop(
            "base",
            &image_name(manifest.parent.as_deref().map_or("", String::as_str)),
        )
    });
    image = match has_variants {
        true => image.children(whens(manifest, from_base)),
        false => image.children(from_base),
    };
    image.child(Node::new("tag").arg(&pattern).spaced())
}

fn versions(manifest: &Manifest) -> Node {
    let value = |release: &Release| {
        let mut node = Node::new("value").arg(&release.version);
        // A pre-release owns no rung, but cimg's scripts publish `X.Y` for it all the same.
        let stable = release
            .version
            .parse::<Version>()
            .is_ok_and(|version| !version.is_prerelease());
        let short = (release.leads && !stable).then_some(release.short.as_str());
        let aliases: Vec<&str> = short.into_iter().chain(release.alias.as_deref()).collect();
        if !aliases.is_empty() {
            node = node.child(Node::new("alias").args(aliases));
        }
        node.children(
            release
                .param
                .as_ref()
                .map(|param| Node::new("set").prop("param", &literal(param))),
        )
    };
    let axis = Node::new("axis")
        .arg("version")
        .prop("kind", "version")
        .prop("rungs", "full minor")
        .open();
    axis.children(manifest.versions.iter().map(value))
}

fn parents(manifest: &Manifest) -> Node {
    let value = |parent: &Spanned<String>| {
        let node = Node::new("value")
            .arg(parent)
            .prop("token", &format!("{}-{}", manifest.slug, parent.value));
        if manifest.default_parent.as_ref() == Some(parent) {
            node.flag("default")
        } else {
            node
        }
    };
    Node::new("axis")
        .arg("parent")
        .open()
        .children(manifest.parents.iter().map(value))
}

/// The `from` of each variant.
fn whens(manifest: &Manifest, from_base: Option<Node>) -> Vec<Node> {
    let when = |variant: &str| Node::new("when").prop("variant", variant);
    let plain = from_base.map(|from| when("plain").child(from));
    let one = |variant: &Spanned<String>| {
        let below = if variant.as_str() == "browsers" && on_node(manifest) {
            "node"
        } else {
            "plain"
        };
        let node = when(variant).child(
            Node::new("from")
                .prop("image", &manifest.repository)
                .prop("variant", below),
        );
        if manifest.arm64 && variant.contains("browsers") {
            node.child(entry::platforms(&platforms_of(manifest, variant)))
        } else {
            node
        }
    };
    let mut nodes: Vec<Node> = plain
        .into_iter()
        .chain(manifest.variants.iter().map(one))
        .collect();
    if let Some(first) = nodes.first_mut() {
        *first = first.clone().spaced();
    }
    nodes
}
