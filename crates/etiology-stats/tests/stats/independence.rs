mod contingency_test;
mod partial_correlation;
mod rank;
