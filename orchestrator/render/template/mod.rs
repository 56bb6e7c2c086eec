//! Templates: Handlebars in a completely strict mode.
//!
//! The crate's strict mode accepts missing names in arguments (`{{#if nope}}`, `x=nope`), so
//! every argument that is a path is wrapped in a call of a helper that refuses missing names.
//! Templates query optional names explicitly with `has` and `default`.

mod compile;
mod include;
mod load;
mod part;
mod reads;
mod shape;

use super::data::TemplateData;
use super::files::Files;
use super::helper;
use super::source_map::TemplateText;
use super::value_kind::{BEGIN, END};
use crate::text::{Diagnostic, SourceId, Sources, Span, Spanned};
use handlebars::{Handlebars, RenderError, RenderErrorReason};
use load::Loader;
use part::Part;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// The partial with the download stages.
pub(super) const STAGES: &str = "kiln/stages";

/// All templates of a fleet, parsed and checked.
pub(super) struct Templates {
    engine: Handlebars<'static>,
    /// What each template consists of.
    parts: BTreeMap<String, Vec<Part>>,
    sources: BTreeMap<String, SourceId>,
    /// Templates and partials by the number that is used in marks.
    pub texts: Vec<TemplateText>,
    /// The first names of each template's paths: `toolsets`, `from`; `args.NAME` for arguments. They include those of
    /// its partials.
    names: BTreeMap<String, BTreeSet<String>>,
    /// Templates that include a partial that does not exist.
    incomplete: BTreeSet<String>,
}

/// Why a template cannot be rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TemplateFault {
    pub message: String,
    /// The template or partial, line and column (from 1).
    pub place: Option<(String, usize, usize)>,
    /// The missing path.
    pub missing: Option<String>,
}

impl Templates {
    /// Reads these templates and all partials that they include. Those with faults are left out.
    pub fn load<'a>(
        wanted: impl IntoIterator<Item = &'a Spanned<String>>,
        files: &dyn Files,
        sources: &mut Sources,
    ) -> (Self, Vec<Diagnostic>) {
        let mut engine = Handlebars::new();
        engine.set_strict_mode(true);
        engine.register_escape_fn(|value| {
            let mut marked = String::with_capacity(value.len() + BEGIN.len_utf8() + END.len_utf8());
            marked.push(BEGIN);
            marked.push_str(value);
            marked.push(END);
            marked
        });
        helper::register(&mut engine);
        include::register(&mut engine);
        let mut loader = Loader::new(engine, files, sources);
        for path in wanted {
            loader.add(&path.value, path.span, true);
            // It is inserted if a template does not include it.
            loader.add(STAGES, path.span, false);
        }
        loader.close()
    }

    /// Whether the template can be rendered.
    pub fn has(&self, path: &str) -> bool {
        self.engine.has_template(path)
    }

    /// Whether the template is rendered without a partial that does not exist.
    pub fn is_incomplete(&self, path: &str) -> bool {
        self.incomplete.contains(path)
    }

    /// Whether the template or a partial of it uses the name.
    pub fn names(&self, path: &str, name: &str) -> bool {
        self.names
            .get(path)
            .is_some_and(|names| names.contains(name))
    }

    /// The rendered text with its values marked.
    ///
    /// # Errors
    /// If a name is missing, or a helper refuses its arguments.
    pub fn render(&self, path: &str, data: &TemplateData<'_>) -> Result<String, TemplateFault> {
        let mut out = Bounded(Vec::new());
        for part in self.parts.get(path).into_iter().flatten() {
            part.render(&self.engine, data, &mut out).map_err(fault)?;
        }
        let text = String::from_utf8(out.0);
        Ok(text.unwrap_or_else(|why| String::from_utf8_lossy(why.as_bytes()).into_owned()))
    }

    /// Every name that is missing in a template which cannot be rendered, and the first fault of another kind: one for each
    /// element that is not within another one.
    pub fn faults(&self, path: &str, data: &TemplateData<'_>) -> Vec<TemplateFault> {
        let parts = self.parts.get(path).into_iter().flatten();
        let found = parts.flat_map(|part| part.faults(&self.engine, data));
        let mut all: Vec<TemplateFault> = Vec::new();
        for fault in found.map(fault) {
            if all.is_empty() || fault.missing.is_some() && !all.contains(&fault) {
                all.push(fault);
            }
        }
        all
    }

    /// The text with nothing in place of these names, which are missing, if it can be rendered then.
    pub fn render_without(
        &self,
        path: &str,
        missing: &[String],
        mut data: serde_json::Value,
    ) -> Option<String> {
        let mut all = missing.iter();
        let is_empty = all.all(|name| part::made_empty(&mut data, name));
        let mut out = Bounded(Vec::new());
        let rendered = is_empty.then(|| self.engine.render_to_write(path, &data, &mut out));
        rendered?.ok()?;
        String::from_utf8(out.0).ok()
    }

    /// The span of a template's line and column (from 1).
    pub fn span(&self, sources: &Sources, name: &str, line: usize, column: usize) -> Option<Span> {
        let source = *self.sources.get(name)?;
        Some(load::at(source, &sources.get(source)?.text, line, column))
    }
}

fn fault(why: RenderError) -> TemplateFault {
    let place = why.template_name.clone().zip(why.line_no);
    let place = place.zip(why.column_no);
    let (message, missing) = match why.reason() {
        RenderErrorReason::MissingVariable(Some(path)) => {
            (format!("`{path}` does not exist"), Some(path.clone()))
        }
        RenderErrorReason::MissingVariable(None) => (String::from("a name does not exist"), None),
        RenderErrorReason::PartialNotFound(name) => {
            (format!("partial `{name}` does not exist"), None)
        }
        RenderErrorReason::HelperNotFound(name) => {
            (format!("helper `{name}` does not exist"), None)
        }
        other => (other.to_string(), None),
    };
    TemplateFault {
        message,
        place: place.map(|((name, line), column)| (name, line, column)),
        missing,
    }
}

/// The longest text that a template may render, in bytes.
const LONGEST: usize = 4 * 1024 * 1024;

/// A buffer that stops nested loops before they fill the memory.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > LONGEST {
            return Err(io::Error::other(format!(
                "the rendered text is longer than {} MiB",
                LONGEST >> 20
            )));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
