//! Contexts of a target: its parents in the file, images and folders.

use super::built::Built;
use super::public::Publics;
use crate::import::note::Notes;

/// Adds notes on a target's contexts, and returns the parent image if a context names one.
pub(super) fn noted(built: &Built, public: Option<&Publics>, notes: &mut Notes) -> Option<String> {
    let mut parents = Vec::new();
    for (name, context) in &built.contexts {
        let reference = public.and_then(|public| public.reference(context));
        match &reference {
            _ if built.inline.is_some() && context.starts_with("target:") => {}
            Some(_) if built.inline.is_some() => {}
            Some(reference) => {
                let help = "a Dockerfile names images by their public names, so that `docker build` finds them, too";
                notes.note(
                    "import::left-out",
                    format!(
                        "the Dockerfile of `{}` must use {reference} in place of `{name}`",
                        built.target
                    ),
                    help,
                    built.span,
                );
            }
            None => notes.left_out(
                &format!("the context `{name}`"),
                "a build has one context: copy from it, or from images by their public names",
                built.span,
            ),
        }
        parents.extend(public.and_then(|public| public.image(context)));
    }
    // The text of an imported Dockerfile names its parent itself.
    parents
        .into_iter()
        .next()
        .filter(|_| built.inline.is_none() && built.contexts.len() == 1)
}
