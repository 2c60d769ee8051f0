//! [`Operator`]: one valid step between equivalence classes, and the cliques of neighbours that tell its variants apart.

use std::cmp::Ordering;

use super::class::ClassGraph;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Insert,
    Delete,
    Reverse,
}

/// `Insert(x, y, C)`, `Delete(x, y, C)` or `Reverse(x, y, C)`: before it, a member of the class has exactly the parents of
/// `y` and `C` as parents of `y` (beside `x` for a deletion). In Chickering's letters `C` is `NA(y, x)` and `T` together, or
/// `NA(y, x)` without `H`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operator {
    pub(super) kind: Kind,
    pub(super) gain: f64,
    pub(super) x: usize,
    pub(super) y: usize,
    /// The state of `y`'s surroundings for which it was found.
    pub(super) stamp: u32,
    /// Where its clique stands in the search's store.
    pub(super) clique: (usize, usize),
    /// Whether others into `y` wait behind it.
    pub(super) first: bool,
}

impl PartialEq for Operator {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Operator {}

impl PartialOrd for Operator {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Operator {
    /// By gain; of equal gains the smaller numbers first.
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |op: &Self| (op.x, op.y, op.clique);
        self.gain.total_cmp(&other.gain).then_with(|| key(other).cmp(&key(self)))
    }
}

/// The cliques among some nodes, the empty one included, in one buffer.
#[derive(Debug, Default)]
pub(super) struct Cliques {
    members: Vec<usize>,
    spans: Vec<(usize, usize)>,
}

/// A node of a large undirected clique would have `2^k` of them.
const MOST: usize = 4_096;

impl Cliques {
    /// Finds them; false when there were too many and some larger ones are missing.
    pub(super) fn find(&mut self, graph: &ClassGraph, nodes: &[usize]) -> bool {
        self.members.clear();
        self.spans.clear();
        self.spans.push((0, 0));
        for &node in nodes {
            for at in 0..self.spans.len() {
                let (start, end) = self.spans[at];
                if self.members[start..end].iter().all(|&other| graph.adjacent(node, other)) {
                    if self.spans.len() == MOST {
                        return false;
                    }
                    let first = self.members.len();
                    self.members.extend_from_within(start..end);
                    self.members.push(node);
                    self.spans.push((first, self.members.len()));
                }
            }
        }
        true
    }

    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }

    pub(super) fn get(&self, at: usize) -> &[usize] {
        let (start, end) = self.spans[at];
        &self.members[start..end]
    }
}

/// Writes the union of two sorted disjoint lists into `out`.
pub(super) fn merge(a: &[usize], b: &[usize], out: &mut Vec<usize>) {
    out.clear();
    let mut rest = b.iter().copied().peekable();
    for &x in a {
        while let Some(y) = rest.next_if(|&y| y < x) {
            out.push(y);
        }
        out.push(x);
    }
    out.extend(rest);
}
