//! Alignment to a fixed period, and counters turned into rates.
//!
//! Real telemetry is irregular: scrapes jitter, exporters restart, a sidecar reports every 15 s beside one that reports
//! every second. [`Align`] puts a frame on a grid of buckets `[k p, (k + 1) p)`, each named by its start, with one stated
//! rule per kind of metric. A bucket without a sample is null: a gap is never filled in.

use arrow_array::Float64Array;

use crate::{Clock, Column, FrameBuilder, FrameError, Metric, MetricFrame, MetricKind, Span};

/// How the samples of a gauge, quantile or rate inside one bucket become one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GaugeRule {
    /// Arithmetic mean of the finite samples (the default).
    #[default]
    Mean,
    /// The last finite sample.
    Last,
    /// The largest finite sample.
    Max,
    /// The smallest finite sample.
    Min,
}

/// How the samples of a counter inside one bucket become one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CounterRule {
    /// The last finite sample: the column stays a counter (the default).
    #[default]
    Last,
    /// The increase per second (per step) over the bucket: the column becomes a rate. A counter that falls has been
    /// reset, and what it shows after the reset is the increase, as in Prometheus' `rate`.
    Rate,
}

/// Alignment of a frame to a period.
///
/// # Options
/// * `gauges`: [`GaugeRule::Mean`] by default;
/// * `counters`: [`CounterRule::Last`] by default;
/// * `max_rows`: the largest grid that will be made, 10 000 000 by default, so that one wrong time stamp (1970 among
///   2024) is an error and not an exhausted memory.
///
/// Complexity: `O(rows x metrics)`.
#[derive(Debug, Clone)]
pub struct Align {
    period: Span,
    gauges: GaugeRule,
    counters: CounterRule,
    max_rows: usize,
}

impl Align {
    /// Alignment to `period`.
    #[must_use]
    pub fn to_period(period: Span) -> Self {
        Self { period, gauges: GaugeRule::default(), counters: CounterRule::default(), max_rows: 10_000_000 }
    }

    /// Sets the rule for gauges, quantiles and rates.
    #[must_use]
    pub fn gauges(mut self, rule: GaugeRule) -> Self {
        self.gauges = rule;
        self
    }

    /// Sets the rule for counters.
    #[must_use]
    pub fn counters(mut self, rule: CounterRule) -> Self {
        self.counters = rule;
        self
    }

    /// Sets the largest number of rows that may be made.
    #[must_use]
    pub fn max_rows(mut self, rows: usize) -> Self {
        self.max_rows = rows;
        self
    }

    /// The frame on the grid.
    ///
    /// # Errors
    /// [`FrameError::Period`] when the period is not positive, [`FrameError::TooManyRows`] when the grid is too large.
    pub fn apply(&self, frame: &MetricFrame) -> Result<MetricFrame, FrameError> {
        let period = self.period.0;
        if period <= 0 {
            return Err(FrameError::Period { found: period });
        }
        let Some((first, last)) = frame.extent() else { return Ok(frame.clone()) };
        let origin = first.0.div_euclid(period).saturating_mul(period);
        let rows = (i128::from(last.0) - i128::from(origin)) / i128::from(period) + 1;
        let buckets = usize::try_from(rows).ok().filter(|&rows| rows <= self.max_rows);
        let buckets = buckets.ok_or(FrameError::TooManyRows { rows, limit: self.max_rows })?;
        let grid: Vec<i64> =
            (0..i64::try_from(buckets).unwrap_or(i64::MAX)).map(|k| origin + k * period).collect();
        let bucket_of = |tick: i64| usize::try_from((tick - origin) / period).unwrap_or(usize::MAX);
        let bucket: Vec<usize> = frame.ticks().iter().map(|&tick| bucket_of(tick)).collect();

        let mut builder = FrameBuilder::new(frame.clock(), grid);
        for column in frame.columns() {
            let (metric, values) = match (column.metric().kind, self.counters) {
                (MetricKind::Counter, CounterRule::Rate) => {
                    let per_bucket = sum_by_bucket(&bucket, &increases(&column), buckets);
                    let seconds = frame.clock().seconds(self.period);
                    let metric = Metric {
                        kind: MetricKind::Rate,
                        unit: rate_unit(frame.clock(), column.metric()),
                        ..column.metric().clone()
                    };
                    (metric, per_bucket.into_iter().map(|sum| sum.map(|total| total / seconds)).collect())
                }
                (MetricKind::Counter, CounterRule::Last) => {
                    (column.metric().clone(), reduce(&bucket, &column, buckets, GaugeRule::Last))
                }
                _ => (column.metric().clone(), reduce(&bucket, &column, buckets, self.gauges)),
            };
            builder = builder.array(metric, values);
        }
        Ok(builder.build()?.0)
    }
}

