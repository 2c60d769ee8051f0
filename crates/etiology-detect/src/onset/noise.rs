//! How much slower than white noise a series averages out: its long-run variance relative to its variance.
//!
//! Healthy metrics wander. In a first-order autoregression with coefficient 0.9 the mean of many rows has 19 times the
//! variance it would have in white noise, and a statistic that ignores this finds an incident in every quiet hour. The
//! ratio returned here divides the evidence; it is the larger of two estimates, because each has a blind side:
//!
//! * the plug-in `(1 + phi) / (1 - phi)` of an AR(1) (Andrews, "Heteroskedasticity and Autocorrelation Consistent
//!   Covariance Matrix Estimation", Econometrica, 1991), with phi corrected for its downward bias after a trend and a
//!   change have been removed (Kendall, Biometrika, 1954). It works for short series and misses slow drifts under fast noise;
//! * the variance of batch means (Fishman, "Principles of Discrete Event Simulation", 1978), over batches of 2, 4, 8, ...
//!   rows up to a twelfth of the series, which sees such drifts when the series is long.

/// The ratio is not believed beyond this: the series is then a random walk for all that can be told.
const LARGEST_PHI: f64 = 0.995;

/// Standard errors added to the coefficient, in full once it is two of them from zero: the ratio grows without bound as the
/// coefficient nears 1, so an estimate that is too low does far more harm than one that is too high.
const CAUTION: f64 = 1.5;

/// At this many rows caution and ratio double: a coefficient of 0.9 then looks like one of 0.5 as often as not.
const SHORT: f64 = 30.0;

/// Rows' worth of slow variation that the line and the best of all changes take out of the residuals.
const FITTED: f64 = 10.0;

/// Long-run variance over variance of `residuals`, at least 1. O(n).
pub(crate) fn long_run_ratio(residuals: &[f64]) -> f64 {
    let n = residuals.len() as f64;
    let variance = residuals.iter().map(|r| r * r).sum::<f64>() / n;
    if residuals.is_empty() || variance <= 0.0 {
        return 1.0;
    }
    let estimated = autoregressive_ratio(residuals, variance).max(batch_ratio(residuals, variance)).max(1.0);
    estimated * (1.0 + (SHORT / n).powi(4))
}

/// `1 + 2 r1 / (1 - phi)`, the ratio of an autocorrelation that starts at `r1` and shrinks by `phi` a row: that of an
/// AR(1) where `phi` is `r1`, and of an AR(1) under white noise where `phi` is `r2 / r1`.
fn autoregressive_ratio(residuals: &[f64], variance: f64) -> f64 {
    let n = residuals.len() as f64;
    let free = (n - FITTED).max(0.5 * n).max(1.0);
    let autocorrelation = |lag: usize| {
        let products = residuals.iter().zip(residuals.iter().skip(lag)).map(|(a, b)| a * b);
        let raw = products.sum::<f64>() / (n * variance);
        (raw + (4.0 + 8.0 * raw.max(0.0)) / free).clamp(0.0, LARGEST_PHI)
    };
    let first = autocorrelation(1);
    let is_clear = first * free.sqrt() > 2.0;
    let decay = if is_clear { first.max(autocorrelation(2) / first).min(LARGEST_PHI) } else { first };
    let error = ((1.0 - decay * decay) / free).sqrt();
    let caution = CAUTION * (1.0 + SHORT / n) * (first * n.sqrt() / 2.0).min(1.0);
    let phi = (decay + caution * error).min(LARGEST_PHI);
    1.0 + 2.0 * first.max(phi * first / decay.max(f64::MIN_POSITIVE)).min(1.0) / (1.0 - phi)
}

/// The largest variance ratio over all batch lengths. A sum over a batch of 2b is that of two batches of b, so the
/// whole pyramid is O(n).
fn batch_ratio(residuals: &[f64], variance: f64) -> f64 {
    let mut sums = residuals.to_vec();
    let (mut length, mut largest) = (1.0, 1.0_f64);
    while sums.len() >= 24 {
        sums = sums.chunks_exact(2).map(|pair| pair.iter().sum()).collect();
        length *= 2.0;
        let mean_square = sums.iter().map(|sum| sum * sum).sum::<f64>() / sums.len() as f64;
        largest = largest.max(mean_square / (length * variance));
    }
    largest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Noise;

    fn median_ratio(phi: f64, n: usize) -> f64 {
        let mut ratios: Vec<f64> =
            (0..101).map(|seed| long_run_ratio(&Noise::new(seed).autoregressive(phi, n))).collect();
        ratios.sort_by(f64::total_cmp);
        ratios[50]
    }

    #[test]
    fn white_noise_has_a_ratio_near_one_and_an_autoregression_its_own() {
        assert!((1.0..1.3).contains(&median_ratio(0.0, 2000)), "{}", median_ratio(0.0, 2000));
        // (1 + 0.5) / (1 - 0.5) = 3 and (1 + 0.9) / (1 - 0.9) = 19.
        assert!((2.8..3.8).contains(&median_ratio(0.5, 2000)), "{}", median_ratio(0.5, 2000));
        assert!((17.0..27.0).contains(&median_ratio(0.9, 2000)), "{}", median_ratio(0.9, 2000));
    }

    #[test]
    fn a_slow_drift_under_fast_noise_is_seen() {
        let (slow, fast) =
            (Noise::new(1).autoregressive(0.95, 2000), Noise::new(2).autoregressive(0.0, 2000));
        let mixed: Vec<f64> = slow.iter().zip(&fast).map(|(a, b)| a + b).collect();
        assert!(long_run_ratio(&mixed) > 8.0, "{}", long_run_ratio(&mixed));
    }

    #[test]
    fn degenerate_series_have_ratio_one() {
        assert_eq!(long_run_ratio(&[]), 1.0);
        assert_eq!(long_run_ratio(&[0.0; 50]), 1.0);
        assert!(long_run_ratio(&[1.0, -1.0].repeat(100)) < 1.001);
    }
}
