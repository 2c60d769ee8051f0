//! Coordinate descent for the lasso and the group lasso on products of columns.
//!
//! Minimises `1/2 b'Gb - c'b + w P(b)` with G and c the mean products of the standardised regressors with one another and
//! with the effect (Friedman, Hastie and Tibshirani, Journal of Statistical Software 33, 2010, section 2.2; for groups, the
//! majorised steps of Yang and Zou, Statistics and Computing 25, 2015). Steps visit the coefficients that are not 0 until
//! they settle, then all, until none violates the optimality conditions.

use etiology_stats::Moments;
use nalgebra::{DMatrix, DVectorView};

use super::SparsePenalty;

/// A violation of the optimality conditions below which a solution is done, of standardised columns.
const TOLERANCE: f64 = 1e-10;
/// Sweeps after which the solution is taken as it is; nearly equal columns can need many.
const SWEEPS: usize = 20_000;

/// Mean products of standardised columns: the present of each series, and the past of all.
pub(crate) struct Problem {
    pub(super) rows: u64,
    pub(super) gram: DMatrix<f64>,
    /// One column an effect.
    pub(super) cross: DMatrix<f64>,
    pub(super) squares: Vec<f64>,
    /// Means of the past and of the present, standardised.
    pub(super) means: (Vec<f64>, Vec<f64>),
    width: usize,
    /// Largest eigenvalue, or a bound on it, of each series' block of lags.
    bounds: Vec<f64>,
}

impl Problem {
    /// From moments whose first `width` columns are the present; a series of scale 0 has products of 0.
    pub(super) fn new(moments: &Moments, width: usize, scales: &[f64]) -> Self {
        let inverse = |column: usize| {
            let scale = scales[column % width];
            if scale > 0.0 { 1.0 / scale } else { 0.0 }
        };
        let weight = moments.weight().max(1.0);
        let product = |i: usize, j: usize| moments.comoments()[(i, j)] * inverse(i) * inverse(j) / weight;
        let size = moments.width() - width;
        let gram = DMatrix::from_fn(size, size, |i, j| product(width + i, width + j));
        let lags = size / width.max(1);
        let bounds = (0..width)
            .map(|s| {
                // The largest row sum bounds the largest eigenvalue.
                let rows =
                    (0..lags).map(|i| (0..lags).map(|j| gram[(i * width + s, j * width + s)].abs()).sum());
                rows.fold(0.0, f64::max)
            })
            .collect();
        let means: Vec<f64> = (0..moments.width()).map(|i| moments.means()[i] * inverse(i)).collect();
        Self {
            rows: moments.rows(),
            cross: DMatrix::from_fn(size, width, |i, effect| product(width + i, effect)),
            squares: (0..width).map(|effect| product(effect, effect)).collect(),
            means: (means[width..].to_vec(), means[..width].to_vec()),
            gram,
            width,
            bounds,
        }
    }

    pub(super) fn size(&self) -> usize {
        self.gram.nrows()
    }

