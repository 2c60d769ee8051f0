//! [`Bootstrap`]: how often a learner finds each edge when the rows are drawn anew.
//!
//! Works with any learner: a closure gets the drawn rows ([`Resample`]) and returns its graph as a document. Replicates run in
//! parallel; each draws from its own seed, a hash of the seed and its number, and results are counted in order, so the answer
//! is the same on any number of threads.

mod strengths;

use etiology_graph::{GraphDocument, Nodes};
use etiology_stats::{DiscreteColumn, DiscreteTable};
use rand::rngs::StdRng;
use rand::seq::index;
use rand::{RngExt, SeedableRng};
use rayon::prelude::*;

pub use strengths::{EdgeStrength, EdgeStrengths};

use crate::{Dataset, StructureError};

/// How the rows of a replicate are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Resampling {
    /// As many rows as there are, with replacement (Efron 1979).
    Rows,
    /// The given share of the rows, with replacement: the `m` out of `n` bootstrap.
    Share(f64),
    /// The given share of the rows, without replacement: subsampling, as stability selection does at one half (Meinshausen &
    /// Buhlmann 2010). Duplicated rows make constraint-based tests too sure of themselves; this does not.
    Subsample(f64),
    /// Blocks of consecutive rows, wrapped around the end, for time series (Politis & Romano 1992). The length should cover the
    /// memory of the series; for lagged data make the lagged columns first.
    Blocks(usize),
}

/// Bootstrap of edge strengths (Friedman, Goldszmidt & Wyner, "Data analysis with Bayesian networks: a bootstrap approach",
/// 1999) with the significance threshold of Scutari & Nagarajan 2013.
///
/// # Options
/// | option | default | |
/// |---|---|---|
/// | [`with_replicates`](Self::with_replicates) | 200 | the standard error of a frequency is at most `.5 / sqrt(replicates)` |
/// | [`with_resampling`](Self::with_resampling) | [`Resampling::Rows`] | how rows are drawn |
/// | [`with_seed`](Self::with_seed) | 0 | of all replicates |
///
/// # When not to use it
/// An edge frequency is no probability that the edge is true: it says how stable the learner is, its bias included.
///
/// # Complexity
/// That of the learner, times the replicates, over the threads; `O(p^2)` memory.
///
/// ```
/// use etiology_graph::Nodes;
/// use etiology_structure::{Bootstrap, DirectLingam};
///
/// let uniform = |i: u64, k: u64| ((i * 7919 + k * 104_729) % 9973) as f64 / 9973.0;
/// let x: Vec<f64> = (0..400).map(|i| uniform(i, 1)).collect();
/// let y: Vec<f64> = (0..400).map(|i| 2.0 * x[i as usize] + uniform(i * i, 2)).collect();
/// let nodes = Nodes::new(["x", "y"])?;
/// let strengths = Bootstrap::new().with_replicates(50).run(&nodes, 400, |resample| {
///     let columns = resample.columns(&[&x, &y]);
///     let model = DirectLingam::new().learn(&nodes, &[&columns[0], &columns[1]])?;
///     Ok(model.dag().to_document())
/// })?;
/// assert!(strengths.strength(0, 1) > 0.95 && strengths.direction(0, 1) > 0.9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bootstrap {
    replicates: usize,
    seed: u64,
    resampling: Resampling,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self { replicates: 200, seed: 0, resampling: Resampling::Rows }
    }
}

impl Bootstrap {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of replicates.
    #[must_use]
    pub fn with_replicates(mut self, replicates: usize) -> Self {
        self.replicates = replicates;
        self
    }

    /// The seed of all replicates.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How rows are drawn.
    #[must_use]
    pub fn with_resampling(mut self, resampling: Resampling) -> Self {
        self.resampling = resampling;
        self
    }

    /// Learns from every replicate of `rows` rows and counts the edges over `nodes`. Replicates whose learner fails (a column
    /// may turn constant) are counted as failed and left out.
    ///
    /// # Errors
    /// When there is no row or replicate, a share or block length cannot be drawn, every replicate fails (with the first
    /// failure), or a graph names another variable.
    pub fn run(
        &self,
        nodes: &Nodes,
        rows: usize,
        learn: impl Fn(&Resample) -> Result<GraphDocument, StructureError> + Sync,
    ) -> Result<EdgeStrengths, StructureError> {
        self.check(rows)?;
        let graphs: Vec<Result<GraphDocument, StructureError>> = (0..self.replicates)
            .into_par_iter()
            .map(|replicate| learn(&self.resample(rows, replicate)))
            .collect();
        EdgeStrengths::count(nodes, graphs)
    }

