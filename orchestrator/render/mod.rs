//! From a variant to its recipe: the rendered (or hand-written) Dockerfile with its build context,
//! and what it stands on, read back out of the text.
//!
//! Everything is read once and rendered in parallel; the order, the bytes and the diagnostics are
//! those of the manifest, whatever the machine.

mod checks;
mod context;
mod data;
pub mod dockerfile;
mod files;
mod guard;
mod helper;
mod ignore;
mod recipe;
mod slot;
mod template;
mod toolset;

#[cfg(test)]
mod tests;

pub use checks::checks;
pub use context::normal;
pub use files::Files;
pub use ignore::{Ignore, IgnoreFault};
pub use recipe::{Recipe, Stand, StandKind};

use crate::matrix::{Body, Fleet, Variant};
use crate::text::{Diagnostic, Diagnostics, SourceId, Sources, Spanned, suggest};
use context::{Contexts, Key};
use data::Data;
use dockerfile::Given;
use guard::Rendered;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use template::{TemplateFault, Templates};

/// Makes the recipe of every variant, in the fleet's order. A variant with a fault has none.
pub fn render(fleet: &Fleet, files: &dyn Files, sources: &mut Sources, diagnostics: &mut Diagnostics) -> Vec<Recipe> {
    let (templates, found) = Templates::load(fleet.variants.iter().filter_map(|v| template_of(v).ok()), files, sources);
    found.into_iter().for_each(|fault| diagnostics.push(fault));
    let written = Written::load(fleet, files, sources, diagnostics);
    let prepared: Vec<Prepared<'_>> = fleet.variants.par_iter().map(|variant| Prepared::new(fleet, variant)).collect();
    let contexts = contexts(&prepared, files, sources, diagnostics);
    let stage = Stage { templates: &templates, written: &written, contexts: &contexts, sources };
    let drafts: Vec<Draft> = prepared.par_iter().map(|one| stage.draft(one)).collect();
    let mut faults = Merged::default();
    let recipes =
        drafts.into_iter().zip(&fleet.variants).filter_map(|(draft, variant)| draft.finish(variant, sources, &mut faults)).collect();
    faults.close(fleet, diagnostics);
    recipes
}

fn template_of(variant: &Variant) -> Result<&Spanned<String>, &Spanned<String>> {
    match &variant.body {
        Body::Template(path) => Ok(path),
        Body::Dockerfile(path) => Err(path),
    }
}

/// Hand-written Dockerfiles, each read once, by normal path.
struct Written(BTreeMap<String, (SourceId, Arc<str>)>);

impl Written {
    fn load(fleet: &Fleet, files: &dyn Files, sources: &mut Sources, diagnostics: &mut Diagnostics) -> Self {
        let mut wanted = BTreeMap::new();
        for path in fleet.variants.iter().filter_map(|v| template_of(v).err()) {
            if let Some(normal) = normal(path) {
                wanted.entry(normal).or_insert(path.span);
            }
        }
        let mut read = BTreeMap::new();
        for (path, span) in wanted {
            let missing = |message| Diagnostic::error("render::dockerfile", message).at(span, "named here");
            match files.text(&path) {
                Ok(Some(text)) => drop(read.insert(path.clone(), (sources.add(path, text.clone()), text))),
                Ok(None) => diagnostics.push(missing(format!("there is no file `{path}`"))),
                Err(why) => diagnostics.push(missing(why)),
            }
        }
        Self(read)
    }
}

/// A variant before anything is rendered.
struct Prepared<'a> {
    variant: &'a Variant,
    data: Data,
    key: Option<Result<(Key, crate::text::Span), Diagnostic>>,
}

impl<'a> Prepared<'a> {
    fn new(fleet: &'a Fleet, variant: &'a Variant) -> Self {
        Self { variant, data: data::data(fleet, variant), key: context::key(variant) }
    }
}

