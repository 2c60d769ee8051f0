#![doc = include_str!("../README.md")]

mod align;
mod builder;
mod column;
mod error;
mod events;
mod frame;
mod incident;
mod metric;
mod names;
mod omission;
mod summary;
mod time;
mod topology;
mod truth;

pub use align::{Align, CounterRule, GaugeRule, increases, is_running_total, rate};
pub use builder::{DuplicateTimes, FrameBuilder, Repair};
pub use column::Column;
pub use error::FrameError;
pub use events::{Event, EventLog};
pub use frame::{MetricFrame, TIME_COLUMN};
pub use incident::{Incident, Onset, Windows};
pub use metric::{Layer, Metric, MetricKind};
pub use names::{Inferred, NameTable, NamesError};
pub use omission::{Omission, Reason};
pub use summary::{FrameSummary, Gap, MetricSummary};
pub use time::{Clock, Span, Time};
pub use topology::{Link, LinkKind, Topology};
pub use truth::{RootCause, Truth};
