//! A template with the data of a variant becomes the text of a Dockerfile.

use super::{RecipeBuilder, RenderContext, given};
use crate::dockerfile;
use crate::render::SourceMap;
use crate::render::injection::Rendered;
use crate::render::prepared::Prepared;
use crate::render::template::{STAGES, TemplateFault};
use crate::text::{Diagnostic, Severity, Span, Spanned, did_you_mean};

/// Faults of a line, whatever is in the others.
const OF_LINES: [&str; 4] = [
    "dockerfile::arguments",
    "dockerfile::flag",
    "dockerfile::instruction",
    "dockerfile::list",
];

impl RenderContext<'_> {
    pub(super) fn fill(
        &self,
        one: &Prepared<'_>,
        template: &Spanned<String>,
        builder: &mut RecipeBuilder,
    ) {
        if !self.templates.has(template)
            || builder
                .faults
                .iter()
                .any(|fault| fault.severity == Severity::Error)
        {
            return;
        }
        match self.rendered(template, one) {
            // Without its partial, it is no Dockerfile.
            Ok(_) if self.templates.is_incomplete(template) => {}
            Ok(mut rendered) => {
                header(template, &mut rendered);
                if let Err(line) = self.parse(one, &mut rendered, builder) {
                    return builder.faults.push(injected(&rendered, line, template));
                }
                builder.text = Some(rendered.text.into());
            }
            Err(first) => {
                let mut faults = self.templates.faults(template, &one.data);
                if faults.is_empty() {
                    faults.push(first);
                }
                let data = one.data.all();
                let missing = faults.iter().map(|fault| fault.missing.clone());
                let missing: Option<Vec<String>> = missing.collect();
                let faults = faults.into_iter();
                let faults = faults.map(|fault| self.fault(fault, template, &data));
                builder.faults.extend(faults);
                if let Some(missing) = missing {
                    self.other_lines(one, template, &missing, builder);
                }
            }
        }
    }

    /// Parses a rendered text.
    ///
    /// # Errors
    /// The first line (from 1) where a value changes the structure of the file.
    fn parse(
        &self,
        one: &Prepared<'_>,
        rendered: &mut Rendered,
        builder: &mut RecipeBuilder,
    ) -> Result<(), usize> {
        builder.read = rendered.parse(self.plain)?.resolve(given(one));
        // Maps the variant's numbers of places to the fleet's.
        let places = &one.installed.places;
        rendered.lines.iter_mut().for_each(|line| {
            line.place = line
                .place
                .and_then(|number| self.names.number(*places.get(number as usize)?));
        });
        let lines = std::mem::take(&mut rendered.lines);
        builder.map = SourceMap::new(lines, self.names.clone());
        Ok(())
    }

    /// Finds the faults of single lines of a template in which names are missing, but not in the lines that have these names.
    fn other_lines(
        &self,
        one: &Prepared<'_>,
        template: &str,
        missing: &[String],
        builder: &mut RecipeBuilder,
    ) {
        let text = self
            .templates
            .render_without(template, missing, one.data.all());
        let Some(mut rendered) = text.map(|text| Rendered::new(&text)) else {
            return;
        };
        if self.parse(one, &mut rendered, builder).is_err() {
            return;
        }
        let line = |span: Span| {
            let place = self.sources.place(span);
            place.rsplit_once(':').map(|(line, _)| line.to_owned())
        };
        let known = builder.faults.iter().flat_map(|fault| &fault.labels);
        let known: Vec<Option<String>> = known.map(|label| line(label.span)).collect();
        let (map, text) = (&builder.map, &rendered.text);
        let is_own = |fault: &dockerfile::Fault| {
            let place = map.written(text, &fault.bytes).map(line);
            OF_LINES.contains(&fault.code) && place.is_some_and(|place| !known.contains(&place))
        };
        let faults = std::mem::take(&mut builder.read).faults;
        builder.read.faults = faults.into_iter().filter(is_own).collect();
        builder.is_partial = true;
        builder.text = Some(rendered.text.into());
    }

    /// The rendered text. If the template does not include the download stages, they are inserted before its first FROM.
    fn rendered(&self, template: &str, one: &Prepared<'_>) -> Result<Rendered, TemplateFault> {
        let mut rendered = Rendered::new(&self.templates.render(template, &one.data)?);
        if !one.installed.stages.is_empty() && !self.templates.names(template, "stages") {
            let stages = Rendered::new(&self.templates.render(STAGES, &one.data)?);
            let first = dockerfile::first_from(&rendered.text);
            rendered.insert(first, stages);
        }
        Ok(rendered)
    }

    fn fault(
        &self,
        fault: TemplateFault,
        template: &Spanned<String>,
        data: &serde_json::Value,
    ) -> Diagnostic {
        let place = fault.place.and_then(|(name, line, column)| {
            self.templates.span(self.sources, &name, line, column)
        });
        let near = fault.missing.as_deref().and_then(|path| {
            let mut known = Vec::new();
            keys(data, &mut known);
            did_you_mean(path.rsplit(['.', '/']).next().unwrap_or(path), known)
        });
        let optional = fault
            .missing
            .map(|_| String::from("query optional names with `has` or `default`"));
        let diagnostic =
            Diagnostic::error("template::render", fault.message).maybe_help(near.or(optional));
        match place {
            Some(span) => diagnostic.at(span, "here"),
            None => diagnostic.at(template.span, "in this template"),
        }
    }
}

fn injected(rendered: &Rendered, line: usize, template: &Spanned<String>) -> Diagnostic {
    let text = rendered.text.lines().nth(line - 1).unwrap_or_default();
    let message = format!(
        "a value from the manifest changes more than its own place: `{}`",
        text.trim()
    );
    Diagnostic::error("render::injection", message)
        .at(template.span, "rendered from this template")
        .help("a value can neither add nor change instructions, flags or variables")
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

/// Inserts the comment about the file's origin below the parser directives, which must come first.
fn header(template: &str, rendered: &mut Rendered) {
    let at = dockerfile::directives_end(&rendered.text);
    let blank: usize =
        rendered.text[at..].len() - rendered.text[at..].trim_start_matches(['\n', '\r']).len();
    rendered.cut(at..at + blank);
    if !rendered.text.is_empty() && !rendered.text.ends_with('\n') {
        rendered.text.push('\n');
    }
    let word = format!(
        "# Generated by kiln from {template}. Do not edit: change the template or kiln.kdl and run `kiln generate`.\n\n"
    );
    rendered.insert(at, Rendered::new(&word));
}
