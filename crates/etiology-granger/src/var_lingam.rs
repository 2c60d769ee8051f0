//! [`VarLingam`]: vector autoregression with instantaneous effects, identified by non-Gaussian noise.
//!
//! A vector autoregression leaves residuals in which effects within a row are still mixed. Where the noise is not Gaussian,
//! DirectLiNGAM unmixes them: `x_t = B_0 x_t + B_1 x_(t-1) + ... + e_t` with `B_0` acyclic follows from the residuals' `B_0`
//! and the autoregression's `M_l` as `B_l = (I - B_0) M_l`.

use etiology_graph::Lag;
use etiology_structure::{DirectLingam, Pruning};
use nalgebra::DMatrix;
use rayon::prelude::*;

use crate::{GrangerError, LagMatrices, Series, Trend, Var};

/// VAR-LiNGAM by DirectLiNGAM.
///
/// # Options
/// | option | default | |
/// |---|---|---|
/// | [`with_pruning`](Self::with_pruning) | [`Pruning::AdaptiveLasso`] | which of the effects stay, within the row and from the past |
/// | [`with_trend`](Self::with_trend) | [`Trend::Constant`] | |
///
/// # Assumptions
/// Linear effects, the same over all rows; no hidden common causes; effects within a row without cycles; at most one noise
/// term that is Gaussian.
///
/// # When not to use it
/// With Gaussian noise: the direction of effects within a row is then a guess, and [`VarLingamModel::warnings`] says so. For
/// effects from the past only, a conditional Granger scan asks for less.
///
/// # Complexity
/// O(k^3 m^3 + n k^2 m) for the autoregression of k series and order m; then as
/// [`DirectLingam`] on its residuals; then O(k (k m)^3) for pruning.
///
/// # References
/// Hyvarinen, Zhang, Shimizu & Hoyer, "Estimation of a structural vector autoregression model using non-Gaussianity", JMLR 11,
/// 2010, section 3.
#[derive(Debug, Clone, Default)]
pub struct VarLingam {
    pruning: Pruning,
    trend: Trend,
}

/// A fitted [`VarLingam`].
#[derive(Debug, Clone, PartialEq)]
pub struct VarLingamModel {
    effects: LagMatrices,
    causal_order: Vec<usize>,
    rows: u64,
    warnings: Vec<String>,
}

impl VarLingam {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Which effects stay. With [`Pruning::AdaptiveLasso`] each series is regressed anew on its predecessors in the causal
    /// order and on the past of all, as one; with the others the past keeps every effect, and [`Pruning::Threshold`] drops
    /// those below it in standardised units.
    #[must_use]
    pub fn with_pruning(mut self, pruning: Pruning) -> Self {
        self.pruning = pruning;
        self
    }

    /// What the autoregression has beside the past.
    #[must_use]
    pub fn with_trend(mut self, trend: Trend) -> Self {
        self.trend = trend;
        self
    }

    /// Learns from series at a lag order, on the rows where every series has an unbroken past.
    ///
    /// # Errors
    /// As [`Var::fit`], and as [`DirectLingam::learn`] on the residuals.
    pub fn learn(&self, series: &Series, order: usize) -> Result<VarLingamModel, GrangerError> {
        let moments = series.moments(order)?;
        let var = Var::fit(&moments, series.nodes(), order, self.trend)?;
        let residuals = var.residuals(series)?;
        let columns: Vec<&[f64]> = residuals.columns.iter().map(Vec::as_slice).collect();
        let within = DirectLingam::new().with_pruning(self.pruning).learn(series.nodes(), &columns)?;
        let matrices = match self.pruning {
            Pruning::AdaptiveLasso => self.regressed(&moments.at(order)?, order, within.order()),
            Pruning::Threshold(_) | Pruning::None => {
                self.unmixed(&moments.at(order)?, &var, within.weights())
            }
        };
        Ok(VarLingamModel {
            effects: LagMatrices::new(series.nodes().clone(), matrices),
            causal_order: within.order().to_vec(),
            rows: var.rows(),
            warnings: within.warnings().to_vec(),
        })
    }

