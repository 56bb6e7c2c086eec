//! Tag rules, compiled once per image.

use crate::manifest::{AxisKind, Image, Per, Settings, TagRule};
use crate::matrix::cells::axis::Axis;
use crate::matrix::cells::lookup::{Lookup, Place};
use crate::matrix::cells::text::{Piece, Text};
use crate::matrix::cells::variable::Applies;
use crate::matrix::faults::Faults;
use crate::matrix::fleet::public_tag::Permission;
use crate::matrix::settings::conditions::permission;
use crate::matrix::unused::blocks;
use crate::name::Version;
use crate::tag::Rung;
use crate::text::{Diagnostic, Span};

/// A pattern that produces tags.
pub(in crate::matrix) struct Rule {
    pub text: Text,
    pub span: Span,
    /// Narrows the rungs of its axes.
    pub rungs: Option<Vec<Rung>>,
    pub per: Option<Per>,
    pub fixed: bool,
    /// Whether variables decide if a run has it.
    pub conditional: bool,
    pub permission: Permission,
    /// The version of the git tag, if that decides whether its tags would move backwards.
    pub git_version: Option<Version>,
    /// The axes that it names, in order and without duplicates.
    pub axes: Vec<usize>,
}

impl Rule {
    /// Whether it may name a variant, because it is the same in every run.
    pub fn names(&self) -> bool {
        !self.text.varies && !self.text.broken && !self.conditional
    }

    /// Whether its tags differ from run to run: those of a variable that also decides if there are any belong to the runs
    /// with that value.
    pub fn varies(&self) -> bool {
        self.text.varies || self.conditional && self.text.has_variable()
    }

    /// Whether it makes tags of a rung of an axis.
    pub fn wants(&self, axis: usize, rung: Rung) -> bool {
        let of_rule = self.rungs.as_deref();
        let of_placeholder = self.text.narrowed(axis);
        let limits = [of_rule, of_placeholder].into_iter().flatten();
        limits.into_iter().all(|rungs| rungs.contains(&rung))
    }

    /// Whether it produces tags in this run.
    pub fn makes(&self) -> bool {
        !self.text.broken && self.text.missing.is_none()
    }
}

/// Compiles a rule; faults are reported.
pub(in crate::matrix) fn rule<'m>(
    declared: &'m TagRule,
    applies: Applies,
    lookup: &Lookup<'_, 'm>,
    faults: &mut Faults,
) -> Rule {
    let text = lookup.text(&declared.pattern, Place::Tag, faults);
    let axes = axes_of(&text);
    let permission = permission(&declared.on, lookup.scope.inputs);
    if text.has_git_tag && lookup.scope.inputs.git.tag.is_none() {
        lookup.scope.used.wants_git_tag.set(true);
    }
    if applies != Applies::NotNow {
        let mut git_tags = lookup.scope.used.git_tags.borrow_mut();
        git_tags.conditions(&declared.on, lookup.scope.inputs);
        if permission.why_held(&permission).is_none() {
            git_tags.pattern(&text, faults);
        }
    }
    if let (Some(why), None, false) = (
        &text.missing,
        permission.why_held(&permission),
        text.skipped || applies == Applies::NotNow,
    ) {
        let warning = Diagnostic::warning(
            "matrix::tag-not-made",
            format!("this tag is not made in this run: {why}"),
        );
        faults.push(
            warning
                .at(declared.pattern.span, "here")
                .help("specify when it is wanted: `on=\"tag:*\"`, `on=\"branch:*\"`"),
        );
    }
    for rung in declared.rungs.iter().flatten() {
        let climbs = |axis: &usize| {
            lookup.axes[*axis].declared.kind == AxisKind::Version
                && lookup.axes[*axis].rungs.contains(rung)
                && (text.narrowed(*axis)).is_none_or(|rungs| rungs.contains(&rung.value))
        };
        if !axes.iter().any(climbs) && !text.broken {
            let fault = Diagnostic::error(
                "matrix::rungs",
                format!("no axis of this pattern has the rung `{}`", rung.value),
            )
            .at(rung.span, "here");
            faults.push(fault.help(
                "a tag can only narrow the rungs of its axes; add the rung to the axis, too",
            ));
        }
    }
    let rungs = declared
        .rungs
        .as_ref()
        .map(|rungs| rungs.iter().map(|rung| rung.value).collect());
    let rule = Rule {
        span: declared.pattern.span,
        rungs,
        per: declared.per,
        fixed: declared.fixed,
        conditional: applies != Applies::Always,
        permission,
        git_version: git_version(&text, lookup),
        text,
        axes,
    };
    if !rule.text.broken {
        let idle = [
            idle_per(declared, &rule, lookup),
            idle_fixed(declared, &rule, lookup),
        ];
        idle.into_iter()
            .flatten()
            .for_each(|fault| faults.push(fault));
    }
    rule
}

