//! KCI, the kernel-based conditional independence test, for dependence of any form.
//!
//! With Gaussian kernel matrices of n rows, centred, the unconditional statistic is `tr(Kx Ky)` (Gretton et al. 2008). Given
//! Z, x is joined by Z and both kernels are freed from Z by kernel ridge regression, `R = e (Kz + e I)^-1`, and the
//! statistic is `tr(R Kx R R Ky R)` (Zhang, Peters, Janzing and Schoelkopf, "Kernel-based conditional independence test and
//! application in causal discovery", UAI 2011, section 3). Under the null it is a weighted sum of chi-squared variables, here
//! approximated by the gamma distribution with its mean and variance (their proposition 5 and section 3.4).
//!
//! Mean and variance need no eigenvalues: the matrix whose eigenvalues are the weights is the entrywise product of the two
//! freed kernels, so its trace and that of its square are sums over entries.

use nalgebra::{DMatrix, DVector};
use statrs::function::gamma::checked_gamma_ur;

use super::{IndependenceTest, TestResult, TestSession};
use crate::{Moments, StatsError};

/// Rows above which the n x n matrices would pass 200 MB each.
const MOST_ROWS: usize = 5_000;

/// Tests conditional independence of continuous columns by Gaussian kernels, sensitive to any dependence.
///
/// # Options
/// Columns are standardised. Kernels are `exp(-d^2 / (2 w^2))` with w by the number of rows n, from the authors' program:
/// alone .8, .5, .3 and given others `1.2, .7, .4 sqrt(|Z|)` for n below 200, below 1 200 and above.
/// [`KernelTest::with_ridge`] sets e, default .001.
///
/// # Assumptions
/// Independent rows. Given many columns the regression on Z is poor and the test errs: with two or more, trust it only with
/// hundreds of rows. For linear dependence [`PartialCorrelationTest`](super::PartialCorrelationTest) is more powerful.
///
/// # What it cannot judge
/// `None`: fewer than 6 rows, or a column that is constant or holds NaN or infinities ([`KernelTest::degenerate`]).
///
/// # Complexity
/// O(n^2) alone, O(n^3) given others, of which a third is saved while the set stays the same; `5 n^2` numbers of memory.
/// Above some thousand rows take [`RandomFeatureTest`](super::RandomFeatureTest).
///
/// # Example
///
/// ```
/// use etiology_stats::{IndependenceTest, KernelTest};
///
/// let x: Vec<f64> = (0..60).map(|i| f64::from(i * 37 % 60) / 30.0 - 1.0).collect();
/// let y = x.iter().enumerate().map(|(i, x)| x * x + f64::from(i as u32 * 7 % 13) / 50.0).collect();
/// assert_eq!(KernelTest::new(&[x, y])?.session().independent(0, 1, &[], 0.01), Some(false));
/// # Ok::<(), etiology_stats::StatsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct KernelTest {
    columns: Vec<Vec<f64>>,
    rows: usize,
    degenerate: Vec<usize>,
    ridge: f64,
}

impl KernelTest {
    /// # Errors
    /// [`StatsError::LengthMismatch`] when the columns differ in length; [`StatsError::Parameter`] above 5 000 rows.
    pub fn new<C: AsRef<[f64]> + Sync>(columns: &[C]) -> Result<Self, StatsError> {
        let rows = columns.first().map_or(0, |column| column.as_ref().len());
        if rows > MOST_ROWS {
            return Err(StatsError::Parameter {
                parameter: "the number of rows of a kernel test",
                value: rows as f64,
                expected: "at most 5000; use the test on random features",
            });
        }
        let (columns, degenerate) = standardised(columns)?;
        Ok(Self { columns, rows, degenerate, ridge: 1e-3 })
    }

    /// Sets the ridge of the regression on the conditioning set.
    ///
    /// # Errors
    /// [`StatsError::Parameter`] when it is not positive and finite.
    pub fn with_ridge(mut self, ridge: f64) -> Result<Self, StatsError> {
        if !(ridge > 0.0 && ridge.is_finite()) {
            return Err(StatsError::Parameter {
                parameter: "the ridge",
                value: ridge,
                expected: "positive and finite",
            });
        }
        self.ridge = ridge;
        Ok(self)
    }

    /// The columns about which every answer is `None`, ascending.
    #[must_use]
    pub fn degenerate(&self) -> &[usize] {
        &self.degenerate
    }

    /// One of three widths, by the number of rows.
    fn width(&self, few: f64, some: f64, many: f64) -> f64 {
        match self.rows {
            0..200 => few,
            200..1200 => some,
            _ => many,
        }
    }

    /// The centred Gaussian kernel matrix of columns, each times its factor.
    fn kernel(&self, columns: &[(usize, f64)], width: f64) -> DMatrix<f64> {
        let n = self.rows;
        let mut kernel = DMatrix::zeros(n, n);
        for &(column, factor) in columns {
            let values = &self.columns[column];
            for (j, mut entries) in kernel.column_iter_mut().enumerate() {
                for (entry, value) in entries.iter_mut().zip(values) {
                    let distance = factor * (value - values[j]);
                    *entry += distance * distance;
                }
            }
        }
        let scale = -0.5 / (width * width);
        kernel.apply(|distance: &mut f64| *distance = (scale * *distance).exp());
        centre(&mut kernel);
        kernel
    }
}

