//! `from image="…"`: finds the one matching parent variant.
//!
//! The given axes decide first; every other axis of the parent's image must exist in the child's image with the
//! same value. An axis that the child's image lacks leaves a choice open, so it must have only one candidate.

use crate::manifest::BasedOn;
use crate::matrix::cells::axis::Axis;
use crate::matrix::cells::cell_list::{CellList, Parentless};
use crate::matrix::cells::cell_set::{Fit, find_axis, unknown_value};
use crate::matrix::cells::lookup::{Lookup, Place};
use crate::matrix::cells::text::{CellView, Text};
use crate::matrix::faults::Faults;
use crate::matrix::fleet::variants::VariantId;
use crate::matrix::scope::Scope;
use crate::text::{Diagnostic, Span, Spanned, suggest};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// An image whose cells are known, and the id of its first variant.
pub(in crate::matrix) struct Target<'p, 'm> {
    pub axes: &'p [Axis<'m>],
    pub cells: &'p CellList,
    /// Those that are not built any more.
    pub ended: &'p CellList,
    pub first: usize,
}

/// All images, and the indexes made of them.
pub(in crate::matrix) struct Targets<'p, 'm> {
    pub images: Vec<Target<'p, 'm>>,
    pub indexes: Indexes,
    /// The cells that turned out to be based on a variant that is not built any more.
    pub parentless: RefCell<Parentless>,
}

/// The variants of an image by the values of some of its axes.
#[derive(Default)]
pub(in crate::matrix) struct Index {
    built: HashMap<Vec<u32>, Vec<u32>>,
    ended: HashSet<Vec<u32>>,
}

/// What a `from` leads to.
pub(in crate::matrix) enum Found {
    Variant(VariantId),
    /// A variant whose last day is over.
    Ended,
}

/// The indexes made so far, by image and axes.
type Indexes = RefCell<HashMap<(usize, Vec<usize>), Rc<Index>>>;

/// A compiled `from`.
pub(in crate::matrix) enum FromRule {
    Base {
        base: usize,
        reference: Text,
        span: Span,
    },
    Image(ImageRule),
    /// Its fault is already reported.
    Broken,
}

/// What the parent's cell must match, axis by axis.
pub(in crate::matrix) struct ImageRule {
    image: usize,
    span: Span,
    /// The parent's axes whose value is determined, in order, and what determines it.
    held: Vec<(usize, Hold)>,
    /// The parent's axes whose value nothing determines.
    open: Vec<usize>,
    /// The parent's variants by the values of the determined axes.
    index: Rc<Index>,
}

enum Hold {
    Given(Text),
    /// The same value as on this axis of the child.
    Same(usize),
}

/// Compiles a `from`; faults are reported.
pub(in crate::matrix) fn from<'m>(
    declared: &'m Spanned<BasedOn>,
    targets: &Targets<'_, 'm>,
    lookup: &Lookup<'_, 'm>,
    faults: &mut Faults,
) -> FromRule {
    match &declared.value {
        BasedOn::Base(name) => base(name, lookup, faults),
        BasedOn::Image { image, cells } => match lookup.scope.images.get(image.as_str()) {
            Some(index) => self::image(*index, targets, cells, declared.span, lookup, faults),
            None => {
                faults.push(unknown(
                    "image",
                    image,
                    lookup.scope.images.keys().copied(),
                    lookup.scope,
                ));
                FromRule::Broken
            }
        },
    }
}

/// Compiles the name of an image or a base that is one word of `contexts`; `None` if it is neither.
pub(in crate::matrix) fn named<'m>(
    name: &'m Spanned<String>,
    targets: &Targets<'_, 'm>,
    lookup: &Lookup<'_, 'm>,
    faults: &mut Faults,
) -> Option<FromRule> {
    let scope = lookup.scope;
    match scope.images.get(name.as_str()) {
        Some(index) => Some(image(*index, targets, &[], name.span, lookup, faults)),
        None if scope.bases.contains_key(name.as_str()) => Some(base(name, lookup, faults)),
        None => None,
    }
}

