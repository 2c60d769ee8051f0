//! [`Dynotears`]: a structural vector autoregression as one smooth optimisation.
//!
//! `min 1/(2n) |X - X W - Y A|^2 + lambda_w |W|_1 + lambda_a |A|_1` subject to `W` acyclic, where Y holds the past of X. The
//! problem is NOTEARS' with more columns: those of the past act and are not acted on. So the optimiser is shared with
//! [`Notears`], and all it reads is the covariance of the lagged moments.

use etiology_structure::Notears;
use nalgebra::DMatrix;

use crate::{GrangerError, LagMatrices, Series};

/// DYNOTEARS.
///
/// # Options
/// | option | default | |
/// |---|---|---|
/// | [`with_lambda_within`](Self::with_lambda_within) | 0.1 | the `l1` penalty of effects within the row |
/// | [`with_lambda_past`](Self::with_lambda_past) | 0.1 | the `l1` penalty of effects of the past |
/// | [`with_threshold`](Self::with_threshold) | 0.1 | effects below it are dropped at the end |
/// | [`with_standardised`](Self::with_standardised) | true | whether penalties and threshold are in standard deviations, or in the units of the data as in the paper |
///
/// # Assumptions
/// Linear effects, the same over all rows; no hidden common causes; effects within a row without cycles, and noise of about
/// equal variance in the units used: the squared error, not the noise, tells their direction.
///
/// # When not to use it
/// To tell directions within a row where noise variances are arbitrary (Reisach, Seiler & Weichwald, "Beware of the simulated
/// DAG!", `NeurIPS` 2021): take VAR-LiNGAM or PCMCI+. No effect gets a p-value.
///
/// # Complexity
/// O(k^3 (m + 1)^2) a function value for k series and order m, whatever the number of rows; some thousand of them.
///
/// # References
/// Pamfil, Sriwattanaworachai, Desai, Pilgerstorfer, Georgatzis, Beaumont & Aragam, "DYNOTEARS: structure learning from
/// time-series data", AISTATS 2020, section 3.
#[derive(Debug, Clone)]
pub struct Dynotears {
    lambda_within: f64,
    lambda_past: f64,
    threshold: f64,
    standardised: bool,
}

/// A fitted [`Dynotears`].
#[derive(Debug, Clone, PartialEq)]
pub struct DynotearsModel {
    effects: LagMatrices,
    rows: u64,
    warnings: Vec<String>,
}

impl Default for Dynotears {
    fn default() -> Self {
        Self { lambda_within: 0.1, lambda_past: 0.1, threshold: 0.1, standardised: true }
    }
}

impl Dynotears {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The penalty of effects within the row.
    #[must_use]
    pub fn with_lambda_within(mut self, lambda: f64) -> Self {
        self.lambda_within = lambda;
        self
    }

    /// The penalty of effects of the past.
    #[must_use]
    pub fn with_lambda_past(mut self, lambda: f64) -> Self {
        self.lambda_past = lambda;
        self
    }

    /// The size below which an effect is dropped, in the units of the penalties.
    #[must_use]
    pub fn with_threshold(mut self, threshold: f64) -> Self {
        self.threshold = threshold;
        self
    }

    /// Whether penalties and threshold are in standard deviations of the series.
    #[must_use]
    pub fn with_standardised(mut self, standardised: bool) -> Self {
        self.standardised = standardised;
        self
    }

    /// Learns from series at a lag order, on the rows where every series has an unbroken past.
    ///
    /// # Errors
    /// [`GrangerError::TooShort`] with fewer than two such rows; as
    /// [`Notears::learn_with_past`], for options out of range and series that do not vary.
    pub fn learn(&self, series: &Series, order: usize) -> Result<DynotearsModel, GrangerError> {
        let k = series.width();
        let moments = series.moments(order)?.at(order)?;
        if moments.rows() < 2 {
            let got = usize::try_from(moments.rows()).unwrap_or(usize::MAX);
            return Err(GrangerError::TooShort { model: "DYNOTEARS", needed: 2, got });
        }
        let mut covariance = moments.covariance(0);
        let degenerate = moments.degenerate();
        let scale: Vec<f64> = (0..covariance.nrows())
            .map(|column| {
                let deviation = covariance[(column, column)].sqrt();
                if self.standardised && degenerate.binary_search(&column).is_err() { deviation } else { 1.0 }
            })
            .collect();
        for j in 0..covariance.ncols() {
            for i in 0..covariance.nrows() {
                covariance[(i, j)] /= scale[i] * scale[j];
            }
        }
        let (within, past) = Notears::new()
            .with_lambda(self.lambda_within)
            .with_threshold(self.threshold)
            .learn_with_past(series.nodes(), &covariance, self.lambda_past)?;
        let in_units = |weight: f64, cause: usize, effect: usize| weight * scale[effect] / scale[cause];
        let mut matrices = vec![DMatrix::from_fn(k, k, |effect, cause| {
            in_units(within.weights()[(cause, effect)], cause, effect)
        })];
        for lag in 1..=order {
            matrices.push(DMatrix::from_fn(k, k, |effect, cause| {
                let weight = past[((lag - 1) * k + cause, effect)];
                if weight.abs() < self.threshold { 0.0 } else { in_units(weight, lag * k + cause, effect) }
            }));
        }
        Ok(DynotearsModel {
            effects: LagMatrices::new(series.nodes().clone(), matrices),
            rows: moments.rows(),
            warnings: within.warnings().to_vec(),
        })
    }
}

