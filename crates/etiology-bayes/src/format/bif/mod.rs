//! The Bayesian Interchange Format, as text.
//!
//! Two dialects are read: the original proposal (Cozman 1998: names in quotes, commas optional, `table`, `default`) and the
//! one of the bnlearn repository. Rows of probabilities may come in any order, comments and properties are skipped. Written is
//! the bnlearn dialect, with names in quotes where they need it and every number with all its digits, so that a network read
//! back is the same network.

mod lexer;
mod read;
mod write;

pub use read::read_bif;
pub use write::write_bif;
