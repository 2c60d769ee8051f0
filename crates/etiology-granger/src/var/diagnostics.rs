//! Whether a vector autoregression is one: stability, white residuals, normal residuals.

use nalgebra::linalg::Schur;
use nalgebra::{DMatrix, DVector};
use serde::Serialize;

use super::factor::cholesky;
use super::{Residuals, Var};
use crate::{GrangerError, Reference, Series, Statistic};

/// The portmanteau test of residual autocorrelation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Whiteness {
    /// Lags of the residuals looked at.
    pub lags: usize,
    /// Whether weighted for small samples.
    pub adjusted: bool,
    /// Chi-squared with `k^2 (lags - order)` degrees of freedom.
    pub test: Statistic,
}

/// The Jarque-Bera test of normal residuals.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Normality {
    /// Chi-squared with `2 k` degrees of freedom: skewness and kurtosis together.
    pub test: Statistic,
}

impl Var {
    /// The largest modulus of the companion matrix's eigenvalues: below 1 the model is stable, at 1 a shock never fades. `None`
    /// when the eigenvalues do not converge. O((k m)^3).
    #[must_use]
    pub fn spectral_radius(&self) -> Option<f64> {
        let (k, order) = (self.width(), self.order());
        let companion = DMatrix::from_fn(k * order, k * order, |row, column| {
            if row < k { self.coefficients[(column, row)] } else { f64::from(u8::from(column + k == row)) }
        });
        let schur = Schur::try_new(companion, f64::EPSILON, 10_000)?;
        let moduli =
            schur.complex_eigenvalues().iter().map(|root| root.re.hypot(root.im)).fold(0.0, f64::max);
        Some(moduli)
    }

    /// Whether every shock fades: [`Var::spectral_radius`] below 1.
    #[must_use]
    pub fn is_stable(&self) -> bool {
        self.spectral_radius().is_some_and(|radius| radius < 1.0)
    }

    /// The portmanteau test (Luetkepohl 2005, section 4.4.3; adjusted as in Hosking, JASA 75, 1980) that the residuals on these
    /// series have no autocorrelation up to `lags`. Residuals on either side of a gap are not paired. O(n k^2 lags).
    ///
    /// # Errors
    /// [`GrangerError::Parameter`] when `lags` does not exceed the order; [`GrangerError::TooShort`];
    /// [`GrangerError::Singular`] for collinear residuals; as [`Var::residuals`].
    pub fn whiteness(&self, series: &Series, lags: usize, adjusted: bool) -> Result<Whiteness, GrangerError> {
        if lags <= self.order() {
            return Err(GrangerError::Parameter {
                parameter: "the number of residual lags",
                value: lags as f64,
                expected: "more than the order of the model",
            });
        }
        let residuals = self.residuals(series)?;
        let n = residuals.rows.len();
        if n <= lags {
            return Err(GrangerError::TooShort { model: "the whiteness test", needed: lags + 1, got: n });
        }
        let centred = centred(&residuals);
        let root = self.residual_root(&(&centred * centred.transpose() / n as f64))?;
        let white = whitened(&root, &centred);
        let k = self.width();
        let mut value = 0.0;
        for lag in 1..=lags {
            let mut products = DMatrix::<f64>::zeros(k, k);
            for (earlier, later) in residuals.apart(lag) {
                products.ger(1.0, &white.column(later), &white.column(earlier), 1.0);
            }
            let squares = (products / n as f64).norm_squared();
            value += if adjusted { n as f64 * squares / (n - lag) as f64 } else { squares };
        }
        let df = (k * k * (lags - self.order())) as f64;
        Ok(Whiteness { lags, adjusted, test: chi_squared(value * n as f64, df)? })
    }

    /// The Jarque-Bera test (Luetkepohl 2005, section 4.5) that the residuals on these series are jointly normal. Its null
    /// distribution is asymptotic. O(n k^2).
    ///
    /// # Errors
    /// As [`Var::whiteness`].
    pub fn normality(&self, series: &Series) -> Result<Normality, GrangerError> {
        let residuals = self.residuals(series)?;
        let n = residuals.rows.len() as f64;
        let centred = centred(&residuals);
        let root = self.residual_root(&(&centred * centred.transpose() / n))?;
        let white = whitened(&root, &centred);
        let mut value = 0.0;
        for row in white.row_iter() {
            let skewness = row.iter().map(|w| w.powi(3)).sum::<f64>() / n;
            let kurtosis = row.iter().map(|w| w.powi(4)).sum::<f64>() / n - 3.0;
            value += n * (skewness * skewness / 6.0 + kurtosis * kurtosis / 24.0);
        }
        Ok(Normality { test: chi_squared(value, 2.0 * self.width() as f64)? })
    }

    /// The lower factor of the residuals' covariance.
    fn residual_root(&self, covariance: &DMatrix<f64>) -> Result<DMatrix<f64>, GrangerError> {
        let scales: DVector<f64> = covariance.diagonal().map(f64::sqrt);
        let scaled = covariance.map_with_location(|i, j, value| value / (scales[i] * scales[j]));
        let mut root = cholesky(scaled);
        match root.diagonal().iter().position(|pivot| pivot.is_nan() || *pivot < 1e-6) {
            Some(odd) => Err(GrangerError::Singular {
                model: "the covariance of the residuals",
                name: self.nodes().name(odd).to_owned(),
            }),
            None => {
                root.row_iter_mut().zip(scales.iter()).for_each(|(mut row, &scale)| row *= scale);
                Ok(root)
            }
        }
    }
}

/// One column a row, less the mean.
fn centred(residuals: &Residuals) -> DMatrix<f64> {
    let n = residuals.rows.len();
    let means: Vec<f64> =
        residuals.columns.iter().map(|column| column.iter().sum::<f64>() / n.max(1) as f64).collect();
    DMatrix::from_fn(residuals.columns.len(), n, |i, row| residuals.columns[i][row] - means[i])
}

fn whitened(root: &DMatrix<f64>, centred: &DMatrix<f64>) -> DMatrix<f64> {
    let mut white = centred.clone();
    root.solve_lower_triangular_mut(&mut white);
    white
}

fn chi_squared(value: f64, df: f64) -> Result<Statistic, GrangerError> {
    let reference = Reference::ChiSquared { df };
    Statistic::new(value, reference).ok_or_else(|| GrangerError::Unsuitable {
        message: "the residuals are not finite; divide the series by a constant first".to_owned(),
    })
}
