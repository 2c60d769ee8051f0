//! Tests between groups of series in one fitted vector autoregression: Granger causality and instantaneous causality.

use nalgebra::{DMatrix, DVector};

use super::TestStatistic;
use crate::var::{Var, cholesky};
use crate::{GrangerError, Reference, Statistic};

impl Var {
    /// Whether the past of `causes` helps to forecast `effects`, given the past of all series in the model (Luetkepohl 2005, section
    /// 3.6): all coefficients from one to the other are zero. With q of these, n rows, d residual degrees of freedom of an
    /// equation, k series, the residual products `R` of the effects and what the causes take from them, `G`:
    ///
    /// | statistic | value | reference |
    /// |---|---|---|
    /// | F | `d tr(R^-1 G) / q` | F(q, k d), as statsmodels' `VAR.test_causality` and `JMulTi`; for one effect [`GrangerScan`](crate::GrangerScan) refers it to F(q, d) |
    /// | Wald | `d tr(R^-1 G)` | chi-squared(q) |
    /// | chi-squared | `n tr(R^-1 G)` | chi-squared(q) |
    /// | likelihood ratio | `n log det(I + R^-1 G)` | chi-squared(q): n times Geweke's multivariate measure, MVGC's F |
    ///
    /// # Errors
    /// [`GrangerError::Unsuitable`] for an empty group, an unknown series or one in both groups; [`GrangerError::Singular`] for effects
    /// whose residuals are collinear.
    pub fn causality(
        &self,
        causes: &[usize],
        effects: &[usize],
        statistic: TestStatistic,
    ) -> Result<Statistic, GrangerError> {
        self.causality_of_lags(causes, effects, self.order(), statistic)
    }

    /// As [`Var::causality`], of the first `lags` lags only: with Wald's statistic and one lag less for every difference the series
    /// need, the test of Toda and Yamamoto (Journal of Econometrics 66, 1995) for groups.
    ///
    /// # Errors
    /// As [`Var::causality`]; [`GrangerError::Parameter`] when there is no such lag.
    pub fn causality_of_lags(
        &self,
        causes: &[usize],
        effects: &[usize],
        lags: usize,
        statistic: TestStatistic,
    ) -> Result<Statistic, GrangerError> {
        self.require_groups(causes, effects)?;
        if lags == 0 || lags > self.order() {
            return Err(GrangerError::Parameter {
                parameter: "the number of lags tested",
                value: lags as f64,
                expected: "at least 1 and at most the order of the model",
            });
        }
        let k = self.width();
        let tested: Vec<usize> =
            (0..lags).flat_map(|lag| causes.iter().map(move |cause| lag * k + cause)).collect();
        let coefficients = self.coefficients.select_rows(&tested).select_columns(effects);
        let inverse = Scaled::new(&self.inverse.select_rows(&tested).select_columns(&tested));
        let left = Scaled::new(&self.squares.select_rows(effects).select_columns(effects));
        let whole = left.check(|odd| self.nodes().name(effects[odd]).to_owned())?;
        inverse.check(|odd| self.nodes().name(causes[odd % causes.len()]).to_owned())?;
        let gained = inverse.solve(coefficients);
        // Of `R^-1/2 G R^-T/2`: the trace is the squared norm of what is solved here.
        let relative = whole.solve(gained.transpose());
        let (rows, degrees) = (self.rows() as f64, self.residual_degrees());
        let q = (tested.len() * effects.len()) as f64;
        let chi_squared = Reference::ChiSquared { df: q };
        let (value, reference) = match statistic {
            TestStatistic::F => (
                degrees * relative.norm_squared() / q,
                Reference::F { numerator: q, denominator: degrees * k as f64 },
            ),
            TestStatistic::Wald => (degrees * relative.norm_squared(), chi_squared),
            TestStatistic::ChiSquared => (rows * relative.norm_squared(), chi_squared),
            TestStatistic::LikelihoodRatio => {
                let ratio =
                    DMatrix::identity(effects.len(), effects.len()) + &relative * relative.transpose();
                let roots = ratio.cholesky().map(|root| root.l_dirty().diagonal().map(f64::ln).sum());
                (2.0 * rows * roots.unwrap_or(f64::NAN), chi_squared)
            }
        };
        finite(Statistic::new(value, reference))
    }

