//! Least squares from sufficient statistics: the one regression behind linear-Gaussian and conditional-Gaussian families.
//!
//! A family is its count, its means and its centred cross products ([`FamilyMoments`]); these are collected by Welford's
//! update, merged by that of Chan, Golub and `LeVeque` (1983), and solved by a Cholesky factorisation that takes the parents
//! in order and leaves out each one that is constant or a linear function of those before it. That is what R's `lm` does,
//! whose coefficient for such a column is `NA`; here it is zero and the column is named in [`Regression::left_out`].

use nalgebra::DMatrix;

/// A parent whose variance given the parents before it is below this share of its own variance is left out. The share is
/// the reciprocal of a variance inflation factor; cross products in double precision cannot tell much smaller ones from zero.
const COLLINEAR: f64 = 1e-10;

/// A residual sum of squares below this share of the response's is rounding, and taken as zero.
const EXACT: f64 = 1e-13;

/// Count, means and centred cross products of a few variables.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FamilyMoments {
    pub(crate) count: f64,
    pub(crate) mean: Vec<f64>,
    /// `products[(i, j)]` is the sum of `(x_i - mean_i)(x_j - mean_j)`.
    pub(crate) products: DMatrix<f64>,
}

impl FamilyMoments {
    pub(crate) fn new(variables: usize) -> Self {
        Self { count: 0.0, mean: vec![0.0; variables], products: DMatrix::zeros(variables, variables) }
    }

    /// The rows of `columns` (equal lengths) without a missing value; the second item counts the others.
    pub(crate) fn from_columns(columns: &[&[f64]]) -> (Self, usize) {
        let rows = columns.first().map_or(0, |column| column.len());
        let (mut moments, mut row, mut skipped) = (Self::new(columns.len()), vec![0.0; columns.len()], 0);
        for i in 0..rows {
            for (value, column) in row.iter_mut().zip(columns) {
                *value = column[i];
            }
            if row.iter().all(|value| value.is_finite()) {
                moments.push(&row);
            } else {
                skipped += 1;
            }
        }
        (moments, skipped)
    }

    /// Adds one row. `O(k^2)`.
    pub(crate) fn push(&mut self, row: &[f64]) {
        self.push_weighted(row, 1.0);
    }

    /// Adds a row that counts `weight` times.
    pub(crate) fn push_weighted(&mut self, row: &[f64], weight: f64) {
        if weight <= 0.0 {
            return;
        }
        let before = self.count;
        self.count += weight;
        let (share, shrink) = (weight / self.count, weight * before / self.count);
        for (j, &value_j) in row.iter().enumerate() {
            let delta_j = value_j - self.mean[j];
            for (i, &value_i) in row.iter().enumerate().take(j + 1) {
                let product = shrink * delta_j * (value_i - self.mean[i]);
                self.products[(i, j)] += product;
                if i != j {
                    self.products[(j, i)] += product;
                }
            }
        }
        for (mean, value) in self.mean.iter_mut().zip(row) {
            *mean += share * (value - *mean);
        }
    }

    /// Adds the rows of another.
    #[cfg_attr(not(test), allow(dead_code))]
    pub(crate) fn merge(&mut self, other: &Self) {
        if other.count <= 0.0 {
            return;
        }
        if self.count <= 0.0 {
            self.clone_from(other);
            return;
        }
        let total = self.count + other.count;
        let delta: Vec<f64> = other.mean.iter().zip(&self.mean).map(|(b, a)| b - a).collect();
        let shrink = self.count * other.count / total;
        for j in 0..delta.len() {
            for i in 0..delta.len() {
                self.products[(i, j)] += other.products[(i, j)] + shrink * delta[i] * delta[j];
            }
        }
        for (mean, delta) in self.mean.iter_mut().zip(&delta) {
            *mean += delta * other.count / total;
        }
        self.count = total;
    }
}

/// A regression of one variable on others.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Regression {
    pub(crate) intercept: f64,
    /// One per predictor; zero for those left out.
    pub(crate) coefficients: Vec<f64>,
    /// Residual sum of squares.
    pub(crate) rss: f64,
    /// Number of predictors kept.
    pub(crate) rank: usize,
    /// Positions of the predictors that are constant or a linear function of earlier ones.
    pub(crate) left_out: Vec<usize>,
    /// `inverse[(i, i)]` times the residual variance is the squared standard error of coefficient `i` of those kept.
    pub(crate) inverse: DMatrix<f64>,
}

