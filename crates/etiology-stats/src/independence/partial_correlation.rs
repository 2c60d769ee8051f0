//! Tests of partial correlation: Fisher's z, Student's t and Gaussian mutual information.
//!
//! All three are functions of the sample partial correlation r of `x` and `y` given a set of k columns, and of the number of
//! rows n; they differ in the distribution they refer it to. So all three share one engine (`partial.rs`), and at a level
//! alpha each becomes a bound on r^2 that depends on k only: [`TestSession::independent`] compares `r_xy^2` with
//! `bound * r_xx r_yy` and forms neither a root, nor a logarithm, nor a p-value.

use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};
use statrs::function::beta::{checked_beta_reg, inv_beta_reg};
use statrs::function::erf::{erfc, erfc_inv};

use super::partial::{Partials, Residuals};
use super::{IndependenceTest, TestResult, TestSession};
use crate::{Moments, StatsError};

/// What a partial correlation is referred to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum CorrelationReference {
    /// Fisher (Metron 1, 1921; 3, 1924): `atanh(r) sqrt(n - k - 3)` is standard normal to O(1/n). bnlearn's `zf`, pcalg's
    /// `gaussCItest`, causal-learn's `fisherz`. The statistic is that product.
    #[default]
    FisherZ,
    /// `r sqrt(d / (1 - r^2))` with `d = n - k - 2` is Student's t, exactly for Gaussian data. bnlearn's `cor`. The
    /// statistic is r.
    StudentT,
    /// The log-likelihood ratio `-n ln(1 - r^2)`, twice n times the mutual information in nats, is chi-squared with one
    /// degree of freedom for large n (Kullback, "Information Theory and Statistics", 1959). bnlearn's `mi-g`.
    MutualInformation,
}

/// Tests whether the partial correlation of two columns given others is zero.
///
/// # Assumptions
/// Independent rows, jointly Gaussian columns. Zero partial correlation is then conditional independence; in other data it
/// is only the absence of linear dependence, and a dependence such as `y = x^2` is not seen. Take
/// [`PartialCorrelationTest::rank`] when the columns are monotone transformations of Gaussian ones.
///
/// # What it cannot judge
/// `None`: fewer than k + 4 rows (k + 3 for Student's t), a degenerate column ([`PartialCorrelationTest::degenerate`]), a
/// collinear conditioning set, or a side that is a linear combination of the set (residual variance below [`DETERMINED`](crate::DETERMINED)).
///
/// # Complexity
/// O(1) given at most two columns; else O(k^2) when the set differs from the last one in its last member, O(k^3) when in
/// its first. O(p^2) memory.
///
/// # Example
///
/// ```
/// use etiology_stats::{CorrelationReference, IndependenceTest, Moments, PartialCorrelationTest};
///
/// let x: Vec<f64> = (0..50).map(|i| f64::from(i * 37 % 50)).collect();
/// let y: Vec<f64> = x.iter().enumerate().map(|(i, x)| x + f64::from(i as u32 * 13 % 17)).collect();
/// let test = PartialCorrelationTest::new(&Moments::from_columns(&[x, y])?, CorrelationReference::FisherZ)?;
/// assert_eq!(test.session().independent(0, 1, &[], 0.01), Some(false));
/// # Ok::<(), etiology_stats::StatsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct PartialCorrelationTest {
    name: &'static str,
    reference: CorrelationReference,
    /// Row-major, symmetric, NaN beside the diagonal of degenerate columns so that every result about them fails.
    correlation: Vec<f64>,
    width: usize,
    rows: f64,
    degenerate: Vec<usize>,
}

impl PartialCorrelationTest {
    /// A test on the correlations of `moments`, with their weight as the number of rows.
    ///
    /// # Errors
    /// As [`PartialCorrelationTest::from_correlation`]; moments themselves cause none.
    pub fn new(moments: &Moments, reference: CorrelationReference) -> Result<Self, StatsError> {
        Self::build(&moments.correlation(), moments.weight(), moments.degenerate(), reference)
    }

