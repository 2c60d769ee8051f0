//! The terms a discrete score adds up, rounded so that their sums are exact.
//!
//! Each term is a multiple of one power of two, small enough that every partial sum is a multiple of it too and fits an f64.
//! A sum then does not depend on the order of the rows, the parents or the candidates, and equal models have equal scores to
//! the last bit: ties are ties. The rounding is below `n ln n / 2^52` a term.

use std::collections::HashMap;

use statrs::function::gamma::ln_gamma;

/// Counts above this are not tabulated.
const TABULATED: usize = 1 << 16;

/// Tables of rising factorials kept at once.
const TABLES: usize = 64;

/// Rounds to multiples of a power of two.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quantum {
    per_unit: f64,
    unit: f64,
}

impl Quantum {
    /// For sums of terms of `rows` rows.
    pub(super) fn new(rows: usize) -> Self {
        let n = rows.max(1) as f64;
        let bound = n * (n.ln() + 64.0);
        let unit = 2.0_f64.powf(bound.log2().ceil() - 52.0);
        Self { per_unit: 1.0 / unit, unit }
    }

    pub(super) fn round(self, value: f64) -> f64 {
        (value * self.per_unit).round() * self.unit
    }
}

/// `n ln n` for every count.
#[derive(Debug, Clone)]
pub(super) struct Entropy {
    table: Vec<f64>,
    quantum: Quantum,
}

impl Entropy {
    pub(super) fn new(rows: usize, quantum: Quantum) -> Self {
        let term = |count: usize| match count {
            0 => 0.0,
            count => quantum.round(count as f64 * (count as f64).ln()),
        };
        Self { table: (0..=rows.min(TABULATED)).map(term).collect(), quantum }
    }

    #[inline]
    pub(super) fn of(&self, count: u32) -> f64 {
        match self.table.get(count as usize) {
            Some(&term) => term,
            None => self.quantum.round(f64::from(count) * f64::from(count).ln()),
        }
    }
}

/// `ln Gamma(alpha + n) - ln Gamma(alpha)`, the log of the rising factorial, for one `alpha` and every count.
#[derive(Debug)]
pub(super) struct Rising {
    alpha: f64,
    at_zero: f64,
    quantum: Quantum,
    /// NaN where not asked for yet.
    table: Vec<f64>,
}

impl Rising {
    fn new(alpha: f64, quantum: Quantum) -> Self {
        Self { alpha, at_zero: ln_gamma(alpha), quantum, table: Vec::new() }
    }

    #[inline]
    pub(super) fn of(&mut self, count: u32) -> f64 {
        if count == 0 {
            return 0.0;
        }
        let at = count as usize;
        match self.table.get(at) {
            Some(&term) if !term.is_nan() => term,
            _ => self.compute(at),
        }
    }

    fn compute(&mut self, count: usize) -> f64 {
        let term = self.quantum.round(ln_gamma(self.alpha + count as f64) - self.at_zero);
        if count <= TABULATED {
            if self.table.len() <= count {
                self.table.resize((count + 1).next_power_of_two(), f64::NAN);
            }
            self.table[count] = term;
        }
        term
    }
}

/// The rising factorials in use, by `alpha`.
#[derive(Debug, Default)]
pub(super) struct RisingTables {
    tables: HashMap<u64, Rising>,
}

impl RisingTables {
    /// Takes a table out, to be put back by [`RisingTables::put`].
    pub(super) fn take(&mut self, alpha: f64, quantum: Quantum) -> Rising {
        self.tables.remove(&alpha.to_bits()).unwrap_or_else(|| Rising::new(alpha, quantum))
    }

    pub(super) fn put(&mut self, rising: Rising) {
        if self.tables.len() >= TABLES {
            self.tables.clear();
        }
        self.tables.insert(rising.alpha.to_bits(), rising);
    }
}

/// `ln C(n, k)`, the parametric complexity of a multinomial with `k` outcomes and `n` observations (Kontkanen & Myllymaki
/// 2007): exact by their recursion in `k`, by Szpankowski and Weinberger's approximation (2012, theorem 2) for large `k`.
#[derive(Debug, Default)]
pub(super) struct Regrets {
    /// `ln C(n, k)` at `known[n][k]`.
    known: HashMap<u32, Vec<f64>>,
    large: HashMap<(u32, u64), f64>,
}

