//! The tags of one variant: the product of its tokens over each of its rules.

use super::axis::Value;
use super::compile::Effective;
use super::faults::Faults;
use super::fleet::{Gate, PublicTag, TagKind};
use super::rule::Rule;
use super::text::{CellView, Piece};
use crate::manifest::Per;
use crate::name::{Tag, Version};
use crate::tag::{Joined, Origin, Rung, Token};
use crate::text::Diagnostic;
use indexmap::IndexMap;
use std::cmp::Ordering;
use std::collections::HashMap;

/// More tags than this a rule and cell are refused: nobody publishes them, and they are soon millions.
const MOST: usize = 4096;

/// What `default` adds.
static EMPTY: Token = Token { text: String::new(), origin: Origin::Default, fixed: false };

/// Who has a moving rung of `per="cell"` rules: by rule and tag, the highest versions.
#[derive(Default)]
pub(super) struct Contest<'p>(HashMap<(*const (), String), Vec<Option<&'p Version>>>);

/// One derivation: a token an axis, in the order of the rule's axes.
struct Derivation<'p> {
    text: String,
    tokens: Vec<&'p Token>,
}

/// The tokens of one axis in one cell, as one rule sees them.
fn tokens<'p>(rule: &Rule, axis: usize, cell: CellView<'p>, settings: &Effective<'p, '_>) -> Vec<&'p Token> {
    let place = cell.values[axis];
    let value: &'p Value = &cell.axes[axis].values[place as usize];
    let wanted = |rung: Rung| rule.rungs.as_ref().is_none_or(|rungs| rungs.contains(&rung));
    let climbs_full = cell.axes[axis].rungs.contains(&Rung::Full) || value.version.is_none();
    let mut all = Vec::new();
    if climbs_full && (wanted(Rung::Full) || cell.axes[axis].declared.kind == crate::manifest::AxisKind::Word) {
        all.push(settings.said[axis].unwrap_or(&value.own));
    }
    let owns = |rung: Rung| rule.per == Per::Cell || value.owned.contains(&rung);
    all.extend(value.ladder.iter().filter(|token| token.rung().is_some_and(|rung| wanted(rung) && owns(rung))));
    if settings.defaults[axis].map_or(value.default, |default| default == place) {
        all.push(&EMPTY);
    }
    all.extend(&value.aliases);
    all
}

/// Every derivation of a rule in a cell, the first axis fastest; `None` where there are too many.
fn derivations<'p>(rule: &Rule, cell: CellView<'p>, settings: &Effective<'p, '_>) -> Option<Vec<Derivation<'p>>> {
    let choices: Vec<Vec<&Token>> = rule.axes.iter().map(|axis| tokens(rule, *axis, cell, settings)).collect();
    let count = choices.iter().try_fold(1usize, |count, tokens| count.checked_mul(tokens.len()).filter(|count| *count <= MOST))?;
    let mut all = Vec::with_capacity(count);
    for mut number in 0..count {
        let pick = |tokens: &Vec<&'p Token>| {
            let token = tokens[number % tokens.len()];
            number /= tokens.len();
            token
        };
        let tokens: Vec<&Token> = choices.iter().map(pick).collect();
        all.push(Derivation { text: join(rule, cell, &tokens), tokens });
    }
    Some(all)
}

/// The text that a rule and one token an axis make.
fn join(rule: &Rule, cell: CellView, tokens: &[&Token]) -> String {
    let mut out = Joined::default();
    for piece in &rule.text.pieces {
        match piece {
            Piece::Text(text) => out.text(text),
            Piece::Tokens(axis) => out.token(rule.axes.iter().position(|own| own == axis).map_or("", |place| &tokens[place].text)),
            other => out.token(rule.text.piece(other, cell, &mut Faults::default()).unwrap_or_default()),
        }
    }
    out.finish()
}

/// The name that a rule gives a cell: its first token for each axis, a version's own name.
pub(super) fn name(rule: &Rule, cell: CellView) -> String {
    let tokens: Vec<&Token> = rule.axes.iter().map(|axis| cell.first(*axis)).collect();
    join(rule, cell, &tokens)
}

/// The same with another token for one axis.
pub(super) fn name_with(rule: &Rule, cell: CellView, axis: usize, token: &Token) -> String {
    let tokens: Vec<&Token> = rule.axes.iter().map(|own| if *own == axis { token } else { cell.first(*own) }).collect();
    join(rule, cell, &tokens)
}

impl<'p> Contest<'p> {
    /// Enters the tags that a cell could have on a moving rung.
    pub fn enter(&mut self, rule: &Rule, cell: CellView<'p>, settings: &Effective<'p, '_>) {
        for derivation in derivations(rule, cell, settings).unwrap_or_default().into_iter().filter(Derivation::moves) {
            let versions = versions(rule, cell);
            let best = self.0.entry((key(rule), derivation.text)).or_insert_with(|| versions.clone());
            if higher(&versions, best).is_gt() {
                *best = versions;
            }
        }
    }

    fn won(&self, rule: &Rule, cell: CellView<'p>, derivation: &Derivation) -> bool {
        let best = self.0.get(&(key(rule), derivation.text.clone()));
        best.is_none_or(|best| higher(&versions(rule, cell), best).is_ge())
    }
}

fn key(rule: &Rule) -> *const () {
    std::ptr::from_ref(rule).cast()
}

