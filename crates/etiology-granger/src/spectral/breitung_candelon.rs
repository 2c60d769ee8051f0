//! Test of no causality at one frequency.

use std::f64::consts::TAU;

use etiology_stats::f_tail;
use nalgebra::{DMatrix, DVector};

use super::require_frequency;
use crate::{GrangerError, Reference, Statistic, Var};

/// F test that the past of `cause` does not move `effect` at a frequency, in cycles per row, given all other series of the model
/// (Breitung and Candelon, "Testing for short- and long-run causality: a frequency-domain approach", Journal of Econometrics
/// 132, 2006, section 3).
///
/// The measure of Geweke is 0 at a frequency exactly when the cause's coefficients b satisfy `sum b_k cos(2 pi f k) = 0` and
/// `sum b_k sin(2 pi f k) = 0`: two linear restrictions, one at 0 and .5, where the sine is 0. The statistic is F with 2 (1)
/// and [`Var::residual_degrees`] degrees of freedom. A model of order 1 has one coefficient and so one restriction, and of
/// order 2 two, the test of Granger in time, at every frequency: take order 3 or more to tell frequencies apart.
///
/// # Errors
/// [`GrangerError::Parameter`] for a frequency outside 0 to .5; [`GrangerError::Unsuitable`] when cause and effect are not two
/// series of the model, or the effect follows without error.
///
/// ```
/// use etiology_granger::{Nodes, Series, Trend, Var, breitung_candelon};
///
/// let a: Vec<f64> = (0..200).map(|t| f64::from(t * t % 37)).collect();
/// let b: Vec<f64> = (0..200).map(|t| f64::from(t * t * t % 41) + if t > 0 { 0.5 * a[t as usize - 1] } else { 0.0 }).collect();
/// let series = Series::new(Nodes::new(["a", "b"])?, vec![a, b])?;
/// let var = Var::from_series(&series, 3, Trend::Constant)?;
/// assert!(breitung_candelon(&var, 0, 1, 0.1)?.p_value < 0.01);
/// # Ok::<(), etiology_granger::GrangerError>(())
/// ```
pub fn breitung_candelon(
    var: &Var,
    cause: usize,
    effect: usize,
    frequency: f64,
) -> Result<Statistic, GrangerError> {
    require_frequency(frequency)?;
    let (k, order) = (var.width(), var.order());
    if cause >= k || effect >= k || cause == effect {
        let message =
            format!("cause {cause} and effect {effect} must be two different series of 0 to {}", k - 1);
        return Err(GrangerError::Unsuitable { message });
    }
    let angle = |lag: usize| TAU * frequency * (lag + 1) as f64;
    let inner = frequency > 0.0 && frequency < 0.5;
    let both = order > 1 && inner;
    let cosine = both || !inner;
    let restrictions = if both { 2 } else { 1 };
    let restrict = DMatrix::from_fn(restrictions, order, |row, lag| match (row, cosine) {
        (0, true) => angle(lag).cos(),
        (0, false) => 1.0,
        _ => angle(lag).sin(),
    });
    let places: Vec<usize> = (0..order).map(|lag| lag * k + cause).collect();
    let inverse = DMatrix::from_fn(order, order, |i, j| var.inverse()[(places[i], places[j])]);
    let coefficients = DVector::from_fn(order, |lag, _| var.coefficient(cause, effect, lag + 1));
    let variance = var.sigma()[(effect, effect)];
    let off = &restrict * coefficients;
    let spread = &restrict * inverse * restrict.transpose() * variance;
    let numerator = restrictions as f64;
    let solved = spread.cholesky().map(|factor| factor.solve(&off));
    let value = solved.map_or(f64::NAN, |solved| off.dot(&solved) / numerator);
    let denominator = var.residual_degrees();
    match f_tail(value, numerator, denominator) {
        Some(p_value) if value.is_finite() => {
            Ok(Statistic { value, reference: Reference::F { numerator, denominator }, p_value })
        }
        _ => Err(GrangerError::Unsuitable {
            message: format!(
                "`{}` follows from the past without error; leave it out",
                var.nodes().name(effect)
            ),
        }),
    }
}
