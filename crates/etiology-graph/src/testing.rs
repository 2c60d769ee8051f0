//! Random graphs and brute force for tests.

use proptest::prelude::*;

use crate::{Dag, EdgeMarks, GraphDocument, GraphEdge, Mark, NodeSet, Nodes, v_structures};

/// DAGs of one to `max` nodes of any density, numbered in any order.
pub(crate) fn any_dag(max: usize) -> impl Strategy<Value = Dag> {
    (1..=max).prop_flat_map(|p| {
        let order = Just((0..p).collect::<Vec<_>>()).prop_shuffle();
        let density = prop::sample::select(vec![0.15, 0.4, 0.7]);
        (order, density).prop_flat_map(move |(order, density)| {
            prop::collection::vec(prop::bool::weighted(density), p * (p - 1) / 2).prop_map(move |joined| {
                let pairs = (0..p).flat_map(|b| (0..b).map(move |a| (a, b)));
                let edges = pairs.zip(&joined).filter(|&(_, &joined)| joined);
                let edges = edges.map(|((a, b), _)| (order[a], order[b]));
                Dag::from_edges(Nodes::numbered(p), edges).unwrap()
            })
        })
    })
}

/// The Markov equivalence class by trying every direction of every edge.
pub(crate) fn class_by_force(dag: &Dag) -> Vec<Dag> {
    let edges: Vec<_> = dag.edges().collect();
    let turned = (0u32..1 << edges.len()).filter_map(|turns| {
        let edges = edges.iter().enumerate();
        let edges = edges.map(|(i, &(a, b))| if turns >> i & 1 == 1 { (b, a) } else { (a, b) });
        Dag::from_edges(dag.nodes().clone(), edges).ok()
    });
    turned.filter(|other| v_structures(other) == v_structures(dag)).collect()
}

/// Every subset of `0..p`.
pub(crate) fn subsets(p: usize) -> impl Iterator<Item = NodeSet> {
    (0u32..1 << p).map(move |bits| NodeSet::from_nodes(p, (0..p).filter(|v| bits >> v & 1 == 1)))
}

/// Documents with any names, marks and strengths; not always of a legal graph.
pub(crate) fn any_document() -> impl Strategy<Value = GraphDocument> {
    let names = prop::collection::hash_set("[^\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\u{fffe}\u{ffff}]{0,6}", 1..8);
    let names = names.prop_map(|set| {
        let mut names: Vec<String> = set.into_iter().collect();
        names.sort();
        names
    });
    names.prop_shuffle().prop_flat_map(|nodes| {
        let mark = || prop::sample::select(vec![Mark::Tail, Mark::Arrow, Mark::Circle]);
        let node = || prop::sample::select(nodes.clone());
        let strength = prop::option::of(prop::num::f64::NORMAL | prop::num::f64::ZERO);
        let edge = (node(), node(), mark(), mark(), strength);
        let edge = edge.prop_map(|(a, b, at_a, at_b, strength)| GraphEdge {
            a,
            b,
            marks: EdgeMarks { at_a, at_b },
            strength,
        });
        (Just(nodes), prop::collection::vec(edge, 0..10))
            .prop_map(|(nodes, edges)| GraphDocument { nodes, edges })
    })
}
