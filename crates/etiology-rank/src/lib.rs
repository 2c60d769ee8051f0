#![doc = include_str!("../README.md")]

mod case;
mod diagnosis;
mod error;
mod method;
pub mod methods;
mod ranking;

pub use case::Case;
pub use diagnosis::{
    ConfidenceSet, Counterfactual, DIAGNOSIS_SCHEMA, DiagnosedOnset, Diagnosis, DiagnosisGraph, Evidence, EvidenceKind,
    Hypothesis, Verdict,
};
pub use error::RankError;
pub use method::{MethodCard, Need, RootCauseMethod, Variant};
pub use methods::{find, registry};
pub use ranking::{Level, Ranking, Scored};
