//! One source for each id of a workspace.

use super::Mountable;
use crate::dockerfile::MountKind;
use crate::request::SecretSource;
use crate::text::{Diagnostic, Diagnostics, Span};
use std::collections::{BTreeMap, BTreeSet};

/// Where the values of the ids of a workspace come from. Builders share equal steps of several builds: with two sources, an image
/// could get the value of another one.
#[derive(Default)]
pub(in crate::render) struct OneSource {
    /// By kind and id: the first source, and where it is declared.
    known: BTreeMap<(&'static str, String), (String, Span)>,
    /// What differs from it, each once.
    others: BTreeSet<(&'static str, String, String, Span)>,
}

impl OneSource {
    /// Adds what a variant declares.
    pub(in crate::render) fn add(&mut self, mounts: &Mountable) {
        for one in &mounts.secrets {
            let source = one.source.as_ref().map(SecretSource::to_string);
            self.note(MountKind::Secret, &one.id, source, one.span);
        }
        for one in &mounts.agents {
            let source = one.source.as_ref();
            let source = source.map(|name| format!("environment variable {name}"));
            self.note(MountKind::Ssh, &one.id, source, one.span);
        }
    }

    fn note(&mut self, kind: MountKind, id: &str, source: Option<String>, span: Span) {
        let Some(source) = source else {
            return;
        };
        let key = (kind.word(), id.to_owned());
        match self.known.get(&key) {
            None => drop(self.known.insert(key, (source, span))),
            Some((known, _)) if *known == source => {}
            Some(_) => drop(self.others.insert((key.0, key.1, source, span))),
        }
    }

    /// Reports each id with several sources, once per declaration and source.
    pub fn close(self, diagnostics: &mut Diagnostics) {
        for (word, id, source, span) in self.others {
            let key = (word, id);
            let Some((first, place)) = self.known.get(&key) else {
                continue;
            };
            let message = format!(
                "`{word} \"{}\"` has two sources in the workspace: {first} and {source}; builders share equal steps, so that one image could get what is meant for the other",
                key.1
            );
            let fault = Diagnostic::error("render::secret", message)
                .at(span, format!("from {source}"))
                .at(*place, format!("from {first}"));
            diagnostics.push(
                fault.help(
                    "give one of them another id, here and in its mounts, or the same source",
                ),
            );
        }
    }
}
