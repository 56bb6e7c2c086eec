//! Words of the manifest that change nothing: what no variant uses is an error at its place.
//!
//! A word may stand for variants with templates and variants with hand-written Dockerfiles. It is an error only if none
//! of them uses it, reported once. A template that does not use what another one uses gets a warning.

use super::recipe_builder::RecipeBuilder;
use super::template::Templates;
use super::{Prepared, template_of};
use crate::dockerfile::{Dockerfile, ImageRefKind, MountKind, Taken, context_name};
use crate::manifest::Said;
use crate::matrix::{Body, Fleet, Parent, Variant, VariantId};
use crate::name::Reference;
use crate::text::{Diagnostic, Diagnostics, Span, did_you_mean, suggest};
use indexmap::IndexMap;
use std::collections::{HashMap, HashSet};

#[cfg(test)]
mod tests;

/// Finds the words that no variant uses.
pub(super) struct Words<'a> {
    templates: &'a Templates,
    below: HashSet<VariantId>,
    /// The bases whose ONBUILD is not known.
    onbuild: HashSet<&'a Reference>,
    /// The variants whose ONBUILD takes arguments in the builds of what is based on them, each with their names; `None` where the
    /// Dockerfile is not known.
    deferred: Vec<(VariantId, Option<Vec<String>>)>,
    /// What the variants that do not take an argument are based on, by its place.
    based: HashMap<Span, HashSet<Reference>>,
    /// The words and the body of variants that were looked at: all such variants use the same words.
    seen: HashSet<(*const Said, &'a str, bool)>,
    /// The places of words that a variant uses.
    taken: HashSet<Span>,
    /// The places of words that a variant does not use, each with the first reason of each kind.
    left: IndexMap<(Span, &'static str), Left<'a>>,
}

/// The variants that templates of the fleet are based on: `user` and `family` of these matter below.
fn above_templates(fleet: &Fleet) -> HashSet<VariantId> {
    let mut all = HashSet::new();
    for variant in fleet.variants.iter().filter(|v| template_of(v).is_ok()) {
        let mut at = variant.parent;
        while let Some(Parent::Variant(id)) = at {
            if !all.insert(id) {
                break;
            }
            at = fleet.variant(id).parent;
        }
    }
    all
}

/// The bases that are declared with `onbuild`: what it takes is known to the engine only.
fn onbuild(fleet: &Fleet) -> HashSet<&Reference> {
    let bases = fleet.bases.iter().filter(|base| base.onbuild);
    bases.map(|base| &base.reference).collect()
}

/// A word that a variant does not use.
struct Left<'a> {
    said: &'a Said,
    path: &'a str,
    /// Where the Dockerfile or template is named.
    body: Span,
    why: Why,
}

enum Why {
    /// The Dockerfile is used as it is.
    HandWritten,
    /// The Dockerfile of an image without a recipe reads nothing of a folder.
    Whole,
    /// The template never uses this name; the partial would.
    Template(&'static str, &'static str),
    /// No ARG takes it. The help.
    Argument(String),
    /// No stage that is built names it. The help.
    Context(String),
    /// No stage that is built mounts it. The help.
    Mount(MountKind, String),
}

impl<'a> Words<'a> {
    /// Nothing is known to be used yet.
    pub fn new(fleet: &'a Fleet, templates: &'a Templates) -> Self {
        Self {
            templates,
            below: above_templates(fleet),
            onbuild: onbuild(fleet),
            deferred: Vec::new(),
            based: HashMap::new(),
            seen: HashSet::new(),
            taken: HashSet::new(),
            left: IndexMap::new(),
        }
    }

