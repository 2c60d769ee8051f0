//! [`Notears`]: linear structure learning with the trace-exponential acyclicity constraint.
//!
//! `min 1/(2n) |X - X W|^2 + lambda |W|_1` subject to `h(W) = tr exp(W o W) - p = 0`, by the augmented Lagrangian of the paper.
//! The paper splits `W` into positive and negative parts with bounds so that a bounded quasi-Newton method can carry the `l1`
//! penalty. Here each subproblem goes to argmin's L-BFGS with its orthant-wise treatment of the penalty (Andrew & Gao 2007):
//! the same problem with half the variables, no bounds, and entries that are exactly zero. Entries that knowledge forbids, and
//! the diagonal, are no variables at all.

use std::cell::RefCell;

use argmin::core::{CostFunction, Error, Executor, Gradient};
use argmin::solver::linesearch::BacktrackingLineSearch;
use argmin::solver::linesearch::condition::{ArmijoCondition, LineSearchCondition};
use argmin::solver::quasinewton::LBFGS;
use etiology_graph::Nodes;
use nalgebra::DMatrix;

use super::expm::exp_nonnegative;
use super::options::{Options, option_setters};
use super::problem::{Problem, require_positive};
use crate::{Knowledge, LinearSem, StructureError};

/// Linear NOTEARS.
///
/// # Options
/// | option | default | |
/// |---|---|---|
/// | [`with_lambda`](Self::with_lambda) | 0.1 | the `l1` penalty, in units of the variances |
/// | [`with_threshold`](Self::with_threshold) | 0.3 | weights below it are dropped at the end, as in the paper |
/// | [`with_max_iter`](Self::with_max_iter) | 100 | augmented Lagrangian steps |
/// | [`with_tolerance`](Self::with_tolerance) | 1e-8 | on `h(W)` |
/// | [`with_knowledge`](Self::with_knowledge) | none | forbidden entries are fixed at zero; required ones are never dropped |
///
/// # Assumptions
/// Linear effects, no hidden common causes, and noise of about equal variance in the units given.
///
/// # When not to use it
/// Where units are arbitrary: the squared error orders variables by their variance (Reisach, Seiler & Weichwald, "Beware of the
/// simulated DAG!", 2021), so rescaling a column changes the answer. Standardise (pass a correlation matrix) to see what stays.
/// Score-based search recovers Gaussian models better and faster.
///
/// # Complexity
/// `O(p^3)` a function value, whatever the number of rows; some thousand of them.
///
/// # References
/// Zheng, Aragam, Ravikumar & Xing, "DAGs with NO TEARS: continuous optimization for structure learning", `NeurIPS` 2018,
/// sections 3 and 4.
#[derive(Debug, Clone)]
pub struct Notears {
    options: Options,
    max_iter: usize,
    tolerance: f64,
}

impl Default for Notears {
    fn default() -> Self {
        Self { options: Options::new(0.1), max_iter: 100, tolerance: 1e-8 }
    }
}

impl Notears {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of augmented Lagrangian steps at most.
    #[must_use]
    pub fn with_max_iter(mut self, max_iter: usize) -> Self {
        self.max_iter = max_iter;
        self
    }

    /// The value of `h` that counts as acyclic.
    #[must_use]
    pub fn with_tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    option_setters!();

    /// Learns from a covariance matrix (its divisor being the number of rows).
    ///
    /// # Errors
    /// When an option is out of range, the matrix is not square over the names or not finite, no variable varies, or the
    /// optimiser refuses the problem.
    pub fn learn(&self, nodes: &Nodes, covariance: &DMatrix<f64>) -> Result<LinearSem, StructureError> {
        require_positive("the tolerance", self.tolerance, false)?;
        let problem = self.options.problem(nodes, covariance)?;
        let weights = Scaled { problem: &problem, past: 1.0 };
        let weights = weights.matrix(&self.minimise(&weights)?);
        problem.into_model(&weights, self.options.threshold)
    }