    /// The coefficients of one series.
    fn group(&self, series: usize) -> impl Iterator<Item = usize> + Clone + '_ {
        (series..self.size()).step_by(self.width)
    }

    fn group_weight(&self) -> f64 {
        (self.size() as f64 / self.width.max(1) as f64).sqrt()
    }

    /// The least weight under which every coefficient is 0.
    pub(super) fn largest_weight(&self, effect: usize, penalty: SparsePenalty) -> f64 {
        let cross = self.cross.column(effect);
        match penalty {
            SparsePenalty::Lasso => cross.amax(),
            SparsePenalty::Group => {
                let lengths =
                    (0..self.width).map(|s| self.group(s).map(|i| cross[i].powi(2)).sum::<f64>().sqrt());
                lengths.fold(0.0, f64::max) / self.group_weight()
            }
        }
    }

    /// Moves `solution` to the minimum at this weight, from where it stands.
    pub(super) fn descend(
        &self,
        effect: usize,
        penalty: SparsePenalty,
        weight: f64,
        solution: &mut Solution,
    ) {
        let blocks = match penalty {
            SparsePenalty::Lasso => self.size(),
            SparsePenalty::Group => self.width,
        };
        let step = |block: usize, solution: &mut Solution| match penalty {
            SparsePenalty::Lasso => self.step(block, weight, solution),
            SparsePenalty::Group => self.group_step(block, weight, solution),
        };
        let mut sweeps = 0;
        while sweeps < SWEEPS {
            let active: Vec<usize> =
                (0..blocks).filter(|&block| step(block, solution) > 0.0 || solution.holds(block)).collect();
            sweeps += 1;
            let mut moved = f64::INFINITY;
            while moved > TOLERANCE && sweeps < SWEEPS {
                moved = active.iter().map(|&block| step(block, solution)).fold(0.0, f64::max);
                sweeps += 1;
            }
            solution.refresh(self, self.cross.column(effect));
            if self.violation(penalty, weight, solution) <= 10.0 * TOLERANCE {
                return;
            }
        }
    }

    /// The change of the gradient in one step.
    fn step(&self, i: usize, weight: f64, solution: &mut Solution) -> f64 {
        let diagonal = self.gram[(i, i)];
        if diagonal <= 0.0 {
            return 0.0;
        }
        let old = solution.coefficients[i];
        let free = solution.left[i] + diagonal * old;
        let new = free.signum() * (free.abs() - weight).max(0.0) / diagonal;
        self.change(i, new - old, solution);
        (new - old).abs() * diagonal
    }

    fn group_step(&self, series: usize, weight: f64, solution: &mut Solution) -> f64 {
        let bound = self.bounds[series];
        if bound <= 0.0 {
            return 0.0;
        }
        let moved: Vec<f64> =
            self.group(series).map(|i| solution.coefficients[i] + solution.left[i] / bound).collect();
        let length = moved.iter().map(|value| value * value).sum::<f64>().sqrt();
        let kept =
            if length > 0.0 { (1.0 - weight * self.group_weight() / (bound * length)).max(0.0) } else { 0.0 };
        let mut most = 0.0_f64;
        for (i, value) in self.group(series).zip(moved) {
            let by = kept * value - solution.coefficients[i];
            self.change(i, by, solution);
            most = most.max(by.abs() * bound);
        }
        most
    }

    fn change(&self, i: usize, by: f64, solution: &mut Solution) {
        if by != 0.0 {
            solution.coefficients[i] += by;
            let column = self.gram.column(i);
            solution.left.iter_mut().zip(column.iter()).for_each(|(left, product)| *left -= by * product);
        }
    }

    /// How far the conditions of Karush, Kuhn and Tucker are from holding.
    pub(super) fn violation(&self, penalty: SparsePenalty, weight: f64, solution: &Solution) -> f64 {
        let (b, left) = (&solution.coefficients, &solution.left);
        let of = |block: Vec<usize>, weight: f64| {
            let length = |values: &[f64]| block.iter().map(|&i| values[i].powi(2)).sum::<f64>().sqrt();
            let size = length(b);
            if size == 0.0 {
                return (length(left) - weight).max(0.0);
            }
            block.iter().map(|&i| (left[i] - weight * b[i] / size).abs()).fold(0.0, f64::max)
        };
        match penalty {
            SparsePenalty::Lasso => (0..self.size()).map(|i| of(vec![i], weight)).fold(0.0, f64::max),
            SparsePenalty::Group => {
                let weight = weight * self.group_weight();
                (0..self.width).map(|s| of(self.group(s).collect(), weight)).fold(0.0, f64::max)
            }
        }
    }

    /// The mean squared residual of coefficients.
    pub(super) fn error(&self, effect: usize, b: &[f64]) -> f64 {
        let kept: Vec<usize> = (0..b.len()).filter(|&i| b[i] != 0.0).collect();
        let mut error = self.squares[effect];
        for &i in &kept {
            error -= 2.0 * b[i] * self.cross[(i, effect)];
            error += b[i] * kept.iter().map(|&j| b[j] * self.gram[(i, j)]).sum::<f64>();
        }
        error.max(0.0)
    }

    /// Least squares on the coefficients that are not 0; `None` where those columns determine one another.
    pub(super) fn refit(&self, effect: usize, b: &[f64]) -> Option<Vec<f64>> {
        let kept: Vec<usize> = (0..b.len()).filter(|&i| b[i] != 0.0).collect();
        let gram = DMatrix::from_fn(kept.len(), kept.len(), |i, j| self.gram[(kept[i], kept[j])]);
        let cross = DMatrix::from_fn(kept.len(), 1, |i, _| self.cross[(kept[i], effect)]);
        let factor = gram.cholesky()?;
        if factor.l_dirty().diagonal().iter().any(|root| root * root < 1e-10) {
            return None;
        }
        let fitted = factor.solve(&cross);
        let mut refitted = vec![0.0; b.len()];
        kept.iter().zip(fitted.iter()).for_each(|(&i, &value)| refitted[i] = value);
        Some(refitted)
    }
}

/// Coefficients, and the products of the regressors with what they leave of the effect.
#[derive(Clone)]
pub(super) struct Solution {
    pub(super) coefficients: Vec<f64>,
    left: Vec<f64>,
    stride: usize,
}

impl Solution {
    pub(super) fn zero(problem: &Problem, effect: usize, penalty: SparsePenalty) -> Self {
        let stride = if penalty == SparsePenalty::Lasso { problem.size().max(1) } else { problem.width };
        let left = problem.cross.column(effect).iter().copied().collect();
        Self { coefficients: vec![0.0; problem.size()], left, stride }
    }

    fn holds(&self, block: usize) -> bool {
        self.coefficients.iter().skip(block).step_by(self.stride).any(|&value| value != 0.0)
    }

    /// Computes the rest anew, without the rounding of many steps.
    fn refresh(&mut self, problem: &Problem, cross: DVectorView<'_, f64>) {
        self.left = cross.iter().copied().collect();
        for (i, &b) in self.coefficients.iter().enumerate().filter(|(_, b)| **b != 0.0) {
            let column = problem.gram.column(i);
            self.left.iter_mut().zip(column.iter()).for_each(|(left, product)| *left -= b * product);
        }
    }
}