impl DynotearsModel {
    /// The effects, within the row at lag 0 and of the past.
    #[must_use]
    pub fn effects(&self) -> &LagMatrices {
        &self.effects
    }

    /// Rows read.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// What a reader should know: effects left out because they close a cycle with stronger ones.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::testing::normals;
    use crate::{Lag, Nodes};

    /// x0 acts on x1 at once, x1 on x2 one row later, x2 on itself; unit noise.
    fn planted(rows: usize, seed: u64) -> Series {
        let noise = normals(3 * rows, seed);
        let mut x = vec![vec![0.0; rows]; 3];
        for t in 0..rows {
            let past = |x: &[Vec<f64>], i: usize| if t > 0 { x[i][t - 1] } else { 0.0 };
            x[0][t] = noise[3 * t];
            x[1][t] = 0.9 * x[0][t] + noise[3 * t + 1];
            x[2][t] = 0.7 * past(&x, 1) + 0.4 * past(&x, 2) + noise[3 * t + 2];
        }
        Series::new(Nodes::numbered(3), x).unwrap()
    }

    #[test]
    fn a_planted_model_is_recovered() {
        let model = Dynotears::new()
            .with_standardised(false)
            .with_lambda_within(0.05)
            .with_lambda_past(0.05)
            .learn(&planted(4000, 5), 2)
            .unwrap();
        let graph = model.effects().graph().unwrap();
        let found: Vec<_> = graph.edges().iter().map(|e| (e.cause, e.effect, e.lag.rows())).collect();
        assert_eq!(found, [(0, 1, 0), (1, 2, 1), (2, 2, 1)]);
        for (edge, truth) in graph.edges().iter().zip([0.9, 0.7, 0.4]) {
            assert!((edge.strength.unwrap() - truth).abs() < 0.12, "{edge:?}");
        }
    }

    /// The conditions of Karush, Kuhn and Tucker for the weights of the past, which the acyclicity constraint does not touch:
    /// the error's slope is the penalty where a weight is not zero, and not above it elsewhere.
    #[test]
    fn the_weights_of_the_past_are_optimal() {
        let (lambda_within, lambda_past) = (0.07, 0.03);
        let series = planted(800, 6);
        let model = Dynotears::new()
            .with_standardised(false)
            .with_lambda_within(lambda_within)
            .with_lambda_past(lambda_past)
            .with_threshold(0.0)
            .learn(&series, 2)
            .unwrap();
        let covariance = series.moments(2).unwrap().at(2).unwrap().covariance(0);
        let k = series.width();
        for effect in 0..k {
            let mut left = nalgebra::DVector::zeros(3 * k);
            left[effect] = 1.0;
            for lag in 0..=2 {
                for cause in 0..k {
                    left[lag * k + cause] -= model.effects().at(Lag::new(lag))[(effect, cause)];
                }
            }
            let slope = -(&covariance * left);
            for lag in 1..=2 {
                for cause in 0..k {
                    let (slope, weight) =
                        (slope[lag * k + cause], model.effects().at(Lag::new(lag))[(effect, cause)]);
                    if weight == 0.0 {
                        assert!(slope.abs() <= lambda_past + 1e-4, "{slope}");
                    } else {
                        assert!((slope + lambda_past * weight.signum()).abs() < 1e-4, "{slope} {weight}");
                    }
                }
            }
        }
    }

    #[test]
    fn one_series_is_its_shrunken_autoregression() {
        let noise = normals(500, 9);
        let mut x = vec![0.0; 500];
        for t in 1..500 {
            x[t] = 0.6 * x[t - 1] + noise[t];
        }
        let series = Series::new(Nodes::numbered(1), vec![x]).unwrap();
        let model = Dynotears::new().with_threshold(0.0).learn(&series, 1).unwrap();
        let moments = series.moments(1).unwrap().at(1).unwrap();
        let (r, c) = (moments.correlation()[(0, 1)], moments.covariance(0));
        let expected = (r - 0.1) * (c[(0, 0)] / c[(1, 1)]).sqrt();
        assert!((model.effects().at(Lag::ONE)[(0, 0)] - expected).abs() < 1e-6);
    }

    #[test]
    fn what_cannot_be_learned_says_so() {
        let flat = Series::new(Nodes::numbered(2), vec![vec![1.0; 9]; 2]).unwrap();
        assert!(Dynotears::new().learn(&flat, 1).is_err());
        let short = planted(2, 1);
        assert!(matches!(Dynotears::new().learn(&short, 1), Err(GrangerError::TooShort { got: 1, .. })));
        assert!(Dynotears::new().with_lambda_past(0.0).learn(&planted(50, 1), 1).is_err());
        assert!(Dynotears::new().with_lambda_within(f64::NAN).learn(&planted(50, 1), 1).is_err());
        // Twins: either may stand for the other; the answer is finite.
        let twin = planted(200, 2).column(0).to_vec();
        let twins = Series::new(Nodes::numbered(2), vec![twin.clone(), twin]).unwrap();
        let model = Dynotears::new().learn(&twins, 2).unwrap();
        assert!(model.effects().graph().unwrap().edges().iter().all(|e| e.strength.unwrap().is_finite()));
    }
}
