//! Named contexts of targets: what they are in a manifest, and which cannot be carried over.

use super::built::Built;
use super::public::Publics;
use crate::dockerfile::{Given, context_name, parse};
use crate::import::note::Notes;
use crate::import::path;
use crate::import::published::Text;
use crate::import::write::literal;
use crate::name::{Reference, Tag};
use indexmap::IndexMap;

/// The contexts of a target by name, as the manifest has them. Those that have no place in it are notes. In a Dockerfile
/// inside the file, names of images are replaced by what they stand for, so that only the others remain.
pub(super) fn named(built: &Built, public: &Publics, notes: &mut Notes) -> IndexMap<String, Text> {
    let mut all = IndexMap::new();
    for (name, context) in &built.contexts {
        let source = match context_name(name) {
            Ok(_) => source(context, public, built),
            Err(_) => Err("a context is called like a stage or an image"),
        };
        match source {
            Ok(_) if is_replaced(name, context, built) => {}
            Ok(text) => drop(all.insert(name.clone(), text)),
            Err(help) => notes.left_out(
                &format!("the context `{name}`"),
                &format!("{help}; until then `{name}` in its Dockerfile means an image or stage of that name"),
                built.span,
            ),
        }
    }
    all
}

/// The contexts of a target that do not name other targets, without notes.
pub(super) fn plain(built: &Built) -> IndexMap<String, Text> {
    named(built, &Publics::default(), &mut Notes::default())
}

/// What a context is in the manifest.
///
/// # Errors
/// What to do about one that has no place in it.
fn source(context: &str, public: &Publics, built: &Built) -> Result<Text, &'static str> {
    const ADDRESSES: [&str; 6] = [
        "http://",
        "https://",
        "git://",
        "ssh://",
        "git@",
        "github.com/",
    ];
    if let Some(image) = context.strip_prefix("docker-image://") {
        return image_text(image).ok_or("name an image by a reference such as `alpine:3.20`");
    }
    if context.starts_with("target:") {
        let reference = public.reference(context);
        let real = reference.ok_or("give its target tags, so that it is an image")?;
        let pattern = public.pattern(context);
        return Ok(Text {
            pattern: pattern.unwrap_or_else(|| literal(&real)),
            real,
        });
    }
    if context.starts_with("oci-layout://") {
        return Err("push the image to a registry, and write `contexts \"name\" \"reference\"`");
    }
    if ADDRESSES.iter().any(|start| context.starts_with(start)) {
        return Err(
            "copy the files into the workspace, and write `contexts \"name\" \"./folder\"`",
        );
    }
    let folder = context.strip_prefix("cwd://").unwrap_or(context);
    let folder = path::inside(folder, built.span).map_err(
        |_| "move the folder into the workspace, and write `contexts \"name\" \"./folder\"`",
    )?;
    // A name alone could also be an image.
    Ok(Text::literal(&match folder.as_str() {
        "" => String::from("."),
        folder => format!("./{folder}"),
    }))
}

/// An image with its tag: a name alone could also be one of the manifest.
fn image_text(image: &str) -> Option<Text> {
    let mut reference: Reference = image.parse().ok().filter(|_| image != "scratch")?;
    if reference.digest.is_none() {
        reference.tag.get_or_insert_with(Tag::latest);
    }
    Some(Text::literal(reference.familiar()))
}

/// Forgets the contexts whose images a Dockerfile inside the file names itself.
pub(super) fn forget_replaced(built: &mut Built) {
    let names: Vec<String> = (built.contexts.iter())
        .filter(|(name, context)| is_replaced(name, context, built))
        .map(|(name, _)| name.clone())
        .collect();
    built.contexts.retain(|name, _| !names.contains(name));
}

/// Whether a Dockerfile inside the file names the image itself in place of the context. A stage of the name is replaced by
/// the context alone.
fn is_replaced(name: &str, context: &str, built: &Built) -> bool {
    let Some(inline) = &built.inline else {
        return false;
    };
    let args = IndexMap::new();
    let file = parse(inline).resolve(Given {
        args: &args,
        platforms: &[],
        target: None,
        contexts: &[],
    });
    let is_stage = |stage: &crate::dockerfile::BuildStage| stage.name.as_deref() == Some(name);
    let is_image = context.starts_with("target:") || context.starts_with("docker-image://");
    is_image && !file.stages.iter().any(is_stage)
}
