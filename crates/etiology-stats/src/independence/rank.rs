//! Correlations that depend on ranks only, for columns that are monotone transformations of Gaussian ones.
//!
//! The nonparanormal family: unknown increasing functions of the columns are jointly Gaussian. The correlations of those
//! Gaussian variables can be had from ranks without knowing the functions, and partial correlation tests on them test
//! conditional independence in the whole family (Harris and Drton, "PC algorithm for nonparanormal graphical models", JMLR
//! 14, 2013).

use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};
use statrs::function::erf::erfc_inv;

use super::{CorrelationReference, PartialCorrelationTest};
use crate::{Moments, StatsError, rank};

/// A correlation of ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum RankCorrelation {
    /// Pearson's correlation of the ranks (Spearman 1904). Robust; given others it is only close to a conditional
    /// independence, since ranks of jointly Gaussian columns are not Gaussian.
    Spearman,
    /// Pearson's correlation of normal scores, `Phi^-1` of the ranks over n + 1 cut at `d = 1 / (4 n^(1/4) sqrt(pi ln n))`
    /// and `1 - d` (Liu, Lafferty and Wasserman, "The nonparanormal", JMLR 10, 2009, section 4). As efficient as Pearson's
    /// on Gaussian columns, so the p-values of the tests hold; the default.
    #[default]
    Nonparanormal,
    /// `2 sin(pi rho / 6)` of Spearman's rho (Liu, Han, Yuan, Lafferty and Wasserman, "High-dimensional semiparametric
    /// Gaussian copula graphical models", Annals of Statistics 40, 2012: SKEPTIC). Robust, but its variance is `(pi / 3)^2`
    /// times that of Pearson's at independence, so the tests count `9 / pi^2` as many rows. The matrix need not be positive
    /// definite for few rows.
    Skeptic,
}

impl RankCorrelation {
    /// The correlation matrix of columns, and its [degenerate](Moments::degenerate) columns: constant ones and those with
    /// values that are not finite. O(p n log n + n p^2).
    ///
    /// # Errors
    /// [`StatsError::LengthMismatch`] when the columns differ in length.
    pub fn matrix<C: AsRef<[f64]> + Sync>(
        self,
        columns: &[C],
    ) -> Result<(DMatrix<f64>, Vec<usize>), StatsError> {
        let scores: Vec<Vec<f64>> = columns.iter().map(|column| self.scores(column.as_ref())).collect();
        let moments = Moments::from_columns(&scores)?;
        let mut correlation = moments.correlation();
        if self == Self::Skeptic {
            correlation.apply(|r| *r = 2.0 * (std::f64::consts::FRAC_PI_6 * *r).sin());
        }
        Ok((correlation, moments.degenerate()))
    }

    /// The rows a test on the matrix should count with.
    #[must_use]
    pub fn effective_rows(self, rows: usize) -> f64 {
        match self {
            Self::Skeptic => rows as f64 * 9.0 / std::f64::consts::PI.powi(2),
            Self::Spearman | Self::Nonparanormal => rows as f64,
        }
    }

    /// What of a column is correlated; a column with a value that is not finite stays as it is.
    fn scores(self, column: &[f64]) -> Vec<f64> {
        if !column.iter().all(|value| value.is_finite()) {
            return column.to_vec();
        }
        let ranks = rank(column);
        match self {
            Self::Spearman | Self::Skeptic => ranks,
            Self::Nonparanormal => {
                let n = ranks.len() as f64;
                let cut = 1.0 / (4.0 * n.powf(0.25) * (std::f64::consts::PI * n.ln()).sqrt());
                let share = |rank: f64| rank / (n + 1.0);
                let cut = if cut < 0.5 { cut } else { 0.0 };
                ranks.into_iter().map(|rank| quantile(share(rank).clamp(cut, 1.0 - cut))).collect()
            }
        }
    }
}

/// The standard normal quantile.
fn quantile(share: f64) -> f64 {
    -std::f64::consts::SQRT_2 * erfc_inv(2.0 * share)
}

impl PartialCorrelationTest {
    /// A test on a rank correlation of the columns; see [`RankCorrelation`] for which to take.
    ///
    /// # Errors
    /// [`StatsError::LengthMismatch`] when the columns differ in length.
    pub fn rank<C: AsRef<[f64]> + Sync>(
        columns: &[C],
        kind: RankCorrelation,
        reference: CorrelationReference,
    ) -> Result<Self, StatsError> {
        let (correlation, degenerate) = kind.matrix(columns)?;
        let rows = columns.first().map_or(0, |column| column.as_ref().len());
        let test = Self::build(&correlation, kind.effective_rows(rows), degenerate, reference)?;
        Ok(test.named(match kind {
            RankCorrelation::Spearman => "spearman",
            RankCorrelation::Nonparanormal => "nonparanormal",
            RankCorrelation::Skeptic => "skeptic",
        }))
    }
}
