//! [`MetricFrame`]: an Arrow record batch whose first column is time and whose other columns are metrics.
//!
//! The batch is the truth; the parsed [`Metric`] descriptions and the name index sit beside it behind `Arc`s, so that
//! a window of a frame costs a few pointer copies. Everything that makes a frame valid is checked once, in
//! [`MetricFrame::try_from_batch`]; rows that still need sorting or merging go through
//! [`FrameBuilder`](crate::FrameBuilder).

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampNanosecondType};
use arrow_array::{Array, ArrayRef, Float64Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema, TimeUnit};

use crate::{Clock, Column, FrameError, Metric, NameTable, Span, Time};

/// The name of the time column.
pub const TIME_COLUMN: &str = "time";

/// Metrics over time. Times strictly increase, metric names are unique, values are `f64` or null, never NaN.
#[derive(Debug, Clone)]
pub struct MetricFrame {
    batch: RecordBatch,
    clock: Clock,
    metrics: Arc<[Metric]>,
    by_name: Arc<HashMap<String, usize>>,
}

impl MetricFrame {
    /// Takes a batch as it is: first column `time` (`timestamp[ns, UTC]` or `int64` steps), the rest `float64`.
    /// A column without Etiology's metadata is described by its name. NaN becomes null.
    ///
    /// # Errors
    /// When the time column is missing, null or out of order, a metric is not `float64`, or two share a name.
    pub fn try_from_batch(batch: RecordBatch) -> Result<Self, FrameError> {
        Self::try_from_batch_with(batch, NameTable::builtin())
    }

