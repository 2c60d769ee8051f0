//! What one metric says about an onset: its best change, how surprising that is, and a likelihood for every row.
//!
//! A change with gain d (see [`shapes`](super::shapes)) in a series whose line leaves the residual sum R has the log
//! likelihood ratio `n/2 ln(R / (R - d))`. Two corrections make it honest. Autocorrelated rows say less than independent
//! ones: n is divided by the long-run variance ratio (see [`noise`](super::noise)). And the variance is estimated, which
//! matters when that leaves few rows: with `v` degrees of freedom, twice the log likelihood is taken as
//! `((8v + 1) / (8v + 3))^2 v ln(R / (R - d))`, the square of a nearly normal deviate (Wallace, "Bounds on Normal
//! Approximations to Student's and the Chi-square Distributions", Annals of Mathematical Statistics, 1959).

use super::noise::long_run_ratio;
use super::series::Series;
use super::shapes::{Change, Shape, Shapes};

/// One metric's change and its price list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Evidence {
    /// The best change.
    pub(crate) change: Change,
    /// The chance that noise alone does as well somewhere.
    pub(crate) p_value: f64,
    /// Degrees of freedom times Wallace's factor.
    weight: f64,
    /// Residual sum of squares of the line, plus what the variance floor adds.
    rss: f64,
    bump_price: f64,
}

/// Rows a line and a change spend.
const SPENT: f64 = 4.0;

/// Judges a loaded series; the onset may be any value after the reference. O(n).
pub(crate) fn judge(series: &Series, shapes: &mut Shapes, rest: &mut Vec<f64>, min_rows: usize) -> Evidence {
    shapes.load(&series.values, min_rows);
    let n = series.values.len() as f64;
    let step = shapes.best_step(series.reference);
    let ramp = shapes.best_ramp(series.reference);
    let bump = shapes.best_bump(series.reference, &step);

    let white = Pricing::new(shapes.rss, series.variance_floor, n, 1.0);
    let most = step.gain.max(ramp.gain).max(bump.gain);
    let worth = |change: &Change| white.deviance(change.gain, most) - price(change.shape, n);
    let worthier = |a: Change, b: Change| if worth(&b) > worth(&a) { b } else { a };
    let change = worthier(worthier(step, ramp), bump);

    shapes.residuals_after(&change, rest);
    let left = (shapes.rss - change.gain).max(0.0) / (series.variance_floor * n);
    // Below the variance floor the floor stands in for the noise, and it is white.
    let ratio = (long_run_ratio(rest) * left.min(1.0)).max(1.0);
    let pricing = Pricing::new(shapes.rss, series.variance_floor, n, ratio);
    let deviance = (pricing.deviance(change.gain, change.gain) - price(change.shape, n)).max(0.0);
    Evidence {
        change,
        p_value: p_value(deviance, n, min_rows),
        rss: pricing.rss_with_floor(change.gain),
        weight: pricing.weight,
        bump_price: price(Shape::Bump, n),
    }
}

impl Evidence {
    /// The log likelihood ratio of an onset at value `k` against no onset, whatever its shape.
    pub(crate) fn log_likelihood(&self, shapes: &Shapes, k: usize) -> f64 {
        let mut gain = shapes.step_gain(k).max(shapes.ramp_gain(k));
        let mut paid = 0.0;
        if self.change.shape == Shape::Bump && k < self.change.end {
            let bump = shapes.interval_gain(k, self.change.end);
            if bump > gain {
                (gain, paid) = (bump, self.bump_price);
            }
        }
        0.5 * (self.weight * log_ratio(self.rss, gain) - paid).max(0.0)
    }
}

/// Turns gains into deviances for one series.
struct Pricing {
    rss: f64,
    least: f64,
    weight: f64,
}

impl Pricing {
    fn new(rss: f64, variance_floor: f64, n: f64, ratio: f64) -> Self {
        let freedom = (n / ratio - SPENT).max(1.0);
        let wallace = ((8.0 * freedom + 1.0) / (8.0 * freedom + 3.0)).powi(2);
        Self { rss, least: variance_floor * (n - SPENT).max(1.0), weight: wallace * freedom }
    }

    /// The residual sum of the line, raised so that after the best gain the variance is not below its floor.
    fn rss_with_floor(&self, best_gain: f64) -> f64 {
        self.rss.max(self.least + best_gain)
    }

    fn deviance(&self, gain: f64, best_gain: f64) -> f64 {
        self.weight * log_ratio(self.rss_with_floor(best_gain), gain)
    }
}

fn log_ratio(rss: f64, gain: f64) -> f64 {
    if gain > 0.0 && rss > gain { -(-gain / rss).ln_1p() } else { 0.0 }
}

/// A bump has one more place to choose; it pays the logarithm of the number of places (Schwarz, "Estimating the Dimension
/// of a Model", Annals of Statistics, 1978), which also makes its noise maximum that of a step.
fn price(shape: Shape, n: f64) -> f64 {
    if shape == Shape::Bump { n.ln().max(0.0) } else { 0.0 }
}

/// The chance that white noise of `n` rows reaches this deviance somewhere: Vostrikova's tail of the largest
/// standardised bridge ("Detection of a Disorder in a Wiener Process", Theory of Probability and Its Applications, 1981;
/// Csorgo and Horvath, "Limit Theorems in Change-Point Analysis", 1997, section 1.3) over the candidates, times
/// [`SHAPES`].
fn p_value(deviance: f64, n: f64, min_rows: usize) -> f64 {
    if deviance <= 2.0 {
        return 1.0;
    }
    let span = 2.0 * (n / min_rows.max(1) as f64 - 1.0).max(1.0).ln();
    let density = (-0.5 * deviance).exp() / std::f64::consts::TAU.sqrt();
    let crossing = deviance.sqrt() * density * (span * (1.0 - 1.0 / deviance) + 4.0 / deviance);
    (SHAPES * crossing).clamp(f64::MIN_POSITIVE, 1.0)
}

/// Three shapes are tried, and each may use up the whole chance of error.
const SHAPES: f64 = 3.0;