/// Regresses the last variable of the moments on all the others. `O(k^3)`.
pub(crate) fn regress(moments: &FamilyMoments) -> Regression {
    let k = moments.mean.len().saturating_sub(1);
    let s = &moments.products;
    let mut kept: Vec<usize> = Vec::with_capacity(k);
    let mut left_out = Vec::new();
    // Row r of the factor belongs to kept[r]; the last row is the response's.
    let mut factor = DMatrix::<f64>::zeros(k + 1, k + 1);
    for j in 0..=k {
        let row = kept.len();
        let mut rest = s[(j, j)];
        for r in 0..row {
            let before: f64 = (0..r).map(|c| factor[(row, c)] * factor[(r, c)]).sum();
            let entry = (s[(j, kept[r])] - before) / factor[(r, r)];
            factor[(row, r)] = entry;
            rest -= entry * entry;
        }
        if j == k {
            factor[(row, row)] = if rest > EXACT * s[(k, k)] { rest.sqrt() } else { 0.0 };
        } else if rest > COLLINEAR * s[(j, j)] {
            factor[(row, row)] = rest.sqrt();
            kept.push(j);
        } else {
            left_out.push(j);
        }
    }
    let rank = kept.len();
    let mut coefficients = vec![0.0; k];
    for r in (0..rank).rev() {
        let later: f64 = (r + 1..rank).map(|c| factor[(c, r)] * coefficients[kept[c]]).sum();
        coefficients[kept[r]] = (factor[(rank, r)] - later) / factor[(r, r)];
    }
    let lower = factor.view((0, 0), (rank, rank)).into_owned();
    let inverse_lower = lower
        .solve_lower_triangular(&DMatrix::identity(rank, rank))
        .unwrap_or_else(|| DMatrix::zeros(rank, rank));
    let kept_inverse = inverse_lower.tr_mul(&inverse_lower);
    let mut inverse = DMatrix::zeros(k, k);
    for (a, &i) in kept.iter().enumerate() {
        for (b, &j) in kept.iter().enumerate() {
            inverse[(i, j)] = kept_inverse[(a, b)];
        }
    }
    let shift: f64 = coefficients.iter().zip(&moments.mean).map(|(b, m)| b * m).sum();
    let intercept = moments.mean.last().copied().unwrap_or(0.0) - shift;
    Regression { intercept, coefficients, rss: factor[(rank, rank)].powi(2), rank, left_out, inverse }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(columns: &[&[f64]]) -> FamilyMoments {
        FamilyMoments::from_columns(columns).0
    }

    #[test]
    fn a_line_is_found_exactly() {
        let x = [1.0, 2.0, 4.0, 8.0];
        let y: Vec<f64> = x.iter().map(|x| 3.0 - 2.0 * x).collect();
        let fit = regress(&moments(&[&x, &y]));
        assert!((fit.intercept - 3.0).abs() < 1e-12 && (fit.coefficients[0] + 2.0).abs() < 1e-12);
        assert_eq!((fit.rss, fit.rank), (0.0, 1));
    }

    #[test]
    fn constant_and_duplicated_predictors_are_left_out() {
        let x = [1.0, 2.0, 4.0, 8.0, 9.0];
        let (flat, double) = ([7.0; 5], x.map(|x| 2.0 * x + 1.0));
        let y = [1.0, 0.0, 3.0, 2.0, 5.0];
        let fit = regress(&moments(&[&flat, &x, &double, &y]));
        assert_eq!(fit.left_out, [0, 2]);
        let alone = regress(&moments(&[&x, &y]));
        assert!((fit.coefficients[1] - alone.coefficients[0]).abs() < 1e-12);
        assert!((fit.rss - alone.rss).abs() < 1e-12);
    }

    #[test]
    fn merging_equals_one_pass_and_weights_equal_repeats() {
        let x = [1.0, 5.0, 2.0, 2.0, -1.0];
        let y = [2.0, 1.0, 0.5, 0.5, 7.0];
        let whole = moments(&[&x, &y]);
        let mut left = moments(&[&x[..2], &y[..2]]);
        left.merge(&moments(&[&x[2..], &y[2..]]));
        let mut weighted = FamilyMoments::new(2);
        for (row, weight) in [([1.0, 2.0], 1.0), ([5.0, 1.0], 1.0), ([2.0, 0.5], 2.0), ([-1.0, 7.0], 1.0)] {
            weighted.push_weighted(&row, weight);
        }
        for other in [left, weighted] {
            assert!((&other.products - &whole.products).abs().max() < 1e-12);
            assert!((other.mean[1] - whole.mean[1]).abs() < 1e-12);
            assert!((other.count - whole.count).abs() < 1e-12);
        }
    }
}
