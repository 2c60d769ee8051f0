//! How far an estimated graph is from the true one, pair by pair.
//!
//! Each pair of nodes counts once in the structural Hamming distance (Tsamardinos, Brown and Aliferis 2006), whether an edge
//! is missing, extra, turned or without direction. Between classes compare CPDAGs ([`crate::cpdag`]); between DAGs, or with
//! a method that claims directions, compare the DAGs themselves ([`Pdag::from_dag`]). A conflict `<->` counts as undirected: it
//! tells no direction. `O(p^2 / 64 + edges)`.

use crate::{GraphError, NodeSet, Nodes, Pag, Pdag};

/// Counts of an estimate's edges against the truth, and their distance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comparison {
    /// Whether two nodes are joined, directions aside.
    pub skeleton: Counts,
    /// Directed edges: the same arrow, or not.
    pub arrows: Counts,
    /// Structural Hamming distance.
    pub shd: usize,
}

/// Found and true, found and false, true and not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// In the estimate and in the truth.
    pub true_positives: usize,
    /// In the estimate only.
    pub false_positives: usize,
    /// In the truth only.
    pub false_negatives: usize,
}

impl Counts {
    /// Share of what was found that is true; 1 when nothing was found.
    #[must_use]
    pub fn precision(&self) -> f64 {
        share(self.true_positives, self.true_positives + self.false_positives, 1.0)
    }

    /// Share of the truth that was found; 1 when there was nothing to find.
    #[must_use]
    pub fn recall(&self) -> f64 {
        share(self.true_positives, self.true_positives + self.false_negatives, 1.0)
    }

    /// Harmonic mean of precision and recall; 0 when both are.
    #[must_use]
    pub fn f1(&self) -> f64 {
        let (p, r) = (self.precision(), self.recall());
        if p + r > 0.0 { 2.0 * p * r / (p + r) } else { 0.0 }
    }

    fn add(&mut self, truth: &NodeSet, estimate: &NodeSet) {
        let both = truth.intersection(estimate).len();
        self.true_positives += both;
        self.false_positives += estimate.len() - both;
        self.false_negatives += truth.len() - both;
    }

