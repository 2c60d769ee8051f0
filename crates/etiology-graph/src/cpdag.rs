//! Markov equivalence: v-structures, patterns, and the CPDAG that stands for the class of a DAG.
//!
//! Two DAGs say the same about (conditional) independence if and only if they have the same skeleton and the same
//! v-structures (Verma and Pearl 1990). The CPDAG keeps the arrows all members share and leaves the others undirected.

use crate::{Dag, NodeSet, Pdag, consistent_extension, orient_by_meek};

/// The CPDAG of a DAG by Chickering's edge labelling (1995, "A transformational characterization of equivalent Bayesian
/// network structures", section 4). `O(p log p + edges * p / 64)`.
#[must_use]
pub fn cpdag(dag: &Dag) -> Pdag {
    let parents = compelled_parents(dag);
    let mut neighbours = vec![NodeSet::new(dag.len()); dag.len()];
    for to in 0..dag.len() {
        for from in dag.parents(to).iter().filter(|&from| !parents[to].contains(from)) {
            neighbours[from].insert(to);
            neighbours[to].insert(from);
        }
    }
    Pdag::from_parts(dag.nodes().clone(), parents, neighbours)
}

/// For every node the parents whose arrow all members of the class share. In topological order, the latest parent of a node
/// decides about every arrow into it.
fn compelled_parents(dag: &Dag) -> Vec<NodeSet> {
    let order = dag.topological_order();
    let mut position = vec![0; dag.len()];
    for (at, &node) in order.iter().enumerate() {
        position[node] = at;
    }
    let mut compelled = vec![NodeSet::new(dag.len()); dag.len()];
    for &y in &order {
        let parents = dag.parents(y);
        let Some(x) = parents.iter().max_by_key(|&x| position[x]) else { continue };
        // Something compelled into x alone makes x --> y an R1 arrow; a parent of y apart from x makes a v-structure.
        let all = !compelled[x].is_subset(parents) || !parents.is_subset_but(dag.parents(x), x);
        compelled[y] = if all { parents.clone() } else { compelled[x].clone() };
    }
    compelled
}

/// The v-structures `(a, b, c)`: `a --> b <-- c` with `a < c` apart; ordered by `b`, then `a`, then `c`.
/// `O(edges * (p / 64 + d))`.
#[must_use]
pub fn v_structures(dag: &Dag) -> Vec<(usize, usize, usize)> {
    v_structures_of(&Pdag::from_dag(dag))
}

/// The v-structures among the arrows of a partially directed graph, as [`v_structures`]. Undirected and conflicting edges
/// are no arrows but join nodes.
#[must_use]
pub fn v_structures_of(graph: &Pdag) -> Vec<(usize, usize, usize)> {
    let mut found = Vec::new();
    for b in 0..graph.len() {
        for a in graph.parents(b) {
            let apart = graph.parents(b).iter().filter(|&c| c > a && !graph.adjacent(a, c));
            found.extend(apart.map(|c| (a, b, c)));
        }
    }
    found
}

/// The pattern of a DAG: arrows where they are part of a v-structure, the other edges undirected.
#[must_use]
pub fn pattern(dag: &Dag) -> Pdag {
    let mut graph = Pdag::from_skeleton(dag.nodes().clone(), &skeleton(dag));
    for (a, b, c) in v_structures(dag) {
        graph.set_directed(a, b);
        graph.set_directed(c, b);
    }
    graph
}

/// The nodes joined to each node.
#[must_use]
pub fn skeleton(dag: &Dag) -> Vec<NodeSet> {
    (0..dag.len()).map(|v| dag.parents(v).union(dag.children(v))).collect()
}

/// Whether two DAGs over the same nodes are Markov equivalent: same skeleton, same v-structures.
#[must_use]
pub fn markov_equivalent(a: &Dag, b: &Dag) -> bool {
    a.nodes() == b.nodes() && compelled_parents(a) == compelled_parents(b) && skeleton(a) == skeleton(b)
}