    /// [`MetricFrame::try_from_batch`] with a name table of one's own.
    ///
    /// # Errors
    /// As [`MetricFrame::try_from_batch`].
    pub fn try_from_batch_with(batch: RecordBatch, names: &NameTable) -> Result<Self, FrameError> {
        let schema = batch.schema();
        let clock = clock_of(&schema)?;
        check_no_null(batch.column(0))?;
        let metrics: Vec<Metric> = schema
            .fields()
            .iter()
            .skip(1)
            .map(|field| match field.data_type() {
                DataType::Float64 => Metric::from_field(field, names),
                other => Err(FrameError::Type { metric: field.name().clone(), found: other.to_string() }),
            })
            .collect::<Result<_, _>>()?;
        let by_name = index_names(&metrics)?;
        let fields: Vec<Field> =
            std::iter::once(time_field(clock)).chain(metrics.iter().map(Metric::to_field)).collect();
        let columns =
            batch.columns().iter().enumerate().map(|(i, c)| if i == 0 { c.clone() } else { nan_to_null(c) });
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.collect())?;
        let frame = Self { batch, clock, metrics: metrics.into(), by_name: Arc::new(by_name) };
        frame.check_order()?;
        Ok(frame)
    }

    fn check_order(&self) -> Result<(), FrameError> {
        match self.ticks().windows(2).position(|pair| pair[0] >= pair[1]) {
            Some(before) => {
                let row = before + 1;
                let at = self.time(row).map(|t| self.clock.format(t)).unwrap_or_default();
                Err(FrameError::Order { row, at })
            }
            None => Ok(()),
        }
    }

    /// What the times count.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.batch.num_rows()
    }

    /// Number of metrics.
    #[must_use]
    pub fn width(&self) -> usize {
        self.metrics.len()
    }

    /// The metrics in column order.
    #[must_use]
    pub fn metrics(&self) -> &[Metric] {
        &self.metrics
    }

    /// The record batch: time first, then the metrics with their metadata.
    #[must_use]
    pub fn batch(&self) -> &RecordBatch {
        &self.batch
    }

    /// The times as raw ticks of [`MetricFrame::clock`].
    #[must_use]
    pub fn ticks(&self) -> &[i64] {
        let time = self.batch.column(0);
        match self.clock {
            Clock::Utc => time.as_primitive::<TimestampNanosecondType>().values(),
            Clock::Step => time.as_primitive::<Int64Type>().values(),
        }
    }

    /// The time of a row.
    #[must_use]
    pub fn time(&self, row: usize) -> Option<Time> {
        self.ticks().get(row).copied().map(Time)
    }

    /// The first and last time, unless the frame is empty.
    #[must_use]
    pub fn extent(&self) -> Option<(Time, Time)> {
        let ticks = self.ticks();
        Some((Time(*ticks.first()?), Time(*ticks.last()?)))
    }

    /// The sampling period: the median distance between neighbouring rows. `O(rows)`.
    #[must_use]
    pub fn period(&self) -> Option<Span> {
        let mut steps: Vec<i64> =
            self.ticks().windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
        let middle = steps.len().checked_sub(1)? / 2;
        Some(Span(*steps.select_nth_unstable(middle).1))
    }

    /// A metric by position.
    #[must_use]
    pub fn column(&self, index: usize) -> Option<Column<'_>> {
        let metric = self.metrics.get(index)?;
        Some(Column::new(metric, self.batch.column(index + 1).as_primitive::<Float64Type>()))
    }

    /// A metric by name.
    #[must_use]
    pub fn column_named(&self, name: &str) -> Option<Column<'_>> {
        self.column(self.index_of(name)?)
    }

    /// The position of a metric.
    #[must_use]
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// A metric by name, or an error that suggests names like it.
    ///
    /// # Errors
    /// [`FrameError::NoMetric`].
    pub fn require(&self, name: &str) -> Result<Column<'_>, FrameError> {
        self.column_named(name).ok_or_else(|| FrameError::NoMetric {
            name: name.to_owned(),
            near: nearest_names(name, self.metrics.iter().map(|m| m.name.as_str())),
        })
    }

    /// Every metric in column order.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = Column<'_>> {
        self.metrics
            .iter()
            .zip(self.batch.columns().iter().skip(1))
            .map(|(metric, array)| Column::new(metric, array.as_primitive::<Float64Type>()))
    }

    /// `length` rows from `offset`, clamped to what exists. Copies nothing.
    #[must_use]
    pub fn slice(&self, offset: usize, length: usize) -> Self {
        let offset = offset.min(self.rows());
        let length = length.min(self.rows() - offset);
        Self { batch: self.batch.slice(offset, length), ..self.clone() }
    }

    /// The rows with `start <= time < end`. Copies nothing.
    #[must_use]
    pub fn between(&self, start: Time, end: Time) -> Self {
        let (first, last) = (self.row_at(start), self.row_at(end));
        self.slice(first, last.saturating_sub(first))
    }

    /// The rows before `time`. Copies nothing.
    #[must_use]
    pub fn before(&self, time: Time) -> Self {
        self.slice(0, self.row_at(time))
    }

    /// The rows at or after `time`. Copies nothing.
    #[must_use]
    pub fn from_time(&self, time: Time) -> Self {
        let row = self.row_at(time);
        self.slice(row, self.rows() - row)
    }

    /// The first row at or after `time` (the number of rows when there is none). `O(log rows)`.
    #[must_use]
    pub fn row_at(&self, time: Time) -> usize {
        self.ticks().partition_point(|&tick| tick < time.0)
    }

    /// The frame with only these metrics, in this order; positions that do not exist are ignored. Copies no values.
    ///
    /// # Errors
    /// [`FrameError::DuplicateColumn`] when a position is named twice.
    pub fn select(&self, indices: &[usize]) -> Result<Self, FrameError> {
        let metrics: Vec<Metric> = indices.iter().filter_map(|&i| self.metrics.get(i).cloned()).collect();
        let by_name = index_names(&metrics)?;
        let kept = std::iter::once(0).chain(indices.iter().filter(|&&i| i < self.width()).map(|&i| i + 1));
        let batch = self.batch.project(&kept.collect::<Vec<_>>())?;
        Ok(Self { batch, clock: self.clock, metrics: metrics.into(), by_name: Arc::new(by_name) })
    }

    /// The frame with each metric described anew by `describe`; values and names stay.
    ///
    /// # Errors
    /// When `describe` renames two metrics to the same name.
    pub fn describe(&self, describe: impl FnMut(&Metric) -> Metric) -> Result<Self, FrameError> {
        let metrics: Vec<Metric> = self.metrics.iter().map(describe).collect();
        let by_name = index_names(&metrics)?;
        let fields: Vec<Field> =
            std::iter::once(time_field(self.clock)).chain(metrics.iter().map(Metric::to_field)).collect();
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), self.batch.columns().to_vec())?;
        Ok(Self { batch, clock: self.clock, metrics: metrics.into(), by_name: Arc::new(by_name) })
    }
}

