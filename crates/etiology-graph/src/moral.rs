//! Moral graphs and Markov blankets.

use crate::{Dag, NodeSet};

/// The neighbours of every node in the moral graph: parents, children, and other parents of common children.
/// `O(edges * d * p / 64)`.
#[must_use]
pub fn moral_graph(dag: &Dag) -> Vec<NodeSet> {
    (0..dag.len()).map(|v| markov_blanket(dag, v)).collect()
}

/// The parents, children and children's other parents of a node: given these it is independent of all else.
///
/// # Panics
/// When `node` is none of the graph's.
#[must_use]
pub fn markov_blanket(dag: &Dag, node: usize) -> NodeSet {
    let mut blanket = dag.parents(node).union(dag.children(node));
    for child in dag.children(node) {
        blanket.union_with(dag.parents(child));
    }
    blanket.remove(node);
    blanket
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::any_dag;
    use crate::{Nodes, d_separated_sets};
    use proptest::prelude::*;

    #[test]
    fn a_collider_marries_its_parents() {
        let dag = Dag::from_edges(Nodes::numbered(4), [(0, 2), (1, 2), (2, 3)]).unwrap();
        let of = |nodes: &[usize]| NodeSet::from_nodes(4, nodes.iter().copied());
        assert_eq!(moral_graph(&dag), [of(&[1, 2]), of(&[0, 2]), of(&[0, 1, 3]), of(&[2])]);
    }

    proptest! {
        #[test]
        fn the_blanket_is_the_smallest_that_shields(dag in any_dag(8)) {
            for v in 0..dag.len() {
                let (node, blanket) = (NodeSet::from_nodes(dag.len(), [v]), markov_blanket(&dag, v));
                let rest = NodeSet::full(dag.len()).difference(&blanket).difference(&node);
                prop_assert!(d_separated_sets(&dag, &node, &rest, &blanket));
                for member in &blanket {
                    let (mut fewer, mut more) = (blanket.clone(), rest.clone());
                    fewer.remove(member);
                    more.insert(member);
                    prop_assert!(!d_separated_sets(&dag, &node, &more, &fewer));
                }
            }
        }
    }
}
