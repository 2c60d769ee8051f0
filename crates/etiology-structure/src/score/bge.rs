//! [`BgeScore`]: the Bayesian score of linear-Gaussian networks under a normal-Wishart prior.

use nalgebra::{DMatrix, DVector};
use statrs::function::gamma::ln_gamma;

use super::gaussian::check;
use super::prefix_cholesky::{PrefixCholesky, Symmetric};
use crate::{LocalScore, ScoreSession, StructureError};

/// The logarithm of the marginal likelihood of linear-Gaussian networks, score-equivalent: `BGe`.
///
/// The prior is normal-Wishart with mean `nu`, precision weight `alpha_mu`, degrees of freedom `alpha_w` and matrix
/// `t I`, `t = alpha_mu (alpha_w - p - 1) / (alpha_mu + 1)`. With `R = t I + n C + n alpha_mu / (n + alpha_mu) d d'`
/// (`C` the covariance with divisor `n`, `d` the sample mean less `nu`), the local score of a node with `k` parents `S` is
/// ```text
/// 1/2 ln(alpha_mu / (n + alpha_mu)) - n/2 ln pi + ln Gamma((n + alpha_w - p + k + 1) / 2) - ln Gamma((alpha_w - p + k + 1) / 2)
///   + (alpha_w - p + 2 k + 1) / 2 ln t + (n + alpha_w - p + k) / 2 ln |R_S| - (n + alpha_w - p + k + 1) / 2 ln |R_(S, y)|
/// ```
/// which is the corrected formula of Kuipers, Moffa & Heckerman (2014, eqs. 6 to 9).
///
/// # Options
/// [`BgeScore::with_mean_weight`] (`alpha_mu`, default 1), [`BgeScore::with_degrees_of_freedom`] (`alpha_w`, default
/// `p + 2`), [`BgeScore::with_prior_mean`] (`nu`, default the sample means). The defaults are bnlearn's `iss.mu`, `iss.w`, `nu`.
///
/// # Assumes
/// As [`GaussianScore`](crate::GaussianScore). Shifting a column changes nothing with the default mean; rescaling does,
/// because the prior matrix is a multiple of the identity: bring columns to one scale first unless their scale means something.
///
/// # Complexity
/// As [`GaussianScore`](crate::GaussianScore).
///
/// # References
/// D. Geiger & D. Heckerman, *Learning Gaussian networks*, UAI 1994. J. Kuipers, G. Moffa & D. Heckerman, *Addendum on the
/// scoring of Gaussian directed acyclic graphical models*, Annals of Statistics 42, 2014.
#[derive(Debug, Clone)]
pub struct BgeScore {
    covariance: DMatrix<f64>,
    rows: f64,
    mean_weight: f64,
    degrees_of_freedom: f64,
    shift: DVector<f64>,
    /// `R` of the formula.
    posterior: Symmetric,
    prior_scale: f64,
}

impl BgeScore {
    /// Of the covariance matrix (divisor: the number of rows) of `rows` rows.
    ///
    /// # Errors
    /// As [`GaussianScore::new`](crate::GaussianScore::new).
    pub fn new(covariance: &DMatrix<f64>, rows: usize) -> Result<Self, StructureError> {
        let (width, _) = check(covariance, rows)?;
        let mut score = Self {
            covariance: covariance.clone(),
            rows: rows as f64,
            mean_weight: 1.0,
            degrees_of_freedom: width as f64 + 2.0,
            shift: DVector::zeros(width),
            posterior: Symmetric::new(0, Vec::new()),
            prior_scale: 1.0,
        };
        score.update();
        Ok(score)
    }

    /// `alpha_mu`, the prior's weight on the mean in rows.
    ///
    /// # Errors
    /// When not positive and finite.
    pub fn with_mean_weight(mut self, mean_weight: f64) -> Result<Self, StructureError> {
        if !(mean_weight.is_finite() && mean_weight > 0.0) {
            let (parameter, expected) = ("the BGe mean weight", "finite and above 0");
            return Err(StructureError::Parameter { parameter, value: mean_weight, expected });
        }
        self.mean_weight = mean_weight;
        self.update();
        Ok(self)
    }

    /// `alpha_w`, the degrees of freedom of the Wishart prior.
    ///
    /// # Errors
    /// When not above the number of variables plus one, where the prior matrix would vanish.
    pub fn with_degrees_of_freedom(mut self, degrees_of_freedom: f64) -> Result<Self, StructureError> {
        if !(degrees_of_freedom.is_finite() && degrees_of_freedom > self.variables() as f64 + 1.0) {
            let expected = "finite and above the number of variables plus 1";
            let parameter = "the BGe degrees of freedom";
            return Err(StructureError::Parameter { parameter, value: degrees_of_freedom, expected });
        }
        self.degrees_of_freedom = degrees_of_freedom;
        self.update();
        Ok(self)
    }

