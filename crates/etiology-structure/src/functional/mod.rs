//! Learners of linear functional models: the direction of an edge is read from the shape of the noise, so the answer is a
//! DAG with weights and not a class of equivalent graphs.
//!
//! both then prune the regression on the predecessors ([`Pruning`]) and answer with a [`LinearSem`].

mod assignment;
mod columns;
mod direct_lingam;
mod entropy;
mod fast_ica;
mod ica_lingam;
mod lasso;
mod linear_sem;
mod prune;

pub use direct_lingam::DirectLingam;
pub use ica_lingam::IcaLingam;
pub use linear_sem::LinearSem;
pub use prune::Pruning;
