//! Conditional tests: each effect on the past of all series, with and without that of one.
//!
//! One factor of all the pasts serves every equation; what the past of a cause adds to an equation follows from its block of
//! the inverse. A past that others determine is left out of the regressors, and what it takes part in is not identified: those
//! pairs are not tested, all others are. O(k^3 L^3) after the moments.

use nalgebra::DMatrix;
use rayon::prelude::*;

use super::equation::{Blocks, Outcome, Question};
use super::result::{LagEffect, PairTest};
use crate::Untestable;
use crate::var::{REDUNDANT, cholesky};

/// A share of a redundant column above which a column takes part in it.
const TAKES_PART: f64 = 1e-6;

/// Every pair, by cause, then effect.
pub(super) fn all_tests(blocks: &Blocks<'_>, question: Question) -> Vec<PairTest> {
    let k = blocks.series.len();
    let pairs = |cause: usize| (0..k).filter(move |&effect| effect != cause);
    let used: Vec<usize> = (0..k).filter(|&at| blocks.faults[at].is_none()).collect();
    let terms = used.len() * blocks.lags + 1;
    let fit = (blocks.rows > terms as u64).then(|| Fit::new(blocks, &used));
    let tests = |cause: usize| -> Vec<PairTest> {
        let prepared = match &fit {
            None => Err(Untestable::TooFewRows { rows: blocks.rows, needed: terms as u64 + 1 }),
            Some(fit) => Cause::new(blocks, fit, cause, question),
        };
        let test = |effect: usize| match blocks.fault(cause, effect) {
            Some(why) => (Err(why), Vec::new()),
            None => match (&prepared, &fit) {
                (Ok(prepared), Some(fit)) => prepared.test(blocks, fit, effect, question),
                (Err(why), _) => (Err(why.clone()), Vec::new()),
                (Ok(_), None) => (Err(Untestable::TooFewRows { rows: 0, needed: 0 }), Vec::new()),
            },
        };
        pairs(cause)
            .map(|effect| {
                let (result, lags) = test(effect);
                PairTest { lags, ..blocks.pair(cause, effect, question, result) }
            })
            .collect()
    };
    (0..k).into_par_iter().flat_map_iter(tests).collect()
}

/// The fit of all equations on the pasts that are not redundant.
struct Fit {
    /// Where each column of `Blocks` stands among the regressors kept; `None` for others.
    place: Vec<Option<usize>>,
    /// Of the regressors kept: whether a redundant one contains it.
    taken: Vec<bool>,
    inverse: DMatrix<f64>,
    /// One column a series in `Blocks`.
    coefficients: DMatrix<f64>,
    /// What is left of each series.
    left: Vec<f64>,
    degrees: f64,
}

impl Fit {
    fn new(blocks: &Blocks<'_>, used: &[usize]) -> Self {
        let (size, k) = (blocks.size(), blocks.series.len());
        let total = k * size;
        // Lag by lag, so that of two equal series the later is redundant.
        let regressors: Vec<usize> =
            (1..size).flat_map(|lag| used.iter().map(move |&at| at * size + lag)).collect();
        let gram = DMatrix::from_column_slice(total, total, &blocks.gram);
        let products = gram.select_rows(&regressors).select_columns(&regressors);
        let lower = cholesky(products);
        let (kept, redundant): (Vec<usize>, Vec<usize>) =
            (0..regressors.len()).partition(|&at| lower[(at, at)] > 0.0);
        let factor = lower.select_rows(&kept).select_columns(&kept);
        let mut root = DMatrix::identity(kept.len(), kept.len());
        factor.solve_lower_triangular_mut(&mut root);
        let columns: Vec<usize> = kept.iter().map(|&at| regressors[at]).collect();
        let effects: Vec<usize> = (0..k).map(|at| at * size).collect();
        let rows = gram.select_rows(&columns);
        let solved = &root * rows.select_columns(&effects);
        let mut place = vec![None; total];
        for (position, &column) in columns.iter().enumerate() {
            place[column] = Some(position);
        }
        let shares: Vec<usize> = redundant.iter().map(|&at| regressors[at]).collect();
        let shares = root.tr_mul(&(&root * rows.select_columns(&shares)));
        Self {
            place,
            taken: shares.row_iter().map(|row| row.amax() > TAKES_PART).collect(),
            coefficients: root.tr_mul(&solved),
            left: solved.column_iter().map(|column| 1.0 - column.norm_squared()).collect(),
            degrees: blocks.rows as f64 - columns.len() as f64 - 1.0,
            inverse: root.tr_mul(&root),
        }
    }
}

/// The tested lags of one cause, and the factor of their block of the inverse.
struct Cause {
    number: usize,
    positions: Vec<usize>,
    factor: DMatrix<f64>,
}

impl Cause {
    fn new(blocks: &Blocks<'_>, fit: &Fit, cause: usize, question: Question) -> Result<Self, Untestable> {
        let collinear = || Untestable::Collinear { name: blocks.name(cause).to_owned() };
        if let Some(why) = &blocks.faults[cause] {
            return Err(why.clone());
        }
        let columns = (1..=question.order).map(|lag| cause * blocks.size() + lag);
        let positions: Option<Vec<usize>> =
            columns.map(|column| fit.place[column].filter(|&at| !fit.taken[at])).collect();
        let positions = positions.ok_or_else(collinear)?;
        let block = fit.inverse.select_rows(&positions).select_columns(&positions);
        let factor = block.cholesky().ok_or_else(collinear)?.unpack();
        Ok(Self { number: cause, positions, factor })
    }

    fn test(
        &self,
        blocks: &Blocks<'_>,
        fit: &Fit,
        effect: usize,
        question: Question,
    ) -> (Outcome, Vec<LagEffect>) {
        let coefficients = fit.coefficients.column(effect);
        let mut solved = DMatrix::from_fn(self.positions.len(), 1, |i, _| coefficients[self.positions[i]]);
        self.factor.solve_lower_triangular_mut(&mut solved);
        let left = fit.left[effect];
        let terms = fit.inverse.nrows() + 1;
        let result = question.judge(solved.norm_squared(), left, blocks.rows, terms, blocks.name(effect));
        if result.is_err() || left < REDUNDANT {
            return (result, Vec::new());
        }
        let effects = self.positions.iter().zip(1..).map(|(&at, lag)| {
            let variance = fit.inverse[(at, at)] * left / fit.degrees;
            blocks.lag_effect((self.number, effect, lag), coefficients[at], variance, fit.degrees)
        });
        (result, effects.collect())
    }
}
