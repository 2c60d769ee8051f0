//! The conditional Gaussian likelihood-ratio test for columns of both kinds.
//!
//! The joint distribution of discrete columns D and continuous columns C is taken as a Gaussian for C in every cell of D.
//! With the maximal log-likelihood L of such a joint, `G = 2 [L(x y Z) - L(y Z) - L(x Z) + L(Z)]` compares the model in
//! which x depends on y given Z with the one in which it does not (Andrews, Ramsey and Cooper, "Scoring Bayesian networks
//! of mixed variables", International Journal of Data Science and Analytics 6, 2018, section 3). It is symmetric in x and
//! y, is the Gaussian likelihood ratio when no column is discrete and G^2 when all are.

use super::contingency_test::chi_squared_tail;
use super::{DETERMINED, IndependenceTest, TestResult, TestSession};
use crate::counts::{CountSession, Counter};
use crate::{DiscreteTable, MixedColumn, Moments, StatsError};

/// Tests conditional independence between columns of both kinds by the conditional Gaussian likelihood ratio.
///
/// # Assumptions
/// Independent rows; continuous columns Gaussian with their own mean and covariance in every cell of the discrete ones.
/// The two models are nested, and the p-value honest, unless x and y are both discrete and Z holds continuous columns: the
/// null is then not itself of the conditional Gaussian form, and the test is only approximate.
///
/// # Small cells
/// A cell of x, y and Z's discrete columns with at most `minimum + h` rows, h its number of continuous columns, has no
/// covariance to speak of. Its rows are left out of all four likelihoods ([`ConditionalGaussianTest::with_minimum_rows`],
/// default 5). Rows with a missing value are left out too.
///
/// # What it cannot judge
/// `None`: no rows or no degrees of freedom left, or collinear or constant continuous columns within a cell.
///
/// # Complexity
/// O(n (h^2 + d)) for d discrete columns.
///
/// # Example
///
/// ```
/// use etiology_stats::{ConditionalGaussianTest, DiscreteColumn, IndependenceTest, MixedColumn};
///
/// let group: Vec<u16> = (0..80).map(|i| i % 2).collect();
/// let value = group.iter().enumerate().map(|(i, &g)| f64::from(g) + (i * 37 % 80) as f64 / 80.0).collect();
/// let group = DiscreteColumn::new(group, ["a".to_owned(), "b".to_owned()])?;
/// let test = ConditionalGaussianTest::new(vec![MixedColumn::Discrete(group), MixedColumn::Continuous(value)])?;
/// assert_eq!(test.session().independent(0, 1, &[], 0.01), Some(false));
/// # Ok::<(), etiology_stats::StatsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct ConditionalGaussianTest {
    columns: Vec<Column>,
    /// The discrete columns.
    counter: Counter,
    rows: usize,
    minimum_rows: usize,
}

#[derive(Debug, Clone)]
enum Column {
    Continuous(Vec<f64>),
    /// Its number among the discrete columns.
    Discrete(usize),
}

impl ConditionalGaussianTest {
    /// # Errors
    /// [`StatsError::LengthMismatch`] when the columns differ in length.
    pub fn new(columns: Vec<MixedColumn>) -> Result<Self, StatsError> {
        let length = |column: &MixedColumn| match column {
            MixedColumn::Continuous(values) => values.len(),
            MixedColumn::Discrete(column) => column.codes().len(),
        };
        let rows = columns.first().map_or(0, length);
        if let Some(right) = columns.iter().map(length).find(|&other| other != rows) {
            return Err(StatsError::LengthMismatch { statistic: "a mixed table", left: rows, right });
        }
        let mut discrete = Vec::new();
        let columns = columns
            .into_iter()
            .map(|column| match column {
                MixedColumn::Continuous(values) => Column::Continuous(values),
                MixedColumn::Discrete(column) => {
                    discrete.push(column);
                    Column::Discrete(discrete.len() - 1)
                }
            })
            .collect();
        let counter = Counter::new(&DiscreteTable::new(discrete)?)?;
        Ok(Self { columns, counter, rows, minimum_rows: 5 })
    }

    /// Leaves out cells of at most so many rows and one more for each continuous column. Default 5.
    #[must_use]
    pub fn with_minimum_rows(mut self, rows: usize) -> Self {
        self.minimum_rows = rows;
        self
    }

    /// The discrete columns, numbered among themselves, and the values of the continuous ones.
    fn split(&self, columns: &[usize]) -> (Vec<usize>, Vec<&[f64]>) {
        let (mut discrete, mut continuous) = (Vec::new(), Vec::new());
        for &column in columns {
            match &self.columns[column] {
                Column::Discrete(number) => discrete.push(*number),
                Column::Continuous(values) => continuous.push(values.as_slice()),
            }
        }
        (discrete, continuous)
    }
}

