//! [`SpectralGranger`]: Geweke's measure of causality by frequency.

use nalgebra::{Complex, DMatrix};
use std::f64::consts::TAU;

use super::process::{Innovations, VarProcess};
use super::require_frequency;
use crate::GrangerError;

/// How much of the effect's power at each frequency comes from the past of the cause.
///
/// Without conditions this is the measure of Geweke ("Measurement of linear dependence and feedback between multiple time
/// series", JASA 77, 1982, section 3): `f = ln |S_xx| / |S_xx - H_xy S_yy|x H_xy*|`, with the spectrum S and transfer function H of
/// effect x and cause y, and the covariance of the cause's innovations that the effect's do not explain. Given others it is
/// that of Geweke ("Measures of conditional linear dependence and feedback between time series", JASA 79, 1984): the same of
/// the innovations the effect and the others have without the cause. Either side may be a group. The models of part of the
/// series follow from the one given (see [`VarProcess`]) and are not fitted anew. It is 0 or more; its mean over all frequencies
/// is [`total`](Self::total), the measure in time.
///
/// # Assumptions
/// A stationary linear process, of the order fitted. A series that is neither cause, effect nor condition is not conditioned
/// on, but its share of the two series is kept.
///
/// # Complexity
/// O(m^3) for m = series times order once, and for each frequency.
///
/// # When not to use it
/// To decide whether there is any effect: test in time, or by [`breitung_candelon`](crate::breitung_candelon). On series with
/// unit roots. A peak says where the effect's power that comes from the cause lies, not at which frequency the mechanism works
/// (Stokes and Purdon 2017; Faes, Stramaglia and Marinazzo 2017).
///
/// # Example
///
/// ```
/// use etiology_granger::{SpectralGranger, VarProcess};
/// use nalgebra::DMatrix;
///
/// // x_t = .5 y_(t-1) + e, y_t = .8 y_(t-1) + n: most of the effect is slow.
/// let process = VarProcess::new(vec![DMatrix::from_row_slice(2, 2, &[0.0, 0.5, 0.0, 0.8])], DMatrix::identity(2, 2))?;
/// let spectral = SpectralGranger::new(&process, &[1], &[0], &[])?;
/// assert!((spectral.at(0.0)? - (1.0_f64 + 0.25 / 0.04).ln()).abs() < 1e-12);
/// assert!(spectral.at(0.5)? < 0.1);
/// # Ok::<(), etiology_granger::GrangerError>(())
/// ```
#[derive(Debug, Clone)]
pub struct SpectralGranger {
    /// Effect and conditions without the cause.
    without: Innovations,
    /// Effect, conditions and cause, in this order.
    with: Innovations,
    effects: usize,
    conditions: usize,
    /// Covariance of the innovations of conditions and cause that those of the effect leave.
    rest: DMatrix<f64>,
}

impl SpectralGranger {
    /// Of the causes on the effects, given the conditions, by number.
    ///
    /// # Errors
    /// [`GrangerError::Unsuitable`] when a side is empty, a number is no series or appears twice, or a part has no stable model.
    pub fn new(
        process: &VarProcess,
        causes: &[usize],
        effects: &[usize],
        given: &[usize],
    ) -> Result<Self, GrangerError> {
        let all: Vec<usize> = effects.iter().chain(given).chain(causes).copied().collect();
        let distinct = (0..all.len()).all(|i| !all[..i].contains(&all[i]));
        if causes.is_empty() || effects.is_empty() || !distinct || all.iter().any(|&s| s >= process.width()) {
            let message = format!(
                "causes, effects and conditions must be different series of 0 to {}, at least one cause and one effect",
                process.width() - 1
            );
            return Err(GrangerError::Unsuitable { message });
        }
        let without = process.part(&all[..effects.len() + given.len()])?;
        let with = process.part(&all)?;
        let (x, others) = (effects.len(), all.len() - effects.len());
        let block = |i: usize, j: usize, rows: usize, columns: usize| {
            with.covariance.view((i, j), (rows, columns)).into_owned()
        };
        let across = block(0, x, x, others);
        let explained = block(0, 0, x, x).lu().solve(&across).unwrap_or_else(|| DMatrix::zeros(x, others));
        let rest = block(x, x, others, others) - across.tr_mul(&explained);
        Ok(Self { without, with, effects: x, conditions: given.len(), rest })
    }

    /// The measure at a frequency, in cycles per row.
    ///
    /// # Errors
    /// [`GrangerError::Parameter`] outside 0 to .5.
    pub fn at(&self, frequency: f64) -> Result<f64, GrangerError> {
        require_frequency(frequency)?;
        Ok(self.value(frequency).unwrap_or(0.0))
    }

    fn value(&self, frequency: f64) -> Option<f64> {
        let turn = Complex::from_polar(1.0, -TAU * frequency);
        let (x, z) = (self.effects, self.conditions);
        let transfer = self.with.transfer(turn)?;
        // Series without the cause to the innovations they have alone; the spectrum of the effect's is then white.
        let response = self.without.whiten(turn)? * transfer.rows(0, x + z);
        let response = response.rows(0, x);
        let complex = |matrix: &DMatrix<f64>| matrix.map(|value| Complex::new(value, 0.0));
        let all = response * complex(&self.with.covariance) * response.adjoint();
        let through = response.columns(x, response.ncols() - x).into_owned();
        let own = &all - &through * complex(&self.rest) * through.adjoint();
        let ratio = all.determinant().re / own.determinant().re;
        (ratio.is_finite() && ratio > 0.0).then(|| ratio.ln().max(0.0))
    }

    /// The mean of the measure over a band of frequencies, by Simpson's rule on `2 * halves` steps: times twice the band's
    /// width, the band's share of the [`total`](Self::total).
    ///
    /// # Errors
    /// [`GrangerError::Parameter`] outside 0 to .5, for an empty band and for no steps.
    pub fn band(&self, from: f64, to: f64, halves: usize) -> Result<f64, GrangerError> {
        require_frequency(from)?;
        require_frequency(to)?;
        if from >= to || halves == 0 {
            let expected = "above its lower end, with at least one step";
            return Err(GrangerError::Parameter {
                parameter: "the upper end of the band",
                value: to,
                expected,
            });
        }
        let steps = 2 * halves;
        let mut sum = 0.0;
        for step in 0..=steps {
            let weight = match step {
                0 => 1.0,
                _ if step == steps => 1.0,
                _ if step % 2 == 1 => 4.0,
                _ => 2.0,
            };
            sum += weight * self.at(from + (to - from) * step as f64 / steps as f64)?;
        }
        Ok(sum / (3.0 * steps as f64))
    }

    /// The measure in time: `ln |S_without| / |S_with|` of the effect's innovations without and with the past of the cause.
    #[must_use]
    pub fn total(&self) -> f64 {
        let x = self.effects;
        let determinant =
            |form: &Innovations| form.covariance.view((0, 0), (x, x)).into_owned().determinant();
        (determinant(&self.without) / determinant(&self.with)).ln().max(0.0)
    }
}
