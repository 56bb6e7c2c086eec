//! The tags of one variant: for each of its rules, the product of its tokens.

#[cfg(test)]
mod tests;

use super::distinct::Tags;
use super::invalid::{blank, invalid, slugged, too_many};
use crate::manifest::{AxisKind, Per};
use crate::matrix::cells::axis::Value;
use crate::matrix::cells::text::{CellView, Piece};
use crate::matrix::faults::Faults;
use crate::matrix::fleet::deferred::{DeferredTag, is_mark, parts};
use crate::matrix::fleet::public_tag::{Permission, PublicTag, TagKind};
use crate::matrix::settings::looked_up::Effective;
use crate::matrix::settings::rule::Rule;
use crate::name::{NameError, Tag, Version};
use crate::tag::{Joined, Rung, Token, TokenOrigin};
use std::collections::HashMap;

/// The most tags per rule and cell: more are a mistake, and would soon be millions.
pub(super) const MOST: usize = 4096;

/// The token that `default` adds.
static EMPTY: Token = Token::new(String::new(), TokenOrigin::Default, None);

/// The owners of the moving rungs of `per="cell"` rules: the highest versions by rule and tag.
#[derive(Default)]
pub(in crate::matrix) struct Contest<'p>(HashMap<(*const (), String), Vec<Option<&'p Version>>>);

/// One derivation: one token per axis, in the order of the rule's axes.
pub(super) struct Derivation<'a, 'p> {
    pub tokens: &'a [&'p Token],
}

/// The tokens of one axis in one cell that a rule uses.
fn tokens<'p>(
    rule: &Rule,
    axis: usize,
    cell: CellView<'p>,
    settings: &'p Effective,
    all: &mut Vec<&'p Token>,
) {
    let place = cell.values[axis];
    let value: &'p Value = &cell.axes[axis].values[place as usize];
    let wanted = |rung: Rung| rule.wants(axis, rung);
    let climbs_full = cell.axes[axis].rungs.contains(&Rung::Full) || value.version.is_none();
    let replaced = settings.overrides[axis].as_deref();
    let is_given_up =
        replaced.is_none() && rule.per != Some(Per::Cell) && value.yields.is_some_and(wanted);
    let climbs_full = climbs_full && !is_given_up;
    if climbs_full && (wanted(Rung::Full) || cell.axes[axis].declared.kind == AxisKind::Word) {
        all.push(replaced.unwrap_or(&value.own));
    }
    // A value that has ended may have owned any of its rungs.
    let may_own = rule.per == Some(Per::Cell) || value.ended;
    let owns = |rung: Rung| may_own || value.owned.contains(&rung);
    all.extend(
        value
            .ladder
            .iter()
            .filter(|token| token.rung().is_some_and(|rung| wanted(rung) && owns(rung))),
    );
    if settings.defaults[axis].map_or(value.default, |default| default == place) {
        all.push(&EMPTY);
    }
    all.extend(&value.aliases);
}

/// Calls `each` for every derivation of a rule in a cell; the first axis changes fastest. `None` if there are too many.
fn derive<'p>(
    rule: &Rule,
    cell: CellView<'p>,
    settings: &'p Effective,
    mut each: impl FnMut(Derivation<'_, 'p>),
) -> Option<()> {
    let mut all = Vec::new();
    let mut ends = Vec::with_capacity(rule.axes.len());
    for axis in &rule.axes {
        let start = all.len();
        tokens(rule, *axis, cell, settings, &mut all);
        ends.push(start..all.len());
    }
    let count = ends.iter().try_fold(1usize, |count, range| {
        count
            .checked_mul(range.len())
            .filter(|count| *count <= MOST)
    })?;
    let mut picked = Vec::with_capacity(ends.len());
    for mut number in 0..count {
        picked.clear();
        for range in &ends {
            picked.push(all[range.start + number % range.len()]);
            number /= range.len();
        }
        each(Derivation { tokens: &picked });
    }
    Some(())
}

/// The text that a rule makes of one token per axis.
fn join(rule: &Rule, cell: CellView, tokens: &[&Token]) -> String {
    joined(rule, cell, tokens).finish()
}

fn joined(rule: &Rule, cell: CellView, tokens: &[&Token]) -> Joined {
    let mut out = Joined::default();
    for piece in &rule.text.pieces {
        match piece {
            Piece::Text(text) => out.text(text),
            Piece::Kept(_) => {}
            Piece::Tokens(axis) => out.token(
                rule.axes
                    .iter()
                    .position(|own| own == axis)
                    .map_or("", |place| &tokens[place].text),
            ),
            other => out.token(
                rule.text
                    .piece(other, cell, &mut Faults::default())
                    .unwrap_or_default(),
            ),
        }
    }
    out
}

/// The name that a rule gives a cell: it uses the naming token of each axis, and a version's own name.
pub(in crate::matrix) fn name(rule: &Rule, cell: CellView) -> String {
    let tokens: Vec<&Token> = rule.axes.iter().map(|axis| cell.naming(*axis)).collect();
    join(rule, cell, &tokens)
}