/// Whether the graph is the CPDAG of some DAG. Costs an extension and a [`cpdag`].
#[must_use]
pub fn is_cpdag(graph: &Pdag) -> bool {
    consistent_extension(graph).is_ok_and(|dag| cpdag(&dag) == *graph)
}

/// Whether the graph is an MPDAG, a CPDAG with background knowledge: it has a consistent extension and is closed under
/// Meek's rules (Meek 1995, theorem 4). Every CPDAG and every DAG is one.
#[must_use]
pub fn is_mpdag(graph: &Pdag) -> bool {
    consistent_extension(graph).is_ok() && orient_by_meek(&mut graph.clone()).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{any_dag, class_by_force};
    use crate::{GraphError, Nodes};
    use proptest::prelude::*;

    fn dag(p: usize, edges: &[(usize, usize)]) -> Dag {
        Dag::from_edges(Nodes::numbered(p), edges.iter().copied()).unwrap()
    }

    #[test]
    fn three_nodes() {
        let (chain, fork) = (dag(3, &[(0, 1), (1, 2)]), dag(3, &[(1, 0), (1, 2)]));
        let collider = dag(3, &[(0, 1), (2, 1)]);
        assert!(markov_equivalent(&chain, &fork) && !markov_equivalent(&chain, &collider));
        assert_eq!(cpdag(&chain).undirected_edges().collect::<Vec<_>>(), [(0, 1), (1, 2)]);
        assert_eq!(cpdag(&collider), Pdag::from_dag(&collider));
        assert_eq!(v_structures(&collider), [(0, 1, 2)]);
        assert!(!is_cpdag(&Pdag::from_dag(&chain)) && is_mpdag(&Pdag::from_dag(&chain)));
        assert!(is_cpdag(&cpdag(&dag(0, &[]))));
    }

    #[test]
    fn no_cpdag_and_no_mpdag() {
        let mut open = Pdag::from_dag(&dag(3, &[(0, 1)]));
        open.set_undirected(1, 2);
        assert!(!is_mpdag(&open), "R1 applies");
        open.set_bidirected(1, 2);
        assert!(!is_mpdag(&open) && !is_cpdag(&open));
        assert_eq!(consistent_extension(&open), Err(GraphError::NotExtendable));
    }

    proptest! {
        #[test]
        fn arrows_are_what_the_class_shares(dag in any_dag(5)) {
            let graph = cpdag(&dag);
            let class = class_by_force(&dag);
            for (a, b) in dag.edges() {
                prop_assert_eq!(graph.has_directed(a, b), class.iter().all(|d| d.has_edge(a, b)));
                prop_assert!(graph.adjacent(a, b));
            }
            prop_assert_eq!(graph.edge_count(), dag.edge_count());
            for other in &class {
                prop_assert_eq!(&cpdag(other), &graph);
            }
        }

        #[test]
        fn equal_if_and_only_if_equivalent(a in any_dag(5), b in any_dag(5)) {
            let same = a.nodes() == b.nodes() && skeleton(&a) == skeleton(&b) && v_structures(&a) == v_structures(&b);
            prop_assert_eq!(cpdag(&a) == cpdag(&b), same);
            prop_assert_eq!(markov_equivalent(&a, &b), same);
        }

        #[test]
        fn an_extension_is_a_member(dag in any_dag(12)) {
            let graph = cpdag(&dag);
            prop_assert!(is_cpdag(&graph) && is_mpdag(&graph));
            let extension = consistent_extension(&graph).unwrap();
            prop_assert!(markov_equivalent(&extension, &dag));
            prop_assert!(markov_equivalent(&consistent_extension(&pattern(&dag)).unwrap(), &dag));
            prop_assert_eq!(consistent_extension(&Pdag::from_dag(&dag)).unwrap(), dag);
        }
    }
}
