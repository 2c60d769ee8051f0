//! Searches over Markov equivalence classes: GES, FGES and XGES, on one engine.

mod backward;
mod class;
mod effects;
mod fges;
mod ges;
mod operator;
mod parked;
mod reach;
mod report;
mod search;
mod xges;

pub(crate) use backward::backward;
pub use fges::Fges;
pub use ges::Ges;
pub use report::{LearnedClass, SearchWork};
pub use xges::Xges;
