//! [`VarProcess`]: the coefficients and error covariance of a stationary vector autoregression, and the models of some of
//! its series alone that follow from them.
//!
//! A part of a vector autoregression is not one of finite order. As the observed part of a linear state space it has an exact
//! innovations form, found by one discrete algebraic Riccati equation (Barnett and Seth, "Granger causality for state-space
//! models", Physical Review E 91, 2015, section III), so no second model is fitted and its bias (Stokes and Purdon, PNAS 114,
//! 2017) does not arise. The equation is solved by the doubling algorithm of Chu, Fan, Lin and Wang (International Journal of
//! Control 77, 2004), which takes about ten steps however slowly shocks fade.

use nalgebra::{Complex, DMatrix, Schur};

use crate::{GrangerError, Lag, Var};

/// Steps of doubling after which a model counts as not solvable: the 2^60th power of anything below 1 is 0.
const DOUBLINGS: usize = 60;

/// A stationary process `y_t = A_1 y_(t-1) + ... + A_m y_(t-m) + u_t` with the covariance of u.
#[derive(Debug, Clone, PartialEq)]
pub struct VarProcess {
    lags: Vec<DMatrix<f64>>,
    sigma: DMatrix<f64>,
}

impl VarProcess {
    /// Takes the matrix of each lag (row an effect, column a cause) and the covariance of the errors.
    ///
    /// # Errors
    /// [`GrangerError::Unsuitable`] for matrices that are not square and of one size, hold a value that is not finite, for a
    /// covariance that is not symmetric and positive definite, or for a process in which shocks do not fade.
    pub fn new(lags: Vec<DMatrix<f64>>, sigma: DMatrix<f64>) -> Result<Self, GrangerError> {
        let k = sigma.nrows();
        let unsuitable = |message: &str| Err(GrangerError::Unsuitable { message: message.to_owned() });
        if k == 0 || lags.iter().chain([&sigma]).any(|matrix| matrix.shape() != (k, k)) {
            return unsuitable("the lag matrices and the error covariance must be square and of one size");
        }
        if lags.iter().chain([&sigma]).any(|matrix| matrix.iter().any(|value| !value.is_finite())) {
            return unsuitable("a coefficient or an error covariance is not finite");
        }
        if (&sigma - sigma.transpose()).amax() > 1e-8 * sigma.amax() || sigma.clone().cholesky().is_none() {
            return unsuitable(
                "the error covariance is not symmetric and positive definite: series determine one another; leave one out",
            );
        }
        let process = Self { lags, sigma };
        if !process.is_stable() {
            return unsuitable(
                "shocks do not fade (a root of the autoregression is 1 or more), so there is no spectrum; difference the series or lower the order",
            );
        }
        Ok(process)
    }

    /// The process a fit describes.
    ///
    /// # Errors
    /// As [`VarProcess::new`].
    pub fn of(var: &Var) -> Result<Self, GrangerError> {
        Self::new((1..=var.order()).map(|lag| var.lag_matrix(Lag::new(lag))).collect(), var.sigma())
    }

    /// Number of series.
    #[must_use]
    pub fn width(&self) -> usize {
        self.sigma.nrows()
    }

    fn states(&self) -> usize {
        self.width() * self.lags.len()
    }

    /// Moves the past on by one row.
    fn companion(&self) -> DMatrix<f64> {
        let (k, states) = (self.width(), self.states());
        DMatrix::from_fn(states, states, |row, column| {
            if row < k {
                self.lags[column / k][(row, column % k)]
            } else {
                f64::from(u8::from(column + k == row))
            }
        })
    }

    fn is_stable(&self) -> bool {
        if self.lags.is_empty() {
            return true;
        }
        let Some(schur) = Schur::try_new(self.companion(), f64::EPSILON, 10_000) else { return false };
        schur.complex_eigenvalues().iter().all(|root| root.re.hypot(root.im) < 1.0 - 1e-9)
    }

