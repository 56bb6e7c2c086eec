//! Which targets are imported: all, or those that are named, by their names or those of groups.

use super::built::Built;
use super::eval::{Evaluator, Local};
use super::read::Block;
use super::target::Target;
use super::value::{Value, Values};
use crate::import::note::{Notes, listed};
use crate::text::{Diagnostic, Shown, did_you_mean};
use indexmap::IndexSet;
use std::collections::HashMap;

/// The blocks with their targets.
pub(super) type Found<'a> = [(&'a Block, Vec<Target<'a>>)];

/// Which targets are imported.
#[derive(Debug, Default)]
pub(super) struct Selection {
    /// The names of targets, in order; `None` for all of the file.
    pub chosen: Option<IndexSet<String>>,
    /// Those that bake builds: the chosen ones, or else those of its group `default`.
    pub built: IndexSet<String>,
    /// The targets, and the blocks of targets, that any group names.
    pub grouped: IndexSet<String>,
}

impl Selection {
    /// Whether a target is imported.
    pub fn has(&self, target: &str) -> bool {
        let chosen = self.chosen.as_ref();
        chosen.is_none_or(|chosen| chosen.contains(target))
    }

    /// Whether bake builds a target by default, or as one of a group.
    pub fn names(&self, built: &Built) -> bool {
        let is_grouped = |name: &String| self.grouped.contains(name);
        self.built.contains(&built.target) || is_grouped(&built.target) || is_grouped(&built.label)
    }
}

/// The selection of these names of targets and groups; empty for all.
pub(super) fn selection(
    wanted: &[String],
    blocks: &[Block],
    found: &Found,
    evaluator: &mut Evaluator,
    notes: &mut Notes,
) -> Result<Selection, Vec<Diagnostic>> {
    let mut groups = Groups {
        groups: HashMap::new(),
        labels: HashMap::new(),
        names: IndexSet::new(),
        declared: blocks
            .iter()
            .filter(|block| block.kind == "target")
            .map(|block| block.label.value.clone())
            .collect(),
        open: IndexSet::new(),
    };
    for (block, targets) in found {
        let names: Vec<String> = targets.iter().map(|target| target.name.clone()).collect();
        groups.names.extend(names.iter().cloned());
        groups.labels.insert(block.label.value.clone(), names);
    }
    for block in blocks.iter().filter(|block| block.kind == "group") {
        let members = members(block, evaluator, notes);
        groups
            .groups
            .insert(block.label.value.clone(), (block, members));
    }
    let members = groups.groups.values().flat_map(|(_, members)| members);
    let mut selection = Selection {
        grouped: members.cloned().collect(),
        ..Selection::default()
    };
    if wanted.is_empty() {
        groups.expand("default", &mut selection.built, notes);
        return Ok(selection);
    }
    let unknown: Vec<Diagnostic> = wanted
        .iter()
        .filter(|name| !groups.knows(name))
        .map(|name| groups.unknown(name))
        .collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    for name in wanted {
        groups.expand(name, &mut selection.built, notes);
    }
    selection.chosen = Some(selection.built.clone());
    Ok(selection)
}

fn members(block: &Block, evaluator: &mut Evaluator, notes: &mut Notes) -> Vec<String> {
    let Some(setting) = block.get("targets") else {
        return Vec::new();
    };
    let found = evaluator.setting(&setting.value, &Local::new(&Values::new()));
    evaluator.decided();
    let names = found.map(|value| {
        let items = value.list().cloned().unwrap_or_default();
        items.iter().filter_map(Value::real).collect()
    });
    names.unwrap_or_else(|why| {
        notes.note(
            "import::left-out",
            format!("the targets of a group cannot be evaluated: {why}"),
            "name the targets on the command line: `kiln import bake FILE TARGET`",
            setting.name.span,
        );
        Vec::new()
    })
}

/// How many names the help lists of each kind.
const SHOWN: usize = 12;

fn sorted<'n>(names: impl Iterator<Item = &'n String>) -> Vec<&'n str> {
    let mut all: Vec<&str> = names.map(String::as_str).collect();
    all.sort_unstable();
    all
}

struct Groups<'a> {
    groups: HashMap<String, (&'a Block, Vec<String>)>,
    /// The targets of each block, by its label: bake makes a group of each matrix.
    labels: HashMap<String, Vec<String>>,
    /// The names of all targets.
    names: IndexSet<String>,
    /// The labels of all targets, those included that are left out.
    declared: IndexSet<String>,
    /// The groups that are being expanded, and those that have been.
    open: IndexSet<String>,
}

impl Groups<'_> {
    fn knows(&self, name: &str) -> bool {
        self.groups.contains_key(name)
            || self.labels.contains_key(name)
            || self.names.contains(name)
    }

    fn unknown(&self, name: &str) -> Diagnostic {
        let known = self.groups.keys().chain(self.labels.keys());
        let known = known.chain(&self.names).map(String::as_str);
        let message = format!("no target or group `{}` is in the file", name.shown());
        let help = did_you_mean(name, known).unwrap_or_else(|| {
            let lists = [
                ("groups", sorted(self.groups.keys())),
                ("targets", sorted(self.labels.keys())),
            ];
            let lists = lists.iter().filter(|(_, names)| !names.is_empty());
            let lists = lists.map(|(what, names)| format!("{what} are {}", listed(names, SHOWN)));
            lists.collect::<Vec<_>>().join("; ")
        });
        Diagnostic::error("import::unknown-target", message).help(help)
    }

    /// Adds the targets of a group, in order; groups that contain themselves end there, as in bake.
    fn expand(&mut self, name: &str, all: &mut IndexSet<String>, notes: &mut Notes) {
        if let Some((block, members)) = self.groups.get(name) {
            let (span, members) = (block.label.span, members.clone());
            if !self.open.insert(name.to_owned()) {
                return;
            }
            for member in members {
                if self.knows(&member) {
                    self.expand(&member, all, notes);
                    continue;
                }
                if self.declared.contains(&member) {
                    continue;
                }
                let member = member.shown();
                notes.note(
                    "import::left-out",
                    format!("a group names `{member}`, which is neither a target nor a group"),
                    "correct the name in the bake file, and import it again",
                    span,
                );
            }
        } else if let Some(targets) = self.labels.get(name).filter(|_| !self.names.contains(name)) {
            all.extend(targets.iter().cloned());
        } else if self.names.contains(name) {
            all.insert(name.to_owned());
        }
    }
}