    /// Notes what a variant uses, and what it does not.
    pub fn variant(&mut self, one: &Prepared<'a>, builder: &RecipeBuilder) {
        let variant = one.variant;
        let path = variant.body.path();
        let is_below = self.below.contains(&variant.id);
        let Some(parsed) = builder.parsed() else {
            // What it would have used is not known.
            self.deferred.push((variant.id, None));
            return self.taken.extend(variant.said.iter().map(|said| said.span));
        };
        let deferred: Vec<String> = parsed.onbuild_args().map(str::to_owned).collect();
        if !deferred.is_empty() {
            self.deferred.push((variant.id, Some(deferred)));
        }
        let new = self
            .seen
            .insert((variant.said.as_ptr(), path.as_str(), is_below));
        for said in variant.said.iter() {
            let reasons = match said.name.as_deref() {
                Some(_) if self.taken.contains(&said.span) => continue,
                Some(name) if said.word == "contexts" => {
                    context(name, one, parsed).into_iter().collect()
                }
                Some(name) if said.word == "secret" => mount(MountKind::Secret, name, one, parsed)
                    .into_iter()
                    .collect(),
                Some(name) if said.word == "ssh" => mount(MountKind::Ssh, name, one, parsed)
                    .into_iter()
                    .collect(),
                Some(name) => self.argument(name, one, parsed).into_iter().collect(),
                None if new => self.setting(said, one, is_below),
                None => continue,
            };
            let wanted = parts(said.word, variant).len().max(1);
            let is_unused = |why: &Why| !matches!(why, Why::Template(..));
            if reasons.len() < wanted && !reasons.iter().any(is_unused) {
                self.taken.insert(said.span);
            }
            for why in reasons {
                if let Why::Argument(_) = why {
                    self.based
                        .entry(said.span)
                        .or_default()
                        .extend(froms(parsed));
                }
                let key = (said.span, why.kind());
                let body = path.span;
                self.left.entry(key).or_insert(Left {
                    said,
                    path,
                    body,
                    why,
                });
            }
        }
    }

    /// Why the variant does not use a setting.
    fn setting(&self, said: &Said, one: &Prepared<'_>, is_below: bool) -> Vec<Why> {
        let variant = one.variant;
        if said.word == "context" && variant.body.path().as_str() == Body::WHOLE {
            return vec![Why::Whole];
        }
        let Ok(template) = template_of(variant) else {
            let is_inherited = is_below && matches!(said.word, "user" | "family");
            let unused = said.is_for_templates() && !is_inherited;
            return unused.then_some(Why::HandWritten).into_iter().collect();
        };
        if said.word == "use" && one.installed.toolsets.is_empty() {
            return Vec::new();
        }
        let parts = parts(said.word, variant).iter();
        let unused = parts.filter(|(name, _)| !self.templates.names(template, name));
        unused
            .map(|(name, partial)| Why::Template(name, partial))
            .collect()
    }

    /// Why the variant does not use an argument.
    fn argument(&self, name: &str, one: &Prepared<'_>, parsed: &Dockerfile) -> Option<Why> {
        if let Ok(template) = template_of(one.variant)
            && [name, "*"]
                .iter()
                .any(|name| self.templates.names(template, &format!("args.{name}")))
        {
            return None;
        }
        let mut bases = parsed.image_refs.iter();
        if bases.any(|base| self.onbuild.contains(&base.reference)) {
            return None;
        }
        match parsed.takes(name) {
            Taken::Used => None,
            Taken::OnlyGlobal => Some(Why::Argument(format!(
                "an ARG before the first FROM counts in FROM only: repeat `ARG {name}` in the stage that uses it"
            ))),
            Taken::Unneeded if parsed.is_open => None,
            Taken::Unneeded => Some(Why::Argument(format!(
                "only a stage that is not built has `ARG {name}`: repeat it in a stage that is, or remove it here"
            ))),
            Taken::Undeclared => Some(Why::Argument(
                did_you_mean(name, parsed.args()).unwrap_or_else(|| {
                    format!("declare it where it is used, `ARG {name}`, or remove it here")
                }),
            )),
        }
    }

