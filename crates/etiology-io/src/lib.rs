#![doc = include_str!("../README.md")]

mod arrow;
mod bundle;
mod cell;
mod csv;
mod error;
mod format;
mod header;
mod long;
mod options;
mod parquet;
mod records;
mod samples;
mod table;
mod time_column;
mod write;

pub use bundle::{Bundle, TableFormat, read_incident, read_truth, write_incident, write_incident_as};
pub use csv::read_csv;
pub use error::IoError;
pub use options::{DuplicateColumns, Layout, ReadOptions};
pub use records::{read_events, read_topology};
pub use samples::{Categories, Samples, read_samples};
pub use table::{Table, read_table};
pub use write::write_table;
