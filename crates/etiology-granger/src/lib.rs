#![doc = include_str!("../README.md")]

mod error;
mod outcome;
mod series;
#[cfg(test)]
mod testing;
mod var;

pub use error::GrangerError;
pub use etiology_graph::{Lag, LaggedEdge, LaggedGraph, Nodes};
pub use outcome::{Reference, Statistic, Untestable};
pub use series::Series;
pub use var::{Information, Normality, Residuals, Trend, Var, Whiteness};