    /// Learns the effects of columns on one another and those of a past that nothing acts on, from the covariance matrix of
    /// both: the named columns first, then those of the past. `past_lambda` is the penalty of the past's weights. This is the
    /// problem of DYNOTEARS (Pamfil, Sriwattanaworachai, Desai, Pilgerstorfer, Georgatzis, Beaumont & Aragam, "DYNOTEARS:
    /// structure learning from time-series data", AISTATS 2020, section 3). The second result holds the weights of the past, a
    /// row each of its columns, without a threshold.
    ///
    /// # Errors
    /// As [`Notears::learn`]; when one of the two penalties is zero and the other is not.
    pub fn learn_with_past(
        &self,
        nodes: &Nodes,
        covariance: &DMatrix<f64>,
        past_lambda: f64,
    ) -> Result<(LinearSem, DMatrix<f64>), StructureError> {
        require_positive("the tolerance", self.tolerance, false)?;
        let Options { lambda, threshold, ref knowledge } = self.options;
        self.options.check()?;
        require_positive("the penalty of the past", past_lambda, lambda == 0.0)?;
        require_positive("lambda", lambda, past_lambda == 0.0)?;
        let past = covariance.nrows().saturating_sub(nodes.len());
        let problem = Problem::with_past(nodes, past, covariance, knowledge.as_ref())?;
        // The solver knows one penalty: the past is searched in units in which its own is that one.
        let unit = if past_lambda > 0.0 { lambda / past_lambda } else { 1.0 };
        let weights = Scaled { problem: &problem, past: unit };
        let weights = weights.matrix(&self.minimise(&weights)?);
        let of_past = weights.rows(nodes.len(), past).into_owned();
        Ok((problem.into_model(&weights, threshold)?, of_past))
    }

    /// The augmented Lagrangian: the multiplier grows by `rho h`, and `rho` tenfold whenever `h` has not fallen to a quarter.
    fn minimise(&self, weights: &Scaled<'_>) -> Result<Vec<f64>, StructureError> {
        const LARGEST_RHO: f64 = 1e16;
        let problem = weights.problem;
        let mut entries = vec![0.0; problem.free.len()];
        let (mut alpha, mut rho, mut h) = (0.0, 1.0, f64::INFINITY);
        for _ in 0..self.max_iter {
            let mut next = entries.clone();
            let mut next_h = h;
            while rho < LARGEST_RHO {
                let objective = Lagrangian::new(weights, alpha, rho);
                next = minimise_with_l1(objective, entries.clone(), problem.penalty(self.options.lambda))
                    .map_err(|error| StructureError::NoData {
                        message: format!("the optimiser failed ({error}); rescale the columns"),
                    })?;
                next_h = acyclicity(&weights.matrix(&next)).0;
                if next_h <= 0.25 * h {
                    break;
                }
                rho *= 10.0;
            }
            (entries, h) = (next, next_h);
            alpha += rho * h;
            if h <= self.tolerance || rho >= LARGEST_RHO {
                break;
            }
        }
        Ok(entries)
    }
}

/// `tr exp(W o W) - p` and its gradient `exp(W o W)' o 2 W`, of the rows that are not of the past: nothing leads back to it, so
/// it closes no cycle.
fn acyclicity(weights: &DMatrix<f64>) -> (f64, DMatrix<f64>) {
    let within = weights.rows(0, weights.ncols());
    let exponential = exp_nonnegative(&within.component_mul(&within));
    let value = exponential.trace() - within.ncols() as f64;
    (value, exponential.transpose().component_mul(&within) * 2.0)
}

/// The weights as the solver sees them: a list, those of the past in units of their own.
struct Scaled<'a> {
    problem: &'a Problem<'a>,
    /// The weight of an entry of 1 from the past.
    past: f64,
}

