//! Two-sample tests that assume no distribution: did a metric move ([`mann_whitney`]), or change at all
//! ([`kolmogorov_smirnov`])?
//!
//! Both take the values of two windows, finite and without nulls, and assume independent rows. Autocorrelated series have
//! fewer independent rows than rows, and p-values are then too small: thin the rows, or read the statistic and not its
//! p-value.

use crate::error::{StatsError, require_finite, require_len};
use crate::ranks::rank_with_ties;
use serde::{Deserialize, Serialize};
use statrs::function::gamma::checked_gamma_ur;

/// The result of [`mann_whitney`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MannWhitney {
    /// Number of pairs in which the first sample's value is larger, ties counting a half.
    pub u: f64,
    /// `(u - n m / 2)` in standard deviations under the null, without continuity correction: its sign tells the side.
    pub z: f64,
    /// `u / (n m)`: the chance that a value of the first sample exceeds one of the second, 0.5 when neither is larger.
    pub superiority: f64,
    /// Two-sided.
    pub p_value: f64,
}

/// The rank-sum test of Mann and Whitney, "On a Test of Whether One of Two Random Variables Is Stochastically Larger
/// than the Other" (Annals of Mathematical Statistics, 1947), two-sided. O((n + m) log (n + m)).
///
/// The p-value is the normal approximation with continuity correction and the variance corrected for ties,
/// `n m / 12 (N + 1 - sum (t^3 - t) / (N (N - 1)))` with `N = n + m` and tie groups of t: what scipy's
/// `mannwhitneyu(method="asymptotic")` gives. Below about 8 values a sample it is off by more than a tenth of itself.
/// When all values are equal the samples do not differ, and p is 1.
///
/// # Errors
///
/// [`StatsError::TooFew`] when a sample is empty, [`StatsError::NotFinite`] when a value is NaN or infinite.
pub fn mann_whitney(a: &[f64], b: &[f64]) -> Result<MannWhitney, StatsError> {
    check(a, b, "the Mann-Whitney test")?;
    let pooled: Vec<f64> = a.iter().chain(b).copied().collect();
    let (ranks, groups) = rank_with_ties(&pooled);
    let (n, m, total) = (a.len() as f64, b.len() as f64, pooled.len() as f64);
    let u = ranks.iter().take(a.len()).sum::<f64>() - n * (n + 1.0) / 2.0;
    let ties: f64 = groups.iter().map(|&group| (group as f64).powi(3) - group as f64).sum();
    let deviation = (n * m / 12.0 * (total + 1.0 - ties / (total * (total - 1.0)))).max(0.0).sqrt();
    let difference = u - n * m / 2.0;
    let (z, p_value) = if groups.len() == 1 {
        (0.0, 1.0)
    } else {
        let corrected = ((difference.abs() - 0.5) / deviation).max(0.0);
        (difference / deviation, two_sided_normal(corrected))
    };
    Ok(MannWhitney { u, z, superiority: u / (n * m), p_value })
}

/// `P(|Z| >= z)` of a standard normal Z, as the upper incomplete gamma function of `z^2 / 2` at 1/2: it keeps three digits
/// more than the complementary error function of the same library.
fn two_sided_normal(z: f64) -> f64 {
    let p = if z == 0.0 { Ok(1.0) } else { checked_gamma_ur(0.5, z * z / 2.0) };
    p.map_or(1.0, |p| p.clamp(0.0, 1.0))
}

/// The result of [`kolmogorov_smirnov`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct KolmogorovSmirnov {
    /// The largest distance between the two empirical distribution functions.
    pub statistic: f64,
    /// Two-sided.
    pub p_value: f64,
    /// Whether `p_value` is exact rather than asymptotic.
    pub exact: bool,
}

/// Samples whose sizes have at most this product get an exact p-value, in a millisecond or two.
const EXACT_UP_TO: u64 = 1_000_000;

