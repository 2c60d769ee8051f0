#![doc = include_str!("../README.md")]

mod error;
mod knowledge;
mod local_score;

pub use error::StructureError;
pub use knowledge::Knowledge;
pub use local_score::{LocalScore, ScoreSession};
