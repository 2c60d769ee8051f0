//! Every DAG of a class, one after the other.
//!
//! In an MPDAG each undirected edge can take either direction (Meek 1995, theorem 4), so choosing one, closing under the
//! rules and going on never runs into a dead end. One graph is oriented and, step by step, restored: memory stays linear in
//! the edges, and a new DAG comes after at most one closure an undirected edge.

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
    Ok(Members { graph: closed, made: Vec::new(), choices: Vec::new(), state: State::Fresh })
}

/// Iterator over the DAGs of a class, made by [`members`].
#[derive(Debug, Clone)]
pub struct Members {
    graph: Pdag,
    /// The arrows made so far, chosen or implied.
    made: Vec<(usize, usize)>,
    choices: Vec<Choice>,
    state: State,
}

/// An edge that was turned freely.
#[derive(Debug, Clone)]
struct Choice {
    from: usize,
    to: usize,
    /// How many arrows had been made before.
    before: usize,
    is_last: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Fresh,
    Walking,
    Done,
}

impl Members {
    fn choose(&mut self, from: usize, to: usize, is_last: bool) {
        self.choices.push(Choice { from, to, before: self.made.len(), is_last });
        self.graph.set_directed(from, to);
        self.made.push((from, to));
        self.made.extend(orient_by_meek_from(&mut self.graph, [(from, to)], |_, _| true));
    }

    /// Takes back what was chosen, up to and including the last choice with an alternative, and chooses that; false when
    /// there is none.
    fn turn_back(&mut self) -> bool {
        while let Some(choice) = self.choices.pop() {
            for (from, to) in self.made.drain(choice.before..) {
                self.graph.set_undirected(from, to);
            }
            if !choice.is_last {
                self.choose(choice.to, choice.from, true);
                return true;
            }
        }
        false
    }
}

impl Iterator for Members {
    type Item = Dag;

    fn next(&mut self) -> Option<Dag> {
        let more = match self.state {
            State::Fresh => true,
            State::Walking => self.turn_back(),
            State::Done => false,
        };
        self.state = if more { State::Walking } else { State::Done };
        if !more {
            return None;
        }
        loop {
            let Some((a, b)) = self.graph.undirected_edges().next() else { break };
            self.choose(a, b, false);
        }
        let parents = self.graph.all_parents().to_vec();
        Some(Dag::from_parents(self.graph.nodes().clone(), parents))
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
