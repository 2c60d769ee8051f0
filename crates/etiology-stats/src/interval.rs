//! Confidence intervals for a proportion: how well a benchmark's share of solved cases is known.
//!
//! [`clopper_pearson`] inverts the exact binomial test and never covers less than its level; with the tens of cases of an
//! incident suite that guarantee is worth its width. [`wilson`] is shorter and covers its level on average only.

use crate::error::StatsError;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};
use statrs::function::beta::checked_beta_reg;

/// Beyond this the incomplete beta function of the library underneath stops converging; so many cases have no need
/// of an exact interval.
const MOST_EXACT_TRIALS: u64 = 10_000_000;

/// A closed interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The exact interval of Clopper and Pearson, "The Use of Confidence or Fiducial Limits Illustrated in the Case of the
/// Binomial" (Biometrika, 1934).
///
/// With `a = (1 - level) / 2`, s successes and n trials, the ends are the a quantile of Beta(s, n - s + 1) and the
/// 1 - a quantile of Beta(s + 1, n - s), found by bisection down to neighbouring numbers; 0 and 1 at the extremes.
/// Relative precision is better than 1e-11 for up to a thousand trials and 1e-6 for a million.
///
/// # Errors
///
/// [`StatsError::Parameter`] when there are no trials, more successes than trials, more than ten million trials, or `level`
/// is not strictly between 0 and 1.
///
/// ```
/// let interval = etiology_stats::clopper_pearson(50, 50, 0.95)?;
/// assert_eq!((format!("{:.4}", interval.low), interval.high), ("0.9289".into(), 1.0));
/// # Ok::<(), etiology_stats::StatsError>(())
/// ```
pub fn clopper_pearson(successes: u64, trials: u64, level: f64) -> Result<Interval, StatsError> {
    check(successes, trials, level)?;
    if trials > MOST_EXACT_TRIALS {
        return Err(StatsError::Parameter {
            parameter: "trials",
            value: trials as f64,
            expected: "at most 10000000 for an exact interval; use Wilson's",
        });
    }
    let tail = (1.0 - level) / 2.0;
    let (hits, misses) = (successes as f64, (trials - successes) as f64);
    let low = if successes == 0 { 0.0 } else { beta_quantile(hits, misses + 1.0, tail) };
    // The upper tail of one beta distribution is the lower tail of its mirror image, where small values keep digits.
    let high = if successes == trials { 1.0 } else { 1.0 - beta_quantile(misses, hits + 1.0, tail) };
    Ok(Interval { low, high })
}

/// The score interval of Wilson, "Probable Inference, the Law of Succession, and Statistical Inference" (Journal of the
/// American Statistical Association, 1927): the proportions that a normal test without continuity correction accepts.
///
/// # Errors
///
/// As [`clopper_pearson`], without the limit on trials.
pub fn wilson(successes: u64, trials: u64, level: f64) -> Result<Interval, StatsError> {
    check(successes, trials, level)?;
    let n = trials as f64;
    let share = successes as f64 / n;
    let z = -Normal::standard().inverse_cdf((1.0 - level) / 2.0);
    let centre = (share + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let reach = z / (1.0 + z * z / n) * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    let low = if successes == 0 { 0.0 } else { (centre - reach).max(0.0) };
    let high = if successes == trials { 1.0 } else { (centre + reach).min(1.0) };
    Ok(Interval { low, high })
}

fn check(successes: u64, trials: u64, level: f64) -> Result<(), StatsError> {
    if trials == 0 {
        return Err(StatsError::Parameter { parameter: "trials", value: 0.0, expected: "at least 1" });
    }
    if successes > trials {
        return Err(StatsError::Parameter {
            parameter: "successes",
            value: successes as f64,
            expected: "no more than the trials",
        });
    }
    if !(level > 0.0 && level < 1.0) {
        return Err(StatsError::Parameter {
            parameter: "level",
            value: level,
            expected: "strictly between 0 and 1",
        });
    }
    Ok(())
}

/// The quantile of Beta(a, b) by bisection on its distribution function.
fn beta_quantile(a: f64, b: f64, probability: f64) -> f64 {
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    loop {
        let middle = low.midpoint(high);
        if middle <= low || middle >= high {
            return middle;
        }
        let below = checked_beta_reg(a, b, middle).unwrap_or(f64::NAN);
        if below < probability { low = middle } else { high = middle }
    }
}