/// From this many outcomes on, the approximation.
const EXACT_OUTCOMES: usize = 1 << 12;

impl Regrets {
    pub(super) fn of(&mut self, count: u32, outcomes: f64) -> f64 {
        if count == 0 || outcomes <= 1.0 {
            return 0.0;
        }
        if outcomes >= EXACT_OUTCOMES as f64 {
            let key = (count, outcomes.to_bits());
            return *self.large.entry(key).or_insert_with(|| szpankowski_weinberger(count, outcomes));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 4096")]
        let outcomes = outcomes as usize;
        let known = self.known.entry(count).or_insert_with(|| vec![0.0, 0.0, ln_binomial_regret(count)]);
        while known.len() <= outcomes {
            // C(n, k + 2) = C(n, k + 1) + n / k C(n, k), on the scale of logarithms.
            let k = (known.len() - 2) as f64;
            let (last, before) = (known[known.len() - 1], known[known.len() - 2]);
            known.push(last + (f64::from(count) / k * (before - last).exp()).ln_1p());
        }
        known[outcomes]
    }
}

/// `ln C(n, 2)`, the sum over all splits of `n` in two.
fn ln_binomial_regret(count: u32) -> f64 {
    let n = f64::from(count);
    if count > 100_000 {
        return szpankowski_weinberger(count, 2.0);
    }
    let share = |part: f64| if part > 0.0 { part * (part / n).ln() } else { 0.0 };
    let log_factorial = |m: f64| ln_gamma(m + 1.0);
    let term = |h: u32| {
        let (h, rest) = (f64::from(h), f64::from(count - h));
        (log_factorial(n) - log_factorial(h) - log_factorial(rest) + share(h) + share(rest)).exp()
    };
    (0..=count).map(term).sum::<f64>().ln()
}

fn szpankowski_weinberger(count: u32, outcomes: f64) -> f64 {
    let (n, k) = (f64::from(count), outcomes);
    let alpha = k / n;
    let c = 0.5 + 0.5 * (1.0 + 4.0 / alpha).sqrt();
    n * (alpha.ln() + (alpha + 2.0) * c.ln() - 1.0 / c) - 0.5 * (c + 2.0 / alpha).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_exact_in_any_order() {
        let quantum = Quantum::new(5_000);
        let entropy = Entropy::new(5_000, quantum);
        let counts = [1, 7, 300, 2_500, 12, 999, 4, 77, 1_100];
        let forwards: f64 = counts.iter().map(|&n| entropy.of(n)).sum();
        let backwards: f64 = counts.iter().rev().map(|&n| entropy.of(n)).sum();
        assert_eq!(forwards.to_bits(), backwards.to_bits());
        let plain: f64 = counts.iter().map(|&n| f64::from(n) * f64::from(n).ln()).sum();
        assert!((forwards - plain).abs() < 1e-9);
    }

    #[test]
    fn rising_factorials() {
        let quantum = Quantum::new(100);
        let mut rising = RisingTables::default().take(0.25, quantum);
        let product: f64 = (0..7).map(|i| (0.25 + f64::from(i)).ln()).sum();
        assert!((rising.of(7) - product).abs() < 1e-10 && rising.of(0) == 0.0);
    }

    /// C(n, 2) of 1, 2, 3 is 2, 2.5, 2 + 8/9; C(2, 3) = C(2, 2) + 2 C(2, 1) = 4.5; the approximation is close.
    #[test]
    fn regrets() {
        let mut regrets = Regrets::default();
        for (n, k, value) in [(1, 2.0, 2.0_f64), (2, 2.0, 2.5), (3, 2.0, 2.0 + 8.0 / 9.0), (2, 3.0, 4.5)] {
            assert!((regrets.of(n, k) - value.ln()).abs() < 1e-12, "{n} {k}");
        }
        let exact = regrets.of(500, 60.0);
        assert!((exact - szpankowski_weinberger(500, 60.0)).abs() < 1e-3 * exact);
    }
}
