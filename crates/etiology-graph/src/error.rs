//! The one error type of this crate.

/// Why a graph could not be built, read or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GraphError {
    /// Two nodes share a name.
    #[error("node `{name}` is listed twice; give every node its own name")]
    DuplicateNode {
        /// The repeated name.
        name: String,
    },
    /// A name or number that is no node.
    #[error("`{name}` is not a node of the graph")]
    UnknownNode {
        /// What was asked for.
        name: String,
    },
    /// An edge from a node to itself.
    #[error("node `{name}` cannot have an edge to itself")]
    SelfLoop {
        /// The node.
        name: String,
    },
    /// The directed edges close a cycle.
    #[error("the edge `{from}` --> `{to}` closes a directed cycle; remove one edge of the cycle")]
    Cycle {
        /// Tail of the offending edge.
        from: String,
        /// Head of the offending edge.
        to: String,
    },
    /// A pair of nodes has two edges.
    #[error("`{a}` and `{b}` are joined twice; keep one edge a pair")]
    DuplicateEdge {
        /// One node.
        a: String,
        /// The other.
        b: String,
    },
    /// No directed acyclic graph has this skeleton and these arrows.
    #[error("the partially directed graph has no consistent extension to a DAG")]
    NotExtendable,
    /// The method needs the CPDAG of a class.
    #[error("the graph is not a CPDAG; take the CPDAG of one of its members")]
    NotCpdag,
    /// The method needs a DAG, a CPDAG, or a CPDAG with background knowledge.
    #[error(
        "the graph is no DAG, CPDAG or MPDAG: it is not closed under Meek's rules or has no consistent extension; \
        take the CPDAG of a DAG, or close the graph under the rules"
    )]
    NotMpdag,
    /// Background knowledge asks for, or rules out, what the class of graphs does not or must have.
    #[error("background knowledge {} `{from}` --> `{to}`, but {}", if *must { "requires" } else { "forbids" },
        if *must { "no member of the class has it" } else { "every member of the class has it" })]
    Contradiction {
        /// Tail of the arrow.
        from: String,
        /// Head of the arrow.
        to: String,
        /// Whether it was required, or else forbidden.
        must: bool,
    },
    /// An edge mark this type of graph cannot hold.
    #[error("a {kind} cannot hold the edge `{a}` {marks} `{b}`")]
    Mark {
        /// Type of graph.
        kind: &'static str,
        /// Left node.
        a: String,
        /// Right node.
        b: String,
        /// The edge's marks.
        marks: String,
    },
    /// An edge reaches further back than the graph looks.
    #[error("an edge of lag {lag} does not fit a graph of lags up to {max}; raise the maximum lag")]
    Lag {
        /// The edge's lag.
        lag: usize,
        /// The graph's largest.
        max: usize,
    },
    /// Two graphs that should be over the same nodes are not.
    #[error(
        "the graphs have different nodes: number {at} is `{a}` in one and `{b}` in the other; bring both into one order"
    )]
    DifferentNodes {
        /// One-based number of the first node that differs.
        at: usize,
        /// Its name in the first graph.
        a: String,
        /// Its name in the second.
        b: String,
    },
    /// A name the format has no way to hold.
    #[error("{format} cannot hold the name `{}`: it has a control character; rename the node", name.escape_debug())]
    Unwritable {
        /// The format.
        format: &'static str,
        /// The name.
        name: String,
    },
    /// A document with more nodes than a graph in memory should have.
    #[error("{got} nodes are more than the {most} a graph can hold; keep only the nodes that matter")]
    TooManyNodes {
        /// Nodes in the document.
        got: usize,
        /// The most allowed.
        most: usize,
    },
    /// A file or text that is not in the named format.
    #[error("{format}, line {line}: {message}")]
    Syntax {
        /// The format that was expected.
        format: &'static str,
        /// One-based line.
        line: usize,
        /// What is wrong.
        message: String,
    },
}