    /// Fisher's z on the correlations of `moments`.
    ///
    /// # Errors
    /// As [`PartialCorrelationTest::new`].
    pub fn fisher_z(moments: &Moments) -> Result<Self, StatsError> {
        Self::new(moments, CorrelationReference::FisherZ)
    }

    /// A test on any correlation matrix (a population's, a rank correlation, pairwise-complete ones), as if from `rows`
    /// rows. Only the upper triangle is read, and ones are taken on the diagonal.
    ///
    /// # Errors
    /// [`StatsError::LengthMismatch`] when the matrix is not square; [`StatsError::Parameter`] when an entry is not between
    /// -1 and 1 or `rows` is negative or not finite.
    pub fn from_correlation(
        correlation: &DMatrix<f64>,
        rows: f64,
        reference: CorrelationReference,
    ) -> Result<Self, StatsError> {
        Self::build(correlation, rows, Vec::new(), reference)
    }

    pub(super) fn build(
        matrix: &DMatrix<f64>,
        rows: f64,
        degenerate: Vec<usize>,
        reference: CorrelationReference,
    ) -> Result<Self, StatsError> {
        let width = matrix.nrows();
        if matrix.ncols() != width {
            return Err(StatsError::LengthMismatch {
                statistic: "a correlation matrix",
                left: width,
                right: matrix.ncols(),
            });
        }
        if !rows.is_finite() || rows < 0.0 {
            return Err(StatsError::Parameter {
                parameter: "the number of rows",
                value: rows,
                expected: "finite and not negative",
            });
        }
        let mut correlation = vec![1.0; width * width];
        for j in 0..width {
            for i in 0..j {
                let r = matrix[(i, j)];
                // Rounding may leave a correlation a little outside.
                if r.is_nan() || r.abs() > 1.0 + 1e-9 {
                    return Err(StatsError::Parameter {
                        parameter: "a correlation",
                        value: r,
                        expected: "between -1 and 1",
                    });
                }
                let lost = degenerate.binary_search(&i).is_ok() || degenerate.binary_search(&j).is_ok();
                let r = if lost { f64::NAN } else { r.clamp(-1.0, 1.0) };
                correlation[i * width + j] = r;
                correlation[j * width + i] = r;
            }
        }
        let name = match reference {
            CorrelationReference::FisherZ => "fisher-z",
            CorrelationReference::StudentT => "student-t",
            CorrelationReference::MutualInformation => "mi-g",
        };
        Ok(Self { name, reference, correlation, width, rows, degenerate })
    }

    pub(super) fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    /// The columns about which every answer is `None`, ascending.
    #[must_use]
    pub fn degenerate(&self) -> &[usize] {
        &self.degenerate
    }

    /// The number of rows the test counts with.
    #[must_use]
    pub fn rows(&self) -> f64 {
        self.rows
    }

    /// The partial correlation of `x` and `y` given a set; `None` as in the type's documentation. For many calls take a
    /// session.
    #[must_use]
    pub fn partial_correlation(&self, x: usize, y: usize, given: &[usize]) -> Option<f64> {
        Partials::new(&self.correlation, self.width).residuals(x, y, given).map(Residuals::correlation)
    }
}

