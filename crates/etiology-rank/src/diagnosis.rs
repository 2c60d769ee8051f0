//! The answer: a verdict, ranked hypotheses with evidence in plain sentences, and what was left out.
//!
//! The types serialise to the published format `etiology.diagnosis/1`. A score is called a score; a probability and a
//! confidence set are given only where they are calibrated, and are null otherwise.

use etiology_frame::{Layer, Omission};
use serde::Serialize;

/// The identifier of the JSON format.
pub const DIAGNOSIS_SCHEMA: &str = "etiology.diagnosis/1";

/// How far the evidence carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The first hypothesis restores the symptom in a counterfactual and is separated from all others.
    Confirmed,
    /// The first hypothesis changed beyond what the reference does by itself and stands clear of the others.
    Likely,
    /// Something happened, but the evidence does not separate the candidates.
    Inconclusive,
    /// Nothing is beyond what the reference does by itself.
    NoIncident,
}

impl Verdict {
    /// The word in JSON and on the terminal.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Likely => "likely",
            Self::Inconclusive => "inconclusive",
            Self::NoIncident => "no-incident",
        }
    }
}

/// When the incident began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiagnosedOnset {
    /// The time used, as text on the frame's clock.
    pub time: String,
    /// Whether somebody said it, rather than it being estimated.
    pub given: bool,
    /// Where it lies, when that is known.
    pub interval: Option<[String; 2]>,
}

/// What kind of fact a piece of evidence is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceKind {
    /// The metric against its own reference.
    Shift,
    /// When it departed, against when the symptom did.
    OnsetOrder,
    /// Where it stands in the topology.
    Topology,
    /// An event near the onset.
    Event,
}

/// One fact for or against a hypothesis.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    /// What kind of fact.
    pub kind: EvidenceKind,
    /// The statistic, when there is one.
    pub statistic: Option<f64>,
    /// Its p-value, when there is one: uniform when nothing happened, not corrected for the number of metrics.
    pub p_value: Option<f64>,
    /// One plain sentence with its numbers.
    pub says: String,
}

/// What the symptom would have been.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Counterfactual {
    /// The symptom metric.
    pub target: String,
    /// What was observed.
    pub observed: f64,
    /// What it would have been had the hypothesis's metric stayed normal.
    pub had_it_been_normal: f64,
    /// An interval for that.
    pub interval: [f64; 2],
}

/// One candidate cause.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hypothesis {
    /// Its place, from 1; tied hypotheses share the smallest place.
    pub rank: usize,
    /// Positions (from 1, in this list) of the hypotheses with exactly the same score.
    pub tied_with: Vec<usize>,
    /// The layer, when known.
    pub layer: Option<Layer>,
    /// The entity at fault.
    pub entity: String,
    /// The metric that shows it.
    pub metric: Option<String>,
    /// How it failed, when known.
    pub mechanism: Option<String>,
    /// The method's score; infinite scores are written as null.
    pub score: f64,
    /// A calibrated probability, or null.
    pub probability: Option<f64>,
    /// The facts.
    pub evidence: Vec<Evidence>,
    /// What would have happened otherwise, or null.
    pub counterfactual: Option<Counterfactual>,
}

/// Hypotheses that hold the true cause with a stated frequency.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConfidenceSet {
    /// The frequency.
    pub level: f64,
    /// Positions of the hypotheses, from 1.
    pub members: Vec<usize>,
}

/// The causal graph behind the answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct DiagnosisGraph {
    /// Entities.
    pub nodes: Vec<String>,
    /// Cause, effect, mark, strength.
    pub edges: Vec<(String, String, &'static str, Option<f64>)>,
}

/// The answer to one incident.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diagnosis {
    /// [`DIAGNOSIS_SCHEMA`].
    pub schema: &'static str,
    /// The version of this crate.
    pub version: &'static str,
    /// The seed that reproduces the answer.
    pub seed: u64,
    /// The incident's name.
    pub incident: String,
    /// The method that ranked.
    pub method: String,
    /// How far the evidence carries.
    pub verdict: Verdict,
    /// Why the verdict is not better, in one sentence; empty when there is nothing to add.
    pub because: String,
    /// When it began; null when no onset was found.
    pub onset: Option<DiagnosedOnset>,
    /// The symptom metrics.
    pub symptoms: Vec<String>,
    /// Whether somebody named the symptoms, rather than them being chosen.
    pub symptoms_given: bool,
    /// The candidates, best first.
    pub hypotheses: Vec<Hypothesis>,
    /// A set that holds the cause with a stated frequency, or null.
    pub confidence_set: Option<ConfidenceSet>,
    /// Metrics that took no part.
    pub left_out: Vec<Omission>,
    /// The causal graph used; empty when the method used none.
    pub graph: DiagnosisGraph,
    /// What the reader should know.
    pub warnings: Vec<String>,
}
