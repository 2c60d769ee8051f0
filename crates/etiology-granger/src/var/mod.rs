//! Vector autoregression by least squares (Luetkepohl, "New Introduction to Multiple Time Series Analysis", Springer 2005,
//! chapters 3 and 4).
//!
//! `y_t = c + A_1 y_(t-1) + ... + A_m y_(t-m) + u_t`. Every equation has the same regressors, so one triangular factor of the
//! regressors and the series serves them all. The factor comes from [`LaggedMoments`] (Cholesky; merges, one pass) or from
//! the rows (QR; keeps twice the digits where series have unit roots), and everything else follows from it.

mod diagnostics;
mod factor;
mod order;
mod residuals;
mod validation;

use etiology_graph::{Lag, Nodes};
use etiology_stats::{LaggedMoments, normal_tail};
use nalgebra::{DMatrix, DVector};
use serde::Serialize;

use crate::{GrangerError, Series};
pub use diagnostics::{Normality, Whiteness};
use factor::Factor;
pub(crate) use factor::{REDUNDANT, cholesky};
pub use order::{Criterion, OrderTable};
pub use residuals::Residuals;
pub(crate) use residuals::rows_with_past;
pub use validation::{CrossValidation, Folds};

const MODEL: &str = "the vector autoregression";

/// What a model has beside the past of the series.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trend {
    /// Nothing: the series have mean zero.
    None,
    /// An intercept in every equation.
    #[default]
    Constant,
}

impl Trend {
    /// Coefficients it takes in each equation.
    pub(crate) fn terms(self) -> usize {
        match self {
            Self::None => 0,
            Self::Constant => 1,
        }
    }
}

/// Information criteria of a fit; the smaller the better. With `n` rows, `k` series, `f` lag coefficients and intercepts in all
/// equations together, and the determinant of the maximum-likelihood covariance `S` of the residuals.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Information {
    /// Akaike: `log |S| + 2 f / n`.
    pub aic: f64,
    /// Schwarz: `log |S| + log(n) f / n`.
    pub bic: f64,
    /// Hannan and Quinn: `log |S| + 2 log(log(n)) f / n`.
    pub hqic: f64,
    /// Akaike's final prediction error: `((n + f / k) / (n - f / k))^k |S|`.
    pub fpe: f64,
}

impl Information {
    /// The criteria of a model with this log-determinant; all infinite where no residual degrees of freedom are left.
    pub(crate) fn new(log_determinant: f64, rows: f64, width: usize, per_equation: usize) -> Self {
        let (k, terms) = (width as f64, per_equation as f64);
        let free = k * terms;
        if rows <= terms {
            let none = f64::INFINITY;
            return Self { aic: none, bic: none, hqic: none, fpe: none };
        }
        Self {
            aic: log_determinant + 2.0 * free / rows,
            bic: log_determinant + rows.ln() * free / rows,
            hqic: log_determinant + 2.0 * rows.ln().ln() * free / rows,
            fpe: ((rows + terms) / (rows - terms)).powf(k) * log_determinant.exp(),
        }
    }
}

/// A fitted vector autoregression.
///
/// # Assumptions
/// Linear dependence on the past, the same over all rows; residuals without autocorrelation ([`Var::whiteness`]). Standard errors
/// are those of stationary series ([`Var::spectral_radius`] below 1).
///
/// # When not to use it
/// When `order` times the number of series comes near the number of rows: prefer a penalised or a constraint-based method.
///
/// # Complexity
/// With k series and order m: O(k^3 m^3) from moments, O(n k^2 m^2) from rows.
///
/// # Example
///
/// ```
/// use etiology_granger::{Nodes, Series, Trend, Var};
///
/// let a: Vec<f64> = (0..200).map(|t| f64::from(t * t % 37)).collect();
/// let b: Vec<f64> = (0..200).map(|t| f64::from(t * t * t % 41) + if t > 0 { 0.5 * a[t as usize - 1] } else { 0.0 }).collect();
/// let series = Series::new(Nodes::new(["a", "b"])?, vec![a, b])?;
/// let var = Var::fit(&series.moments(2)?, series.nodes(), 1, Trend::Constant)?;
/// assert!((var.coefficient(0, 1, 1) - 0.5).abs() < 0.1);
/// # Ok::<(), etiology_granger::GrangerError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Var {
    nodes: Nodes,
    order: usize,
    trend: Trend,
    rows: u64,
    /// One column an equation; row `(lag - 1) * k + cause`.
    pub(crate) coefficients: DMatrix<f64>,
    intercept: Vec<f64>,
    /// Products of the residuals.
    pub(crate) squares: DMatrix<f64>,
    /// Inverse of the regressors' products (about their means, with an intercept).
    pub(crate) inverse: DMatrix<f64>,
    /// Means of the regressors.
    means: DVector<f64>,
}

