//! What trials found, as notes: one for all targets of a matrix.

use super::tried::Tried;
use crate::import::bake::place::replaced;
use crate::import::note::Notes;
use crate::import::published::VARIABLE;
use crate::text::Span;
use indexmap::{IndexMap, IndexSet};

/// References, by the place of the tags and the variable.
type References = IndexMap<(Span, String), IndexSet<String>>;

/// What was found out about the targets of a file.
#[derive(Default)]
pub(in crate::import::bake) struct Findings {
    rungs: IndexSet<(Span, String)>,
    not_empty: IndexSet<(Span, String)>,
    frozen: References,
    off: References,
}

impl Findings {
    /// Adds what was found out about a target.
    pub fn add(&mut self, tried: &Tried) {
        let span = tried.built.tags_span;
        let rungs = tried.rungs.iter().map(|name| (span, name.clone()));
        self.rungs.extend(rungs);
        let not_empty = tried.not_empty.iter();
        self.not_empty
            .extend(not_empty.map(|name| (span, name.clone())));
        for (name, references) in &tried.frozen {
            let known = self.frozen.entry((span, name.clone())).or_default();
            known.extend(references.iter().cloned());
        }
        // Without any name, the target gets one that has to be filled in.
        for (name, references) in tried.built.off.iter().filter(|_| tried.built.is_named()) {
            let known = self.off.entry((span, name.clone())).or_default();
            known.extend(references.iter().cloned());
        }
    }

    /// Notes what of the tags follows variables only on rungs, or not at all.
    pub fn note(self, notes: &mut Notes) {
        for (span, name) in self.rungs {
            let message =
                format!("what the file computes from `{name}` is on the rungs of its version");
            let help = format!(
                "`{{var:{name}:minor}}` is `1.27` for `1.27.3`; a pre-release has only the rung `full`, and what is not a version has none"
            );
            notes.note("import::resolved", message, &help, span);
        }
        for (span, name) in self.not_empty {
            let message = format!(
                "the file does without `{name}` where it is empty: in the manifest, it must have a value"
            );
            let help = "in place of an empty registry, write `docker.io`";
            notes.note("import::fixed", message, help, span);
        }
        for ((span, name), all) in &by_variable(&self.frozen) {
            let shown = shown(all);
            let message = format!(
                "the file computes {shown} from `{name}`: the manifest has what it is today"
            );
            let help =
                format!("with another value of `{name}`, change these tags in the manifest, too");
            notes.note("import::fixed", message, &help, *span);
        }
        let mut off = self.off;
        off.retain(|at, references| {
            // What the manifest has as it is today is said above.
            let said = self.frozen.get(at);
            references.retain(|one| said.is_none_or(|said| !said.contains(one)));
            !references.is_empty()
        });
        for ((span, name), all) in by_variable(&off) {
            let shown = shown(&all);
            let message = format!(
                "with other values of `{name}`, the file also publishes {shown}: the manifest does not"
            );
            let help = "add a `tag` for the runs that need it: one with `{tag}`, or with `on=\"release\"` (docs/tags.md)";
            notes.note("import::left-out", message, help, span);
        }
    }
}

/// The same with the references of all places of a variable at each of them: what is said of it is one note.
fn by_variable(all: &References) -> References {
    let mut known: IndexMap<&str, IndexSet<String>> = IndexMap::new();
    for ((_, name), references) in all {
        let known = known.entry(name).or_default();
        known.extend(references.iter().cloned());
    }
    let at = |at: &(Span, String)| (at.clone(), known[at.1.as_str()].clone());
    all.keys().map(at).collect()
}

/// The first references. A variable in them is as the file writes it.
pub(in crate::import::bake) fn shown(references: &IndexSet<String>) -> String {
    const SHOWN: usize = 3;
    let written = |place: &str| {
        let name = place.strip_prefix(VARIABLE)?;
        (!name.contains(':')).then(|| format!("${{{name}}}"))
    };
    let all = references.iter().take(SHOWN);
    let all = all.map(|one| format!("`{}`", replaced(one, written)));
    let more = match references.len() > SHOWN {
        true => " and others",
        false => "",
    };
    all.collect::<Vec<_>>().join(", ") + more
}
