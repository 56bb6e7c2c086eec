//! Templates: Handlebars, strict without holes.
//!
//! The crate's strict mode lets a missing name pass in arguments (`{{#if nope}}`, `x=nope`), so
//! every argument that is a path is wrapped in a call of a helper that refuses what is missing.
//! What may be missing is asked for in so many words: `has`, `default`.

use super::files::Files;
use super::slot::{BEGIN, END};
use crate::text::{Diagnostic, SourceId, Sources, Span, Spanned};
use handlebars::template::{Parameter, Subexpression, Template, TemplateElement};
use handlebars::{Context, Handlebars, RenderErrorReason};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The helper that refuses what is missing; no name that a template can write.
pub(super) const NEED: &str = "kiln need";

/// Longer is no template that a person wrote.
const LONGEST: usize = 256 * 1024;

/// Deeper is no template that a person wrote; the parser and the renderer recurse.
const DEEPEST: usize = 48;

/// Partials that come with kiln; a workspace file `templates/<name>.hbs` takes their place.
const BUILT_IN: [(&str, &str); 3] = [
    ("kiln/env", include_str!("../../templates/env.hbs")),
    ("kiln/toolset", include_str!("../../templates/toolset.hbs")),
    ("kiln/toolsets", include_str!("../../templates/toolsets.hbs")),
];

/// All templates of a fleet, read and checked.
pub(super) struct Templates {
    engine: Handlebars<'static>,
    sources: BTreeMap<String, SourceId>,
    /// What each template names first in its paths: `toolsets`, `from`. Partials count for those who include them.
    names: BTreeMap<String, BTreeSet<String>>,
}

/// Why a template gives no text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TemplateFault {
    pub message: String,
    /// The template or partial, line and column (from 1).
    pub place: Option<(String, usize, usize)>,
    /// The path that is missing.
    pub missing: Option<String>,
}

/// What a template includes and names.
#[derive(Debug, Default)]
struct Uses {
    /// With the line and column of the first use.
    partials: BTreeMap<String, (usize, usize)>,
    /// Partials that the template defines in itself, with what each includes.
    inline: BTreeMap<String, BTreeSet<String>>,
    names: BTreeSet<String>,
    fault: Option<(String, (usize, usize))>,
}

impl Templates {
    /// Reads these templates and every partial they lead to. Those with faults are left out.
    pub fn load<'a>(
        wanted: impl IntoIterator<Item = &'a Spanned<String>>,
        files: &dyn Files,
        sources: &mut Sources,
    ) -> (Self, Vec<Diagnostic>) {
        let mut engine = Handlebars::new();
        engine.set_strict_mode(true);
        engine.register_escape_fn(|value| format!("{BEGIN}{value}{END}"));
        super::helper::register(&mut engine);
        let mut loader =
            Loader { files, sources, engine, ids: BTreeMap::new(), uses: BTreeMap::new(), broken: BTreeSet::new(), faults: Vec::new() };
        for path in wanted {
            loader.add(&path.value, path.span, true);
        }
        let names = loader.close();
        (Self { engine: loader.engine, sources: loader.ids, names }, loader.faults)
    }

    /// Whether the template can be rendered.
    pub fn has(&self, path: &str) -> bool {
        self.engine.has_template(path)
    }

    /// Whether the template or a partial of it uses the name.
    pub fn names(&self, path: &str, name: &str) -> bool {
        self.names.get(path).is_some_and(|names| names.contains(name))
    }

    /// The text with its values marked.
    ///
    /// # Errors
    /// A name that is missing, a helper that refuses its arguments.
    pub fn render(&self, path: &str, data: &Context) -> Result<String, TemplateFault> {
        self.engine.render_with_context(path, data).map_err(|why| {
            let place = why.template_name.clone().zip(why.line_no).zip(why.column_no).map(|((name, line), column)| (name, line, column));
            let (message, missing) = match why.reason() {
                RenderErrorReason::MissingVariable(Some(path)) => (format!("`{path}` is not there"), Some(path.clone())),
                RenderErrorReason::MissingVariable(None) => (String::from("a name is not there"), None),
                RenderErrorReason::PartialNotFound(name) => (format!("there is no partial `{name}`"), None),
                RenderErrorReason::HelperNotFound(name) => (format!("there is no helper `{name}`"), None),
                other => (other.to_string(), None),
            };
            TemplateFault { message, place, missing }
        })
    }

    /// Where a template's line and column (from 1) are.
    pub fn span(&self, sources: &Sources, name: &str, line: usize, column: usize) -> Option<Span> {
        let source = *self.sources.get(name)?;
        Some(at(source, &sources.get(source)?.text, line, column))
    }
}