    /// `nu`, the prior means, beside the sample means they are compared with.
    ///
    /// # Errors
    /// When a length differs from the number of variables, or a value is not finite.
    pub fn with_prior_mean(
        mut self,
        prior_mean: &[f64],
        sample_mean: &[f64],
    ) -> Result<Self, StructureError> {
        for (what, values) in [("the prior mean", prior_mean), ("the sample mean", sample_mean)] {
            if values.len() != self.variables() {
                let (expected, got) = (self.variables(), values.len());
                return Err(StructureError::Width { what, expected, got });
            }
            if let Some(&value) = values.iter().find(|value| !value.is_finite()) {
                return Err(StructureError::Parameter { parameter: what, value, expected: "finite" });
            }
        }
        self.shift = DVector::from_iterator(
            prior_mean.len(),
            sample_mean.iter().zip(prior_mean).map(|(sample, prior)| sample - prior),
        );
        self.update();
        Ok(self)
    }

    fn update(&mut self) {
        let (n, mu, p) = (self.rows, self.mean_weight, self.covariance.nrows());
        self.prior_scale = mu * (self.degrees_of_freedom - p as f64 - 1.0) / (mu + 1.0);
        let mut values = Vec::with_capacity(p * p);
        for i in 0..p {
            for j in 0..p {
                let (low, high) = (i.min(j), i.max(j));
                let shift = n * mu / (n + mu) * self.shift[i] * self.shift[j];
                let prior = if i == j { self.prior_scale } else { 0.0 };
                values.push(prior + n * self.covariance[(low, high)] + shift);
            }
        }
        self.posterior = Symmetric::new(p, values);
    }
}

impl LocalScore for BgeScore {
    fn name(&self) -> &'static str {
        "bge"
    }

    fn variables(&self) -> usize {
        self.covariance.nrows()
    }

    fn session(&self) -> Box<dyn ScoreSession + '_> {
        Box::new(Session { score: self, block: PrefixCholesky::new(&self.posterior, 0.0) })
    }
}

struct Session<'a> {
    score: &'a BgeScore,
    block: PrefixCholesky<'a>,
}

impl ScoreSession for Session<'_> {
    fn local(&mut self, node: usize, parents: &[usize]) -> f64 {
        let score = self.score;
        if !self.block.factor(parents) {
            return f64::NEG_INFINITY;
        }
        let residual = self.block.residual(node);
        if residual <= 0.0 {
            return f64::NEG_INFINITY;
        }
        let (n, k, t, mu) = (score.rows, parents.len() as f64, score.prior_scale, score.mean_weight);
        let own = score.degrees_of_freedom - score.variables() as f64 + k + 1.0;
        let value = 0.5 * (mu / (n + mu)).ln() - 0.5 * n * std::f64::consts::PI.ln()
            + ln_gamma(0.5 * (n + own))
            - ln_gamma(0.5 * own)
            + 0.5 * (own + k) * t.ln()
            // |R_(S, y)| = |R_S| * residual leaves half of ln |R_S|.
            - 0.5 * self.block.log_determinant()
            - 0.5 * (n + own) * residual.ln();
        if value.is_nan() { f64::NEG_INFINITY } else { value }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_bad_priors() {
        let score = BgeScore::new(&DMatrix::identity(2, 2), 10).unwrap();
        assert!(score.clone().with_mean_weight(0.0).is_err());
        assert!(score.clone().with_degrees_of_freedom(3.0).is_err());
        assert!(score.clone().with_prior_mean(&[0.0], &[0.0]).is_err());
        assert!(score.with_prior_mean(&[0.0, f64::NAN], &[0.0, 0.0]).is_err());
    }

    #[test]
    fn a_wrong_prior_mean_costs_likelihood() {
        let score = BgeScore::new(&DMatrix::identity(2, 2), 10).unwrap();
        let off = score.clone().with_prior_mean(&[0.0, 0.0], &[3.0, 0.0]).unwrap();
        let (mut at, mut away) = (score.session(), off.session());
        assert!(away.local(0, &[]) < at.local(0, &[]));
        assert_eq!(away.local(1, &[]).to_bits(), at.local(1, &[]).to_bits());
    }
}
