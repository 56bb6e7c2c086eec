//! Expands manifests and checks the resulting fleets and faults.

mod faults;
mod hooks;
mod properties;
mod shared;
mod until;
mod variables;
mod versions;

use super::{Fleet, Inputs, TagKind, expand};
use crate::manifest;
use crate::text::{Diagnostics, Severity, Sources, kdl};

/// A run on 3 August 2026, outside a git repository.
pub(super) fn inputs() -> Inputs {
    let now = "2026-08-03T12:00:00Z".parse().unwrap();
    Inputs {
        now,
        ..Inputs::default()
    }
}

/// The result of expanding a text.
pub(super) struct Outcome {
    pub fleet: Option<Fleet>,
    pub diagnostics: Diagnostics,
    pub sources: Sources,
}

pub(super) fn read(text: &str, inputs: &Inputs) -> Outcome {
    let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::default());
    let id = sources.add("kiln.kdl", text);
    let documents = [kdl::parse(id, text, &mut diagnostics)];
    let manifest = manifest::parse(&documents, Vec::new(), &mut diagnostics);
    assert!(
        !diagnostics.has_errors(),
        "{text}\n{}",
        crate::text::show::text(&diagnostics, &sources, false)
    );
    let fleet = expand(&manifest, inputs, &mut diagnostics);
    Outcome {
        fleet,
        diagnostics,
        sources,
    }
}

impl Outcome {
    /// The fleet of a text without errors.
    pub fn fleet(self) -> Fleet {
        match self.fleet {
            Some(fleet) => fleet,
            None => panic!(
                "{}",
                crate::text::show::text(&self.diagnostics, &self.sources, false)
            ),
        }
    }

    /// Every fault as `code: marked text`; warnings as `warning code: …`.
    pub fn faults(&self) -> Vec<String> {
        let show = |fault: &crate::text::Diagnostic| {
            let marked = fault.labels.first().and_then(|label| {
                let source = self.sources.get(label.span.source)?;
                source
                    .text
                    .get(label.span.start as usize..label.span.end as usize)
            });
            let warning = if fault.severity == Severity::Warning {
                "warning "
            } else {
                ""
            };
            format!(
                "{warning}{}: {}",
                fault.code.trim_start_matches("matrix::"),
                marked.unwrap_or("(no place)")
            )
        };
        self.diagnostics.iter().map(show).collect()
    }
}

/// One image `app` on a base, with a template.
pub(super) fn app(body: &str) -> String {
    format!(
        "workspace \"w\" {{ publish \"example.com/{{image}}\" }}\nbase \"os\" from=\"debian:13\"\nimage \"app\" {{\nfrom base=\"os\"\ntemplate \"t.hbs\"\n{body}\n}}\n"
    )
}

/// The tags of every variant, `name: tag tag`; `!` after a fixed one, `+` after a shared one.
pub(super) fn tags(fleet: &Fleet) -> Vec<String> {
    let show = |tag: &super::PublicTag| {
        let fixed = if tag.kind == TagKind::Fixed { "!" } else { "" };
        format!("{}{fixed}{}", tag.tag, if tag.shared { "+" } else { "" })
    };
    let deferred = |tag: &super::DeferredTag| {
        format!(
            "{}{}",
            tag.written(),
            if tag.kind == TagKind::Fixed { "!" } else { "" }
        )
    };
    let line = |variant: &super::Variant| {
        let all: Vec<String> = variant
            .tags
            .iter()
            .map(show)
            .chain(variant.deferred.iter().map(deferred))
            .collect();
        format!("{}: {}", variant.name, all.join(" "))
    };
    fleet.variants.iter().map(line).collect()
}

/// The tags of an image with this body.
#[track_caller]
pub(super) fn check_tags(body: &str, expect: &[&str]) {
    assert_eq!(tags(&read(&app(body), &inputs()).fleet()), expect, "{body}");
}
