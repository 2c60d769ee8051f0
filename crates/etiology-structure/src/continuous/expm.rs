//! The exponential of a matrix without negative entries.
//!
//! Scaling and squaring around Taylor's polynomial of degree 9, evaluated by Paterson and Stockmeyer's scheme in four products
//! (Higham, "Functions of Matrices", 2008, sections 4.2 and 10.3). No term is negative, so nothing cancels, and every entry
//! has a small relative error: the reason to prefer it here to a Pade approximant, which needs a linear solve as well.

use nalgebra::DMatrix;

/// `exp(A)` for a square `A >= 0`; infinite or NaN entries where it overflows. `O(p^3 log(norm))`.
pub(super) fn exp_nonnegative(matrix: &DMatrix<f64>) -> DMatrix<f64> {
    let p = matrix.nrows();
    let norm = matrix.column_iter().map(|column| column.sum()).fold(0.0, f64::max);
    let mut halvings = 0;
    while norm > LARGEST * f64::from(halvings).exp2() && halvings < 1100 {
        halvings += 1;
    }
    let a = matrix * (-f64::from(halvings)).exp2();
    let a2 = &a * &a;
    let a3 = &a2 * &a;
    let part = |c0: f64, c1: f64, c2: f64| {
        let mut sum = &a * c1 + &a2 * c2;
        (0..p).for_each(|i| sum[(i, i)] += c0);
        sum
    };
    let high = part(1.0 / 720.0, 1.0 / 5040.0, 1.0 / 40_320.0) + &a3 * (1.0 / 362_880.0);
    let middle = part(1.0 / 6.0, 1.0 / 24.0, 1.0 / 120.0) + &a3 * high;
    let mut result = part(1.0, 1.0, 0.5) + &a3 * middle;
    for _ in 0..halvings {
        result = &result * &result;
    }
    result
}

/// Norm up to which the polynomial's error is below rounding: `x^10 / 10!` at one fifth is 3e-14.
const LARGEST: f64 = 0.2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_known_exponentials() {
        // exp of [[0, x], [0, 0]] and of x [[0, 1], [1, 0]].
        for x in [0.0, 0.1, 1.0, 7.5, 30.0] {
            let nilpotent = exp_nonnegative(&DMatrix::from_row_slice(2, 2, &[0.0, x, 0.0, 0.0]));
            assert!((nilpotent - DMatrix::from_row_slice(2, 2, &[1.0, x, 0.0, 1.0])).abs().max() < 1e-12);
            let swap = exp_nonnegative(&DMatrix::from_row_slice(2, 2, &[0.0, x, x, 0.0]));
            assert!((swap[(0, 0)] / x.cosh() - 1.0).abs() < 1e-12);
            assert!((swap[(0, 1)] - x.sinh()).abs() < 1e-12 * x.cosh());
        }
        let full = DMatrix::from_fn(7, 7, |i, j| ((i * 5 + j * 3) % 4) as f64 / 3.0);
        let error = (exp_nonnegative(&full) - full.exp()).abs().max() / full.exp().max();
        assert!(error < 1e-12, "{error}");
        assert!(!exp_nonnegative(&DMatrix::from_element(2, 2, 1e300))[(0, 0)].is_finite());
    }
}
