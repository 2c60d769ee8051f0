//! Pearson's chi-squared and the likelihood-ratio test G^2 of conditional independence between discrete columns.
//!
//! Both compare the counts `n_xyz` in every stratum z of the conditioning set with `e_xyz = n_xz n_yz / n_z`, which is what
//! independence within strata would give: `X^2 = sum (n - e)^2 / e` and `G^2 = 2 sum n ln(n / e)`. Under independence both
//! tend to a chi-squared distribution. Implementations differ in its degrees of freedom where rows, columns or strata are
//! empty; [`DegreesOfFreedom`] names the conventions.

use serde::{Deserialize, Serialize};
use statrs::function::gamma::checked_gamma_ur;

use super::shuffles::Shuffles;
use super::{IndependenceTest, TestResult, TestSession, shrinkage};
use crate::counts::{Cell, CountSession, Counter, PairCounts};
use crate::{DiscreteTable, StatsError};

/// The statistic of a [`ContingencyTest`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ContingencyStatistic {
    /// Pearson (Philosophical Magazine 50, 1900). bnlearn's `x2`, causal-learn's `chisq`.
    Pearson,
    /// The likelihood ratio (Wilks 1935): 2 n times the conditional mutual information in nats. bnlearn's `mi`, pcalg's
    /// `gSquareDis`, causal-learn's `gsq`.
    #[default]
    LikelihoodRatio,
    /// The likelihood ratio of probabilities shrunk towards the uniform distribution over all cells (James and Stein's
    /// estimator; Hausser and Strimmer, JMLR 10, 2009). bnlearn's `mi-sh`. It needs a dense table: one of more than about
    /// 32 cells a row is not judged. Always referred to the chi-squared distribution, which makes
    /// it conservative: where the cells are near uniform the statistic shrinks to nothing and hardly ever rejects.
    Shrinkage,
}

/// What the statistic of a [`ContingencyTest`] is referred to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ContingencyReference {
    /// Its limit for many rows.
    #[default]
    ChiSquared,
    /// The statistic over random shuffles of `y` within the strata, exact for any number of rows: `p = (1 + b) / (1 + B)`
    /// when b of B shuffles reach it (Phipson and Smyth 2010). bnlearn's `mc-mi` and `mc-x2`. O(B n) a test.
    Permutation {
        /// The number B of shuffles; p-values are multiples of `1 / (B + 1)`.
        permutations: usize,
        /// The shuffles depend on this and the columns asked about, not on the order of questions.
        seed: u64,
    },
    /// A chi-squared distribution whose degrees of freedom are the mean of the statistic over shuffles: tens of them
    /// suffice (Tsamardinos and Borboudakis, ECML 2010). bnlearn's `sp-mi` and `sp-x2`.
    Semiparametric {
        /// The number of shuffles; 100 is usual.
        permutations: usize,
        /// As for permutations.
        seed: u64,
    },
}

/// The degrees of freedom of a [`ContingencyTest`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum DegreesOfFreedom {
    /// `(|X| - 1)(|Y| - 1) prod |Z|` from the declared levels, whatever occurs: bnlearn's `mi` and `x2`, pcalg's default.
    /// Conservative in sparse tables, where most cells cannot contribute.
    Nominal,
    /// The sum over strata of `(r - 1)(c - 1)`, with r and c the numbers of rows and columns of the stratum that are not
    /// empty: bnlearn's `mi-adf` and `x2-adf`, Tetrad, causal-learn's `chisq` and `gsq`.
    #[default]
    Observed,
    /// [`DegreesOfFreedom::Nominal`] less the number of empty cells, at least 1: pcalg's `adaptDF`.
    NonzeroCells,
}

/// What a [`ContingencyTest`] without degrees of freedom says: in every stratum `x` or `y` has one level, as where the set
/// determines it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Determined {
    /// Nothing. A learner then keeps the edge and reports it as not judged. Two columns that determine each other stay joined,
    /// and where many do, searches grow.
    #[default]
    Undecided,
    /// Independence, p = 1, which holds trivially: the rule of causal-learn. A column that others determine then loses its edges to
    /// all but some of those.
    Independent,
}

