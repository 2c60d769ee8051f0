//! The answer: what an [`OnsetEstimator`](crate::OnsetEstimator) returns, and how it is written.

use etiology_frame::{Clock, MetricFrame, Omission, Time};
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::combine::Profile;
use super::evidence::Evidence;
use super::series::Series;
use super::shapes::Shape;

/// Whether there is an incident at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnsetVerdict {
    /// Something changed within the frame beyond what noise explains.
    Found,
    /// The frame differs from its reference from the first row on and nothing changes later: it began before the frame,
    /// or the two were recorded under different conditions.
    AtStart,
    /// Noise explains it all; the time is then only the least unlikely one.
    NotFound,
}

/// When an incident began.
#[derive(Debug, Clone, PartialEq)]
pub struct OnsetEstimate {
    /// Whether there is an onset. Ask this first.
    pub verdict: OnsetVerdict,
    /// The time of [`OnsetEstimate::row`].
    pub time: Time,
    /// The first row of the frame that changed.
    pub row: usize,
    /// The first and last time at which it may have begun, at [`OnsetEstimate::level`].
    pub interval: (Time, Time),
    /// The level of the interval.
    pub level: f64,
    /// The chance that a quiet frame looks like this somewhere.
    pub p_value: f64,
    /// What each metric says, the most surprising first.
    pub supports: Vec<Support>,
    /// Metrics that could say nothing.
    pub left_out: Vec<Omission>,
    /// What the times count.
    pub clock: Clock,
}

/// One metric's own change.
#[derive(Debug, Clone, PartialEq)]
pub struct Support {
    /// The metric.
    pub metric: String,
    /// Its position in the frame.
    pub index: usize,
    /// How it changed.
    pub shape: Shape,
    /// The first row that changed by this metric alone.
    pub row: usize,
    /// The time of that row.
    pub time: Time,
    /// When it came back, if it did.
    pub recovered: Option<Time>,
    /// The change in robust spreads of the series: the height of a step or bump, the rise of a ramp by the end of
    /// the frame. Values count for at most 12 spreads, so a larger change reads as about 12.
    pub size: f64,
    /// The chance that noise does as well somewhere in this metric.
    pub p_value: f64,
}

/// What is kept of a metric while the others are examined.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Finding {
    pub(crate) index: usize,
    pub(crate) evidence: Evidence,
    /// Whether the change lies between reference and frame.
    pub(crate) at_seam: bool,
    row: Option<usize>,
    recovered: Option<usize>,
    size: f64,
}

impl Finding {
    pub(crate) fn new(index: usize, evidence: Evidence, series: &Series) -> Self {
        let change = &evidence.change;
        let length = match change.shape {
            Shape::Ramp => (series.values.len() - change.start) as f64,
            Shape::Step | Shape::Bump => 1.0,
        };
        Self {
            index,
            evidence,
            at_seam: series.reference > 0 && change.start == series.reference,
            row: series.rows.get(change.start).copied(),
            recovered: series.rows.get(change.end).copied(),
            size: change.size * length,
        }
    }

    /// `None` when no candidate improved on the line at all.
    fn support(&self, frame: &MetricFrame) -> Option<Support> {
        let row = self.row?;
        Some(Support {
            metric: frame.metrics().get(self.index)?.name.clone(),
            index: self.index,
            shape: self.evidence.change.shape,
            row,
            time: frame.time(row)?,
            recovered: self.recovered.and_then(|row| frame.time(row)),
            size: self.size,
            p_value: self.evidence.p_value,
        })
    }
}

pub(crate) fn assemble(
    frame: &MetricFrame,
    profile: &Profile,
    level: f64,
    p_value: f64,
    verdict: OnsetVerdict,
    findings: &[Finding],
    left_out: Vec<Omission>,
) -> OnsetEstimate {
    let (row, first, last) = profile.summary(level);
    let time = |row| frame.time(row).unwrap_or(Time(0));
    let mut supports: Vec<Support> = findings.iter().filter_map(|finding| finding.support(frame)).collect();
    supports.sort_by(|a, b| a.p_value.total_cmp(&b.p_value).then_with(|| a.metric.cmp(&b.metric)));
    OnsetEstimate {
        verdict,
        time: time(row),
        row,
        interval: (time(first), time(last)),
        level,
        p_value,
        supports,
        left_out,
        clock: frame.clock(),
    }
}

impl Serialize for OnsetEstimate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = |time| self.clock.format(time);
        let supports: Vec<WrittenSupport<'_>> =
            self.supports.iter().map(|support| WrittenSupport { support, clock: self.clock }).collect();
        let mut out = serializer.serialize_struct("OnsetEstimate", 8)?;
        out.serialize_field("verdict", &self.verdict)?;
        out.serialize_field("time", &text(self.time))?;
        out.serialize_field("row", &self.row)?;
        out.serialize_field("interval", &[text(self.interval.0), text(self.interval.1)])?;
        out.serialize_field("level", &self.level)?;
        out.serialize_field("p_value", &self.p_value)?;
        out.serialize_field("supports", &supports)?;
        out.serialize_field("left_out", &self.left_out)?;
        out.end()
    }
}

/// A support whose times are text.
struct WrittenSupport<'a> {
    support: &'a Support,
    clock: Clock,
}

impl Serialize for WrittenSupport<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Support { metric, shape, time, recovered, size, p_value, .. } = self.support;
        let mut out = serializer.serialize_struct("Support", 6)?;
        out.serialize_field("metric", metric)?;
        out.serialize_field("shape", shape)?;
        out.serialize_field("time", &self.clock.format(*time))?;
        out.serialize_field("recovered", &recovered.map(|time| self.clock.format(time)))?;
        out.serialize_field("size", size)?;
        out.serialize_field("p_value", p_value)?;
        out.end()
    }
}