/// The increase of a counter from the last finite sample to each row; `None` at the first sample, at nulls, and at
/// infinities. A fall is a reset: the value after it is the increase.
#[must_use]
pub fn increases(column: &Column<'_>) -> Vec<Option<f64>> {
    let mut previous: Option<f64> = None;
    column
        .iter()
        .map(|value| {
            let value = value.filter(|v| v.is_finite())?;
            let increase = previous.map(|before| if value >= before { value - before } else { value });
            previous = Some(value);
            increase
        })
        .collect()
}

/// A counter as increase per second (per step) since its previous finite sample.
#[must_use]
pub fn rate(frame: &MetricFrame, column: &Column<'_>) -> Float64Array {
    let mut previous: Option<i64> = None;
    increases(column)
        .into_iter()
        .zip(column.iter().zip(frame.ticks()))
        .map(|(increase, (value, &tick))| {
            value.filter(|v| v.is_finite())?;
            let before = previous.replace(tick)?;
            let seconds = frame.clock().seconds(Span(tick.saturating_sub(before)));
            increase.map(|amount| amount / seconds)
        })
        .collect()
}

/// Whether a counter is still a running total: it grows, and falls in at most one step of a hundred (resets). Exporters
/// and data sets often publish `*_total` columns that have been turned into rates already; those go up and down.
#[must_use]
pub fn is_running_total(column: &Column<'_>) -> bool {
    let (mut previous, mut steps, mut falls, mut grows) = (None, 0_usize, 0_usize, false);
    for value in column.finite() {
        if let Some(before) = previous.replace(value) {
            steps += 1;
            falls += usize::from(value < before);
            grows |= value > before;
        }
    }
    column.metric().kind == MetricKind::Counter && grows && falls * 100 <= steps
}

/// The frame with these columns turned into rates; the others are shared, not copied.
///
/// # Errors
/// Never for a valid frame.
pub(crate) fn with_rates(frame: &MetricFrame, columns: &[usize]) -> Result<MetricFrame, FrameError> {
    let mut builder = FrameBuilder::new(frame.clock(), frame.ticks().to_vec());
    for (index, column) in frame.columns().enumerate() {
        builder = if columns.contains(&index) {
            let unit = rate_unit(frame.clock(), column.metric());
            let metric = Metric { kind: MetricKind::Rate, unit, ..column.metric().clone() };
            builder.array(metric, rate(frame, &column))
        } else {
            builder.array(column.metric().clone(), column.array().clone())
        };
    }
    Ok(builder.build()?.0)
}

fn rate_unit(clock: Clock, metric: &Metric) -> Option<String> {
    let per = match clock {
        Clock::Utc => "s",
        Clock::Step => "step",
    };
    metric.unit.as_ref().map(|unit| format!("{unit}/{per}"))
}

fn sum_by_bucket(bucket: &[usize], values: &[Option<f64>], buckets: usize) -> Vec<Option<f64>> {
    let mut sums = vec![None; buckets];
    for (&bucket, value) in bucket.iter().zip(values) {
        if let (Some(slot), Some(value)) = (sums.get_mut(bucket), value) {
            *slot = Some(slot.unwrap_or(0.0) + value);
        }
    }
    sums
}

