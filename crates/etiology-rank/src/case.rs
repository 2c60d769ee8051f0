//! What a method sees of an incident: two windows with the same metrics, the symptoms, the topology. Never the truth.

use etiology_frame::{Column, Incident, Metric, MetricFrame, Omission, Time, Windows};

use crate::RankError;

/// An incident cut at its onset. Cheap to build: the windows are views.
#[derive(Debug, Clone)]
pub struct Case<'a> {
    incident: &'a Incident,
    onset: Time,
    windows: Windows,
}

impl<'a> Case<'a> {
    /// Cuts `incident` at `onset`.
    ///
    /// # Errors
    /// When a symptom is not a metric of the frame, or reference and frame count time differently.
    pub fn new(incident: &'a Incident, onset: Time) -> Result<Self, RankError> {
        for symptom in &incident.symptoms {
            incident.frame.require(symptom)?;
        }
        Ok(Self { incident, onset, windows: incident.windows(onset)? })
    }

    /// The incident itself, for what is not in the windows: topology, events, the raw frame.
    #[must_use]
    pub fn incident(&self) -> &'a Incident {
        self.incident
    }

    /// When the incident began.
    #[must_use]
    pub fn onset(&self) -> Time {
        self.onset
    }

    /// Normal behaviour; same metrics in the same order as [`Case::anomalous`].
    #[must_use]
    pub fn normal(&self) -> &MetricFrame {
        &self.windows.normal
    }

    /// The rows from the onset on.
    #[must_use]
    pub fn anomalous(&self) -> &MetricFrame {
        &self.windows.anomalous
    }

    /// Metrics that only one of the windows has.
    #[must_use]
    pub fn left_out(&self) -> &[Omission] {
        &self.windows.left_out
    }

    /// The metrics that both windows have, in column order.
    #[must_use]
    pub fn metrics(&self) -> &[Metric] {
        self.windows.normal.metrics()
    }

    /// Both views of every metric, in column order.
    pub fn pairs(&self) -> impl Iterator<Item = (Column<'_>, Column<'_>)> {
        self.windows.normal.columns().zip(self.windows.anomalous.columns())
    }

    /// The positions of the symptoms among [`Case::metrics`].
    #[must_use]
    pub fn symptoms(&self) -> Vec<usize> {
        let names = self.incident.symptoms.iter();
        names.filter_map(|name| self.windows.normal.index_of(name)).collect()
    }
}
