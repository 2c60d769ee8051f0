//! [`Pdag`]: directed, undirected and conflicting edges over named nodes.

use crate::{Dag, EdgeMarks, GraphDocument, GraphEdge, NodeSet, Nodes};

/// A partially directed graph, at most one edge a pair: `-->`, `---`, or `<->` where two findings disagreed on the
/// direction. The type of patterns, CPDAGs and MPDAGs; whether it is one of them is a question to ask, not a promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pdag {
    nodes: Nodes,
    parents: Vec<NodeSet>,
    children: Vec<NodeSet>,
    neighbours: Vec<NodeSet>,
    spouses: Vec<NodeSet>,
}

impl Pdag {
    /// The graph without edges.
    #[must_use]
    pub fn empty(nodes: Nodes) -> Self {
        let none = vec![NodeSet::new(nodes.len()); nodes.len()];
        Self { nodes, parents: none.clone(), children: none.clone(), neighbours: none.clone(), spouses: none }
    }

    /// The undirected graph in which `adjacent[a]` holds the neighbours of `a`; taken as symmetric.
    #[must_use]
    pub fn from_skeleton(nodes: Nodes, adjacent: &[NodeSet]) -> Self {
        let mut graph = Self::empty(nodes);
        for (a, others) in adjacent.iter().enumerate().take(graph.len()) {
            for b in others {
                graph.set_undirected(a, b);
            }
        }
        graph
    }

    /// The graph with the DAG's edges.
    #[must_use]
    pub fn from_dag(dag: &Dag) -> Self {
        let mut graph = Self::empty(dag.nodes().clone());
        for (from, to) in dag.edges() {
            graph.set_directed(from, to);
        }
        graph
    }

