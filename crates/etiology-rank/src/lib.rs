#![doc = include_str!("../README.md")]

mod case;
mod diagnose;
mod diagnosis;
mod error;
mod evidence;
mod method;
pub mod methods;
mod ranking;
mod shift;
mod symptom;

pub use case::Case;
pub use diagnose::{DEFAULT_METHOD, DEFAULT_METHOD_REASON, Options, diagnose};
pub use diagnosis::{
    ConfidenceSet, Counterfactual, DIAGNOSIS_SCHEMA, DiagnosedOnset, Diagnosis, DiagnosisGraph, Evidence,
    EvidenceKind, Hypothesis, Verdict,
};
pub use error::RankError;
pub use method::{MethodCard, Need, RootCauseMethod, Variant};
pub use methods::{find, registry};
pub use ranking::{Level, Ranking, Scored};

#[cfg(doctest)]
#[doc = include_str!("../../../docs/add-a-method.md")]
struct AddAMethodPage;
