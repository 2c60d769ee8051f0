//! The test of Kwiatkowski, Phillips, Schmidt and Shin.

use serde::Serialize;

use super::longest_stretch;
use crate::{Series, Untestable};

/// How many autocovariances the long-run variance takes in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KpssLags {
    /// From the data (Hobijn, Franses and Ooms, Statistica Neerlandica 58, 2004).
    #[default]
    Auto,
    /// `ceil(12 (n / 100)^(1/4))` (Schwert 1989).
    Schwert,
    /// This many.
    Fixed(usize),
}

/// How a p-value is to be read that a table can only bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PBound {
    /// As it is, between the table's ends.
    Within,
    /// The statistic lies beyond the table: the p-value is at most the one given, .01.
    AtMost,
    /// The statistic lies before the table: the p-value is at least the one given, .1.
    AtLeast,
}

/// The outcome of a [`Kpss`] test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct KpssTest {
    /// Large values speak against a stationary series.
    pub statistic: f64,
    /// Interpolated between .01 and .1, and clamped there.
    pub p_value: f64,
    /// Whether it was clamped.
    pub bound: PBound,
    /// Autocovariances taken in.
    pub lags: usize,
    /// Rows read.
    pub rows: usize,
    /// Of the statistic at 10, 5, 2.5 and 1 %.
    pub critical: [f64; 4],
}

/// The KPSS test that a series is stationary around a level or a linear trend (Kwiatkowski, Phillips, Schmidt and Shin, Journal of
/// Econometrics 54, 1992), as statsmodels' `kpss`.
///
/// # Options
/// A level (default) or a trend; the lags of the long-run variance.
///
/// # Assumptions
/// One regime. Rejects too often in autocorrelated series: at 5 %, 8.4 % of autoregressions with coefficient .5 and 400 rows.
///
/// # Complexity
/// O(n L) for n rows and L lags.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Kpss {
    trend: bool,
    lags: KpssLags,
}

const LEVEL: [f64; 4] = [0.347, 0.463, 0.574, 0.739];
const TREND: [f64; 4] = [0.119, 0.146, 0.176, 0.216];
const P_VALUES: [f64; 4] = [0.1, 0.05, 0.025, 0.01];

impl Kpss {
    /// Around a level, with lags from the data.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Around a linear trend instead of a level.
    #[must_use]
    pub fn with_trend(mut self, trend: bool) -> Self {
        self.trend = trend;
        self
    }

    /// With lags by this rule.
    #[must_use]
    pub fn with_lags(mut self, lags: KpssLags) -> Self {
        self.lags = lags;
        self
    }

    /// Tests a series on its longest stretch.
    ///
    /// # Errors
    /// When it is constant, too short, or nothing but its trend.
    pub fn test(&self, series: &Series, number: usize) -> Result<KpssTest, Untestable> {
        self.test_values(longest_stretch(series, number), series.nodes().name(number))
    }

    pub(super) fn test_values(&self, values: &[f64], name: &str) -> Result<KpssTest, Untestable> {
        let n = values.len();
        let fixed = if let KpssLags::Fixed(lags) = self.lags { lags } else { 0 };
        let needed = fixed.saturating_add(1).max(4);
        if n < needed {
            return Err(Untestable::TooFewRows { rows: n as u64, needed: needed as u64 });
        }
        let rows = n as f64;
        let residuals = self.residuals(values);
        let variance = products(&residuals, 0) / rows;
        let spread = values.iter().map(|value| (value - values[0]).abs()).fold(0.0, f64::max);
        if variance.is_nan() || variance <= (f64::EPSILON * spread).powi(2) * rows {
            return Err(match spread {
                zero if zero <= 0.0 => Untestable::Constant { name: name.to_owned() },
                finite if finite.is_finite() => Untestable::Determined { name: name.to_owned() },
                _ => Untestable::Other {
                    why: format!("`{name}` is too large to square; divide it by a constant first"),
                },
            });
        }
        let lags = self.lag_count(&residuals).min(n - 1);
        let weighted = |lag: usize| products(&residuals, lag) * (1.0 - lag as f64 / (lags as f64 + 1.0));
        let long_run = variance + 2.0 * (1..=lags).map(weighted).sum::<f64>() / rows;
        let mut sum = 0.0;
        let mut squares = 0.0;
        for residual in &residuals {
            sum += residual;
            squares += sum * sum;
        }
        let statistic = squares / (rows * rows) / long_run;
        if !statistic.is_finite() {
            return Err(Untestable::Other {
                why: format!(
                    "the long-run variance of `{name}` cannot be computed; divide it by a constant first"
                ),
            });
        }
        let critical = if self.trend { TREND } else { LEVEL };
        let (p_value, bound) = interpolate(statistic, &critical);
        Ok(KpssTest { statistic, p_value, bound, lags, rows: n, critical })
    }

    /// Deviations from the level or the trend.
    fn residuals(&self, values: &[f64]) -> Vec<f64> {
        let rows = values.len() as f64;
        let mean = values[0] + values.iter().map(|value| value - values[0]).sum::<f64>() / rows;
        let mut residuals: Vec<f64> = values.iter().map(|value| value - mean).collect();
        if self.trend {
            let time = |row: usize| row as f64 - (rows - 1.0) / 2.0;
            let slope = residuals.iter().enumerate().map(|(row, value)| time(row) * value).sum::<f64>()
                / (rows * (rows * rows - 1.0) / 12.0);
            residuals.iter_mut().enumerate().for_each(|(row, value)| *value -= slope * time(row));
        }
        residuals
    }

    fn lag_count(&self, residuals: &[f64]) -> usize {
        let rows = residuals.len() as f64;
        let count = match self.lags {
            KpssLags::Fixed(lags) => return lags,
            KpssLags::Schwert => (12.0 * (rows / 100.0).powf(0.25)).ceil(),
            KpssLags::Auto => {
                let mut zeroth = products(residuals, 0) / rows;
                let mut first = 0.0;
                for lag in (1..residuals.len()).take_while(|&lag| lag as f64 <= rows.powf(2.0 / 9.0)) {
                    let covariance = products(residuals, lag) / (rows / 2.0);
                    zeroth += covariance;
                    first += lag as f64 * covariance;
                }
                let ratio = first / zeroth;
                (1.1447 * (ratio * ratio).powf(1.0 / 3.0) * rows.powf(1.0 / 3.0)).floor()
            }
        };
        (0..residuals.len()).find(|&lags| lags as f64 >= count).unwrap_or(residuals.len())
    }
}

fn products(residuals: &[f64], lag: usize) -> f64 {
    residuals.iter().zip(&residuals[lag..]).map(|(a, b)| a * b).sum()
}

fn interpolate(statistic: f64, critical: &[f64; 4]) -> (f64, PBound) {
    let above = critical.iter().filter(|value| **value < statistic).count();
    match above {
        0 if statistic < critical[0] => (P_VALUES[0], PBound::AtLeast),
        4 => (P_VALUES[3], PBound::AtMost),
        _ => {
            let to = above.max(1);
            let share = (statistic - critical[to - 1]) / (critical[to] - critical[to - 1]);
            (P_VALUES[to - 1] + share * (P_VALUES[to] - P_VALUES[to - 1]), PBound::Within)
        }
    }
}
