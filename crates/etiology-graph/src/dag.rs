//! [`Dag`]: a directed acyclic graph that cannot hold a cycle.

use crate::{EdgeMarks, GraphDocument, GraphEdge, GraphError, NodeSet, Nodes};

/// A directed acyclic graph over named nodes. Every way to add an edge refuses the one that would close a cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dag {
    nodes: Nodes,
    parents: Vec<NodeSet>,
    children: Vec<NodeSet>,
}

impl Dag {
    /// The graph without edges.
    #[must_use]
    pub fn empty(nodes: Nodes) -> Self {
        let none = vec![NodeSet::new(nodes.len()); nodes.len()];
        Self { nodes, parents: none.clone(), children: none }
    }

    /// The graph with the edges `(from, to)`. `O(p log p + edges)`.
    ///
    /// # Errors
    /// When an edge names no node, joins a node to itself or closes a cycle.
    pub fn from_edges(
        nodes: Nodes,
        edges: impl IntoIterator<Item = (usize, usize)>,
    ) -> Result<Self, GraphError> {
        let mut dag = Self::empty(nodes);
        let edges: Vec<_> = edges.into_iter().collect();
        for &(from, to) in &edges {
            dag.check_ends(from, to)?;
            dag.parents[to].insert(from);
            dag.children[from].insert(to);
        }
        if dag.topological_order().len() == dag.len() {
            return Ok(dag);
        }
        // Only the error needs to know which edge closed the cycle.
        let mut dag = Self::empty(dag.nodes);
        for (from, to) in edges {
            dag.insert(from, to)?;
        }
        Ok(dag)
    }

    /// The graph with these parents, which the caller knows to be free of cycles.
    pub(crate) fn from_parents(nodes: Nodes, parents: Vec<NodeSet>) -> Self {
        let mut children = vec![NodeSet::new(nodes.len()); nodes.len()];
        for (to, parents) in parents.iter().enumerate() {
            for from in parents {
                children[from].insert(to);
            }
        }
        Self { nodes, parents, children }
    }

    /// Adds `from --> to`. `O(p + edges)`.
    ///
    /// # Errors
    /// When an end is no node, both are one node, or the edge would close a cycle.
    pub fn insert(&mut self, from: usize, to: usize) -> Result<(), GraphError> {
        self.check_ends(from, to)?;
        if self.descendants(to).contains(from) {
            let name = |node| self.nodes.name(node).to_owned();
            return Err(GraphError::Cycle { from: name(from), to: name(to) });
        }
        self.parents[to].insert(from);
        self.children[from].insert(to);
        Ok(())
    }

    fn check_ends(&self, from: usize, to: usize) -> Result<(), GraphError> {
        match [from, to].into_iter().find(|&end| end >= self.len()) {
            Some(end) => Err(GraphError::UnknownNode { name: end.to_string() }),
            None if from == to => Err(GraphError::SelfLoop { name: self.nodes.name(from).to_owned() }),
            None => Ok(()),
        }
    }

    /// Removes `from --> to`; false when there was none.
    pub fn remove(&mut self, from: usize, to: usize) -> bool {
        if from >= self.len() || to >= self.len() {
            return false;
        }
        self.children[from].remove(to);
        self.parents[to].remove(from)
    }

    /// Number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no node.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The nodes' names.
    #[must_use]
    pub fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    /// Whether `from --> to` is an edge.
    #[must_use]
    pub fn has_edge(&self, from: usize, to: usize) -> bool {
        self.parents.get(to).is_some_and(|parents| parents.contains(from))
    }

    /// Whether the two are joined, either way.
    #[must_use]
    pub fn adjacent(&self, a: usize, b: usize) -> bool {
        self.has_edge(a, b) || self.has_edge(b, a)
    }

    /// The parents of a node.
    ///
    /// # Panics
    /// When `node` is none of the graph's.
    #[must_use]
    pub fn parents(&self, node: usize) -> &NodeSet {
        &self.parents[node]
    }

