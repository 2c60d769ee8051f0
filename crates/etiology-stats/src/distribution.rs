//! Upper tails of the reference distributions of test statistics.
//!
//! Each is computed as a tail, not as one less a distribution function, so that a small one keeps its digits; where a tail is
//! below the smallest positive number it is that number, so that no p-value is 0.

use statrs::function::beta::checked_beta_reg;
use statrs::function::erf::erfc;
use statrs::function::gamma::checked_gamma_ur;

/// P(F >= `statistic`) of Fisher's F with `numerator` and `denominator` degrees of freedom. 1 for a statistic of 0 or less;
/// `None` when an argument is NaN or degrees of freedom are not positive.
///
/// ```
/// let p = etiology_stats::f_tail(19.03531756939812, 2.0, 195.0).unwrap();
/// assert!((p - 2.8076149148442495e-8).abs() < 1e-16);
/// ```
#[must_use]
pub fn f_tail(statistic: f64, numerator: f64, denominator: f64) -> Option<f64> {
    if [numerator, denominator].iter().any(|df| df.is_nan() || *df <= 0.0) || statistic.is_nan() {
        return None;
    }
    if statistic <= 0.0 {
        return Some(1.0);
    }
    let share = denominator / (denominator + numerator * statistic);
    checked_beta_reg(denominator / 2.0, numerator / 2.0, share).ok().map(never_zero)
}

/// P(X >= `statistic`) of the chi-squared distribution with `df` degrees of freedom; 1 and `None` as for [`f_tail`].
///
/// ```
/// let p = etiology_stats::chi_squared_tail(39.04680527056025, 2.0).unwrap();
/// assert!((p - 3.3196627673383477e-9).abs() < 1e-17);
/// ```
#[must_use]
pub fn chi_squared_tail(statistic: f64, df: f64) -> Option<f64> {
    if df.is_nan() || df <= 0.0 || statistic.is_nan() {
        return None;
    }
    if statistic <= 0.0 {
        return Some(1.0);
    }
    if statistic.is_infinite() {
        return Some(f64::MIN_POSITIVE);
    }
    checked_gamma_ur(df / 2.0, statistic / 2.0).ok().map(never_zero)
}

/// P(|Z| >= |`statistic`|) of the standard normal distribution; `None` for NaN.
///
/// ```
/// assert!((etiology_stats::normal_tail(-1.959963984540054).unwrap() - 0.05).abs() < 1e-9);
/// ```
#[must_use]
pub fn normal_tail(statistic: f64) -> Option<f64> {
    if statistic.is_nan() { None } else { Some(never_zero(erfc(statistic.abs() / std::f64::consts::SQRT_2))) }
}

/// P(|T| >= |`statistic`|) of Student's t with `df` degrees of freedom; `None` as for [`f_tail`].
///
/// ```
/// assert!((etiology_stats::student_tail(2.2281388519649385, 10.0).unwrap() - 0.05).abs() < 1e-9);
/// ```
#[must_use]
pub fn student_tail(statistic: f64, df: f64) -> Option<f64> {
    f_tail(statistic * statistic, 1.0, df)
}

fn never_zero(tail: f64) -> f64 {
    tail.clamp(f64::MIN_POSITIVE, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn far_tails_are_small_and_not_zero() {
        assert_eq!(f_tail(f64::INFINITY, 2.0, 10.0), Some(f64::MIN_POSITIVE));
        assert_eq!(chi_squared_tail(1e9, 1.0), Some(f64::MIN_POSITIVE));
        assert_eq!(normal_tail(1e9), Some(f64::MIN_POSITIVE));
        // R: pf(500, 3, 200, lower.tail = FALSE)
        let far = f_tail(500.0, 3.0, 200.0);
        assert!(far.is_some_and(|p| p > 1e-100 && p < 1e-80), "{far:?}");
    }

    #[test]
    fn what_has_no_tail_has_none() {
        assert_eq!(f_tail(f64::NAN, 1.0, 1.0), None);
        assert_eq!(f_tail(1.0, 0.0, 1.0), None);
        assert_eq!(chi_squared_tail(1.0, -1.0), None);
        assert_eq!(f_tail(-1.0, 1.0, 1.0), Some(1.0));
    }
}
