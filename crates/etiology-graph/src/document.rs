//! [`GraphDocument`]: the JSON form of every graph, `{"nodes": ["a","b"], "edges": [["a","b","-->",0.93]]}`.
//!
//! A document holds names and marks as they were written; turning it into a [`Dag`], [`Pdag`] or [`Pag`] checks it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Dag, EdgeMarks, GraphError, Nodes, Pag, Pdag};

/// Names, and edges by name: what is written to and read from JSON and the other formats, whatever the type of graph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GraphDocument {
    /// The nodes in order.
    pub nodes: Vec<String>,
    /// The edges.
    pub edges: Vec<GraphEdge>,
}

impl GraphDocument {
    /// The most nodes a document may have to become a graph: neighbourhoods are bitsets, so memory grows with the square, to half
    /// a gigabyte here.
    pub const MOST_NODES: usize = 20_000;

    /// Reads JSON.
    ///
    /// # Errors
    /// [`GraphError::Syntax`] with the line where the text is no such document.
    pub fn from_json(text: &str) -> Result<Self, GraphError> {
        serde_json::from_str(text).map_err(|error| GraphError::Syntax {
            format: "JSON",
            line: error.line(),
            message: error.to_string(),
        })
    }

    /// Writes JSON on one line. A strength that is not finite becomes `null`.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The DAG of these nodes and edges; strengths are dropped.
    ///
    /// # Errors
    /// When a name is repeated or unknown, a pair is joined twice or to itself, an edge is not `-->`, there is a cycle, or there
    /// are more than [`GraphDocument::MOST_NODES`] nodes.
    pub fn to_dag(&self) -> Result<Dag, GraphError> {
        let (nodes, edges) = self.checked("DAG", |marks| marks == EdgeMarks::DIRECTED)?;
        Dag::from_edges(nodes, edges.into_iter().map(|(a, b, _)| (a, b)))
    }

    /// The partially directed graph of these nodes and edges; strengths are dropped.
    ///
    /// # Errors
    /// When a name is repeated or unknown, a pair is joined twice or to itself, or an edge has a circle; or there are too many
    /// nodes.
    pub fn to_pdag(&self) -> Result<Pdag, GraphError> {
        let fits = [EdgeMarks::DIRECTED, EdgeMarks::UNDIRECTED, EdgeMarks::BIDIRECTED];
        let (nodes, edges) = self.checked("partially directed graph", |marks| fits.contains(&marks))?;
        let mut graph = Pdag::empty(nodes);
        for (a, b, marks) in edges {
            match marks {
                EdgeMarks::DIRECTED => graph.set_directed(a, b),
                EdgeMarks::UNDIRECTED => graph.set_undirected(a, b),
                _ => graph.set_bidirected(a, b),
            }
        }
        Ok(graph)
    }

    /// The ancestral graph of these nodes and edges; strengths are dropped. Whether it is a legal one is not asked.
    ///
    /// # Errors
    /// When a name is repeated or unknown, a pair is joined twice or to itself, or there are too many nodes.
    pub fn to_pag(&self) -> Result<Pag, GraphError> {
        let (nodes, edges) = self.checked("PAG", |_| true)?;
        let mut graph = Pag::empty(nodes);
        for (a, b, marks) in edges {
            graph.set(a, b, marks);
        }
        Ok(graph)
    }

    /// The edges by number, arrows turned to point right.
    fn checked(
        &self,
        kind: &'static str,
        fits: impl Fn(EdgeMarks) -> bool,
    ) -> Result<(Nodes, Vec<NumberedEdge>), GraphError> {
        if self.nodes.len() > Self::MOST_NODES {
            return Err(GraphError::TooManyNodes { got: self.nodes.len(), most: Self::MOST_NODES });
        }
        let nodes = Nodes::new(self.nodes.iter().cloned())?;
        let numbers: BTreeMap<&str, usize> = self.nodes.iter().map(String::as_str).zip(0..).collect();
        let number = |name: &String| {
            numbers.get(name.as_str()).copied().ok_or_else(|| GraphError::UnknownNode { name: name.clone() })
        };
        let mut joined = BTreeSet::new();
        let mut edges = Vec::with_capacity(self.edges.len());
        for edge in &self.edges {
            let (mut a, mut b, mut marks) = (number(&edge.a)?, number(&edge.b)?, edge.marks);
            if a == b {
                return Err(GraphError::SelfLoop { name: edge.a.clone() });
            }
            if !joined.insert((a.min(b), a.max(b))) {
                return Err(GraphError::DuplicateEdge { a: edge.a.clone(), b: edge.b.clone() });
            }
            if marks == EdgeMarks::DIRECTED.reversed() {
                (a, b, marks) = (b, a, EdgeMarks::DIRECTED);
            }
            if !fits(marks) {
                let (a, b) = (edge.a.clone(), edge.b.clone());
                return Err(GraphError::Mark { kind, a, b, marks: edge.marks.to_string() });
            }
            edges.push((a, b, marks));
        }
        Ok((nodes, edges))
    }
}

