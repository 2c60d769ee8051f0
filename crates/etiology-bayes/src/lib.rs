#![doc = include_str!("../README.md")]

mod conditional;
mod configuration;
mod discrete;
mod effect;
mod error;
mod estimate;
mod exact;
mod format;
mod gaussian;
mod network;
mod regression;
mod sampling;
mod strength;

pub use conditional::{
    ConditionalGaussianEstimator, ConditionalGaussianFit, ConditionalGaussianNetwork, MixedEstimate,
    MixedFamily, MixedPosterior, MixtureComponent, Value,
};
pub use discrete::{DiscreteNetwork, Evidence, Finding, SUM_TOLERANCE};
pub use effect::CausalEffect;
pub use error::BayesError;
pub use estimate::{
    DiscreteEstimator, DiscreteFit, ExpectationMaximization, ExpectationMaximizationFit, NetworkCounts,
    ParameterPrior,
};
pub use exact::{
    Calibration, Cost, Explanation, JunctionTree, Limits, OrderHeuristic, Posterior, VariableElimination,
};
pub use format::bif::{read_bif, write_bif};
pub use format::xmlbif::{read_xmlbif, write_xmlbif};
pub use gaussian::{
    FitNote, GaussianEstimator, GaussianFit, GaussianNetwork, GaussianPosterior, Intervention,
    LinearGaussian, Variance,
};
pub use network::{Answer, Network, NetworkEstimator, NetworkFit};
pub use sampling::{
    ApproximateMarginal, GibbsEstimate, GibbsSampler, GibbsWarning, LikelihoodWeighting, WeightedEstimate,
};
pub use strength::{ArcStrength, discrete_arc_strength, gaussian_arc_strength};