impl Var {
    /// Fits the moments of series at an order up to their maximum lag, on every row that order can use.
    ///
    /// The products of nearly collinear columns have lost digits that the rows still hold: on series with unit roots expect
    /// seven digits of a test statistic here and twelve from [`Var::from_series`].
    ///
    /// # Errors
    /// [`GrangerError::Parameter`] for an order of 0 or above the maximum lag; [`GrangerError::TooShort`] without a residual
    /// degree of freedom; [`GrangerError::Singular`] when the past of a series, or its present, is a linear combination of the
    /// regressors.
    pub fn fit(
        moments: &LaggedMoments,
        nodes: &Nodes,
        order: usize,
        trend: Trend,
    ) -> Result<Self, GrangerError> {
        require_order(order, moments.max_lag())?;
        require_rows(moments.rows(order), moments.width(), order, trend)?;
        Self::from_factor(Factor::from_moments(&moments.at(order)?, moments.width(), trend), nodes, trend)
    }

    /// Fits rows, by QR: slower than [`Var::fit`] and more exact.
    ///
    /// # Errors
    /// As [`Var::fit`].
    pub fn from_series(series: &Series, order: usize, trend: Trend) -> Result<Self, GrangerError> {
        require_order(order, series.rows())?;
        let (rows, columns) = residuals::lagged_rows(series, order);
        require_rows(rows.len() as u64, series.width(), order, trend)?;
        Self::from_factor(Factor::from_columns(columns, series.width(), trend), series.nodes(), trend)
    }

    fn from_factor(factor: Factor, nodes: &Nodes, trend: Trend) -> Result<Self, GrangerError> {
        let k = factor.width;
        if let Some(column) = factor.first_redundant() {
            return Err(GrangerError::Singular { model: MODEL, name: nodes.name(column % k).to_owned() });
        }
        let fit = factor.solve();
        let intercept = (0..k)
            .map(|effect| match trend {
                Trend::None => 0.0,
                Trend::Constant => {
                    factor.effect_means[effect] - fit.coefficients.column(effect).dot(&factor.means)
                }
            })
            .collect();
        Ok(Self {
            nodes: nodes.clone(),
            order: factor.means.len() / k.max(1),
            trend,
            rows: factor.rows,
            coefficients: fit.coefficients,
            intercept,
            squares: fit.squares,
            inverse: fit.inverse,
            means: factor.means,
        })
    }

    /// The series.
    #[must_use]
    pub fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    /// Number of series.
    #[must_use]
    pub fn width(&self) -> usize {
        self.squares.nrows()
    }

    /// The lag order.
    #[must_use]
    pub fn order(&self) -> usize {
        self.order
    }

    /// Whether there is an intercept.
    #[must_use]
    pub fn trend(&self) -> Trend {
        self.trend
    }

    /// Rows fitted: those with an unbroken past.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Rows less the coefficients of one equation.
    #[must_use]
    pub fn residual_degrees(&self) -> f64 {
        self.rows as f64 - self.terms() as f64
    }

    /// Coefficients of one equation.
    fn terms(&self) -> usize {
        self.order * self.width() + self.trend.terms()
    }

    fn regressor(&self, cause: usize, lag: usize) -> Option<usize> {
        ((1..=self.order).contains(&lag) && cause < self.width()).then(|| (lag - 1) * self.width() + cause)
    }

    /// What a unit of `cause` adds to `effect` `lag` rows later, all else held; 0 for a lag or series that is not in the model.
    #[must_use]
    pub fn coefficient(&self, cause: usize, effect: usize, lag: usize) -> f64 {
        let Some(row) = self.regressor(cause, lag) else { return 0.0 };
        self.coefficients.get((row, effect)).copied().unwrap_or(0.0)
    }