    /// The graph with these parents and these (symmetric) undirected neighbours, no pair among both.
    pub(crate) fn from_parts(nodes: Nodes, parents: Vec<NodeSet>, neighbours: Vec<NodeSet>) -> Self {
        let mut graph = Self::empty(nodes);
        for (to, parents) in parents.iter().enumerate() {
            for from in parents {
                graph.children[from].insert(to);
            }
        }
        (graph.parents, graph.neighbours) = (parents, neighbours);
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

    /// `p` with `p --> node`.
    ///
    /// # Panics
    /// When `node` is none of the graph's; so do the next three.
    #[must_use]
    pub fn parents(&self, node: usize) -> &NodeSet {
        &self.parents[node]
    }

    /// The parents of every node.
    pub(crate) fn all_parents(&self) -> &[NodeSet] {
        &self.parents
    }

    /// `c` with `node --> c`.
    #[must_use]
    pub fn children(&self, node: usize) -> &NodeSet {
        &self.children[node]
    }

    /// `u` with `node --- u`.
    #[must_use]
    pub fn neighbours(&self, node: usize) -> &NodeSet {
        &self.neighbours[node]
    }

    /// `s` with `node <-> s`: conflicts.
    #[must_use]
    pub fn spouses(&self, node: usize) -> &NodeSet {
        &self.spouses[node]
    }

    /// Everything joined to `node`.
    #[must_use]
    pub fn adjacents(&self, node: usize) -> NodeSet {
        let mut set = self.parents[node].union(&self.children[node]);
        set.union_with(&self.neighbours[node]);
        set.union_with(&self.spouses[node]);
        set
    }

    /// Whether the two are joined in any way.
    #[must_use]
    pub fn adjacent(&self, a: usize, b: usize) -> bool {
        let kinds = [&self.parents, &self.children, &self.neighbours, &self.spouses];
        kinds.iter().any(|kind| kind.get(a).is_some_and(|set| set.contains(b)))
    }

    /// Whether `from --> to`.
    #[must_use]
    pub fn has_directed(&self, from: usize, to: usize) -> bool {
        self.children.get(from).is_some_and(|set| set.contains(to))
    }

    /// Whether `a --- b`.
    #[must_use]
    pub fn has_undirected(&self, a: usize, b: usize) -> bool {
        self.neighbours.get(a).is_some_and(|set| set.contains(b))
    }

    /// The edge from `a` to `b`, read left to right.
    #[must_use]
    pub fn edge(&self, a: usize, b: usize) -> Option<EdgeMarks> {
        if self.has_directed(a, b) {
            Some(EdgeMarks::DIRECTED)
        } else if self.has_directed(b, a) {
            Some(EdgeMarks::DIRECTED.reversed())
        } else if self.has_undirected(a, b) {
            Some(EdgeMarks::UNDIRECTED)
        } else if self.spouses.get(a).is_some_and(|set| set.contains(b)) {
            Some(EdgeMarks::BIDIRECTED)
        } else {
            None
        }
    }

    /// Removes whatever joins the two; false when nothing did, or a number is no node.
    pub fn remove(&mut self, a: usize, b: usize) -> bool {
        if a >= self.len() || b >= self.len() {
            return false;
        }
        let mut any = false;
        for (x, y) in [(a, b), (b, a)] {
            any |= self.parents[x].remove(y);
            any |= self.children[x].remove(y);
            any |= self.neighbours[x].remove(y);
            any |= self.spouses[x].remove(y);
        }
        any
    }

    /// Makes the edge `from --> to`, whatever joined the two before. Numbers that are no nodes and loops are ignored.
    pub fn set_directed(&mut self, from: usize, to: usize) {
        if self.is_pair(from, to) {
            self.remove(from, to);
            self.children[from].insert(to);
            self.parents[to].insert(from);
        }
    }

    /// Makes the edge `a --- b`, as [`Pdag::set_directed`].
    pub fn set_undirected(&mut self, a: usize, b: usize) {
        if self.is_pair(a, b) {
            self.remove(a, b);
            self.neighbours[a].insert(b);
            self.neighbours[b].insert(a);
        }
    }

    /// Makes the edge `a <-> b`, as [`Pdag::set_directed`].
    pub fn set_bidirected(&mut self, a: usize, b: usize) {
        if self.is_pair(a, b) {
            self.remove(a, b);
            self.spouses[a].insert(b);
            self.spouses[b].insert(a);
        }
    }

    fn is_pair(&self, a: usize, b: usize) -> bool {
        a != b && a < self.len() && b < self.len()
    }

    /// Every edge once: the directed from tail to head, the others from the smaller number; ordered by the pair
    /// `(smaller, larger)`.
    pub fn edges(&self) -> impl Iterator<Item = (usize, usize, EdgeMarks)> + '_ {
        (0..self.len()).flat_map(move |a| {
            let later: Vec<usize> = self.adjacents(a).iter().filter(|&b| b > a).collect();
            later.into_iter().filter_map(move |b| {
                let marks = self.edge(a, b)?;
                Some(if marks == EdgeMarks::DIRECTED.reversed() {
                    (b, a, EdgeMarks::DIRECTED)
                } else {
                    (a, b, marks)
                })
            })
        })
    }

    /// Every arrow `(from, to)`, ordered by tail, then head.
    pub fn directed_edges(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.children.iter().enumerate().flat_map(|(a, set)| set.iter().map(move |b| (a, b)))
    }

    /// Every undirected edge once, the smaller number first; in order.
    pub fn undirected_edges(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let pairs = self.neighbours.iter().enumerate();
        pairs.flat_map(|(a, set)| set.iter().filter(move |&b| b > a).map(move |b| (a, b)))
    }

    /// The nodes joined to each node.
    #[must_use]
    pub fn skeleton(&self) -> Vec<NodeSet> {
        (0..self.len()).map(|v| self.adjacents(v)).collect()
    }

    /// Number of edges.
    #[must_use]
    pub fn edge_count(&self) -> usize {
        (0..self.len()).map(|a| self.adjacents(a).iter().filter(|&b| b > a).count()).sum()
    }

    /// The graph as a document of names and marks.
    #[must_use]
    pub fn to_document(&self) -> GraphDocument {
        let edges = self.edges().map(|(a, b, marks)| GraphEdge::new(&self.nodes, a, b, marks));
        GraphDocument { nodes: self.nodes.names().to_vec(), edges: edges.collect() }
    }
}
