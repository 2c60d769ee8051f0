//! An order that agrees with the required edges, and the graph it stands for.

use etiology_graph::{Dag, NodeSet};
use rand::RngExt;
use rand::rngs::StdRng;

use super::grow_shrink::GrowShrink;
use crate::{Knowledge, LocalScore, StructureError};

/// The order to start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum StartOrder {
    /// Drawn by the seed.
    #[default]
    Random,
    /// That of the columns.
    Columns,
}

/// Checks that knowledge and score are about as many variables, and that the required edges can be fitted.
pub(super) fn check(
    score: &dyn LocalScore,
    knowledge: &Knowledge,
    max_parents: Option<usize>,
) -> Result<(), StructureError> {
    let (p, got) = (score.variables(), knowledge.nodes().len());
    if got != p {
        return Err(StructureError::Width { what: "the background knowledge", expected: p, got });
    }
    let mut session = score.session();
    for node in 0..p {
        let required: Vec<usize> = (0..p).filter(|&other| knowledge.requires(other, node)).collect();
        let too_many = max_parents.is_some_and(|most| required.len() > most);
        if too_many || session.local(node, &required) == f64::NEG_INFINITY {
            let why = if too_many { "are more than the limit on parents" } else { "cannot be fitted" };
            let name = knowledge.nodes().name(node);
            return Err(StructureError::Knowledge {
                message: format!("the parents required of `{name}` {why}; require fewer"),
            });
        }
    }
    Ok(())
}

/// An order with every required parent before its children.
pub(super) fn start(p: usize, knowledge: &Knowledge, order: StartOrder, rng: &mut StdRng) -> Vec<usize> {
    let mut wished: Vec<usize> = (0..p).collect();
    if order == StartOrder::Random {
        for last in (1..p).rev() {
            wished.swap(last, rng.random_range(0..=last));
        }
    }
    if knowledge.is_empty() {
        return wished;
    }
    let (mut placed, mut order) = (NodeSet::new(p), Vec::with_capacity(p));
    while order.len() < p {
        let ready = |&&v: &&usize| {
            !placed.contains(v) && (0..p).all(|u| placed.contains(u) || !knowledge.requires(u, v))
        };
        // Required edges close no cycle, so one is always ready.
        let Some(&next) = wished.iter().find(ready) else { break };
        placed.insert(next);
        order.push(next);
    }
    order
}

/// The graph of an order, and its score.
pub(super) fn graph(
    order: &[usize],
    trees: &mut GrowShrink<'_>,
    knowledge: &Knowledge,
) -> Result<(Dag, f64), StructureError> {
    let mut prefix = NodeSet::new(order.len());
    let (mut edges, mut score) = (Vec::new(), 0.0);
    for &node in order {
        score += trees.score(node, &prefix);
        edges.extend(trees.parents(node, &prefix).map(|parent| (parent, node)));
        prefix.insert(node);
    }
    Ok((Dag::from_edges(knowledge.nodes().clone(), edges)?, score))
}
