//! Builds a valid frame from rows in any order: sorts them, merges repeated times, turns NaN into null, and says what
//! it did.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Float64Array, Int64Array, RecordBatch, TimestampNanosecondArray};
use arrow_buffer::ScalarBuffer;
use arrow_schema::{Field, Schema};
use std::fmt;

use crate::frame::{index_names, time_field};
use crate::{Clock, FrameError, Metric, MetricFrame, Time};

/// What happens to rows with the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DuplicateTimes {
    /// For each metric keep the last value that is not null, in input order (the default: a later report corrects an
    /// earlier one).
    #[default]
    Last,
    /// For each metric keep the first value that is not null.
    First,
    /// For each metric take the mean of the values that are not null.
    Mean,
    /// Refuse the input.
    Refuse,
}

/// Something the builder had to put right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repair {
    /// Rows were out of order.
    Sorted {
        /// Rows in the input.
        rows: usize,
    },
    /// Rows shared a time and were merged.
    Merged {
        /// Rows that were merged into another one.
        rows: usize,
        /// The rule that was used.
        rule: DuplicateTimes,
    },
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sorted { rows } => write!(f, "rows were not in time order: sorted {rows} rows"),
            Self::Merged { rows, rule } => {
                let rule = match rule {
                    DuplicateTimes::First => "the first value that is not null is kept",
                    DuplicateTimes::Mean => "the mean of the values that are not null is kept",
                    DuplicateTimes::Last | DuplicateTimes::Refuse => {
                        "the last value that is not null is kept"
                    }
                };
                write!(f, "{rows} rows repeat the time of another row: merged, {rule}")
            }
        }
    }
}

/// Collects times and columns and builds a [`MetricFrame`].
///
/// # Options
/// * `duplicates`: how rows with the same time are merged; [`DuplicateTimes::Last`] by default.
///
/// Complexity: `O(rows log rows + rows x metrics)` when sorting is needed, else `O(rows)` and no copy of the values.
#[derive(Debug)]
pub struct FrameBuilder {
    clock: Clock,
    ticks: Vec<i64>,
    metrics: Vec<Metric>,
    columns: Vec<Float64Array>,
    duplicates: DuplicateTimes,
}

impl FrameBuilder {
    /// A frame over these times, in any order, as ticks of `clock`.
    #[must_use]
    pub fn new(clock: Clock, ticks: Vec<i64>) -> Self {
        Self { clock, ticks, metrics: Vec::new(), columns: Vec::new(), duplicates: DuplicateTimes::default() }
    }

    /// How rows with the same time are merged.
    #[must_use]
    pub fn duplicates(mut self, rule: DuplicateTimes) -> Self {
        self.duplicates = rule;
        self
    }

    /// Adds a metric from optional values; NaN counts as null.
    #[must_use]
    pub fn column(self, metric: Metric, values: impl IntoIterator<Item = Option<f64>>) -> Self {
        let array = values.into_iter().map(|value| value.filter(|v| !v.is_nan())).collect();
        self.array(metric, array)
    }

    /// Adds a metric from an Arrow array without copying it.
    #[must_use]
    pub fn array(mut self, metric: Metric, values: Float64Array) -> Self {
        self.metrics.push(metric);
        self.columns.push(values);
        self
    }

    /// Sorts, merges and checks.
    ///
    /// # Errors
    /// When a column's length differs from the number of times, two columns share a name, or times repeat under
    /// [`DuplicateTimes::Refuse`].
    pub fn build(self) -> Result<(MetricFrame, Vec<Repair>), FrameError> {
        index_names(&self.metrics)?;
        for (metric, column) in self.metrics.iter().zip(&self.columns) {
            let (found, expected) = (column.values().len(), self.ticks.len());
            if found != expected {
                return Err(FrameError::Length { metric: metric.name.clone(), found, expected });
            }
        }
        let mut repairs = Vec::new();
        let rows = self.ticks.len();
        let strictly_increasing = self.ticks.windows(2).all(|pair| pair[0] < pair[1]);
        let (ticks, columns) = if strictly_increasing {
            (self.ticks, self.columns)
        } else {
            if self.ticks.windows(2).any(|pair| pair[0] > pair[1]) {
                repairs.push(Repair::Sorted { rows });
            }
            let groups = group_by_time(self.clock, &self.ticks, self.duplicates)?;
            if groups.ticks.len() < rows {
                repairs.push(Repair::Merged { rows: rows - groups.ticks.len(), rule: self.duplicates });
            }
            let columns = self.columns.iter().map(|column| groups.merge(column, self.duplicates)).collect();
            (groups.ticks, columns)
        };
        let fields: Vec<Field> = std::iter::once(time_field(self.clock))
            .chain(self.metrics.iter().map(Metric::to_field))
            .collect();
        let arrays: Vec<ArrayRef> = std::iter::once(time_array(self.clock, ticks))
            .chain(columns.into_iter().map(|column| Arc::new(column) as ArrayRef))
            .collect();
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?;
        Ok((MetricFrame::try_from_batch(batch)?, repairs))
    }
}

fn time_array(clock: Clock, ticks: Vec<i64>) -> ArrayRef {
    let ticks = ScalarBuffer::from(ticks);
    match clock {
        Clock::Utc => Arc::new(TimestampNanosecondArray::new(ticks, None).with_timezone("UTC")),
        Clock::Step => Arc::new(Int64Array::new(ticks, None)),
    }
}

