//! Every root-cause method, one a file, and the registry that lists them.

mod alert_count;
mod ancestors;
mod baro;
mod energy;
mod epsilon_diagnosis;
mod floors;
mod graph;
mod like_for_like;
mod marginal;
mod max_z;
mod node_score;
mod nsigma;
mod page_rank;
mod prism;
mod random_walk;
mod ranked_correlation;
mod score_ordering;
mod simple_traversal;
mod smooth_traversal;
mod traversal;

pub use alert_count::AlertCount;
pub use baro::Baro;
pub use epsilon_diagnosis::EpsilonDiagnosis;
pub use floors::NamesOnly;
pub use marginal::{Flat, Side};
pub use max_z::MaxZ;
pub use nsigma::NSigma;
pub use page_rank::PageRank;
pub use prism::{Combine, Prism};
pub use random_walk::RandomWalk;
pub use ranked_correlation::RankedCorrelation;
pub use score_ordering::ScoreOrdering;
pub use simple_traversal::SimpleTraversal;
pub use smooth_traversal::SmoothTraversal;
pub use traversal::{Traversal, Trigger};

use crate::{RankError, RootCauseMethod};

/// Every method, floors last.
#[must_use]
pub fn registry() -> Vec<Box<dyn RootCauseMethod>> {
    vec![
        Box::new(NSigma::repaired()),
        Box::new(NSigma::published()),
        Box::new(MaxZ::repaired()),
        Box::new(MaxZ::published()),
        Box::new(AlertCount::repaired()),
        Box::new(AlertCount::published()),
        Box::new(Baro::repaired()),
        Box::new(Baro::published()),
        Box::new(Prism::repaired(Combine::Additive)),
        Box::new(Prism::published(Combine::Additive)),
        Box::new(Prism::repaired(Combine::Conjunctive)),
        Box::new(Prism::published(Combine::Conjunctive)),
        Box::new(ScoreOrdering::repaired()),
        Box::new(ScoreOrdering::published()),
        Box::new(EpsilonDiagnosis::repaired()),
        Box::new(EpsilonDiagnosis::published()),
        Box::new(RankedCorrelation::repaired()),
        Box::new(RankedCorrelation::published()),
        Box::new(Traversal::repaired()),
        Box::new(Traversal::published()),
        Box::new(Traversal::z()),
        Box::new(SimpleTraversal::repaired()),
        Box::new(SimpleTraversal::published()),
        Box::new(SmoothTraversal::repaired()),
        Box::new(SmoothTraversal::published()),
        Box::new(RandomWalk::repaired()),
        Box::new(RandomWalk::published()),
        Box::new(PageRank::repaired()),
        Box::new(PageRank::published()),
        Box::new(NamesOnly::chance()),
        Box::new(NamesOnly::constant()),
        Box::new(NamesOnly::column_order()),
    ]
}

/// The method that `id` names: `baro` (repaired) or `baro:published`. A method that exists only as published answers to
/// its bare name too.
///
/// # Errors
/// [`RankError::NoMethod`].
pub fn find(id: &str) -> Result<Box<dyn RootCauseMethod>, RankError> {
    let mut methods = registry();
    let by_id = methods.iter().position(|method| method.card().id() == id);
    let index = by_id.or_else(|| methods.iter().position(|method| method.card().name == id));
    match index {
        Some(index) => Ok(methods.swap_remove(index)),
        None => Err(RankError::NoMethod { name: id.to_owned() }),
    }
}
