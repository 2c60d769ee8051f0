//! [`LaggedTable`]: rows of series beside their own past, and the tests of independence that read rows rather than moments.
//!
//! A test over columns `lag * p + series` is what [`Pcmci`](crate::Pcmci), [`PcmciPlus`](crate::PcmciPlus) and
//! [`Ocse`](crate::Ocse) take. All columns hold the same rows: those with an unbroken past up to the largest lag.

use std::sync::Arc;

use etiology_graph::Nodes;
use etiology_stats::{
    ContingencyTest, CorrelationReference, DiscreteColumn, DiscreteTable, IndependenceTest, Moments,
    PartialCorrelationTest, TestResult, TestSession, rank,
};
use statrs::function::erf::erfc_inv;

use crate::var::rows_with_past;
use crate::{GrangerError, NearestNeighbours, Series, Shuffle};

/// Columns `lag * p + series`, for lags from 0.
#[derive(Debug, Clone, PartialEq)]
pub struct LaggedTable {
    nodes: Nodes,
    columns: Vec<Vec<f64>>,
    rows: Vec<usize>,
}

impl LaggedTable {
    /// The rows of all series that have `max_lag` rows before them without a gap or a missing value. `O(n p max_lag)` memory.
    #[must_use]
    pub fn new(series: &Series, max_lag: usize) -> Self {
        let rows = rows_with_past(series, max_lag);
        let column = |lag: usize, number: usize| {
            let values = series.column(number);
            rows.iter().map(|&row| values[row - lag]).collect()
        };
        let columns = (0..=max_lag)
            .flat_map(|lag| (0..series.width()).map(move |v| (lag, v)))
            .map(|(l, v)| column(l, v));
        Self { nodes: series.nodes().clone(), columns: columns.collect(), rows }
    }

    /// The series.
    #[must_use]
    pub fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    /// The columns, each as long as there are rows.
    #[must_use]
    pub fn columns(&self) -> &[Vec<f64>] {
        &self.columns
    }

    /// The rows of the series that lag 0 stands for, ascending.
    #[must_use]
    pub fn rows(&self) -> &[usize] {
        &self.rows
    }

    /// Partial correlation of normal scores, referred to Student's t: each column's values give way to the normal quantiles of
    /// their ranks (van der Waerden), so that outliers and monotone distortions of single series do no harm. For series that
    /// are monotone functions of jointly Gaussian ones. The robust partial correlation of `tigramite`, but for the quantiles,
    /// which are those of `rank / (n + 1)` here so that a change of sign changes nothing.
    ///
    /// # Errors
    /// None that a table can cause; the type is that of the moments.
    pub fn robust_partial_correlation(&self) -> Result<PartialCorrelationTest, GrangerError> {
        let scores: Vec<Vec<f64>> = self.columns.iter().map(|column| normal_scores(column)).collect();
        Ok(PartialCorrelationTest::new(&Moments::from_columns(&scores)?, CorrelationReference::StudentT)?)
    }

    /// The G^2 test of series of few distinct values, each value a category.
    ///
    /// # Errors
    /// [`GrangerError::Unsuitable`] for a series of more than 256 distinct values.
    pub fn g_squared(&self) -> Result<ContingencyTest, GrangerError> {
        let p = self.nodes.len();
        let coded: Result<Vec<DiscreteColumn>, GrangerError> = self
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| coded(column, self.nodes.name(at % p)))
            .collect();
        Ok(ContingencyTest::g_squared(&DiscreteTable::new(coded?)?)?)
    }

    /// The test of conditional mutual information by nearest neighbours (Runge, AISTATS 2018: `CMIknn`): the statistic is the
    /// estimate in nats, its p-value that among resamples of the cause within rows that are near one another in the conditions.
    /// It sees dependence of any form. `O(B n log n)` a test for B resamples.
    #[must_use]
    pub fn nearest_neighbours(
        &self,
        estimator: NearestNeighbours,
        resampling: Resampling,
    ) -> NeighbourTest<'_> {
        NeighbourTest { table: self, estimator, resampling }
    }
}