/// Rows in time order, cut into runs of equal time.
struct TimeGroups {
    ticks: Vec<i64>,
    order: Vec<usize>,
    starts: Vec<usize>,
}

fn group_by_time(clock: Clock, ticks: &[i64], rule: DuplicateTimes) -> Result<TimeGroups, FrameError> {
    let mut order: Vec<usize> = (0..ticks.len()).collect();
    // Stable, so that "first" and "last" mean input order.
    order.sort_by_key(|&row| ticks.get(row));
    let mut groups = TimeGroups { ticks: Vec::new(), order, starts: Vec::new() };
    for (position, &row) in groups.order.iter().enumerate() {
        let Some(&tick) = ticks.get(row) else { continue };
        if groups.ticks.last() == Some(&tick) {
            if rule == DuplicateTimes::Refuse {
                let count = ticks.iter().filter(|&&other| other == tick).count();
                return Err(FrameError::DuplicateTime { at: clock.format(Time(tick)), count });
            }
        } else {
            groups.ticks.push(tick);
            groups.starts.push(position);
        }
    }
    Ok(groups)
}

impl TimeGroups {
    fn merge(&self, column: &Float64Array, rule: DuplicateTimes) -> Float64Array {
        let ends = self.starts.iter().skip(1).copied().chain([self.order.len()]);
        self.starts
            .iter()
            .zip(ends)
            .map(|(&start, end)| {
                let rows = self.order.get(start..end).unwrap_or_default().iter();
                let mut values = rows.filter_map(|&row| value_at(column, row));
                match rule {
                    DuplicateTimes::First => values.next(),
                    DuplicateTimes::Last | DuplicateTimes::Refuse => values.next_back(),
                    DuplicateTimes::Mean => {
                        let (sum, count) = values.fold((0.0, 0.0), |(sum, count), v| (sum + v, count + 1.0));
                        (count > 0.0).then(|| sum / count)
                    }
                }
            })
            .collect()
    }
}

fn value_at(column: &Float64Array, row: usize) -> Option<f64> {
    let valid = column.nulls().is_none_or(|nulls| nulls.is_valid(row));
    column.values().get(row).copied().filter(|value| valid && !value.is_nan())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn build(
        ticks: Vec<i64>,
        values: Vec<Option<f64>>,
        rule: DuplicateTimes,
    ) -> (Vec<i64>, Vec<Option<f64>>, Vec<String>) {
        let (frame, repairs) = FrameBuilder::new(Clock::Step, ticks)
            .duplicates(rule)
            .column(Metric::new("x"), values)
            .build()
            .unwrap();
        let values = frame.column(0).unwrap().iter().collect();
        (frame.ticks().to_vec(), values, repairs.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn repeated_times_follow_the_rule_and_skip_nulls() {
        let ticks = vec![5, 3, 5, 3, 5];
        let values = vec![Some(1.0), Some(2.0), Some(3.0), None, None];
        let merged = |rule| build(ticks.clone(), values.clone(), rule).1;
        assert_eq!(merged(DuplicateTimes::Last), [Some(2.0), Some(3.0)]);
        assert_eq!(merged(DuplicateTimes::First), [Some(2.0), Some(1.0)]);
        assert_eq!(merged(DuplicateTimes::Mean), [Some(2.0), Some(2.0)]);
        assert_eq!(
            build(ticks.clone(), values.clone(), DuplicateTimes::Last).2,
            [
                "rows were not in time order: sorted 5 rows",
                "3 rows repeat the time of another row: merged, the last value that is not null is kept"
            ]
        );
        let error = FrameBuilder::new(Clock::Step, ticks)
            .duplicates(DuplicateTimes::Refuse)
            .column(Metric::new("x"), values)
            .build()
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "time 3 appears 2 times; merge the rows or choose how repeated times are merged"
        );
    }

    #[test]
    fn a_short_column_is_named() {
        let error = FrameBuilder::new(Clock::Step, vec![1, 2])
            .column(Metric::new("x"), [Some(1.0)])
            .build()
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "metric `x` has 1 values but the time column has 2; give one value (or null) per time"
        );
    }

    #[test]
    fn a_frame_may_be_empty() {
        let (frame, repairs) = FrameBuilder::new(Clock::Utc, vec![]).build().unwrap();
        assert_eq!((frame.rows(), frame.width(), repairs.len()), (0, 0, 0));
    }

    proptest! {
        #[test]
        fn row_order_does_not_matter_when_times_differ(rows in proptest::collection::btree_map(-1000_i64..1000, proptest::option::of(-1e9..1e9_f64), 0..50), seed in any::<u64>()) {
            let sorted: Vec<(i64, Option<f64>)> = rows.into_iter().collect();
            let mut shuffled = sorted.clone();
            let mut state = seed | 1;
            for i in (1..shuffled.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                shuffled.swap(i, usize::try_from(state >> 33).unwrap() % (i + 1));
            }
            let unzip = |rows: Vec<(i64, Option<f64>)>| -> (Vec<i64>, Vec<Option<f64>>) { rows.into_iter().unzip() };
            let ((t1, v1), (t2, v2)) = (unzip(sorted), unzip(shuffled));
            let (a, b) = (build(t1, v1, DuplicateTimes::Last), build(t2, v2, DuplicateTimes::Last));
            prop_assert_eq!((a.0, a.1), (b.0, b.1));
        }
    }
}