fn reduce(bucket: &[usize], column: &Column<'_>, buckets: usize, rule: GaugeRule) -> Float64Array {
    let mut slots: Vec<(f64, f64)> = vec![(0.0, 0.0); buckets]; // (running value, count)
    for (row, value) in column.finite_rows() {
        let Some(slot) = bucket.get(row).and_then(|&bucket| slots.get_mut(bucket)) else { continue };
        slot.1 += 1.0;
        slot.0 = match rule {
            // The running mean cannot overflow where a running sum could.
            GaugeRule::Mean => slot.0 + (value - slot.0) / slot.1,
            GaugeRule::Last => value,
            GaugeRule::Max if slot.1 > 1.0 => slot.0.max(value),
            GaugeRule::Min if slot.1 > 1.0 => slot.0.min(value),
            GaugeRule::Max | GaugeRule::Min => value,
        };
    }
    slots.into_iter().map(|(value, count)| (count > 0.0).then_some(value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Time;

    fn counter(name: &str) -> Metric {
        Metric { kind: MetricKind::Counter, unit: Some("bytes".into()), ..Metric::new(name) }
    }

    fn frame(ticks: &[i64], metric: Metric, values: &[Option<f64>]) -> MetricFrame {
        FrameBuilder::new(Clock::Step, ticks.to_vec())
            .column(metric, values.iter().copied())
            .build()
            .unwrap()
            .0
    }

    fn column(frame: &MetricFrame) -> Vec<Option<f64>> {
        frame.column(0).unwrap().iter().collect()
    }

    #[test]
    fn gauges_follow_their_rule_and_gaps_stay_null() {
        let irregular =
            frame(&[1, 2, 11, 35], Metric::new("x"), &[Some(1.0), Some(3.0), Some(5.0), Some(7.0)]);
        let aligned = |rule| Align::to_period(Span(10)).gauges(rule).apply(&irregular).unwrap();
        assert_eq!(aligned(GaugeRule::Mean).ticks(), [0, 10, 20, 30]);
        assert_eq!(column(&aligned(GaugeRule::Mean)), [Some(2.0), Some(5.0), None, Some(7.0)]);
        assert_eq!(column(&aligned(GaugeRule::Last))[0], Some(3.0));
        assert_eq!(column(&aligned(GaugeRule::Max))[0], Some(3.0));
        assert_eq!(column(&aligned(GaugeRule::Min))[0], Some(1.0));
    }

    #[test]
    fn a_counter_reset_counts_what_came_after_it() {
        // 100 -> 130 is +30; the exporter restarts and shows 20, so +20; then +5.
        let frame =
            frame(&[0, 10, 20, 30], counter("sent"), &[Some(100.0), Some(130.0), Some(20.0), Some(25.0)]);
        let increases = increases(&frame.column(0).unwrap());
        assert_eq!(increases, [None, Some(30.0), Some(20.0), Some(5.0)]);
        let rates = Align::to_period(Span(10)).counters(CounterRule::Rate).apply(&frame).unwrap();
        assert_eq!(column(&rates), [None, Some(3.0), Some(2.0), Some(0.5)]);
        let metric = &rates.metrics()[0];
        assert_eq!((metric.kind, metric.unit.as_deref()), (MetricKind::Rate, Some("bytes/step")));
    }

    #[test]
    fn a_rate_spans_the_gap_that_a_null_leaves() {
        let frame = frame(&[0, 10, 20], counter("sent"), &[Some(0.0), None, Some(40.0)]);
        let rates: Vec<_> = rate(&frame, &frame.column(0).unwrap()).iter().collect();
        assert_eq!(rates, [None, None, Some(2.0)]);
    }

    #[test]
    fn alignment_is_idempotent_and_keeps_negative_times_in_order() {
        let frame = frame(&[-15, -1, 4], Metric::new("x"), &[Some(1.0), Some(2.0), Some(3.0)]);
        let once = Align::to_period(Span(10)).apply(&frame).unwrap();
        assert_eq!(once.ticks(), [-20, -10, 0]);
        let twice = Align::to_period(Span(10)).apply(&once).unwrap();
        assert_eq!(once.batch(), twice.batch());
    }

    #[test]
    fn one_wrong_time_stamp_is_an_error_not_an_exhausted_memory() {
        let frame = FrameBuilder::new(Clock::Utc, vec![0, 1_700_000_000_000_000_000])
            .column(Metric::new("x"), [Some(1.0), Some(2.0)])
            .build()
            .unwrap()
            .0;
        assert_eq!(
            Align::to_period(Clock::Utc.span(1.0)).apply(&frame).unwrap_err().to_string(),
            "aligning to this period would make 1700000001 rows, more than 10000000; use a longer period or cut the time range"
        );
        assert_eq!(
            Align::to_period(Span(0)).apply(&frame).unwrap_err().to_string(),
            "the period must be positive, found 0"
        );
        let empty = frame.before(Time(-1));
        assert_eq!(Align::to_period(Span(1)).apply(&empty).unwrap().rows(), 0);
    }
}
