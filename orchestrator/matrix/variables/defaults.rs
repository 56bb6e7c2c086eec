//! Defaults that are made of other variables: `variable "FULL" default="{var:BASE}-{var:VERSION}"`.
//!
//! ```text
//! parts of each default -> order (rings are refused) -> values, those of what a default names first
//! ```

use crate::manifest::Variable;
use crate::matrix::cells::lookup::inside;
use crate::matrix::faults::Faults;
use crate::tag::{Part, Pattern, PatternError, Placeholder, PlaceholderFacts, Unfilled, variable};
use crate::text::{Diagnostic, Shown, Spanned};
use std::collections::{HashMap, HashSet};

/// Only variables have a value before anything else is known.
const PLACES: &str =
    "a default may have other variables: `{var:NAME}`; a literal brace is written `{{` or `}}`";

/// The defaults of all variables.
pub(super) struct Defaults<'m> {
    declared: &'m [Variable],
    /// By variable, the parts of its default.
    parts: Vec<Vec<Part>>,
    /// Those whose defaults have a fault.
    broken: HashSet<usize>,
}

impl<'m> Defaults<'m> {
    /// Reads all defaults; faults are reported.
    pub fn new(declared: &'m [Variable], faults: &mut Faults) -> Self {
        let mut all = Self {
            declared,
            parts: Vec::new(),
            broken: HashSet::new(),
        };
        for (at, variable) in declared.iter().enumerate() {
            let parts = match &variable.default {
                Some(default) => all.read(at, default, faults),
                None => Vec::new(),
            };
            all.parts.push(parts);
        }
        all
    }

    fn read(&mut self, at: usize, default: &Spanned<String>, faults: &mut Faults) -> Vec<Part> {
        let (pattern, wrong) = Pattern::read(default);
        for PatternError { message, range } in &wrong {
            let fault = Diagnostic::error("matrix::pattern", message.clone());
            faults.push(fault.at(inside(default, range), "here").help(PLACES));
            self.broken.insert(at);
        }
        for place in pattern.placeholders().filter(|place| place.name != "var") {
            let written = default.get(place.range.clone()).unwrap_or_default();
            let message = format!("`{}` is not allowed in a default", written.shown());
            let fault = Diagnostic::error("matrix::placeholder-place", message);
            let fault = fault.at(inside(default, &place.range), "here");
            faults.push(fault.help(PLACES));
            self.broken.insert(at);
        }
        pattern.parts
    }

    /// The variables in an order in which each is behind those that its default names. Rings are reported.
    pub fn order(&mut self, faults: &mut Faults) -> Vec<usize> {
        let declared = self.declared.iter().enumerate();
        let places: HashMap<&str, usize> = declared
            .map(|(at, variable)| (variable.name.as_str(), at))
            .collect();
        let next: Vec<Vec<usize>> = self
            .parts
            .iter()
            .map(|parts| {
                let names = names(parts);
                names.filter_map(|name| places.get(name).copied()).collect()
            })
            .collect();
        let (mut order, mut known) = (Vec::new(), HashSet::new());
        for first in 0..self.declared.len() {
            let mut open: Vec<(usize, usize)> = Vec::new();
            open.extend(known.insert(first).then_some((first, 0)));
            while let Some((at, step)) = open.last_mut() {
                let Some(needed) = next[*at].get(*step).copied() else {
                    order.push(*at);
                    open.pop();
                    continue;
                };
                *step += 1;
                if known.insert(needed) {
                    open.push((needed, 0));
                } else if let Some(from) = open.iter().position(|(at, _)| *at == needed) {
                    let ring: Vec<usize> = open[from..].iter().map(|(at, _)| *at).collect();
                    faults.push(self.ring(&ring));
                    self.broken.extend(ring);
                }
            }
        }
        order
    }

    fn ring(&self, ring: &[usize]) -> Diagnostic {
        let of = |at: &usize| &self.declared[*at];
        let names = ring.iter().chain(ring.first()).map(of);
        let names: Vec<&str> = names.map(|one| one.name.as_str()).collect();
        let message = format!(
            "the defaults of these variables are made of each other: {}",
            names.join(" -> ")
        );
        let mut fault = Diagnostic::error("matrix::variable-ring", message);
        for variable in ring.iter().map(of) {
            let default = variable.default.as_ref();
            fault = fault.at(default.map_or(variable.span, |one| one.span), "made here");
        }
        fault.help("give one of them a default without the others")
    }

    /// The default of a variable with the values of those that it names; nothing if it has none, or a fault.
    pub fn filled(
        &self,
        at: usize,
        facts: &PlaceholderFacts<'_>,
        faults: &mut Faults,
    ) -> Option<String> {
        let default = self.declared[at].default.as_ref()?;
        if self.broken.contains(&at) {
            return None;
        }
        let mut is_whole = true;
        let mut out = String::new();
        for part in &self.parts[at] {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Placeholder(place) if place.name == "var" => match value(place, facts) {
                    Ok(text) => out.push_str(&text),
                    Err(fault) => {
                        faults.push(fault.at(inside(default, &place.range), "here"));
                        is_whole = false;
                    }
                },
                Part::Placeholder(_) => {}
            }
        }
        is_whole.then_some(out)
    }

    /// The fault of a value that a default makes, with its place.
    pub fn made(&self, at: usize, fault: Diagnostic) -> Diagnostic {
        let is_made = names(&self.parts[at]).next().is_some();
        let default = self.declared[at].default.as_ref();
        match default.filter(|_| is_made) {
            Some(default) => fault.at(default.span, "its default, with the values of this run"),
            None => fault,
        }
    }
}

/// The value of a place in a default.
fn value(place: &Placeholder, facts: &PlaceholderFacts<'_>) -> Result<String, Diagnostic> {
    match variable::fill_text(place, facts) {
        Ok(filled) => Ok(filled.text),
        Err(Unfilled::Wrong(why, help)) => {
            Err(Diagnostic::error("matrix::placeholder", why).help(help))
        }
        Err(Unfilled::Missing(why) | Unfilled::Skipped(why) | Unfilled::Unmatched { why, .. }) => {
            Err(Diagnostic::error("matrix::placeholder", why).help(PLACES))
        }
        Err(Unfilled::Deferred(_)) => Ok(String::new()),
    }
}

/// The variables that the parts of a default name.
fn names(parts: &[Part]) -> impl Iterator<Item = &str> {
    parts.iter().filter_map(|part| match part {
        Part::Placeholder(place) if place.name == "var" => {
            let argument = place.argument.as_deref()?;
            Some(variable::filtered(argument).0)
        }
        _ => None,
    })
}

/// These variables, and those that their defaults are made of.
pub(in crate::matrix) fn reached(
    declared: &[Variable],
    first: &HashSet<String>,
) -> HashSet<String> {
    let by_name: HashMap<&str, &Variable> = declared
        .iter()
        .map(|variable| (variable.name.as_str(), variable))
        .collect();
    let mut all = first.clone();
    let mut open: Vec<String> = first.iter().cloned().collect();
    while let Some(name) = open.pop() {
        let variable = by_name.get(name.as_str());
        let Some(default) = variable.and_then(|variable| variable.default.as_ref()) else {
            continue;
        };
        let (pattern, _) = Pattern::read(default);
        let new = names(&pattern.parts).filter(|name| all.insert((*name).to_owned()));
        open.extend(new.map(str::to_owned));
    }
    all
}
