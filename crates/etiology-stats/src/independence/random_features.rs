//! RCIT, the randomized conditional independence test: KCI's idea at a cost linear in the rows.
//!
//! Kernels are replaced by a few random Fourier features, `sqrt(2) cos(w x + b)` with Gaussian w and uniform b (Rahimi and
//! Recht 2007). The features of x and of (y, Z) are freed from Z by ridge regression on many features of Z, and the
//! statistic is n times the squared Frobenius norm of the covariance of what is left (Strobl, Zhang and Visweswaran,
//! "Approximate kernel-based conditional independence tests for fast non-parametric causal discovery", Journal of Causal
//! Inference 7, 2019, section 4). Under the null it is a weighted sum of chi-squared variables; its tail is taken by matching
//! three cumulants (Hall 1983; Buckley and Eagleson 1988).

use nalgebra::DMatrix;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};

use super::contingency_test::chi_squared_tail;
use super::kernel::{can_ask, standardised};
use super::shuffles::mix;
use super::{IndependenceTest, TestResult, TestSession};
use crate::{Scratch, StatsError, median};

/// Rows whose pairwise distances set a kernel's width.
const WIDTH_ROWS: usize = 200;

/// Which of the two tests of the paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum RandomFeatureVariant {
    /// RCIT: y is joined by Z, and any conditional dependence can be seen.
    #[default]
    Rcit,
    /// `RCoT`: y alone. Misses dependence that shows only together with Z, but better calibrated given many columns.
    Rcot,
}

/// Tests conditional independence of continuous columns by random Fourier features, in time linear in the rows.
///
/// # Options
/// Columns are standardised; a kernel's width is the median distance between rows. Defaults are the authors': 5 features of
/// x and y, 100 of Z ([`RandomFeatureTest::with_features`]), RCIT ([`RandomFeatureTest::with_variant`]), ridge 1e-10. The
/// features are random; the seed and the columns asked about determine them, not the order of questions or of the pair.
///
/// # Assumptions
/// Independent rows, several times as many as features of Z. Five features see smooth dependence; a dependence of high
/// frequency needs more.
///
/// # What it cannot judge
/// `None`: no more rows than features of Z and ten, or a column that is constant or holds NaN or infinities
/// ([`RandomFeatureTest::degenerate`]).
///
/// # Complexity
/// O(n m^2) for m features of Z, O(n m) memory.
///
/// # Example
///
/// ```
/// use etiology_stats::{IndependenceTest, RandomFeatureTest};
///
/// let x: Vec<f64> = (0..300).map(|i| f64::from(i * 37 % 300) / 150.0 - 1.0).collect();
/// let y = x.iter().enumerate().map(|(i, x)| x * x + f64::from(i as u32 * 7 % 13) / 50.0).collect();
/// assert_eq!(RandomFeatureTest::new(&[x, y], 1)?.session().independent(0, 1, &[], 0.01), Some(false));
/// # Ok::<(), etiology_stats::StatsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct RandomFeatureTest {
    columns: Vec<Vec<f64>>,
    rows: usize,
    degenerate: Vec<usize>,
    seed: u64,
    pair_features: usize,
    given_features: usize,
    variant: RandomFeatureVariant,
}

impl RandomFeatureTest {
    /// # Errors
    /// [`StatsError::LengthMismatch`] when the columns differ in length.
    pub fn new<C: AsRef<[f64]> + Sync>(columns: &[C], seed: u64) -> Result<Self, StatsError> {
        let rows = columns.first().map_or(0, |column| column.as_ref().len());
        let (columns, degenerate) = standardised(columns)?;
        let variant = RandomFeatureVariant::default();
        Ok(Self { columns, rows, degenerate, seed, pair_features: 5, given_features: 100, variant })
    }

    /// Sets the number of features of x and of y, and of the conditioning set.
    ///
    /// # Errors
    /// [`StatsError::Parameter`] when one is 0, or the first above 40, whose products would not fit.
    pub fn with_features(mut self, pair: usize, given: usize) -> Result<Self, StatsError> {
        for (value, most) in [(pair, 40), (given, usize::MAX)] {
            if value == 0 || value > most {
                return Err(StatsError::Parameter {
                    parameter: "the number of random features",
                    value: value as f64,
                    expected: "positive, and at most 40 for the pair",
                });
            }
        }
        self.pair_features = pair;
        self.given_features = given;
        Ok(self)
    }

    /// Takes RCIT or `RCoT`.
    #[must_use]
    pub fn with_variant(mut self, variant: RandomFeatureVariant) -> Self {
        self.variant = variant;
        self
    }

    /// The columns about which every answer is `None`, ascending.
    #[must_use]
    pub fn degenerate(&self) -> &[usize] {
        &self.degenerate
    }

