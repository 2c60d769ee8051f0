//! Parameters, Gaussian and mixed networks, sampling and approximate inference.
#![allow(
    clippy::float_cmp,
    clippy::unwrap_used,
    clippy::unreachable,
    clippy::print_stderr,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]
#![allow(unreachable_pub)]

mod discrete;
mod em;
mod gaussian;
mod mixed;
mod network;
mod sampled;
mod strength;
mod support;
