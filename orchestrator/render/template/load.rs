//! Reads templates and all partials that they include.

use super::Templates;
use super::compile::{Uses, compile};
use super::include;
use super::part;
use crate::matrix::Body;
use crate::render::Files;
use crate::render::files::way_out;
use crate::render::source_map::TemplateText;
use crate::text::{Diagnostic, FROM_KILN, SourceId, Sources, Span, did_you_mean, line_bytes};
use handlebars::{Handlebars, Template};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Built-in partials; a workspace file `templates/<name>.hbs` replaces one.
const BUILT_IN: [(&str, &str); 16] = [
    ("kiln/apk", include_str!("../../../templates/apk.hbs")),
    ("kiln/apt", include_str!("../../../templates/apt.hbs")),
    ("kiln/config", include_str!("../../../templates/config.hbs")),
    ("kiln/copy", include_str!("../../../templates/copy.hbs")),
    ("kiln/dnf", include_str!("../../../templates/dnf.hbs")),
    ("kiln/env", include_str!("../../../templates/env.hbs")),
    ("kiln/fetch", include_str!("../../../templates/fetch.hbs")),
    ("kiln/image", include_str!("../../../templates/image.hbs")),
    ("kiln/labels", include_str!("../../../templates/labels.hbs")),
    (
        "kiln/microdnf",
        include_str!("../../../templates/microdnf.hbs"),
    ),
    (
        "kiln/packages",
        include_str!("../../../templates/packages.hbs"),
    ),
    ("kiln/stages", include_str!("../../../templates/stages.hbs")),
    (
        "kiln/toolset",
        include_str!("../../../templates/toolset.hbs"),
    ),
    (
        "kiln/toolsets",
        include_str!("../../../templates/toolsets.hbs"),
    ),
    ("kiln/unpack", include_str!("../../../templates/unpack.hbs")),
    ("kiln/user", include_str!("../../../templates/user.hbs")),
];

/// The state while templates are read.
pub(super) struct Loader<'a> {
    files: &'a dyn Files,
    sources: &'a mut Sources,
    engine: Handlebars<'static>,
    ids: BTreeMap<String, SourceId>,
    /// Texts by the number that is used in marks.
    texts: Vec<TemplateText>,
    uses: BTreeMap<String, Uses>,
    /// Templates that cannot be rendered, for a reason that is already reported.
    broken: BTreeSet<String>,
    /// Partials that do not exist.
    missing: BTreeSet<String>,
    faults: Vec<Diagnostic>,
}

impl<'a> Loader<'a> {
    pub fn new(
        engine: Handlebars<'static>,
        files: &'a dyn Files,
        sources: &'a mut Sources,
    ) -> Self {
        Self {
            files,
            sources,
            engine,
            ids: BTreeMap::new(),
            texts: Vec::new(),
            uses: BTreeMap::new(),
            broken: BTreeSet::new(),
            missing: BTreeSet::new(),
            faults: Vec::new(),
        }
    }

    /// Reads a template by its path, or a partial by its name.
    pub fn add(&mut self, name: &str, wanted_at: Span, whole: bool) {
        if self.uses.contains_key(name) {
            return;
        }
        self.uses.insert(name.to_owned(), Uses::default());
        let (path, text) = match self.text(name, whole) {
            Ok(found) => found,
            Err(message) => {
                let help = match whole {
                    true => way_out(name, self.files),
                    false => format!(
                        "create `templates/{name}.hbs`, or correct the name; kiln's own partials are described in docs/templates.md"
                    ),
                };
                let near =
                    did_you_mean(name, BUILT_IN.iter().map(|(own, _)| *own)).filter(|_| !whole);
                self.faults.push(
                    Diagnostic::error("template::missing", message)
                        .at(wanted_at, "named here")
                        .help(help)
                        .maybe_help(near),
                );
                match whole {
                    true => drop(self.broken.insert(name.to_owned())),
                    // What includes it is rendered without it, to find further faults.
                    false => {
                        self.engine.register_template(name, Template::new());
                        self.missing.insert(name.to_owned());
                    }
                }
                return;
            }
        };
        let source = self.sources.add(path.as_str(), text.clone());
        self.ids.insert(name.to_owned(), source);
        self.texts.push(TemplateText {
            path: path.into(),
            source,
            text: text.clone(),
        });
        match compile(name, self.texts.len() - 1, &text) {
            Ok((template, uses)) => {
                self.engine.register_template(name, template);
                let partials: Vec<_> = uses
                    .partials
                    .iter()
                    .filter(|(p, _)| !uses.inline.contains_key(*p))
                    .map(|(p, at)| (p.clone(), *at))
                    .collect();
                self.uses.insert(name.to_owned(), uses);
                for (partial, (line, column)) in partials {
                    self.add(&partial, at(source, &text, line, column), false);
                }
            }
            Err((message, (line, column))) => {
                self.broken.insert(name.to_owned());
                self.faults.push(
                    Diagnostic::error("template::syntax", message)
                        .at(at(source, &text, line, column), "here"),
                );
            }
        }
    }