/// From a line and a column (from 1, in characters) to the end of the tag that stands there.
fn at(source: SourceId, text: &str, line: usize, column: usize) -> Span {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = text.get(start..).unwrap_or_default();
    let rest = rest.lines().next().unwrap_or_default();
    let from = rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at);
    let length = rest[from..].find("}}").map_or(rest.len() - from, |end| end + 2);
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span { source, start: offset(start + from), end: offset(start + from + length) }
}

struct Loader<'a> {
    files: &'a dyn Files,
    sources: &'a mut Sources,
    engine: Handlebars<'static>,
    ids: BTreeMap<String, SourceId>,
    uses: BTreeMap<String, Uses>,
    /// Cannot be rendered, for a reason that is told already.
    broken: BTreeSet<String>,
    faults: Vec<Diagnostic>,
}

impl Loader<'_> {
    /// Reads a template by its path, or a partial by its name.
    fn add(&mut self, name: &str, wanted_at: Span, whole: bool) {
        if self.uses.contains_key(name) {
            return;
        }
        self.uses.insert(name.to_owned(), Uses::default());
        let (path, text) = match self.text(name, whole) {
            Ok(found) => found,
            Err(message) => {
                self.broken.insert(name.to_owned());
                return self.faults.push(Diagnostic::error("template::missing", message).at(wanted_at, "named here"));
            }
        };
        let source = self.sources.add(path, text.clone());
        self.ids.insert(name.to_owned(), source);
        match compile(name, &text) {
            Ok((template, uses)) => {
                self.engine.register_template(name, template);
                let partials: Vec<_> =
                    uses.partials.iter().filter(|(p, _)| !uses.inline.contains_key(*p)).map(|(p, at)| (p.clone(), *at)).collect();
                self.uses.insert(name.to_owned(), uses);
                for (partial, (line, column)) in partials {
                    self.add(&partial, at(source, &text, line, column), false);
                }
            }
            Err((message, (line, column))) => {
                self.broken.insert(name.to_owned());
                self.faults.push(Diagnostic::error("template::syntax", message).at(at(source, &text, line, column), "here"));
            }
        }
    }

    /// The path and the text of a template, or of a partial: the workspace's own or the built-in one.
    fn text(&self, name: &str, whole: bool) -> Result<(String, Arc<str>), String> {
        let path = if whole { name.to_owned() } else { format!("templates/{name}.hbs") };
        match self.files.text(&path)? {
            Some(text) => Ok((path, text)),
            None if whole => Err(format!("there is no template `{path}`")),
            None => match BUILT_IN.iter().find(|(known, _)| *known == name) {
                Some((_, text)) => Ok((format!("(built in) {path}"), (*text).into())),
                None => Err(format!("there is no partial `{name}`: no file `{path}`")),
            },
        }
    }

    /// Refuses templates that include themselves over others, and takes out those that lead to a
    /// fault; gathers what each names.
    fn close(&mut self) -> BTreeMap<String, BTreeSet<String>> {
        let mut all = BTreeMap::new();
        let mut rings = Vec::new();
        for name in self.uses.keys() {
            let (names, reached) = self.reach(name);
            all.insert(name.clone(), names);
            if reached.contains(name) {
                rings.push(name.clone());
            }
            if reached.iter().any(|below| self.broken.contains(below)) {
                self.engine.unregister_template(name);
            }
        }
        for name in &rings {
            let fault = Diagnostic::error("template::ring", format!("`{name}` includes itself"));
            let place = self.ids.get(name).map(|id| Span { source: *id, start: 0, end: 0 });
            self.faults.push(place.into_iter().fold(fault, |fault, span| fault.at(span, "by way of its partials")));
        }
        // Whoever leads into a ring would never come to an end.
        for name in self.uses.keys() {
            if rings.contains(name) || self.reach(name).1.iter().any(|below| rings.contains(below)) {
                self.engine.unregister_template(name);
            }
        }
        all
    }

    /// What a template and its partials name, and which partials it leads to.
    fn reach(&self, name: &str) -> (BTreeSet<String>, BTreeSet<String>) {
        let (mut names, mut reached) = (BTreeSet::new(), BTreeSet::new());
        let mut open = vec![name];
        while let Some(at) = open.pop() {
            let Some(uses) = self.uses.get(at) else { continue };
            names.extend(uses.names.iter().cloned());
            open.extend(uses.partials.keys().filter(|partial| reached.insert((*partial).clone())).map(String::as_str));
        }
        (names, reached)
    }
}

