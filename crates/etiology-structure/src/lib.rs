#![doc = include_str!("../README.md")]

mod bootstrap;
mod constraint;
mod continuous;
mod dataset;
mod equivalence;
mod error;
mod functional;
mod information;
mod knowledge;
mod learn;
mod local_score;
mod permutation;
mod score;
mod search;

pub use bootstrap::{Bootstrap, EdgeStrength, EdgeStrengths, Resample, Resampling};
pub use constraint::{
    Budget, ColliderRule, ConflictPolicy, DSeparation, Fci, FciParams, FciResult, Mmpc, MmpcParams,
    MmpcResult, MvPc, MvPcParams, MvPcResult, Pc, PcParams, PcResult, PcVariant, Rfci, RfciParams,
    RfciResult, SearchReport, SeparatingSets, Separator, Untested,
};
pub use continuous::{Dagma, Notears};
pub use dataset::{DataKind, Dataset};
pub use equivalence::{Fges, Ges, LearnedClass, SearchWork, Xges};
pub use error::StructureError;
pub use functional::{DirectLingam, IcaLingam, LinearSem, Pruning};
pub use information::{Correction, Miic, MiicEdge, MiicModel};
pub use knowledge::{Knowledge, KnowledgeDocument, name_matches};
pub use learn::{Learned, Learner, LearnerCard, Method, Reads, SCORES, TESTS};
pub use local_score::{LocalScore, ScoreSession};
pub use permutation::{Boss, Grasp, StartOrder};
pub use score::{
    BgeScore, ConditionalGaussianScore, DiscreteCriterion, DiscreteScore, GaussianCriterion, GaussianScore,
    ScoreMemo,
};
pub use search::{HillClimbing, LearnedDag, Mmhc, MmhcResult, TabuSearch};