/// The log-determinant of the covariance of columns over some rows; `None` when they are collinear.
fn log_determinant(columns: &[&[f64]], rows: &[usize]) -> Option<f64> {
    if columns.is_empty() {
        return Some(0.0);
    }
    let pick = |values: &&[f64]| rows.iter().map(|&row| values[row]).collect::<Vec<_>>();
    let moments = Moments::from_columns(&columns.iter().map(pick).collect::<Vec<_>>()).ok()?;
    if !moments.degenerate().is_empty() {
        return None;
    }
    let scales: f64 = moments.covariance(0).diagonal().iter().map(|variance| variance.ln()).sum();
    let factor = moments.correlation().cholesky()?;
    let pivots = factor.l_dirty().diagonal();
    if pivots.iter().any(|pivot| pivot * pivot <= DETERMINED) {
        return None;
    }
    Some(scales + 2.0 * pivots.iter().map(|pivot| pivot.ln()).sum::<f64>())
}

struct Likelihood {
    /// Twice the part of the maximal log-likelihood that does not cancel in the ratio.
    twice: f64,
    /// Parameters of the Gaussians.
    gaussian: f64,
}

impl IndependenceTest for ConditionalGaussianTest {
    fn name(&self) -> &'static str {
        "cg-lrt"
    }

    fn variables(&self) -> usize {
        self.columns.len()
    }

    fn session(&self) -> Box<dyn TestSession + '_> {
        Box::new(Session { test: self, counts: self.counter.session() })
    }
}

struct Session<'a> {
    test: &'a ConditionalGaussianTest,
    counts: CountSession<'a>,
}

impl Session<'_> {
    /// Rows without a missing value, in cells large enough.
    fn usable_rows(&mut self, all: &[usize]) -> Vec<usize> {
        let (discrete, continuous) = self.test.split(all);
        let complete =
            (0..self.test.rows).filter(|&row| continuous.iter().all(|values| values[row].is_finite()));
        let least = if continuous.is_empty() { 0 } else { self.test.minimum_rows + continuous.len() };
        let cells = self.counts.grouped_rows(&discrete, complete);
        let mut rows: Vec<usize> = cells.into_iter().filter(|cell| cell.len() > least).flatten().collect();
        rows.sort_unstable();
        rows
    }

    fn likelihood(&mut self, columns: &[usize], rows: &[usize]) -> Option<Likelihood> {
        let (discrete, continuous) = self.test.split(columns);
        let cells = self.counts.grouped_rows(&discrete, rows.iter().copied());
        let mut twice = 0.0;
        for cell in &cells {
            let n = cell.len() as f64;
            twice += 2.0 * n * n.ln() - n * log_determinant(&continuous, cell)?;
        }
        let h = continuous.len() as f64;
        Some(Likelihood { twice, gaussian: cells.len() as f64 * h * (h + 3.0) / 2.0 })
    }

    /// `sum over strata of (r - 1)(c - 1)`: what the frequencies of two discrete columns can differ in.
    fn frequency_degrees(&mut self, x: usize, y: usize, given: &[usize], rows: &[usize]) -> f64 {
        let (Column::Discrete(x), Column::Discrete(y)) = (&self.test.columns[x], &self.test.columns[y])
        else {
            return 0.0;
        };
        let (discrete, _) = self.test.split(given);
        let strata = self.counts.grouped_rows(&discrete, rows.iter().copied());
        let mut levels = |column: usize, rows: &[usize]| {
            self.counts.grouped_rows(&[column], rows.iter().copied()).len() as f64
        };
        strata.iter().map(|rows| (levels(*x, rows) - 1.0) * (levels(*y, rows) - 1.0)).sum()
    }
}

impl TestSession for Session<'_> {
    fn test(&mut self, x: usize, y: usize, given: &[usize]) -> Option<TestResult> {
        let all: Vec<usize> = given.iter().chain(&[x, y]).copied().collect();
        let mut distinct = all.clone();
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.len() != all.len() || distinct.last().is_none_or(|&last| last >= self.test.columns.len())
        {
            return None;
        }
        let rows = self.usable_rows(&all);
        if rows.is_empty() {
            return None;
        }
        let with = |one: usize| given.iter().chain(&[one]).copied().collect::<Vec<_>>();
        let joint = self.likelihood(&all, &rows)?;
        let (of_x, of_y) = (self.likelihood(&with(x), &rows)?, self.likelihood(&with(y), &rows)?);
        let of_given = self.likelihood(given, &rows)?;
        let df = self.frequency_degrees(x, y, given, &rows) + joint.gaussian - of_x.gaussian - of_y.gaussian
            + of_given.gaussian;
        let statistic = (joint.twice - of_x.twice - of_y.twice + of_given.twice).max(0.0);
        if !(df > 0.0 && statistic.is_finite()) {
            return None;
        }
        Some(TestResult { statistic, df: Some(df), p_value: chi_squared_tail(statistic, df)? })
    }
}