    /// Each series on its predecessors and the past, thinned together.
    fn regressed(
        &self,
        moments: &etiology_stats::Moments,
        order: usize,
        causal: &[usize],
    ) -> Vec<DMatrix<f64>> {
        let k = causal.len();
        let (correlation, scale) = (moments.correlation(), deviations(moments));
        let rows = usize::try_from(moments.rows()).unwrap_or(usize::MAX);
        let families: Vec<(usize, Vec<(usize, f64)>)> = (0..k)
            .into_par_iter()
            .map(|at| {
                let target = causal[at];
                let mut candidates: Vec<usize> =
                    causal[..at].iter().copied().chain(k..k * (order + 1)).collect();
                candidates.sort_unstable();
                (target, self.pruning.regress(&correlation, rows, target, &candidates))
            })
            .collect();
        let mut matrices = vec![DMatrix::zeros(k, k); order + 1];
        for (effect, family) in families {
            for (column, coefficient) in family {
                matrices[column / k][(effect, column % k)] = coefficient * scale[effect] / scale[column];
            }
        }
        matrices
    }

    /// `B_0` and `(I - B_0) M_l`.
    fn unmixed(
        &self,
        moments: &etiology_stats::Moments,
        var: &Var,
        weights: &DMatrix<f64>,
    ) -> Vec<DMatrix<f64>> {
        let k = var.width();
        let scale = deviations(moments);
        let within = weights.transpose();
        let unmix = DMatrix::identity(k, k) - &within;
        let mut matrices = vec![within];
        for lag in Lag::new(var.order()).past() {
            let mut matrix = &unmix * var.lag_matrix(lag);
            if let Pruning::Threshold(bound) = self.pruning {
                for effect in 0..k {
                    for cause in 0..k {
                        let standardised = matrix[(effect, cause)] * scale[cause] / scale[effect];
                        if standardised.abs() < bound {
                            matrix[(effect, cause)] = 0.0;
                        }
                    }
                }
            }
            matrices.push(matrix);
        }
        matrices
    }
}

fn deviations(moments: &etiology_stats::Moments) -> Vec<f64> {
    moments.comoments().diagonal().iter().map(|squares| squares.sqrt()).collect()
}

impl VarLingamModel {
    /// The effects, within the row at lag 0 and of the past.
    #[must_use]
    pub fn effects(&self) -> &LagMatrices {
        &self.effects
    }

    /// The series, each after its causes within the row.
    #[must_use]
    pub fn causal_order(&self) -> &[usize] {
        &self.causal_order
    }

    /// Rows fitted.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// What a reader should know: noise terms that look Gaussian.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::Nodes;
    use rand::{RngExt, SeedableRng, rngs::StdRng};

    /// x0 acts on x1 at once and one row later, x1 on x2 two rows later; uniform noise.
    fn planted(rows: usize, seed: u64) -> Series {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut x = vec![vec![0.0; rows]; 3];
        for t in 0..rows {
            let mut noise = || rng.random::<f64>() * 2.0 - 1.0;
            let past = |x: &[Vec<f64>], i: usize, lag: usize| if t >= lag { x[i][t - lag] } else { 0.0 };
            x[0][t] = 0.5 * past(&x, 0, 1) + noise();
            x[1][t] = 0.8 * x[0][t] - 0.4 * past(&x, 0, 1) + noise();
            x[2][t] = 0.6 * past(&x, 1, 2) + noise();
        }
        Series::new(Nodes::numbered(3), x).unwrap()
    }

