//! The variants of one image after the other.

use super::compile::{Block, Effective, block, effective};
use super::expand::Matrix;
use super::faults::Faults;
use super::fleet::{Base, BaseId, Variant};
use super::from::Targets;
use super::mask::{Mask, mask};
use super::orphan::{Made, orphans};
use super::scope::Scope;
use super::tags::Contest;
use super::text::{CellView, Lookup, Text};
use super::variant::Common;
use crate::manifest::Per;
use crate::name::{Reference, Repository};
use crate::text::{Diagnostic, Span};
use indexmap::IndexMap;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;

/// The most tags a fleet may have.
const MOST_TAGS: usize = 4_000_000;

/// A pattern of a repository.
pub(super) struct RepositoryRule {
    pub text: Text,
    /// Where it is the same for every cell.
    pub same: OnceCell<Option<Repository>>,
}

/// A fleet in the making.
pub(super) struct Build<'a, 'm> {
    pub scope: &'a Scope<'m>,
    pub targets: &'a Targets<'a, 'm>,
    /// By base and reference, in the order they are met.
    bases: IndexMap<(usize, String), Base>,
    repositories: HashMap<String, Option<Repository>>,
    variants: Vec<Variant>,
    tags: usize,
}

impl<'a, 'm> Build<'a, 'm> {
    /// A fleet without images yet.
    pub fn new(scope: &'a Scope<'m>, targets: &'a Targets<'a, 'm>) -> Self {
        Self { scope, targets, bases: IndexMap::new(), repositories: HashMap::new(), variants: Vec::new(), tags: 0 }
    }

    /// What was made.
    pub fn finish(self) -> (Vec<Base>, Vec<Variant>) {
        (self.bases.into_values().collect(), self.variants)
    }

    /// Adds the variants of an image; `None` where there is no use in going on.
    pub fn image(&mut self, matrix: &Matrix<'m>, faults: &mut Faults) -> Option<()> {
        let lookup = Lookup { scope: self.scope, axes: &matrix.axes, image: Some(matrix.image.name.as_str()) };
        let masks: Vec<Option<Mask>> = matrix.image.whens.iter().map(|when| mask(&when.matches, &matrix.axes, &lookup, faults)).collect();
        let settings = std::iter::once(&matrix.image.settings).chain(matrix.image.whens.iter().map(|when| &when.settings));
        let blocks: Vec<Block> = settings.map(|settings| block(settings, self.targets, &lookup, faults)).collect();
        let common = Common::new(matrix, &lookup, faults);
        let matched = matched(matrix, &masks, faults);
        let mut known: Known = HashMap::new();
        for key in &matched {
            known.entry(key).or_insert_with(|| {
                let own = key.iter().map(|when| &blocks[*when as usize + 1]);
                Rc::new(effective(&std::iter::once(&blocks[0]).chain(own).collect::<Vec<_>>(), matrix.axes.len()))
            });
        }
        let contest = contest(matrix, &matched, &known);
        let before = self.variants.len();
        for (index, key) in matched.iter().enumerate() {
            let settings = &known[key.as_slice()];
            let cell = CellView { axes: &matrix.axes, values: matrix.cells.get(index), said: &settings.said };
            let variant = self.variant(matrix.first + index, cell, settings, &common, &contest, faults);
            self.tags += variant.as_ref().map_or(0, |variant| variant.tags.len());
            if self.tags > MOST_TAGS {
                faults.push(too_many(matrix));
                return None;
            }
            self.variants.extend(variant);
        }
        let made = &self.variants[before..];
        let tags = || made.iter().flat_map(|variant| variant.tags.iter().map(|tag| tag.tag.as_str())).collect();
        let settings = |cell: usize| &*known[matched[cell].as_slice()];
        orphans(&Made { axes: &matrix.axes, cells: &matrix.cells, settings: &settings, tags: &tags }, faults);
        Some(())
    }

    /// The repository that a text comes to; each is read once.
    pub fn repository(&mut self, rule: &RepositoryRule, cell: CellView, faults: &mut Faults) -> Option<Repository> {
        if rule.text.is_same() {
            return rule.same.get_or_init(|| self.read(&rule.text, cell, faults)).clone();
        }
        self.read(&rule.text, cell, faults)
    }

