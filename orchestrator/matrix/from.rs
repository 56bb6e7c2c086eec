//! `from image="…"`: the one variant that agrees.
//!
//! The axes given win; every other axis of the parent's image must exist here with the same value.
//! One that does not exist here leaves the choice open, which is fine only where there is none.

use super::axis::Axis;
use super::cells::CellList;
use super::faults::Faults;
use super::fleet::VariantId;
use super::mask::{Fit, find_axis, unknown_value};
use super::scope::Scope;
use super::text::{CellView, Lookup, Place, Text};
use crate::manifest::From;
use crate::text::{Diagnostic, Span, Spanned, suggest};
use std::collections::HashMap;

/// An image whose cells are known, and where its variants begin.
pub(super) struct Target<'p, 'm> {
    pub axes: &'p [Axis<'m>],
    pub cells: &'p CellList,
    pub first: usize,
}

/// What a variant stands on, looked up.
pub(super) enum FromRule<'m> {
    Base {
        base: usize,
        reference: Text<'m>,
        span: Span,
    },
    Image(ImageRule<'m>),
    /// Its fault is told.
    Broken,
}

/// What the parent's cell must be, axis by axis.
pub(super) struct ImageRule<'m> {
    image: usize,
    span: Span,
    /// The parent's axes that are held, in order, and by what.
    held: Vec<(usize, Hold<'m>)>,
    /// The parent's axes that nothing holds.
    open: Vec<usize>,
    /// The parent's variants by the values of the held axes.
    index: HashMap<Vec<u32>, Vec<u32>>,
}

enum Hold<'m> {
    Said(Text<'m>),
    /// The axis here, and by its values the same value there.
    Same(usize, Vec<Option<u32>>),
}

/// Looks up a `from`; faults are told.
pub(super) fn from<'m>(
    declared: &'m Spanned<From>,
    targets: &[Target<'_, 'm>],
    lookup: &Lookup<'_, 'm>,
    faults: &mut Faults,
) -> FromRule<'m> {
    match &declared.value {
        From::Base(name) => base(name, lookup, faults),
        From::Image { image, cells } => match lookup.scope.images.get(image.as_str()) {
            Some(index) => self::image(*index, &targets[*index], cells, declared.span, lookup, faults),
            None => {
                faults.push(unknown("image", image, lookup.scope.images.keys().copied(), lookup.scope));
                FromRule::Broken
            }
        },
    }
}

fn base<'m>(name: &'m Spanned<String>, lookup: &Lookup<'_, 'm>, faults: &mut Faults) -> FromRule<'m> {
    let Some(base) = lookup.scope.bases.get(name.as_str()) else {
        faults.push(unknown("base", name, lookup.scope.bases.keys().copied(), lookup.scope));
        return FromRule::Broken;
    };
    lookup.scope.used.bases.borrow_mut().insert(*base);
    let declared = &lookup.scope.manifest.bases[*base];
    FromRule::Base { base: *base, reference: lookup.text(&declared.from, Place::Rendered, faults), span: declared.span }
}

fn unknown<'a>(kind: &str, name: &Spanned<String>, known: impl Iterator<Item = &'a str>, scope: &Scope) -> Diagnostic {
    let other = match kind {
        "base" if scope.images.contains_key(name.as_str()) => {
            Some(format!("`{}` is an image: `from image=\"{}\"`", name.as_str(), name.as_str()))
        }
        "image" if scope.bases.contains_key(name.as_str()) => {
            Some(format!("`{}` is a base: `from base=\"{}\"`", name.as_str(), name.as_str()))
        }
        _ => suggest(name, known).map(|near| format!("did you mean `{near}`?")),
    };
    let code = if kind == "base" { "matrix::unknown-base" } else { "matrix::unknown-image" };
    Diagnostic::error(code, format!("no {kind} `{}` is declared", name.as_str())).at(name.span, "here").maybe_help(other)
}