    /// The path and the text of a template, or of a partial: the workspace's own or the built-in one.
    fn text(&self, name: &str, whole: bool) -> Result<(String, Arc<str>), String> {
        let whole = whole && name != Body::WHOLE;
        let path = if whole {
            name.to_owned()
        } else {
            format!("templates/{name}.hbs")
        };
        match self.files.text(&path)? {
            Some(text) => Ok((path, text)),
            None if whole => Err(format!("template `{path}` does not exist")),
            None => match BUILT_IN.iter().find(|(known, _)| *known == name) {
                Some((_, text)) => Ok((format!("{FROM_KILN}{path}"), (*text).into())),
                None => Err(format!(
                    "partial `{name}` does not exist: there is no file `{path}`"
                )),
            },
        }
    }

    /// Refuses templates that include themselves through others, removes those that include a broken one,
    /// and collects the names that each uses.
    pub fn close(mut self) -> (Templates, Vec<Diagnostic>) {
        let mut all = BTreeMap::new();
        let (mut rings, mut incomplete) = (Vec::new(), BTreeSet::new());
        for name in self.uses.keys() {
            let (names, reached) = self.reach(name);
            all.insert(name.clone(), names);
            if reached.contains(name) {
                rings.push(name.clone());
            }
            if reached.iter().any(|below| self.missing.contains(below)) {
                incomplete.insert(name.clone());
            }
            if reached.iter().any(|below| self.broken.contains(below)) {
                self.engine.unregister_template(name);
            }
        }
        for name in &rings {
            let fault = Diagnostic::error("template::ring", format!("`{name}` includes itself"));
            let place = self.ids.get(name).map(|id| Span {
                source: *id,
                start: 0,
                end: 0,
            });
            self.faults.push(
                place
                    .into_iter()
                    .fold(fault, |fault, span| fault.at(span, "through its partials")),
            );
        }
        // Rendering a template that leads into a cycle would never end.
        for name in self.uses.keys() {
            if rings.contains(name) || self.reach(name).1.iter().any(|below| rings.contains(below))
            {
                self.engine.unregister_template(name);
            }
        }
        include::replace(&mut self.engine);
        let parts = self.uses.keys();
        let parts = parts.map(|name| (name.clone(), part::parts(&mut self.engine, name)));
        (
            Templates {
                parts: parts.collect(),
                engine: self.engine,
                sources: self.ids,
                texts: self.texts,
                names: all,
                incomplete,
            },
            self.faults,
        )
    }

    /// The names that a template and its partials use, and all partials that it includes.
    fn reach(&self, name: &str) -> (BTreeSet<String>, BTreeSet<String>) {
        let (mut names, mut reached) = (BTreeSet::new(), BTreeSet::new());
        let mut open = vec![name];
        while let Some(at) = open.pop() {
            let Some(uses) = self.uses.get(at) else {
                continue;
            };
            names.extend(uses.names.iter().cloned());
            open.extend(
                uses.partials
                    .keys()
                    .filter(|partial| reached.insert((*partial).clone()))
                    .map(String::as_str),
            );
        }
        (names, reached)
    }
}

/// The range from a line and a column (from 1, in characters) to the end of the tag there.
pub(super) fn at(source: SourceId, text: &str, line: usize, column: usize) -> Span {
    let line = line_bytes(text, line);
    let rest = text.get(line.clone()).unwrap_or_default();
    let from = rest
        .char_indices()
        .nth(column.saturating_sub(1))
        .map_or(rest.len(), |(at, _)| at);
    let length = rest[from..]
        .find("}}")
        .map_or(rest.len() - from, |end| end + 2);
    let start = line.start + from;
    Span::of(source, &(start..start + length))
}