    /// Whether two groups move together within a row beyond what the past of all series explains (Luetkepohl 2005, section
    /// 3.6.3): Wald's statistic that the residuals of one are uncorrelated with those of the other, chi-squared with as many
    /// degrees of freedom as pairs. It has no direction.
    ///
    /// # Errors
    /// As [`Var::causality`].
    pub fn instantaneous(&self, left: &[usize], right: &[usize]) -> Result<Statistic, GrangerError> {
        self.require_groups(left, right)?;
        let all: Vec<usize> = left.iter().chain(right).copied().collect();
        let scaled = Scaled::new(&self.squares.select_rows(&all).select_columns(&all));
        scaled.check(|odd| self.nodes().name(all[odd]).to_owned())?;
        let r = &scaled.matrix;
        let pairs: Vec<(usize, usize)> =
            (0..left.len()).flat_map(|a| (left.len()..all.len()).map(move |b| (a, b))).collect();
        let observed = DVector::from_iterator(pairs.len(), pairs.iter().map(|&pair| r[pair]));
        let spread = DMatrix::from_fn(pairs.len(), pairs.len(), |x, y| {
            let ((a, b), (c, d)) = (pairs[x], pairs[y]);
            r[(a, c)] * r[(b, d)] + r[(a, d)] * r[(b, c)]
        });
        let value = spread.cholesky().map(|root| observed.dot(&root.solve(&observed)));
        let df = pairs.len() as f64;
        finite(Statistic::new(value.unwrap_or(f64::NAN) * self.rows() as f64, Reference::ChiSquared { df }))
    }

    fn require_groups(&self, left: &[usize], right: &[usize]) -> Result<(), GrangerError> {
        let refuse = |message: String| Err(GrangerError::Unsuitable { message });
        if left.is_empty() || right.is_empty() {
            return refuse("a group is empty; give each at least one series".to_owned());
        }
        let mut all: Vec<usize> = left.iter().chain(right).copied().collect();
        all.sort_unstable();
        if let Some(&last) = all.last()
            && last >= self.width()
        {
            return refuse(format!("series {last} is not in the model, which has {}", self.width()));
        }
        if let Some(twice) = all.windows(2).find(|pair| pair[0] == pair[1]) {
            let name = self.nodes().name(twice[0]);
            return refuse(format!("series `{name}` is named twice; give each once, in one group"));
        }
        Ok(())
    }
}

fn finite(statistic: Option<Statistic>) -> Result<Statistic, GrangerError> {
    statistic.ok_or_else(|| GrangerError::Unsuitable {
        message: "the statistic is not finite: the residuals are collinear".to_owned(),
    })
}

/// A covariance matrix scaled to ones on its diagonal, and its factor.
struct Scaled {
    matrix: DMatrix<f64>,
    scales: DVector<f64>,
    factor: DMatrix<f64>,
}

impl Scaled {
    fn new(matrix: &DMatrix<f64>) -> Self {
        let scales = matrix.diagonal().map(f64::sqrt);
        let matrix = matrix.map_with_location(|i, j, value| value / (scales[i] * scales[j]));
        Self { factor: cholesky(matrix.clone()), matrix, scales }
    }

    /// Itself, unless a column is redundant.
    fn check(&self, name: impl Fn(usize) -> String) -> Result<&Self, GrangerError> {
        match self.factor.diagonal().iter().position(|pivot| pivot.is_nan() || *pivot <= 0.0) {
            Some(odd) => Err(GrangerError::Singular { model: "the test between groups", name: name(odd) }),
            None => Ok(self),
        }
    }

    /// The inverse of the lower factor of the unscaled matrix, times `right`.
    fn solve(&self, mut right: DMatrix<f64>) -> DMatrix<f64> {
        right.row_iter_mut().zip(self.scales.iter()).for_each(|(mut row, &scale)| row /= scale);
        self.factor.solve_lower_triangular_mut(&mut right);
        right
    }
}
