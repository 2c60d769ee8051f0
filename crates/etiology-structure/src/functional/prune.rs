//! [`Pruning`]: which predecessors in the causal order are parents, and with what coefficient.

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use super::columns::Columns;
use super::lasso::select_by_bic;
use crate::Knowledge;

/// How the regression of a variable on its predecessors is thinned to parents. The coefficients are least squares on the
/// parents that stay, and required parents always stay.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Pruning {
    /// The adaptive lasso (Zou, "The adaptive lasso and its oracle properties", JASA 101, 2006) with weights from least
    /// squares and the penalty of smallest BIC, on standardised variables. `O(q^3)` for `q` predecessors.
    #[default]
    AdaptiveLasso,
    /// Least squares; coefficients below the threshold in standardised units are dropped.
    Threshold(f64),
    /// Every predecessor stays.
    None,
}

impl Pruning {
    /// The columns among `candidates` on which `target` depends, with their coefficients in standardised units, from the
    /// correlation matrix of `rows` rows. Empty where the candidates are collinear. Cost as of the variant; that of
    /// [`Pruning::Threshold`] and [`Pruning::None`] is `O(q^3)`.
    #[must_use]
    pub fn regress(
        self,
        correlation: &DMatrix<f64>,
        rows: usize,
        target: usize,
        candidates: &[usize],
    ) -> Vec<(usize, f64)> {
        fit(correlation, rows, target, candidates, |_| false, self)
    }
}

/// The parents of every variable and their coefficients in standardised units, given the order; all in numbers of the kept
/// columns.
pub(super) fn parents(
    columns: &Columns,
    order: &[usize],
    pruning: Pruning,
    knowledge: Option<&Knowledge>,
) -> Vec<(usize, Vec<(usize, f64)>)> {
    (0..order.len())
        .into_par_iter()
        .map(|at| {
            let target = order[at];
            let is = |test: fn(&Knowledge, usize, usize) -> bool, from: usize| {
                knowledge.map(|known| test(known, columns.kept[from], columns.kept[target]))
            };
            let mut candidates: Vec<usize> = order[..at].to_vec();
            candidates.retain(|&from| is(Knowledge::allows, from).unwrap_or(true));
            candidates.sort_unstable();
            let required = |from: usize| is(Knowledge::requires, from).unwrap_or(false);
            (target, fit(&columns.correlation, columns.rows(), target, &candidates, required, pruning))
        })
        .collect()
}

fn fit(
    correlation: &DMatrix<f64>,
    rows: usize,
    target: usize,
    candidates: &[usize],
    required: impl Fn(usize) -> bool,
    pruning: Pruning,
) -> Vec<(usize, f64)> {
    let Some((full, unexplained)) = least_squares(correlation, target, candidates) else {
        return Vec::new();
    };
    let keep: Vec<bool> = match pruning {
        Pruning::None => vec![true; candidates.len()],
        Pruning::Threshold(bound) => full.iter().map(|b| b.abs() >= bound).collect(),
        Pruning::AdaptiveLasso => {
            let q = candidates.len();
            let degrees = rows.saturating_sub(q + 1).max(1) as f64;
            let noise = (unexplained * rows as f64 / degrees).max(f64::MIN_POSITIVE);
            let weighted = |i: usize, j: usize| {
                correlation[(candidates[i], candidates[j])] * full[i].abs() * full[j].abs()
            };
            let gram = DMatrix::from_fn(q, q, weighted);
            let with_target: Vec<f64> =
                (0..q).map(|i| correlation[(candidates[i], target)] * full[i].abs()).collect();
            select_by_bic(&gram, &with_target, noise, rows)
        }
    };
    let chosen: Vec<usize> =
        candidates.iter().zip(keep).filter(|&(&c, keep)| keep || required(c)).map(|(&c, _)| c).collect();
    match least_squares(correlation, target, &chosen) {
        Some((coefficients, _)) => chosen.into_iter().zip(coefficients).collect(),
        None => Vec::new(),
    }
}

/// Coefficients and the share of variance they leave; the columns are independent, so the factor exists.
fn least_squares(correlation: &DMatrix<f64>, target: usize, on: &[usize]) -> Option<(Vec<f64>, f64)> {
    let gram = DMatrix::from_fn(on.len(), on.len(), |i, j| correlation[(on[i], on[j])]);
    let right = DVector::from_iterator(on.len(), on.iter().map(|&c| correlation[(c, target)]));
    let solution = gram.cholesky()?.solve(&right);
    let unexplained = (1.0 - solution.dot(&right)).max(0.0);
    Some((solution.iter().copied().collect(), unexplained))
}
