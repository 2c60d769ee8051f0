//! Discrete scores and the searches over graphs and orders, against published numbers and by their promises.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod climbing;
mod data;
mod discrete_scores;
mod mixed;
mod mmhc;
mod permutation;
