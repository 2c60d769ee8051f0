//! The limits and the starting point that the searches over graphs share.

use etiology_graph::{Dag, NodeSet};

use crate::{Knowledge, LocalScore, StructureError};

/// What a search is held to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) max_parents: Option<usize>,
    pub(super) max_moves: Option<u64>,
    pub(super) start: Option<Dag>,
    /// Pairs that may be joined.
    pub(super) skeleton: Option<Vec<NodeSet>>,
}

/// The builder methods of a search whose `options` are [`Options`].
macro_rules! option_setters {
    () => {
        /// Limits the parents of a node.
        #[must_use]
        pub fn with_max_parents(mut self, most: usize) -> Self {
            self.options.max_parents = Some(most);
            self
        }

        /// Starts from a graph.
        #[must_use]
        pub fn with_start(mut self, start: Dag) -> Self {
            self.options.start = Some(start);
            self
        }

        /// Joins only pairs that the skeleton joins, `skeleton[a]` holding the neighbours of `a`.
        #[must_use]
        pub fn with_skeleton(mut self, skeleton: Vec<NodeSet>) -> Self {
            self.options.skeleton = Some(skeleton);
            self
        }

        /// Limits the moves.
        #[must_use]
        pub fn with_max_moves(mut self, most: u64) -> Self {
            self.options.max_moves = Some(most);
            self
        }
    };
}
pub(super) use option_setters;

impl Options {
    /// The parents to start from: those of the starting graph and the required ones.
    ///
    /// # Errors
    /// When widths differ, or the start breaks the knowledge or a limit.
    pub(super) fn start(
        &self,
        score: &dyn LocalScore,
        knowledge: &Knowledge,
    ) -> Result<Vec<NodeSet>, StructureError> {
        let p = score.variables();
        let width = |what, got| match got == p {
            true => Ok(()),
            false => Err(StructureError::Width { what, expected: p, got }),
        };
        width("the background knowledge", knowledge.nodes().len())?;
        if let Some(skeleton) = &self.skeleton {
            width("the skeleton", skeleton.len())?;
        }
        let mut dag = match &self.start {
            Some(start) => {
                width("the starting graph", start.len())?;
                Dag::from_edges(knowledge.nodes().clone(), start.edges())?
            }
            None => Dag::empty(knowledge.nodes().clone()),
        };
        for (from, to) in knowledge.required() {
            if !dag.has_edge(from, to) {
                dag.remove(to, from);
                dag.insert(from, to)?;
            }
        }
        let bad = |from: usize, to: usize, why: &str| {
            let (from, to) = (knowledge.nodes().name(from), knowledge.nodes().name(to));
            StructureError::Knowledge {
                message: format!("the starting graph's edge `{from}` --> `{to}` {why}"),
            }
        };
        for (from, to) in dag.edges() {
            if !knowledge.allows(from, to) {
                return Err(bad(from, to, "is forbidden; start without it"));
            }
            if self.max_parents.is_some_and(|most| dag.parents(to).len() > most) {
                return Err(bad(from, to, "exceeds the limit on parents; raise it or require fewer edges"));
            }
        }
        Ok((0..p).map(|node| dag.parents(node).clone()).collect())
    }

    /// For every node the parents it may get; the required ones are there already.
    pub(super) fn candidates(&self, p: usize, knowledge: &Knowledge) -> Vec<NodeSet> {
        let joined = |a: usize, b: usize| match &self.skeleton {
            Some(skeleton) => skeleton[a].contains(b) || skeleton[b].contains(a),
            None => true,
        };
        let of = |to: usize| {
            NodeSet::from_nodes(
                p,
                (0..p).filter(|&from| from != to && knowledge.allows(from, to) && joined(from, to)),
            )
        };
        (0..p).map(of).collect()
    }
}
