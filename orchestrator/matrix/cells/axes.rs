//! Reads the axes of an image: tokens, data, rungs and aliases.

use crate::manifest::{self, AxisKind};
use crate::matrix::cells::axis::{Axis, Value};
use crate::matrix::cells::lookup::{Lookup, Place};
use crate::matrix::cells::text::CellView;
use crate::matrix::cells::until::has_ended;
use crate::matrix::cells::versions::{doubtful, editions, hyphenated, misread};
use crate::matrix::faults::Faults;
use crate::matrix::scope::Scope;
use crate::name::{Range, Version};
use crate::tag::{Rung, Token, TokenOrigin};
use crate::text::{Diagnostic, Shown, Spanned};
use indexmap::IndexMap;
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

/// The axes of an image; faults are reported.
pub(in crate::matrix) fn axes<'m>(
    image: &'m manifest::Image,
    scope: &Scope<'m>,
    faults: &mut Faults,
) -> Vec<Axis<'m>> {
    let mut names = HashSet::new();
    let mut axes = Vec::new();
    for declared in &image.axes {
        if !names.insert(declared.name.as_str()) {
            faults.push(
                Diagnostic::error(
                    "matrix::twice",
                    format!("axis `{}` is declared twice", *declared.name),
                )
                .at(declared.name.span, "again here"),
            );
            continue;
        }
        if let Some(fault) = check(declared) {
            faults.push(fault);
        }
        let lookup = Lookup {
            scope,
            axes: &[],
            image: Some(image.name.as_str()),
        };
        axes.push(axis(declared, &lookup, faults));
    }
    axes
}

fn check(axis: &manifest::AxisDecl) -> Option<Diagnostic> {
    let name = axis.name.as_str();
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || "{}.:".contains(c)) {
        let fault = format!("`{}` is not a name for an axis", name.shown());
        return Some(
            Diagnostic::error("matrix::axis-name", fault)
                .at(axis.name.span, "here")
                .help("use a word without `.`, `:` and braces"),
        );
    }
    if axis.values.is_empty() {
        let fault = format!("axis `{name}` has no values, so its image has no variants");
        return Some(
            Diagnostic::error("matrix::empty-axis", fault)
                .at(axis.span, "declared here")
                .help("add one: `value \"…\"`; or remove the axis"),
        );
    }
    if axis.kind == AxisKind::Word && !axis.rungs.is_empty() {
        let fault = format!("axis `{name}` has rungs but is not a version axis");
        return Some(
            Diagnostic::error("matrix::rungs", fault)
                .at(axis.rungs[0].span, "here")
                .help("write `kind=\"version\"`"),
        );
    }
    None
}

fn axis<'m>(
    declared: &'m manifest::AxisDecl,
    lookup: &Lookup<'_, 'm>,
    faults: &mut Faults,
) -> Axis<'m> {
    let mut rungs: Vec<Rung> = declared.rungs.iter().map(|rung| rung.value).collect();
    if rungs.is_empty() {
        rungs.push(Rung::Full);
    }
    let latest = latest(declared, faults);
    let mut axis = Axis {
        declared,
        rungs,
        latest,
        values: Vec::new(),
        index: HashMap::new(),
        keys: HashSet::new(),
    };
    for value in &declared.values {
        let value = self::value(value, &axis, lookup, faults);
        if axis.index.contains_key(&value.name) {
            let fault = Diagnostic::error(
                "matrix::twice",
                format!(
                    "value `{}` appears twice on axis `{}`",
                    value.name, *declared.name
                ),
            );
            faults.push(fault.at(value.span, "again here"));
            continue;
        }
        axis.keys.extend(value.data.keys().cloned());
        axis.index.insert(
            value.name.clone(),
            u32::try_from(axis.values.len()).unwrap_or(u32::MAX),
        );
        axis.values.push(value);
    }
    settle(&mut axis, faults);
    check_aliases(&axis, faults);
    axis
}

/// Decides whether `devel` is an edition, which only the other values show; values that may be misread are reported.
fn settle(axis: &mut Axis, faults: &mut Faults) {
    for (at, edition) in editions(&axis.values) {
        let name = axis.values[at].plain.clone();
        axis.values[at].ladder = ladder(Some(&edition), axis, &name);
        axis.values[at].version = Some(edition);
    }
    if axis.declared.kind == AxisKind::Version {
        let all = misread(axis).into_iter().chain(doubtful(axis));
        let all = all.chain(hyphenated(axis));
        all.for_each(|fault| faults.push(fault));
    }
}

/// The versions that may own `none` and `latest`; faults are reported.
fn latest(declared: &manifest::AxisDecl, faults: &mut Faults) -> Option<Range> {
    let written = declared.latest.as_ref()?;
    let shown = written.shown();
    let fault =
        |message: String| Diagnostic::error("matrix::latest", message).at(written.span, "here");
    if declared.kind != AxisKind::Version {
        let message = format!(
            "axis `{}` has `latest` but is not a version axis",
            *declared.name
        );
        faults.push(fault(message).help("write `kind=\"version\"`"));
        return None;
    }
    if !declared.rungs.iter().any(|rung| rung.value.is_top()) {
        let message = format!(
            "`latest=\"{shown}\"` has no effect: the axis has neither the rung `none` nor `latest`"
        );
        faults.push(fault(message).help("add one to `rungs=`, or remove `latest=`"));
        return None;
    }
    let range = Range::of_series(written);
    if range.is_err() {
        let help = "write the series, `latest=\"25\"`, or a range, `latest=\">=21,<26\"`";
        faults.push(fault(format!("`{shown}` is not a version range")).help(help));
    }
    range.ok()
}

