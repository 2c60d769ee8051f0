//! Parameters of discrete networks from data.
//!
//! [`NetworkCounts`] are the sufficient statistics, which add up over chunks; [`DiscreteEstimator`] turns them into tables,
//! by maximum likelihood or with a Dirichlet prior; [`ExpectationMaximization`] does so where values are missing.

mod buckets;
mod counts;
mod em;
mod patterns;
mod tables;

pub use counts::NetworkCounts;
pub use em::{ExpectationMaximization, ExpectationMaximizationFit};
pub use tables::{DiscreteEstimator, DiscreteFit, ParameterPrior};
pub(crate) use tables::{log_likelihood_of, normalise};