/// Up to two known names that share the most with `name`: for error messages.
fn nearest_names<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    let wanted = name.to_lowercase();
    let mut scored: Vec<(usize, &str)> = known
        .filter_map(|candidate| {
            let other = candidate.to_lowercase();
            let head = other.chars().zip(wanted.chars()).take_while(|(a, b)| a == b).count();
            let tail = other.chars().rev().zip(wanted.chars().rev()).take_while(|(a, b)| a == b).count();
            let shared = head.max(tail);
            let close =
                2 * shared >= wanted.chars().count() || (!wanted.is_empty() && other.contains(&wanted));
            close.then_some((shared, candidate))
        })
        .collect();
    scored.sort_by_key(|&(shared, _)| std::cmp::Reverse(shared));
    let best = scored.first().map_or(0, |&(shared, _)| shared);
    scored
        .into_iter()
        .take(2)
        .filter(|&(shared, _)| 4 * shared >= 3 * best)
        .map(|(_, candidate)| candidate.to_owned())
        .collect()
}

pub(crate) fn time_field(clock: Clock) -> Field {
    let data_type = match clock {
        Clock::Utc => DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())),
        Clock::Step => DataType::Int64,
    };
    Field::new(TIME_COLUMN, data_type, false)
}

fn clock_of(schema: &Schema) -> Result<Clock, FrameError> {
    let first = schema.fields().first().ok_or_else(|| FrameError::NoTime { found: "no columns".into() })?;
    match first.data_type() {
        DataType::Timestamp(TimeUnit::Nanosecond, Some(zone))
            if matches!(&**zone, "UTC" | "+00:00" | "Z") =>
        {
            Ok(Clock::Utc)
        }
        DataType::Int64 => Ok(Clock::Step),
        other => Err(FrameError::NoTime { found: format!("`{}` as {other}", first.name()) }),
    }
}

fn check_no_null(times: &ArrayRef) -> Result<(), FrameError> {
    match (0..times.len()).find(|&row| times.is_null(row)) {
        Some(row) => Err(FrameError::NullTime { row, count: times.null_count() }),
        None => Ok(()),
    }
}

pub(crate) fn index_names(metrics: &[Metric]) -> Result<HashMap<String, usize>, FrameError> {
    let mut by_name = HashMap::with_capacity(metrics.len());
    for (index, metric) in metrics.iter().enumerate() {
        if by_name.insert(metric.name.clone(), index).is_some() || metric.name == TIME_COLUMN {
            let count = metrics.iter().filter(|other| other.name == metric.name).count();
            let count = count + usize::from(metric.name == TIME_COLUMN);
            return Err(FrameError::DuplicateColumn { name: metric.name.clone(), count });
        }
    }
    Ok(by_name)
}

