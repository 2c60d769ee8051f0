//! Functional, continuous and information-theoretic learners and the bootstrap: known answers, properties, hostile input.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::float_cmp)]

mod bootstrap;
mod continuous;
mod lingam;
mod miic;
mod support;
