//! Granger causality: does the past of one series improve the forecast of another (Granger, Econometrica 37, 1969)?
//!
//! [`GrangerScan`] asks of every ordered pair, [`Var::causality`](crate::Var::causality) of groups of series. All tests compare two
//! nested least-squares fits, with and without the past of the cause; [`TestStatistic`] says in which of four ways.

mod block;
mod conditional;
mod equation;
mod pairwise;
mod result;
mod scan;
mod statistic;

pub use result::{GrangerTests, LagEffect, PairTest};
pub use scan::{Conditioning, Correction, GrangerScan, OrderRule};
pub use statistic::TestStatistic;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod calibration;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
