//! The augmented Dickey-Fuller test.

use nalgebra::DMatrix;
use serde::Serialize;

use super::{longest_stretch, mackinnon};
use crate::var::{REDUNDANT, cholesky};
use crate::{Series, Untestable};

/// What a series may do besides wandering: terms of the regression.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deterministic {
    /// Nothing: mean zero.
    None,
    /// A level.
    #[default]
    Constant,
    /// A level and a linear trend.
    Linear,
    /// A level, a linear and a quadratic trend.
    Quadratic,
}

impl Deterministic {
    fn terms(self) -> usize {
        match self {
            Self::None => 0,
            Self::Constant => 1,
            Self::Linear => 2,
            Self::Quadratic => 3,
        }
    }
}

/// How many lagged differences the regression has. A maximum of `None` is `ceil(12 (n / 100)^(1/4))` (Schwert 1989), at most half the
/// rows less the deterministic terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AdfLags {
    /// The number with the smallest AIC, all on the same rows.
    Aic(Option<usize>),
    /// The number with the smallest BIC.
    Bic(Option<usize>),
    /// The largest number whose last lag is significant at 5 %, one-sided.
    Significant(Option<usize>),
    /// This many.
    Fixed(usize),
}

/// The outcome of an [`Adf`] test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AdfTest {
    /// The t value of the level. Far below 0 speaks for a stationary series.
    pub statistic: f64,
    /// Of a unit root, in (0, 1].
    pub p_value: f64,
    /// Lagged differences in the regression.
    pub lags: usize,
    /// Rows in the regression.
    pub rows: usize,
    /// Of the statistic at 1, 5 and 10 %, for that many rows.
    pub critical: [f64; 3],
}

/// The augmented Dickey-Fuller test that a series has a unit root (Dickey and Fuller, JASA 74, 1979; Said and Dickey, Biometrika 71,
/// 1984), as statsmodels' `adfuller`.
///
/// # Options
/// The deterministic terms (a level by default) and the rule for the lagged differences (AIC).
///
/// # Assumptions
/// One regime; a break in level or trend looks like a unit root. Little power against slow mean reversion in short series: not
/// rejecting is not proof of a unit root.
///
/// # Complexity
/// O(n L^2) for n rows and L lags.
///
/// # References
/// P-values by `MacKinnon` (1994), critical values by `MacKinnon` (2010).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adf {
    regression: Deterministic,
    lags: AdfLags,
}

impl Default for Adf {
    fn default() -> Self {
        Self::new()
    }
}

impl Adf {
    /// With a level and lags by AIC.
    #[must_use]
    pub fn new() -> Self {
        Self { regression: Deterministic::Constant, lags: AdfLags::Aic(None) }
    }

    /// With these deterministic terms.
    #[must_use]
    pub fn with_regression(mut self, regression: Deterministic) -> Self {
        self.regression = regression;
        self
    }

    /// With lags by this rule.
    #[must_use]
    pub fn with_lags(mut self, lags: AdfLags) -> Self {
        self.lags = lags;
        self
    }

    /// Tests a series on its longest stretch.
    ///
    /// # Errors
    /// When it is constant, too short, or follows from the regressors without error.
    pub fn test(&self, series: &Series, number: usize) -> Result<AdfTest, Untestable> {
        self.test_values(longest_stretch(series, number), series.nodes().name(number))
    }

    pub(super) fn test_values(&self, values: &[f64], name: &str) -> Result<AdfTest, Untestable> {
        let (n, terms) = (values.len(), self.regression.terms());
        if values.windows(2).all(|pair| pair[0].to_bits() == pair[1].to_bits()) && n > 1 {
            return Err(Untestable::Constant { name: name.to_owned() });
        }
        let most = (n / 2).checked_sub(terms + 1);
        let asked = match self.lags {
            AdfLags::Aic(max) | AdfLags::Bic(max) | AdfLags::Significant(max) => max,
            AdfLags::Fixed(lags) => Some(lags),
        };
        let schwert = (12.0 * (n as f64 / 100.0).powf(0.25)).ceil();
        let max = match (asked, most) {
            (Some(asked), Some(most)) if asked <= most => asked,
            (None, Some(most)) => (0..most).find(|&lags| lags as f64 >= schwert).unwrap_or(most),
            (asked, _) => {
                let needed = asked.unwrap_or(0).saturating_add(terms + 1).saturating_mul(2);
                return Err(Untestable::TooFewRows { rows: n as u64, needed: needed as u64 });
            }
        };
        let lags = match self.lags {
            AdfLags::Fixed(lags) => lags,
            _ => self.best(&Regression::new(values, max, self.regression, false, name)?, max),
        };
        let fit = Regression::new(values, lags, self.regression, true, name)?;
        let statistic = fit.last_t(lags + 1);
        if !statistic.is_finite() {
            return Err(Untestable::Determined { name: name.to_owned() });
        }
        Ok(AdfTest {
            statistic,
            p_value: mackinnon::p_value(statistic, self.regression),
            lags,
            rows: fit.rows,
            critical: mackinnon::critical(fit.rows, self.regression),
        })
    }