fn versions<'p>(rule: &Rule, cell: CellView<'p>) -> Vec<Option<&'p Version>> {
    rule.axes.iter().map(|axis| cell.axes[*axis].values[cell.values[*axis] as usize].version.as_ref()).collect()
}

fn higher(left: &[Option<&Version>], right: &[Option<&Version>]) -> Ordering {
    left.cmp(right)
}

impl Derivation<'_> {
    /// Whether a newer value would take it over.
    fn moves(&self) -> bool {
        self.tokens.iter().any(|token| token.rung().is_some_and(Rung::moves))
    }
}

/// All tags of a variant, the one that names it first; faults are told.
pub(super) fn tags<'p>(
    cell: CellView<'p>,
    settings: &Effective<'p, '_>,
    rules: &[&Rule],
    contest: &Contest<'p>,
    label: &dyn Fn() -> String,
    faults: &mut Faults,
) -> Vec<PublicTag> {
    let mut all: IndexMap<String, PublicTag> = IndexMap::new();
    let has_shared = (0..cell.axes.len()).any(|axis| cell.value(axis).shared);
    for rule in rules.iter().filter(|rule| rule.makes()) {
        if !has_data(rule, cell, faults) {
            continue;
        }
        let Some(derivations) = derivations(rule, cell, settings) else {
            faults.push(too_many(rule, label()));
            continue;
        };
        for derivation in derivations {
            if rule.per == Per::Cell && derivation.moves() && !contest.won(rule, cell, &derivation) {
                continue;
            }
            let tag = match derivation.text.parse::<Tag>() {
                Ok(tag) => tag,
                Err(fault) => {
                    faults.push(invalid(rule, cell, &derivation, &fault.to_string(), label()));
                    continue;
                }
            };
            let kind = kind(rule, &derivation);
            let one = all.entry(derivation.text.clone()).or_insert_with(|| PublicTag {
                tag,
                kind,
                shared: has_shared && is_shared(rule, cell, &derivation),
                span: rule.span,
                how: how(rule, cell, &derivation),
                gate: rule.gate.clone(),
            });
            if kind == TagKind::Fixed {
                one.kind = kind;
            }
            open(&mut one.gate, &rule.gate);
        }
    }
    all.into_values().collect()
}

/// A tag that two rules make may be moved when either may.
fn open(gate: &mut Gate, other: &Gate) {
    if gate.closed(gate).is_some() && other.closed(other).is_none() {
        *gate = other.clone();
    }
}

/// Asks for the data that a rule needs, so that what is missing is told.
fn has_data(rule: &Rule, cell: CellView, faults: &mut Faults) -> bool {
    rule.text.pieces.iter().all(|piece| rule.text.piece(piece, cell, faults).is_some())
}

/// By nature, or because the rule says so of a tag that nothing newer takes over.
fn kind(rule: &Rule, derivation: &Derivation) -> TagKind {
    let by_nature = rule.text.fixed || derivation.tokens.iter().any(|token| token.fixed);
    let passes_on = derivation.moves() || derivation.tokens.iter().any(|token| token.origin == Origin::Alias);
    if by_nature || (rule.fixed && !passes_on) { TagKind::Fixed } else { TagKind::Moving }
}

/// Whether a value hands its tag to several variants: by a token that is not its name, or because
/// the rule does not name its axis.
fn is_shared(rule: &Rule, cell: CellView, derivation: &Derivation) -> bool {
    (0..cell.axes.len()).filter(|axis| cell.value(*axis).shared).any(|axis| {
        let place = rule.axes.iter().position(|own| *own == axis);
        place.is_none_or(|place| derivation.tokens[place].is_shareable())
    })
}

/// How a tag came about, in words.
fn how(rule: &Rule, cell: CellView, derivation: &Derivation) -> String {
    let mut out = String::new();
    let mut told = 0;
    for piece in &rule.text.pieces {
        let (name, text, word) = match piece {
            Piece::Tokens(axis) => {
                let place = rule.axes.iter().position(|own| own == axis).unwrap_or_default();
                let token = derivation.tokens[place];
                (format!("{{{}}}", cell.axes[*axis].name()), token.text.as_str(), token.origin.word())
            }
            Piece::Fact(written, text) => (written.clone(), text.as_str(), None),
            _ => continue,
        };
        out.push_str(if told == 0 { "" } else { ", " });
        out.push_str(&name);
        out.push('=');
        out.push_str(if text.is_empty() { "\"\"" } else { text });
        if let Some(word) = word {
            out.push_str(" (");
            out.push_str(&word);
            out.push(')');
        }
        told += 1;
    }
    if told == 0 { String::from("as written") } else { out }
}

fn too_many(rule: &Rule, label: String) -> Diagnostic {
    Diagnostic::error("matrix::too-many-tags", format!("this rule gives `{label}` more than {MOST} tags"))
        .at(rule.span, "here")
        .help("fewer aliases")
}

fn invalid(rule: &Rule, cell: CellView, derivation: &Derivation, why: &str, label: String) -> Diagnostic {
    let mut fault =
        Diagnostic::error("matrix::invalid-tag", why).at(rule.span, format!("made for `{label}` as {}", how(rule, cell, derivation)));
    for axis in &rule.axes {
        let value = cell.value(*axis);
        fault = fault.at(value.span, "a token of this value");
    }
    fault.help("a tag has letters, digits, `.`, `_` and `-`, starts with a letter, a digit or `_`, and is 128 characters long at most")
}
