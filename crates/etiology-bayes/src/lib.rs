#![doc = include_str!("../README.md")]

mod conditional;
mod configuration;
mod discrete;
mod error;
mod format;
mod gaussian;
mod regression;
mod sampling;

pub use conditional::{
    ConditionalGaussianEstimator, ConditionalGaussianFit, ConditionalGaussianNetwork, MixedColumn,
    MixedFamily, MixedPosterior, MixtureComponent, SampledColumn, Value,
};
pub use discrete::{DiscreteNetwork, Evidence, Finding, SUM_TOLERANCE};
pub use error::BayesError;
pub use format::bif::{read_bif, write_bif};
pub use gaussian::{
    FitNote, GaussianEstimator, GaussianFit, GaussianNetwork, GaussianPosterior, Intervention,
    LinearGaussian, Variance,
};
