//! [`LaggedGraph`]: causes of the present in the past, and its summary over all lags.
//!
//! What a method for time series finds: edges from a series some rows earlier to a series now (always directed: a cause comes
//! first), and, for methods that look within a row, edges of lag 0, which may be undirected or undecided. The summary graph
//! joins the lags of a pair (Assaad, Devijver and Gaussier, "Survey and Evaluation of Causal Discovery Methods for Time
//! Series", JAIR 73, 2022, section 2).

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{EdgeMarks, GraphDocument, GraphEdge, GraphError, Nodes};

/// A distance in rows from a cause to its effect; 0 is within the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lag(usize);

impl Lag {
    /// Within the row.
    pub const ZERO: Self = Self(0);
    /// One row earlier.
    pub const ONE: Self = Self(1);

    /// This many rows earlier.
    #[must_use]
    pub fn new(rows: usize) -> Self {
        Self(rows)
    }

    /// The number of rows.
    #[must_use]
    pub fn rows(self) -> usize {
        self.0
    }

    /// The lags 1 to this one.
    pub fn past(self) -> impl DoubleEndedIterator<Item = Self> + Clone {
        (1..=self.0).map(Self)
    }

    /// Name of a series this far back: `load@-2`, and `load` itself at lag 0.
    #[must_use]
    pub fn name_of(self, series: &str) -> String {
        if self == Self::ZERO { series.to_owned() } else { format!("{series}@-{}", self.0) }
    }
}

