#![doc = include_str!("../README.md")]

mod case;
//LATER mod diagnose;
mod diagnosis;
mod error;
//LATER mod evidence;
mod method;
pub mod methods;
mod ranking;
//LATER mod shift;
//LATER mod symptom;

pub use case::Case;
//LATER pub use diagnose::{DEFAULT_METHOD, Options, diagnose};
pub use diagnosis::{
    ConfidenceSet, Counterfactual, DIAGNOSIS_SCHEMA, DiagnosedOnset, Diagnosis, DiagnosisGraph, Evidence, EvidenceKind,
    Hypothesis, Verdict,
};
pub use error::RankError;
pub use method::{MethodCard, Need, RootCauseMethod, Variant};
pub use methods::{find, registry};
pub use ranking::{Level, Ranking, Scored};

#[cfg(doctest)]
#[doc = include_str!("../../../docs/add-a-method.md")]
struct AddAMethodPage;
