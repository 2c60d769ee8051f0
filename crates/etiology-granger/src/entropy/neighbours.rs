//! Neighbours of points in the maximum norm: the k nearest, and how many lie within a radius.
//!
//! A k-d tree split at the median of the widest dimension, with the bounding box of every node, so that a box wholly within
//! the radius is counted without being entered; in one dimension a sorted list. Building costs O(n log n), a query about
//! O(log n + k) while dimensions are few (to about ten, depending on n) and up to O(n) beyond.

/// Points in a leaf.
const LEAF: usize = 12;

/// Points ready for neighbour queries.
pub(super) struct Points {
    dimensions: usize,
    /// In the order of the tree's leaves, one point after another.
    values: Vec<f64>,
    /// The row of each.
    rows: Vec<usize>,
    /// In preorder; none in one dimension, where `values` is sorted.
    nodes: Vec<Node>,
    /// Lower and upper corner of every node.
    corners: Vec<f64>,
}

struct Node {
    from: usize,
    to: usize,
    /// The second child; the first follows its parent. 0 in a leaf.
    second: usize,
}

/// How far a count reaches.
#[derive(Clone, Copy)]
pub(super) enum Reach {
    /// Distances below this.
    Below(f64),
    /// Distances up to this.
    UpTo(f64),
}

impl Reach {
    fn holds(self, distance: f64) -> bool {
        match self {
            Self::Below(radius) => distance < radius,
            Self::UpTo(radius) => distance <= radius,
        }
    }
}

impl Points {
    /// Takes columns of one length, one a dimension.
    pub(super) fn new(columns: &[&[f64]]) -> Self {
        let (dimensions, count) = (columns.len(), columns.first().map_or(0, |column| column.len()));
        let mut rows: Vec<usize> = (0..count).collect();
        let (mut nodes, mut corners) = (Vec::new(), Vec::new());
        if dimensions == 1 {
            rows.sort_by(|&a, &b| columns[0][a].total_cmp(&columns[0][b]));
        } else if count > 0 && dimensions > 0 {
            split(columns, &mut rows, 0, &mut nodes, &mut corners);
        }
        let values = rows.iter().flat_map(|&row| columns.iter().map(move |column| column[row])).collect();
        Self { dimensions, values, rows, nodes, corners }
    }

    /// The `k` rows nearest to a point with their distances, nearest first and the lower row first among equals, leaving out
    /// the row `without`. Writes them over `found`.
    pub(super) fn nearest(&self, point: &[f64], k: usize, without: usize, found: &mut Vec<(f64, usize)>) {
        found.clear();
        if k == 0 {
            return;
        }
        if self.nodes.is_empty() {
            self.nearest_sorted(point, k, without, found);
        } else {
            self.descend(0, point, k, without, found);
        }
    }

    fn descend(&self, node: usize, point: &[f64], k: usize, without: usize, found: &mut Vec<(f64, usize)>) {
        let Node { from, to, second } = self.nodes[node];
        if second == 0 {
            for at in from..to {
                if self.rows[at] != without {
                    insert(found, k, (self.distance(at, point), self.rows[at]));
                }
            }
            return;
        }
        let (near, far) = (self.least(node + 1, point), self.least(second, point));
        let order =
            if near <= far { [(node + 1, near), (second, far)] } else { [(second, far), (node + 1, near)] };
        for (child, least) in order {
            if found.len() < k || found.last().is_some_and(|worst| least <= worst.0) {
                self.descend(child, point, k, without, found);
            }
        }
    }

    /// Outwards from the point's place in the sorted list.
    fn nearest_sorted(&self, point: &[f64], k: usize, without: usize, found: &mut Vec<(f64, usize)>) {
        let Some(&centre) = point.first() else { return };
        let mut right = self.values.partition_point(|&value| value < centre);
        let mut left = right;
        loop {
            let below = left.checked_sub(1).map(|at| ((centre - self.values[at]).abs(), at));
            let above = self.values.get(right).map(|&value| ((value - centre).abs(), right));
            let (distance, at) = match (below, above) {
                (Some(below), Some(above)) if below.0 <= above.0 => below,
                (_, Some(above)) => above,
                (Some(below), None) => below,
                (None, None) => return,
            };
            if found.len() == k && found.last().is_some_and(|worst| distance > worst.0) {
                return;
            }
            if at < left {
                left -= 1;
            } else {
                right += 1;
            }
            if self.rows[at] != without {
                insert(found, k, (distance, self.rows[at]));
            }
        }
    }

    /// How many points lie within reach of one, itself included if it is one of them.
    pub(super) fn within(&self, point: &[f64], reach: Reach) -> usize {
        if self.nodes.is_empty() {
            let Some(&centre) = point.first() else { return self.rows.len() };
            let place = self.values.partition_point(|&value| value < centre);
            // Differences are monotone in either direction, rounding included.
            let left = self.values[..place].partition_point(|&value| !reach.holds(centre - value));
            let right = self.values[place..].partition_point(|&value| reach.holds(value - centre));
            return place - left + right;
        }
        self.count(0, point, reach)
    }