/// Standardised columns, and those that cannot be, left empty.
pub(super) fn standardised<C: AsRef<[f64]> + Sync>(
    columns: &[C],
) -> Result<(Vec<Vec<f64>>, Vec<usize>), StatsError> {
    let rows = columns.first().map_or(0, |column| column.as_ref().len());
    let mut degenerate = Vec::new();
    let mut result = Vec::with_capacity(columns.len());
    for (at, column) in columns.iter().enumerate() {
        let column = column.as_ref();
        if column.len() != rows {
            return Err(StatsError::LengthMismatch {
                statistic: "columns to test",
                left: rows,
                right: column.len(),
            });
        }
        let moments = Moments::from_columns(&[column])?;
        if moments.degenerate().is_empty() {
            let (mean, deviation) = (moments.means()[0], moments.covariance(1)[(0, 0)].sqrt());
            result.push(column.iter().map(|value| (value - mean) / deviation).collect());
        } else {
            degenerate.push(at);
            result.push(Vec::new());
        }
    }
    Ok((result, degenerate))
}

/// Whether the columns asked about exist, differ and vary.
pub(super) fn can_ask(columns: &[Vec<f64>], x: usize, y: usize, given: &[usize]) -> bool {
    let usable = |column: &usize| columns.get(*column).is_some_and(|values| !values.is_empty());
    x != y && !given.contains(&x) && !given.contains(&y) && [x, y].iter().chain(given).all(usable)
}

/// Takes the means of rows and columns out of a symmetric matrix.
fn centre(matrix: &mut DMatrix<f64>) {
    let means: DVector<f64> = matrix.row_mean_tr();
    let grand = means.mean();
    for (mut column, mean) in matrix.column_iter_mut().zip(&means) {
        for (entry, row_mean) in column.iter_mut().zip(&means) {
            *entry += grand - mean - row_mean;
        }
    }
}

/// `P(X > statistic)` of the gamma variable with this mean and variance.
fn gamma_tail(statistic: f64, mean: f64, variance: f64) -> Option<f64> {
    if !(mean > 0.0 && variance > 0.0 && statistic.is_finite()) {
        return None;
    }
    if statistic <= 0.0 {
        return Some(1.0);
    }
    let p = checked_gamma_ur(mean * mean / variance, statistic * mean / variance).ok()?;
    (!p.is_nan()).then_some(p.clamp(0.0, 1.0))
}

impl IndependenceTest for KernelTest {
    fn name(&self) -> &'static str {
        "kci"
    }

    fn variables(&self) -> usize {
        self.columns.len()
    }

    fn session(&self) -> Box<dyn TestSession + '_> {
        Box::new(Session { test: self, given: Vec::new(), residual: DMatrix::zeros(0, 0) })
    }
}

struct Session<'a> {
    test: &'a KernelTest,
    /// The set `residual` is for; empty at first.
    given: Vec<usize>,
    /// `e (Kz + e I)^-1`.
    residual: DMatrix<f64>,
}

impl Session<'_> {
    fn alone(&self, x: usize, y: usize) -> Option<TestResult> {
        let width = self.test.width(0.8, 0.5, 0.3);
        let (kx, ky) = (self.test.kernel(&[(x, 1.0)], width), self.test.kernel(&[(y, 1.0)], width));
        let n = self.test.rows as f64;
        let statistic = kx.dot(&ky);
        let mean = kx.trace() * ky.trace() / n;
        let variance = 2.0 * kx.norm_squared() * ky.norm_squared() / (n * n);
        Some(TestResult { statistic, df: None, p_value: gamma_tail(statistic, mean, variance)? })
    }

    fn given(&mut self, x: usize, y: usize, given: &[usize]) -> Option<TestResult> {
        let width = self.test.width(1.2, 0.7, 0.4) * (given.len() as f64).sqrt();
        if self.given != given {
            self.given.clear();
            let members: Vec<(usize, f64)> = given.iter().map(|&member| (member, 1.0)).collect();
            let mut kernel = self.test.kernel(&members, width);
            for at in 0..self.test.rows {
                kernel[(at, at)] += self.test.ridge;
            }
            self.residual = kernel.cholesky()?.inverse() * self.test.ridge;
            self.given.extend_from_slice(given);
        }
        // The pair in one order, so that the answer does not depend on it.
        let (x, y) = (x.min(y), x.max(y));
        let joined: Vec<(usize, f64)> =
            [(x, 1.0)].into_iter().chain(given.iter().map(|&member| (member, 0.5))).collect();
        let freed = |kernel: DMatrix<f64>| &self.residual * kernel * &self.residual;
        let kx = freed(self.test.kernel(&joined, width));
        let ky = freed(self.test.kernel(&[(y, 1.0)], width));
        let products = kx.component_mul(&ky);
        let (statistic, mean) = (products.sum(), products.trace());
        let variance = 2.0 * products.norm_squared();
        Some(TestResult { statistic, df: None, p_value: gamma_tail(statistic, mean, variance)? })
    }
}

impl TestSession for Session<'_> {
    fn test(&mut self, x: usize, y: usize, given: &[usize]) -> Option<TestResult> {
        if self.test.rows < 6 || !can_ask(&self.test.columns, x, y, given) {
            return None;
        }
        if given.is_empty() { self.alone(x, y) } else { self.given(x, y, given) }
    }
}
