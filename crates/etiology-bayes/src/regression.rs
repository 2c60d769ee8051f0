//! Least squares from sufficient statistics: the one regression behind linear-Gaussian and conditional-Gaussian families.
//!
//! The normal equations are solved by a Cholesky factorisation of the co-moments that takes the parents in order and leaves
//! out each one that is constant or a linear function of those before it. That is what R's `lm` does, whose coefficient for
//! such a column is `NA`; here it is zero and the column is named in [`Regression::left_out`].

use etiology_stats::Moments;
use nalgebra::DMatrix;

use crate::BayesError;

/// A parent whose variance given the parents before it is below this share of its own variance is left out. The share is
/// the reciprocal of a variance inflation factor; cross products in double precision cannot tell much smaller ones from zero.
const COLLINEAR: f64 = 1e-10;

/// A residual sum of squares below this share of the response's is rounding, and taken as zero.
const EXACT: f64 = 1e-13;

/// The moments of the rows in which no column has a missing (not finite) value, and the number of other rows.
pub(crate) fn complete_moments(columns: &[&[f64]]) -> Result<(Moments, usize), BayesError> {
    let rows = columns.first().map_or(0, |column| column.len());
    let complete: Vec<usize> =
        (0..rows).filter(|&row| columns.iter().all(|column| column[row].is_finite())).collect();
    if complete.len() == rows {
        return Ok((Moments::from_columns(columns)?, 0));
    }
    let kept: Vec<Vec<f64>> =
        columns.iter().map(|column| complete.iter().map(|&row| column[row]).collect()).collect();
    Ok((Moments::from_columns(&kept)?, rows - complete.len()))
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
}

/// Regresses the last variable of the moments on all the others. `O(k^3)`.
pub(crate) fn regress(moments: &Moments) -> Regression {
    let k = moments.width().saturating_sub(1);
    let s = moments.comoments();
    let degenerate = moments.degenerate();
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
            let exact = degenerate.contains(&k) || rest <= EXACT * s[(k, k)];
            factor[(row, row)] = if exact { 0.0 } else { rest.sqrt() };
        } else if !degenerate.contains(&j) && rest > COLLINEAR * s[(j, j)] {
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
    let shift: f64 = coefficients.iter().zip(moments.means()).map(|(b, m)| b * m).sum();
    let intercept = moments.means().last().copied().unwrap_or(0.0) - shift;
    Regression { intercept, coefficients, rss: factor[(rank, rank)].powi(2), rank, left_out }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(columns: &[&[f64]]) -> Moments {
        complete_moments(columns).unwrap().0
    }

    #[test]
    fn a_line_is_found_exactly() {
        let x = [1.0, 2.0, 4.0, 8.0];
        let y: Vec<f64> = x.iter().map(|x| 3.0 - 2.0 * x).collect();
        let fit = regress(&moments(&[&x, &y]));
        assert!((fit.intercept - 3.0).abs() < 1e-12 && (fit.coefficients[0] + 2.0).abs() < 1e-12);
        assert!(fit.rss < 1e-300 && fit.rank == 1);
    }

    #[test]
    fn constant_and_duplicated_predictors_are_left_out() {
        let x = [1.0, 2.0, 4.0, 8.0, 9.0];
        let (flat, double) = ([0.1; 5], x.map(|x| 2.0 * x + 1.0));
        let y = [1.0, 0.0, 3.0, 2.0, 5.0];
        let fit = regress(&moments(&[&flat, &x, &double, &y]));
        assert_eq!(fit.left_out, [0, 2]);
        let alone = regress(&moments(&[&x, &y]));
        assert!((fit.coefficients[1] - alone.coefficients[0]).abs() < 1e-12);
        assert!((fit.rss - alone.rss).abs() < 1e-12);
    }
}