    fn halved(self) -> Self {
        Self {
            true_positives: self.true_positives / 2,
            false_positives: self.false_positives / 2,
            false_negatives: self.false_negatives / 2,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of edges are far below 2^53")]
fn share(part: usize, whole: usize, otherwise: f64) -> f64 {
    if whole == 0 { otherwise } else { part as f64 / whole as f64 }
}

/// Compares an estimate with the truth.
///
/// # Errors
/// [`GraphError::DifferentNodes`] when they are not over the same nodes in the same order.
pub fn compare(truth: &Pdag, estimate: &Pdag) -> Result<Comparison, GraphError> {
    same_nodes(truth.nodes(), estimate.nodes())?;
    let (mut skeleton, mut arrows) = (Counts::default(), Counts::default());
    for v in 0..truth.len() {
        skeleton.add(&truth.adjacents(v), &estimate.adjacents(v));
        arrows.add(truth.children(v), estimate.children(v));
    }
    Ok(Comparison { skeleton: skeleton.halved(), arrows, shd: shd(truth, estimate)? })
}

/// Structural Hamming distance: the number of pairs whose edge differs.
///
/// # Errors
/// As [`compare`].
pub fn shd(a: &Pdag, b: &Pdag) -> Result<usize, GraphError> {
    same_nodes(a.nodes(), b.nodes())?;
    let without_direction = |graph: &Pdag, v| graph.neighbours(v).union(graph.spouses(v));
    let mut differing = 0;
    for v in 0..a.len() {
        let kinds = [
            (a.parents(v).clone(), b.parents(v).clone()),
            (a.children(v).clone(), b.children(v).clone()),
            (without_direction(a, v), without_direction(b, v)),
        ];
        let mut differs = NodeSet::new(a.len());
        for (in_a, in_b) in kinds {
            differs.union_with(&in_a.difference(&in_b));
            differs.union_with(&in_b.difference(&in_a));
        }
        differing += differs.len();
    }
    Ok(differing / 2)
}

/// As [`shd`] for ancestral graphs: the number of pairs joined by different edges, marks included.
///
/// # Errors
/// As [`compare`].
pub fn pag_shd(a: &Pag, b: &Pag) -> Result<usize, GraphError> {
    same_nodes(a.nodes(), b.nodes())?;
    let pairs = (0..a.len()).flat_map(|x| (x + 1..a.len()).map(move |y| (x, y)));
    Ok(pairs.filter(|&(x, y)| a.edge(x, y) != b.edge(x, y)).count())
}

pub(crate) fn same_nodes(a: &Nodes, b: &Nodes) -> Result<(), GraphError> {
    if a == b {
        return Ok(());
    }
    let at = a.names().iter().zip(b.names()).position(|(x, y)| x != y).unwrap_or(a.len().min(b.len()));
    let name = |nodes: &Nodes| nodes.names().get(at).cloned().unwrap_or_else(|| "nothing".to_owned());
    Err(GraphError::DifferentNodes { at: at + 1, a: name(a), b: name(b) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::any_dag;
    use crate::{Dag, EdgeMarks, cpdag};
    use proptest::prelude::*;

    fn dag(edges: &[(usize, usize)]) -> Dag {
        Dag::from_edges(Nodes::numbered(3), edges.iter().copied()).unwrap()
    }

    #[test]
    fn three_nodes() {
        let (chain, back, collider) =
            (dag(&[(0, 1), (1, 2)]), dag(&[(2, 1), (1, 0)]), dag(&[(0, 1), (2, 1)]));
        assert_eq!(shd(&cpdag(&chain), &cpdag(&back)), Ok(0));
        assert_eq!(shd(&Pdag::from_dag(&chain), &Pdag::from_dag(&back)), Ok(2));
        assert_eq!(shd(&cpdag(&chain), &cpdag(&collider)), Ok(2));
        let got = compare(&cpdag(&collider), &cpdag(&chain)).unwrap();
        let rates = (got.skeleton.f1(), got.arrows.precision(), got.arrows.recall(), got.arrows.f1());
        assert_eq!(rates, (1.0, 1.0, 0.0, 0.0));
        let mut conflict = cpdag(&chain);
        conflict.set_bidirected(0, 1);
        assert_eq!(shd(&conflict, &cpdag(&chain)), Ok(0));
        let empty = compare(&cpdag(&dag(&[])), &cpdag(&dag(&[]))).unwrap();
        assert_eq!((empty.skeleton.f1(), empty.shd), (1.0, 0));
    }

    #[test]
    fn different_nodes_are_refused() {
        let (two, three) = (Pdag::empty(Nodes::numbered(2)), Pdag::empty(Nodes::numbered(3)));
        let message = shd(&two, &three).unwrap_err().to_string();
        assert_eq!(
            message,
            "the graphs have different nodes: number 3 is `nothing` in one and `X3` in the other; bring both into one order"
        );
    }

    #[test]
    fn ancestral_graphs() {
        let mut a = Pag::empty(Nodes::numbered(3));
        a.set(0, 1, EdgeMarks::DIRECTED);
        let mut b = a.clone();
        b.set_mark(1, 0, crate::Mark::Circle);
        b.set(1, 2, EdgeMarks::UNDECIDED);
        assert_eq!((pag_shd(&a, &a), pag_shd(&a, &b)), (Ok(0), Ok(2)));
    }

    proptest! {
        #[test]
        fn a_distance(a in any_dag(4), b in any_dag(4), c in any_dag(4)) {
            let (a, b, c) = (cpdag(&a), cpdag(&b), cpdag(&c));
            prop_assert_eq!(shd(&a, &a), Ok(0));
            if let (Ok(ab), Ok(bc), Ok(ac)) = (shd(&a, &b), shd(&b, &c), shd(&a, &c)) {
                prop_assert_eq!(shd(&b, &a), Ok(ab));
                prop_assert!(ac <= ab + bc && (ab == 0) == (a == b));
                let pairs = (0..a.len()).flat_map(|x| (0..x).map(move |y| (x, y)));
                prop_assert_eq!(ab, pairs.filter(|&(x, y)| a.edge(x, y) != b.edge(x, y)).count());
            }
        }
    }
}