    /// Reports what no variant uses, and returns the places of what is an error.
    pub fn close(self, fleet: &Fleet, out: &mut Diagnostics) -> HashSet<Span> {
        let mut errors = HashSet::new();
        let triggers = match self.based.is_empty() {
            true => HashMap::new(),
            false => triggers(&self.deferred, fleet),
        };
        // By template: what it never uses, each with its partial.
        let mut forgotten: IndexMap<&str, (Span, IndexMap<&str, &str>)> = IndexMap::new();
        for ((span, _), left) in &self.left {
            let name = left.said.name.as_deref().unwrap_or_default();
            let mut based = self.based.get(span).into_iter().flatten();
            let takes = |names: &Option<&[String]>| {
                names.is_none_or(|names| names.iter().any(|one| one == name))
            };
            if based.any(|parent| triggers.get(parent).is_some_and(takes)) {
                continue;
            }
            if !self.taken.contains(span) {
                if errors.insert(*span) {
                    out.push(left.error());
                }
            } else if let Why::Template(name, partial) = left.why {
                let (_, names) = forgotten
                    .entry(left.path)
                    .or_insert((left.body, IndexMap::new()));
                names.insert(name, partial);
            }
        }
        for (body, names) in forgotten.values() {
            out.push(warning(*body, names));
        }
        errors
    }
}

/// The images whose ONBUILD a build carries out: those that FROM names. What these are based on has carried out its own.
fn froms(parsed: &Dockerfile) -> impl Iterator<Item = Reference> {
    let refs = parsed.image_refs.iter();
    let froms = refs.filter(|one| one.kind == ImageRefKind::From && one.is_needed());
    let froms = froms.filter(|one| one.reference.digest.is_none());
    froms.map(|one| {
        Reference::tagged(
            one.reference.repository.clone(),
            one.reference.tag_or_latest(),
        )
    })
}

/// By public reference, the arguments that ONBUILD of its variant takes; `None` if they are not known.
fn triggers<'a>(
    deferred: &'a [(VariantId, Option<Vec<String>>)],
    fleet: &Fleet,
) -> HashMap<Reference, Option<&'a [String]>> {
    let each = deferred.iter().flat_map(|(id, names)| {
        let references = fleet.variant(*id).references();
        references.map(|(reference, _)| (reference, names.as_deref()))
    });
    each.collect()
}

/// Why the variant does not use a named context.
fn context(name: &str, one: &Prepared<'_>, parsed: &Dockerfile) -> Option<Why> {
    let key = context_name(name).ok()?;
    if parsed.is_open || parsed.used_contexts().contains(key.as_str()) {
        return None;
    }
    let stages = parsed
        .stages
        .iter()
        .filter_map(|stage| stage.name.as_deref());
    let images = parsed.image_refs.iter().filter(|one| one.context.is_none());
    let images: Vec<String> = images.map(|one| one.reference.familiar()).collect();
    let names = stages.chain(images.iter().map(String::as_str));
    // What another context is for is not what this one is meant for.
    let taken = |known: &&str| {
        one.named
            .contexts
            .iter()
            .any(|context| context.name == **known)
    };
    let near = did_you_mean(&key, names.filter(|known| !taken(known)));
    Some(Why::Context(near.unwrap_or_else(|| {
        String::from("name it in FROM, `COPY --from` or a mount, or remove it here")
    })))
}

/// Why the variant does not use a secret or an agent.
fn mount(kind: MountKind, id: &str, one: &Prepared<'_>, parsed: &Dockerfile) -> Option<Why> {
    let of_kind = parsed.mounts.iter().filter(|mount| mount.kind == kind);
    let near = suggest(id, of_kind.filter_map(|mount| mount.id.as_deref()));
    // The fault of a mount that is not declared suggests it.
    let is_suggested = near.is_some_and(|near| !one.mounts.declares(kind, near));
    if parsed.is_open || is_suggested || parsed.may_mount(kind, id) {
        return None;
    }
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!(
            "write `RUN --mount=type={},id={id} …`, or remove it here",
            kind.word()
        ),
    };
    Some(Why::Mount(kind, help))
}

/// The warning about a template that does not use what another template uses.
fn warning(body: Span, names: &IndexMap<&str, &str>) -> Diagnostic {
    let set: Vec<String> = names.keys().map(|name| format!("`{name}`")).collect();
    let partials: Vec<String> = names
        .values()
        .map(|partial| format!("`{{{{> {partial}}}}}`"))
        .collect();
    let message = format!(
        "the manifest sets {}, but the template never uses it",
        set.join(", ")
    );
    Diagnostic::warning("render::unused", message)
        .at(body, "this template")
        .help(format!("write {} in the template", partials.join(", ")))
}

