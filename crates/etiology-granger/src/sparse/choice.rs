//! One effect: the path of penalty weights, and the choice among them.

use super::descent::{Problem, Solution};
use super::{PenaltyChoice, SparseGranger};
use crate::{GrangerError, Series};

/// Sets of coefficients tried beyond the best one before the path is left: further down they only become more.
const PATIENCE: usize = 12;

/// The regression of one effect.
pub(super) struct Equation<'a> {
    pub(super) sparse: &'a SparseGranger,
    pub(super) problem: &'a Problem,
    /// Rows to fit, and the rows after them to predict.
    pub(super) folds: &'a [(Problem, Problem)],
    pub(super) effect: usize,
}

impl Equation<'_> {
    /// The weight and the standardised coefficients.
    pub(super) fn solve(&self) -> (f64, Vec<f64>) {
        let zero = |problem: &Problem| Solution::zero(problem, self.effect, self.sparse.penalty);
        let mut solution = zero(self.problem);
        match self.sparse.choice {
            PenaltyChoice::Fixed(weight) => {
                self.problem.descend(self.effect, self.sparse.penalty, weight, &mut solution);
                (weight, self.finished(self.problem, &solution.coefficients))
            }
            PenaltyChoice::ExtendedBic { gamma } => self.by_criterion(gamma, solution),
            PenaltyChoice::CrossValidation { .. } => {
                let weights = self.weights();
                let mut errors = vec![0.0; weights.len()];
                for (past, future) in self.folds {
                    let mut solution = zero(past);
                    for (weight, error) in weights.iter().zip(&mut errors) {
                        past.descend(self.effect, self.sparse.penalty, *weight, &mut solution);
                        // Penalised: a fold refitted could enter a series at weights where all rows do not.
                        let b = &solution.coefficients;
                        *error += future.rows as f64 * ahead(past, future, self.effect, b);
                    }
                }
                // Of equal errors the largest weight, which comes first.
                let best = (0..errors.len()).min_by(|&a, &b| errors[a].total_cmp(&errors[b])).unwrap_or(0);
                for &weight in &weights[..=best] {
                    self.problem.descend(self.effect, self.sparse.penalty, weight, &mut solution);
                }
                (weights[best], self.finished(self.problem, &solution.coefficients))
            }
        }
    }

    fn by_criterion(&self, gamma: f64, mut solution: Solution) -> (f64, Vec<f64>) {
        let (rows, size) = (self.problem.rows as f64, self.problem.size() as f64);
        let mut best = (f64::INFINITY, 0.0, Vec::new());
        let (mut since, mut before) = (0, 0);
        let cost = rows.ln() + 2.0 * gamma * size.ln();
        // What no fit of these regressors can fall below.
        let all =
            (size < rows / 2.0).then(|| self.problem.refit(self.effect, &vec![1.0; self.problem.size()]));
        let floor = all.flatten().map_or(f64::NEG_INFINITY, |all| {
            rows * self.problem.error(self.effect, &all).max(f64::EPSILON).ln()
        });
        for weight in self.weights() {
            self.problem.descend(self.effect, self.sparse.penalty, weight, &mut solution);
            let kept = solution.coefficients.iter().filter(|&&b| b != 0.0).count();
            // The criterion has no meaning near as many coefficients as rows.
            if 2 * kept as u64 > self.problem.rows
                || since == PATIENCE
                || floor + kept as f64 * cost >= best.0
            {
                break;
            }
            let fitted = self.finished(self.problem, &solution.coefficients);
            let error = self.problem.error(self.effect, &fitted).max(f64::EPSILON);
            let value = rows * error.ln() + kept as f64 * cost;
            if value < best.0 {
                best = (value, weight, fitted);
                since = 0;
            } else if kept != before {
                since += 1;
            }
            before = kept;
        }
        if best.2.is_empty() { (self.weights()[0], vec![0.0; self.problem.size()]) } else { (best.1, best.2) }
    }

    fn finished(&self, problem: &Problem, coefficients: &[f64]) -> Vec<f64> {
        let refitted = if self.sparse.refit { problem.refit(self.effect, coefficients) } else { None };
        refitted.unwrap_or_else(|| coefficients.to_vec())
    }

    /// From the largest useful weight down, in equal ratios.
    fn weights(&self) -> Vec<f64> {
        let largest = self.problem.largest_weight(self.effect, self.sparse.penalty);
        let least: f64 = if self.problem.size() as f64 > self.problem.rows as f64 { 0.02 } else { 0.001 };
        let steps = self.sparse.path.saturating_sub(1).max(1) as f64;
        (0..self.sparse.path).map(|step| largest * least.powf(step as f64 / steps)).collect()
    }
}

/// Mean squared error of predicting `future` from what `past` taught, intercept included.
fn ahead(past: &Problem, future: &Problem, effect: usize, b: &[f64]) -> f64 {
    let mut off = future.means.1[effect] - past.means.1[effect];
    for (i, b) in b.iter().enumerate().filter(|(_, b)| **b != 0.0) {
        off -= b * (future.means.0[i] - past.means.0[i]);
    }
    future.error(effect, b) + off * off
}

/// Cuts the rows into `folds + 1` blocks: for each but the first, the rows before it and itself.
pub(super) fn fold_problems(
    series: &Series,
    max_lag: usize,
    folds: usize,
    scales: &[f64],
) -> Result<Vec<(Problem, Problem)>, GrangerError> {
    let cut = |number: usize| number * (series.rows() / (folds + 1));
    let problem = |from: usize, to: usize| {
        let columns = series.columns().iter().map(|column| column[from..to].to_vec()).collect();
        let starts = series.starts().iter().filter_map(|&start| start.checked_sub(from)).collect();
        let part = Series::new(series.nodes().clone(), columns)?.with_starts(starts);
        let moments = part.moments(max_lag)?;
        let rows = moments.rows(max_lag);
        if rows < 4 {
            let got = usize::try_from(rows).unwrap_or(0);
            return Err(GrangerError::TooShort { model: "a fold of the cross-validation", needed: 4, got });
        }
        Ok(Problem::new(&moments.at(max_lag)?, series.width(), scales))
    };
    (1..=folds)
        .map(|number| {
            let end = if number == folds { series.rows() } else { cut(number + 1) };
            Ok((problem(0, cut(number))?, problem(cut(number), end)?))
        })
        .collect()
}
