//! The parametric complexity of a multinomial: the logarithm of the sum of the maximum likelihoods of all samples.
//!
//! Two categories: `C(n, 2) = sum_k n! / ((n - k)! n^k)`, whose terms vanish after some `sqrt(n)` (Mononen & Myllymaki, "Computing
//! the multinomial stochastic complexity in sub-linear time", 2008). More: `C(n, r + 2) = C(n, r + 1) + n / r C(n, r)` (Kontkanen &
//! Myllymaki, "A linear-time algorithm for computing the multinomial stochastic complexity", Information Processing Letters 103,
//! 2007), in logarithms, since it overflows. Values are found when first asked for.

/// Logarithms of complexities, by number of categories and of rows.
#[derive(Debug, Clone, Default)]
pub(super) struct Complexity {
    /// `known[r][n]`; NaN where not yet asked for.
    known: Vec<Vec<f64>>,
}

impl Complexity {
    /// `ln C(n, r)`; 0 for no row or one category. `O(sqrt(n) + r)` the first time.
    pub(super) fn ln(&mut self, n: usize, r: usize) -> f64 {
        if n == 0 || r <= 1 {
            return 0.0;
        }
        if self.known.len() <= r {
            self.known.resize(r + 1, Vec::new());
        }
        let row = &mut self.known[r];
        if row.len() <= n {
            row.resize(n + 1, f64::NAN);
        }
        if row[n].is_nan() {
            row[n] = ln_complexity(n, r);
        }
        row[n]
    }
}

fn ln_complexity(n: usize, r: usize) -> f64 {
    let count = n as f64;
    let (mut term, mut two) = (1.0, 1.0);
    for k in 0..n {
        term *= (count - k as f64) / count;
        two += term;
        if term < two * 1e-17 {
            break;
        }
    }
    let (mut before, mut here) = (0.0, f64::ln(two));
    for categories in 1..r.saturating_sub(1) {
        let next = here + (count / categories as f64 * f64::exp(before - here)).ln_1p();
        (before, here) = (here, next);
    }
    here
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ln_factorial(n: usize) -> f64 {
        (1..=n).map(|i| (i as f64).ln()).sum()
    }

    /// The definition: over all counts of `r` categories, the number of samples times their maximum likelihood.
    fn by_definition(n: usize, r: usize) -> f64 {
        fn sum(left: usize, r: usize, n: usize, ln_weight: f64) -> f64 {
            let part = |h: usize| {
                let share = h as f64 / n as f64;
                if h == 0 { 0.0 } else { h as f64 * share.ln() - ln_factorial(h) }
            };
            if r == 1 {
                return (ln_weight + part(left)).exp();
            }
            (0..=left).map(|h| sum(left - h, r - 1, n, ln_weight + part(h))).sum()
        }
        sum(n, r, n, ln_factorial(n))
    }

    #[test]
    fn equals_the_definition() {
        let mut complexity = Complexity::default();
        for n in [1, 2, 3, 7, 20] {
            for r in 1..5 {
                let expected = by_definition(n, r).ln();
                assert!((complexity.ln(n, r) - expected).abs() < 1e-10, "C({n}, {r})");
            }
        }
        assert!((complexity.ln(2, 2) - 2.5_f64.ln()).abs() < 1e-15);
        assert_eq!(complexity.ln(0, 9).to_bits(), 0);
        // Rissanen's asymptote for two categories: ln sqrt(n pi / 2).
        let n = 1_000_000;
        assert!((complexity.ln(n, 2) - (n as f64 * std::f64::consts::PI / 2.0).sqrt().ln()).abs() < 1e-3);
        assert!(complexity.ln(5000, 10_000).is_finite());
    }
}
