//! The distribution of a contingency statistic over shuffles of one column within the strata.
//!
//! A shuffle leaves every margin as it is, so only the part of the statistic that depends on the cells is summed again:
//! `2 sum n ln n` for G^2 and `sum n^2 / e` for X^2, plus a constant of the margins.

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::contingency_test::ContingencyTest;
use crate::counts::{Cell, CountSession};

/// Cells of a stratum up to which a table is cleared and filled rather than sorted.
const DENSE_CELLS: usize = 4096;

/// A statistic under shuffles.
pub(super) struct Shuffles {
    statistics: Vec<f64>,
}

/// One stratum: its levels of `x`, and of `y` to be shuffled, with the margins.
struct Stratum {
    x: Vec<u32>,
    y: Vec<u32>,
    x_sums: Vec<f64>,
    y_sums: Vec<f64>,
}

impl Shuffles {
    /// `None` where the counts are. The order of the pair and of the set changes nothing.
    pub(super) fn of(
        test: &ContingencyTest,
        counts: &mut CountSession<'_>,
        (x, y): (usize, usize),
        given: &[usize],
        pearson: bool,
        permutations: usize,
        seed: u64,
    ) -> Option<Self> {
        let (x, y) = (x.min(y), x.max(y));
        let mut given = given.to_vec();
        given.sort_unstable();
        let rows = counts.complete_rows(x, y, &given)?;
        let (x_levels, y_levels) = (test.counter().cardinality(x), test.counter().cardinality(y));
        let mut strata: Vec<Stratum> = rows
            .chunk_by(|a, b| a.group == b.group)
            .map(|rows| Stratum::new(rows, x_levels, y_levels))
            .collect();
        let constant: f64 = strata.iter().map(|stratum| stratum.constant(pearson)).sum();
        let mut rng = StdRng::seed_from_u64(mix(seed, [x, y].iter().chain(&given)));
        let mut table = vec![0_u32; if x_levels * y_levels <= DENSE_CELLS { x_levels * y_levels } else { 0 }];
        let mut pairs = Vec::new();
        let statistics = (0..permutations).map(|_| {
            let cells: f64 = strata
                .iter_mut()
                .map(|stratum| {
                    stratum.y.shuffle(&mut rng);
                    if table.is_empty() {
                        stratum.sorted(pearson, &mut pairs)
                    } else {
                        stratum.tabled(test, pearson, &mut table, y_levels)
                    }
                })
                .sum();
            cells + constant
        });
        Some(Self { statistics: statistics.collect() })
    }

    /// The share of shuffles, with the data as one of them, that reach the statistic; equal values reach it in spite of
    /// rounding.
    pub(super) fn p_value(&self, statistic: f64) -> f64 {
        let reached = statistic - 1e-9 * statistic.abs().max(1.0);
        let exceeding = self.statistics.iter().filter(|&&shuffled| shuffled >= reached).count();
        (exceeding + 1) as f64 / (self.statistics.len() + 1) as f64
    }

    /// The mean statistic.
    pub(super) fn mean(&self) -> Option<f64> {
        crate::mean(&self.statistics)
    }
}

impl Stratum {
    fn new(rows: &[Cell], x_levels: usize, y_levels: usize) -> Self {
        let (mut x_sums, mut y_sums) = (vec![0.0; x_levels], vec![0.0; y_levels]);
        for row in rows {
            x_sums[row.x as usize] += 1.0;
            y_sums[row.y as usize] += 1.0;
        }
        Self {
            x: rows.iter().map(|row| row.x).collect(),
            y: rows.iter().map(|row| row.y).collect(),
            x_sums,
            y_sums,
        }
    }

    /// The part of the statistic that no shuffle changes.
    fn constant(&self, pearson: bool) -> f64 {
        let total = self.x.len() as f64;
        let entropy = |sum: &f64| if *sum > 0.0 { sum * sum.ln() } else { 0.0 };
        if pearson {
            return -total;
        }
        2.0 * (entropy(&total) - self.x_sums.iter().chain(&self.y_sums).map(entropy).sum::<f64>())
    }

    /// `n^2 / e` of a cell.
    fn square(&self, x: usize, y: usize, count: f64) -> f64 {
        count * count * self.x.len() as f64 / (self.x_sums[x] * self.y_sums[y])
    }

    fn tabled(&self, test: &ContingencyTest, pearson: bool, table: &mut [u32], y_levels: usize) -> f64 {
        table.fill(0);
        for (&x, &y) in self.x.iter().zip(&self.y) {
            table[x as usize * y_levels + y as usize] += 1;
        }
        let occupied = table.iter().enumerate().filter(|(_, count)| **count > 0);
        if pearson {
            occupied.map(|(at, &count)| self.square(at / y_levels, at % y_levels, f64::from(count))).sum()
        } else {
            occupied.map(|(_, &count)| 2.0 * test.entropy(count)).sum()
        }
    }

    fn sorted(&self, pearson: bool, pairs: &mut Vec<(u32, u32)>) -> f64 {
        pairs.clear();
        pairs.extend(self.x.iter().copied().zip(self.y.iter().copied()));
        pairs.sort_unstable();
        pairs
            .chunk_by(|a, b| a == b)
            .map(|cell| {
                let count = cell.len() as f64;
                if pearson {
                    self.square(cell[0].0 as usize, cell[0].1 as usize, count)
                } else {
                    2.0 * count * count.ln()
                }
            })
            .sum()
    }
}

/// A seed from a seed and the columns asked about, by Steele, Lea and Flood's `SplitMix64` (2014).
pub(super) fn mix<'a>(seed: u64, columns: impl Iterator<Item = &'a usize>) -> u64 {
    columns.fold(seed, |state, &column| {
        let mut z = state.wrapping_add(column as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    })
}