/// A sentence, and the line and column (from 1) it is about.
type Misread = (String, (usize, usize));

/// Parses and rewrites a template; an error is a sentence with line and column.
fn compile(name: &str, text: &str) -> Result<(Template, Uses), Misread> {
    if text.len() > LONGEST {
        return Err((format!("a template of {} bytes; {LONGEST} at most", text.len()), (1, 1)));
    }
    if let Some(bad) = text.find([BEGIN, END]) {
        let line = text[..bad].matches('\n').count() + 1;
        return Err((String::from("a private-use character that kiln needs for itself"), (line, 1)));
    }
    if let Some(line) = too_deep(text) {
        return Err((format!("blocks or calls are nested more than {DEEPEST} deep"), (line, 1)));
    }
    // The crate's parser asserts what its grammar does not promise.
    let parsed = std::panic::catch_unwind(|| Template::compile_with_name(text, name.to_owned()));
    let mut template = parsed.map_err(|_| (String::from("the template cannot be parsed"), (1, 1)))?.map_err(|why| {
        let reason = why.reason().to_string();
        // The grammar's own list of rules says nothing to a person.
        let first = reason.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let message =
            if first.contains("invalid handlebars syntax") { "this cannot be parsed: a tag or a block is not closed" } else { first };
        (message.to_owned(), why.pos().unwrap_or((1, 1)))
    })?;
    let mut uses = Uses::default();
    wrap(&mut template, &mut uses);
    let ring = uses.ring().map(|name| (format!("`{name}` includes itself"), (1, 1)));
    match uses.fault.take().or(ring) {
        Some(fault) => Err(fault),
        None => Ok((template, uses)),
    }
}

/// The line where nesting of blocks or of calls goes beyond what a stack is asked to hold.
fn too_deep(text: &str) -> Option<usize> {
    let (mut blocks, mut calls) = (0_usize, 0_usize);
    for (index, line) in text.lines().enumerate() {
        let opened =
            line.matches("{{#").count() + line.matches("{{~#").count() + line.matches("{{else ").count() + line.matches("{{{{").count();
        let closed = line.matches("{{/").count() + line.matches("{{~/").count();
        blocks = (blocks + opened).saturating_sub(closed);
        for tag in line.split("{{").skip(1) {
            let inside = tag.split("}}").next().unwrap_or_default();
            calls = inside.bytes().fold(calls, |depth, b| match b {
                b'(' => depth + 1,
                b')' => depth.saturating_sub(1),
                _ => depth,
            });
            if calls > DEEPEST {
                return Some(index + 1);
            }
            calls = if tag.contains("}}") { 0 } else { calls };
        }
        if blocks > DEEPEST {
            return Some(index + 1);
        }
    }
    None
}

