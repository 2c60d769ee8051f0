//! PCMCI and PCMCI+: constraint-based discovery of lagged and contemporaneous causes.
//!
//! Both first thin the past of each series to a superset of its parents by a PC search, then test every link given the parents
//! of both of its ends (momentary conditional independence, MCI), which removes the autocorrelation that makes pairwise tests
//! wrong. [`Pcmci`] stops there; [`PcmciPlus`] also searches within the row and orients what it finds.
//!
//! Tests are those of the trait [`IndependenceTest`](etiology_stats::IndependenceTest) over columns `lag * p + series`, with
//! lags up to twice the maximum lag, since the parents of a lagged cause lie that far back.

mod combinations;
mod input;
mod lagged;
mod mci;
mod orient;
mod parents;
mod plus;
mod search;

pub(crate) use input::{partial_correlation, usable};
pub use lagged::{LagTest, Lagged};
pub(crate) use lagged::{check_lags, check_level};
pub use mci::ConditionLimits;
pub use orient::TripleRule;
pub use plus::{PcmciPlus, PcmciPlusResult};
pub use search::{Pcmci, PcmciResult};