    /// The innovations form of these series alone.
    pub(super) fn part(&self, series: &[usize]) -> Result<Innovations, GrangerError> {
        let (k, states, seen) = (self.width(), self.states(), series.len());
        let transition = self.companion();
        let observe = DMatrix::from_fn(seen, states, |i, j| self.lags[j / k][(series[i], j % k)]);
        let noise = DMatrix::from_fn(seen, seen, |i, j| self.sigma[(series[i], series[j])]);
        let cross =
            DMatrix::from_fn(states, seen, |i, j| if i < k { self.sigma[(i, series[j])] } else { 0.0 });
        if states == 0 {
            return Ok(Innovations { transition, observe, gain: cross, covariance: noise });
        }
        let singular = || GrangerError::Unsuitable {
            message:
                "the model of a part of the series has no stable solution; take fewer series or a lower order"
                    .to_owned(),
        };
        let noise_inverse = noise.clone().try_inverse().ok_or_else(singular)?;
        // Without the correlation of the two noises.
        let free = &transition - &cross * &noise_inverse * &observe;
        let mut driven = DMatrix::zeros(states, states);
        driven.view_mut((0, 0), (k, k)).copy_from(&self.sigma);
        driven -= &cross * &noise_inverse * cross.transpose();
        let spread = riccati(free.transpose(), observe.tr_mul(&(&noise_inverse * &observe)), driven)
            .ok_or_else(singular)?;
        let carried = &spread * observe.transpose();
        let covariance = &observe * &carried + noise;
        let covariance = (&covariance + covariance.transpose()) * 0.5;
        let gain = (&transition * carried + cross) * covariance.clone().try_inverse().ok_or_else(singular)?;
        Ok(Innovations { transition, observe, gain, covariance })
    }
}

/// The solution of `X = A'X (I + G X)^-1 A + H` that leaves a stable rest, by doubling.
fn riccati(mut a: DMatrix<f64>, mut g: DMatrix<f64>, mut h: DMatrix<f64>) -> Option<DMatrix<f64>> {
    let n = a.nrows();
    for _ in 0..DOUBLINGS {
        let solver = (DMatrix::identity(n, n) + &g * &h).lu();
        let passed = solver.solve(&a)?;
        let doubled = solver.solve(&g)?;
        let added = a.tr_mul(&(&h * &passed));
        g += &a * doubled * a.transpose();
        a = &a * passed;
        h += &added;
        h = (&h + h.transpose()) * 0.5;
        g = (&g + g.transpose()) * 0.5;
        if !h.iter().all(|value| value.is_finite()) {
            return None;
        }
        if added.amax() <= 1e-15 * h.amax() {
            return Some(h);
        }
    }
    None
}

/// `s_(t+1) = F s_t + K e_t`, `y_t = C s_t + e_t`, with the covariance of e.
#[derive(Debug, Clone)]
pub(super) struct Innovations {
    transition: DMatrix<f64>,
    observe: DMatrix<f64>,
    gain: DMatrix<f64>,
    pub(super) covariance: DMatrix<f64>,
}

impl Innovations {
    /// From innovations to series, at `turn` = exp(-2 pi i f): `I + C (I - F z)^-1 K z`.
    pub(super) fn transfer(&self, turn: Complex<f64>) -> Option<DMatrix<Complex<f64>>> {
        respond(&self.transition, &self.observe, &self.gain, turn)
    }

    /// From series to innovations: `I - C (I - (F - K C) z)^-1 K z`.
    pub(super) fn whiten(&self, turn: Complex<f64>) -> Option<DMatrix<Complex<f64>>> {
        respond(&(&self.transition - &self.gain * &self.observe), &-&self.observe, &self.gain, turn)
    }
}

fn respond(
    transition: &DMatrix<f64>,
    observe: &DMatrix<f64>,
    gain: &DMatrix<f64>,
    turn: Complex<f64>,
) -> Option<DMatrix<Complex<f64>>> {
    let complex = |matrix: &DMatrix<f64>| matrix.map(|value| Complex::new(value, 0.0));
    let n = transition.nrows();
    let seen = observe.nrows();
    let unit = DMatrix::<Complex<f64>>::identity(seen, seen);
    if n == 0 {
        return Some(unit);
    }
    let system = DMatrix::<Complex<f64>>::identity(n, n) - complex(transition) * turn;
    let carried = system.lu().solve(&(complex(gain) * turn))?;
    Some(unit + complex(observe) * carried)
}
