//! [`GraphDocument`]: the JSON form of every graph, `{"nodes": ["a","b"], "edges": [["a","b","-->",0.93]]}`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{EdgeMarks, Nodes};

/// Names, and edges by name: what is written to and read from JSON, whatever the type of graph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GraphDocument {
    /// The nodes in order.
    pub nodes: Vec<String>,
    /// The edges.
    pub edges: Vec<GraphEdge>,
}

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
    use crate::{Dag, Pdag};

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