/// Tests conditional independence of discrete columns by X^2 or G^2.
///
/// # Assumptions
/// Independent rows, and enough of them: the chi-squared distribution is good when expected counts are at least about 5.
/// [`ContingencyTest::with_rows_per_degree`] refuses sparser tests.
///
/// # Missing values
/// A row that lacks a value in `x`, `y` or the set is left out of that test (test-wise deletion); unbiased when values are
/// missing completely at random.
///
/// # What it cannot judge
/// `None`: no degrees of freedom (a column or every stratum with one level; see [`Determined`]), too few rows a degree, a number that is no
/// column, `x` equal to `y` or in the set.
///
/// # Complexity
/// O(n) a test; less over bits when the table has at most 64 cells of columns of at most 8 levels. The grouping of the rows
/// by a set is kept while the set stays the same.
///
/// # Example
///
/// ```
/// use etiology_stats::{ContingencyTest, DiscreteColumn, DiscreteTable, IndependenceTest};
///
/// let column = |codes: Vec<u16>| DiscreteColumn::new(codes, ["no".to_owned(), "yes".to_owned()]);
/// let x: Vec<u16> = (0..100).map(|i| i % 2).collect();
/// let y = x.iter().enumerate().map(|(i, &x)| if i % 5 == 0 { 1 - x } else { x }).collect();
/// let test = ContingencyTest::g_squared(&DiscreteTable::new(vec![column(x)?, column(y)?])?)?;
/// assert_eq!(test.session().independent(0, 1, &[], 0.01), Some(false));
/// # Ok::<(), etiology_stats::StatsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct ContingencyTest {
    counter: Counter,
    statistic: ContingencyStatistic,
    degrees: DegreesOfFreedom,
    determined: Determined,
    reference: ContingencyReference,
    rows_per_degree: f64,
    /// `k ln k` for counts k.
    entropy: Vec<f64>,
}

impl ContingencyTest {
    /// A test of `table` with the observed degrees of freedom.
    ///
    /// # Errors
    /// As [`Counter::new`].
    pub fn new(table: &DiscreteTable, statistic: ContingencyStatistic) -> Result<Self, StatsError> {
        let counter = Counter::new(table)?;
        let entropy = (0..=counter.rows().min(1 << 16)).map(|k| count_entropy(k as f64)).collect();
        Ok(Self {
            counter,
            statistic,
            degrees: DegreesOfFreedom::default(),
            determined: Determined::default(),
            reference: ContingencyReference::default(),
            rows_per_degree: 0.0,
            entropy,
        })
    }

    /// Pearson's chi-squared test.
    ///
    /// # Errors
    /// As [`Counter::new`].
    pub fn chi_squared(table: &DiscreteTable) -> Result<Self, StatsError> {
        Self::new(table, ContingencyStatistic::Pearson)
    }

    /// The likelihood-ratio test.
    ///
    /// # Errors
    /// As [`Counter::new`].
    pub fn g_squared(table: &DiscreteTable) -> Result<Self, StatsError> {
        Self::new(table, ContingencyStatistic::LikelihoodRatio)
    }

    /// Takes the degrees of freedom by another rule.
    #[must_use]
    pub fn with_degrees(mut self, degrees: DegreesOfFreedom) -> Self {
        self.degrees = degrees;
        self
    }

    /// Decides what tests without degrees of freedom say; default [`Determined::Undecided`].
    #[must_use]
    pub fn with_determined(mut self, determined: Determined) -> Self {
        self.determined = determined;
        self
    }

    /// Refers the statistic to another distribution.
    #[must_use]
    pub fn with_reference(mut self, reference: ContingencyReference) -> Self {
        self.reference = reference;
        self
    }

    /// Refuses tests with fewer than so many rows a degree of freedom. Default 0; 10 is pcalg's and 5 MMPC's (Tsamardinos,
    /// Brown and Aliferis 2006).
    #[must_use]
    pub fn with_rows_per_degree(mut self, rows: f64) -> Self {
        self.rows_per_degree = rows;
        self
    }

    /// The counts behind the test.
    #[must_use]
    pub fn counter(&self) -> &Counter {
        &self.counter
    }

    pub(super) fn entropy(&self, count: u32) -> f64 {
        match self.entropy.get(count as usize) {
            Some(&entropy) => entropy,
            None => count_entropy(f64::from(count)),
        }
    }
}

/// `k ln k`, 0 for 0.
fn count_entropy(k: f64) -> f64 {
    if k > 0.0 { k * k.ln() } else { 0.0 }
}

/// `P(X > statistic)` of a chi-squared variable.
pub(super) fn chi_squared_tail(statistic: f64, df: f64) -> Option<f64> {
    if statistic <= 0.0 {
        return Some(1.0);
    }
    checked_gamma_ur(df / 2.0, statistic / 2.0).ok().map(|p| p.clamp(0.0, 1.0)).filter(|p| !p.is_nan())
}

impl IndependenceTest for ContingencyTest {
    fn name(&self) -> &'static str {
        match self.statistic {
            ContingencyStatistic::Pearson => "chi2",
            ContingencyStatistic::LikelihoodRatio => "g2",
            ContingencyStatistic::Shrinkage => "mi-sh",
        }
    }

    fn variables(&self) -> usize {
        self.counter.width()
    }

    fn session(&self) -> Box<dyn TestSession + '_> {
        Box::new(Session {
            test: self,
            counts: self.counter.session(),
            x_sums: Vec::new(),
            y_sums: Vec::new(),
        })
    }
}

