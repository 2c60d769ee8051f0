//! Residuals of a vector autoregression, on the rows that have an unbroken past.

use nalgebra::DMatrix;

use super::Var;
use crate::{GrangerError, Series};

/// One residual a series for every row with an unbroken past.
#[derive(Debug, Clone, PartialEq)]
pub struct Residuals {
    /// The rows, ascending. Neighbours that follow one another lie in one stretch.
    pub rows: Vec<usize>,
    /// A column a series, as long as `rows`.
    pub columns: Vec<Vec<f64>>,
}

impl Residuals {
    pub(super) fn new(var: &Var, series: &Series) -> Result<Self, GrangerError> {
        let k = var.width();
        if series.width() != k {
            return Err(GrangerError::Unsuitable {
                message: format!(
                    "the model has {k} series and the data {}; give the ones it was fitted to",
                    series.width()
                ),
            });
        }
        let rows = rows_with_past(series, var.order);
        let columns = (0..k)
            .map(|effect| {
                let values = series.column(effect);
                let mut residuals: Vec<f64> =
                    rows.iter().map(|&row| values[row] - var.intercept[effect]).collect();
                for lag in 1..=var.order {
                    for cause in 0..k {
                        let weight = var.coefficient(cause, effect, lag);
                        let past = series.column(cause);
                        for (residual, &row) in residuals.iter_mut().zip(&rows) {
                            *residual -= weight * past[row - lag];
                        }
                    }
                }
                residuals
            })
            .collect();
        Ok(Self { rows, columns })
    }

    /// Pairs of positions whose rows lie `lag` apart within a stretch.
    pub(super) fn apart(&self, lag: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
        let together = move |&(earlier, later): &(usize, usize)| self.rows[later] - self.rows[earlier] == lag;
        (lag..self.rows.len()).map(move |later| (later - lag, later)).filter(together)
    }
}

/// The rows on which every series, and its `order` predecessors within the stretch, are finite.
pub(crate) fn rows_with_past(series: &Series, order: usize) -> Vec<usize> {
    let mut unbroken = 0;
    let mut rows = Vec::new();
    for row in 0..series.rows() {
        if series.starts().binary_search(&row).is_ok() {
            unbroken = 0;
        }
        let complete = series.columns().iter().all(|column| column[row].is_finite());
        unbroken = if complete { unbroken + 1 } else { 0 };
        if unbroken > order {
            rows.push(row);
        }
    }
    rows
}

/// Those rows, and a matrix with one line for each: the past lag by lag, then the series.
pub(super) fn lagged_rows(series: &Series, order: usize) -> (Vec<usize>, DMatrix<f64>) {
    let rows = rows_with_past(series, order);
    let k = series.width();
    let matrix = DMatrix::from_fn(rows.len(), k * (order + 1), |i, column| {
        let lag = (column / k + 1) % (order + 1);
        series.column(column % k)[rows[i] - lag]
    });
    (rows, matrix)
}
