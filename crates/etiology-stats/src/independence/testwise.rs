//! Fisher's z with missing values: test-wise deletion, and the correction of MV-PC.
//!
//! Test-wise deletion takes, for every test, the rows where its columns have values. That is right when values are missing
//! completely at random, and still when what makes a value missing is in the conditioning set. It is wrong when the cause
//! of missingness is an effect of the columns tested: deleting rows then selects on a collider. Given the causes W of the
//! missingness of the columns V = {x, y} and the set, Tu et al. ("Causal discovery in the presence of missing data",
//! AISTATS 2019, section 4) draw W from all rows and V from its regression on W in the complete ones. For linear-Gaussian
//! columns the covariance of such draws has a closed form, `S_VV.W + B S_WW B'` with B and `S_VV.W` from the complete rows
//! and `S_WW` from all rows where W is known, and no drawing is needed.

use nalgebra::DMatrix;

use super::partial::Partials;
use super::{CorrelationReference, IndependenceTest, PartialCorrelationTest, TestResult, TestSession};
use crate::{Moments, StatsError};

/// Tests partial correlations by Fisher's z over the rows complete in each test. NaN and infinities are missing.
///
/// # Assumptions
/// Independent rows, jointly Gaussian columns, values missing completely at random or for reasons that are conditioned on;
/// or with [`TestwiseFisherZ::with_missingness_causes`], for reasons that are named.
///
/// # What it cannot judge
/// As [`PartialCorrelationTest`], over the rows left.
///
/// # Complexity
/// O(n k^2) for a test with missing values among its k columns; one with none costs what it costs
/// [`PartialCorrelationTest`].
///
/// # For MV-PC
/// Learn a skeleton with the plain test, with an indicator column for the missingness of each column that has some; take
/// each indicator's neighbours as the causes; test the edges left again with those causes named.
///
/// # Example
///
/// ```
/// use etiology_stats::{IndependenceTest, TestwiseFisherZ};
///
/// let x: Vec<f64> = (0..60).map(|i| f64::from(i * 37 % 60)).collect();
/// let y = x.iter().enumerate().map(|(i, x)| if i % 9 == 0 { f64::NAN } else { -x + f64::from(i as u32 % 7) }).collect();
/// let test = TestwiseFisherZ::new(vec![x, y])?;
/// assert_eq!(test.complete_rows(&[0, 1]).len(), 53);
/// assert_eq!(test.session().independent(0, 1, &[], 0.01), Some(false));
/// # Ok::<(), etiology_stats::StatsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct TestwiseFisherZ {
    columns: Vec<Vec<f64>>,
    rows: usize,
    /// One bit a row: whether there is a value; `None` where there always is.
    present: Vec<Option<Vec<u64>>>,
    /// For the tests without missing values.
    complete: PartialCorrelationTest,
    causes: Vec<Vec<usize>>,
}

impl TestwiseFisherZ {
    /// # Errors
    /// [`StatsError::LengthMismatch`] when the columns differ in length.
    pub fn new(columns: Vec<Vec<f64>>) -> Result<Self, StatsError> {
        let complete = PartialCorrelationTest::fisher_z(&Moments::from_columns(&columns)?)?;
        let rows = columns.first().map_or(0, Vec::len);
        let present = columns.iter().map(|column| presence(column)).collect();
        Ok(Self { causes: vec![Vec::new(); columns.len()], columns, rows, present, complete })
    }

    /// Names, for each column, the columns that cause its values to be missing, and corrects for them. A cause that a test
    /// itself is about, or conditions on, needs no correction there.
    ///
    /// # Errors
    /// [`StatsError::LengthMismatch`] when there is not one list a column; [`StatsError::Parameter`] when a cause is no
    /// column.
    pub fn with_missingness_causes(mut self, causes: Vec<Vec<usize>>) -> Result<Self, StatsError> {
        if causes.len() != self.columns.len() {
            return Err(StatsError::LengthMismatch {
                statistic: "the causes of missingness",
                left: self.columns.len(),
                right: causes.len(),
            });
        }
        if let Some(&odd) = causes.iter().flatten().find(|&&cause| cause >= self.columns.len()) {
            return Err(StatsError::Parameter {
                parameter: "a cause of missingness",
                value: odd as f64,
                expected: "the number of a column",
            });
        }
        self.causes = causes;
        Ok(self)
    }

    /// The rows where all of some columns have a value, ascending; none when a number is no column.
    #[must_use]
    pub fn complete_rows(&self, columns: &[usize]) -> Vec<usize> {
        if columns.iter().any(|&column| column >= self.columns.len()) {
            return Vec::new();
        }
        let masks: Vec<&Vec<u64>> =
            columns.iter().filter_map(|&column| self.present[column].as_ref()).collect();
        let kept = |row: &usize| masks.iter().all(|mask| mask[row / 64] >> (row % 64) & 1 == 1);
        (0..self.rows).filter(kept).collect()
    }