    /// The matrix of a lag: row an effect, column a cause; zeros beyond the order.
    #[must_use]
    pub fn lag_matrix(&self, lag: Lag) -> DMatrix<f64> {
        let k = self.width();
        DMatrix::from_fn(k, k, |effect, cause| self.coefficient(cause, effect, lag.rows()))
    }

    /// The intercepts; zeros without a trend.
    #[must_use]
    pub fn intercept(&self) -> &[f64] {
        &self.intercept
    }

    /// The standard error of [`Var::coefficient`]; `None` where there is no coefficient.
    #[must_use]
    pub fn std_error(&self, cause: usize, effect: usize, lag: usize) -> Option<f64> {
        let row = self.regressor(cause, lag)?;
        let squares = self.squares.get((effect, effect))?;
        Some((self.inverse[(row, row)] * squares / self.residual_degrees()).sqrt())
    }

    /// The two-sided normal p-value of a coefficient over its standard error.
    #[must_use]
    pub fn p_value(&self, cause: usize, effect: usize, lag: usize) -> Option<f64> {
        normal_tail(self.coefficient(cause, effect, lag) / self.std_error(cause, effect, lag)?)
    }

    /// The standard error of each intercept; `None` without one.
    #[must_use]
    pub fn intercept_std_errors(&self) -> Option<Vec<f64>> {
        if self.trend == Trend::None {
            return None;
        }
        let spread = 1.0 / self.rows as f64 + self.means.dot(&(&self.inverse * &self.means));
        let degrees = self.residual_degrees();
        Some(self.squares.diagonal().iter().map(|squares| (spread * squares / degrees).sqrt()).collect())
    }

    /// Products of the residuals over their degrees of freedom.
    #[must_use]
    pub fn sigma(&self) -> DMatrix<f64> {
        &self.squares / self.residual_degrees()
    }

    /// Products of the residuals over the rows: their maximum-likelihood covariance.
    #[must_use]
    pub fn sigma_ml(&self) -> DMatrix<f64> {
        &self.squares / self.rows as f64
    }

    /// Inverse of the regressors' products: times a residual variance, the covariance of an equation's coefficients, which
    /// stand lag by lag, each in the order of the series.
    pub(crate) fn inverse(&self) -> &DMatrix<f64> {
        &self.inverse
    }

    fn log_determinant(&self) -> f64 {
        factor::log_determinant(self.sigma_ml())
    }

    /// The Gaussian log-likelihood given the first rows; infinite where residuals are collinear.
    #[must_use]
    pub fn log_likelihood(&self) -> f64 {
        let (rows, k) = (self.rows as f64, self.width() as f64);
        -0.5 * rows * (k * (std::f64::consts::TAU).ln() + self.log_determinant() + k)
    }

    /// The information criteria. To compare orders, fit them on the same rows: [`OrderTable`] does.
    #[must_use]
    pub fn information(&self) -> Information {
        Information::new(self.log_determinant(), self.rows as f64, self.width(), self.terms())
    }

    /// What the model leaves unexplained of series, on every row with an unbroken past.
    ///
    /// # Errors
    /// [`GrangerError::Unsuitable`] when there are not as many series as were fitted.
    pub fn residuals(&self, series: &Series) -> Result<Residuals, GrangerError> {
        Residuals::new(self, series)
    }
}

fn require_order(order: usize, max: usize) -> Result<(), GrangerError> {
    if order == 0 || order > max {
        return Err(GrangerError::Parameter {
            parameter: "the lag order",
            value: order as f64,
            expected: "at least 1 and at most the maximum lag",
        });
    }
    Ok(())
}

fn require_rows(rows: u64, width: usize, order: usize, trend: Trend) -> Result<(), GrangerError> {
    if width == 0 {
        return Err(GrangerError::Unsuitable {
            message: "a vector autoregression needs at least one series; none is left".to_owned(),
        });
    }
    let needed = width * order + trend.terms() + 1;
    if rows < needed as u64 {
        return Err(GrangerError::TooShort {
            model: MODEL,
            needed,
            got: usize::try_from(rows).unwrap_or(usize::MAX),
        });
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
