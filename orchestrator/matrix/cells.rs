//! The cells of an image: the product of its axes, without what `exclude` names, with what
//! `include` brings back.

use super::axis::Axis;
use super::faults::Faults;
use super::mask::{Mask, mask};
use super::text::Lookup;
use crate::manifest::{Cells, Image};
use crate::text::Diagnostic;

/// Cells by value: `width` places a cell.
pub(super) struct CellList {
    width: usize,
    count: usize,
    values: Vec<u32>,
}

impl CellList {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// One cell.
    pub fn get(&self, index: usize) -> &[u32] {
        &self.values[index * self.width..(index + 1) * self.width]
    }

    /// All cells, the last axis fastest.
    pub fn iter(&self) -> impl Iterator<Item = &[u32]> {
        (0..self.count).map(|index| self.get(index))
    }

    /// By value of one axis: whether any cell has it.
    pub fn alive(&self, axis: usize, values: usize) -> Vec<bool> {
        let mut alive = vec![false; values];
        self.iter().for_each(|cell| alive[cell[axis] as usize] = true);
        alive
    }
}

/// How many cells the axes span before anything is excluded; `None` is more than can be counted.
pub(super) fn span_of(axes: &[Axis]) -> Option<usize> {
    axes.iter().try_fold(1usize, |count, axis| count.checked_mul(axis.values.len()))
}

/// Multiplies out; faults are told.
pub(super) fn cells<'m>(image: &'m Image, axes: &[Axis<'m>], lookup: &Lookup<'_, 'm>, faults: &mut Faults) -> CellList {
    let excluded = named(&image.exclude, axes, lookup, faults);
    let included = named(&image.include, axes, lookup, faults);
    let mut hits = (vec![0usize; excluded.len()], vec![0usize; included.len()]);
    let mut list = CellList { width: axes.len(), count: 0, values: Vec::new() };
    let mut cell = vec![0u32; axes.len()];
    for _ in 0..span_of(axes).unwrap_or(0) {
        let out = count(&excluded, &cell, &mut hits.0);
        let back = out && count(&included, &cell, &mut hits.1);
        if !out || back {
            list.values.extend_from_slice(&cell);
            list.count += 1;
        }
        advance(&mut cell, axes);
    }
    idle(&excluded, &hits.0, "matrix::exclude-never", "this `exclude` names no cell").for_each(|fault| faults.push(fault));
    idle(&included, &hits.1, "matrix::include-never", "this `include` brings nothing back").for_each(|fault| faults.push(fault));
    if list.count == 0 && axes.iter().all(|axis| !axis.values.is_empty()) {
        faults.push(
            Diagnostic::error("matrix::no-variant", format!("image `{}` has no variant left", *image.name))
                .at(image.name.span, "every cell is excluded")
                .help("an `include` brings cells back"),
        );
    }
    list
}

type Named<'m> = Vec<(&'m Cells, Mask)>;

fn named<'m>(cells: &'m [Cells], axes: &[Axis<'m>], lookup: &Lookup<'_, 'm>, faults: &mut Faults) -> Named<'m> {
    cells.iter().filter_map(|one| Some((one, mask(&one.cells, axes, lookup, faults)?))).collect()
}

/// Whether any of them names the cell; each that does is counted.
fn count(named: &Named, cell: &[u32], hits: &mut [usize]) -> bool {
    let mut any = false;
    for ((_, mask), hits) in named.iter().zip(hits) {
        let fits = mask.fits(cell);
        *hits += usize::from(fits);
        any |= fits;
    }
    any
}

fn idle<'a>(named: &'a Named, hits: &'a [usize], code: &'static str, message: &'a str) -> impl Iterator<Item = Diagnostic> + 'a {
    let idle = named.iter().zip(hits).filter(|(_, hits)| **hits == 0);
    idle.map(move |((cells, _), _)| Diagnostic::warning(code, message).at(cells.span, "here").help("take it out"))
}

/// The next cell, the last axis fastest.
fn advance(cell: &mut [u32], axes: &[Axis]) {
    for (value, axis) in cell.iter_mut().zip(axes).rev() {
        *value += 1;
        if (*value as usize) < axis.values.len() {
            return;
        }
        *value = 0;
    }
}
