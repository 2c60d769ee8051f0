//! Constraint-based learners against oracles, published graphs, other programs and hostile input.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod causal_learn;
mod compare;
mod data;
mod fci;
mod hostile;
mod mvpc;
mod oracle;
mod properties;
mod rfci;