    /// Standardised random features of some columns jointly, one a column of the result.
    fn features(&self, columns: &[usize], count: usize, rng: &mut StdRng) -> DMatrix<f64> {
        let width = self.width(columns);
        let mut features = DMatrix::zeros(self.rows, count);
        for mut feature in features.column_iter_mut() {
            for &column in columns {
                let weight = normal(rng) / width;
                for (entry, value) in feature.iter_mut().zip(&self.columns[column]) {
                    *entry += weight * value;
                }
            }
            let shift = rng.random::<f64>() * std::f64::consts::TAU;
            feature.apply(|entry: &mut f64| *entry = (*entry + shift).cos());
            let mean = feature.mean();
            feature.add_scalar_mut(-mean);
            let deviation = (feature.norm_squared() / (self.rows as f64 - 1.0)).sqrt();
            feature /= if deviation > 1e-12 { deviation } else { f64::INFINITY };
        }
        features
    }

    /// The median distance between some of the rows, 1 where it is 0.
    fn width(&self, columns: &[usize]) -> f64 {
        let step = self.rows.div_ceil(WIDTH_ROWS).max(1);
        let picked: Vec<usize> = (0..self.rows).step_by(step).collect();
        let distance = |&a: &usize, &b: &usize| {
            columns
                .iter()
                .map(|&column| (self.columns[column][a] - self.columns[column][b]).powi(2))
                .sum::<f64>()
                .sqrt()
        };
        let distances: Vec<f64> = (picked.iter().enumerate())
            .flat_map(|(at, a)| picked[..at].iter().map(move |b| distance(a, b)))
            .collect();
        median(&distances, &mut Scratch::new()).filter(|&median| median > 0.0).unwrap_or(1.0)
    }
}

/// A standard normal number (Box and Muller 1958).
fn normal(rng: &mut StdRng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (rng.random::<f64>() * std::f64::consts::TAU).cos()
}

/// `P(sum l_i X_i > statistic)` for chi-squared `X_i` of one degree of freedom, with l the eigenvalues of `covariance`, by the
/// chi-squared variable of the same skewness, shifted and scaled to the same mean and variance.
fn weighted_chi_squared_tail(statistic: f64, covariance: &DMatrix<f64>) -> Option<f64> {
    let squared = covariance * covariance;
    let (mean, variance, third) = (covariance.trace(), 2.0 * squared.trace(), 8.0 * squared.dot(covariance));
    if !(mean > 0.0 && variance > 0.0 && third > 0.0) {
        return None;
    }
    let df = 8.0 * variance.powi(3) / (third * third);
    let matched = (statistic - mean) * (2.0 * df / variance).sqrt() + df;
    if matched.is_nan() { None } else { chi_squared_tail(matched, df) }
}

impl IndependenceTest for RandomFeatureTest {
    fn name(&self) -> &'static str {
        match self.variant {
            RandomFeatureVariant::Rcit => "rcit",
            RandomFeatureVariant::Rcot => "rcot",
        }
    }

    fn variables(&self) -> usize {
        self.columns.len()
    }

    fn session(&self) -> Box<dyn TestSession + '_> {
        Box::new(Session { test: self })
    }
}

struct Session<'a> {
    test: &'a RandomFeatureTest,
}

impl TestSession for Session<'_> {
    fn test(&mut self, x: usize, y: usize, given: &[usize]) -> Option<TestResult> {
        let test = self.test;
        let spent = if given.is_empty() { 0 } else { test.given_features };
        if test.rows <= spent + 10 || !can_ask(&test.columns, x, y, given) {
            return None;
        }
        // One order of the pair and of the set, so that the answer depends on neither.
        let (x, y) = (x.min(y), x.max(y));
        let mut given = given.to_vec();
        given.sort_unstable();
        given.dedup();
        let mut rng = StdRng::seed_from_u64(mix(test.seed, [x, y].iter().chain(&given)));
        let mut joined = vec![y];
        if test.variant == RandomFeatureVariant::Rcit {
            joined.extend_from_slice(&given);
        }
        let mut fx = test.features(&[x], test.pair_features, &mut rng);
        let mut fy = test.features(&joined, test.pair_features, &mut rng);
        if !given.is_empty() {
            let fz = test.features(&given, test.given_features, &mut rng);
            let mut gram = fz.transpose() * &fz / (test.rows as f64 - 1.0);
            for at in 0..gram.nrows() {
                gram[(at, at)] += 1e-10;
            }
            let factor = gram.cholesky()?;
            for side in [&mut fx, &mut fy] {
                let slopes = factor.solve(&(fz.tr_mul(side) / (test.rows as f64 - 1.0)));
                *side -= &fz * slopes;
            }
        }
        let n = test.rows as f64;
        let covariance = fx.tr_mul(&fy) / (n - 1.0);
        let statistic = n * covariance.norm_squared();
        let products = DMatrix::from_fn(test.rows, fx.ncols() * fy.ncols(), |row, pair| {
            fx[(row, pair / fy.ncols())] * fy[(row, pair % fy.ncols())]
        });
        let weights = products.tr_mul(&products) / n;
        Some(TestResult { statistic, df: None, p_value: weighted_chi_squared_tail(statistic, &weights)? })
    }
}