fn base<'m>(name: &'m Spanned<String>, lookup: &Lookup<'_, 'm>, faults: &mut Faults) -> FromRule {
    let Some(base) = lookup.scope.bases.get(name.as_str()) else {
        faults.push(unknown(
            "base",
            name,
            lookup.scope.bases.keys().copied(),
            lookup.scope,
        ));
        return FromRule::Broken;
    };
    lookup.scope.used.bases.borrow_mut().insert(*base);
    let declared = &lookup.scope.manifest.bases[*base];
    FromRule::Base {
        base: *base,
        reference: lookup.text(&declared.from, Place::Rendered, faults),
        span: declared.span,
    }
}

fn unknown<'a>(
    kind: &str,
    name: &Spanned<String>,
    known: impl Iterator<Item = &'a str>,
    scope: &Scope,
) -> Diagnostic {
    let other = match kind {
        "base" if scope.images.contains_key(name.as_str()) => Some(format!(
            "`{}` is an image: write `from image=\"{}\"`",
            name.as_str(),
            name.as_str()
        )),
        "image" if scope.bases.contains_key(name.as_str()) => Some(format!(
            "`{}` is a base: write `from base=\"{}\"`",
            name.as_str(),
            name.as_str()
        )),
        "image" => tagged(name, scope),
        _ => None,
    };
    let near = suggest(name, known).filter(|_| other.is_none());
    let code = if kind == "base" {
        "matrix::unknown-base"
    } else {
        "matrix::unknown-image"
    };
    Diagnostic::error(code, format!("no {kind} `{}` is declared", name.as_str()))
        .at(name.span, "here")
        .maybe_help(other)
        .meant(name.span, near)
}

/// The help for an image of the manifest that is named with a tag.
fn tagged(name: &str, scope: &Scope) -> Option<String> {
    let (image, _) = name.split_once(':')?;
    let is_known = scope.images.contains_key(image);
    is_known.then(|| {
        format!(
            "an image of the manifest is named without a tag: `image=\"{image}\"`; the axes that it has, such as `version=\"…\"`, choose one of its variants"
        )
    })
}

fn image<'m>(
    image: usize,
    targets: &Targets<'_, 'm>,
    cells: &'m [(Spanned<String>, Spanned<String>)],
    span: Span,
    lookup: &Lookup<'_, 'm>,
    faults: &mut Faults,
) -> FromRule {
    let target = &targets.images[image];
    let mut given: HashMap<usize, &'m Spanned<String>> = HashMap::new();
    for (axis, value) in cells {
        let Some(index) = find_axis(axis, target.axes, faults) else {
            return FromRule::Broken;
        };
        given.insert(index, value);
    }
    let (mut held, mut open) = (Vec::new(), Vec::new());
    for (index, axis) in target.axes.iter().enumerate() {
        let here = lookup.axes.iter().position(|own| own.name() == axis.name());
        match (given.get(&index), here) {
            (Some(value), _) => held.push((
                index,
                Hold::Given(lookup.text(value, Place::Rendered, faults)),
            )),
            (None, Some(own)) => held.push((index, Hold::Same(own))),
            (None, None) => open.push(index),
        }
    }
    let axes: Vec<usize> = held.iter().map(|(axis, _)| *axis).collect();
    let index = targets
        .indexes
        .borrow_mut()
        .entry((image, axes))
        .or_insert_with_key(|(_, axes)| Rc::new(target.index(axes)))
        .clone();
    FromRule::Image(ImageRule {
        image,
        span,
        held,
        open,
        index,
    })
}

impl Targets<'_, '_> {
    /// Notes that the variant that a cell is based on is not built any more.
    pub fn add_parentless(&self, image: &str, cell: CellView) {
        let mut all = self.parentless.borrow_mut();
        let own = all.entry(image.to_owned()).or_default();
        own.insert(cell.values.to_vec());
    }
}

