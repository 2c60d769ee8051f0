//! [`Dagma`]: linear structure learning with the log-determinant acyclicity function.
//!
//! `min mu (|X - X W|^2 / 2n + lambda |W|_1) + h_s(W)` for a falling `mu`, where
//! `h_s(W) = -log det(s I - W o W) + p log s` is zero exactly on acyclic graphs among the weights for which `s I - W o W` is an
//! M-matrix. The central path follows the minimisers from `mu = 1` to `mu = 1e-4`; as `mu` falls the path ends in a DAG.
//!
//! Each step inverts the M-matrix, by elimination without pivoting: it is stable for M-matrices, and a pivot that is not positive
//! is the sign that the weights left the domain. The paper minimises by Adam. argmin has no first-order method that needs no line
//! search, and its line searches know no domain, so the few lines of Adam stand here. As in the authors' program the diagonal of
//! `W` is free on the way, held down by `h_s` alone, and dropped at the end.

use etiology_graph::Nodes;
use nalgebra::DMatrix;

use super::options::{Options, option_setters};
use super::problem::{Problem, require_positive};
use crate::{Knowledge, LinearSem, StructureError};

/// Linear DAGMA.
///
/// # Options
/// | option | default | |
/// |---|---|---|
/// | [`with_lambda`](Self::with_lambda) | 0.03 | the `l1` penalty, in units of the variances |
/// | [`with_threshold`](Self::with_threshold) | 0.3 | weights below it are dropped at the end, as in the paper |
/// | [`with_iterations`](Self::with_iterations) | 30 000, 60 000 | Adam steps at most for each `mu` and for the last |
/// | [`with_learning_rate`](Self::with_learning_rate) | 0.0003 | of Adam |
/// | [`with_path`](Self::with_path) | `s` = 1, .9, .8, .7, .6 | the domain for each `mu` = 1, .1, .01, ... |
/// | [`with_knowledge`](Self::with_knowledge) | none | forbidden entries are fixed at zero; required ones are neither shrunk nor dropped |
///
/// # Assumptions
/// Linear effects, no hidden common causes, and noise of about equal variance in the units given.
///
/// # When not to use it
/// As [`Notears`](crate::Notears): the squared error orders variables by their variance, so units matter.
///
/// # Complexity
/// `O(p^3)` a step, whatever the number of rows; some ten thousand of them.
///
/// # References
/// Bello, Aragam & Ravikumar, "DAGMA: learning DAGs via M-matrices and a log-determinant acyclicity characterization",
/// `NeurIPS` 2022, sections 3 and 4, algorithm 1.
#[derive(Debug, Clone)]
pub struct Dagma {
    options: Options,
    path: Vec<f64>,
    iterations: (usize, usize),
    learning_rate: f64,
}

impl Default for Dagma {
    fn default() -> Self {
        Self {
            options: Options::new(0.03),
            path: vec![1.0, 0.9, 0.8, 0.7, 0.6],
            iterations: (30_000, 60_000),
            learning_rate: 3e-4,
        }
    }
}

impl Dagma {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adam steps at most for each `mu`, and for the last.
    #[must_use]
    pub fn with_iterations(mut self, each: usize, last: usize) -> Self {
        self.iterations = (each, last);
        self
    }

    /// Adam's learning rate.
    #[must_use]
    pub fn with_learning_rate(mut self, rate: f64) -> Self {
        self.learning_rate = rate;
        self
    }

    /// The size `s` of the domain for each step of the path; `mu` is one for the first and falls tenfold.
    #[must_use]
    pub fn with_path(mut self, domains: impl Into<Vec<f64>>) -> Self {
        self.path = domains.into();
        self
    }

    option_setters!();

    /// Learns from a covariance matrix (its divisor being the number of rows).
    ///
    /// # Errors
    /// When an option is out of range, the matrix is not square over the names or not finite, or no variable varies.
    pub fn learn(&self, nodes: &Nodes, covariance: &DMatrix<f64>) -> Result<LinearSem, StructureError> {
        require_positive("the learning rate", self.learning_rate, false)?;
        for &s in &self.path {
            require_positive("the domain size s", s, false)?;
        }
        let problem = self.options.problem(nodes, covariance)?;
        let weights = self.follow_path(&problem);
        problem.into_model(&weights, self.options.threshold)
    }

