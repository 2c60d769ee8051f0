#![doc = include_str!("../README.md")]

mod conditional;
mod configuration;
mod error;
mod gaussian;
mod regression;
mod sampling;

pub use conditional::{
    ConditionalGaussianEstimator, ConditionalGaussianFit, ConditionalGaussianNetwork, MixedColumn,
    MixedFamily, MixedPosterior, MixtureComponent, SampledColumn, Value,
};
pub use error::BayesError;
pub use gaussian::{
    FitNote, GaussianEstimator, GaussianFit, GaussianNetwork, GaussianPosterior, Intervention,
    LinearGaussian, Variance,
};
