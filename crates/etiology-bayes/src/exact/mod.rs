//! Exact inference in discrete networks.
//!
//! [`VariableElimination`] answers one question at a time and looks only at what bears on it; [`JunctionTree`] is built once
//! and gives every marginal in one pass up and one pass down. Both refuse, with numbers, what would not fit ([`Limits`]).

mod elimination;
mod explanation;
mod kernel;
mod model;
mod order;
mod tree;

pub(crate) use elimination::{Factor, sum_product};
pub use elimination::{Posterior, VariableElimination};
pub use explanation::Explanation;
pub use model::{Cost, Limits};
pub use order::OrderHeuristic;
pub use tree::{Calibration, JunctionTree};