impl CorrelationReference {
    /// The test of a partial correlation given `size` columns.
    pub(super) fn result(self, r: f64, rows: f64, size: usize) -> Option<TestResult> {
        let spare = rows - size as f64;
        match self {
            Self::FisherZ if spare > 3.0 => {
                // A full correlation is taken as the largest below it, so that the statistic stays finite.
                let z = r.clamp(-1.0 + f64::EPSILON, 1.0 - f64::EPSILON).atanh() * (spare - 3.0).sqrt();
                Some(TestResult { statistic: z, df: None, p_value: normal_two_sided(z) })
            }
            Self::StudentT if spare > 2.0 => {
                let df = spare - 2.0;
                // P(|T| > t) is the incomplete beta function at 1 - r^2.
                let p_value = checked_beta_reg(df / 2.0, 0.5, (1.0 - r) * (1.0 + r)).ok()?;
                Some(TestResult { statistic: r, df: Some(df), p_value: p_value.clamp(0.0, 1.0) })
            }
            Self::MutualInformation if spare > 3.0 => {
                let unexplained = ((1.0 - r) * (1.0 + r)).max(f64::EPSILON);
                let statistic = -rows * unexplained.ln();
                // A chi-squared variable with one degree of freedom is a squared normal one.
                let p_value = normal_two_sided(statistic.max(0.0).sqrt());
                Some(TestResult { statistic: statistic.max(0.0), df: Some(1.0), p_value })
            }
            _ => None,
        }
    }

    /// The largest r^2 that stands at level `alpha` given `size` columns; NaN when there are too few rows.
    fn bound(self, alpha: f64, rows: f64, size: usize) -> f64 {
        let spare = rows - size as f64;
        let normal = || std::f64::consts::SQRT_2 * erfc_inv(alpha);
        match self {
            Self::FisherZ if spare > 3.0 => (normal() / (spare - 3.0).sqrt()).tanh().powi(2),
            Self::StudentT if spare > 2.0 => 1.0 - inv_beta_reg((spare - 2.0) / 2.0, 0.5, alpha),
            Self::MutualInformation if spare > 3.0 => -(-normal().powi(2) / rows).exp_m1(),
            _ => f64::NAN,
        }
    }
}

/// `P(|Z| > |z|)` of a standard normal Z.
pub(super) fn normal_two_sided(z: f64) -> f64 {
    erfc(z.abs() / std::f64::consts::SQRT_2).clamp(0.0, 1.0)
}

impl IndependenceTest for PartialCorrelationTest {
    fn name(&self) -> &'static str {
        self.name
    }

    fn variables(&self) -> usize {
        self.width
    }

    fn session(&self) -> Box<dyn TestSession + '_> {
        Box::new(Session {
            test: self,
            partials: Partials::new(&self.correlation, self.width),
            alpha: f64::NAN,
            bounds: Vec::new(),
        })
    }

    fn correlations(&self) -> Option<&[f64]> {
        Some(&self.correlation)
    }

    fn correlation_cutoff(&self, size: usize, alpha: f64) -> Option<f64> {
        let bound =
            if alpha > 0.0 && alpha < 1.0 { self.reference.bound(alpha, self.rows, size) } else { f64::NAN };
        (!bound.is_nan()).then_some(bound.sqrt())
    }
}

struct Session<'a> {
    test: &'a PartialCorrelationTest,
    partials: Partials<'a>,
    /// The level the bounds are for.
    alpha: f64,
    /// The bound on r^2 by size of the conditioning set.
    bounds: Vec<f64>,
}

impl Session<'_> {
    fn bound(&mut self, alpha: f64, size: usize) -> f64 {
        if alpha.to_bits() != self.alpha.to_bits() {
            self.alpha = alpha;
            self.bounds.clear();
        }
        while self.bounds.len() <= size {
            self.bounds.push(self.test.reference.bound(alpha, self.test.rows, self.bounds.len()));
        }
        self.bounds[size]
    }
}

impl TestSession for Session<'_> {
    fn test(&mut self, x: usize, y: usize, given: &[usize]) -> Option<TestResult> {
        let residuals = self.partials.residuals(x, y, given)?;
        self.test.reference.result(residuals.correlation(), self.test.rows, given.len())
    }

    fn independent(&mut self, x: usize, y: usize, given: &[usize], alpha: f64) -> Option<bool> {
        if !(alpha > 0.0 && alpha < 1.0) {
            return self.test(x, y, given).map(|result| result.p_value > alpha);
        }
        let bound = self.bound(alpha, given.len());
        if bound.is_nan() {
            return None;
        }
        self.partials.residuals(x, y, given).map(|residuals| residuals.within(bound))
    }
}
