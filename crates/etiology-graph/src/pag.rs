//! [`Pag`]: a partial ancestral graph, every edge end its own mark.

use crate::{EdgeMarks, GraphDocument, GraphEdge, Mark, NodeSet, Nodes};

/// A partial ancestral graph: at most one edge a pair, each end a tail, an arrowhead or a circle (Zhang 2008).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pag {
    nodes: Nodes,
    adjacent: Vec<NodeSet>,
    /// `at[a * p + b]` is the mark at `b` of the edge between `a` and `b`; meaningless where there is none.
    at: Vec<Mark>,
}

impl Pag {
    /// The graph without edges.
    #[must_use]
    pub fn empty(nodes: Nodes) -> Self {
        let p = nodes.len();
        Self { adjacent: vec![NodeSet::new(p); p], at: vec![Mark::Circle; p * p], nodes }
    }

    /// The graph with `o-o` wherever `adjacent` joins two nodes; taken as symmetric.
    #[must_use]
    pub fn from_skeleton(nodes: Nodes, adjacent: &[NodeSet]) -> Self {
        let mut graph = Self::empty(nodes);
        for (a, others) in adjacent.iter().enumerate().take(graph.len()) {
            for b in others {
                graph.set(a, b, EdgeMarks::UNDECIDED);
            }
        }
        graph
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

    /// Everything joined to `node`.
    ///
    /// # Panics
    /// When `node` is none of the graph's.
    #[must_use]
    pub fn adjacents(&self, node: usize) -> &NodeSet {
        &self.adjacent[node]
    }

    /// Whether the two are joined.
    #[must_use]
    pub fn adjacent(&self, a: usize, b: usize) -> bool {
        self.adjacent.get(a).is_some_and(|set| set.contains(b))
    }

    /// The mark at `b` of the edge between `a` and `b`.
    #[must_use]
    pub fn mark(&self, a: usize, b: usize) -> Option<Mark> {
        self.adjacent(a, b).then(|| self.at[a * self.len() + b])
    }

    /// The edge from `a` to `b`, read left to right.
    #[must_use]
    pub fn edge(&self, a: usize, b: usize) -> Option<EdgeMarks> {
        Some(EdgeMarks { at_a: self.mark(b, a)?, at_b: self.mark(a, b)? })
    }

    /// Joins `a` and `b` by an edge with these marks. Numbers that are no nodes and loops are ignored.
    pub fn set(&mut self, a: usize, b: usize, marks: EdgeMarks) {
        let p = self.len();
        if a != b && a < p && b < p {
            self.adjacent[a].insert(b);
            self.adjacent[b].insert(a);
            self.at[a * p + b] = marks.at_b;
            self.at[b * p + a] = marks.at_a;
        }
    }

    /// Sets the mark at `b` of the edge between `a` and `b`, if there is one.
    pub fn set_mark(&mut self, a: usize, b: usize, mark: Mark) {
        if self.adjacent(a, b) {
            let p = self.len();
            self.at[a * p + b] = mark;
        }
    }

    /// Removes the edge; false when there was none.
    pub fn remove(&mut self, a: usize, b: usize) -> bool {
        if a >= self.len() || b >= self.len() {
            return false;
        }
        self.adjacent[b].remove(a);
        self.adjacent[a].remove(b)
    }

    /// Every edge once, ordered by the pair `(smaller, larger)` and turned so that an arrow with no arrow at the other end
    /// points right.
    pub fn edges(&self) -> impl Iterator<Item = (usize, usize, EdgeMarks)> + '_ {
        (0..self.len()).flat_map(move |a| {
            self.adjacent[a].iter().filter(move |&b| b > a).filter_map(move |b| {
                let marks = self.edge(a, b)?;
                Some(if marks.at_a == Mark::Arrow && marks.at_b != Mark::Arrow {
                    (b, a, marks.reversed())
                } else {
                    (a, b, marks)
                })
            })
        })
    }

    /// Number of edges.
    #[must_use]
    pub fn edge_count(&self) -> usize {
        self.adjacent.iter().map(NodeSet::len).sum::<usize>() / 2
    }

    /// The graph as a document of names and marks.
    #[must_use]
    pub fn to_document(&self) -> GraphDocument {
        let edges = self.edges().map(|(a, b, marks)| GraphEdge::new(&self.nodes, a, b, marks));
        GraphDocument { nodes: self.nodes.names().to_vec(), edges: edges.collect() }
    }
}