    fn moments(&self, columns: &[usize], rows: &[usize]) -> Option<Moments> {
        let pick = |&column: &usize| rows.iter().map(|&row| self.columns[column][row]).collect::<Vec<_>>();
        Moments::from_columns(&columns.iter().map(pick).collect::<Vec<_>>()).ok()
    }

    /// The correlations of the columns asked about, and the number of rows behind them.
    fn correlation(&self, asked: &[usize]) -> Option<(DMatrix<f64>, f64)> {
        let mut causes: Vec<usize> = (asked.iter().flat_map(|&column| &self.causes[column]))
            .copied()
            .filter(|cause| !asked.contains(cause))
            .collect();
        causes.sort_unstable();
        causes.dedup();
        let all: Vec<usize> = asked.iter().chain(&causes).copied().collect();
        let rows = self.complete_rows(&all);
        let moments = self.moments(&all, &rows)?;
        if !moments.degenerate().is_empty() {
            return None;
        }
        if causes.is_empty() {
            return Some((moments.correlation(), rows.len() as f64));
        }
        let everywhere = self.moments(&causes, &self.complete_rows(&causes))?.covariance(1);
        let (v, w) = (asked.len(), causes.len());
        let covariance = moments.covariance(1);
        let (vv, vw, ww) = (
            covariance.view((0, 0), (v, v)),
            covariance.view((0, v), (v, w)),
            covariance.view((v, v), (w, w)),
        );
        // Solved on the scale of correlations, where a pivot near zero means collinear causes.
        let scale = DMatrix::from_diagonal(&ww.diagonal().map(|variance| 1.0 / variance.sqrt()));
        let factor = (&scale * ww * &scale).cholesky()?;
        if factor.l_dirty().diagonal().iter().any(|pivot| pivot * pivot <= super::DETERMINED) {
            return None;
        }
        let slopes = (&scale * factor.solve(&(&scale * vw.transpose()))).transpose();
        let corrected = vv - &slopes * vw.transpose() + &slopes * everywhere * slopes.transpose();
        let deviations = corrected.diagonal().map(f64::sqrt);
        let correlation = DMatrix::from_fn(v, v, |i, j| {
            if i == j { 1.0 } else { corrected[(i, j)] / (deviations[i] * deviations[j]) }
        });
        correlation.iter().all(|r| r.is_finite()).then_some((correlation, rows.len() as f64))
    }
}

/// The bitmap of the finite values; `None` when all are.
fn presence(column: &[f64]) -> Option<Vec<u64>> {
    if column.iter().all(|value| value.is_finite()) {
        return None;
    }
    let mut bits = vec![0_u64; column.len().div_ceil(64)];
    for (row, value) in column.iter().enumerate() {
        if value.is_finite() {
            bits[row / 64] |= 1 << (row % 64);
        }
    }
    Some(bits)
}

impl IndependenceTest for TestwiseFisherZ {
    fn name(&self) -> &'static str {
        "fisher-z-testwise"
    }

    fn variables(&self) -> usize {
        self.columns.len()
    }

    fn session(&self) -> Box<dyn TestSession + '_> {
        Box::new(Session { test: self, complete: self.complete.session() })
    }
}

struct Session<'a> {
    test: &'a TestwiseFisherZ,
    complete: Box<dyn TestSession + 'a>,
}

impl Session<'_> {
    /// Whether values are missing in what is asked; `None` for a number that is no column.
    fn is_complete(&self, x: usize, y: usize, given: &[usize]) -> Option<bool> {
        let mut complete = true;
        for &column in [x, y].iter().chain(given) {
            complete &= self.test.present.get(column)?.is_none();
        }
        Some(complete)
    }
}

impl TestSession for Session<'_> {
    fn test(&mut self, x: usize, y: usize, given: &[usize]) -> Option<TestResult> {
        if self.is_complete(x, y, given)? {
            return self.complete.test(x, y, given);
        }
        if x == y {
            return None;
        }
        let asked: Vec<usize> = [x, y].iter().chain(given).copied().collect();
        let (correlation, rows) = self.test.correlation(&asked)?;
        let partials = Partials::new(correlation.as_slice(), asked.len()).residuals(
            0,
            1,
            &(2..asked.len()).collect::<Vec<_>>(),
        )?;
        CorrelationReference::FisherZ.result(partials.correlation(), rows, given.len())
    }

    fn independent(&mut self, x: usize, y: usize, given: &[usize], alpha: f64) -> Option<bool> {
        if self.is_complete(x, y, given)? {
            return self.complete.independent(x, y, given, alpha);
        }
        self.test(x, y, given).map(|result| result.p_value > alpha)
    }
}
