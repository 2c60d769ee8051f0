//! Lag order by information criteria, every order fitted to the same rows.

use etiology_stats::{LaggedMoments, Moments};
use nalgebra::DMatrix;
use serde::Serialize;

use super::factor::{Factor, log_determinant};
use super::{Information, Trend};
use crate::GrangerError;

/// An information criterion: see [`Information`] for the formulas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Criterion {
    /// Akaike's: predicts best, tends to too many lags.
    Aic,
    /// Schwarz's: finds the true order as rows grow, tends to too few in short series.
    Bic,
    /// Hannan and Quinn's: between the two.
    Hqic,
    /// Akaike's final prediction error: nearly as AIC.
    Fpe,
}

impl Criterion {
    /// Its value.
    #[must_use]
    pub fn of(self, information: &Information) -> f64 {
        match self {
            Self::Aic => information.aic,
            Self::Bic => information.bic,
            Self::Hqic => information.hqic,
            Self::Fpe => information.fpe,
        }
    }
}

/// The information of the vector autoregressions of order 0 to a maximum, all on the rows the largest can use.
///
/// # Complexity
/// One triangular factor of the largest model holds the residuals of all: O(k^3 L^3) for k series and maximum order L.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderTable {
    rows: u64,
    /// `None` where the order leaves fewer residual degrees of freedom than there are series, or no variance.
    orders: Vec<Option<Information>>,
}

impl OrderTable {
    /// Fits every order up to the maximum lag of the moments.
    ///
    /// # Errors
    /// None that moments can cause; the type is theirs.
    pub fn new(moments: &LaggedMoments, trend: Trend) -> Result<Self, GrangerError> {
        let at = moments.at(moments.max_lag())?;
        let all: Vec<usize> = (0..moments.width()).collect();
        Ok(Self::among(&at, &all, moments.width(), trend))
    }

    /// Of some of `width` series, from the moments at the largest order.
    pub(crate) fn among(moments: &Moments, series: &[usize], width: usize, trend: Trend) -> Self {
        let k = series.len();
        let max = (moments.width() / width.max(1)).saturating_sub(1);
        let rows = moments.rows();
        let mut orders = vec![None; max + 1];
        if k == 0 || rows == 0 {
            return Self { rows, orders };
        }
        let columns: Vec<usize> =
            (0..=max).flat_map(|lag| series.iter().map(move |number| lag * width + number)).collect();
        let factor = Factor::from_moments(&moments.select(&columns), k, trend);
        let mut squares = factor.residual_squares(max * k, (max + 1) * k);
        for order in (0..=max).rev() {
            let terms = order * k + trend.terms();
            if rows >= (terms + k) as u64 {
                let determinant = log_determinant(&squares / rows as f64) + factor.log_scales();
                if determinant.is_finite() {
                    orders[order] = Some(Information::new(determinant, rows as f64, k, terms));
                }
            }
            if order > 0 {
                squares += factor.residual_squares((order - 1) * k, order * k);
            }
        }
        Self { rows, orders }
    }

    /// The rows every order was fitted to.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The information of an order; `None` where it cannot be fitted.
    #[must_use]
    pub fn at(&self, order: usize) -> Option<Information> {
        self.orders.get(order).copied().flatten()
    }

    /// The order with the smallest criterion, the lower of equal ones; `None` when none can be fitted.
    #[must_use]
    pub fn best(&self, criterion: Criterion) -> Option<usize> {
        self.best_from(0, criterion)
    }

    /// As [`OrderTable::best`], from a lowest order on.
    pub(crate) fn best_from(&self, lowest: usize, criterion: Criterion) -> Option<usize> {
        let values = self.orders.iter().enumerate().skip(lowest);
        values
            .filter_map(|(order, information)| Some((order, criterion.of(information.as_ref()?))))
            .min_by(|(_, a), (_, b)| a.total_cmp(b))
            .map(|(order, _)| order)
    }
}

impl Factor {
    /// What rows `from..to` of the factor add to the scaled products of the residuals.
    fn residual_squares(&self, from: usize, to: usize) -> DMatrix<f64> {
        let block = self.upper.view((from, self.scales.len() - self.width), (to - from, self.width));
        block.tr_mul(&block)
    }

    /// What the scales of the series add to a log-determinant.
    fn log_scales(&self) -> f64 {
        let first = self.scales.len() - self.width;
        2.0 * self.scales.rows_range(first..).iter().map(|scale| scale.ln()).sum::<f64>()
    }
}