impl fmt::Display for Lag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One edge of a [`LaggedGraph`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LaggedEdge {
    /// The earlier series, by number; at lag 0 the left one.
    pub cause: usize,
    /// The series it acts on.
    pub effect: usize,
    /// How many rows later.
    pub lag: Lag,
    /// The marks read from cause to effect: `-->` at every lag above 0.
    pub marks: EdgeMarks,
    /// The method's measure of the edge (a coefficient, a partial correlation), where it has one.
    pub strength: Option<f64>,
    /// P-value of the edge, where the method tests.
    pub p_value: Option<f64>,
    /// The p-value adjusted for all edges looked at.
    pub q_value: Option<f64>,
}

impl LaggedEdge {
    /// A directed edge without numbers.
    #[must_use]
    pub fn directed(cause: usize, effect: usize, lag: Lag) -> Self {
        Self { cause, effect, lag, marks: EdgeMarks::DIRECTED, strength: None, p_value: None, q_value: None }
    }

    fn place(&self) -> (usize, Lag, usize) {
        (self.effect, self.lag, self.cause)
    }
}

/// One pair of series in a [`LaggedGraph::summary`].
#[derive(Debug, Clone, PartialEq)]
pub struct SummaryEdge {
    /// The series that acts.
    pub cause: usize,
    /// The series acted on.
    pub effect: usize,
    /// `-->`, or the marks of lag 0 where nothing else joins the two.
    pub marks: EdgeMarks,
    /// The lags at which it does, ascending.
    pub lags: Vec<Lag>,
    /// The lag whose edge is strongest by absolute strength, else by p-value, else the first.
    pub strongest: LaggedEdge,
}

/// Series, and edges from their past and present to their present; sorted by effect, lag and cause, each at most once.
#[derive(Debug, Clone, PartialEq)]
pub struct LaggedGraph {
    nodes: Nodes,
    max_lag: Lag,
    edges: Vec<LaggedEdge>,
}

impl LaggedGraph {
    /// A graph of these edges. An edge of lag 0 whose marks are `<--` is turned; of two edges in one place the last stays.
    ///
    /// # Errors
    /// [`GraphError::UnknownNode`] for a number that is no node; [`GraphError::SelfLoop`] at lag 0; [`GraphError::Mark`] for
    /// marks other than `-->` above lag 0; [`GraphError::Lag`] above the maximum.
    pub fn new(
        nodes: Nodes,
        max_lag: Lag,
        edges: impl IntoIterator<Item = LaggedEdge>,
    ) -> Result<Self, GraphError> {
        let mut kept: Vec<LaggedEdge> = Vec::new();
        for mut edge in edges {
            for node in [edge.cause, edge.effect] {
                if node >= nodes.len() {
                    return Err(GraphError::UnknownNode { name: node.to_string() });
                }
            }
            if edge.lag > max_lag {
                return Err(GraphError::Lag { lag: edge.lag.rows(), max: max_lag.rows() });
            }
            if edge.lag == Lag::ZERO {
                if edge.cause == edge.effect {
                    return Err(GraphError::SelfLoop { name: nodes.name(edge.cause).to_owned() });
                }
                // Of an edge that points both ways or neither, the lower number stands left.
                let swap = edge.marks == EdgeMarks::DIRECTED.reversed()
                    || (edge.marks != EdgeMarks::DIRECTED && edge.cause > edge.effect);
                if swap {
                    (edge.cause, edge.effect, edge.marks) = (edge.effect, edge.cause, edge.marks.reversed());
                }
            } else if edge.marks != EdgeMarks::DIRECTED {
                return Err(GraphError::Mark {
                    kind: "lagged graph",
                    a: edge.lag.name_of(nodes.name(edge.cause)),
                    b: nodes.name(edge.effect).to_owned(),
                    marks: edge.marks.to_string(),
                });
            }
            kept.push(edge);
        }
        kept.reverse();
        kept.sort_by_key(LaggedEdge::place);
        kept.dedup_by_key(|edge| edge.place());
        Ok(Self { nodes, max_lag, edges: kept })
    }

    /// The series.
    #[must_use]
    pub fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    /// The largest lag looked at.
    #[must_use]
    pub fn max_lag(&self) -> Lag {
        self.max_lag
    }

    /// The edges by effect, lag and cause.
    #[must_use]
    pub fn edges(&self) -> &[LaggedEdge] {
        &self.edges
    }

    /// Whether the first acts on the second at this lag, by an edge that is directed.
    #[must_use]
    pub fn has(&self, cause: usize, effect: usize, lag: Lag) -> bool {
        let place = (effect, lag, cause);
        let found = self.edges.binary_search_by(|edge| edge.place().cmp(&place));
        found.is_ok_and(|at| self.edges[at].marks == EdgeMarks::DIRECTED)
    }

    /// The edges into a series, by lag and cause.
    pub fn into_series(&self, effect: usize) -> impl Iterator<Item = &LaggedEdge> {
        self.edges.iter().filter(move |edge| edge.effect == effect)
    }

    /// The summary graph: each pair of different series that is joined at some lag, by effect and cause. A pair joined at lag 0
    /// only, without direction, keeps its marks.
    #[must_use]
    pub fn summary(&self) -> Vec<SummaryEdge> {
        let mut pairs: BTreeMap<(usize, usize), SummaryEdge> = BTreeMap::new();
        for edge in self.edges.iter().filter(|edge| edge.cause != edge.effect) {
            match pairs.entry((edge.effect, edge.cause)) {
                Entry::Occupied(mut known) => {
                    let pair = known.get_mut();
                    pair.lags.push(edge.lag);
                    if edge.marks == EdgeMarks::DIRECTED {
                        pair.marks = EdgeMarks::DIRECTED;
                    }
                    if stronger(edge, &pair.strongest) == Ordering::Greater {
                        pair.strongest = *edge;
                    }
                }
                Entry::Vacant(new) => {
                    new.insert(SummaryEdge {
                        cause: edge.cause,
                        effect: edge.effect,
                        marks: edge.marks,
                        lags: vec![edge.lag],
                        strongest: *edge,
                    });
                }
            }
        }
        pairs.into_values().collect()
    }

    /// The graph over `a@-2`, `a@-1`, `a`: every series at every lag from the maximum to 0, and the edges into lag 0.
    #[must_use]
    pub fn to_document(&self) -> GraphDocument {
        let lags = (0..=self.max_lag.rows()).rev().map(Lag::new);
        let nodes =
            lags.flat_map(|lag| self.nodes.names().iter().map(move |name| lag.name_of(name))).collect();
        let edge = |edge: &LaggedEdge| GraphEdge {
            a: edge.lag.name_of(self.nodes.name(edge.cause)),
            b: self.nodes.name(edge.effect).to_owned(),
            marks: edge.marks,
            strength: edge.strength,
        };
        GraphDocument { nodes, edges: self.edges.iter().map(edge).collect() }
    }

    /// The summary graph by name, with the strength of each pair's strongest lag. A pair that acts both ways has two edges.
    #[must_use]
    pub fn to_summary_document(&self) -> GraphDocument {
        let edge = |pair: SummaryEdge| GraphEdge {
            a: self.nodes.name(pair.cause).to_owned(),
            b: self.nodes.name(pair.effect).to_owned(),
            marks: pair.marks,
            strength: pair.strongest.strength,
        };
        GraphDocument {
            nodes: self.nodes.names().to_vec(),
            edges: self.summary().into_iter().map(edge).collect(),
        }
    }
}

fn stronger(left: &LaggedEdge, right: &LaggedEdge) -> Ordering {
    match (left.strength, right.strength) {
        (Some(left), Some(right)) => left.abs().total_cmp(&right.abs()),
        _ => match (left.p_value, right.p_value) {
            (Some(left), Some(right)) => right.total_cmp(&left),
            _ => Ordering::Equal,
        },
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn strong(cause: usize, effect: usize, lag: usize, strength: f64) -> LaggedEdge {
        LaggedEdge { strength: Some(strength), ..LaggedEdge::directed(cause, effect, Lag::new(lag)) }
    }

    #[test]
    fn edges_are_sorted_unique_and_checked() {
        let nodes = Nodes::new(["a", "b"]).unwrap();
        let graph = LaggedGraph::new(
            nodes.clone(),
            Lag::new(2),
            [strong(1, 1, 1, 0.5), strong(0, 1, 2, 0.1), strong(0, 1, 2, 0.2), strong(0, 0, 1, 0.9)],
        )
        .unwrap();
        let places: Vec<_> =
            graph.edges().iter().map(|e| (e.cause, e.effect, e.lag.rows(), e.strength)).collect();
        assert_eq!(places, [(0, 0, 1, Some(0.9)), (1, 1, 1, Some(0.5)), (0, 1, 2, Some(0.2))]);
        assert!(graph.has(0, 1, Lag::new(2)) && !graph.has(0, 1, Lag::ONE));
        let refused = |edge| LaggedGraph::new(nodes.clone(), Lag::new(2), [edge]).is_err();
        assert!(refused(strong(0, 2, 1, 1.0)));
        assert!(refused(strong(0, 1, 3, 1.0)));
        assert!(refused(strong(1, 1, 0, 1.0)));
        assert!(refused(LaggedEdge { marks: EdgeMarks::UNDIRECTED, ..strong(0, 1, 1, 1.0) }));
    }

    #[test]
    fn the_summary_joins_lags_and_keeps_the_strongest() {
        let nodes = Nodes::new(["a", "b", "c"]).unwrap();
        let within = LaggedEdge { marks: EdgeMarks::UNDIRECTED, ..strong(2, 1, 0, 0.3) };
        let edges =
            [strong(0, 1, 1, 0.2), strong(0, 1, 2, -0.7), strong(1, 0, 1, 0.4), strong(0, 0, 1, 0.9), within];
        let graph = LaggedGraph::new(nodes, Lag::new(2), edges).unwrap();
        let summary = graph.summary();
        let pairs: Vec<_> =
            summary.iter().map(|s| (s.cause, s.effect, s.lags.len(), s.strongest.strength)).collect();
        assert_eq!(pairs, [(1, 0, 1, Some(0.4)), (0, 1, 2, Some(-0.7)), (1, 2, 1, Some(0.3))]);
        assert_eq!(summary[2].marks, EdgeMarks::UNDIRECTED);
        assert_eq!(
            graph.to_document().to_json(),
            r#"{"nodes":["a@-2","b@-2","c@-2","a@-1","b@-1","c@-1","a","b","c"],"edges":[["a@-1","a","-->",0.9],["b@-1","a","-->",0.4],["a@-1","b","-->",0.2],["a@-2","b","-->",-0.7],["b","c","---",0.3]]}"#
        );
    }
}
