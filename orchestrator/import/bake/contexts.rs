//! Named contexts of targets: what they are in a manifest, and which cannot be carried over.

use super::built::Built;
use super::image::{SCRATCH, image_text, without};
use super::inline::plain;
use super::paths::resolved;
use super::place::{Decisions, How, Names, places, variable_of, variables};
use super::public::Publics;
use super::stand_in::is_made_up;
use super::value::Value;
use crate::dockerfile::{BuildStage, ImageRef, ImageRefKind, context_name};
use crate::import::note::{Lost, Notes};
use crate::import::path;
use crate::import::published::Text;
use crate::import::write::literal;
use crate::name::is_address;
use crate::text::Shown;
use indexmap::IndexMap;

/// The contexts of a target as the manifest has them.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub contexts: IndexMap<String, Text>,
    /// The variables that they do not follow.
    pub decided: Decisions,
}

/// The contexts of a target by name. Those that have no place in a manifest are notes. In a Dockerfile inside the file,
/// names of images are replaced by what they stand for, so that only the others remain.
pub(super) fn named(built: &Built, public: &Publics, notes: &mut Notes) -> Named {
    let mut all = Named::default();
    for (name, context) in &built.contexts {
        let is_named = public.is_named(context, name);
        // A name that is always that of the image may follow variables.
        let own = built.keys.get(name);
        let key = own.filter(|key| !is_named || !public.is_called(context, key));
        if let Some(key) = key {
            let names = places(key).filter_map(variable_of).map(str::to_owned);
            all.decided.extend(names.map(|name| (How::Fixed, name)));
        }
        // The Dockerfile names the image itself.
        let is_always = || own.is_some() || public.is_always_named(context, name);
        if is_named && is_always() {
            continue;
        }
        let source = match context_name(name) {
            Ok(_) => source(context, public, built),
            Err(_) => Err("a context is called like a stage or an image"),
        };
        match source {
            Ok(text) => {
                all.decide(context, &text);
                if !is_replaced(name, context, built, public) {
                    all.contexts.insert(name.clone(), text);
                }
            }
            Err(help) => {
                let what = format!("the context `{}`", name.shown());
                let help = format!(
                    "{help}; until then `{name}` in its Dockerfile means an image or stage of that name"
                );
                notes.not_imported(&what, &help, built.span);
                let what = format!("{what} of target `{}`", built.label.shown());
                notes.lost(Lost::part(what, built.span));
            }
        }
    }
    all
}

/// Gives a target the contexts that the manifest has, in all of its forms, and one more form for each condition with which
/// a target that it is built from is published elsewhere. The variables that they do not follow are the result.
pub(super) fn follow(built: &mut Built, public: &Publics, notes: &mut Notes) -> Decisions {
    let named = named(built, public, notes);
    built.named = named.contexts;
    for (_, other) in &mut built.switched {
        other.named = self::named(other, public, &mut Notes::default()).contexts;
    }
    for when in public.conditions(built.links()) {
        let known = built.switched.iter().position(|(known, _)| *known == when);
        let mut other = match known {
            Some(at) => built.switched.remove(at).1,
            None => built.clone(),
        };
        other.switched = Vec::new();
        other.named = self::named(&other, &public.with(&when), &mut Notes::default()).contexts;
        built.switched.push((when, other));
    }
    named.decided
}

impl Named {
    /// Notes the variables of a context that its text in the manifest does not have.
    fn decide(&mut self, context: &Text, text: &Text) {
        let names = |text: &Text| -> Names { variables(&Value::from(text.clone())) };
        let lost = names(context)
            .into_iter()
            .filter(|name| !names(text).contains(name));
        self.decided.extend(lost.map(|name| (How::Fixed, name)));
    }
}

/// What a context is in the manifest.
///
/// # Errors
/// What to do about one that has no place in it.
fn source(context: &Text, public: &Publics, built: &Built) -> Result<Text, &'static str> {
    let real = context.real.as_str();
    if let Some(image) = without(context, "docker-image://") {
        if image.real == SCRATCH {
            return Ok(Text::literal(SCRATCH));
        }
        return image_text(image).ok_or("name an image by a reference such as `alpine:3.20`");
    }
    if real.starts_with("target:") {
        let reference = public.reference(context);
        return reference.ok_or("the file has no such target: correct the name");
    }
    if real.starts_with("oci-layout://") {
        return Err("push the image to a registry, and write `contexts \"name\" \"reference\"`");
    }
    // bake reads `github.com/…` as an address, too.
    if is_address(real) || real.starts_with("github.com/") {
        return Err(
            "copy the files into the workspace, and write `contexts \"name\" \"./folder\"`",
        );
    }
    let folder = without(context, "cwd://").unwrap_or_else(|| context.clone());
    let inside =
        |folder: &str| path::inside(&resolved(folder), built.span).map(|folder| dotted(&folder));
    let real = inside(&folder.real).map_err(
        |_| "move the folder into the workspace, and write `contexts \"name\" \"./folder\"`",
    )?;
    Ok(match inside(&folder.pattern) {
        Ok(pattern) => Text { real, pattern },
        Err(_) => Text::literal(real),
    })
}

/// A folder as a context has it: a name alone could also be an image.
fn dotted(folder: &str) -> String {
    match folder {
        "" => String::from("."),
        folder => format!("./{folder}"),
    }
}

/// Forgets the contexts whose images a Dockerfile inside the file names itself.
pub(super) fn forget_replaced(built: &mut Built, public: &Publics) {
    let names: Vec<String> = (built.contexts.iter())
        .filter(|(name, context)| is_replaced(name, context, built, public))
        .map(|(name, _)| name.clone())
        .collect();
    built.contexts.retain(|name, _| !names.contains(name));
}

/// Whether a Dockerfile inside the file names the image itself in place of the context. A stage of the name is replaced by
/// the context alone, and the reference of an image must be known. Only FROM can have one that follows variables.
pub(super) fn is_replaced(name: &str, context: &Text, built: &Built, public: &Publics) -> bool {
    let Some(inline) = &built.inline else {
        return false;
    };
    let Some(reference) = public.reference(context) else {
        return false;
    };
    let file = plain(inline);
    let is_stage = |stage: &BuildStage| stage.name.as_deref() == Some(name);
    let is_it = |one: &&ImageRef| {
        let written = inline.get(one.bytes.clone()).unwrap_or_default();
        written.strip_suffix(":latest").unwrap_or(written) == name
    };
    let follows = reference.pattern != literal(&reference.real);
    let mut places = file.image_refs.iter().filter(is_it);
    let fits = !follows || places.all(|one| one.kind == ImageRefKind::From);
    fits && !is_made_up(&reference.real) && !file.stages.iter().any(is_stage)
}
