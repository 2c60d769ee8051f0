//! Gaussian scores and the searches over equivalence classes, against published numbers and graphs.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod data;
mod graphs;
mod hostile;
mod knowledge;
mod optimum;
mod peers;
mod scores;
