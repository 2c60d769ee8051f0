//! Mutual information of jointly Gaussian columns, from their moments.
//!
//! `I(x; y | z) = 1/2 ln (det S(x|z) / det S(x|y,z))`, where S(a|b) is the covariance of a left by a regression on b. The
//! determinants are products of the pivots of one Cholesky elimination of the correlation matrix in the order z, y, x, and of
//! one in the order z, x. O(m^3) for m columns, whatever the number of rows.

use etiology_stats::{DETERMINED, Moments};
use nalgebra::DMatrix;

use crate::Untestable;

/// Mutual information of the columns `x` and `y` given `given`, in nats, if all are jointly Gaussian.
///
/// A column of `given`, `x` or `y` that the columns before it determine carries no information of its own and is passed over.
/// It is symmetric in `x` and `y`, at least 0, and unchanged by any linear change of the columns within each of the three.
/// Twice the number of rows times it is the log-likelihood ratio of the regressions with and without `x`.
///
/// # Errors
/// [`Untestable::Constant`] for a column that is constant or not finite (by number, as moments have no names),
/// [`Untestable::TooFewRows`] when the rows do not exceed the columns, [`Untestable::Determined`] when `x` and `y` determine
/// one another, which is infinite information, and [`Untestable::Other`] for a number that is no column.
///
/// ```
/// use etiology_granger::gaussian_information;
/// use etiology_stats::Moments;
///
/// let moments = Moments::from_columns(&[[1.0, 2.0, 4.0, 3.0, 5.0], [1.0, 3.0, 2.0, 5.0, 4.0]])?;
/// let r: f64 = 0.5;
/// let information = gaussian_information(&moments, &[0], &[1], &[]).unwrap();
/// assert!((information - -0.5 * (1.0 - r * r).ln()).abs() < 1e-12);
/// # Ok::<(), etiology_stats::StatsError>(())
/// ```
pub fn gaussian_information(
    moments: &Moments,
    x: &[usize],
    y: &[usize],
    given: &[usize],
) -> Result<f64, Untestable> {
    let used: Vec<usize> = given.iter().chain(y).chain(x).copied().collect();
    if let Some(stranger) = used.iter().find(|&&column| column >= moments.width()) {
        let why = format!("column {stranger} of {} does not exist", moments.width());
        return Err(Untestable::Other { why });
    }
    let degenerate = moments.degenerate();
    if let Some(constant) = used.iter().find(|column| degenerate.contains(column)) {
        return Err(Untestable::Constant { name: format!("column {constant}") });
    }
    let needed = used.len() as u64 + 2;
    if moments.rows() < needed {
        return Err(Untestable::TooFewRows { rows: moments.rows(), needed });
    }
    let correlation = moments.select(&used).correlation();
    let (z, y_end) = (given.len(), given.len() + y.len());
    let places = |from: usize, to: usize| (from..to).collect::<Vec<usize>>();
    let alone = pivots(&correlation, &places(0, z), &places(y_end, used.len()));
    let informed = pivots(&correlation, &places(0, y_end), &places(y_end, used.len()));
    let mut information = 0.0;
    for ((before, after), column) in alone.iter().zip(&informed).zip(x) {
        if *before <= DETERMINED {
            continue;
        }
        if *after <= DETERMINED * before {
            return Err(Untestable::Determined { name: format!("column {column}") });
        }
        information += 0.5 * (before / after).ln();
    }
    Ok(information.max(0.0))
}

/// The share of variance of each target left by the columns before it: the `first` and the targets before. Columns that are
/// determined are passed over.
fn pivots(correlation: &DMatrix<f64>, first: &[usize], targets: &[usize]) -> Vec<f64> {
    let order: Vec<usize> = first.iter().chain(targets).copied().collect();
    let mut left = DMatrix::from_fn(order.len(), order.len(), |i, j| correlation[(order[i], order[j])]);
    for step in 0..order.len() {
        let pivot = left[(step, step)];
        if pivot <= DETERMINED {
            continue;
        }
        for j in step + 1..order.len() {
            let factor = left[(j, step)] / pivot;
            for i in j..order.len() {
                let product = left[(i, step)] * factor;
                left[(i, j)] -= product;
            }
        }
    }
    (first.len()..order.len()).map(|at| left[(at, at)].max(0.0)).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::entropy::testing::normals;

    #[test]
    fn a_linear_change_within_a_group_changes_nothing() {
        let base = normals(5, 400, 3);
        let mix =
            |a: &[f64], b: &[f64], s: f64| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a + s * b).collect() };
        let x = mix(&base[0], &base[4], 0.8);
        let y = mix(&base[1], &base[4], -0.5);
        let plain = [x.clone(), y.clone(), base[2].clone(), base[3].clone()];
        let mixed = [mix(&x, &x, 6.0), y, mix(&base[2], &base[3], 2.0), mix(&base[3], &base[2], 0.1)];
        let of = |columns: &[Vec<f64>], x: &[usize], y: &[usize]| {
            gaussian_information(&Moments::from_columns(columns).unwrap(), x, y, &[2, 3]).unwrap()
        };
        assert!((of(&plain, &[0], &[1]) - of(&mixed, &[0], &[1])).abs() < 1e-10);
        assert!((of(&plain, &[0], &[1]) - of(&plain, &[1], &[0])).abs() < 1e-12);
        assert!(of(&plain, &[0], &[1]) > 0.05);
    }

    #[test]
    fn degenerate_columns_are_named_or_passed_over() {
        let base = normals(3, 50, 4);
        let double: Vec<f64> = base[0].iter().map(|v| 2.0 * v).collect();
        let columns = [base[0].clone(), base[1].clone(), double, vec![1.0; 50], base[2].clone()];
        let moments = Moments::from_columns(&columns).unwrap();
        let of = |x: &[usize], y: &[usize], z: &[usize]| gaussian_information(&moments, x, y, z);
        assert!(matches!(of(&[0], &[2], &[]), Err(Untestable::Determined { .. })));
        assert!(matches!(of(&[0], &[3], &[]), Err(Untestable::Constant { .. })));
        assert!(matches!(of(&[0], &[9], &[]), Err(Untestable::Other { .. })));
        assert_eq!(of(&[0], &[1], &[2]), Ok(0.0));
        let once = of(&[4], &[1], &[0]).unwrap();
        assert!((of(&[4], &[1], &[0, 2]).unwrap() - once).abs() < 1e-9);
        let few = Moments::from_columns(&[[1.0, 2.0], [2.0, 1.0]]).unwrap();
        assert!(matches!(gaussian_information(&few, &[0], &[1], &[]), Err(Untestable::TooFewRows { .. })));
    }
}