impl Target<'_, '_> {
    fn index(&self, axes: &[usize]) -> Index {
        let key = |cell: &[u32]| axes.iter().map(|axis| cell[*axis]).collect();
        let mut index = Index::default();
        for (place, cell) in self.cells.iter().enumerate() {
            let place = u32::try_from(self.first + place).unwrap_or(u32::MAX);
            index.built.entry(key(cell)).or_default().push(place);
        }
        index.ended.extend(self.ended.iter().map(key));
        index
    }
}

impl ImageRule {
    /// What one cell is based on; `None` if a fault is or was reported.
    pub fn resolve(
        &self,
        cell: CellView,
        targets: &Targets,
        label: &dyn Fn() -> String,
        faults: &mut Faults,
    ) -> Option<Found> {
        let target = &targets.images[self.image];
        let mut key = Vec::with_capacity(self.held.len());
        let mut further: Vec<Vec<u32>> = Vec::new();
        for (axis, hold) in &self.held {
            let values = self.values(&target.axes[*axis], hold, cell, faults)?;
            let Values::Several(values) = values else {
                let value = if let Values::One(value) = values {
                    value
                } else {
                    NO_VALUE
                };
                further
                    .iter_mut()
                    .chain([&mut key])
                    .for_each(|key| key.push(value));
                continue;
            };
            let before: Vec<Vec<u32>> = further.drain(..).chain([key.clone()]).collect();
            further = values
                .iter()
                .flat_map(|value| {
                    before
                        .iter()
                        .map(|key| [key.as_slice(), &[*value]].concat())
                })
                .take(LIMIT)
                .collect();
            key.push(NO_VALUE);
        }
        let keys = || further.iter().chain([&key]);
        let found = keys()
            .filter_map(|key| self.index.built.get(key))
            .flatten()
            .copied()
            .take(2)
            .collect::<Vec<u32>>();
        match found.as_slice() {
            [one] => Some(Found::Variant(VariantId(*one))),
            [] if keys().any(|key| self.index.ended.contains(key)) => Some(Found::Ended),
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

    /// The values of one of the parent's axes that match.
    fn values(
        &self,
        axis: &Axis,
        hold: &Hold,
        cell: CellView,
        faults: &mut Faults,
    ) -> Option<Values> {
        let one = |name: &str| axis.index.get(name).copied();
        let text = match hold {
            Hold::Same(own) => {
                return Some(one(&cell.value(*own).name).map_or(Values::None, Values::One));
            }
            Hold::Given(text) => text,
        };
        let wanted = text.fill(cell, faults)?;
        if let Some(value) = one(&wanted) {
            return Some(Values::One(value));
        }
        match Fit::read(&wanted, axis, &text.source) {
            Ok(fit) => {
                let fitting = (0u32..)
                    .zip(&axis.values)
                    .filter(|(_, value)| fit.fits(value))
                    .map(|(index, _)| index);
                Some(Values::Several(fitting.collect()))
            }
            Err(_) => {
                faults.push(unknown_value(&wanted, axis, &text.source));
                None
            }
        }
    }

    fn none(&self, label: String) -> Diagnostic {
        Diagnostic::error("matrix::from-none", format!("no variant of the image matches here, for `{label}`"))
            .at(self.span, "here")
            .help("the given axes decide, and every other axis must have the same value in both images; perhaps the parent's image excludes this cell")
    }

    fn several(&self, target: &Target, label: String) -> Diagnostic {
        let open = self
            .open
            .iter()
            .map(|axis| format!("`{}`", target.axes[*axis].name()))
            .collect::<Vec<_>>()
            .join(", ");
        let help = if open.is_empty() {
            String::from("name one value per axis")
        } else {
            format!("specify {open}: this image does not have that axis")
        };
        Diagnostic::error(
            "matrix::from-several",
            format!("more than one variant of the image matches here, for `{label}`"),
        )
        .at(self.span, "here")
        .help(help)
    }
}

/// The values of one of the parent's axes that match.
enum Values {
    None,
    One(u32),
    Several(Vec<u32>),
}

/// No value has this index, so a key with it finds nothing.
const NO_VALUE: u32 = u32::MAX;

/// The most keys to look up: no sensible `from` needs more.
const LIMIT: usize = 10_000;
