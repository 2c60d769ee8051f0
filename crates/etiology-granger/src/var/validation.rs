//! Lag order by cross-validation: how well does each order predict rows it was not fitted to?

use etiology_stats::{LaggedMoments, Moments};
use nalgebra::DMatrix;
use serde::Serialize;

use super::factor::Factor;
use super::{MODEL, Trend};
use crate::{GrangerError, Series};

/// Which rows predict which.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Folds {
    /// Every block but the first is predicted from all rows before it.
    #[default]
    Expanding,
    /// Every block is predicted from all others; no value is used on both sides, so the rows with their past in the block before are
    /// left out (as in Racine's hv-block cross-validation, Journal of Econometrics 99, 2000).
    Blocked,
}

/// The prediction error of each order.
#[derive(Debug, Clone, PartialEq)]
pub struct CrossValidation {
    errors: Vec<Option<f64>>,
    rows: u64,
}

impl CrossValidation {
    /// Predicts `blocks` blocks of equal length, one row ahead, by vector autoregressions of order 0 to `max_order`, all on the rows
    /// the largest can use. One pass over the rows; then O(blocks k^3 L^3) for k series and maximum order L.
    ///
    /// # Errors
    /// [`GrangerError::Parameter`] for fewer than two blocks; [`GrangerError::TooShort`] when no order could be fitted in some
    /// fold.
    pub fn new(
        series: &Series,
        max_order: usize,
        trend: Trend,
        folds: Folds,
        blocks: usize,
    ) -> Result<Self, GrangerError> {
        if blocks < 2 {
            return Err(GrangerError::Parameter {
                parameter: "the number of blocks",
                value: blocks as f64,
                expected: "at least 2",
            });
        }
        let k = series.width();
        let rows = series.rows();
        if max_order >= rows {
            return Err(GrangerError::TooShort {
                model: MODEL,
                needed: max_order.saturating_add(2),
                got: rows,
            });
        }
        let mut parts = Vec::with_capacity(blocks);
        for block in 0..blocks {
            let (from, to) = (rows * block / blocks, rows * (block + 1) / blocks);
            // The first rows of a block need the end of the block before as their past.
            let from = if folds == Folds::Expanding { from.saturating_sub(max_order) } else { from };
            parts.push(moments_of(series, from, to, max_order)?);
        }
        let mut all = Moments::new(k * (max_order + 1));
        for part in &parts {
            all.merge(part)?;
        }
        let too_short = || GrangerError::TooShort {
            model: MODEL,
            needed: blocks * (k + trend.terms() + 1),
            got: usize::try_from(all.rows()).unwrap_or(usize::MAX),
        };
        let scales: Vec<f64> = all.comoments().diagonal().iter().take(k).copied().collect();
        let mut errors = vec![Some(0.0); max_order + 1];
        let mut predicted = 0;
        for (number, part) in parts.iter().enumerate().skip(usize::from(folds == Folds::Expanding)) {
            let mut training = Moments::new(k * (max_order + 1));
            for (other, moments) in parts.iter().enumerate() {
                if other < number || (folds == Folds::Blocked && other != number) {
                    training.merge(moments)?;
                }
            }
            predicted += part.rows();
            for (order, error) in errors.iter_mut().enumerate() {
                let added = squared_errors(&training, part, k, order, trend);
                *error = error.zip(added).map(|(error, added)| {
                    error + added.iter().zip(&scales).map(|(square, scale)| square / scale).sum::<f64>()
                });
            }
        }
        if predicted == 0 || errors.iter().all(Option::is_none) {
            return Err(too_short());
        }
        // To the mean square of each series: its sum of squares is over all rows.
        let unit = all.rows() as f64 / (predicted as f64 * k as f64);
        Ok(Self { errors: errors.into_iter().map(|e| e.map(|e| e * unit)).collect(), rows: predicted })
    }

    /// The mean squared error of an order, in units of each series' variance: 1 is no better than the mean. `None` where the order
    /// could not be fitted in every fold.
    #[must_use]
    pub fn error(&self, order: usize) -> Option<f64> {
        self.errors.get(order).copied().flatten()
    }

    /// Rows predicted.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The order with the smallest error, the lower of equal ones.
    #[must_use]
    pub fn best(&self) -> Option<usize> {
        let errors = self.errors.iter().enumerate().filter_map(|(order, error)| Some((order, (*error)?)));
        errors.min_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(order, _)| order)
    }
}

fn moments_of(series: &Series, from: usize, to: usize, lag: usize) -> Result<Moments, GrangerError> {
    let columns: Vec<&[f64]> = series.columns().iter().map(|column| &column[from..to]).collect();
    let starts: Vec<usize> = series
        .starts()
        .iter()
        .filter(|&&start| start > from && start < to)
        .map(|start| start - from)
        .collect();
    Ok(LaggedMoments::from_columns(&columns, lag, &starts)?.at(lag)?)
}

/// Of each series on the rows of `test`, predicted from a fit to `training`; `None` where that cannot be made.
fn squared_errors(
    training: &Moments,
    test: &Moments,
    k: usize,
    order: usize,
    trend: Trend,
) -> Option<Vec<f64>> {
    let columns: Vec<usize> = (0..k * (order + 1)).collect();
    let terms = order * k + trend.terms();
    if k == 0 || training.rows() <= terms as u64 {
        return None;
    }
    let factor = Factor::from_moments(&training.select(&columns), k, trend);
    if factor.first_redundant().is_some() {
        return None;
    }
    let fit = factor.solve();
    let means = test.means();
    let rows = test.rows() as f64;
    let products = test.comoments();
    let errors = (0..k).map(|effect| {
        // The error is a linear form of the row: its square follows from the row's products.
        let form = DMatrix::from_fn(columns.len(), 1, |column, _| match column.checked_sub(k) {
            None => f64::from(u8::from(column == effect)),
            Some(regressor) => -fit.coefficients[(regressor, effect)],
        });
        let block = products.view((0, 0), (columns.len(), columns.len()));
        let about_mean = (form.transpose() * block * &form)[(0, 0)];
        let mean: f64 = form.iter().zip(means).map(|(weight, mean)| weight * mean).sum();
        let intercept = match trend {
            Trend::None => 0.0,
            Trend::Constant => {
                factor.effect_means[effect] - fit.coefficients.column(effect).dot(&factor.means)
            }
        };
        about_mean + rows * (mean - intercept).powi(2)
    });
    Some(errors.collect())
}
