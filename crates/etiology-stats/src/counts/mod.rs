//! Counts over discrete columns, the hot loop of every discrete test and score.
//!
//! A [`Counter`] holds the columns as bytes (two where a column has more than 255 levels) and, for columns of few levels, as
//! one bit a row and level. A [`CountSession`] counts on one thread and keeps the grouping of the rows by the last
//! conditioning set: two sets that begin alike share the grouping as far as they do, so a learner that walks through
//! subsets in lexicographic order pays for the last member only (Jiang et al., "Fast-BNS", IPDPS 2022, share it over the
//! tests of one edge).
//!
//! Small tables are counted by `and` and popcount over bits, 64 rows at a time; larger ones by one increment a row; tables
//! with many more cells than rows by sorting. All three give the same counts. A row that lacks a value in any column asked
//! about is left out (test-wise deletion).

mod bits;
mod contingency;
mod counter;
mod groups;
mod session;

pub use contingency::{Contingency, Stratum};
pub use counter::Counter;
pub use session::{CountSession, FamilyCounts};

pub(crate) use session::{Cell, PairCounts};