/// Makes every argument strict and notes what the template uses.
fn wrap(template: &mut Template, uses: &mut Uses) {
    let places = template.mapping.iter().map(|at| (at.0, at.1)).chain(std::iter::repeat((1, 1)));
    for (element, place) in template.elements.iter_mut().zip(places) {
        // `{{{x}}}` would go past the mark that values carry; nothing is escaped anyway.
        if let TemplateElement::HtmlExpression(call) = element {
            *element = TemplateElement::Expression(call.clone());
        }
        match element {
            TemplateElement::Expression(call) | TemplateElement::HelperBlock(call) => {
                if let Some(name) = call.name.as_name() {
                    uses.name(name);
                }
                call.params.iter_mut().chain(call.hash.values_mut()).for_each(|p| need(p, uses));
                call.template.iter_mut().chain(&mut call.inverse).for_each(|t| wrap(t, uses));
            }
            TemplateElement::PartialExpression(part) | TemplateElement::PartialBlock(part) => {
                match &part.name {
                    Parameter::Subexpression(_) => {
                        uses.fault = Some((String::from("a partial is named by its name, not by a call"), place))
                    }
                    name => {
                        if let Some(name) = name.as_name().filter(|name| *name != "@partial-block") {
                            uses.partials.entry(name.to_owned()).or_insert(place);
                        }
                    }
                }
                part.params.iter_mut().chain(part.hash.values_mut()).for_each(|p| need(p, uses));
                part.template.iter_mut().for_each(|t| wrap(t, uses));
            }
            TemplateElement::DecoratorExpression(part) | TemplateElement::DecoratorBlock(part) => {
                let mut inside = Uses::default();
                part.template.iter_mut().for_each(|t| wrap(t, &mut inside));
                if let Some(Parameter::Literal(name)) = part.params.first() {
                    uses.inline.entry(name.as_str().unwrap_or_default().to_owned()).or_default().extend(inside.partials.keys().cloned());
                }
                uses.take(inside);
            }
            _ => {}
        }
    }
}

fn need(parameter: &mut Parameter, uses: &mut Uses) {
    match parameter {
        Parameter::Path(_) => {
            uses.name(parameter.as_name().unwrap_or_default());
            let path = std::mem::replace(parameter, Parameter::Name(String::new()));
            *parameter = Parameter::Subexpression(Subexpression::new(Parameter::Name(NEED.into()), vec![path], Default::default()));
        }
        Parameter::Subexpression(call) => {
            if let TemplateElement::Expression(call) = call.element.as_mut() {
                call.params.iter_mut().chain(call.hash.values_mut()).for_each(|p| need(p, uses));
            }
        }
        _ => {}
    }
}

impl Uses {
    fn take(&mut self, other: Uses) {
        self.partials.extend(other.partials);
        self.inline.extend(other.inline);
        self.names.extend(other.names);
        self.fault = self.fault.take().or(other.fault);
    }

    /// A partial defined in the template that includes itself, perhaps over others defined there.
    fn ring(&self) -> Option<&String> {
        let back_to = |name: &&String| {
            let mut seen = BTreeSet::new();
            let mut open = vec![*name];
            while let Some(uses) = open.pop().map(|at| self.inline.get(at).into_iter().flatten()) {
                open.extend(uses.filter(|below| seen.insert(*below)));
            }
            seen.contains(name)
        };
        self.inline.keys().find(back_to)
    }

    /// Notes the first part of a path.
    fn name(&mut self, path: &str) {
        let plain = path.trim_start_matches("../").trim_start_matches("@root").trim_start_matches("this").trim_start_matches(['.', '/']);
        self.names.extend(plain.split(['.', '/', '[']).next().map(str::to_owned));
    }
}