impl Scaled<'_> {
    fn unit(&self, (from, _): (usize, usize)) -> f64 {
        if from < self.problem.width() { 1.0 } else { self.past }
    }

    fn matrix(&self, entries: &[f64]) -> DMatrix<f64> {
        let mut weights = self.problem.no_weights();
        for (&entry, &value) in self.problem.free.iter().zip(entries) {
            weights[entry] = value * self.unit(entry);
        }
        weights
    }

    fn entries(&self, slope: &DMatrix<f64>) -> Vec<f64> {
        self.problem.free.iter().map(|&entry| slope[entry] * self.unit(entry)).collect()
    }
}

/// The smooth part of a subproblem. Remembers its last point, whose value and gradient the solver asks for one by one.
struct Lagrangian<'a> {
    weights: &'a Scaled<'a>,
    alpha: f64,
    rho: f64,
    last: RefCell<Option<Evaluated>>,
}

struct Evaluated {
    at: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
}

impl<'a> Lagrangian<'a> {
    fn new(weights: &'a Scaled<'a>, alpha: f64, rho: f64) -> Self {
        Self { weights, alpha, rho, last: RefCell::new(None) }
    }

    fn with_evaluated<T>(&self, at: &[f64], answer: impl Fn(&Evaluated) -> T) -> T {
        let mut last = self.last.borrow_mut();
        match &*last {
            Some(known) if known.at == at => answer(known),
            _ => answer(last.insert(self.evaluate(at))),
        }
    }

    fn evaluate(&self, at: &[f64]) -> Evaluated {
        let weights = self.weights.matrix(at);
        let (error, mut slope) = self.weights.problem.squared_error(&weights);
        let (h, h_slope) = acyclicity(&weights);
        let value = error + (self.rho / 2.0 * h + self.alpha) * h;
        let mut within = slope.rows_mut(0, h_slope.nrows());
        within += h_slope * (self.rho * h + self.alpha);
        Evaluated { at: at.to_vec(), value, gradient: self.weights.entries(&slope) }
    }
}

impl CostFunction for Lagrangian<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, at: &Vec<f64>) -> Result<f64, Error> {
        Ok(self.with_evaluated(at, |known| known.value))
    }
}

impl Gradient for Lagrangian<'_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, at: &Vec<f64>) -> Result<Vec<f64>, Error> {
        Ok(self.with_evaluated(at, |known| known.gradient.clone()))
    }
}

/// Armijo's condition, giving up on steps too short to matter, where rounding decides.
#[derive(Clone)]
struct Decrease(ArmijoCondition<f64>);

impl LineSearchCondition<Vec<f64>, Vec<f64>, f64> for Decrease {
    fn evaluate_condition(
        &self,
        cost: f64,
        gradient: Option<&Vec<f64>>,
        initial_cost: f64,
        initial_gradient: &Vec<f64>,
        direction: &Vec<f64>,
        step: f64,
    ) -> bool {
        const SHORTEST: f64 = 1e-24;
        step < SHORTEST
            || self.0.evaluate_condition(cost, gradient, initial_cost, initial_gradient, direction, step)
    }

    fn requires_current_gradient(&self) -> bool {
        false
    }
}