/// How often and how far rows are exchanged for the p-value of a [`NeighbourTest`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resampling {
    /// Resamples a test; p-values are multiples of one over one more.
    pub resamples: usize,
    /// Among how many nearest rows in the conditions a value is exchanged; 5 to 10.
    pub neighbours: usize,
    /// The resamples depend on this and on the columns asked about.
    pub seed: u64,
}

impl Default for Resampling {
    fn default() -> Self {
        Self { resamples: 99, neighbours: 5, seed: 0 }
    }
}

/// See [`LaggedTable::nearest_neighbours`].
#[derive(Debug, Clone, Copy)]
pub struct NeighbourTest<'a> {
    table: &'a LaggedTable,
    estimator: NearestNeighbours,
    resampling: Resampling,
}

/// The columns of one question.
struct Parts<'a> {
    x: &'a [f64],
    y: &'a [f64],
    given: Vec<&'a [f64]>,
}

impl NeighbourTest<'_> {
    /// The estimated information of `x` and `y` given a set, in nats; `None` where there is no estimate.
    #[must_use]
    pub fn information(&self, x: usize, y: usize, given: &[usize]) -> Option<f64> {
        let parts = self.columns(x, y, given)?;
        self.estimator.information(&[parts.x], &[parts.y], &parts.given).ok()
    }

    fn columns(&self, x: usize, y: usize, given: &[usize]) -> Option<Parts<'_>> {
        if x == y || given.contains(&x) || given.contains(&y) {
            return None;
        }
        let column = |number: usize| {
            let values = self.table.columns.get(number)?.as_slice();
            let first = values.first()?;
            values.iter().any(|value| value.to_bits() != first.to_bits()).then_some(values)
        };
        let given: Option<Vec<&[f64]>> = given.iter().map(|&number| column(number)).collect();
        Some(Parts { x: column(x)?, y: column(y)?, given: given? })
    }
}

impl IndependenceTest for NeighbourTest<'_> {
    fn name(&self) -> &'static str {
        "cmi-knn"
    }

    fn variables(&self) -> usize {
        self.table.columns.len()
    }

    fn session(&self) -> Box<dyn TestSession + '_> {
        Box::new(*self)
    }
}

impl TestSession for NeighbourTest<'_> {
    fn test(&mut self, x: usize, y: usize, given: &[usize]) -> Option<TestResult> {
        let parts = self.columns(x, y, given)?;
        let Resampling { resamples, neighbours, seed } = self.resampling;
        let seed = given.iter().chain([&x, &y]).fold(seed, |seed, &column| {
            (seed ^ column as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(31)
        });
        let shuffle = Shuffle::Local { neighbours };
        let found =
            self.estimator.test((&[parts.x], &[parts.y]), &parts.given, shuffle, resamples, seed).ok()?;
        Some(TestResult { statistic: found.value, df: None, p_value: found.p_value })
    }
}

/// The normal quantiles of the ranks of the finite values; NaN stays where a value is missing.
pub(crate) fn normal_scores(column: &[f64]) -> Vec<f64> {
    let finite: Vec<f64> = column.iter().copied().filter(|value| value.is_finite()).collect();
    let share = 1.0 / (finite.len() as f64 + 1.0);
    let mut ranks = rank(&finite).into_iter();
    let score = |value: &f64| {
        let rank = if value.is_finite() { ranks.next() } else { None };
        rank.map_or(f64::NAN, |rank| -std::f64::consts::SQRT_2 * erfc_inv(2.0 * rank * share))
    };
    column.iter().map(score).collect()
}

fn coded(column: &[f64], name: &str) -> Result<DiscreteColumn, GrangerError> {
    const MOST_LEVELS: usize = 256;
    let mut levels = column.to_vec();
    levels.sort_by(f64::total_cmp);
    levels.dedup();
    if levels.len() > MOST_LEVELS {
        return Err(GrangerError::Unsuitable {
            message: format!(
                "`{name}` has {} distinct values; G^2 takes up to {MOST_LEVELS} categories, group them first",
                levels.len()
            ),
        });
    }
    let code = |value: &f64| {
        let at = levels.partition_point(|level| level < value);
        u16::try_from(at).unwrap_or(DiscreteColumn::MISSING)
    };
    let labels: Arc<[String]> = levels.iter().map(ToString::to_string).collect();
    Ok(DiscreteColumn::new(column.iter().map(code).collect(), labels)?)
}
