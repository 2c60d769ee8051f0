#![doc = include_str!("../README.md")]

mod error;
mod files;
mod floors;
mod report;
mod resume;
mod run;
mod score;
mod suite;
mod suites;
mod table;

pub use error::BenchError;
pub use floors::FloorReport;
pub use report::{CaseReport, Group, MethodReport, Report, ScoreValue, Specificity, Standing, Unreadable};
pub use run::{Progress, RunOptions, run};
pub use score::{DEPTH, Marks, Score};
pub use suite::{CaseSource, Cases, LabelledIncident, LoadOptions, Suite, SuiteCard, find_suite, suites};
pub use table::Style;
