//! The backward phase alone, for learners that bring a graph of their own.

use etiology_graph::{Dag, consistent_extension};

use super::operator::Kind;
use super::report::Limits;
use super::search::Search;
use crate::{Knowledge, LocalScore, StructureError};

/// A member of the class at which deletions from the class of `start` end, the best deletion first (Chickering 2002).
pub(crate) fn backward(
    score: &dyn LocalScore,
    knowledge: &Knowledge,
    start: &Dag,
) -> Result<Dag, StructureError> {
    let mut search = Search::new(score, knowledge, Limits::default())?;
    search.jump(start, 0.0);
    search.run(&[Kind::Delete]);
    Ok(consistent_extension(&search.finish()?.graph)?)
}
