//! Builds the variants of a fleet, one image after the other.

use crate::manifest::{Image, Per};
use crate::matrix::cells::axis::Axis;
use crate::matrix::cells::cell_set::{CellSet, CellSets, cell_set, places};
use crate::matrix::cells::lookup::Lookup;
use crate::matrix::cells::matrix::Matrix;
use crate::matrix::cells::text::CellView;
use crate::matrix::cells::until::last_day;
use crate::matrix::cells::variable::{Applies, applies};
use crate::matrix::conditional::elsewhere;
use crate::matrix::faults::Faults;
use crate::matrix::fleet::variants::{Base, Ended, Variant};
use crate::matrix::scope::Scope;
use crate::matrix::settings::from::Targets;
use crate::matrix::settings::looked_up::{Block, Effective, block, effective};
use crate::matrix::settings::references::References;
use crate::matrix::staging;
use crate::matrix::tags::derive::Contest;
use crate::matrix::tags::orphan::{Made, orphans};
use crate::matrix::variant::{Common, lasting_tags, variant};
use crate::name::Reference;
use crate::text::Diagnostic;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

/// The most tags a fleet may have.
const MOST_TAGS: usize = 4_000_000;

/// The most settings that all variants together may have, each counted once per variant.
const MOST_SETTINGS: usize = 20_000_000;

/// A fleet that is being built.
pub(super) struct Build<'a, 'm> {
    scope: &'a Scope<'m>,
    references: References<'a, 'm>,
    variants: Vec<Variant>,
    ended: BTreeMap<Reference, Ended>,
    conditional: BTreeSet<Reference>,
    open: Vec<&'m str>,
    tags: usize,
    settings: usize,
}

/// The parts of a fleet that come from its images.
pub(super) struct Built<'m> {
    pub bases: Vec<Base>,
    pub variants: Vec<Variant>,
    /// The tags of the cells that have ended.
    pub ended: BTreeMap<Reference, Ended>,
    /// The tags of the `when`s that do not apply in this run.
    pub conditional: BTreeSet<Reference>,
    /// The images of which variants, or `when`s that set something for them, are missing because of a fault.
    pub open: Vec<&'m str>,
}

impl<'a, 'm> Build<'a, 'm> {
    /// A fleet that has no images yet.
    pub fn new(scope: &'a Scope<'m>, targets: &'a Targets<'a, 'm>) -> Self {
        Self {
            scope,
            references: References::new(scope, targets),
            variants: Vec::new(),
            ended: BTreeMap::new(),
            conditional: BTreeSet::new(),
            open: Vec::new(),
            tags: 0,
            settings: 0,
        }
    }

    /// Reports staging repositories that must not be used as such.
    pub fn verify_stages(&self, faults: &mut Faults) {
        staging::verify(&self.references.stages, &self.variants, faults);
    }

