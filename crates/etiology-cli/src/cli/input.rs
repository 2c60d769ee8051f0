//! The options every command that reads a table shares.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use regex::Regex;

/// A table or an incident folder, and how to read it.
#[derive(Debug, Clone, Args)]
pub(crate) struct Input {
    /// A table (.csv, .csv.gz, .tsv, .parquet, .arrow, .feather) or an incident folder
    #[arg(value_name = "INPUT")]
    pub(crate) path: PathBuf,
    /// The column that holds the time [default: time, timestamp, ts, date, `unix_timestamp` or step]
    #[arg(long, value_name = "COLUMN", help_heading = "Reading the input")]
    pub(crate) time: Option<String>,
    /// How times are written, as a strftime pattern such as '%d/%m/%Y %H:%M:%S' [default: told from the column]
    #[arg(long, value_name = "PATTERN", help_heading = "Reading the input")]
    pub(crate) time_format: Option<String>,
    /// How a column name splits: a regular expression with the groups `entity` and `metric`
    ///
    /// For example `^(?<entity>.+)_(?<metric>[^_]+)$`. Names it does not match are read by the name table.
    #[arg(long, value_name = "REGEX", help_heading = "Reading the input")]
    pub(crate) name_pattern: Option<Regex>,
    /// Rows of your own for the table that says what names mean: layer, kind, unit
    #[arg(long, value_name = "FILE", help_heading = "Reading the input")]
    pub(crate) names: Option<PathBuf>,
    /// The table's shape [default: told from its header]
    #[arg(long, value_enum, value_name = "LAYOUT", help_heading = "Reading the input")]
    pub(crate) layout: Option<Layout>,
    /// Normal behaviour recorded apart: a table with the same metrics
    #[arg(long, value_name = "FILE", help_heading = "Reading the input")]
    pub(crate) reference: Option<PathBuf>,
    /// Put the rows on a grid, such as 1s, 5m or 250ms: gauges by their mean, counters by their last value, gaps stay null
    #[arg(long, value_name = "PERIOD", value_parser = Period::parse, help_heading = "Reading the input")]
    pub(crate) align: Option<Period>,
    /// Leave a metric out; may be repeated
    #[arg(long, value_name = "METRIC", help_heading = "Reading the input")]
    pub(crate) exclude: Vec<String>,
}

/// The two shapes of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Layout {
    /// A time column and a column a metric
    Wide,
    /// The columns time, entity, metric, value
    Long,
}

/// A length of time in seconds, or in steps where the table counts steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Period(pub(crate) f64);

impl Period {
    fn parse(text: &str) -> Result<Self, String> {
        let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let seconds = match unit {
            "ms" => 1e-3,
            "" | "s" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3_600.0,
            "d" => 86_400.0,
            _ => f64::NAN,
        };
        let period = number.parse::<f64>().map_or(f64::NAN, |n| n * seconds);
        let usable = period.is_finite() && period > 0.0;
        if usable {
            Ok(Self(period))
        } else {
            Err("give a length of time such as 1s, 5m, 250ms or 2h".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_read_as_people_write_them() {
        for (text, seconds) in [("1s", 1.0), ("5m", 300.0), ("250ms", 0.25), ("1.5h", 5400.0), ("10", 10.0)] {
            assert_eq!(Period::parse(text), Ok(Period(seconds)), "{text}");
        }
        for text in ["", "s", "0s", "-1s", "1 s", "1y", "1e400", "..s", "nan"] {
            assert!(Period::parse(text).is_err(), "{text}");
        }
    }
}