struct Session<'a> {
    test: &'a ContingencyTest,
    counts: CountSession<'a>,
    x_sums: Vec<u32>,
    y_sums: Vec<u32>,
}

/// What the strata add up to.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Sums {
    pub(super) statistic: f64,
    pub(super) rows: f64,
    pub(super) observed_degrees: f64,
    pub(super) nonzero_cells: f64,
}

impl Session<'_> {
    /// The statistic and its degrees of freedom.
    fn evaluate(&mut self, x: usize, y: usize, given: &[usize]) -> Option<(f64, f64)> {
        if x == y || given.contains(&x) || given.contains(&y) {
            return None;
        }
        let test = self.test;
        let levels = |column: usize| test.counter.cardinality(column) as f64;
        let (x_levels, y_levels) = (test.counter.cardinality(x), test.counter.cardinality(y));
        self.x_sums.resize(x_levels, 0);
        self.y_sums.resize(y_levels, 0);
        let mut sums = Sums::default();
        let all_cells = levels(x) * levels(y) * given.iter().map(|&member| levels(member)).product::<f64>();
        match self.counts.pair(x, y, given)? {
            PairCounts::Dense { counts, x_span, y_span }
                if test.statistic == ContingencyStatistic::Shrinkage =>
            {
                let complete = (x_levels, y_levels);
                sums = shrinkage::sums(counts, (x_span, y_span), complete, all_cells)?;
            }
            PairCounts::Sparse(_) if test.statistic == ContingencyStatistic::Shrinkage => return None,
            PairCounts::Dense { counts, x_span, y_span } => {
                let y_span = y_span.max(1);
                for stratum in counts.chunks_exact((x_span * y_span).max(1)) {
                    if stratum.iter().all(|&count| count == 0) {
                        continue;
                    }
                    self.x_sums.fill(0);
                    self.y_sums.fill(0);
                    for (row, x_sum) in stratum.chunks_exact(y_span).zip(&mut self.x_sums) {
                        for (&count, y_sum) in row.iter().zip(&mut self.y_sums) {
                            *x_sum += count;
                            *y_sum += count;
                        }
                    }
                    let cells = || {
                        stratum
                            .chunks_exact(y_span)
                            .zip(&self.x_sums)
                            .flat_map(|(row, &x)| row.iter().zip(&self.y_sums).map(move |(&n, &y)| (n, x, y)))
                    };
                    test.add_stratum(&mut sums, &self.x_sums, &self.y_sums, cells);
                }
            }
            PairCounts::Sparse(cells) => {
                for stratum in cells.chunk_by(|a, b| a.group == b.group) {
                    test.add_sparse_stratum(&mut sums, &mut self.x_sums, &mut self.y_sums, stratum);
                }
            }
        }
        let nominal = (levels(x) - 1.0).max(0.0)
            * (levels(y) - 1.0).max(0.0)
            * given.iter().map(|&member| levels(member)).product::<f64>();
        let df = match test.degrees {
            DegreesOfFreedom::Nominal => nominal,
            DegreesOfFreedom::Observed => sums.observed_degrees,
            DegreesOfFreedom::NonzeroCells if nominal > 0.0 => {
                let cells =
                    levels(x) * levels(y) * given.iter().map(|&member| levels(member)).product::<f64>();
                (nominal - (cells - sums.nonzero_cells)).max(1.0)
            }
            DegreesOfFreedom::NonzeroCells => 0.0,
        };
        if df == 0.0 && sums.rows > 0.0 && test.determined == Determined::Independent {
            return Some((0.0, 0.0));
        }
        let enough = df > 0.0 && df.is_finite() && sums.rows > 0.0 && sums.rows >= test.rows_per_degree * df;
        enough.then_some((sums.statistic.max(0.0), df))
    }
}

