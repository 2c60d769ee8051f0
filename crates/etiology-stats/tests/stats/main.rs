//! Known answers first (numpy 2.4.6, scipy 1.17.1, statsmodels 0.15.0 unless said otherwise), then properties, then
//! hostile input.
#![allow(clippy::float_cmp, clippy::unwrap_used, clippy::print_stdout)]

mod correlation;
mod interval;
mod location_scale;
mod moments;
mod multiple;
mod order;
mod support;
mod tail;
mod two_sample;
