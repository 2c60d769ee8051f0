//! The lasso's path of solutions from a correlation matrix, and the one of smallest BIC.
//!
//! Least angle regression with the lasso's modification (Efron, Hastie, Johnstone & Tibshirani, "Least angle regression",
//! Annals of Statistics 32, 2004, section 3.1). Between knots the coefficients move along a line, so the path is exact.
//! BIC counts the nonzero coefficients as degrees of freedom (Zou, Hastie & Tibshirani 2007) and takes the noise variance
//! from ordinary least squares.

use nalgebra::DMatrix;

/// Which predictors the solution of smallest BIC uses, for a response of mean square 1. `gram` holds the mean products of
/// the predictors, `with_response` those with the response, `noise` the noise variance of least squares. `O(q^3)` for a path
/// without drops.
pub(super) fn select_by_bic(
    gram: &DMatrix<f64>,
    with_response: &[f64],
    noise: f64,
    rows: usize,
) -> Vec<bool> {
    let q = with_response.len();
    let n = rows as f64;
    let mut path = Path::start(gram, with_response);
    let criterion = |path: &Path<'_>| {
        let df = path.coefficients.iter().filter(|b| b.abs() > f64::EPSILON).count();
        n * path.residual() / noise + n.ln() * df as f64
    };
    let mut best = (criterion(&path), vec![false; q]);
    for _ in 0..8 * q + 8 {
        if !path.advance() {
            break;
        }
        let value = criterion(&path);
        if value < best.0 {
            best = (value, path.coefficients.iter().map(|b| b.abs() > f64::EPSILON).collect());
        }
    }
    best.1
}

/// A point on the path and what is needed to move on.
struct Path<'a> {
    gram: &'a DMatrix<f64>,
    with_response: &'a [f64],
    coefficients: Vec<f64>,
    /// Mean product of each predictor with the residual.
    covariance: Vec<f64>,
    active: Vec<usize>,
    signs: Vec<f64>,
    is_active: Vec<bool>,
    factor: Cholesky,
    /// What left the active set at this knot and must not return at once.
    dropped: Option<usize>,
}

impl<'a> Path<'a> {
    fn start(gram: &'a DMatrix<f64>, with_response: &'a [f64]) -> Self {
        let q = with_response.len();
        Self {
            gram,
            with_response,
            coefficients: vec![0.0; q],
            covariance: with_response.to_vec(),
            active: Vec::new(),
            signs: Vec::new(),
            is_active: vec![false; q],
            factor: Cholesky::default(),
            dropped: None,
        }
    }

    /// Mean square of the residual.
    fn residual(&self) -> f64 {
        let explained: f64 = (self.coefficients.iter())
            .zip(self.with_response.iter().zip(&self.covariance))
            .map(|(b, (r, c))| b * (r + c))
            .sum();
        (1.0 - explained).max(0.0)
    }

    /// Moves to the next knot; false at the end of the path.
    fn advance(&mut self) -> bool {
        let level = self.covariance.iter().fold(0.0_f64, |level, c| level.max(c.abs()));
        if level <= f64::from(f32::EPSILON) || self.active.len() == self.coefficients.len() {
            return false;
        }
        if self.dropped.is_none() && !self.enter() {
            return false;
        }
        let direction = self.factor.solve(&self.signs);
        let slope: Vec<f64> = (0..self.coefficients.len())
            .map(|j| self.active.iter().zip(&direction).map(|(&a, d)| self.gram[(j, a)] * d).sum())
            .collect();
        let mut step = level;
        for (j, &a) in slope.iter().enumerate() {
            if self.is_active[j] || self.dropped == Some(j) {
                continue;
            }
            let c = self.covariance[j];
            for reach in [(level - c) / (1.0 - a), (level + c) / (1.0 + a)] {
                if reach > 0.0 && reach < step {
                    step = reach;
                }
            }
        }
        let mut leaving = None;
        for (k, (&a, d)) in self.active.iter().zip(&direction).enumerate() {
            let crossing = -self.coefficients[a] / d;
            if crossing > 0.0 && crossing < step {
                step = crossing;
                leaving = Some(k);
            }
        }
        for (&a, d) in self.active.iter().zip(&direction) {
            self.coefficients[a] += step * d;
        }
        for (c, a) in self.covariance.iter_mut().zip(&slope) {
            *c -= step * a;
        }
        self.dropped = leaving.map(|k| self.leave(k));
        true
    }

