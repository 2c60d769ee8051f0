//! Counting categorical rows: strata, and the information of two variables within them.

use std::collections::HashMap;

use super::complexity::Complexity;

/// A partition of the rows into numbered strata, numbered by first appearance.
#[derive(Debug, Clone)]
pub(super) struct Strata {
    of: Vec<u32>,
    count: usize,
    /// Product of the cardinalities of the columns that split: the strata there could be.
    possible: f64,
}

impl Strata {
    /// All rows in one.
    pub(super) fn whole(rows: usize) -> Self {
        Self { of: vec![0; rows], count: usize::from(rows > 0), possible: 1.0 }
    }

    /// Each stratum split by a column with codes below `cardinality`. `O(n)`; never more strata than rows.
    pub(super) fn split(&self, codes: &[u16], cardinality: usize) -> Self {
        const UNSEEN: u32 = u32::MAX;
        let pair = |stratum: u32, code: u16| stratum as usize * cardinality + usize::from(code);
        let cells = self.count * cardinality;
        let mut count = 0_u32;
        let mut of = Vec::with_capacity(self.of.len());
        if cells <= 16 * self.of.len() + 1024 {
            let mut number = vec![UNSEEN; cells];
            for (&stratum, &code) in self.of.iter().zip(codes) {
                let slot = &mut number[pair(stratum, code)];
                if *slot == UNSEEN {
                    *slot = count;
                    count += 1;
                }
                of.push(*slot);
            }
        } else {
            // Only looked up in, so its order reaches no result.
            let mut number = HashMap::new();
            for (&stratum, &code) in self.of.iter().zip(codes) {
                let slot = *number.entry(pair(stratum, code)).or_insert(count);
                count += u32::from(slot == count);
                of.push(slot);
            }
        }
        Self { of, count: count as usize, possible: self.possible * cardinality as f64 }
    }

    fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![0; self.count];
        for &stratum in &self.of {
            sizes[stratum as usize] += 1;
        }
        sizes
    }
}

/// What the information of two variables is charged with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Correction {
    /// The normalised maximum likelihood complexity in the symmetric form of Affeldt & Isambert 2015:
    /// `k = 1/2 sum_u (sum_x ln C(n_xu, r_y) - ln C(n_u, r_y) + sum_y ln C(n_yu, r_x) - ln C(n_u, r_x))`.
    #[default]
    Nml,
    /// The description length of the parameters, `k = 1/2 (r_x - 1) (r_y - 1) r_u ln n`: stricter on sparse strata.
    Mdl,
}

/// What one thread remembers.
#[derive(Debug, Clone, Default)]
pub(super) struct Scratch {
    correction: Correction,
    complexity: Complexity,
    /// `n ln n`.
    n_ln_n: Vec<f64>,
}

impl Scratch {
    pub(super) fn new(correction: Correction) -> Self {
        Self { correction, ..Self::default() }
    }

    fn n_ln_n(&mut self, n: usize) -> f64 {
        while self.n_ln_n.len() <= n {
            let next = self.n_ln_n.len() as f64;
            self.n_ln_n.push(if next > 0.0 { next * next.ln() } else { 0.0 });
        }
        self.n_ln_n[n]
    }
}

/// One of the two variables within the strata.
pub(super) struct Within<'a> {
    pub(super) codes: &'a [u16],
    pub(super) cardinality: usize,
    /// The strata split by it.
    pub(super) split: &'a Strata,
}

/// `n I(x; y | strata) - k(x; y | strata)` in nats. `O(n)`.
pub(super) fn information(strata: &Strata, x: &Within<'_>, y: &Within<'_>, scratch: &mut Scratch) -> f64 {
    let both = x.split.split(y.codes, y.cardinality).sizes();
    let (alone, with_x, with_y) = (strata.sizes(), x.split.sizes(), y.split.sizes());
    let mut sum = |sizes: &[usize]| -> f64 { sizes.iter().map(|&n| scratch.n_ln_n(n)).sum() };
    let information = sum(&both) + sum(&alone) - sum(&with_x) - sum(&with_y);
    let cost = match scratch.correction {
        Correction::Mdl => {
            let parameters = (x.cardinality - 1) as f64 * (y.cardinality - 1) as f64 * strata.possible;
            parameters * (strata.of.len() as f64).ln()
        }
        Correction::Nml => {
            let mut sum = |sizes: &[usize], r: usize| -> f64 {
                sizes.iter().map(|&n| scratch.complexity.ln(n, r)).sum()
            };
            sum(&with_x, y.cardinality) - sum(&alone, y.cardinality) + sum(&with_y, x.cardinality)
                - sum(&alone, x.cardinality)
        }
    };
    information - cost / 2.0
}
