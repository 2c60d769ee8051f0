//! The likelihood ratio of shrunk cell probabilities.
//!
//! With N rows and K cells the maximum-likelihood probabilities p are mixed with the uniform ones, `q = l / K + (1 - l) p`,
//! by the share `l = (1 - sum p^2) / ((N - 1) sum (1 / K - p)^2)`, at most 1, that minimises the expected squared error
//! (Hausser and Strimmer 2009, equations 5 and 6). The statistic is `2 N` times the conditional mutual information of q. A
//! stratum without rows is uniform, so it adds nothing to the information and only to K.

use super::contingency_test::Sums;

/// Sums over a dense table of `spans` of which the first `levels` count; `all_cells` is K. `None` without rows.
pub(super) fn sums(
    counts: &[u32],
    spans: (usize, usize),
    levels: (usize, usize),
    all_cells: f64,
) -> Option<Sums> {
    let strata = || counts.chunks_exact((spans.0 * spans.1).max(1));
    let table = |stratum: &'_ [u32]| -> Vec<f64> {
        let rows = stratum.chunks_exact(spans.1.max(1)).take(levels.0);
        rows.flat_map(|row| row.iter().take(levels.1)).map(|&count| f64::from(count)).collect()
    };
    let (mut rows, mut squares) = (0.0, 0.0);
    for stratum in strata() {
        for count in table(stratum) {
            rows += count;
            squares += count * count;
        }
    }
    if rows < 1.0 || levels.0 == 0 || levels.1 == 0 {
        return None;
    }
    let sum_of_squares = squares / (rows * rows);
    let distance = sum_of_squares - 1.0 / all_cells;
    let share = ((1.0 - sum_of_squares) / ((rows - 1.0) * distance)).clamp(0.0, 1.0);
    let share = if share.is_nan() { 1.0 } else { share };
    let mut sums = Sums { rows, ..Sums::default() };
    for stratum in strata() {
        let counts = table(stratum);
        let x_occur = |i: usize| counts[i * levels.1..(i + 1) * levels.1].iter().any(|&count| count > 0.0);
        let y_occur = |j: usize| counts.iter().skip(j).step_by(levels.1).any(|&count| count > 0.0);
        let x_occurring = (0..levels.0).filter(|&i| x_occur(i)).count() as f64;
        let y_occurring = (0..levels.1).filter(|&j| y_occur(j)).count() as f64;
        if x_occurring == 0.0 {
            continue;
        }
        sums.observed_degrees += (x_occurring - 1.0) * (y_occurring - 1.0);
        sums.nonzero_cells += counts.iter().filter(|&&count| count > 0.0).count() as f64;
        let q: Vec<f64> =
            counts.iter().map(|count| share / all_cells + (1.0 - share) * count / rows).collect();
        let total: f64 = q.iter().sum();
        let x_sums: Vec<f64> = q.chunks_exact(levels.1).map(|row| row.iter().sum()).collect();
        let y_sums: Vec<f64> = (0..levels.1).map(|j| q.iter().skip(j).step_by(levels.1).sum()).collect();
        for (row, x_sum) in q.chunks_exact(levels.1).zip(&x_sums) {
            for (&cell, y_sum) in row.iter().zip(&y_sums) {
                if cell > 0.0 {
                    sums.statistic += 2.0 * rows * cell * (cell * total / (x_sum * y_sum)).ln();
                }
            }
        }
    }
    Some(sums)
}
