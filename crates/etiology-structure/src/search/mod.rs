//! Searches over graphs, one edge at a time: hill climbing, tabu search, and their restriction to a skeleton.

mod hill_climbing;
mod mmhc;
mod options;
mod report;
mod state;
mod tabu;

pub use hill_climbing::HillClimbing;
pub use mmhc::{Mmhc, MmhcResult};
pub use report::LearnedDag;
pub(crate) use report::class_of;
pub use tabu::TabuSearch;