    fn count(&self, node: usize, point: &[f64], reach: Reach) -> usize {
        if !reach.holds(self.least(node, point)) {
            return 0;
        }
        let Node { from, to, second } = self.nodes[node];
        if reach.holds(self.most(node, point)) {
            return to - from;
        }
        if second == 0 {
            return (from..to).filter(|&at| reach.holds(self.distance(at, point))).count();
        }
        self.count(node + 1, point, reach) + self.count(second, point, reach)
    }

    fn distance(&self, at: usize, point: &[f64]) -> f64 {
        let values = &self.values[at * self.dimensions..(at + 1) * self.dimensions];
        values.iter().zip(point).fold(0.0, |most, (a, b)| (a - b).abs().max(most))
    }

    /// Distance to the nearest point of a node's box.
    fn least(&self, node: usize, point: &[f64]) -> f64 {
        let (low, high) = self.corners(node);
        point.iter().zip(low).zip(high).fold(0.0, |most, ((x, low), high)| (low - x).max(x - high).max(most))
    }

    /// Distance to its farthest point.
    fn most(&self, node: usize, point: &[f64]) -> f64 {
        let (low, high) = self.corners(node);
        point.iter().zip(low).zip(high).fold(0.0, |most, ((x, low), high)| (x - low).max(high - x).max(most))
    }

    fn corners(&self, node: usize) -> (&[f64], &[f64]) {
        self.corners[2 * node * self.dimensions..2 * (node + 1) * self.dimensions].split_at(self.dimensions)
    }
}

/// Appends the node of these rows, which start at `from` in the order of leaves, and its children.
fn split(columns: &[&[f64]], rows: &mut [usize], from: usize, nodes: &mut Vec<Node>, corners: &mut Vec<f64>) {
    let node = nodes.len();
    nodes.push(Node { from, to: from + rows.len(), second: 0 });
    let start = corners.len();
    for extreme in [f64::min, f64::max] {
        corners.extend(
            columns.iter().map(|column| rows.iter().map(|&row| column[row]).reduce(extreme).unwrap_or(0.0)),
        );
    }
    if rows.len() <= LEAF {
        return;
    }
    let width = |dimension: &usize| corners[start + columns.len() + dimension] - corners[start + dimension];
    let Some(widest) = (0..columns.len()).max_by(|a, b| width(a).total_cmp(&width(b))) else { return };
    let column = columns[widest];
    let middle = rows.len() / 2;
    rows.select_nth_unstable_by(middle, |&a, &b| column[a].total_cmp(&column[b]).then(a.cmp(&b)));
    let (left, right) = rows.split_at_mut(middle);
    split(columns, left, from, nodes, corners);
    nodes[node].second = nodes.len();
    split(columns, right, from + middle, nodes, corners);
}

/// Puts a neighbour in its place among the best `k`.
fn insert(found: &mut Vec<(f64, usize)>, k: usize, new: (f64, usize)) {
    let before = |old: &(f64, usize)| old.0.total_cmp(&new.0).then(old.1.cmp(&new.1)).is_lt();
    if found.len() == k {
        if found.last().is_some_and(before) {
            return;
        }
        found.pop();
    }
    found.insert(found.partition_point(before), new);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn queries_equal_a_look_at_every_point(
            dimensions in 1usize..5, count in 1usize..120, k in 1usize..8, seed in 0u64..500, coarse in any::<bool>(),
        ) {
            let mut columns = crate::entropy::testing::normals(dimensions, count, seed);
            if coarse {
                columns.iter_mut().flatten().for_each(|value| *value = (2.0 * *value).round() / 2.0);
            }
            let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
            let points = Points::new(&columns);
            let distance = |a: usize, b: usize| {
                columns.iter().map(|c| (c[a] - c[b]).abs()).fold(0.0, f64::max)
            };
            let mut found = Vec::new();
            for row in 0..count {
                let point: Vec<f64> = columns.iter().map(|column| column[row]).collect();
                let mut all: Vec<(f64, usize)> =
                    (0..count).filter(|&other| other != row).map(|other| (distance(row, other), other)).collect();
                all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                all.truncate(k);
                points.nearest(&point, k, row, &mut found);
                prop_assert_eq!(&found, &all);
                let radius = all.last().map_or(0.5, |last| last.0);
                for reach in [Reach::Below(radius), Reach::UpTo(radius)] {
                    let by_hand = (0..count).filter(|&other| reach.holds(distance(row, other))).count();
                    prop_assert_eq!(points.within(&point, reach), by_hand);
                }
            }
        }
    }
}
