mod conditional_gaussian;
mod contingency_test;
mod partial_correlation;
mod rank;
mod testwise;