/// The fault of a `per=` of a rule whose tags follow no version.
fn idle_per(declared: &TagRule, rule: &Rule, lookup: &Lookup) -> Option<Diagnostic> {
    let word = declared.per?.word();
    let is_version = |axis: &&usize| lookup.axes[**axis].declared.kind == AxisKind::Version;
    let versions: Vec<&usize> = rule.axes.iter().filter(is_version).collect();
    let climbs = |axis: &&usize| {
        let mut rungs = lookup.axes[**axis].rungs.iter();
        rungs.any(|rung| rung.moves() && rule.wants(**axis, *rung))
    };
    let (why, help) = match versions.is_empty() {
        true => (
            "the pattern names no version axis, so its tags do not follow a version",
            "remove it, or name a version axis in the pattern",
        ),
        false if !versions.iter().any(climbs) => (
            "the pattern has no rung but `full`, which each version keeps",
            "remove it, or add rungs to the axis, such as `rungs=\"full minor\"`",
        ),
        false => return None,
    };
    let message = format!("`per=\"{word}\"` has no effect: {why}");
    let fault = Diagnostic::error("matrix::per", message).at(declared.span, "in this tag");
    Some(fault.help(help))
}

/// The fault of `fixed` on a rule of which every tag moves, since a newer version takes it over.
fn idle_fixed(declared: &TagRule, rule: &Rule, lookup: &Lookup) -> Option<Diagnostic> {
    let moves =
        rule.text.climbs.is_some() || rule.axes.iter().any(|axis| only_moves(rule, *axis, lookup));
    if !declared.fixed || rule.text.fixed || !moves {
        return None;
    }
    let message = "`fixed` has no effect: every tag of this rule is a rung or an alias, which a newer version takes over";
    let fault = Diagnostic::error("matrix::no-effect", message).at(declared.span, "in this tag");
    Some(fault.help("remove it, or write a rule with the whole version, such as `{tag:full}` or `{version:full}`"))
}

/// Whether each token of an axis that a rule uses moves.
fn only_moves(rule: &Rule, axis: usize, lookup: &Lookup) -> bool {
    let scope = lookup.scope;
    let declared = &lookup.axes[axis];
    let has_own = declared.rungs.contains(&Rung::Full)
        || declared.values.iter().any(|value| value.version.is_none());
    let keeps = declared.declared.kind == AxisKind::Word
        || rule.wants(axis, Rung::Full) && has_own
        || declared
            .values
            .iter()
            .any(|value| value.default || value.own.fixed);
    let image = lookup.image.and_then(|name| scope.images.get(name));
    let image = image.and_then(|at| scope.manifest.images.get(*at));
    let is_default = |all: &Settings| {
        let mut defaults = all.defaults.iter();
        defaults.any(|(name, _)| name.as_str() == declared.name())
    };
    !keeps && !image.is_some_and(|image| blocks(image).any(is_default))
}

/// The rule of an image that has none, and the name of a variant without one: all axes, joined with `-`.
pub(in crate::matrix) fn product<'m>(
    image: &'m Image,
    axes: &[Axis],
    lookup: &Lookup<'_, 'm>,
) -> Rule {
    let mut pieces = Vec::new();
    for axis in 0..axes.len() {
        if axis > 0 {
            pieces.push(Piece::Text(String::from("-")));
        }
        pieces.push(Piece::Tokens(axis));
    }
    let text = Text {
        pieces,
        ..Text::new(image.name.clone())
    };
    let permission = permission(&[], lookup.scope.inputs);
    Rule {
        axes: axes_of(&text),
        git_version: git_version(&text, lookup),
        text,
        span: image.name.span,
        rungs: None,
        per: None,
        fixed: false,
        conditional: false,
        permission,
    }
}

/// The git tag decides for tags that are made from it, and for images that have no versions of their own.
fn git_version(text: &Text, lookup: &Lookup) -> Option<Version> {
    let mut axes = lookup.axes.iter();
    let has_versions = axes.any(|axis| axis.declared.kind == AxisKind::Version);
    let version = text
        .git_version
        .clone()
        .or_else(|| lookup.scope.git_version.clone());
    version.filter(|_| text.has_git_tag || !has_versions)
}

fn axes_of(text: &Text) -> Vec<usize> {
    let mut axes = Vec::new();
    for piece in &text.pieces {
        if let Piece::Tokens(axis) = piece
            && !axes.contains(axis)
        {
            axes.push(*axis);
        }
    }
    axes
}
