//! Diagnostics as text for people, and as JSON for editors and CI systems.

mod excerpt;
#[cfg(test)]
mod tests;

use super::{Diagnostic, Diagnostics, Label, Severity, SourceId, Sources, Span};
use super::{harmless, harmless_json, one_line};
use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};
use excerpt::Excerpt;
use serde_json::{Value, json};

/// All diagnostics with the source lines they point to, and a last line with the counts. Empty if there
/// are none. `colour` adds terminal styles.
pub fn text(found: &Diagnostics, sources: &Sources, colour: bool) -> String {
    if found.is_empty() {
        return String::new();
    }
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut all: String = ordered(found)
        .into_iter()
        .map(|diagnostic| {
            let text = renderer.render(&[group(diagnostic, sources)]);
            format!("{text}{}\n\n", placeless_help(diagnostic))
        })
        .collect();
    let unseen = found.total() - found.iter().count();
    if unseen > 0 {
        all.push_str(&format!("… and {unseen} more\n"));
    }
    all + &count(found) + "\n"
}

/// Sorted by file and place. Diagnostics without a place come first.
fn ordered(found: &Diagnostics) -> Vec<&Diagnostic> {
    let mut all: Vec<&Diagnostic> = found.iter().collect();
    all.sort_by_key(|diagnostic| diagnostic.labels.first().map(|label| label.span));
    all
}

/// `10 errors, 1 warning`
pub fn count(found: &Diagnostics) -> String {
    let many = |n: usize, what: &str| (n > 0).then(|| crate::text::count(n, what));
    let parts = [
        many(found.errors(), "error"),
        many(found.total() - found.errors(), "warning"),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// One line with a JSON object per diagnostic, and a last line with the counts: `{"errors":…,"warnings":…,"shown":…}`.
///
/// An object has `severity`, `code`, `message`, `file`, `line`, `column`, `help` and `labels`; a label
/// has `file`, `line`, `column`, `end_line`, `end_column` and `text`. Lines and columns count from 1,
/// columns in characters, the end excluded. Without a place, these keys are `null`.
pub fn json(found: &Diagnostics, sources: &Sources) -> String {
    let objects = ordered(found)
        .into_iter()
        .map(|diagnostic| object(diagnostic, sources));
    let counts = json!({ "errors": found.errors(), "warnings": found.total() - found.errors(), "shown": found.iter().count() });
    objects
        .chain([counts])
        .map(|object| harmless_json(&object.to_string()).into_owned() + "\n")
        .collect()
}

fn object(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let labels: Vec<Value> = diagnostic
        .labels
        .iter()
        .map(|label| place(label, sources))
        .collect();
    let first = |key: &str| {
        labels
            .first()
            .map_or(Value::Null, |label| label[key].clone())
    };
    json!({
        "severity": match diagnostic.severity { Severity::Error => "error", Severity::Warning => "warning" },
        "code": diagnostic.code,
        "message": diagnostic.sentence(),
        "file": first("file"),
        "line": first("line"),
        "column": first("column"),
        "help": diagnostic.help,
        "labels": labels,
    })
}

fn place(label: &Label, sources: &Sources) -> Value {
    let Span { source, start, end } = label.span;
    let Some(source) = sources.get(source) else {
        return json!({ "file": null, "text": label.text });
    };
    let ((line, column), (end_line, end_column)) = (
        source.position(start as usize),
        source.position(end as usize),
    );
    json!({ "file": source.path, "line": line, "column": column, "end_line": end_line, "end_column": end_column, "text": label.text })
}

fn group<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let sentence = diagnostic.sentence();
    let title = level
        .primary_title(one_line(&sentence).into_owned())
        .id(diagnostic.code);
    let mut group = Group::with_title(title);
    for (id, labels) in by_source(&diagnostic.labels) {
        let first = std::ptr::eq(labels[0], &diagnostic.labels[0]);
        group = group.elements(snippet(id, &labels, first, sources));
    }
    let help = diagnostic
        .help
        .as_deref()
        .filter(|_| !diagnostic.labels.is_empty())
        .map(|help| Level::HELP.message(harmless(help)));
    group.elements(help)
}

/// The way out of what has no place: without the frame of an excerpt.
fn placeless_help(diagnostic: &Diagnostic) -> String {
    match (&diagnostic.help, diagnostic.labels.is_empty()) {
        (Some(help), true) => format!("\n  help: {}", harmless(help).replace('\n', "\n        ")),
        _ => String::new(),
    }
}

/// The labels grouped by source, the source of the first label first.
fn by_source(labels: &[Label]) -> Vec<(SourceId, Vec<&Label>)> {
    let mut all: Vec<(SourceId, Vec<&Label>)> = Vec::new();
    for label in labels {
        match all.iter_mut().find(|(id, _)| *id == label.span.source) {
            Some((_, labels)) => labels.push(label),
            None => all.push((label.span.source, vec![label])),
        }
    }
    all
}

/// The excerpt of one source with its labels.
fn snippet<'a>(
    id: SourceId,
    labels: &[&'a Label],
    primary: bool,
    sources: &'a Sources,
) -> Vec<Element<'a>> {
    let Some(source) = sources.get(id) else {
        return Vec::new();
    };
    let excerpt = Excerpt::of(&source.text, labels);
    let annotations = labels
        .iter()
        .zip(excerpt.marks)
        .enumerate()
        .map(|(at, (label, mark))| {
            let kind = if primary && at == 0 {
                AnnotationKind::Primary
            } else {
                AnnotationKind::Context
            };
            kind.span(mark).label(one_line(&label.text))
        });
    let snippet = Snippet::source(excerpt.text)
        .line_start(excerpt.line)
        .annotations(annotations);
    if !excerpt.cut {
        return vec![snippet.path(one_line(&source.path)).into()];
    }
    let (line, column) = source.position(labels[0].span.start as usize);
    vec![
        Origin::path(one_line(&source.path))
            .line(line)
            .char_column(column)
            .into(),
        snippet.into(),
    ]
}
