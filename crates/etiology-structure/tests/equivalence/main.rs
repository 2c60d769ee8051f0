//! Gaussian scores and the searches over equivalence classes, against published numbers and graphs.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod data;
mod scores;