fn contexts(prepared: &[Prepared<'_>], files: &dyn Files, sources: &mut Sources, diagnostics: &mut Diagnostics) -> Contexts {
    let keys = prepared.iter().filter_map(|one| one.key.as_ref()?.as_ref().ok().cloned()).collect();
    let copied = prepared.iter().filter(|one| template_of(one.variant).is_ok()).flat_map(|one| one.data.installed.files.clone()).collect();
    let mut faults = Vec::new();
    let contexts = Contexts::load(keys, copied, files, sources, &mut faults);
    faults.into_iter().for_each(|fault| diagnostics.push(fault));
    contexts
}

/// All that rendering one variant needs.
struct Stage<'a> {
    templates: &'a Templates,
    written: &'a Written,
    contexts: &'a Contexts,
    sources: &'a Sources,
}

/// A recipe whose text is no source yet.
#[derive(Default)]
struct Draft {
    path: String,
    text: Option<Arc<str>>,
    source: Option<SourceId>,
    context: Option<Arc<crate::tree::Tree>>,
    faults: Vec<Diagnostic>,
}

impl Stage<'_> {
    fn draft(&self, one: &Prepared<'_>) -> Draft {
        let mut draft = Draft { faults: one.data.installed.faults.clone(), ..Draft::default() };
        let (key, copied) = match &one.key {
            Some(Err(fault)) => {
                draft.faults.push(fault.clone());
                return draft;
            }
            Some(Ok((key, _))) => (Some(key), one.data.installed.files.as_slice()),
            None => (None, one.data.installed.files.as_slice()),
        };
        match template_of(one.variant) {
            Ok(template) => {
                draft.path = format!("{}/Dockerfile", one.variant.dir);
                draft.context = self.contexts.tree(key, copied);
                self.fill(one, template, &mut draft);
            }
            Err(path) => {
                draft.context = self.contexts.tree(key, &[]);
                self.take(one.variant, path, &mut draft);
            }
        }
        draft
    }

    fn fill(&self, one: &Prepared<'_>, template: &Spanned<String>, draft: &mut Draft) {
        if !self.templates.has(template) || !draft.faults.is_empty() {
            return;
        }
        draft.faults.extend(self.unused(one, template));
        let data = handlebars::Context::from(one.data.value.clone());
        match self.templates.render(template, &data) {
            Ok(marked) => {
                let rendered = Rendered::new(&header(template, &marked));
                if let Some(line) = rendered.escape() {
                    let text = rendered.text.lines().nth(line - 1).unwrap_or_default().trim();
                    let message = format!("a value of the manifest reaches out of its place: `{text}`");
                    let fault = Diagnostic::error("render::injection", message).at(template.span, "rendered from this template");
                    draft.faults.push(fault.help("a value can neither add nor change instructions, flags or variables"));
                    return;
                }
                draft.text = Some(rendered.text.into());
            }
            Err(fault) => draft.faults.push(self.fault(fault, template, &one.data.value)),
        }
    }

    /// What the manifest says and the template leaves out.
    fn unused(&self, one: &Prepared<'_>, template: &Spanned<String>) -> Vec<Diagnostic> {
        let said = [("toolsets", "kiln/toolsets", !one.data.installed.data.is_empty()), ("env", "kiln/env", !one.variant.env.is_empty())];
        let unused = said.into_iter().filter(|(name, _, any)| *any && !self.templates.names(template, name));
        let warn = |(name, partial, _): (&str, &str, bool)| {
            let message = format!("the template never uses `{name}`, and the manifest gives some");
            Diagnostic::warning("render::unused", message)
                .at(template.span, "this template")
                .help(format!("write `{{{{> {partial}}}}}` in it"))
        };
        unused.map(warn).collect()
    }

    fn fault(&self, fault: TemplateFault, template: &Spanned<String>, data: &serde_json::Value) -> Diagnostic {
        let place = fault.place.and_then(|(name, line, column)| self.templates.span(self.sources, &name, line, column));
        let near = fault.missing.as_deref().and_then(|path| {
            let mut known = Vec::new();
            keys(data, &mut known);
            suggest(path.rsplit(['.', '/']).next().unwrap_or(path), known).map(|near| format!("did you mean `{near}`?"))
        });
        let optional = fault.missing.map(|_| String::from("what may be missing is asked for with `has` or `default`"));
        let diagnostic = Diagnostic::error("template::render", fault.message).maybe_help(near.or(optional));
        match place {
            Some(span) => diagnostic.at(span, "here"),
            None => diagnostic.at(template.span, "in this template"),
        }
    }

    fn take(&self, variant: &Variant, path: &Spanned<String>, draft: &mut Draft) {
        let Some((normal, (source, text))) = normal(path).and_then(|path| self.written.0.get_key_value(&path)) else { return };
        draft.path.clone_from(normal);
        draft.source = Some(*source);
        draft.text = Some(text.clone());
        if !variant.uses.is_empty() || !variant.env.is_empty() {
            let message = format!("`{normal}` is taken as it is: tool sets and `env` do not reach a hand-written Dockerfile");
            draft.faults.push(Diagnostic::warning("render::unused", message).at(path.span, "this file"));
        }
    }
}