    /// The rows of one replicate.
    #[must_use]
    pub fn resample(&self, rows: usize, replicate: usize) -> Resample {
        let seed = replicate_seed(self.seed, replicate as u64);
        let mut rng = StdRng::seed_from_u64(seed);
        let some = |share: f64| part(rows, share);
        let drawn = match self.resampling {
            Resampling::Rows => (0..rows).map(|_| rng.random_range(0..rows)).collect(),
            Resampling::Share(share) if rows > 0 => {
                (0..some(share)).map(|_| rng.random_range(0..rows)).collect()
            }
            Resampling::Share(_) => Vec::new(),
            Resampling::Subsample(share) => {
                let mut drawn = index::sample(&mut rng, rows, some(share)).into_vec();
                drawn.sort_unstable();
                drawn
            }
            Resampling::Blocks(length) => {
                let mut drawn = Vec::with_capacity(rows + length);
                while drawn.len() < rows {
                    let start = rng.random_range(0..rows);
                    drawn.extend((start..start + length.max(1)).map(|row| row % rows));
                }
                drawn.truncate(rows);
                drawn
            }
        };
        Resample { rows: drawn, of: rows, seed: splitmix(seed) }
    }

    fn check(&self, rows: usize) -> Result<(), StructureError> {
        let wrong =
            |parameter, value, expected| Err(StructureError::Parameter { parameter, value, expected });
        if self.replicates == 0 {
            return wrong("the number of bootstrap replicates", 0.0, "at least 1");
        }
        if rows == 0 {
            return Err(StructureError::NoData { message: "no row to draw from; give some".to_owned() });
        }
        match self.resampling {
            Resampling::Share(share) | Resampling::Subsample(share) if !(share > 0.0 && share <= 1.0) => {
                wrong("the share of rows to draw", share, "above 0 and at most 1")
            }
            Resampling::Blocks(length) if length == 0 || length > rows => {
                wrong("the block length", length as f64, "between 1 and the number of rows")
            }
            _ => Ok(()),
        }
    }
}

/// The rows of one replicate, and a seed for a learner that draws too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resample {
    rows: Vec<usize>,
    of: usize,
    seed: u64,
}

impl Resample {
    /// The drawn rows, in the order drawn; with repetition where drawn with replacement.
    #[must_use]
    pub fn rows(&self) -> &[usize] {
        &self.rows
    }

    /// A seed that belongs to this replicate alone.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// How often each row of the data was drawn: weights for statistics that take them.
    #[must_use]
    pub fn weights(&self) -> Vec<f64> {
        let mut weights = vec![0.0; self.of];
        for &row in &self.rows {
            weights[row] += 1.0;
        }
        weights
    }

    /// The drawn rows of columns of numbers. A row that a column does not have becomes NaN.
    #[must_use]
    pub fn columns(&self, columns: &[&[f64]]) -> Vec<Vec<f64>> {
        let at = |column: &[f64], row: usize| column.get(row).copied().unwrap_or(f64::NAN);
        columns.iter().map(|column| self.rows.iter().map(|&row| at(column, row)).collect()).collect()
    }

    /// The drawn rows of a table of categories; all levels stay, seen or not.
    ///
    /// # Errors
    /// Never for a table of the rows that were drawn from; a row beyond the table becomes missing.
    pub fn table(&self, table: &DiscreteTable) -> Result<DiscreteTable, StructureError> {
        let drawn = table.columns().iter().map(|column| {
            let at = |&row: &usize| column.codes().get(row).copied().unwrap_or(DiscreteColumn::MISSING);
            DiscreteColumn::new(self.rows.iter().map(at).collect(), column.levels().clone())
        });
        Ok(DiscreteTable::new(drawn.collect::<Result<_, _>>()?)?)
    }

    /// The drawn rows of a data set.
    ///
    /// # Errors
    /// When a drawn row lies beyond the data set.
    pub fn dataset(&self, dataset: &Dataset) -> Result<Dataset, StructureError> {
        dataset.select_rows(&self.rows)
    }
}

fn part(rows: usize, share: f64) -> usize {
    // In range by the check before: at least one row, at most all.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let some = (rows as f64 * share).ceil().max(1.0) as usize;
    some.min(rows)
}

/// The seed of a replicate: both numbers through the `SplitMix64` mixer, so that neighbours have nothing in common.
fn replicate_seed(seed: u64, replicate: u64) -> u64 {
    splitmix(splitmix(seed) ^ replicate)
}

fn splitmix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