/// The same with a different token for one axis.
pub(in crate::matrix) fn name_with(
    rule: &Rule,
    cell: CellView,
    axis: usize,
    token: &Token,
) -> String {
    let tokens: Vec<&Token> = rule
        .axes
        .iter()
        .map(|own| {
            if *own == axis {
                token
            } else {
                cell.first(*own)
            }
        })
        .collect();
    join(rule, cell, &tokens)
}

impl<'p> Contest<'p> {
    /// Enters the tags that a cell could have on a moving rung.
    pub fn enter(&mut self, rule: &Rule, cell: CellView<'p>, settings: &'p Effective) {
        // Too many derivations are reported when the tags are made.
        let _ = derive(rule, cell, settings, |derivation| {
            if derivation.is_contested(rule, cell) {
                let versions = versions(rule, cell);
                let best = self
                    .0
                    .entry((key(rule), join(rule, cell, derivation.tokens)))
                    .or_insert_with(|| versions.clone());
                if versions > *best {
                    *best = versions;
                }
            }
        });
    }

    fn won(&self, rule: &Rule, cell: CellView<'p>, text: &str) -> bool {
        let best = self.0.get(&(key(rule), text.to_owned()));
        best.is_none_or(|best| versions(rule, cell) >= *best)
    }
}

fn key(rule: &Rule) -> *const () {
    std::ptr::from_ref(rule).cast()
}

fn versions<'p>(rule: &Rule, cell: CellView<'p>) -> Vec<Option<&'p Version>> {
    rule.axes
        .iter()
        .map(|axis| {
            cell.axes[*axis].values[cell.values[*axis] as usize]
                .version
                .as_ref()
        })
        .collect()
}

impl Derivation<'_, '_> {
    /// Whether a newer value would take it over.
    fn moves(&self) -> bool {
        self.tokens
            .iter()
            .any(|token| token.rung().is_some_and(Rung::moves))
    }

    /// Whether another cell may own the tag: it moves, or it has the name of a value that a later one may take over.
    fn is_contested(&self, rule: &Rule, cell: CellView) -> bool {
        let is_taken = |(axis, token): (&usize, &&Token)| {
            let value = cell.value(*axis);
            let is_wanted = |rung| rule.wants(*axis, rung);
            std::ptr::eq(*token, &value.own) && value.yields.is_some_and(is_wanted)
        };
        self.moves() || rule.axes.iter().zip(self.tokens).any(is_taken)
    }
}

/// All tags of a variant in the order they are derived; faults are reported.
pub(in crate::matrix) fn tags<'p>(
    cell: CellView<'p>,
    settings: &'p Effective,
    rules: &[&Rule],
    contest: &Contest<'p>,
    label: &dyn Fn() -> String,
    faults: &mut Faults,
) -> Tags {
    let mut all = Tags::default();
    let has_shared = (0..cell.axes.len()).any(|axis| cell.value(axis).shared);
    for rule in rules.iter().filter(|rule| rule.makes()) {
        if !has_data(rule, cell, faults) {
            continue;
        }
        let derived = derive(rule, cell, settings, |derivation| {
            let joined = joined(rule, cell, derivation.tokens);
            // An empty variable must not move `latest`, which only a default or the rung `none` stands for.
            let is_blank =
                joined.is_empty() && rule.axes.is_empty() && rule.text.git_version.is_none();
            if let (true, Some(fact)) = (is_blank, rule.text.fact()) {
                if !matches!(rule.permission, Permission::Denied(_)) {
                    faults.push(blank(rule, fact));
                }
                return;
            }
            let text = joined.finish();
            let is_contested = rule.per == Some(Per::Cell) && derivation.is_contested(rule, cell);
            if is_contested && !contest.won(rule, cell, &text) {
                return;
            }
            if !rule.text.deferred.is_empty() {
                match deferred_tag(&text, rule, cell, &derivation) {
                    Ok(tag) => all.wait(tag),
                    Err(_) if is_of_another_run(rule) => {}
                    Err(why) => faults.push(invalid(rule, cell, &derivation, &why, label())),
                }
                return;
            }
            match text.parse() {
                Ok(tag) => all.add(made(tag, rule, cell, &derivation, has_shared)),
                Err(_) if is_of_another_run(rule) => {}
                Err(why) => faults.push(invalid(
                    rule,
                    cell,
                    &derivation,
                    &NameError::to_string(&why),
                    label(),
                )),
            }
        });
        if derived.is_none() {
            faults.push(too_many(rule, label()));
        }
    }
    all
}

/// Whether the rule is for other git tags or branches than this run's, of which no tag can be made: in a repository of
/// several images, `app/v1.2.3` is not for a rule with `on="tag:v*"`.
fn is_of_another_run(rule: &Rule) -> bool {
    matches!(rule.permission, Permission::Denied(_)) && slugged(&rule.text).is_some()
}

