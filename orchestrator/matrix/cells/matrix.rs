//! An image with its cells.

use crate::manifest::Image;
use crate::matrix::cells::axis::Axis;
use crate::matrix::cells::cell_list::CellList;

/// An image with its cells, before its settings are applied.
pub(in crate::matrix) struct Matrix<'m> {
    pub image: &'m Image,
    pub axes: Vec<Axis<'m>>,
    pub cells: CellList,
    /// Those with a value whose last day is over. They make no variants.
    pub ended: CellList,
    /// The id of its first variant.
    pub first: usize,
}