fn image<'m>(
    image: usize,
    target: &Target<'_, 'm>,
    cells: &'m [(Spanned<String>, Spanned<String>)],
    span: Span,
    lookup: &Lookup<'_, 'm>,
    faults: &mut Faults,
) -> FromRule<'m> {
    let mut said: HashMap<usize, &'m Spanned<String>> = HashMap::new();
    for (axis, value) in cells {
        let Some(index) = find_axis(axis, target.axes, faults) else { return FromRule::Broken };
        said.insert(index, value);
    }
    let mut rule = ImageRule { image, span, held: Vec::new(), open: Vec::new(), index: HashMap::new() };
    for (index, axis) in target.axes.iter().enumerate() {
        let here = lookup.axes.iter().position(|own| own.name() == axis.name());
        match (said.get(&index), here) {
            (Some(value), _) => rule.held.push((index, Hold::Said(lookup.text(value, Place::Rendered, faults)))),
            (None, Some(own)) => {
                let same = lookup.axes[own].values.iter().map(|value| axis.index.get(&value.name).copied()).collect();
                rule.held.push((index, Hold::Same(own, same)));
            }
            (None, None) => rule.open.push(index),
        }
    }
    for (place, cell) in target.cells.iter().enumerate() {
        let key = rule.held.iter().map(|(axis, _)| cell[*axis]).collect();
        rule.index.entry(key).or_default().push(u32::try_from(target.first + place).unwrap_or(u32::MAX));
    }
    FromRule::Image(rule)
}

impl ImageRule<'_> {
    /// The parent of one cell; `None` where a fault is (or was) told.
    pub fn resolve(&self, cell: CellView, targets: &[Target], label: &dyn Fn() -> String, faults: &mut Faults) -> Option<VariantId> {
        let target = &targets[self.image];
        let mut keys: Vec<Vec<u32>> = vec![Vec::with_capacity(self.held.len())];
        for (axis, hold) in &self.held {
            let values = self.values(&target.axes[*axis], hold, cell, faults)?;
            keys = keys.iter().flat_map(|key| values.iter().map(|value| [key.as_slice(), &[*value]].concat())).take(LIMIT).collect();
        }
        let found: Vec<u32> = keys.iter().filter_map(|key| self.index.get(key)).flatten().copied().take(2).collect();
        match found.as_slice() {
            [one] => Some(VariantId(*one)),
            [] => {
                faults.push(self.none(label()));
                None
            }
            _ => {
                faults.push(self.several(target, label()));
                None
            }
        }
    }

    /// The parent's values of one axis that would do.
    fn values(&self, axis: &Axis, hold: &Hold, cell: CellView, faults: &mut Faults) -> Option<Vec<u32>> {
        let text = match hold {
            Hold::Same(own, same) => return Some(same[cell.values[*own] as usize].into_iter().collect()),
            Hold::Said(text) => text,
        };
        let wanted = text.fill(cell, faults)?;
        if let Some(value) = axis.index.get(&wanted) {
            return Some(vec![*value]);
        }
        match Fit::read(&wanted, axis) {
            Ok(fit) => Some((0u32..).zip(&axis.values).filter(|(_, value)| fit.fits(value)).map(|(index, _)| index).collect()),
            Err(_) => {
                faults.push(unknown_value(&wanted, axis).at(text.source.span, "here"));
                None
            }
        }
    }

    fn none(&self, label: String) -> Diagnostic {
        Diagnostic::error("matrix::from-none", format!("no variant agrees with this `from` of `{label}`"))
            .at(self.span, "here")
            .help("the axes given win, and every other axis must have the same value in both images; is the cell excluded there?")
    }

    fn several(&self, target: &Target, label: String) -> Diagnostic {
        let open = self.open.iter().map(|axis| format!("`{}`", target.axes[*axis].name())).collect::<Vec<_>>().join(", ");
        let help = if open.is_empty() { String::from("name one value an axis") } else { format!("say which {open}: it is no axis here") };
        Diagnostic::error("matrix::from-several", format!("more than one variant agrees with this `from` of `{label}`"))
            .at(self.span, "here")
            .help(help)
    }
}

/// More keys than any sound `from` needs.
const LIMIT: usize = 10_000;
