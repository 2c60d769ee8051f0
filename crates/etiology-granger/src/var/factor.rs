//! The triangular factor from which a vector autoregression is solved.
//!
//! Of the columns `[regressors, series]`, scaled to length 1, an upper triangular `R` with `R'R` their products. Its diagonal
//! tells how much of each column the ones before it do not explain. The same `R` comes from moments, by Cholesky, and from
//! rows, by QR.

use etiology_stats::Moments;
use nalgebra::{DMatrix, DVector};

use super::Trend;

/// A column is redundant when the ones before it leave less than this share of its variance.
pub(crate) const REDUNDANT: f64 = 1e-12;

/// Regressors (lag by lag, each in the order of the series), then the series.
pub(super) struct Factor {
    pub(super) rows: u64,
    pub(super) width: usize,
    /// Means of the regressors and of the series.
    pub(super) means: DVector<f64>,
    pub(super) effect_means: DVector<f64>,
    pub(super) scales: DVector<f64>,
    pub(super) upper: DMatrix<f64>,
}

pub(super) struct Solution {
    pub(super) coefficients: DMatrix<f64>,
    pub(super) squares: DMatrix<f64>,
    pub(super) inverse: DMatrix<f64>,
}

impl Factor {
    /// From the moments of the series and their past, series first.
    pub(super) fn from_moments(moments: &Moments, width: usize, trend: Trend) -> Self {
        let total = moments.width();
        let regressors = total - width;
        let place = |i: usize| if i < regressors { i + width } else { i - regressors };
        let means = moments.means();
        let rows = moments.rows() as f64;
        let product = |i: usize, j: usize| {
            let (i, j) = (place(i), place(j));
            let raw = moments.comoments()[(i, j)];
            match trend {
                Trend::Constant => raw,
                Trend::None => raw + rows * means[i] * means[j],
            }
        };
        // A series that only moves at the end of a stretch is constant at some lags, up to what rounding leaves.
        let most =
            |i: usize| (0..total).skip(i % width).step_by(width).map(|j| product(j, j)).fold(0.0, f64::max);
        let scales = DVector::from_fn(total, |i, _| match product(i, i) {
            still if still < REDUNDANT * most(i) => 0.0,
            moving => moving.sqrt(),
        });
        let scaled = DMatrix::from_fn(total, total, |i, j| product(i, j) / (scales[i] * scales[j]));
        Self {
            rows: moments.rows(),
            width,
            means: DVector::from_fn(regressors, |i, _| means[place(i)]),
            effect_means: DVector::from_column_slice(&means[..width]),
            upper: cholesky(scaled).transpose(),
            scales,
        }
    }

    /// From columns, regressors first.
    pub(super) fn from_columns(mut columns: DMatrix<f64>, width: usize, trend: Trend) -> Self {
        let (rows, total) = columns.shape();
        let mut means = DVector::zeros(total);
        let mut scales = DVector::zeros(total);
        for (number, mut column) in columns.column_iter_mut().enumerate() {
            let first = column[0];
            // Deviations from one of the values first, so that a large offset costs no digits.
            let mean = first + column.iter().map(|value| value - first).sum::<f64>() / rows as f64;
            means[number] = mean;
            if trend == Trend::Constant {
                column.add_scalar_mut(-mean);
            }
            scales[number] = column.norm();
            if scales[number] > 0.0 {
                column /= scales[number];
            }
        }
        // Fewer rows than columns: rows of zeros leave the products as they are.
        let upper = columns.resize_vertically(rows.max(total), 0.0).qr().r();
        Self {
            rows: rows as u64,
            width,
            means: means.rows(0, total - width).into_owned(),
            effect_means: means.rows(total - width, width).into_owned(),
            scales,
            upper,
        }
    }

    /// The first column that those before it determine, regressors first.
    pub(super) fn first_redundant(&self) -> Option<usize> {
        let total = self.scales.len();
        let regressors = total - self.width;
        let redundant = |column: usize| {
            let scale = self.scales[column];
            if !scale.is_finite() || scale <= 0.0 {
                return true;
            }
            // A series may be explained by the series beside it, but not by the past alone.
            let rest = match column.checked_sub(regressors) {
                None => self.upper[(column, column)].powi(2),
                Some(number) => self.upper.view((regressors, column), (number + 1, 1)).norm_squared(),
            };
            rest.is_nan() || rest < REDUNDANT
        };
        (0..total).find(|&column| redundant(column))
    }

    /// Least squares, in the units of the data. Only without a redundant column.
    pub(super) fn solve(&self) -> Solution {
        let total = self.scales.len();
        let k = self.width;
        let regressors = total - k;
        let upper = self.upper.view((0, 0), (regressors, regressors)).into_owned();
        let mut coefficients = self.upper.view((0, regressors), (regressors, k)).into_owned();
        let mut root = DMatrix::identity(regressors, regressors);
        // The diagonal holds no zero, as no regressor is redundant.
        upper.solve_upper_triangular_mut(&mut coefficients);
        upper.solve_upper_triangular_mut(&mut root);
        let scale = |i: usize| self.scales[i];
        let effect = |i: usize| self.scales[regressors + i];
        let below = self.upper.view((regressors, regressors), (k, k)).into_owned();
        let squares = below.tr_mul(&below);
        let inverse = &root * root.transpose();
        Solution {
            coefficients: coefficients.map_with_location(|i, j, value| value * effect(j) / scale(i)),
            squares: squares.map_with_location(|i, j, value| value * effect(i) * effect(j)),
            inverse: inverse.map_with_location(|i, j, value| value / (scale(i) * scale(j))),
        }
    }
}

/// The lower Cholesky factor of a matrix with ones on its diagonal. A redundant column becomes zero, and passes nothing on.
pub(crate) fn cholesky(mut matrix: DMatrix<f64>) -> DMatrix<f64> {
    let n = matrix.nrows();
    for j in 0..n {
        let pivot = matrix[(j, j)];
        let root = if pivot > REDUNDANT { pivot.sqrt() } else { 0.0 };
        let mut column = matrix.view_mut((j, j), (n - j, 1));
        if root > 0.0 {
            column /= root;
        } else {
            column.fill(0.0);
        }
        let (left, mut right) = matrix.columns_range_pair_mut(j, j + 1..n);
        for (offset, mut target) in right.column_iter_mut().enumerate() {
            let from = j + 1 + offset;
            let factor = left[from];
            if factor != 0.0 {
                target.rows_mut(from, n - from).axpy(-factor, &left.rows(from, n - from), 1.0);
            }
        }
    }
    matrix.fill_upper_triangle(0.0, 1);
    matrix
}

/// The logarithm of the determinant of a covariance matrix; minus infinity for a singular one.
pub(crate) fn log_determinant(covariance: DMatrix<f64>) -> f64 {
    match covariance.cholesky() {
        Some(factor) => 2.0 * factor.l_dirty().diagonal().iter().map(|root| root.ln()).sum::<f64>(),
        None => f64::NEG_INFINITY,
    }
}
