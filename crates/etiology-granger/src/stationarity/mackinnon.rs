//! The distribution of the Dickey-Fuller statistic.
//!
//! P-values: `MacKinnon`, "Approximate Asymptotic Distribution Functions for Unit-Root and Cointegration Tests", Journal of Business &
//! Economic Statistics 12 (1994), tables 3 and 4 for one series: the normal distribution of a polynomial, one below and one above a
//! statistic. Critical values: `MacKinnon`, "Critical Values for Cointegration Tests", Queen's Economics Department Working Paper 1227
//! (2010), table 2: a polynomial in 1/n.

use statrs::function::erf::erfc;

use super::Deterministic;

struct Surface {
    /// Below it the p-value is 0 in the tables, above the other it is 1.
    range: (f64, f64),
    /// Where the polynomials meet.
    joint: f64,
    below: [f64; 3],
    above: [f64; 4],
    /// At 1, 5 and 10 %.
    critical: [[f64; 4]; 3],
}

fn surface(regression: Deterministic) -> Surface {
    match regression {
        Deterministic::None => Surface {
            range: (-19.04, f64::INFINITY),
            joint: -1.04,
            below: [0.6344, 1.2378, 0.032_496],
            above: [0.4797, 0.93557, -0.06999, 0.033_066],
            critical: [
                [-2.56574, -2.2358, -3.627, 0.0],
                [-1.94100, -0.2686, -3.365, 31.223],
                [-1.61682, 0.2656, -2.714, 25.364],
            ],
        },
        Deterministic::Constant => Surface {
            range: (-18.83, 2.74),
            joint: -1.61,
            below: [2.1659, 1.4412, 0.038_269],
            above: [1.7339, 0.93202, -0.12745, -0.010_368],
            critical: [
                [-3.43035, -6.5393, -16.786, -79.433],
                [-2.86154, -2.8903, -4.234, -40.040],
                [-2.56677, -1.5384, -2.809, 0.0],
            ],
        },
        Deterministic::Linear => Surface {
            range: (-16.18, 0.7),
            joint: -2.89,
            below: [3.2512, 1.6047, 0.049_588],
            above: [2.5261, 0.61654, -0.37956, -0.060_285],
            critical: [
                [-3.95877, -9.0531, -28.428, -134.155],
                [-3.41049, -4.3904, -9.036, -45.374],
                [-3.12705, -2.5856, -3.925, -22.380],
            ],
        },
        Deterministic::Quadratic => Surface {
            range: (-17.17, 0.54),
            joint: -3.21,
            below: [4.0003, 1.658, 0.048_288],
            above: [3.0778, 0.49529, -0.41477, -0.059_359],
            critical: [
                [-4.37113, -11.5882, -35.819, -334.047],
                [-3.83239, -5.9057, -12.490, -118.284],
                [-3.55326, -3.6596, -5.293, -63.559],
            ],
        },
    }
}

fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

/// The p-value of a statistic, never 0.
pub(super) fn p_value(statistic: f64, regression: Deterministic) -> f64 {
    let surface = surface(regression);
    if statistic > surface.range.1 {
        return 1.0;
    }
    let at = statistic.max(surface.range.0);
    let coefficients: &[f64] = if at <= surface.joint { &surface.below } else { &surface.above };
    let lower_tail = 0.5 * erfc(-polynomial(coefficients, at) / std::f64::consts::SQRT_2);
    lower_tail.max(f64::MIN_POSITIVE)
}

/// The critical values at 1, 5 and 10 % for n rows.
pub(super) fn critical(rows: usize, regression: Deterministic) -> [f64; 3] {
    surface(regression).critical.map(|coefficients| polynomial(&coefficients, 1.0 / rows as f64))
}
