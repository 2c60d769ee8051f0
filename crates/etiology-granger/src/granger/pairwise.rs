//! Pairwise tests: each effect on its own past and the past of one other series.
//!
//! The past of the effect is factored once and eliminated from everything; what remains for each cause is a system of as many
//! equations as lags. O(k^2 L^3) for k series after the moments.

use super::equation::{Blocks, Outcome, Question};
use super::result::{LagEffect, PairTest};
use crate::Untestable;
use crate::var::REDUNDANT;

/// One effect against every cause for which `asked` says so.
pub(super) fn effect_tests(
    blocks: &Blocks<'_>,
    effect: usize,
    question: Question,
    asked: impl Fn(usize) -> bool,
) -> Vec<PairTest> {
    let causes = (0..blocks.series.len()).filter(|&cause| cause != effect && asked(cause));
    let terms = 2 * blocks.lags + 1;
    if blocks.rows <= terms as u64 {
        let short = Untestable::TooFewRows { rows: blocks.rows, needed: terms as u64 + 1 };
        return causes.map(|cause| blocks.pair(cause, effect, question, Err(short.clone()))).collect();
    }
    let mut own = Own::new(blocks, effect);
    let mut work = Work::new(blocks.lags);
    causes
        .map(|cause| {
            let (result, lags) = match blocks.fault(cause, effect).or_else(|| own.fault.clone()) {
                Some(why) => (Err(why), Vec::new()),
                None => work.test(blocks, &mut own, (cause, effect), question),
            };
            PairTest { lags, ..blocks.pair(cause, effect, question, result) }
        })
        .collect()
}

/// The past of the effect: its factor, and what it leaves of the effect.
struct Own {
    /// Lower factor, row-major.
    factor: Vec<f64>,
    /// The factor's solution for the effect itself.
    effect: Vec<f64>,
    left: f64,
    fault: Option<Untestable>,
}

impl Own {
    fn new(blocks: &Blocks<'_>, effect: usize) -> Self {
        let (lags, first) = (blocks.lags, effect * blocks.size());
        let mut factor = vec![0.0; lags * lags];
        for row in 0..lags {
            factor[row * lags..][..=row].copy_from_slice(blocks.column(first + 1 + row, first + 1, row + 1));
        }
        let mut own =
            Self { factor, effect: blocks.column(first, first + 1, lags).to_vec(), left: 0.0, fault: None };
        let name = || blocks.name(effect).to_owned();
        if !factorize(&mut own.factor, lags) {
            own.fault = Some(Untestable::Collinear { name: name() });
            return own;
        }
        solve(&own.factor, lags, &mut own.effect);
        own.left = 1.0 - own.effect.iter().map(|value| value * value).sum::<f64>();
        if own.left < REDUNDANT {
            own.fault = Some(Untestable::Determined { name: name() });
        }
        own
    }
}

/// Scratch for one pair.
struct Work {
    /// The cause's lags after the effect's past is eliminated, one row a lag: first solved, then multiplied out.
    solved: Vec<f64>,
    system: Vec<f64>,
    right: Vec<f64>,
    unit: Vec<f64>,
}

impl Work {
    fn new(lags: usize) -> Self {
        Self {
            solved: vec![0.0; lags * lags],
            system: vec![0.0; lags * lags],
            right: vec![0.0; lags],
            unit: vec![0.0; lags],
        }
    }

    fn test(
        &mut self,
        blocks: &Blocks<'_>,
        own: &mut Own,
        (cause, effect): (usize, usize),
        question: Question,
    ) -> (Outcome, Vec<LagEffect>) {
        let lags = blocks.lags;
        let (first, past) = (cause * blocks.size(), effect * blocks.size() + 1);
        // The lags that are not tested come first, so that what the tested ones add is the tail of the solution.
        let lag = |position: usize| (question.order + position) % lags + 1;
        for position in 0..lags {
            let solved = &mut self.solved[position * lags..][..lags];
            solved.copy_from_slice(blocks.column(first + lag(position), past, lags));
            solve(&own.factor, lags, solved);
        }
        for row in 0..lags {
            let solved = &self.solved[row * lags..][..lags];
            let products = blocks.column(first + lag(row), first, lags + 1);
            for column in 0..=row {
                let other = &self.solved[column * lags..][..lags];
                self.system[row * lags + column] = products[lag(column)] - dot(solved, other);
            }
            self.right[row] = blocks.column(first + lag(row), past - 1, 1)[0] - dot(solved, &own.effect);
        }
        if !factorize(&mut self.system, lags) {
            return (Err(Untestable::Collinear { name: blocks.name(cause).to_owned() }), Vec::new());
        }
        solve(&self.system, lags, &mut self.right);
        let sum = |values: &[f64]| values.iter().map(|value| value * value).sum::<f64>();
        let (untested, tested) = self.right.split_at(question.extra);
        let gained = sum(tested);
        let left = own.left - sum(untested) - gained;
        let terms = 2 * lags + 1;
        let result = question.judge(gained, left, blocks.rows, terms, blocks.name(effect));
        if result.is_err() {
            return (result, Vec::new());
        }
        let degrees = blocks.rows as f64 - terms as f64;
        solve_transposed(&self.system, lags, &mut self.right);
        let mut effects = Vec::with_capacity(question.order);
        for position in question.extra..lags {
            self.unit.fill(0.0);
            self.unit[position] = 1.0;
            solve(&self.system, lags, &mut self.unit);
            let variance = sum(&self.unit) * left / degrees;
            let place = (cause, effect, lag(position));
            effects.push(blocks.lag_effect(place, self.right[position], variance, degrees));
        }
        (result, effects)
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Cholesky in place of a row-major matrix whose diagonal is at most 1; false when a column is redundant.
fn factorize(matrix: &mut [f64], n: usize) -> bool {
    for row in 0..n {
        let (above, rest) = matrix.split_at_mut(row * n);
        for column in 0..row {
            let earlier = &above[column * n..][..=column];
            rest[column] = (rest[column] - dot(&rest[..column], &earlier[..column])) / earlier[column];
        }
        let pivot = rest[row] - dot(&rest[..row], &rest[..row]);
        if pivot.is_nan() || pivot < REDUNDANT {
            return false;
        }
        rest[row] = pivot.sqrt();
    }
    true
}

fn solve(factor: &[f64], n: usize, right: &mut [f64]) {
    for row in 0..n {
        let line = &factor[row * n..][..=row];
        right[row] = (right[row] - dot(&line[..row], &right[..row])) / line[row];
    }
}

fn solve_transposed(factor: &[f64], n: usize, right: &mut [f64]) {
    for row in (0..n).rev() {
        right[row] /= factor[row * n + row];
        let value = right[row];
        for column in 0..row {
            right[column] -= factor[row * n + column] * value;
        }
    }
}
