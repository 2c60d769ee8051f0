//! What the searches over graphs and orders hand back.

use etiology_graph::{Dag, Pdag, add_background_knowledge, cpdag};

use crate::{Knowledge, StructureError};

/// A learned graph.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LearnedDag {
    /// The graph.
    pub graph: Dag,
    /// What the data can tell of it: its CPDAG, or with background knowledge the MPDAG of those members of its class that
    /// agree with it. Meaningful for score-equivalent scores.
    pub class: Pdag,
    /// Its score.
    pub score: f64,
    /// Steps of the search that were kept: edges added, removed or turned, or variables moved in the order.
    pub moves: u64,
    /// Local scores asked for; those of the first sweep over all pairs included.
    pub scores_asked: u64,
    /// Local scores computed; the others were remembered.
    pub scores_computed: u64,
    /// Whether the search ran to its end; false when the limit on moves stopped it.
    pub complete: bool,
}

/// The class of a graph that agrees with the knowledge.
pub(crate) fn class_of(dag: &Dag, knowledge: &Knowledge) -> Result<Pdag, StructureError> {
    let class = cpdag(dag);
    if knowledge.is_empty() {
        return Ok(class);
    }
    Ok(add_background_knowledge(&class, knowledge.required(), knowledge.forbidden())?)
}