    /// Takes the predictor of the largest covariance into the active set; one that is a linear function of the set is passed
    /// over for good.
    fn enter(&mut self) -> bool {
        loop {
            let free = (0..self.coefficients.len()).filter(|&j| !self.is_active[j]);
            let Some(j) = free.max_by(|&a, &b| {
                self.covariance[a].abs().total_cmp(&self.covariance[b].abs()).then(b.cmp(&a))
            }) else {
                return !self.active.is_empty();
            };
            let row: Vec<f64> =
                self.active.iter().map(|&a| self.gram[(j, a)]).chain([self.gram[(j, j)]]).collect();
            self.is_active[j] = true;
            if self.factor.push(&row) {
                self.active.push(j);
                self.signs.push(self.covariance[j].signum());
                return true;
            }
            self.covariance[j] = 0.0;
        }
    }

    fn leave(&mut self, k: usize) -> usize {
        let j = self.active.remove(k);
        self.signs.remove(k);
        self.coefficients[j] = 0.0;
        self.is_active[j] = false;
        self.factor = Cholesky::default();
        for (i, &a) in self.active.iter().enumerate() {
            let row: Vec<f64> = self.active[..=i].iter().map(|&b| self.gram[(a, b)]).collect();
            self.factor.push(&row);
        }
        j
    }
}

/// A Cholesky factor that grows by a row.
#[derive(Default)]
struct Cholesky {
    rows: Vec<Vec<f64>>,
}

impl Cholesky {
    /// Appends a row of the matrix up to its diagonal; false, and nothing appended, when it depends on those before.
    fn push(&mut self, row: &[f64]) -> bool {
        let Some((&diagonal, before)) = row.split_last() else { return false };
        let mut new: Vec<f64> = Vec::with_capacity(row.len());
        for (value, other) in before.iter().zip(&self.rows) {
            let inner: f64 = new.iter().zip(other).map(|(x, y)| x * y).sum();
            new.push((value - inner) / other[new.len()]);
        }
        let left = diagonal - new.iter().map(|x| x * x).sum::<f64>();
        if left <= 1e-14 * diagonal {
            return false;
        }
        new.push(left.sqrt());
        self.rows.push(new);
        true
    }

    fn solve(&self, right: &[f64]) -> Vec<f64> {
        let mut x: Vec<f64> = Vec::with_capacity(self.rows.len());
        for (row, value) in self.rows.iter().zip(right) {
            let inner: f64 = row.iter().zip(&x).map(|(l, x)| l * x).sum();
            x.push((value - inner) / row[x.len()]);
        }
        for i in (0..self.rows.len()).rev() {
            x[i] /= self.rows[i][i];
            let xi = x[i];
            for (value, l) in x.iter_mut().zip(&self.rows[i][..i]) {
                *value -= l * xi;
            }
        }
        x
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Along the whole path the optimality conditions of the lasso hold: equal covariance with the residual on the active
    /// set, with the sign of the coefficient, and no more outside.
    #[test]
    fn every_knot_is_optimal() {
        let q = 6;
        let base = DMatrix::from_fn(40, q + 1, |i, j| ((i * 7919 + j * 104_729) % 997) as f64 / 500.0 - 1.0);
        let mixed = DMatrix::from_fn(40, q + 1, |i, j| base[(i, j)] + 0.8 * base[(i, (j + 1) % (q + 1))]);
        let all = mixed.tr_mul(&mixed) / 40.0;
        let unit = DMatrix::from_fn(q + 1, q + 1, |a, b| all[(a, b)] / (all[(a, a)] * all[(b, b)]).sqrt());
        let gram = unit.view((0, 0), (q, q)).into_owned();
        let xy: Vec<f64> = (0..q).map(|j| unit[(j, q)]).collect();
        let mut path = Path::start(&gram, &xy);
        let mut knots = 0;
        while path.advance() {
            knots += 1;
            let level = path.covariance.iter().fold(0.0_f64, |l, c| l.max(c.abs()));
            for j in 0..q {
                let fitted: f64 = (0..q).map(|k| gram[(j, k)] * path.coefficients[k]).sum();
                assert!((xy[j] - fitted - path.covariance[j]).abs() < 1e-12);
                if path.coefficients[j] != 0.0 {
                    assert!((path.covariance[j] - level * path.coefficients[j].signum()).abs() < 1e-12);
                }
            }
        }
        assert!(knots >= q);
        let ols = gram.clone().lu().solve(&nalgebra::DVector::from_column_slice(&xy)).unwrap();
        assert!((0..q).all(|j| (ols[j] - path.coefficients[j]).abs() < 1e-10));
    }
}