fn nan_to_null(column: &ArrayRef) -> ArrayRef {
    let values = column.as_primitive::<Float64Type>();
    if values.values().iter().any(|value| value.is_nan()) {
        Arc::new(values.iter().map(|value| value.filter(|v| !v.is_nan())).collect::<Float64Array>())
    } else {
        column.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FrameBuilder;
    use arrow_array::{Int64Array, StringArray};

    fn frame() -> MetricFrame {
        FrameBuilder::new(Clock::Step, (0..10).collect())
            .column(Metric::infer("gpu0_util"), (0..10).map(|i| Some(f64::from(i))))
            .column(Metric::infer("train_loss"), (0..10).map(|i| (i != 3).then_some(1.0)))
            .build()
            .unwrap()
            .0
    }

    #[test]
    fn windows_are_views_of_the_same_memory() {
        let frame = frame();
        let window = frame.between(Time(2), Time(5));
        assert_eq!(window.ticks(), [2, 3, 4]);
        let whole = frame.column(0).unwrap().raw();
        let part = window.column(0).unwrap().raw();
        assert!(std::ptr::eq(&raw const whole[2], &raw const part[0]));
        assert_eq!(window.column_named("train_loss").unwrap().null_count(), 1);
    }

    #[test]
    fn slices_clamp_instead_of_panicking() {
        let frame = frame();
        assert_eq!(frame.slice(8, 100).rows(), 2);
        assert_eq!(frame.slice(100, 1).rows(), 0);
        assert_eq!(frame.between(Time(7), Time(3)).rows(), 0);
        assert_eq!(frame.before(Time(-5)).rows(), 0);
        assert_eq!(frame.slice(0, 0).period(), None);
        assert_eq!(frame.slice(0, 0).extent(), None);
    }

    #[test]
    fn a_batch_round_trips_with_its_metadata() {
        let frame = frame();
        let again = MetricFrame::try_from_batch(frame.batch().clone()).unwrap();
        assert_eq!(again.metrics(), frame.metrics());
        assert_eq!(again.batch(), frame.batch());
    }

    #[test]
    fn nan_becomes_null_and_infinity_stays() {
        let values = Float64Array::from(vec![f64::NAN, f64::INFINITY, 1.0]);
        let batch = RecordBatch::try_from_iter([
            ("time", Arc::new(Int64Array::from(vec![0, 1, 2])) as ArrayRef),
            ("x", Arc::new(values)),
        ])
        .unwrap();
        let frame = MetricFrame::try_from_batch(batch).unwrap();
        let x = frame.column(0).unwrap();
        assert_eq!((x.null_count(), x.infinite_count(), x.to_finite()), (1, 1, vec![1.0]));
    }

    fn refused(columns: Vec<(&str, ArrayRef)>) -> String {
        let batch =
            RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true))).unwrap();
        MetricFrame::try_from_batch(batch).unwrap_err().to_string()
    }

    #[test]
    fn bad_batches_are_refused_by_name() {
        let times = || Arc::new(Int64Array::from(vec![0, 1])) as ArrayRef;
        let words = || Arc::new(StringArray::from(vec!["a", "b"])) as ArrayRef;
        let numbers = || Arc::new(Float64Array::from(vec![1.0, 2.0])) as ArrayRef;
        assert_eq!(
            refused(vec![("when", words())]),
            "the first column must be `time` as timestamp[ns, UTC] or int64 steps, found `when` as Utf8; convert it first"
        );
        assert_eq!(
            refused(vec![("time", times()), ("x", words())]),
            "metric `x` is Utf8, not float64; cast it or leave it out"
        );
        assert_eq!(
            refused(vec![("time", times()), ("x", numbers()), ("x", numbers())]),
            "column `x` appears 2 times; rename all but one of them"
        );
        assert_eq!(
            refused(vec![("time", Arc::new(Int64Array::from(vec![1, 1]))), ("x", numbers())]),
            "time does not increase at row 1 (1); sort the rows and merge those with the same time"
        );
        assert_eq!(
            refused(vec![("time", Arc::new(Int64Array::from(vec![Some(1), None]))), ("x", numbers())]),
            "the time column has 1 empty entries, first in row 1; remove these rows or fill in their times"
        );
    }

    #[test]
    fn an_unknown_metric_suggests_its_neighbours() {
        let frame = frame();
        assert_eq!(
            frame.require("gpu0_utl").unwrap_err().to_string(),
            "no metric `gpu0_utl`; did you mean `gpu0_util`?"
        );
        assert_eq!(
            frame.require("zzz").unwrap_err().to_string(),
            "no metric `zzz`; `etiology inspect` lists the metrics"
        );
    }
}
