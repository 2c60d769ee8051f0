//! Mean and standard deviation that survive large offsets, large magnitudes and tiny ones.
//!
//! The mean is a sum refined by the mean of the differences from it, which makes it exact for a constant slice. The
//! squared deviations carry the correction of Chan, Golub and `LeVeque` ("Algorithms for Computing the Sample Variance",
//! The American Statistician, 1983), which removes the error a rounded mean would leave. When a square would overflow or
//! underflow, the deviations are divided by the largest of them first.
//!
//! Sums run over eight interleaved partial sums: fast, of a fixed order, and with a rounding error eight times smaller
//! than that of a single running sum.

/// The arithmetic mean, or `None` when `values` is empty. O(n).
///
/// ```
/// assert_eq!(etiology_stats::mean(&[1.0, 2.0, 6.0]), Some(3.0));
/// ```
#[must_use]
pub fn mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let n = values.len() as f64;
    let sum = lane_sum(values, |value| value);
    // The shares of huge values do not overflow where their sum does.
    let rough =
        if sum.is_finite() { sum / n } else { lane_sum(values, |value| value / n).clamp(f64::MIN, f64::MAX) };
    let refined = rough + lane_sum(values, |value| value - rough) / n;
    Some(if refined.is_finite() { refined } else { rough })
}

/// The standard deviation `sqrt(sum (x - mean)^2 / (n - ddof))`, or `None` when `values` has no more than `ddof`
/// values. O(n), three passes.
///
/// `ddof` is numpy's name for the degrees of freedom spent: 0 describes the sample itself, 1 estimates the population's
/// variance without bias.
///
/// ```
/// assert_eq!(etiology_stats::std_dev(&[2.0, 4.0], 0), Some(1.0));
/// assert_eq!(etiology_stats::std_dev(&[2.0], 1), None);
/// ```
#[must_use]
pub fn std_dev(values: &[f64], ddof: usize) -> Option<f64> {
    std_dev_about(values, mean(values)?, ddof)
}

/// [`std_dev`] for a caller that has the mean already.
pub(crate) fn std_dev_about(values: &[f64], mean: f64, ddof: usize) -> Option<f64> {
    let degrees = values.len().checked_sub(ddof).filter(|&degrees| degrees > 0)? as f64;
    let n = values.len() as f64;
    let corrected = |unit: f64| {
        let squares = lane_sum(values, |value| ((value - mean) / unit).powi(2));
        let residue = lane_sum(values, |value| (value - mean) / unit);
        (squares - residue * residue / n).max(0.0)
    };
    let squares = corrected(1.0);
    if squares.is_finite() && squares > f64::MIN_POSITIVE / f64::EPSILON {
        return Some((squares / degrees).sqrt());
    }
    let largest = values.iter().fold(0.0_f64, |largest, value| largest.max((value - mean).abs()));
    if largest == 0.0 || !largest.is_finite() {
        return Some(largest);
    }
    Some(largest * (corrected(largest) / degrees).sqrt())
}

const LANES: usize = 8;

fn lane_sum(values: &[f64], term: impl Fn(f64) -> f64) -> f64 {
    let mut lanes = [0.0; LANES];
    let chunks = values.chunks_exact(LANES);
    let rest: f64 = chunks.remainder().iter().map(|&value| term(value)).sum();
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane += term(value);
        }
    }
    lanes.iter().sum::<f64>() + rest
}
