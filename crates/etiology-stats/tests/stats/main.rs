//! Known answers first (numpy 2.4.6, scipy 1.17.1, statsmodels 0.15.0 unless said otherwise), then properties, then
//! hostile input.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    clippy::print_stdout,
    clippy::unwrap_used
)]

mod calibration;
mod correlation;
mod counts;
mod independence;
mod interval;
mod location_scale;
mod mean;
mod moments;
mod multiple;
mod oracle;
mod order;
mod support;
mod tail;
mod two_sample;
