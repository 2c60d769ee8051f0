//! Products of many centred columns as blocked matrix products.
//!
//! Columns are cut into blocks of [`BLOCK`] and rows into panels of [`PANEL`], small enough for a core's cache. A pair of
//! blocks is one task: it copies the centred panels of both, multiplies them (`matrixmultiply` through nalgebra, which
//! picks the processor's widest instructions at run time) and adds panel after panel in order. Tasks share nothing, so
//! the sums, and their rounding, do not depend on the number of threads. Of a symmetric product only the upper blocks are
//! computed.

use nalgebra::{DMatrix, DMatrixView};
use rayon::prelude::*;

/// Columns a block. Copying a panel costs one 120th of multiplying it; a row of 960 bytes keeps the lines of a transposed
/// panel out of one another's place in the cache, which one of 1024 bytes does not.
const BLOCK: usize = 120;
/// Rows a panel: two panels take 512 kB.
const PANEL: usize = 256;

/// What of a column enters a product.
#[derive(Clone, Copy)]
pub(super) enum Side {
    /// The value less the centre, 0 where missing.
    Deviation,
    /// The square of that.
    Square,
    /// 1 where there is a value, 0 where it is missing.
    Present,
}

/// A column less its centre, with NaN as missing.
#[derive(Clone, Copy)]
pub(super) struct Centred<'a> {
    values: &'a [f64],
    centre: f64,
    side: Side,
    complete: bool,
}

impl<'a> Centred<'a> {
    /// A column of finite values.
    pub(super) fn finite(values: &'a [f64], centre: f64) -> Self {
        Self { values, centre, side: Side::Deviation, complete: true }
    }

    /// A column whose values that are not finite are missing.
    pub(super) fn sparse(values: &'a [f64], centre: f64, side: Side) -> Self {
        Self { values, centre, side, complete: false }
    }

    /// A column of zeros.
    pub(super) fn zero() -> Self {
        Self { values: &[], centre: 0.0, side: Side::Deviation, complete: true }
    }

    fn write(&self, from: usize, out: &mut [f64]) {
        let values = self.values.get(from..from + out.len()).unwrap_or(&[]);
        if values.is_empty() {
            out.fill(0.0);
        } else if self.complete {
            for (slot, value) in out.iter_mut().zip(values) {
                *slot = value - self.centre;
            }
        } else {
            for (slot, &value) in out.iter_mut().zip(values) {
                let deviation = value - self.centre;
                *slot = match self.side {
                    _ if !value.is_finite() => 0.0,
                    Side::Deviation => deviation,
                    Side::Square => deviation * deviation,
                    Side::Present => 1.0,
                };
            }
        }
    }
}

/// The symmetric product of the columns with themselves, each row times its weight.
pub(super) fn gram(columns: &[Centred<'_>], weights: Option<&[f64]>) -> DMatrix<f64> {
    product(columns, columns, weights, true)
}

/// The products of every left column with every right one, each row times its weight.
pub(super) fn cross(left: &[Centred<'_>], right: &[Centred<'_>], weights: Option<&[f64]>) -> DMatrix<f64> {
    product(left, right, weights, false)
}

fn product(
    left: &[Centred<'_>],
    right: &[Centred<'_>],
    weights: Option<&[f64]>,
    symmetric: bool,
) -> DMatrix<f64> {
    let rows = left.iter().map(|column| column.values.len()).max().unwrap_or(0);
    let tasks: Vec<(usize, usize)> = (0..right.len())
        .step_by(BLOCK)
        .flat_map(|j| (0..left.len()).step_by(BLOCK).map(move |i| (i, j)))
        .filter(|&(i, j)| !symmetric || i <= j)
        .collect();
    let blocks: Vec<DMatrix<f64>> =
        tasks.par_iter().map(|&(i, j)| block(block_of(left, i), block_of(right, j), weights, rows)).collect();
    let mut result = DMatrix::zeros(left.len(), right.len());
    for (&(i, j), block) in tasks.iter().zip(&blocks) {
        result.view_mut((i, j), block.shape()).copy_from(block);
    }
    if symmetric {
        result.fill_lower_triangle_with_upper_triangle();
    }
    result
}

fn block_of<'a, 'b>(columns: &'a [Centred<'b>], from: usize) -> &'a [Centred<'b>] {
    &columns[from..columns.len().min(from + BLOCK)]
}

fn block(left: &[Centred<'_>], right: &[Centred<'_>], weights: Option<&[f64]>, rows: usize) -> DMatrix<f64> {
    let mut sums = DMatrix::zeros(left.len(), right.len());
    let mut column = [0.0; PANEL];
    let mut left_panel = vec![0.0; PANEL * left.len()];
    let mut right_panel = vec![0.0; PANEL * right.len()];
    for from in (0..rows).step_by(PANEL) {
        let height = PANEL.min(rows - from);
        let column = &mut column[..height];
        for (i, side) in left.iter().enumerate() {
            side.write(from, column);
            for (row, &value) in left_panel.chunks_exact_mut(left.len()).zip(&*column) {
                row[i] = value;
            }
        }
        for (out, side) in right_panel.chunks_exact_mut(height).zip(right) {
            side.write(from, out);
            if let Some(weights) = weights.and_then(|weights| weights.get(from..from + height)) {
                for (slot, weight) in out.iter_mut().zip(weights) {
                    *slot *= weight;
                }
            }
        }
        let transposed = DMatrixView::from_slice(&left_panel, left.len(), height);
        sums.gemm(1.0, &transposed, &DMatrixView::from_slice(&right_panel, height, right.len()), 1.0);
    }
    sums
}
