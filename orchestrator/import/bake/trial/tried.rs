//! A target, and what was found out about it by trials.

use super::states::State;
use crate::import::bake::built::Built;
use crate::import::bake::place::{How, Names};
use indexmap::{IndexMap, IndexSet};

/// A target, and what was found out about it.
pub(in crate::import::bake) struct Tried {
    pub built: Built,
    /// The variables of which it has rungs.
    pub rungs: IndexSet<String>,
    /// By variable, the references that stay as they are.
    pub frozen: IndexMap<String, Vec<String>>,
    /// The variables that all texts follow.
    pub followed: Names,
    /// The variables that the manifest follows unless they are empty.
    pub not_empty: Names,
    /// The empty variables in whose place `docker.io` would be the same.
    pub registries: Names,
}

impl Tried {
    /// Nothing is found out yet.
    pub fn new(built: Built) -> Self {
        Self {
            built,
            rungs: IndexSet::new(),
            frozen: IndexMap::new(),
            followed: Names::new(),
            not_empty: Names::new(),
            registries: Names::new(),
        }
    }

    /// Whether a note at the tags names the variable.
    fn has_note(&self, name: &str) -> bool {
        let off = self.built.is_named() && self.built.off.contains_key(name);
        off || self.frozen.contains_key(name)
    }

    /// The same, if nothing else is decided by it.
    pub fn is_said(&self, name: &str) -> bool {
        let mut elsewhere = self.built.elsewhere.iter();
        self.has_note(name) && elsewhere.all(|(_, known)| known != name)
    }

    /// The variables that notes at the tags name.
    pub fn noted(&self) -> impl Iterator<Item = &String> {
        let names = self.built.off.keys().chain(self.frozen.keys());
        names.filter(|name| self.has_note(name))
    }

    /// Adds what was found out about the target with other values of variables. Those with `cases` have conditions.
    pub fn adds(&mut self, state: &State, cases: &Names) {
        self.rungs.extend(state.rungs.iter().cloned());
        let decided = state.built.decided.iter();
        let others = decided.filter(|(how, name)| *how == How::Unedited || !cases.contains(name));
        self.built.decided.extend(others.cloned());
        for refusal in state.built.blind_tags() {
            self.built.has_lost_tags = true;
            if !self.built.lost.contains(refusal) {
                self.built.lost.push(refusal.clone());
            }
        }
    }

    /// The tags follow a variable.
    pub fn named(&mut self, name: &str) {
        self.built.off.shift_remove(name);
        self.frozen.shift_remove(name);
    }

    /// The manifest follows a variable: nothing of it has to be said.
    pub fn settled(&mut self, name: &str) {
        self.named(name);
        self.not_empty.remove(name);
        let decided = &mut self.built.decided;
        decided.retain(|(how, known)| known != name || *how == How::Unedited);
        let end = format!("`{name}` has no default");
        self.built.lost.retain(|lost| !lost.why.ends_with(&end));
        self.built.nulls.remove(name);
    }
}