    fn follow_path(&self, problem: &Problem<'_>) -> DMatrix<f64> {
        const RETRIES: usize = 60;
        let mut descent = Descent::new(problem, problem.penalty(self.options.lambda));
        let mut mu = 1.0;
        for (t, &domain) in self.path.iter().enumerate() {
            let steps = if t + 1 == self.path.len() { self.iterations.1 } else { self.iterations.0 };
            let start = descent.weights.clone();
            let (mut s, mut rate) = (domain, self.learning_rate);
            for _ in 0..RETRIES {
                if descent.minimise(mu, s, rate, steps) {
                    break;
                }
                descent.weights.copy_from_slice(&start);
                rate *= 0.5;
                s += 0.1;
            }
            mu *= 0.1;
        }
        DMatrix::from_column_slice(problem.width(), problem.width(), &descent.weights)
    }
}

/// Adam on the weights, column by column in one vector: entry `from + p to`.
struct Descent<'a> {
    problem: &'a Problem<'a>,
    p: usize,
    weights: Vec<f64>,
    /// The penalty of each entry.
    lambda: Vec<f64>,
    is_free: Vec<bool>,
}

impl<'a> Descent<'a> {
    fn new(problem: &'a Problem<'a>, lambda: f64) -> Self {
        let p = problem.width();
        let mut is_free = vec![false; p * p];
        let mut penalty = vec![lambda; p * p];
        for &(from, to) in &problem.free {
            is_free[from + p * to] = true;
            if problem.is_required((from, to)) {
                penalty[from + p * to] = 0.0;
            }
        }
        for v in 0..p {
            is_free[v + p * v] = true;
        }
        Self { problem, p, weights: vec![0.0; p * p], lambda: penalty, is_free }
    }

    /// Minimises for one `mu`; false, when the start lies outside the domain or a step leaves it and the domain is too small to
    /// step back.
    fn minimise(&mut self, mu: f64, s: f64, rate: f64, steps: usize) -> bool {
        const TOLERANCE: f64 = 1e-6;
        const CHECK: usize = 1000;
        let (beta1, beta2) = (0.99_f64, 0.999_f64);
        let size = self.p * self.p;
        let (mut mean, mut square, mut step) = (vec![0.0; size], vec![0.0; size], vec![0.0; size]);
        let mut inverse = vec![0.0; size];
        let mut rate = rate;
        let mut previous = 1e16_f64;
        let (mut decay1, mut decay2) = (1.0, 1.0);
        for t in 1..=steps {
            while !self.invert(s, &mut inverse) {
                if t == 1 || s <= 0.9 {
                    return false;
                }
                for (w, d) in self.weights.iter_mut().zip(&step) {
                    *w += (rate - rate / 2.0) * d;
                }
                rate *= 0.5;
                if rate <= 1e-16 {
                    return true;
                }
            }
            let loss = self.loss_gradient();
            decay1 *= beta1;
            decay2 *= beta2;
            let (unbias1, unbias2) = (1.0 / (1.0 - decay1), 1.0 / (1.0 - decay2));
            for (i, d) in step.iter_mut().enumerate() {
                let w = self.weights[i];
                let sign = if w == 0.0 { 0.0 } else { w.signum() };
                let gradient = mu * (loss[i] + self.lambda[i] * sign) + 2.0 * w * inverse[i];
                mean[i] = beta1 * mean[i] + (1.0 - beta1) * gradient;
                square[i] = beta2 * square[i] + (1.0 - beta2) * gradient * gradient;
                *d = if self.is_free[i] {
                    mean[i] * unbias1 / ((square[i] * unbias2).sqrt() + 1e-8)
                } else {
                    0.0
                };
                self.weights[i] = w - rate * *d;
            }
            if t % CHECK == 0 || t == steps {
                let value = self.objective(mu, s);
                if ((previous - value) / previous).abs() <= TOLERANCE {
                    return true;
                }
                previous = value;
            }
        }
        true
    }

    /// `-S (I - W)`.
    fn loss_gradient(&self) -> Vec<f64> {
        let weights = nalgebra::DMatrixView::from_slice(&self.weights, self.p, self.p);
        let product = &self.problem.covariance * weights - &self.problem.covariance;
        product.as_slice().to_vec()
    }

