mod conditional_gaussian;
mod contingency_test;
mod kernel;
mod partial_correlation;
mod random_features;
mod rank;
mod testwise;
