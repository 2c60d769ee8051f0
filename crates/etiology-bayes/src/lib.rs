#![doc = include_str!("../README.md")]

mod error;
mod gaussian;
mod regression;
mod sampling;

pub use error::BayesError;
pub use gaussian::{
    FitNote, GaussianEstimator, GaussianFit, GaussianNetwork, GaussianPosterior, Intervention,
    LinearGaussian, Variance,
};