/// The two-sample test of Smirnov, "On the Estimation of the Discrepancy between Empirical Curves of Distribution for Two
/// Independent Samples" (Moscow University Bulletin, 1939), two-sided. O((n + m) log (n + m)), plus O(n m) for an exact
/// p-value.
///
/// The p-value is exact for continuous data (conservative with ties) while `n m` is at most 1 000 000, by counting lattice
/// paths as in Hodges, "The Significance Probability of the Smirnov Two-Sample Test" (Arkiv foer Matematik, 1958); beyond
/// that it is Kolmogorov's limit with the correction of Stephens (Journal of the Royal Statistical Society B, 1970),
/// `(sqrt(e) + 0.12 + 0.11 / sqrt(e)) D` with `e = n m / (n + m)`, within 1 % of exact there.
///
/// # Errors
///
/// [`StatsError::TooFew`] when a sample is empty, [`StatsError::NotFinite`] when a value is NaN or infinite.
pub fn kolmogorov_smirnov(a: &[f64], b: &[f64]) -> Result<KolmogorovSmirnov, StatsError> {
    check(a, b, "the Kolmogorov-Smirnov test")?;
    let (n, m) = (a.len() as u64, b.len() as u64);
    let distance = largest_distance(a, b);
    let statistic = distance as f64 / (n as f64 * m as f64);
    let exact = n.saturating_mul(m) <= EXACT_UP_TO;
    let p_value = if exact {
        path_probability(n, m, distance)
    } else {
        let root = (n as f64 * m as f64 / (n as f64 + m as f64)).sqrt();
        kolmogorov_survival((root + 0.12 + 0.11 / root) * statistic)
    };
    Ok(KolmogorovSmirnov { statistic, p_value, exact })
}

fn check(a: &[f64], b: &[f64], statistic: &'static str) -> Result<(), StatsError> {
    for values in [a, b] {
        require_len(values, 1, statistic)?;
        require_finite(values, statistic)?;
    }
    Ok(())
}

/// `n m D`, a whole number, so that no rounding can move the rejection region.
fn largest_distance(a: &[f64], b: &[f64]) -> u64 {
    let sorted = |values: &[f64]| {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        sorted
    };
    let (a, b) = (sorted(a), sorted(b));
    let (n, m) = (a.len() as u64, b.len() as u64);
    let (mut i, mut j, mut largest) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        // Both steps are taken together at a tie: the functions are compared only between values.
        let value = a[i].min(b[j]);
        i += a[i..].iter().take_while(|&&x| x <= value).count();
        j += b[j..].iter().take_while(|&&x| x <= value).count();
        largest = largest.max((i as u64 * m).abs_diff(j as u64 * n));
    }
    largest
}

/// The probability that a random ordering of n and m values has a distance of at least `distance / (n m)`.
///
/// An ordering is a lattice path from (0, 0) to (n, m), and all are equally likely when the next value belongs to the
/// first sample with probability (values left of it) / (values left). The mass of the paths is pushed forward row by row
/// and collected where it first reaches the distance: a sum of positive terms, so tiny probabilities keep their digits.
fn path_probability(n: u64, m: u64, distance: u64) -> f64 {
    if distance == 0 {
        return 1.0;
    }
    let mut reached = 0.0;
    // row[j]: probability of being at (i, j) without having reached the distance.
    let mut row = vec![0.0_f64; usize::try_from(m).map_or(0, |m| m + 1)];
    for i in 0..=n {
        let mut from_left = if i == 0 { 1.0 } else { 0.0 };
        for (j, mass) in (0..=m).zip(row.iter_mut()) {
            let here = *mass + from_left;
            if (i * m).abs_diff(j * n) >= distance {
                reached += here;
                (*mass, from_left) = (0.0, 0.0);
                continue;
            }
            let left = (n - i + m - j).max(1) as f64;
            *mass = here * ((n - i) as f64 / left);
            from_left = here * ((m - j) as f64 / left);
        }
    }
    reached.clamp(0.0, 1.0)
}

/// `P(K > x)` of Kolmogorov's limiting distribution: the alternating series for large x, its theta transform for small.
fn kolmogorov_survival(x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    if x < 1.0 {
        let unit = -std::f64::consts::PI.powi(2) / (8.0 * x * x);
        let series: f64 = (1..=10).map(|k| (f64::from((2 * k - 1) * (2 * k - 1)) * unit).exp()).sum();
        return (1.0 - (2.0 * std::f64::consts::PI).sqrt() / x * series).clamp(0.0, 1.0);
    }
    let term = |k: i32| (-2.0 * f64::from(k * k) * x * x).exp();
    let series: f64 = (1..=10).map(|k| if k % 2 == 1 { term(k) } else { -term(k) }).sum();
    (2.0 * series).clamp(0.0, 1.0)
}
