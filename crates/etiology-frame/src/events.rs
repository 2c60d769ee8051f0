//! Discrete events beside the metrics: deployments, restarts, XIDs, alerts.

use serde::Serialize;

use crate::Time;

/// Something that happened at one time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// When.
    pub time: Time,
    /// To what, when known.
    pub entity: Option<String>,
    /// Of which kind: `deploy`, `restart`, `xid`, `alert`, ...
    pub kind: String,
    /// What was said.
    pub message: String,
}

/// Events in time order; events at the same time keep their input order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct EventLog {
    events: Vec<Event>,
}

impl EventLog {
    /// Sorts the events by time.
    #[must_use]
    pub fn new(mut events: Vec<Event>) -> Self {
        events.sort_by_key(|event| event.time);
        Self { events }
    }

    /// All events.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The events with `start <= time < end`. `O(log n)`.
    #[must_use]
    pub fn between(&self, start: Time, end: Time) -> &[Event] {
        let first = self.events.partition_point(|event| event.time < start);
        let last = self.events.partition_point(|event| event.time < end);
        self.events.get(first..last).unwrap_or_default()
    }
}
