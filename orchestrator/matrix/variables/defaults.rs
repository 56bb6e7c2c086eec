//! Defaults that are made of other variables, or that others decide.
//!
//! ```text
//! variable "FULL" default="{var:BASE}-{var:VERSION}"
//! variable "TAG" default="{var:BRANCH:slug}" { when var:BRANCH="main" default="latest"; }
//!
//! names in each default -> order (rings are refused) -> values, those of what a default names first
//! ```

use super::checked;
use crate::manifest::{OtherDefault, Variable, VariableMatch};
use crate::matrix::cells::lookup::{idle_even_empty, inside};
use crate::matrix::cells::variable::{is_match, undeclared};
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
    /// By name, the first variable that has it.
    places: HashMap<&'m str, usize>,
    /// Those whose defaults are made of each other.
    rings: HashSet<usize>,
}

/// The fault of a default is reported.
pub(super) struct Reported;

/// What a default is with the values of a run.
pub(super) struct Made<'m> {
    pub text: String,
    /// The default.
    source: &'m Spanned<String>,
}

impl<'m> Defaults<'m> {
    /// Those of these variables.
    pub fn new(declared: &'m [Variable]) -> Self {
        let mut places = HashMap::new();
        for (at, variable) in declared.iter().enumerate() {
            places.insert(variable.name.as_str(), at);
        }
        Self {
            declared,
            places,
            rings: HashSet::new(),
        }
    }

    /// The variables in an order in which each is behind those that its default names. Rings are reported.
    pub fn order(&mut self, faults: &mut Faults) -> Vec<usize> {
        let next: Vec<Vec<usize>> = self
            .declared
            .iter()
            .map(|variable| {
                let names = names(variable).into_iter();
                names
                    .filter_map(|name| self.places.get(name.as_str()).copied())
                    .collect()
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
                    self.rings.extend(ring);
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
            let default = variable
                .default
                .as_ref()
                .filter(|_| variable.whens.is_empty());
            fault = fault.at(default.map_or(variable.span, |one| one.span), "made here");
        }
        fault.help("give one of them a default without the others")
    }

    /// The default of a variable with the values of those that it names, if it has one.
    pub fn made(
        &self,
        at: usize,
        facts: &PlaceholderFacts<'_>,
        faults: &mut Faults,
    ) -> Result<Option<Made<'m>>, Reported> {
        let variable = &self.declared[at];
        let own = variable.default.as_ref();
        let mut chosen = own.map(|default| (default, filled(default, facts, faults)));
        for when in &variable.whens {
            let text = filled(&when.default, facts, faults);
            if is_literal(&when.default)
                && let Some(Err(fault)) = text.as_ref().map(|text| checked(variable, text))
            {
                faults.push(fault.at(when.default.span, "here"));
            }
            if self.applies(when, facts, faults) {
                chosen = Some((&when.default, text));
            }
        }
        let is_ring = self.rings.contains(&at);
        match chosen {
            None => Ok(None),
            Some((source, Some(text))) if !is_ring => Ok(Some(Made { text, source })),
            Some(_) => Err(Reported),
        }
    }

    /// Whether the variables match that a default depends on.
    fn applies(
        &self,
        when: &'m OtherDefault,
        facts: &PlaceholderFacts<'_>,
        faults: &mut Faults,
    ) -> bool {
        let mut all = true;
        for one in &when.variables {
            all &= self.matches(one, facts, faults);
        }
        all
    }

    fn matches(
        &self,
        one: &'m VariableMatch,
        facts: &PlaceholderFacts<'_>,
        faults: &mut Faults,
    ) -> bool {
        let name = one.variable.as_str();
        let Some(at) = self.places.get(name) else {
            faults.push(undeclared(&one.variable, self.declared, false));
            return false;
        };
        let value = facts.variables.get(name).map(String::as_str);
        let filled = |pattern, faults: &mut Faults| filled(pattern, facts, faults);
        is_match(one, (&self.declared[*at], value), filled, faults)
    }
}

impl Made<'_> {
    /// The fault of the value, with the place of the default, if that is made of others.
    pub fn fault(&self, fault: Diagnostic) -> Diagnostic {
        match is_literal(self.source) {
            true => fault,
            false => fault.at(self.source.span, "its default, with the values of this run"),
        }
    }
}

/// Whether a default names no variables.
fn is_literal(default: &str) -> bool {
    let (pattern, _) = Pattern::read(default);
    pattern.placeholders().next().is_none()
}

/// A text with the values of the variables in it; nothing if it has a fault, which is reported.
fn filled(
    source: &Spanned<String>,
    facts: &PlaceholderFacts<'_>,
    faults: &mut Faults,
) -> Option<String> {
    let (pattern, wrong) = Pattern::read(source);
    let mut is_whole = wrong.is_empty();
    for PatternError { message, range } in &wrong {
        let fault = Diagnostic::error("matrix::pattern", message.clone());
        faults.push(fault.at(inside(source, range), "here").help(PLACES));
    }
    let mut out = String::new();
    for part in &pattern.parts {
        let made = match part {
            Part::Text(text) => Ok(text.clone()),
            Part::Placeholder(place) if place.name == "var" => {
                value(place, facts).map_err(|fault| (fault, place))
            }
            Part::Placeholder(place) => {
                let written = source.get(place.range.clone()).unwrap_or_default();
                let message = format!("`{}` is not allowed in a default", written.shown());
                let fault = Diagnostic::error("matrix::placeholder-place", message);
                Err((fault.help(PLACES), place))
            }
        };
        match made {
            Ok(text) => out.push_str(&text),
            Err((fault, place)) => {
                faults.push(fault.at(inside(source, &place.range), "here"));
                is_whole = false;
            }
        }
    }
    is_whole.then_some(out)
}

/// The value of a place in a default.
fn value(place: &Placeholder, facts: &PlaceholderFacts<'_>) -> Result<String, Diagnostic> {
    if variable::is_even_empty(place) {
        let argument = place.argument.as_deref().unwrap_or_default();
        return Err(idle_even_empty(&format!("{{var:{argument}}}")));
    }
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

/// The variables that the defaults of a variable name, those that they depend on included.
fn names(variable: &Variable) -> Vec<String> {
    let matches = || variable.whens.iter().flat_map(|when| &when.variables);
    let patterns = matches().flat_map(|one| &one.patterns);
    let texts = variable.defaults().chain(patterns);
    let inserted = texts.flat_map(|text| {
        let (pattern, _) = Pattern::read(text);
        let places = pattern.placeholders().filter(|place| place.name == "var");
        let arguments = places.filter_map(|place| place.argument.clone());
        arguments.collect::<Vec<String>>()
    });
    let inserted = inserted.map(|argument| variable::filtered(&argument).0.to_owned());
    let conditions = matches().map(|one| one.variable.value.clone());
    inserted.chain(conditions).collect()
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
        let of = by_name.get(name.as_str()).map(|variable| names(variable));
        let new = of.into_iter().flatten();
        let new: Vec<String> = new.filter(|name| all.insert(name.clone())).collect();
        open.extend(new);
    }
    all
}
