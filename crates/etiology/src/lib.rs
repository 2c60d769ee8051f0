#![doc = include_str!("../README.md")]

pub use etiology_frame::{
    Align, Clock, Column, CounterRule, Event, EventLog, FrameBuilder, FrameError, FrameSummary, GaugeRule,
    Incident, Layer, LinkKind, Metric, MetricFrame, MetricKind, NameTable, Omission, Onset, Reason,
    RootCause, Span, Time, Topology, Truth,
};
pub use etiology_rank::{
    Case, DEFAULT_METHOD, DEFAULT_METHOD_REASON, Diagnosis, Evidence, EvidenceKind, Hypothesis, Level,
    MethodCard, Need, Options, RankError, Ranking, RootCauseMethod, Scored, Variant, Verdict, diagnose, find,
    registry,
};

/// Readers and writers of metric tables and incident folders.
#[cfg(feature = "io")]
pub use etiology_io as io;

/// Per-metric anomaly detection and onset estimation.
pub use etiology_detect as detect;

/// Causal graphs: types, algorithms, comparison, formats.
pub use etiology_graph as graph;

/// Causal structure learning under background knowledge.
pub use etiology_structure as structure;

/// Lagged causes: vector autoregression, Granger causality, discovery over lags.
pub use etiology_granger as granger;

/// Bayesian networks: parameters, inference, interventions.
pub use etiology_bayes as bayes;

/// The statistics underneath: robust scale, tail calibration, multiple testing, intervals, moments,
/// independence tests.
pub use etiology_stats as stats;