type NumberedEdge = (usize, usize, EdgeMarks);

/// One edge by name, written as `["a", "b", "-->", strength]`.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphEdge {
    /// Left node.
    pub a: String,
    /// Right node.
    pub b: String,
    /// Both ends, read from left to right.
    pub marks: EdgeMarks,
    /// Strength or bootstrap confidence, where known.
    pub strength: Option<f64>,
}

impl GraphEdge {
    /// The edge between two nodes of `nodes`, its strength unknown.
    #[must_use]
    pub fn new(nodes: &Nodes, a: usize, b: usize, marks: EdgeMarks) -> Self {
        Self { a: nodes.name(a).to_owned(), b: nodes.name(b).to_owned(), marks, strength: None }
    }
}

impl Serialize for GraphEdge {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.a, &self.b, self.marks.to_string(), self.strength).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for GraphEdge {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (a, b, marks, strength) = <(String, String, String, Option<f64>)>::deserialize(deserializer)?;
        let marks = EdgeMarks::parse(&marks).ok_or_else(|| {
            serde::de::Error::custom(format!("`{marks}` is no edge; write for example `-->`"))
        })?;
        Ok(Self { a, b, marks, strength })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpdag;
    use crate::testing::any_dag;
    use proptest::prelude::*;

    fn document(edges: &str) -> GraphDocument {
        GraphDocument::from_json(&format!(r#"{{"nodes": ["a", "b", "c"], "edges": [{edges}]}}"#)).unwrap()
    }

    #[test]
    fn edges_that_do_not_fit_are_named() {
        let says = |edges: &str| document(edges).to_dag().unwrap_err().to_string();
        assert_eq!(says(r#"["a","b","---",null]"#), "a DAG cannot hold the edge `a` --- `b`");
        assert_eq!(says(r#"["a","d","-->",null]"#), "`d` is not a node of the graph");
        assert_eq!(says(r#"["a","a","-->",null]"#), "node `a` cannot have an edge to itself");
        assert_eq!(
            says(r#"["a","b","-->",1],["b","a","-->",null]"#),
            "`b` and `a` are joined twice; keep one edge a pair"
        );
        assert!(
            says(r#"["a","b","-->",1],["b","c","-->",2],["a","c","<--",null]"#)
                .contains("closes a directed cycle")
        );
        assert!(document(r#"["a","b","o->",null]"#).to_pdag().is_err());
        let pag = document(r#"["b","a","<-o",0.5],["b","c","<->",null]"#).to_pag().unwrap();
        assert_eq!(pag.edge(0, 1).unwrap().to_string(), "o->");
        let many = GraphDocument { nodes: (0..20_001).map(|v| v.to_string()).collect(), edges: vec![] };
        assert!(matches!(many.to_pag(), Err(GraphError::TooManyNodes { got: 20_001, .. })));
        let broken = GraphDocument::from_json("{\n\"nodes\": [1]}").unwrap_err().to_string();
        assert!(broken.starts_with("JSON, line 2: invalid type"), "{broken}");
    }

    proptest! {
        #[test]
        fn round_trips(dag in any_dag(8)) {
            let through = |document: GraphDocument| GraphDocument::from_json(&document.to_json()).unwrap();
            prop_assert_eq!(through(dag.to_document()).to_dag().unwrap(), dag.clone());
            let class = cpdag(&dag);
            prop_assert_eq!(through(class.to_document()).to_pdag().unwrap(), class.clone());
            let pag = through(class.to_document()).to_pag().unwrap();
            prop_assert_eq!(through(pag.to_document()).to_pag().unwrap(), pag);
        }

        #[test]
        fn any_text_is_answered(text in ".*") {
            let _ = GraphDocument::from_json(&text);
        }
    }

    #[test]
    fn json_is_the_promised_one() {
        let dag = Dag::from_edges(Nodes::new(["a", "b"]).unwrap(), [(0, 1)]).unwrap();
        let text = serde_json::to_string(&dag.to_document()).unwrap();
        assert_eq!(text, r#"{"nodes":["a","b"],"edges":[["a","b","-->",null]]}"#);
        let back: GraphDocument = serde_json::from_str(&text).unwrap();
        assert_eq!(back, Pdag::from_dag(&dag).to_document());
        assert!(serde_json::from_str::<GraphEdge>(r#"["a","b","~~>",null]"#).is_err());
    }
}
