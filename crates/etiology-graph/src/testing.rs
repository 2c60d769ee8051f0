//! Random graphs and brute force for tests.

use proptest::prelude::*;

use crate::{Dag, NodeSet, Nodes, v_structures};

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
