//! [`SpectralBootstrap`]: the spectral measure of data in which the cause has no effect.

use nalgebra::DMatrix;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rayon::prelude::*;

use super::geweke::SpectralGranger;
use super::process::VarProcess;
use crate::entropy::resampled_p_value;
use crate::{GrangerError, Lag, Reference, Series, Statistic, Trend, Var};

/// Rows simulated before those that are kept.
const WARM_UP: usize = 200;

/// Residual bootstrap of [`SpectralGranger`] under no causality (after Dhamala, Rangarajan and Ding, `NeuroImage` 41, 2008,
/// who permute; here the model without the cause is simulated, so that every other tie stays).
///
/// The model is fitted with and without the cause in the effect's equation; series are made from the latter with residuals drawn
/// row by row, and measured like the data. Frequencies are tested one by one and, by the largest value over all of them,
/// together.
///
/// # Options
/// - [`with_resamples`](Self::with_resamples): 199.
/// - [`with_seed`](Self::with_seed): 0.
///
/// # Complexity
/// A fit and a [`SpectralGranger`] for each resample; resamples run in parallel, with the same result on any number of threads.
#[derive(Debug, Clone, PartialEq)]
pub struct SpectralBootstrap {
    order: usize,
    frequencies: Vec<f64>,
    resamples: usize,
    seed: u64,
}

/// What a [`SpectralBootstrap`] finds.
#[derive(Debug, Clone, PartialEq)]
pub struct SpectralTest {
    /// The measure at each frequency asked for, and its p-value there.
    pub at: Vec<Statistic>,
    /// The largest of them, against the largest of each resample: holds the level over all frequencies.
    pub largest: Statistic,
}

impl SpectralBootstrap {
    /// At these frequencies, in cycles per row, by models of this order.
    #[must_use]
    pub fn new(order: usize, frequencies: Vec<f64>) -> Self {
        Self { order, frequencies, resamples: 199, seed: 0 }
    }

    /// How many resamples.
    #[must_use]
    pub fn with_resamples(mut self, resamples: usize) -> Self {
        self.resamples = resamples;
        self
    }

    /// The seed of the resamples.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Tests `cause` on `effect` given all other series, which may be none.
    ///
    /// # Errors
    /// Those of [`Var::from_series`] and [`SpectralGranger`]; [`GrangerError::Parameter`] for a frequency outside 0 to .5, none at
    /// all, or no resample.
    pub fn test(&self, series: &Series, cause: usize, effect: usize) -> Result<SpectralTest, GrangerError> {
        for (parameter, count) in [
            ("the number of resamples", self.resamples),
            ("the number of frequencies", self.frequencies.len()),
        ] {
            if count == 0 {
                return Err(GrangerError::Parameter { parameter, value: 0.0, expected: "at least 1" });
            }
        }
        let var = Var::from_series(series, self.order, Trend::Constant)?;
        let observed = self.measure(&var, cause, effect)?;
        let residuals = var.residuals(series)?.columns;
        let null = null_lags(&var, cause, effect);
        VarProcess::new(null.clone(), var.sigma())?;
        let rows = usize::try_from(var.rows()).unwrap_or(usize::MAX) + self.order;
        let resampled: Vec<Vec<f64>> = (0..self.resamples)
            .into_par_iter()
            .filter_map(|number| {
                let columns = self.simulate(&null, &residuals, rows, number);
                let series = Series::new(series.nodes().clone(), columns).ok()?;
                let var = Var::from_series(&series, self.order, Trend::Constant).ok()?;
                // A resample whose fit is not stationary has no spectrum and is passed over.
                self.measure(&var, cause, effect).ok()
            })
            .collect();
        let reference = Reference::Resampled { resamples: resampled.len() };
        let statistic = |value: f64, null: &[f64]| Statistic {
            value,
            reference,
            p_value: resampled_p_value(value, null),
        };
        let at = (0..observed.len())
            .map(|f| statistic(observed[f], &resampled.iter().map(|values| values[f]).collect::<Vec<_>>()))
            .collect();
        let most = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
        let largest =
            statistic(most(&observed), &resampled.iter().map(|values| most(values)).collect::<Vec<_>>());
        Ok(SpectralTest { at, largest })
    }

    fn measure(&self, var: &Var, cause: usize, effect: usize) -> Result<Vec<f64>, GrangerError> {
        let given: Vec<usize> = (0..var.width()).filter(|&s| s != cause && s != effect).collect();
        let spectral = SpectralGranger::new(&VarProcess::of(var)?, &[cause], &[effect], &given)?;
        self.frequencies.iter().map(|&frequency| spectral.at(frequency)).collect()
    }

    fn simulate(
        &self,
        lags: &[DMatrix<f64>],
        residuals: &[Vec<f64>],
        rows: usize,
        number: usize,
    ) -> Vec<Vec<f64>> {
        let mut rng =
            StdRng::seed_from_u64(self.seed ^ (number as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let k = residuals.len();
        let drawn = residuals.first().map_or(0, Vec::len).max(1);
        let mut columns = vec![vec![0.0; rows + WARM_UP]; k];
        for row in self.order..rows + WARM_UP {
            let from = rng.random_range(0..drawn);
            for effect in 0..k {
                let mut value = residuals[effect][from];
                for (lag, matrix) in lags.iter().enumerate() {
                    for cause in 0..k {
                        value += matrix[(effect, cause)] * columns[cause][row - lag - 1];
                    }
                }
                columns[effect][row] = value;
            }
        }
        columns.into_iter().map(|column| column[WARM_UP..].to_vec()).collect()
    }
}

/// The lag matrices with the cause's coefficients in the effect's equation restricted to 0 and the others of that equation
/// fitted again: least squares under a linear restriction, `b - M R' (R M R')^-1 R b`.
fn null_lags(var: &Var, cause: usize, effect: usize) -> Vec<DMatrix<f64>> {
    let (k, order) = (var.width(), var.order());
    let mut lags: Vec<DMatrix<f64>> = (1..=order).map(|lag| var.lag_matrix(Lag::new(lag))).collect();
    let places: Vec<usize> = (0..order).map(|lag| lag * k + cause).collect();
    let inverse = var.inverse();
    let block = DMatrix::from_fn(order, order, |i, j| inverse[(places[i], places[j])]);
    let off = DMatrix::from_fn(order, 1, |lag, _| var.coefficient(cause, effect, lag + 1));
    if let Some(pull) = block.lu().solve(&off) {
        for (lag, matrix) in lags.iter_mut().enumerate() {
            for other in 0..k {
                let change: f64 = places
                    .iter()
                    .zip(pull.iter())
                    .map(|(&p, pull)| inverse[(lag * k + other, p)] * pull)
                    .sum();
                matrix[(effect, other)] -= change;
            }
        }
    }
    for matrix in &mut lags {
        matrix[(effect, cause)] = 0.0;
    }
    lags
}