    /// What was built.
    pub fn finish(self) -> Built<'m> {
        Built {
            bases: self.references.bases(),
            variants: self.variants,
            ended: self.ended,
            conditional: self.conditional,
            open: self.open,
        }
    }

    /// Adds the variants of an image; `None` if a limit is exceeded and the expansion stops.
    pub fn image(&mut self, matrix: &Matrix<'m>, faults: &mut Faults) -> Option<()> {
        let lookup = Lookup {
            scope: self.scope,
            axes: &matrix.axes,
            image: Some(matrix.image.name.as_str()),
        };
        let cell_sets: Vec<Option<CellSet>> = matrix
            .image
            .whens
            .iter()
            .map(|when| cell_set(&when.matches, &matrix.axes, &lookup, faults))
            .collect();
        let whens = matrix.image.whens.iter();
        let applying: Vec<Applies> = whens.map(|when| applies(when, &lookup, faults)).collect();
        let blocks = self.blocks(matrix.image, &applying, &lookup, faults);
        let sizes: Vec<usize> = blocks.iter().map(|block| block.size).collect();
        let has_open_when = cell_sets.iter().any(Option::is_none);
        let common = Common::new(matrix, has_open_when, &lookup, faults);
        self.climbed(matrix, &blocks, &common);
        let matched = matched(
            matrix,
            &cell_sets,
            &applying,
            &sizes,
            MOST_SETTINGS - self.settings,
            faults,
        )?;
        self.settings += matched.settings;
        let known = effective_sets(&matched, &blocks, matrix.axes.len());
        if !known.iter().all(Effective::is_named) {
            // Variants are named by their tokens.
            let places = matrix.axes.iter().filter_map(Axis::place);
            self.scope.used.tokens.borrow_mut().extend(places);
        }
        let before = self.variants.len();
        self.cells(matrix, &matched, &known, &common, faults)?;
        self.conditional(matrix, &matched, (&blocks, &applying), &common, faults)?;
        let made = &self.variants[before..];
        if has_open_when || made.len() < matrix.cells.len() {
            self.open.push(matrix.image.name.as_str());
        }
        let tags = || {
            made.iter()
                .flat_map(|variant| variant.tags.iter().map(|tag| tag.tag.as_str()))
                .collect()
        };
        let settings = |cell: usize| &known[matched.cells[cell]];
        orphans(
            &Made {
                axes: &matrix.axes,
                cells: &matrix.cells,
                settings: &settings,
                tags: &tags,
            },
            faults,
        );
        Some(())
    }

    /// Notes the rungs that the tags of an image are made of.
    fn climbed(&self, matrix: &Matrix<'m>, blocks: &[Block], common: &Common<'m>) {
        let rules = blocks.iter().flat_map(|block| &block.settings.tags);
        let rules = rules.map(Rc::as_ref).chain(common.unruled());
        let mut used = self.scope.used.rungs.borrow_mut();
        let mut tagged = self.scope.used.tagged.borrow_mut();
        for rule in rules {
            for axis in &rule.axes {
                tagged.extend(matrix.axes[*axis].place());
                let rungs = matrix.axes[*axis].declared.rungs.iter();
                let wanted = rungs.filter(|rung| rule.wants(*axis, rung.value));
                used.extend(wanted.map(|rung| rung.span));
            }
        }
    }

    /// The settings of the image, then those of each `when`.
    fn blocks(
        &self,
        image: &'m Image,
        applying: &[Applies],
        lookup: &Lookup<'_, 'm>,
        faults: &mut Faults,
    ) -> Vec<Block> {
        let targets = self.references.targets;
        let whens = image.whens.iter().map(|when| &when.settings);
        let own = [(&image.settings, &Applies::Always)].into_iter();
        own.chain(whens.zip(applying))
            .map(|(settings, applies)| block(settings, *applies, targets, lookup, faults))
            .collect()
    }

    /// Adds the tags that cells have in runs with other values of variables; `None` if there are too many.
    fn conditional(
        &mut self,
        matrix: &Matrix<'m>,
        matched: &Matched,
        blocks: (&[Block], &[Applies]),
        common: &Common<'m>,
        faults: &mut Faults,
    ) -> Option<()> {
        let axes = &matrix.axes;
        let pairs = matched.sets.iter().zip(&matched.waiting);
        let known: Vec<Vec<Effective>> = pairs
            .map(|(own, waiting)| elsewhere(own, waiting, blocks, axes.len()))
            .collect();
        if known.iter().all(Vec::is_empty) {
            return Some(());
        }
        for (values, set) in matrix.cells.iter().zip(&matched.cells) {
            for settings in &known[*set] {
                let cell = settings.view(axes, values);
                let contest = Contest::default();
                let tags = lasting_tags(&mut self.references, cell, settings, common, &contest);
                self.tags += tags.len();
                self.conditional.extend(tags);
            }
            if self.tags > MOST_TAGS {
                faults.push(too_much(matrix, "tags", MOST_TAGS));
                return None;
            }
        }
        Some(())
    }

    /// Adds the variant of each cell; `None` if there are too many tags.
    fn cells(
        &mut self,
        matrix: &Matrix<'m>,
        matched: &Matched,
        known: &[Effective],
        common: &Common<'m>,
        faults: &mut Faults,
    ) -> Option<()> {
        let contest = contest(matrix, matched, known);
        self.variants.reserve(matrix.cells.len());
        let (built, ended) = matched.cells.split_at(matrix.cells.len());
        for (cell, set) in matrix.ended.iter().zip(ended) {
            let settings = &known[*set];
            let ended = Ended {
                image: matrix.image.name.value.clone(),
                last: last_day(cell, &matrix.axes),
            };
            let cell = settings.view(&matrix.axes, cell);
            let tags = lasting_tags(&mut self.references, cell, settings, common, &contest);
            let ended = tags.into_iter().map(|tag| (tag, ended.clone()));
            self.ended.extend(ended);
        }
        for (index, set) in built.iter().enumerate() {
            let settings = &known[*set];
            let cell = settings.view(&matrix.axes, matrix.cells.get(index));
            let id = matrix.first + index;
            let variant = variant(
                &mut self.references,
                id,
                cell,
                settings,
                common,
                &contest,
                faults,
            );
            self.tags += variant.as_ref().map_or(0, |variant| variant.tags.len());
            if self.tags > MOST_TAGS {
                faults.push(too_much(matrix, "tags", MOST_TAGS));
                return None;
            }
            self.variants.extend(variant);
        }
        Some(())
    }
}