/// A deferred tag, if its text can become a valid tag.
fn deferred_tag(
    text: &str,
    rule: &Rule,
    cell: CellView,
    derivation: &Derivation,
) -> Result<DeferredTag, String> {
    let tag = DeferredTag {
        parts: parts(text, &rule.text.deferred),
        kind: kind(rule, derivation),
        span: rule.span,
        how: how(rule, cell, derivation),
        permission: rule.permission.clone(),
    };
    tag.fill(|_| String::from("1"))
        .map_err(|why| why.to_string())?;
    Ok(tag)
}

fn made(
    tag: Tag,
    rule: &Rule,
    cell: CellView,
    derivation: &Derivation,
    has_shared: bool,
) -> PublicTag {
    PublicTag {
        kind: kind(rule, derivation),
        shared: has_shared && is_shared(rule, cell, derivation),
        span: rule.span,
        how: how(rule, cell, derivation).map(Into::into),
        permission: permission(&tag, rule),
        tag,
        git_version: rule.git_version.clone(),
        varies: rule.varies() || derivation.tokens.iter().any(|token| token.varies),
        variable: rule.text.has_variable() || derivation.tokens.iter().any(|token| token.variable),
    }
}

/// Whether this run may move a tag. A release of a pre-release does not move `latest`; on the default branch, it is the newest
/// commit that counts.
fn permission(tag: &Tag, rule: &Rule) -> Permission {
    let is_release = matches!(
        rule.permission,
        Permission::Released | Permission::Unspecified(Some(_))
    );
    let version = rule.git_version.as_ref();
    let version = version.filter(|version| version.is_prerelease());
    match version {
        Some(version) if is_release && tag.as_str() == "latest" && rule.text.fact().is_none() => {
            let guess = version.guess();
            let guess = guess.map_or_else(String::new, |why| format!(", {why}"));
            let why = format!(
                "the git tag is the pre-release {version}{guess}, and pre-releases are never latest; tags with other names, such as next, move"
            );
            match rule.permission {
                Permission::Released => Permission::Withheld(why.into()),
                _ => Permission::Denied(why.into()),
            }
        }
        _ => rule.permission.clone(),
    }
}

/// Whether a cell has all the data that a rule needs; missing data is reported.
fn has_data(rule: &Rule, cell: CellView, faults: &mut Faults) -> bool {
    rule.text
        .pieces
        .iter()
        .all(|piece| rule.text.piece(piece, cell, faults).is_some())
}

/// A tag is fixed if a part of it never comes again, or if its rule is `fixed` and nothing newer takes the tag over.
fn kind(rule: &Rule, derivation: &Derivation) -> TagKind {
    let by_nature = rule.text.fixed || derivation.tokens.iter().any(|token| token.fixed);
    let passes_on = derivation.moves()
        || derivation
            .tokens
            .iter()
            .any(|token| token.origin == TokenOrigin::Alias);
    if by_nature || (rule.fixed && !passes_on) {
        TagKind::Fixed
    } else {
        TagKind::Moving
    }
}

/// Whether a `shared` value gives its tag to several variants: through a token that is not its name, or because
/// the rule does not name its axis.
fn is_shared(rule: &Rule, cell: CellView, derivation: &Derivation) -> bool {
    (0..cell.axes.len())
        .filter(|axis| cell.value(*axis).shared)
        .any(|axis| {
            let place = rule.axes.iter().position(|own| *own == axis);
            place.is_none_or(|place| derivation.tokens[place].is_shareable())
        })
}

/// How a tag was derived, in words.
pub(super) fn how(rule: &Rule, cell: CellView, derivation: &Derivation) -> Option<String> {
    let mut out = String::with_capacity(96);
    for piece in &rule.text.pieces {
        let (text, origin) = match piece {
            Piece::Tokens(axis) => {
                let place = rule
                    .axes
                    .iter()
                    .position(|own| own == axis)
                    .unwrap_or_default();
                let token = derivation.tokens[place];
                out.extend([
                    if out.is_empty() { "{" } else { ", {" },
                    cell.axes[*axis].name(),
                    "}=",
                ]);
                (token.text.as_str(), Some(token.origin))
            }
            Piece::Fact(written, text) if is_mark(text) => {
                out.extend([if out.is_empty() { "" } else { ", " }, written.as_str()]);
                continue;
            }
            Piece::Fact(written, text) => {
                out.extend([
                    if out.is_empty() { "" } else { ", " },
                    written.as_str(),
                    "=",
                ]);
                (text.as_str(), None)
            }
            Piece::Kept(written) => {
                out.extend([
                    if out.is_empty() { "" } else { ", " },
                    written.as_str(),
                    "=",
                ]);
                ("", None)
            }
            _ => continue,
        };
        out.push_str(if text.is_empty() { "\"\"" } else { text });
        if let Some(word) = origin.and_then(TokenOrigin::word) {
            out.extend([" (", word, ")"]);
        }
    }
    // Copied to drop the spare capacity: a fleet holds half a million of these.
    (!out.is_empty()).then(|| String::from(out.as_str()))
}