    /// The parents of every node.
    pub(crate) fn all_parents(&self) -> &[NodeSet] {
        &self.parents
    }

    /// The children of a node.
    ///
    /// # Panics
    /// When `node` is none of the graph's.
    #[must_use]
    pub fn children(&self, node: usize) -> &NodeSet {
        &self.children[node]
    }

    /// Every edge, ordered by tail, then head.
    pub fn edges(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.children.iter().enumerate().flat_map(|(from, to)| to.iter().map(move |to| (from, to)))
    }

    /// Number of edges.
    #[must_use]
    pub fn edge_count(&self) -> usize {
        self.children.iter().map(NodeSet::len).sum()
    }

    /// The node and everything it reaches. `O(p + edges)`.
    #[must_use]
    pub fn descendants(&self, node: usize) -> NodeSet {
        reach(&self.children, [node], self.len())
    }

    /// The node and everything that reaches it. `O(p + edges)`.
    #[must_use]
    pub fn ancestors(&self, node: usize) -> NodeSet {
        reach(&self.parents, [node], self.len())
    }

    /// The nodes and everything they reach. `O(p + edges)`.
    #[must_use]
    pub fn descendants_of(&self, nodes: &NodeSet) -> NodeSet {
        reach(&self.children, nodes, self.len())
    }

    /// The nodes and everything that reaches them. `O(p + edges)`.
    #[must_use]
    pub fn ancestors_of(&self, nodes: &NodeSet) -> NodeSet {
        reach(&self.parents, nodes, self.len())
    }

    /// The nodes with every parent before its children; ties by number. `O(p log p + edges)`.
    #[must_use]
    pub fn topological_order(&self) -> Vec<usize> {
        use std::cmp::Reverse;
        let mut missing: Vec<usize> = self.parents.iter().map(NodeSet::len).collect();
        let mut ready: std::collections::BinaryHeap<_> =
            (0..self.len()).filter(|&v| missing[v] == 0).map(Reverse).collect();
        let mut order = Vec::with_capacity(self.len());
        while let Some(Reverse(node)) = ready.pop() {
            order.push(node);
            for child in &self.children[node] {
                missing[child] -= 1;
                if missing[child] == 0 {
                    ready.push(Reverse(child));
                }
            }
        }
        order
    }

    /// The graph as a document of names and marks.
    #[must_use]
    pub fn to_document(&self) -> GraphDocument {
        let edges = self.edges().map(|(a, b)| GraphEdge::new(&self.nodes, a, b, EdgeMarks::DIRECTED));
        GraphDocument { nodes: self.nodes.names().to_vec(), edges: edges.collect() }
    }
}

/// Everything reachable from `start` along `next`, the start included.
pub(crate) fn reach(next: &[NodeSet], start: impl IntoIterator<Item = usize>, capacity: usize) -> NodeSet {
    let mut seen = NodeSet::new(capacity);
    let mut stack: Vec<usize> = start.into_iter().filter(|&v| v < next.len() && seen.insert(v)).collect();
    while let Some(node) = stack.pop() {
        for other in &next[node] {
            if seen.insert(other) {
                stack.push(other);
            }
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_no_dag() {
        let mut dag = Dag::from_edges(Nodes::numbered(3), [(0, 1), (1, 2)]).unwrap();
        assert_eq!(dag.insert(2, 0), Err(GraphError::Cycle { from: "X3".into(), to: "X1".into() }));
        assert!(matches!(dag.insert(1, 1), Err(GraphError::SelfLoop { .. })));
        assert!(matches!(dag.insert(0, 9), Err(GraphError::UnknownNode { .. })));
        assert_eq!(dag.edges().collect::<Vec<_>>(), [(0, 1), (1, 2)]);
        assert_eq!(dag.topological_order(), [0, 1, 2]);
        assert!(dag.remove(0, 1) && !dag.remove(0, 1));
        assert!(dag.insert(2, 0).is_ok());
    }
}
