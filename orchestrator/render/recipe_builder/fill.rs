//! A template with the data of a variant becomes the text of a Dockerfile.

use super::{RecipeBuilder, RenderContext, given};
use crate::dockerfile;
use crate::render::SourceMap;
use crate::render::injection::Rendered;
use crate::render::prepared::Prepared;
use crate::render::template::{STAGES, TemplateFault};
use crate::text::{Diagnostic, Severity, Spanned, did_you_mean};

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
                match rendered.parse(self.plain) {
                    Ok(parsed) => builder.read = parsed.resolve(given(one)),
                    Err(line) => return builder.faults.push(injected(&rendered, line, template)),
                }
                builder.text = Some(rendered.text.into());
                // Maps the variant's numbers of places to the fleet's.
                let places = &one.installed.places;
                rendered.lines.iter_mut().for_each(|line| {
                    line.place = line
                        .place
                        .and_then(|number| self.names.number(*places.get(number as usize)?));
                });
                builder.map = SourceMap::new(rendered.lines, self.names.clone());
            }
            Err(first) => {
                let mut faults = self.templates.faults(template, &one.data);
                if faults.is_empty() {
                    faults.push(first);
                }
                let data = one.data.all();
                let faults = faults.into_iter();
                let faults = faults.map(|fault| self.fault(fault, template, &data));
                builder.faults.extend(faults);
            }
        }
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
