#![doc = include_str!("../README.md")]

mod error;
mod outcome;
mod series;

pub use error::GrangerError;
pub use outcome::{Reference, Statistic, Untestable};
pub use series::Series;