    fn best(&self, fit: &Regression, max: usize) -> usize {
        let rows = fit.rows as f64;
        let penalty = match self.lags {
            AdfLags::Significant(_) => {
                let significant = |lags: &usize| fit.last_t(lags + 1).abs() >= ONE_SIDED_5_PERCENT;
                return (0..=max).rev().find(significant).unwrap_or(0);
            }
            AdfLags::Bic(_) => rows.ln(),
            AdfLags::Aic(_) | AdfLags::Fixed(_) => 2.0,
        };
        let criterion = |lags: usize| rows * fit.left(lags + 1).ln() + penalty * lags as f64;
        (0..=max).min_by(|&a, &b| criterion(a).total_cmp(&criterion(b))).unwrap_or(0)
    }
}

/// The 95 % quantile of the standard normal distribution.
const ONE_SIDED_5_PERCENT: f64 = 1.644_853_626_951_472_2;

/// The differences on deterministic terms, the level and lagged differences. Its triangular factor holds the fits on the first
/// regressors, for every number of them.
struct Regression {
    rows: usize,
    terms: usize,
    /// Lower; level and lags, the differences last.
    factor: DMatrix<f64>,
}

impl Regression {
    /// The level comes after the lags, or before them.
    fn new(
        values: &[f64],
        lags: usize,
        regression: Deterministic,
        level_last: bool,
        name: &str,
    ) -> Result<Self, Untestable> {
        let rows = values.len() - lags - 1;
        let trends = regression.terms().saturating_sub(1);
        let total = trends + lags + 2;
        let difference = |row: usize| values[row + 1] - values[row];
        let middle = (rows as f64 + 1.0) / 2.0;
        let mut columns = DMatrix::from_fn(rows, total, |row, column| {
            let time = (row as f64 + 1.0 - middle) / middle;
            let level = || values[lags + row];
            match column.checked_sub(trends) {
                None => time.powi(if column == 0 { 1 } else { 2 }),
                Some(last) if last == lags + 1 => difference(lags + row),
                Some(0) if !level_last => level(),
                Some(last) if last == lags => {
                    if level_last {
                        level()
                    } else {
                        difference(row)
                    }
                }
                Some(lag) => difference(lags + row - lag - usize::from(level_last)),
            }
        });
        for mut column in columns.column_iter_mut() {
            if regression != Deterministic::None {
                let first = column[0];
                let mean = first + column.iter().map(|value| value - first).sum::<f64>() / rows as f64;
                column.add_scalar_mut(-mean);
            }
            let norm = column.norm();
            if !norm.is_finite() {
                let why = format!("`{name}` is too large to square; divide it by a constant first");
                return Err(Untestable::Other { why });
            }
            if norm > 0.0 {
                column /= norm;
            }
        }
        let factor = cholesky(columns.tr_mul(&columns));
        if (0..total - 1).any(|column| factor[(column, column)] <= 0.0) {
            return Err(Untestable::Collinear { name: name.to_owned() });
        }
        let fit = Self { rows, terms: regression.terms(), factor };
        if fit.left(lags + 1) < REDUNDANT {
            return Err(Untestable::Determined { name: name.to_owned() });
        }
        Ok(fit)
    }

    /// The share of the differences that the deterministic terms and the first `count` further regressors leave.
    fn left(&self, count: usize) -> f64 {
        let regressors = self.terms.saturating_sub(1) + count;
        self.factor.row(self.factor.nrows() - 1).columns_range(regressors..).norm_squared()
    }

    /// The t value of the last of these regressors.
    fn last_t(&self, count: usize) -> f64 {
        let regressors = self.terms.saturating_sub(1) + count;
        let degrees = self.rows as f64 - (self.terms + count) as f64;
        self.factor[(self.factor.nrows() - 1, regressors - 1)] / (self.left(count) / degrees).sqrt()
    }
}
