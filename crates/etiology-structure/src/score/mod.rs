//! Decomposable scores: what each learner of this crate maximises. One file a score; the pieces they share beside them.

mod bge;
mod conditional_gaussian;
mod discrete;
mod gaussian;
mod memo;
mod prefix_cholesky;

pub use bge::BgeScore;
pub use conditional_gaussian::ConditionalGaussianScore;
pub use discrete::{DiscreteCriterion, DiscreteScore};
pub use gaussian::{GaussianCriterion, GaussianScore};
pub(crate) use memo::FamilyTable;
pub use memo::ScoreMemo;
