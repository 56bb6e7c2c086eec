//! The cells of an image: the product of its axes without those that `exclude` names, plus those that
//! `include` adds again.

use crate::manifest::{Cells, Image};
use crate::matrix::cells::axis::Axis;
use crate::matrix::cells::cell_set::{CellSet, CellSets, cell_set, places};
use crate::matrix::cells::lookup::Lookup;
use crate::matrix::faults::Faults;
use crate::text::Diagnostic;
use std::collections::{HashMap, HashSet};

/// Cells as value indexes, `width` of them per cell.
pub(in crate::matrix) struct CellList {
    width: usize,
    count: usize,
    values: Vec<u32>,
}

impl CellList {
    /// No cells.
    fn new(width: usize) -> Self {
        Self {
            width,
            count: 0,
            values: Vec::new(),
        }
    }

    fn push(&mut self, cell: &[u32]) {
        self.values.extend_from_slice(cell);
        self.count += 1;
    }

    /// The number of cells.
    pub fn len(&self) -> usize {
        self.count
    }

    /// One cell.
    pub fn get(&self, index: usize) -> &[u32] {
        &self.values[index * self.width..(index + 1) * self.width]
    }

    /// All cells; the last axis changes fastest.
    pub fn iter(&self) -> impl Iterator<Item = &[u32]> {
        (0..self.count).map(|index| self.get(index))
    }

    /// By value of one axis: whether any cell has it.
    pub fn alive(&self, axis: usize, values: usize) -> Vec<bool> {
        let mut alive = vec![false; values];
        self.iter()
            .for_each(|cell| alive[cell[axis] as usize] = true);
        alive
    }
}

/// The number of cells that the axes span before anything is excluded; `None` if it overflows.
pub(in crate::matrix) fn span_of(axes: &[Axis]) -> Option<usize> {
    axes.iter()
        .try_fold(1usize, |count, axis| count.checked_mul(axis.values.len()))
}

/// By image, cells without a parent: the last day of the variant that they are based on is over.
pub(in crate::matrix) type Parentless = HashMap<String, HashSet<Vec<u32>>>;

/// The cells of an image.
pub(in crate::matrix) struct ImageCells {
    /// Those that are built.
    pub built: CellList,
    /// Those with a value whose last day is over, and those that are based on such a variant.
    pub ended: CellList,
}

/// Makes the cells; faults are reported.
pub(in crate::matrix) fn cells<'m>(
    image: &'m Image,
    axes: &[Axis<'m>],
    lookup: &Lookup<'_, 'm>,
    parentless: Option<&HashSet<Vec<u32>>>,
    faults: &mut Faults,
) -> ImageCells {
    let mut excluded = Named::new(&image.exclude, axes, lookup, faults);
    let mut included = Named::new(&image.include, axes, lookup, faults);
    let (mut built, mut ended) = (CellList::new(axes.len()), CellList::new(axes.len()));
    let mut cell = vec![0u32; axes.len()];
    for _ in 0..span_of(axes).unwrap_or(0) {
        let out = excluded.names(&cell);
        let back = out && included.names(&cell);
        if !out || back {
            let is_parentless = parentless.is_some_and(|all| all.contains(&cell));
            match is_parentless || has_ended(&cell, axes) {
                true => ended.push(&cell),
                false => built.push(&cell),
            }
        }
        advance(&mut cell, axes);
    }
    excluded.idle(
        "matrix::exclude-never",
        "this `exclude` matches no cell",
        faults,
    );
    included.idle(
        "matrix::include-never",
        "this `include` adds no cell",
        faults,
    );
    if built.count == 0 && axes.iter().all(|axis| !axis.values.is_empty()) {
        faults.push(nothing_left(image, &ended));
    }
    ImageCells { built, ended }
}

/// What ends with the day must not stop the runs of the other images.
fn nothing_left(image: &Image, ended: &CellList) -> Diagnostic {
    let message = format!("image `{}` has no variants left", *image.name);
    let at = image.name.span;
    match ended.count {
        0 => Diagnostic::error("matrix::no-variant", message)
            .at(at, "every cell is excluded")
            .help("an `include` adds excluded cells again"),
        _ => Diagnostic::warning("matrix::no-variant", message)
            .at(at, "the last day of all that is left is over")
            .help("its tags stay where they are; remove the image, or move the dates of `until`"),
    }
}

fn has_ended(cell: &[u32], axes: &[Axis]) -> bool {
    let mut values = cell.iter().zip(axes);
    values.any(|(value, axis)| axis.values[*value as usize].ended)
}

/// The `exclude`s or the `include`s of an image, and which of them matched a cell.
struct Named<'m> {
    cells: &'m [Cells],
    sound: Vec<bool>,
    cell_sets: CellSets,
    hit: Vec<u64>,
    fitting: Vec<u64>,
}

impl<'m> Named<'m> {
    fn new(
        cells: &'m [Cells],
        axes: &[Axis<'m>],
        lookup: &Lookup<'_, 'm>,
        faults: &mut Faults,
    ) -> Self {
        let cell_sets: Vec<Option<CellSet>> = cells
            .iter()
            .map(|one| cell_set(&one.cells, axes, lookup, faults))
            .collect();
        let sound = cell_sets.iter().map(Option::is_some).collect();
        let hit = vec![0; cells.len().div_ceil(64)];
        Self {
            cells,
            sound,
            cell_sets: CellSets::new(&cell_sets, axes),
            hit,
            fitting: Vec::new(),
        }
    }

    /// Whether any of them matches the cell.
    fn names(&mut self, cell: &[u32]) -> bool {
        self.cell_sets.fitting(cell, &mut self.fitting);
        self.hit
            .iter_mut()
            .zip(&self.fitting)
            .for_each(|(hit, fitting)| *hit |= fitting);
        self.fitting.iter().any(|word| *word != 0)
    }

    /// Reports those that matched nothing.
    fn idle(&self, code: &'static str, message: &str, faults: &mut Faults) {
        let hit: HashSet<usize> = places(&self.hit).collect();
        for (_, cells) in self
            .cells
            .iter()
            .enumerate()
            .filter(|(place, _)| self.sound[*place] && !hit.contains(place))
        {
            faults.push(
                Diagnostic::warning(code, message)
                    .at(cells.span, "here")
                    .help("remove it"),
            );
        }
    }
}

/// Advances to the next cell; the last axis changes fastest.
fn advance(cell: &mut [u32], axes: &[Axis]) {
    for (value, axis) in cell.iter_mut().zip(axes).rev() {
        *value += 1;
        if (*value as usize) < axis.values.len() {
            return;
        }
        *value = 0;
    }
}