/// Every name in the data, for "did you mean".
fn keys<'a>(value: &'a serde_json::Value, known: &mut Vec<&'a str>) {
    match value {
        serde_json::Value::Object(object) => object.iter().for_each(|(name, value)| {
            known.push(name);
            keys(value, known);
        }),
        serde_json::Value::Array(list) => list.iter().for_each(|value| keys(value, known)),
        _ => {}
    }
}

/// Puts the word about where the file comes from below the parser directives, which must stand first.
fn header(template: &str, text: &str) -> String {
    let at = dockerfile::directives_end(text);
    let (directives, rest) = text.split_at(at);
    let rest = rest.trim_start_matches(['\n', '\r']);
    let end = if rest.ends_with('\n') || rest.is_empty() { "" } else { "\n" };
    format!(
        "{directives}# Generated by kiln from {template}. Do not edit: change the template or kiln.kdl and run `kiln generate`.\n\n{rest}{end}"
    )
}

impl Draft {
    /// Makes the text a source and reads it back.
    fn finish(self, variant: &Variant, sources: &mut Sources, faults: &mut Merged) -> Option<Recipe> {
        let failed = self.faults.iter().any(|fault| fault.severity == crate::text::Severity::Error);
        self.faults.into_iter().for_each(|fault| faults.push(variant, fault));
        let (Some(text), Some(context), false) = (self.text, self.context, failed) else { return None };
        let generated = self.source.is_none();
        let source = self.source.unwrap_or_else(|| sources.add(self.path.clone(), text.clone()));
        let read = dockerfile::read(&text, Given { args: &variant.args, platforms: &variant.platforms });
        let unreadable = !read.faults.is_empty();
        read.faults.into_iter().for_each(|fault| faults.push(variant, fault.diagnostic(source)));
        let beside = if generated && variant.context.is_none() { context.clone() } else { Arc::default() };
        let recipe = Recipe {
            variant: variant.id,
            path: self.path,
            dockerfile: text,
            source,
            context,
            beside,
            stands: read.stands,
            standing: read.standing,
            generated,
        };
        (!unreadable).then_some(recipe)
    }
}

/// The same fault in many variants is one diagnostic that counts them.
#[derive(Default)]
struct Merged {
    order: Vec<(Diagnostic, crate::matrix::VariantId, usize)>,
    known: BTreeMap<(&'static str, String), usize>,
}

impl Merged {
    fn push(&mut self, variant: &Variant, fault: Diagnostic) {
        let at = *self.known.entry((fault.code, fault.message.clone())).or_insert(self.order.len());
        match self.order.get_mut(at) {
            Some((_, _, more)) => *more += 1,
            None => self.order.push((fault, variant.id, 0)),
        }
    }

    fn close(self, fleet: &Fleet, diagnostics: &mut Diagnostics) {
        for (fault, first, more) in self.order {
            let variant = fleet.variant(first);
            let also = match more {
                0 => String::new(),
                1 => String::from(" and one more variant"),
                more => format!(" and {more} more variants"),
            };
            diagnostics.push(fault.at(variant.span, format!("for {}{also}", variant.label())));
        }
    }
}
