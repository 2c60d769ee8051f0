//! Correlation of two paired samples, with its test against none.
//!
//! Missing values are the caller's to drop, in pairs.

use crate::error::{StatsError, require_finite, require_len};
use crate::mean::mean;
use crate::ranks::rank;
use serde::{Deserialize, Serialize};
use statrs::function::beta::checked_beta_reg;

/// A correlation coefficient and its test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Correlation {
    /// Between -1 and 1.
    pub coefficient: f64,
    /// Two-sided p-value, see [`correlation_p_value`].
    pub p_value: f64,
    /// Number of pairs.
    pub n: usize,
}

/// Pearson's product-moment correlation `sum dx dy / sqrt(sum dx^2 sum dy^2)` with `dx = x - mean(x)`. O(n).
///
/// Deviations are divided by their largest before they are multiplied, so that neither large offsets nor large or tiny
/// magnitudes lose digits. It measures linear association only, and one outlier can make or hide it.
///
/// # Errors
///
/// [`StatsError::LengthMismatch`]; [`StatsError::TooFew`] below two pairs; [`StatsError::NotFinite`];
/// [`StatsError::Constant`] when one of the samples does not vary; [`StatsError::Overflow`] when values lie so far apart
/// that their difference is not finite.
///
/// ```
/// let r = etiology_stats::pearson(&[1.0, 2.0, 3.0], &[1.0, 2.0, 2.0])?;
/// assert!((r.coefficient - 0.75_f64.sqrt()).abs() < 1e-12);
/// # Ok::<(), etiology_stats::StatsError>(())
/// ```
pub fn pearson(x: &[f64], y: &[f64]) -> Result<Correlation, StatsError> {
    checked_pairs(x, y, "Pearson's correlation")?;
    Ok(correlate(x, y))
}

/// Spearman's rank correlation: Pearson's of the ranks, tied values sharing their average rank. O(n log n).
///
/// It measures monotone association and is unmoved by monotone transformations of either sample.
///
/// # Errors
///
/// As [`pearson`].
pub fn spearman(x: &[f64], y: &[f64]) -> Result<Correlation, StatsError> {
    const STATISTIC: &str = "Spearman's correlation";
    // Checked on the values, so that an error names a value and not its rank.
    checked_pairs(x, y, STATISTIC)?;
    Ok(correlate(&rank(x), &rank(y)))
}

/// The two-sided p-value of a correlation of `n` pairs when there is none: `t = r sqrt((n - 2) / (1 - r^2))` against
/// Student's t with n - 2 degrees of freedom.
///
/// Exact for independent pairs of which one side is normal; too small for autocorrelated series, which have fewer
/// independent pairs than rows. Two pairs always correlate fully and give 1. NaN coefficients give 1.
#[must_use]
pub fn correlation_p_value(coefficient: f64, n: usize) -> f64 {
    if n < 3 || coefficient.is_nan() {
        return 1.0;
    }
    let r = coefficient.abs().min(1.0);
    // P(|T| > t) is the incomplete beta function at 1 - r^2.
    checked_beta_reg((n - 2) as f64 / 2.0, 0.5, (1.0 - r) * (1.0 + r)).map_or(1.0, |p| p.clamp(0.0, 1.0))
}

fn checked_pairs(x: &[f64], y: &[f64], statistic: &'static str) -> Result<(), StatsError> {
    if x.len() != y.len() {
        return Err(StatsError::LengthMismatch { statistic, left: x.len(), right: y.len() });
    }
    for values in [x, y] {
        require_len(values, 2, statistic)?;
        require_finite(values, statistic)?;
        let (low, high) =
            values.iter().fold((values[0], values[0]), |(low, high), &v| (low.min(v), high.max(v)));
        if low >= high {
            return Err(StatsError::Constant { statistic, n: values.len(), value: low });
        }
        if (high - low).is_infinite() {
            return Err(StatsError::Overflow { statistic });
        }
    }
    Ok(())
}

/// Both samples are finite, vary, and have the same length of at least 2.
fn correlate(x: &[f64], y: &[f64]) -> Correlation {
    let (dx, dy) = (unit_deviations(x), unit_deviations(y));
    // Deviations from a rounded mean do not quite sum to 0; the sums of products are corrected for it.
    let n = x.len() as f64;
    let (rest_x, rest_y) = (dx.iter().sum::<f64>(), dy.iter().sum::<f64>());
    let xx = dx.iter().map(|d| d * d).sum::<f64>() - rest_x * rest_x / n;
    let yy = dy.iter().map(|d| d * d).sum::<f64>() - rest_y * rest_y / n;
    let xy = dx.iter().zip(&dy).map(|(a, b)| a * b).sum::<f64>() - rest_x * rest_y / n;
    let coefficient = (xy / (xx.sqrt() * yy.sqrt())).clamp(-1.0, 1.0);
    Correlation { coefficient, p_value: correlation_p_value(coefficient, x.len()), n: x.len() }
}

/// Deviations from the mean, divided by the largest.
fn unit_deviations(values: &[f64]) -> Vec<f64> {
    let centre = mean(values).unwrap_or(0.0);
    let largest = values.iter().fold(0.0_f64, |largest, value| largest.max((value - centre).abs()));
    values.iter().map(|value| (value - centre) / largest).collect()
}