fn value<'m>(
    declared: &'m manifest::Value,
    axis: &Axis,
    lookup: &Lookup<'_, 'm>,
    faults: &mut Faults,
) -> Value<'m> {
    let filled = fixed_text(&declared.name, Place::Rendered, lookup, faults);
    let variable = filled.as_ref().is_some_and(|filled| filled.variable);
    let name = filled.map_or_else(|| declared.name.value.clone(), |filled| filled.text);
    let is_version = axis.declared.kind == AxisKind::Version;
    let version: Option<Version> = name.parse().ok().filter(|_| is_version);
    let named = |origin| Token {
        variable,
        ..Token::new(name.clone(), origin, Some(declared.name.span))
    };
    let own = match &declared.token {
        Some(token) => token_of(token, TokenOrigin::Explicit, lookup, faults),
        None if version.is_some() => named(TokenOrigin::Rung(Rung::Full)),
        None => named(TokenOrigin::Name),
    };
    let ladder = ladder(version.as_ref(), axis, &named(TokenOrigin::Name));
    let aliases = declared
        .aliases
        .iter()
        .map(|alias| token_of(alias, TokenOrigin::Alias, lookup, faults))
        .collect();
    let data = data(declared, lookup, faults);
    Value {
        plain: named(TokenOrigin::Name),
        name,
        span: declared.span,
        version,
        own,
        ladder,
        owned: Vec::new(),
        yields: None,
        ended: has_ended(declared, lookup.scope.inputs.now, faults),
        default: declared.default.is_some(),
        shared: declared.shared.is_some(),
        aliases,
        data,
        declared,
        cell: OnceCell::new(),
    }
}

/// The tokens of a stable version on the moving rungs.
fn ladder(version: Option<&Version>, axis: &Axis, name: &Token) -> Vec<Token> {
    let Some(stable) = version.filter(|version| !version.is_prerelease()) else {
        return Vec::new();
    };
    let on_rung = |rung: &Rung| {
        let text = rung.text(stable)?.to_owned();
        let origin = TokenOrigin::Rung(*rung);
        Some(Token {
            variable: name.variable,
            ..Token::new(text, origin, name.span)
        })
    };
    let may_be_top = axis
        .latest
        .as_ref()
        .is_none_or(|range| range.contains(stable));
    axis.rungs
        .iter()
        .filter(|rung| rung.moves() && (may_be_top || !rung.is_top()))
        .filter_map(on_rung)
        .collect()
}

fn data<'m>(
    declared: &'m manifest::Value,
    lookup: &Lookup<'_, 'm>,
    faults: &mut Faults,
) -> IndexMap<String, String> {
    declared
        .data
        .iter()
        .filter_map(|(key, text)| {
            let filled = fixed_text(text, Place::Rendered, lookup, faults)?;
            Some((key.value.clone(), filled.text))
        })
        .collect()
}

/// A declared token with its placeholders filled in.
pub(in crate::matrix) fn token_of<'m>(
    text: &'m Spanned<String>,
    origin: TokenOrigin,
    lookup: &Lookup<'_, 'm>,
    faults: &mut Faults,
) -> Token {
    let span = Some(text.span);
    match fixed_text(text, Place::Public, lookup, faults) {
        Some(filled) => Token {
            text: filled.text,
            origin,
            fixed: filled.fixed,
            varies: filled.varies,
            variable: filled.variable,
            span,
        },
        None => Token::new(String::new(), origin, span),
    }
}

/// A text that is the same for every cell.
struct Same {
    text: String,
    fixed: bool,
    varies: bool,
    variable: bool,
}

fn fixed_text<'m>(
    text: &'m Spanned<String>,
    place: Place,
    lookup: &Lookup<'_, 'm>,
    faults: &mut Faults,
) -> Option<Same> {
    let compiled = lookup.text(text, place, faults);
    let cell = CellView {
        axes: &[],
        values: &[],
        overrides: &[],
    };
    Some(Same {
        text: compiled.fill(cell, faults)?,
        fixed: compiled.fixed,
        varies: compiled.varies,
        variable: compiled.has_variable(),
    })
}

/// An alias on two values is an error unless both are `shared`.
fn check_aliases(axis: &Axis, faults: &mut Faults) {
    let mut owners: HashMap<&str, &Value> = HashMap::new();
    for value in &axis.values {
        for (alias, declared) in value.aliases.iter().zip(&value.declared.aliases) {
            let Some(other) = owners.insert(&alias.text, value) else {
                continue;
            };
            if other.span != value.span && !(other.shared && value.shared) {
                let fault = format!(
                    "alias `{}` is on both `{}` and `{}`",
                    alias.text, other.name, value.name
                );
                let fault = Diagnostic::error("matrix::alias", fault)
                    .at(declared.span, "again here")
                    .at(other.span, "first here");
                faults.push(fault.help("an alias belongs to one value; values for different platforms may share it if both are `shared`"));
            }
        }
    }
}
