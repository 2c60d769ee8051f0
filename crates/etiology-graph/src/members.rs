//! Every DAG of a class, one after the other.
//!
//! In an MPDAG each undirected edge can take either direction (Meek 1995, theorem 4), so choosing one, closing under the
//! rules and going on never runs into a dead end: a new DAG comes after at most one closure an undirected edge.

use crate::{Dag, GraphError, Pdag, consistent_extension, orient_by_meek, orient_by_meek_from};

/// The DAGs that `graph` (a pattern, a CPDAG, an MPDAG, or any graph with a consistent extension) stands for, each once and
/// in a fixed order. Classes are large: bound the walk with [`Iterator::take`].
///
/// # Errors
/// [`GraphError::NotExtendable`] when there is none.
pub fn members(graph: &Pdag) -> Result<Members, GraphError> {
    consistent_extension(graph)?;
    let mut closed = graph.clone();
    orient_by_meek(&mut closed);
    Ok(Members { open: vec![closed] })
}

/// Iterator over the DAGs of a class, made by [`members`].
#[derive(Debug, Clone)]
pub struct Members {
    /// MPDAGs whose classes are disjoint and not yet walked.
    open: Vec<Pdag>,
}

impl Iterator for Members {
    type Item = Dag;

    fn next(&mut self) -> Option<Dag> {
        let mut graph = self.open.pop()?;
        loop {
            let Some((a, b)) = graph.undirected_edges().next() else { break };
            let mut other = graph.clone();
            other.set_directed(b, a);
            orient_by_meek_from(&mut other, [(b, a)], |_, _| true);
            self.open.push(other);
            graph.set_directed(a, b);
            orient_by_meek_from(&mut graph, [(a, b)], |_, _| true);
        }
        let parents = (0..graph.len()).map(|v| graph.parents(v).clone()).collect();
        Some(Dag::from_parents(graph.nodes().clone(), parents))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{any_dag, class_by_force};
    use crate::{Nodes, cpdag};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_member_once(dag in any_dag(5)) {
            let found: Vec<Vec<_>> = members(&cpdag(&dag)).unwrap().map(|d| d.edges().collect()).collect();
            let mut sorted = found.clone();
            sorted.sort();
            sorted.dedup();
            prop_assert_eq!(sorted.len(), found.len());
            let mut forced: Vec<Vec<_>> = class_by_force(&dag).iter().map(|d| d.edges().collect()).collect();
            forced.sort();
            prop_assert_eq!(sorted, forced);
        }
    }

    #[test]
    fn large_classes_are_walked_lazily() {
        let p = 30;
        let edges = (0..p).flat_map(|b| (0..b).map(move |a| (a, b)));
        let complete = Dag::from_edges(Nodes::numbered(p), edges).unwrap();
        assert_eq!(members(&cpdag(&complete)).unwrap().take(5).count(), 5);
        let mut cycle = Pdag::empty(Nodes::numbered(4));
        for v in 0..4 {
            cycle.set_undirected(v, (v + 1) % 4);
        }
        assert!(matches!(members(&cycle), Err(GraphError::NotExtendable)));
    }
}
