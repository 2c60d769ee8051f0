//! How a table is read when its own header does not say enough.

use std::borrow::Cow;

use etiology_frame::{DuplicateTimes, Metric, NameTable};
use regex::Regex;

use crate::IoError;

/// The two shapes of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// A time column and one column per metric.
    Wide,
    /// One row per value: `time, entity, metric, value`.
    Long,
}

/// What happens to columns that share a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DuplicateColumns {
    /// Refuse the table and name them (the default).
    #[default]
    Refuse,
    /// Keep the first and state the others as left out.
    First,
    /// Keep all: `x`, `x.1`, `x.2`, as pandas names them.
    Number,
}

/// Options of every reader.
///
/// # Defaults
/// * time column: the first of `time`, `timestamp`, `ts`, `date`, `unix_timestamp`, `step` that is there, whatever its
///   case, and whose first entry reads as a time;
/// * time format: ISO 8601, epoch numbers or integer steps, told apart by the whole column;
/// * names: read by [`NameTable::builtin`];
/// * repeated times: [`DuplicateTimes::Last`]; repeated columns: [`DuplicateColumns::Refuse`];
/// * layout: long when there are columns `entity`, `metric` and `value`, else wide.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    pub(crate) time: Option<String>,
    pub(crate) time_format: Option<String>,
    pub(crate) name_pattern: Option<Regex>,
    names: Option<Cow<'static, NameTable>>,
    pub(crate) duplicates: DuplicateTimes,
    pub(crate) duplicate_columns: DuplicateColumns,
    pub(crate) layout: Option<Layout>,
}

impl ReadOptions {
    /// The defaults above.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The column that holds the time.
    #[must_use]
    pub fn time(mut self, column: impl Into<String>) -> Self {
        self.time = Some(column.into());
        self
    }

    /// How the times are written, as a `strftime` pattern (`%d/%m/%Y %H:%M:%S`). Times without an offset are UTC; a
    /// pattern without a clock time means midnight.
    #[must_use]
    pub fn time_format(mut self, pattern: impl Into<String>) -> Self {
        self.time_format = Some(pattern.into());
        self
    }

    /// How a metric's name splits: a pattern with the named groups `entity` and `metric`, for example
    /// `^(?<entity>.+)_(?<metric>[^_]+)$`. Names it does not match are split by the name table.
    ///
    /// # Errors
    /// When the pattern has not both groups.
    pub fn name_pattern(mut self, pattern: Regex) -> Result<Self, IoError> {
        let has = |wanted: &str| pattern.capture_names().flatten().any(|name| name == wanted);
        if !(has("entity") && has("metric")) {
            return Err(IoError::Content {
                file: "--name-pattern".to_owned(),
                place: format!("`{pattern}`"),
                what: "has not both named groups `entity` and `metric`".to_owned(),
                remedy: "write it like ^(?<entity>.+)_(?<metric>[^_]+)$".to_owned(),
            });
        }
        self.name_pattern = Some(pattern);
        Ok(self)
    }

    /// The table that says what names mean.
    #[must_use]
    pub fn names(mut self, table: NameTable) -> Self {
        self.names = Some(Cow::Owned(table));
        self
    }

    /// What happens to rows with the same time.
    #[must_use]
    pub fn duplicates(mut self, rule: DuplicateTimes) -> Self {
        self.duplicates = rule;
        self
    }

    /// What happens to columns with the same name.
    #[must_use]
    pub fn duplicate_columns(mut self, rule: DuplicateColumns) -> Self {
        self.duplicate_columns = rule;
        self
    }

    /// The shape of the table, when it cannot be told from its header.
    #[must_use]
    pub fn layout(mut self, layout: Layout) -> Self {
        self.layout = Some(layout);
        self
    }

    pub(crate) fn table(&self) -> &NameTable {
        self.names.as_deref().unwrap_or_else(|| NameTable::builtin())
    }

    /// What a column's name says under these options.
    pub(crate) fn metric(&self, name: &str) -> Metric {
        let found = self.name_pattern.as_ref().and_then(|pattern| pattern.captures(name));
        let parts = found.as_ref().and_then(|found| Some((found.name("entity")?, found.name("metric")?)));
        match parts {
            Some((entity, measure)) => self.metric_of(name, entity.as_str(), measure.as_str()),
            None => Metric::infer_with(self.table(), name),
        }
    }

    /// A metric whose entity and measure are given: only layer, kind and unit are read from the name.
    pub(crate) fn metric_of(&self, name: &str, entity: &str, measure: &str) -> Metric {
        let mut metric = Metric::infer_with(self.table(), measure);
        if metric.layer.is_none() {
            metric = Metric::infer_with(self.table(), name);
        }
        metric.name = name.to_owned();
        metric.measure = measure.to_owned();
        metric.entity = (!entity.is_empty()).then(|| entity.to_owned());
        metric
    }
}