    #[test]
    fn a_planted_model_is_recovered() {
        let model = VarLingam::new().learn(&planted(4000, 1), 2).unwrap();
        let graph = model.effects().graph().unwrap();
        let found: Vec<_> = graph.edges().iter().map(|e| (e.cause, e.effect, e.lag.rows())).collect();
        assert_eq!(found, [(0, 0, 1), (0, 1, 0), (0, 1, 1), (1, 2, 2)]);
        for edge in graph.edges() {
            let truth = [0.5, 0.8, -0.4, 0.6][graph.edges().iter().position(|e| e == edge).unwrap()];
            assert!((edge.strength.unwrap() - truth).abs() < 0.06, "{edge:?}");
        }
    }

    /// The support and order of lingam 1.13.0 (`VARLiNGAM(lags=2, criterion=None, prune=True)`) on the same series, and the least
    /// squares on that support by numpy.
    #[test]
    fn the_answer_is_that_of_lingam() {
        let mut state = 12_345_u64;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64 * 2.0 - 1.0
        };
        let mut x = vec![vec![0.0; 400]; 3];
        for t in 0..400 {
            let noise = [uniform(), uniform(), uniform()];
            let past = |x: &[Vec<f64>], i: usize, lag: usize| if t >= lag { x[i][t - lag] } else { 0.0 };
            x[2][t] = 0.5 * past(&x, 2, 1) + noise[2];
            x[0][t] = 0.7 * x[2][t] + 0.4 * past(&x, 1, 2) + noise[0];
            x[1][t] = -0.6 * x[0][t] + 0.3 * past(&x, 1, 1) + noise[1];
        }
        let model = VarLingam::new().learn(&Series::new(Nodes::numbered(3), x).unwrap(), 2).unwrap();
        assert_eq!(model.causal_order(), [2, 0, 1]);
        let graph = model.effects().graph().unwrap();
        let found: Vec<_> = graph.edges().iter().map(|e| (e.cause, e.effect, e.lag.rows())).collect();
        assert_eq!(found, [(2, 0, 0), (1, 0, 2), (0, 1, 0), (1, 1, 1), (2, 2, 1)]);
        let expected = [
            0.720_129_222_588_546_7,
            0.394_763_168_183_947_9,
            -0.606_148_746_503_082_9,
            0.289_152_966_103_213_17,
            0.526_570_118_823_419_4,
        ];
        for (edge, expected) in graph.edges().iter().zip(expected) {
            assert!((edge.strength.unwrap() - expected).abs() < 1e-9, "{edge:?}");
        }
    }

    #[test]
    fn without_pruning_the_matrices_are_the_unmixed_autoregression() {
        let series = planted(500, 2);
        let model = VarLingam::new().with_pruning(Pruning::None).learn(&series, 2).unwrap();
        let var = Var::fit(&series.moments(2).unwrap(), series.nodes(), 2, Trend::Constant).unwrap();
        let within = model.effects().at(Lag::ZERO);
        for lag in Lag::new(2).past() {
            let mixed = (DMatrix::identity(3, 3) - &within).try_inverse().unwrap() * model.effects().at(lag);
            assert!((mixed - var.lag_matrix(lag)).amax() < 1e-9);
        }
        assert_eq!(model.effects().at(Lag::new(3)), DMatrix::zeros(3, 3));
    }

    #[test]
    fn units_scale_the_coefficients_and_nothing_else() {
        let series = planted(1000, 3);
        let columns =
            (0..3).map(|i| series.column(i).iter().map(|x| 7.0 + x * [1e3, 1.0, 1e-3][i]).collect());
        let scaled = Series::new(Nodes::numbered(3), columns.collect()).unwrap();
        let (left, right) =
            (VarLingam::new().learn(&series, 2).unwrap(), VarLingam::new().learn(&scaled, 2).unwrap());
        assert_eq!(left.causal_order(), right.causal_order());
        let (left, right) = (left.effects().at(Lag::new(2))[(2, 1)], right.effects().at(Lag::new(2))[(2, 1)]);
        assert!((left - right * 1e3).abs() < 1e-8, "{left} {right}");
    }
}
