//! Ranks with ties averaged, shared by the rank correlation and the rank tests.

/// The rank of each value from 1, tied values sharing the average of their ranks; in the order of the values.
/// O(n log n). NaN ranks by the IEEE total order, each one alone; callers drop missing values first.
///
/// ```
/// assert_eq!(etiology_stats::rank(&[20.0, 10.0, 20.0]), [2.5, 1.0, 2.5]);
/// ```
#[must_use]
pub fn rank(values: &[f64]) -> Vec<f64> {
    rank_with_ties(values).0
}

/// [`rank`], and the size of every group of equal values, in ascending order of value.
pub(crate) fn rank_with_ties(values: &[f64]) -> (Vec<f64>, Vec<usize>) {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut groups = Vec::new();
    let mut below = 0;
    for group in
        order.chunk_by(|&a, &b| values[a].partial_cmp(&values[b]).is_some_and(std::cmp::Ordering::is_eq))
    {
        let shared = below as f64 + (group.len() as f64 + 1.0) / 2.0;
        for &position in group {
            ranks[position] = shared;
        }
        below += group.len();
        groups.push(group.len());
    }
    (ranks, groups)
}