/// Minimises `objective + lambda |w|_1` from `start`. The curvature memory is dropped and built anew until that gains nothing:
/// the function is not convex, and pairs of negative curvature can spoil it.
fn minimise_with_l1(objective: Lagrangian<'_>, start: Vec<f64>, lambda: f64) -> Result<Vec<f64>, Error> {
    const MEMORY: usize = 10;
    const STEPS: u64 = 1000;
    const RESTARTS: usize = 10;
    const RELATIVE_GAIN: f64 = 1e-8;
    if start.is_empty() {
        return Ok(start);
    }
    let penalised = |objective: &Lagrangian<'_>, at: &Vec<f64>| -> Result<f64, Error> {
        Ok(objective.cost(at)? + lambda * at.iter().map(|w| w.abs()).sum::<f64>())
    };
    let mut best = penalised(&objective, &start)?;
    let (mut point, mut objective) = (start, objective);
    for _ in 0..RESTARTS {
        let search = BacktrackingLineSearch::new(Decrease(ArmijoCondition::new(1e-4)?)).rho(0.5)?;
        let mut solver = LBFGS::new(search, MEMORY)
            .with_tolerance_grad(1e-7)?
            .with_tolerance_cost(1e-10 * best.abs().max(f64::MIN_POSITIVE))?;
        if lambda > 0.0 {
            solver = solver.with_l1_regularization(lambda)?;
        }
        let from = point.clone();
        let mut result = Executor::new(objective, solver)
            .configure(|state| state.param(from).max_iters(STEPS))
            .timer(false)
            .ctrlc(false)
            .run()?;
        let Some(problem) = result.problem.take_problem() else { break };
        objective = problem;
        let Some(found) = result.state.take_best_param().or_else(|| result.state.take_param()) else { break };
        let value = penalised(&objective, &found)?;
        let gain = best - value;
        if gain > 0.0 {
            (point, best) = (found, value);
        }
        if gain.is_nan() || gain <= RELATIVE_GAIN * best.abs() {
            break;
        }
    }
    Ok(point)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let p = 4;
        let covariance = DMatrix::from_fn(p, p, |i, j| if i == j { 2.0 } else { 1.0 / (1 + i + j) as f64 });
        let nodes = Nodes::numbered(p);
        let problem = Problem::new(&nodes, &covariance, None).unwrap();
        let weights = Scaled { problem: &problem, past: 1.0 };
        let objective = Lagrangian::new(&weights, 0.7, 30.0);
        let mut at: Vec<f64> = (0..12).map(|i| 0.4 - 0.13 * f64::from(i % 7)).collect();
        let gradient = objective.gradient(&at).unwrap();
        for i in 0..at.len() {
            let (here, step) = (at[i], 1e-6);
            at[i] = here + step;
            let above = objective.cost(&at).unwrap();
            at[i] = here - step;
            let below = objective.cost(&at).unwrap();
            at[i] = here;
            let slope = (above - below) / (2.0 * step);
            assert!((slope - gradient[i]).abs() < 1e-6 * slope.abs().max(1.0), "{i}: {slope}");
        }
    }

    #[test]
    fn acyclicity_counts_cycles() {
        let mut weights = DMatrix::zeros(3, 3);
        (weights[(0, 1)], weights[(1, 2)], weights[(0, 2)]) = (2.0, -3.0, 1.0);
        assert!(acyclicity(&weights).0.abs() < 1e-12);
        // A cycle of length 3 with product c of squares: sum over k of 3 c^k / (3 k)!.
        weights[(2, 0)] = 0.5;
        weights[(0, 2)] = 0.0;
        let c = (2.0_f64 * 3.0 * 0.5).powi(2);
        let expected = 3.0 * (c / 6.0 + c * c / 720.0 + c.powi(3) / 362_880.0 + c.powi(4) / 479_001_600.0);
        assert!((acyclicity(&weights).0 - expected).abs() < 1e-6);
    }

    #[test]
    fn the_solution_is_acyclic_and_optimal_in_one_variable() {
        // Two variables: the regression of either on the other, shrunk by lambda.
        let covariance = DMatrix::from_row_slice(2, 2, &[1.0, 0.8, 0.8, 1.64]);
        let nodes = Nodes::numbered(2);
        let problem = Problem::new(&nodes, &covariance, None).unwrap();
        let weights = Scaled { problem: &problem, past: 1.0 };
        let weights = weights.matrix(&Notears::new().minimise(&weights).unwrap());
        assert!(acyclicity(&weights).0 <= 1e-8);
        // X1 --> X2 costs less: (1 + 1.64 - .49) / 2 against (1.64 + 1 - .299) / 2.
        assert!((weights[(0, 1)] - 0.7).abs() < 1e-3 && weights[(1, 0)].abs() < 1e-3, "{weights}");
    }
}
