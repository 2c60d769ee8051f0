//! Conversions to and from `petgraph`, for its algorithms; node numbers and the order of edges are kept.

use std::fmt::Display;

use petgraph::graph::DiGraph;
use petgraph::visit::EdgeRef;

use crate::{Dag, EdgeMarks, GraphDocument, GraphEdge, GraphError, Nodes};

impl From<&Dag> for DiGraph<String, ()> {
    fn from(dag: &Dag) -> Self {
        let mut graph = Self::with_capacity(dag.len(), dag.edge_count());
        let nodes: Vec<_> = dag.nodes().names().iter().map(|name| graph.add_node(name.clone())).collect();
        for (a, b) in dag.edges() {
            graph.add_edge(nodes[a], nodes[b], ());
        }
        graph
    }
}

impl Dag {
    /// The DAG with the nodes and edges of a directed `petgraph` graph, nodes named by their weights.
    ///
    /// # Errors
    /// When two names are equal, or the graph has a loop or a cycle. Parallel edges become one.
    pub fn from_petgraph<N: Display, E>(graph: &DiGraph<N, E>) -> Result<Self, GraphError> {
        let nodes = Nodes::new(graph.node_weights().map(ToString::to_string))?;
        Self::from_edges(
            nodes,
            graph.edge_references().map(|edge| (edge.source().index(), edge.target().index())),
        )
    }
}

impl GraphDocument {
    /// The document as a `petgraph` graph whose edges hold marks, read from source to target, and strength.
    ///
    /// # Errors
    /// When a name is repeated, or an edge names no node.
    pub fn to_petgraph(&self) -> Result<DiGraph<String, (EdgeMarks, Option<f64>)>, GraphError> {
        let nodes = Nodes::new(self.nodes.iter().cloned())?;
        let mut graph = DiGraph::with_capacity(nodes.len(), self.edges.len());
        let at: Vec<_> = nodes.names().iter().map(|name| graph.add_node(name.clone())).collect();
        for edge in &self.edges {
            let (a, b) = (nodes.require(&edge.a)?, nodes.require(&edge.b)?);
            graph.add_edge(at[a], at[b], (edge.marks, edge.strength));
        }
        Ok(graph)
    }

    /// The document of a `petgraph` graph, nodes named by their weights.
    #[must_use]
    pub fn from_petgraph<N: Display>(graph: &DiGraph<N, (EdgeMarks, Option<f64>)>) -> Self {
        let nodes: Vec<String> = graph.node_weights().map(ToString::to_string).collect();
        let edges = graph.edge_references().map(|edge| {
            let &(marks, strength) = edge.weight();
            let name = |end: petgraph::graph::NodeIndex| nodes[end.index()].clone();
            GraphEdge { a: name(edge.source()), b: name(edge.target()), marks, strength }
        });
        Self { edges: edges.collect(), nodes: nodes.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{any_dag, any_document};
    use proptest::prelude::*;

    #[test]
    fn what_is_no_dag_is_refused() {
        let mut graph: DiGraph<&str, ()> = DiGraph::new();
        let (a, b) = (graph.add_node("a"), graph.add_node("b"));
        graph.add_edge(a, b, ());
        graph.add_edge(a, b, ());
        assert_eq!(Dag::from_petgraph(&graph).unwrap().edge_count(), 1);
        graph.add_edge(b, a, ());
        assert!(matches!(Dag::from_petgraph(&graph), Err(GraphError::Cycle { .. })));
        graph.add_node("a");
        assert!(matches!(Dag::from_petgraph(&graph), Err(GraphError::DuplicateNode { .. })));
    }

    proptest! {
        #[test]
        fn round_trips(dag in any_dag(8), document in any_document()) {
            let graph = DiGraph::from(&dag);
            prop_assert!(!petgraph::algo::is_cyclic_directed(&graph));
            prop_assert_eq!(Dag::from_petgraph(&graph).unwrap(), dag);
            prop_assert_eq!(GraphDocument::from_petgraph(&document.to_petgraph().unwrap()), document);
        }
    }
}
