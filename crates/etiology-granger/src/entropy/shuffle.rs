//! [`Shuffle`]: orders of the rows of a cause that break its tie to the effect and keep what must be kept.
//!
//! What must be kept depends on the data. Independent rows may take any order; rows of a series keep their own dependence in
//! time under a shift or in blocks; a test given other columns keeps the tie of the cause to them by exchanging values only
//! between rows that are alike in those columns.

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

use super::neighbours::Points;

/// How the rows of a cause are exchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shuffle {
    /// Any order: for independent rows and no conditions.
    Complete,
    /// The rows moved on by a number drawn between `least` and the number of rows less `least`, and around the end: keeps the
    /// dependence in time within the cause (Quian Quiroga et al., Physical Review E 65, 2002, section III).
    Circular {
        /// The least shift: as long as the memory of the series.
        least: usize,
    },
    /// Blocks of consecutive rows in any order: keeps the dependence in time within a block (Carlstein, Annals of Statistics
    /// 14, 1986).
    Blocks {
        /// Rows of a block.
        length: usize,
    },
    /// Each row takes the value of a row among its nearest in the conditions, without repetition as far as that goes
    /// (Runge, "Conditional independence testing based on a nearest-neighbor estimator of conditional mutual information",
    /// AISTATS 2018, algorithm 1). Without conditions this is [`Shuffle::Complete`].
    Local {
        /// How many nearest rows, itself included. 5 to 10 in Runge's simulations.
        neighbours: usize,
    },
}

/// A [`Shuffle`] of given rows.
pub(crate) struct Shuffler {
    shuffle: Shuffle,
    rows: usize,
    /// For local ones: the nearest rows of each.
    nearest: Vec<Vec<usize>>,
}

impl Shuffler {
    pub(crate) fn new(shuffle: Shuffle, rows: usize, given: &[&[f64]]) -> Self {
        let nearest = match shuffle {
            Shuffle::Local { neighbours } if !given.is_empty() => nearest_rows(given, rows, neighbours),
            _ => Vec::new(),
        };
        Self { shuffle, rows, nearest }
    }

    /// The row each row takes its value from, in resample `number` of a run with this seed.
    pub(crate) fn order(&self, seed: u64, number: usize) -> Vec<usize> {
        // Each resample has its own stream, so that they may be made in any order.
        let mut rng = StdRng::seed_from_u64(seed ^ (number as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut order: Vec<usize> = (0..self.rows).collect();
        match self.shuffle {
            Shuffle::Local { .. } if !self.nearest.is_empty() => return self.local(&mut rng),
            Shuffle::Complete | Shuffle::Local { .. } => order.shuffle(&mut rng),
            Shuffle::Circular { least } => {
                // Half the rows at most, so that a shift is always left.
                let least = least.clamp(1, (self.rows / 2).max(1));
                if self.rows > 1 {
                    order.rotate_left(rng.random_range(least..=(self.rows - least).max(least)));
                }
            }
            Shuffle::Blocks { length } => {
                let mut blocks: Vec<&[usize]> = order.chunks(length.max(1)).collect();
                blocks.shuffle(&mut rng);
                return blocks.concat();
            }
        }
        order
    }

    fn local(&self, rng: &mut StdRng) -> Vec<usize> {
        let mut visits: Vec<usize> = (0..self.rows).collect();
        visits.shuffle(rng);
        let (mut used, mut order) = (vec![false; self.rows], vec![0; self.rows]);
        let mut candidates = Vec::new();
        for row in visits {
            candidates.clone_from(&self.nearest[row]);
            candidates.shuffle(rng);
            let free = candidates.iter().find(|&&candidate| !used[candidate]);
            let taken = free.or(candidates.last()).copied().unwrap_or(row);
            used[taken] = true;
            order[row] = taken;
        }
        order
    }
}

fn nearest_rows(given: &[&[f64]], rows: usize, neighbours: usize) -> Vec<Vec<usize>> {
    let points = Points::new(given);
    let mut found = Vec::new();
    (0..rows)
        .map(|row| {
            let point: Vec<f64> = given.iter().map(|column| column[row]).collect();
            points.nearest(&point, neighbours.saturating_sub(1), row, &mut found);
            found.iter().map(|&(_, other)| other).chain([row]).collect()
        })
        .collect()
}

/// P-value of an observed value among those of resamples: the share at least as large, the observed one counted (Davison and
/// Hinkley, "Bootstrap Methods and their Application", 1997, section 4.2).
pub(crate) fn resampled_p_value(observed: f64, resampled: &[f64]) -> f64 {
    let as_large = resampled.iter().filter(|&&value| value >= observed).count();
    (1 + as_large) as f64 / (1 + resampled.len()) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::testing::normals;

    fn sorted(mut order: Vec<usize>) -> Vec<usize> {
        order.sort_unstable();
        order
    }

    #[test]
    fn orders_keep_what_they_promise() {
        let all: Vec<usize> = (0..100).collect();
        let order = |shuffle, number| Shuffler::new(shuffle, 100, &[]).order(7, number);
        for number in 0..20 {
            assert_eq!(sorted(order(Shuffle::Complete, number)), all);
            let circular = order(Shuffle::Circular { least: 10 }, number);
            assert!((10..=90).contains(&circular[0]), "{}", circular[0]);
            assert!(circular.windows(2).all(|pair| pair[1] == (pair[0] + 1) % 100));
            let blocks = order(Shuffle::Blocks { length: 9 }, number);
            let breaks = blocks.windows(2).filter(|pair| pair[1] != pair[0] + 1).count();
            assert!(breaks <= 11, "{breaks}");
            assert_eq!(sorted(blocks), all);
        }
        assert_ne!(order(Shuffle::Complete, 0), order(Shuffle::Complete, 1));
        assert_eq!(order(Shuffle::Complete, 3), order(Shuffle::Complete, 3));
    }

    #[test]
    fn a_local_order_stays_near_and_seldom_repeats() {
        let z = normals(1, 300, 5);
        let shuffler = Shuffler::new(Shuffle::Local { neighbours: 5 }, 300, &[&z[0]]);
        let order = shuffler.order(1, 0);
        let moved = order.iter().enumerate().filter(|&(row, &from)| row != from).count();
        assert!(moved > 200, "{moved}");
        let far = order.iter().enumerate().map(|(row, &from)| (z[0][row] - z[0][from]).abs());
        assert!(far.filter(|&d| d > 0.2).count() < 15);
        let mut distinct = order.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert!(distinct.len() > 240, "{}", distinct.len());
    }

    #[test]
    fn tiny_tables_have_an_order() {
        for rows in 0..4 {
            for shuffle in [
                Shuffle::Complete,
                Shuffle::Circular { least: 50 },
                Shuffle::Blocks { length: 0 },
                Shuffle::Local { neighbours: 0 },
            ] {
                let column = vec![1.0; rows];
                assert_eq!(Shuffler::new(shuffle, rows, &[&column]).order(0, 0).len(), rows);
            }
        }
    }
}
