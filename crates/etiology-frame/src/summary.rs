//! What `inspect` shows: a frame described metric by metric, with what would be left out and why.

use serde::Serialize;

use crate::{Clock, Column, Metric, MetricFrame, Reason, Span, Time};

/// A stretch without rows that is longer than 1.5 periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// The last row before it.
    pub after: Time,
    /// The first row behind it.
    pub until: Time,
}

/// One metric in numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricSummary {
    /// What it measures.
    #[serde(flatten)]
    pub metric: Metric,
    /// Rows without a value.
    pub nulls: usize,
    /// Rows with an infinite value.
    pub infinite: usize,
    /// Smallest finite value.
    pub min: Option<f64>,
    /// Mean of the finite values.
    pub mean: Option<f64>,
    /// Largest finite value.
    pub max: Option<f64>,
    /// Why it would be left out of a diagnosis, if it would.
    pub left_out: Option<Reason>,
}

/// A frame in numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FrameSummary {
    /// Number of rows.
    pub rows: usize,
    /// What the times count.
    pub clock: Clock,
    /// First time.
    pub start: Option<Time>,
    /// Last time.
    pub end: Option<Time>,
    /// Median distance between rows.
    pub period: Option<Span>,
    /// Stretches without rows.
    pub gaps: Vec<Gap>,
    /// One entry per metric, in column order.
    pub metrics: Vec<MetricSummary>,
}

impl FrameSummary {
    /// Describes a frame. `O(rows x metrics)`.
    #[must_use]
    pub fn of(frame: &MetricFrame) -> Self {
        let period = frame.period();
        Self {
            rows: frame.rows(),
            clock: frame.clock(),
            start: frame.extent().map(|(start, _)| start),
            end: frame.extent().map(|(_, end)| end),
            period,
            gaps: period.map(|period| gaps(frame, period)).unwrap_or_default(),
            metrics: frame.columns().map(|column| summarise(&column)).collect(),
        }
    }
}

fn gaps(frame: &MetricFrame, period: Span) -> Vec<Gap> {
    let longest = period.0.saturating_add(period.0 / 2);
    let pairs = frame.ticks().windows(2);
    pairs
        .filter(|pair| pair[1].saturating_sub(pair[0]) > longest)
        .map(|pair| Gap { after: Time(pair[0]), until: Time(pair[1]) })
        .collect()
}

fn summarise(column: &Column<'_>) -> MetricSummary {
    let (mut min, mut max, mut mean, mut count) = (f64::INFINITY, f64::NEG_INFINITY, 0.0, 0.0);
    for value in column.finite() {
        count += 1.0;
        min = min.min(value);
        max = max.max(value);
        mean += (value - mean) / count;
    }
    let any = count > 0.0;
    let left_out = match (any, column.is_constant()) {
        (false, _) if column.infinite_count() > 0 => {
            Some(Reason::TooFew { window: "whole", found: 0, needed: 1 })
        }
        (false, _) => Some(Reason::AllNull),
        (true, true) => Some(Reason::Constant),
        (true, false) => None,
    };
    MetricSummary {
        metric: column.metric().clone(),
        nulls: column.null_count(),
        infinite: column.infinite_count(),
        min: any.then_some(min),
        mean: any.then_some(mean),
        max: any.then_some(max),
        left_out,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FrameBuilder;

    #[test]
    fn a_frame_is_described_with_its_faults() {
        let frame = FrameBuilder::new(Clock::Step, vec![0, 1, 2, 10])
            .column(Metric::new("fine"), [Some(1.0), None, Some(3.0), Some(f64::INFINITY)])
            .column(Metric::new("flat"), [Some(2.0); 4])
            .column(Metric::new("void"), [None; 4])
            .build()
            .unwrap()
            .0;
        let summary = FrameSummary::of(&frame);
        assert_eq!(summary.period, Some(Span(1)));
        assert_eq!(summary.gaps, [Gap { after: Time(2), until: Time(10) }]);
        let fine = &summary.metrics[0];
        assert_eq!(
            (fine.nulls, fine.infinite, fine.min, fine.mean, fine.max),
            (1, 1, Some(1.0), Some(2.0), Some(3.0))
        );
        let said: Vec<_> =
            summary.metrics.iter().map(|m| m.left_out.as_ref().map(ToString::to_string)).collect();
        assert_eq!(said, [None, Some("constant".into()), Some("all values are null".into())]);
    }
}
