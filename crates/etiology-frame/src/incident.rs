//! An incident: what was measured, who complained, when it began, and what is known of the system.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::align::{is_running_total, with_rates};
use crate::{EventLog, FrameError, MetricFrame, Omission, Reason, Span, Time, Topology};

/// When an incident began, as somebody said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Onset {
    /// The reported time.
    pub time: Time,
    /// How far off the report may be, either way.
    pub uncertainty: Option<Span>,
}

/// Everything a root-cause method may look at. The true cause is not among it; see [`Truth`](crate::Truth).
#[derive(Debug, Clone)]
pub struct Incident {
    /// A name for messages and results.
    pub id: String,
    /// The metrics around the incident.
    pub frame: MetricFrame,
    /// Normal behaviour recorded apart, when there is any. Its metrics are matched to the frame's by name.
    pub reference: Option<MetricFrame>,
    /// The metrics somebody complained about, by name.
    pub symptoms: Vec<String>,
    /// When it began, if anybody said.
    pub onset: Option<Onset>,
    /// Who calls or feeds whom.
    pub topology: Topology,
    /// What else happened.
    pub events: EventLog,
}

impl Incident {
    /// An incident of which only the metrics are known.
    #[must_use]
    pub fn new(id: impl Into<String>, frame: MetricFrame) -> Self {
        Self {
            id: id.into(),
            frame,
            reference: None,
            symptoms: Vec::new(),
            onset: None,
            topology: Topology::new(),
            events: EventLog::default(),
        }
    }

    /// The incident with every running total ([`is_running_total`]) as a rate, and the names of those: a total that only
    /// grows is never where it was before, whatever happened. The names stay. Borrowed when there is none.
    ///
    /// # Errors
    /// Never for a valid frame.
    pub fn totals_as_rates(&self) -> Result<(Cow<'_, Self>, Vec<String>), FrameError> {
        let totals: Vec<(usize, &str)> = self
            .frame
            .columns()
            .enumerate()
            .filter(|(_, column)| is_running_total(column))
            .map(|(index, column)| (index, column.name()))
            .collect();
        if totals.is_empty() {
            return Ok((Cow::Borrowed(self), Vec::new()));
        }
        let (columns, names): (Vec<usize>, Vec<&str>) = totals.into_iter().unzip();
        let of_reference = |reference: &MetricFrame| {
            let same: Vec<usize> = names.iter().filter_map(|name| reference.index_of(name)).collect();
            with_rates(reference, &same)
        };
        let incident = Self {
            frame: with_rates(&self.frame, &columns)?,
            reference: self.reference.as_ref().map(of_reference).transpose()?,
            ..self.clone()
        };
        Ok((Cow::Owned(incident), names.into_iter().map(str::to_owned).collect()))
    }

    /// The normal and the anomalous window when the incident began at `onset`.
    ///
    /// The anomalous window is every row of the frame at or after the onset. The normal window is the reference when
    /// there is one, else the rows before the onset. Both have the same metrics in the same order; a metric that only
    /// one side has is left out and said. Copies no values.
    ///
    /// # Errors
    /// [`FrameError::Clock`] when frame and reference count time differently.
    pub fn windows(&self, onset: Time) -> Result<Windows, FrameError> {
        let anomalous = self.frame.from_time(onset);
        let Some(reference) = &self.reference else {
            return Ok(Windows { normal: self.frame.before(onset), anomalous, left_out: Vec::new() });
        };
        if reference.clock() != self.frame.clock() {
            return Err(FrameError::Clock);
        }
        let matched: Vec<(usize, usize)> = (0..self.frame.width())
            .filter_map(|i| Some((reference.index_of(&self.frame.metrics().get(i)?.name)?, i)))
            .collect();
        let (in_reference, in_frame): (Vec<usize>, Vec<usize>) = matched.into_iter().unzip();
        let mut left_out = unmatched(&self.frame, &in_frame, "normal");
        left_out.extend(unmatched(reference, &in_reference, "anomalous"));
        Ok(Windows {
            normal: reference.select(&in_reference)?,
            anomalous: anomalous.select(&in_frame)?,
            left_out,
        })
    }
}

fn unmatched(frame: &MetricFrame, kept: &[usize], absent_from: &'static str) -> Vec<Omission> {
    let kept: HashSet<usize> = kept.iter().copied().collect();
    let missing = frame.metrics().iter().enumerate().filter(|(index, _)| !kept.contains(index));
    missing.map(|(_, metric)| Omission::new(&metric.name, Reason::Missing { window: absent_from })).collect()
}

/// An incident cut at its onset: same metrics, same order on both sides.
#[derive(Debug, Clone)]
pub struct Windows {
    /// Normal behaviour.
    pub normal: MetricFrame,
    /// From the onset on.
    pub anomalous: MetricFrame,
    /// Metrics that only one side has.
    pub left_out: Vec<Omission>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clock, FrameBuilder, Metric};

    fn frame(ticks: std::ops::Range<i64>, names: &[&str]) -> MetricFrame {
        let rows = ticks.clone().count();
        names
            .iter()
            .fold(FrameBuilder::new(Clock::Step, ticks.collect()), |builder, name| {
                builder.column(Metric::new(*name), (0..rows).map(|_| Some(1.0)))
            })
            .build()
            .unwrap()
            .0
    }

    #[test]
    fn without_a_reference_the_frame_is_cut_at_the_onset() {
        let windows = Incident::new("x", frame(0..10, &["a"])).windows(Time(7)).unwrap();
        assert_eq!((windows.normal.rows(), windows.anomalous.rows()), (7, 3));
    }

    #[test]
    fn running_totals_become_rates_and_published_rates_stay() {
        let counter = |name: &str| Metric { kind: crate::MetricKind::Counter, ..Metric::new(name) };
        let (frame, _) = FrameBuilder::new(Clock::Step, (0..200).collect())
            .column(
                counter("sent_total"),
                (0..200).map(|i| Some(f64::from(if i < 150 { 3 * i } else { 2 * (i - 150) }))),
            )
            .column(counter("already_a_rate_total"), (0..200).map(|i| Some(f64::from(i % 7))))
            .column(Metric::new("growing_gauge"), (0..200).map(|i| Some(f64::from(i))))
            .build()
            .unwrap();
        let incident = Incident::new("x", frame);
        let (rates, names) = incident.totals_as_rates().unwrap();
        assert_eq!(names, ["sent_total"]);
        let sent = rates.frame.column(0).unwrap();
        assert_eq!(
            (sent.get(0), sent.get(1), sent.get(150), sent.get(199)),
            (None, Some(3.0), Some(0.0), Some(2.0))
        );
        assert_eq!(rates.frame.column(1).unwrap().raw(), incident.frame.column(1).unwrap().raw());
        assert!(
            matches!(rates.totals_as_rates().unwrap(), (std::borrow::Cow::Borrowed(_), names) if names.is_empty())
        );
    }

    #[test]
    fn a_reference_is_matched_by_name_and_the_rest_is_said() {
        let mut incident = Incident::new("x", frame(100..105, &["a", "b", "new"]));
        incident.reference = Some(frame(0..50, &["b", "gone", "a"]));
        let windows = incident.windows(Time(100)).unwrap();
        let names = |frame: &MetricFrame| frame.metrics().iter().map(|m| m.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&windows.normal), ["a", "b"]);
        assert_eq!(names(&windows.anomalous), ["a", "b"]);
        let said: Vec<String> = windows.left_out.iter().map(|o| format!("{}: {}", o.metric, o.why)).collect();
        assert_eq!(said, ["new: absent from the normal window", "gone: absent from the anomalous window"]);
    }
}
