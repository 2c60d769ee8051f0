//! Independent components by `FastICA`: symmetric decorrelation and the contrast `log cosh` (Hyvarinen, "Fast and robust
//! fixed-point algorithms for independent component analysis", IEEE Transactions on Neural Networks 10, 1999).
//!
//! Rows are worked on in at most 64 chunks whose number depends on the number of rows alone, and summed in order, so the answer is
//! the same on any number of threads.

use nalgebra::DMatrix;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rayon::prelude::*;

use super::columns::Columns;
use super::entropy::exp_below_zero;

/// The unmixing matrix of standardised columns: its rows turn a row of data into independent components.
pub(super) struct Unmixing {
    pub(super) matrix: DMatrix<f64>,
    pub(super) converged: bool,
}

/// `O(p^2 n)` an iteration.
pub(super) fn unmix(columns: &Columns, seed: u64, max_iter: usize, tolerance: f64) -> Unmixing {
    let p = columns.width();
    let eigen = columns.correlation.clone().symmetric_eigen();
    let mut whitening = eigen.eigenvectors.transpose();
    for (mut row, value) in whitening.row_iter_mut().zip(&eigen.eigenvalues) {
        row /= value.max(f64::MIN_POSITIVE).sqrt();
    }
    let chunks = whitened(columns, &whitening);
    let mut rng = StdRng::seed_from_u64(seed);
    let start = DMatrix::from_fn(p, p, |_, _| rng.random_range(-1.0..1.0));
    let mut rotation = orthonormal(&start);
    let mut converged = false;
    for _ in 0..max_iter {
        let next = orthonormal(&fixed_point(&rotation, &chunks, columns.rows()));
        let turned =
            (0..p).map(|i| (next.row(i).dot(&rotation.row(i)).abs() - 1.0).abs()).fold(0.0, f64::max);
        rotation = next;
        if turned < tolerance {
            converged = true;
            break;
        }
    }
    Unmixing { matrix: rotation * whitening, converged }
}

/// The whitened rows, a column each, in chunks.
fn whitened(columns: &Columns, whitening: &DMatrix<f64>) -> Vec<DMatrix<f64>> {
    let (p, rows) = (columns.width(), columns.rows());
    let size = rows.div_ceil(64).max(256);
    (0..rows.div_ceil(size))
        .into_par_iter()
        .map(|chunk| {
            let start = chunk * size;
            let count = size.min(rows - start);
            let data = DMatrix::from_fn(p, count, |v, row| columns.values[v][start + row]);
            whitening * data
        })
        .collect()
}

/// One fixed-point step: `E[g(W z) z'] - diag(E[g'(W z)]) W` with `g = tanh`.
fn fixed_point(rotation: &DMatrix<f64>, chunks: &[DMatrix<f64>], rows: usize) -> DMatrix<f64> {
    let p = rotation.nrows();
    let parts: Vec<(DMatrix<f64>, Vec<f64>)> = chunks
        .par_iter()
        .map(|chunk| {
            let mut projected = rotation * chunk;
            let mut squares = vec![0.0; p];
            for mut column in projected.column_iter_mut() {
                for (value, square) in column.iter_mut().zip(&mut squares) {
                    *value = tanh(*value);
                    *square += *value * *value;
                }
            }
            (projected * chunk.transpose(), squares)
        })
        .collect();
    let n = rows as f64;
    let mut next = DMatrix::zeros(p, p);
    let mut squares = vec![0.0; p];
    for (product, part) in parts {
        next += product;
        squares.iter_mut().zip(part).for_each(|(square, part)| *square += part);
    }
    next /= n;
    for (i, square) in squares.into_iter().enumerate() {
        let slope = 1.0 - square / n;
        for j in 0..p {
            next[(i, j)] -= slope * rotation[(i, j)];
        }
    }
    next
}

fn tanh(x: f64) -> f64 {
    let e = exp_below_zero(-2.0 * x.abs());
    ((1.0 - e) / (1.0 + e)).copysign(x)
}

/// `(W W')^(-1/2) W`.
fn orthonormal(matrix: &DMatrix<f64>) -> DMatrix<f64> {
    let eigen = (matrix * matrix.transpose()).symmetric_eigen();
    let mut scaled = eigen.eigenvectors.clone();
    for (mut column, value) in scaled.column_iter_mut().zip(&eigen.eigenvalues) {
        column /= value.max(f64::MIN_POSITIVE).sqrt();
    }
    scaled * eigen.eigenvectors.transpose() * matrix
}
