//! Discrete networks: formats and exact inference.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::float_cmp,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub
)]

mod bif;
mod common;
mod coverage;
mod force;
mod known;
mod xmlbif;
