//! The linear assignment problem: rows to columns, one each, at the smallest total cost.

use nalgebra::DMatrix;

/// The column of each row of a square matrix of finite costs. Shortest augmenting paths (Jonker & Volgenant 1987). `O(p^3)`.
pub(super) fn assign(costs: &DMatrix<f64>) -> Vec<usize> {
    let p = costs.nrows();
    // Column p stands for "not yet assigned" and starts every path.
    let mut row_of = vec![usize::MAX; p + 1];
    let (mut row_price, mut column_price) = (vec![0.0; p], vec![0.0; p + 1]);
    for row in 0..p {
        row_of[p] = row;
        let mut column = p;
        let mut distance = vec![f64::INFINITY; p];
        let mut previous = vec![p; p];
        let mut settled = vec![false; p + 1];
        while row_of[column] != usize::MAX {
            settled[column] = true;
            let from = row_of[column];
            let (mut nearest, mut least) = (p, f64::INFINITY);
            for to in (0..p).filter(|&to| !settled[to]) {
                let reduced = costs[(from, to)] - row_price[from] - column_price[to];
                if reduced < distance[to] {
                    distance[to] = reduced;
                    previous[to] = column;
                }
                if distance[to] < least || nearest == p {
                    (nearest, least) = (to, distance[to]);
                }
            }
            for to in 0..=p {
                if settled[to] {
                    row_price[row_of[to]] += least;
                    column_price[to] -= least;
                } else if to < p {
                    distance[to] -= least;
                }
            }
            column = nearest;
        }
        while column != p {
            let before = previous[column];
            row_of[column] = row_of[before];
            column = before;
        }
    }
    let mut column_of = vec![0; p];
    for (column, &row) in row_of.iter().take(p).enumerate() {
        if let Some(slot) = column_of.get_mut(row) {
            *slot = column;
        }
    }
    column_of
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cheapest(costs: &DMatrix<f64>, row: usize, used: &mut Vec<usize>) -> f64 {
        if row == costs.nrows() {
            return 0.0;
        }
        let mut best = f64::INFINITY;
        for column in 0..costs.nrows() {
            if !used.contains(&column) {
                used.push(column);
                best = best.min(costs[(row, column)] + cheapest(costs, row + 1, used));
                used.pop();
            }
        }
        best
    }

    #[test]
    fn equals_trying_all() {
        for p in 1..7 {
            for seed in 0..20_usize {
                let cost = |i: usize, j: usize| ((i * 31 + j * 17 + seed * 101) * 7919 % 211) as f64 - 30.0;
                let costs = DMatrix::from_fn(p, p, |i, j| cost(i * i + 1, j * seed + j));
                let chosen = assign(&costs);
                let mut columns = chosen.clone();
                columns.sort_unstable();
                assert!(columns.into_iter().eq(0..p));
                let total: f64 = chosen.iter().enumerate().map(|(i, &j)| costs[(i, j)]).sum();
                assert!((total - cheapest(&costs, 0, &mut Vec::new())).abs() < 1e-9);
            }
        }
        assert!(assign(&DMatrix::zeros(0, 0)).is_empty());
    }
}