/// What a template must name to use a setting, each with the partial that does so; nothing if every template uses it.
fn parts(word: &str, variant: &Variant) -> &'static [(&'static str, &'static str)] {
    const CONFIG: (&str, &str) = ("config", "kiln/config");
    let user = variant.config.user.as_ref();
    let creates = user.is_some_and(|user| !user.existing && user.name.as_str() != "root");
    match word {
        "use" => &[("toolsets", "kiln/toolsets")],
        "env" => &[("env", "kiln/env")],
        "label" => &[("labels", "kiln/labels")],
        "user" if creates => &[("account", "kiln/user"), CONFIG],
        "user" | "workdir" | "entrypoint" | "cmd" | "expose" | "volume" | "stopsignal" => &[CONFIG],
        _ => &[],
    }
}

impl Why {
    fn kind(&self) -> &'static str {
        match self {
            Self::HandWritten => "hand-written",
            Self::Whole => "whole",
            Self::Template(name, _) => name,
            Self::Argument(_) => "argument",
            Self::Context(_) => "context",
            Self::Mount(kind, _) => kind.word(),
        }
    }
}

impl Left<'_> {
    fn error(&self) -> Diagnostic {
        let (word, path) = (self.said.word, self.path);
        let name = self.said.name.as_deref().unwrap_or_default();
        let (message, help) = match &self.why {
            Why::HandWritten => (
                format!(
                    "`{word}` has no effect: {path} is a hand-written Dockerfile and is used as it is"
                ),
                by_hand(word, path),
            ),
            Why::Whole => whole(word),
            Why::Template(part, partial) => (
                format!("`{word}` has no effect: {path} never uses `{part}`"),
                format!("write `{{{{> {partial}}}}}` in {path}, or remove `{word}`"),
            ),
            Why::Argument(_) if path == Body::WHOLE => (
                format!(
                    "`arg {name}` has no effect: kiln writes the Dockerfile of an image without `template` and `dockerfile`, and it takes no arguments"
                ),
                format!(
                    "write `env {name}=\"…\"` for a variable of the image, or a `template` that has `ARG {name}`"
                ),
            ),
            Why::Argument(help) => (
                format!("`arg {name}` has no effect: no ARG of {path} takes it"),
                help.clone(),
            ),
            Why::Mount(kind, help) => (
                format!(
                    "`{} \"{name}\"` has no effect: no stage of {path} that is built mounts it",
                    kind.word()
                ),
                help.clone(),
            ),
            Why::Context(help) => (
                format!(
                    "`contexts \"{name}\"` has no effect: no stage of {path} that is built uses this name"
                ),
                help.clone(),
            ),
        };
        Diagnostic::error("render::unused", message)
            .at(self.said.span, "no variant uses this")
            .at(self.body, "the Dockerfile comes from here")
            .help(help)
    }
}

/// Why the Dockerfile of an image without a recipe does not use a word, and what to do about it.
fn whole(word: &str) -> (String, String) {
    let message = format!(
        "`{word}` has no effect: kiln writes the Dockerfile of an image without `template` and `dockerfile`, and it reads no folder"
    );
    let help = "remove it, or write a `template` that copies from the folder";
    (message, help.into())
}

/// What to do about a word that a hand-written Dockerfile does not get.
fn by_hand(word: &str, path: &str) -> String {
    match word {
        "path" => String::from("remove it: a hand-written Dockerfile stays where it is"),
        "family" => {
            String::from("remove it: only templates and what is based on this image use it")
        }
        "use" => {
            format!("install what it needs in {path}, or use `template` instead of `dockerfile`")
        }
        word => {
            let instruction = word.to_uppercase();
            format!("write {instruction} into {path}, or use `template` instead of `dockerfile`")
        }
    }
}