    fn read(&mut self, text: &Text, cell: CellView, faults: &mut Faults) -> Option<Repository> {
        let filled = text.fill(cell, faults)?;
        if let Some(known) = self.repositories.get(&filled) {
            return known.clone();
        }
        let read = filled.parse::<Repository>();
        if let Err(fault) = &read {
            let fault = Diagnostic::error("matrix::repository", fault.to_string()).at(text.source.span, "made here");
            faults.push(fault.help("such as `docker.io/cimg/{image}`"));
        }
        self.repositories.entry(filled).or_insert(read.ok()).clone()
    }

    /// The base that a text comes to; each is read once.
    pub fn base(&mut self, base: usize, text: &Text, span: Span, cell: CellView, faults: &mut Faults) -> Option<BaseId> {
        let key = (base, text.fill(cell, faults)?);
        let place = match self.bases.get_index_of(&key) {
            Some(known) => known,
            None => {
                let reference = key.1.parse::<Reference>();
                let fault = |fault: &crate::name::NameError| {
                    Diagnostic::error("matrix::reference", fault.to_string())
                        .at(text.source.span, "made here")
                        .help("such as `docker.io/library/debian:13`")
                };
                let reference = reference.inspect_err(|why| faults.push(fault(why))).ok()?;
                let name = self.scope.manifest.bases[base].name.value.clone();
                self.bases.insert_full(key, Base { name, reference, span }).0
            }
        };
        Some(BaseId(u32::try_from(place).unwrap_or(u32::MAX)))
    }
}

/// What cells come to, by the `when`s that match them.
type Known<'k, 'p, 'm> = HashMap<&'k [u32], Rc<Effective<'p, 'm>>>;

/// By cell: the `when`s that match it, in file order. One that matches nothing is a fault.
fn matched(matrix: &Matrix, masks: &[Option<Mask>], faults: &mut Faults) -> Vec<Vec<u32>> {
    let places = Places::new(masks);
    let mut hits = vec![false; masks.len()];
    let mut all = Vec::with_capacity(matrix.cells.len());
    for cell in matrix.cells.iter() {
        let mut key: Vec<u32> =
            places.near(cell).filter(|when| masks[*when as usize].as_ref().is_some_and(|mask| mask.fits(cell))).collect();
        key.sort_unstable();
        key.iter().for_each(|when| hits[*when as usize] = true);
        all.push(key);
    }
    for ((when, mask), _) in matrix.image.whens.iter().zip(masks).zip(hits).filter(|(_, hit)| !hit) {
        let Some(mask) = mask else { continue };
        let why = if mask.is_empty() { "no value fits" } else { "no cell has all of this" };
        let fault = Diagnostic::error("matrix::when-never", "this `when` never matches").at(when.span, why);
        faults.push(fault.help("take it out, or name values that the axes have"));
    }
    all
}

/// Where to look for the `when`s of a cell: a manifest may have one a value.
struct Places {
    anywhere: Vec<u32>,
    /// By axis and value.
    at: HashMap<(usize, u32), Vec<u32>>,
}

impl Places {
    fn new(masks: &[Option<Mask>]) -> Self {
        let mut places = Self { anywhere: Vec::new(), at: HashMap::new() };
        for (when, mask) in (0u32..).zip(masks) {
            match mask.as_ref().map(Mask::few) {
                None => {}
                Some(None) => places.anywhere.push(when),
                Some(Some((axis, values))) => values.iter().for_each(|value| places.at.entry((axis, *value)).or_default().push(when)),
            }
        }
        places
    }

    fn near(&self, cell: &[u32]) -> impl Iterator<Item = u32> {
        let own = cell.iter().enumerate().filter_map(|(axis, value)| self.at.get(&(axis, *value))).flatten();
        self.anywhere.iter().chain(own).copied()
    }
}

/// Who has which rung, for the rules that ask it cell by cell.
fn contest<'p>(matrix: &'p Matrix, matched: &[Vec<u32>], known: &Known<'_, 'p, '_>) -> Contest<'p> {
    let mut contest = Contest::default();
    for (index, key) in matched.iter().enumerate() {
        let settings = &known[key.as_slice()];
        for rule in settings.rules.iter().filter(|rule| rule.per == Per::Cell && rule.makes()) {
            let cell = CellView { axes: &matrix.axes, values: matrix.cells.get(index), said: &[] };
            contest.enter(rule, cell, settings);
        }
    }
    contest
}

fn too_many(matrix: &Matrix) -> Diagnostic {
    let name = matrix.image.name.as_str();
    Diagnostic::error("matrix::too-many-tags", format!("with image `{name}` the fleet has more than {MOST_TAGS} tags"))
        .at(matrix.image.name.span, "here")
        .help("fewer rules or aliases")
}