impl ContingencyTest {
    /// Adds a stratum given its margins and its cells as (count, row sum, column sum).
    fn add_stratum<I: Iterator<Item = (u32, u32, u32)>>(
        &self,
        sums: &mut Sums,
        x_sums: &[u32],
        y_sums: &[u32],
        cells: impl Fn() -> I,
    ) {
        let total: u32 = x_sums.iter().sum();
        if total == 0 {
            return;
        }
        let occurring = |sums: &[u32]| sums.iter().filter(|&&sum| sum > 0).count() as f64;
        sums.rows += f64::from(total);
        let degrees = (occurring(x_sums) - 1.0) * (occurring(y_sums) - 1.0);
        sums.observed_degrees += degrees;
        if self.degrees == DegreesOfFreedom::NonzeroCells {
            sums.nonzero_cells += cells().filter(|cell| cell.0 > 0).count() as f64;
        }
        // One row or one column of a table is what independence gives.
        if degrees == 0.0 {
            return;
        }
        match self.statistic {
            ContingencyStatistic::Pearson => {
                let scale = 1.0 / f64::from(total);
                for (count, x, y) in cells() {
                    let expected = f64::from(x) * f64::from(y) * scale;
                    if expected > 0.0 {
                        let excess = f64::from(count) - expected;
                        sums.statistic += excess * excess / expected;
                    }
                }
            }
            ContingencyStatistic::LikelihoodRatio | ContingencyStatistic::Shrinkage => {
                let joint: f64 = cells().map(|cell| self.entropy(cell.0)).sum();
                let margins: f64 = x_sums.iter().chain(y_sums).map(|&sum| self.entropy(sum)).sum();
                sums.statistic += 2.0 * (joint - margins + self.entropy(total));
            }
        }
    }

    /// The same from the cells that are not zero. `x_sums` and `y_sums` are scratch.
    fn add_sparse_stratum(&self, sums: &mut Sums, x_sums: &mut [u32], y_sums: &mut [u32], cells: &[Cell]) {
        for cell in cells {
            x_sums[cell.x as usize] = 0;
            y_sums[cell.y as usize] = 0;
        }
        let (mut rows, mut columns, mut total) = (0.0, 0.0, 0_u32);
        for cell in cells {
            let (x_sum, y_sum) = (&mut x_sums[cell.x as usize], &mut y_sums[cell.y as usize]);
            rows += f64::from(u8::from(*x_sum == 0));
            columns += f64::from(u8::from(*y_sum == 0));
            *x_sum += cell.count;
            *y_sum += cell.count;
            total += cell.count;
        }
        sums.rows += f64::from(total);
        sums.observed_degrees += (rows - 1.0) * (columns - 1.0);
        sums.nonzero_cells += cells.len() as f64;
        let total = f64::from(total);
        for cell in cells {
            let count = f64::from(cell.count);
            let expected = f64::from(x_sums[cell.x as usize]) * f64::from(y_sums[cell.y as usize]) / total;
            sums.statistic += match self.statistic {
                // The cells without a count add their expectations, which all together make the total.
                ContingencyStatistic::Pearson => count * (count / expected - 1.0),
                ContingencyStatistic::LikelihoodRatio | ContingencyStatistic::Shrinkage => {
                    2.0 * count * (count / expected).ln()
                }
            };
        }
    }
}

impl Session<'_> {
    /// The p-value and the degrees of freedom it rests on.
    fn refer(&mut self, x: usize, y: usize, given: &[usize], statistic: f64, df: f64) -> Option<TestResult> {
        let (permutations, seed) = match self.test.reference {
            _ if self.test.statistic == ContingencyStatistic::Shrinkage => (0, 0),
            ContingencyReference::ChiSquared => (0, 0),
            ContingencyReference::Permutation { permutations, seed }
            | ContingencyReference::Semiparametric { permutations, seed } => (permutations, seed),
        };
        if permutations == 0 || df == 0.0 {
            return Some(TestResult { statistic, df: Some(df), p_value: chi_squared_tail(statistic, df)? });
        }
        let pearson = self.test.statistic == ContingencyStatistic::Pearson;
        let shuffles = Shuffles::of(self.test, &mut self.counts, (x, y), given, pearson, permutations, seed)?;
        match self.test.reference {
            ContingencyReference::Semiparametric { .. } => {
                let df = shuffles.mean().filter(|&mean| mean > 0.0)?;
                Some(TestResult { statistic, df: Some(df), p_value: chi_squared_tail(statistic, df)? })
            }
            _ => Some(TestResult { statistic, df: None, p_value: shuffles.p_value(statistic) }),
        }
    }
}

impl TestSession for Session<'_> {
    fn test(&mut self, x: usize, y: usize, given: &[usize]) -> Option<TestResult> {
        let (statistic, df) = self.evaluate(x, y, given)?;
        self.refer(x, y, given, statistic, df)
    }

    fn independent(&mut self, x: usize, y: usize, given: &[usize], alpha: f64) -> Option<bool> {
        let (statistic, df) = self.evaluate(x, y, given)?;
        // A statistic below its expectation has a p-value above .317, that of one degree of freedom.
        if statistic <= df && alpha < 0.317 && self.test.reference == ContingencyReference::ChiSquared {
            return Some(true);
        }
        self.refer(x, y, given, statistic, df).map(|result| result.p_value > alpha)
    }
}