/// Which `when`s match which cells.
struct Matched {
    /// The distinct sets of `when`s that apply, each in file order.
    sets: Vec<Vec<usize>>,
    /// By set, the `when`s that would apply as well with other values of variables.
    waiting: Vec<Vec<usize>>,
    /// By cell, the index of its set: first the cells that are built, then those that have ended.
    cells: Vec<usize>,
    /// The number of settings of all cells together.
    settings: usize,
}

/// Matches every cell, until the cells have more than `left` settings; the first of `sizes` is the image's own. A `when` that matches nothing is a fault.
fn matched(
    matrix: &Matrix,
    whens: &[Option<CellSet>],
    applying: &[Applies],
    sizes: &[usize],
    left: usize,
    faults: &mut Faults,
) -> Option<Matched> {
    let cell_sets = CellSets::new(whens, &matrix.axes);
    let mut known: HashMap<Vec<u64>, usize> = HashMap::new();
    let mut matched = Matched {
        sets: Vec::new(),
        waiting: Vec::new(),
        cells: Vec::with_capacity(matrix.cells.len() + matrix.ended.len()),
        settings: 0,
    };
    let mut fitting = Vec::new();
    for cell in matrix.cells.iter().chain(matrix.ended.iter()) {
        cell_sets.fitting(cell, &mut fitting);
        let place = known.get(&fitting).copied().unwrap_or_else(|| {
            let is_waiting = |when: &usize| applying[*when] == Applies::NotNow;
            let (waiting, own) = places(&fitting).partition(is_waiting);
            matched.sets.push(own);
            matched.waiting.push(waiting);
            known.insert(fitting.clone(), matched.sets.len() - 1);
            matched.sets.len() - 1
        });
        matched.cells.push(place);
        let whens = matched.sets[place].iter();
        matched.settings += sizes[0] + whens.map(|when| 1 + sizes[when + 1]).sum::<usize>();
        if matched.settings > left {
            faults.push(too_much(matrix, "settings", MOST_SETTINGS));
            return None;
        }
    }
    let all = matched.sets.iter().chain(&matched.waiting);
    let hit: HashSet<usize> = all.flatten().copied().collect();
    for (_, (when, cell_set)) in matrix
        .image
        .whens
        .iter()
        .zip(whens)
        .enumerate()
        .filter(|(place, _)| !hit.contains(place))
    {
        let Some(cell_set) = cell_set else { continue };
        let why = if cell_set.is_empty() {
            "no value matches"
        } else {
            "no cell has all these values"
        };
        let fault =
            Diagnostic::error("matrix::when-never", "this `when` never matches").at(when.span, why);
        faults.push(fault.help("remove it, or name values that the axes have"));
    }
    Some(matched)
}

/// The effective settings of each distinct set of `when`s. The first block is the image's own.
fn effective_sets(matched: &Matched, blocks: &[Block], axes: usize) -> Vec<Effective> {
    let effective_of = |set: &Vec<usize>| {
        let own = set.iter().map(|when| &blocks[when + 1].settings);
        let all: Vec<_> = std::iter::once(&blocks[0].settings).chain(own).collect();
        effective(&all, axes)
    };
    matched.sets.iter().map(effective_of).collect()
}

/// Which version owns which rung, for the rules with `per="cell"`.
fn contest<'p>(matrix: &'p Matrix, matched: &Matched, known: &'p [Effective]) -> Contest<'p> {
    let mut contest = Contest::default();
    for (index, set) in matched.cells[..matrix.cells.len()].iter().enumerate() {
        let settings = &known[*set];
        for rule in (settings.settings.tags)
            .iter()
            .filter(|rule| rule.per == Some(Per::Cell) && rule.makes())
        {
            let cell = CellView {
                axes: &matrix.axes,
                values: matrix.cells.get(index),
                overrides: &[],
            };
            contest.enter(rule, cell, settings);
        }
    }
    contest
}

fn too_much(matrix: &Matrix, what: &str, most: usize) -> Diagnostic {
    let name = matrix.image.name.as_str();
    Diagnostic::error(
        "matrix::too-much",
        format!("with image `{name}` the fleet has more than {most} {what}"),
    )
    .at(matrix.image.name.span, "here")
    .help("use fewer values, or move what all variants have in common into a base image")
}