    /// The transposed inverse of `s I - W o W`, laid out as the weights; false when the matrix is no M-matrix.
    fn invert(&self, s: f64, inverse: &mut [f64]) -> bool {
        eliminate(&self.weights, self.p, s, inverse).is_some()
    }

    fn objective(&self, mu: f64, s: f64) -> f64 {
        let weights = DMatrix::from_column_slice(self.p, self.p, &self.weights);
        let (error, _) = self.problem.squared_error(&weights);
        let penalty: f64 = self.weights.iter().zip(&self.lambda).map(|(w, l)| l * w.abs()).sum();
        let mut inverse = vec![0.0; self.weights.len()];
        let log_det = eliminate(&self.weights, self.p, s, &mut inverse).unwrap_or(f64::NEG_INFINITY);
        mu * (error + penalty) - log_det + self.p as f64 * s.ln()
    }
}

/// Inverts `s I - W o W` by Gauss and Jordan without pivoting, and gives its log determinant. `inverse` holds rows where
/// `weights` holds columns: read in the layout of the weights, it is the transposed inverse that the gradient needs. `None` when a
/// pivot is not positive: a matrix whose off-diagonal entries are not positive is then no M-matrix.
fn eliminate(weights: &[f64], p: usize, s: f64, inverse: &mut [f64]) -> Option<f64> {
    for (from, row) in inverse.chunks_exact_mut(p).enumerate() {
        for (a, w) in row.iter_mut().zip(weights[from..].iter().step_by(p)) {
            *a = -w * w;
        }
    }
    for v in 0..p {
        inverse[v + p * v] += s;
    }
    let mut log_det = 0.0;
    let mut pivot_row = vec![0.0; p];
    for k in 0..p {
        let row = &mut inverse[k * p..(k + 1) * p];
        let pivot = row[k];
        if pivot.is_nan() || pivot <= 0.0 {
            return None;
        }
        log_det += pivot.ln();
        row[k] = 1.0;
        row.iter_mut().for_each(|a| *a /= pivot);
        pivot_row.copy_from_slice(row);
        for (i, row) in inverse.chunks_exact_mut(p).enumerate() {
            let factor = row[k];
            if i != k && factor != 0.0 {
                row[k] = 0.0;
                for (a, b) in row.iter_mut().zip(&pivot_row) {
                    *a -= factor * b;
                }
            }
        }
    }
    Some(log_det)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(p: usize) -> Vec<f64> {
        (0..p * p).map(|i| 0.5 * ((i * i * 7 + 3 * i) % 11) as f64 / 11.0 - 0.2).collect()
    }

    fn h(weights: &[f64], p: usize, s: f64) -> f64 {
        let mut inverse = vec![0.0; p * p];
        p as f64 * s.ln() - eliminate(weights, p, s, &mut inverse).unwrap()
    }

    #[test]
    fn the_gradient_is_that_of_finite_differences() {
        let (p, s) = (5, 1.0);
        let mut w = weights(p);
        let mut inverse = vec![0.0; p * p];
        eliminate(&w, p, s, &mut inverse).unwrap();
        for i in 0..p * p {
            let (at, step) = (w[i], 1e-6);
            w[i] = at + step;
            let above = h(&w, p, s);
            w[i] = at - step;
            let below = h(&w, p, s);
            w[i] = at;
            let slope = (above - below) / (2.0 * step);
            assert!((slope - 2.0 * at * inverse[i]).abs() < 1e-7, "{i}: {slope}");
        }
    }

    #[test]
    fn zero_exactly_on_dags_and_only_in_the_domain() {
        let triangular: Vec<f64> = (0..16).map(|i| if i % 4 < i / 4 { 3.0 } else { 0.0 }).collect();
        assert!(h(&triangular, 4, 1.0).abs() < 1e-14 && h(&triangular, 4, 0.6).abs() < 1e-14);
        assert!(h(&weights(4), 4, 1.0) > 1e-3);
        // A two-cycle of product above s^2 has no M-matrix.
        let mut inverse = vec![0.0; 4];
        assert!(eliminate(&[0.0, 1.1, 1.1, 0.0], 2, 1.0, &mut inverse).is_none());
        assert!(eliminate(&[0.0, f64::NAN, 1.1, 0.0], 2, 1.0, &mut inverse).is_none());
    }
}
