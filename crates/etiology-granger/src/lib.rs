#![doc = include_str!("../README.md")]

mod analysis;
mod dynotears;
mod entropy;
mod error;
mod findings;
mod granger;
mod lag_matrices;
mod lagged_table;
mod nonlinear;
mod ocse;
mod outcome;
mod pcmci;
mod series;
mod sparse;
mod spectral;
mod stationarity;
#[cfg(test)]
mod testing;
mod var;
mod var_lingam;

pub use analysis::{Analysis, LaggedTest, Mode, ModeCard};
pub use dynotears::{Dynotears, DynotearsModel};
pub use entropy::{KsgVariant, NearestNeighbours, Scaling, Shuffle, gaussian_information};
pub use error::GrangerError;
pub use etiology_graph::{Lag, LaggedEdge, LaggedGraph, Nodes};
pub use findings::{Findings, PairFinding};
pub use granger::{
    Conditioning, Correction, GrangerScan, GrangerTests, LagEffect, OrderRule, PairTest, TestStatistic,
};
pub use lag_matrices::LagMatrices;
pub use lagged_table::{LaggedTable, NeighbourTest, Resampling};
pub use nonlinear::{TransferEntropy, TransferEstimator, TransferTest};
pub use ocse::{CausationEntropy, Ocse, OcseResult};
pub use outcome::{Reference, Statistic, Untestable};
pub use pcmci::{
    ConditionLimits, LagTest, Lagged, Pcmci, PcmciPlus, PcmciPlusResult, PcmciResult, TripleRule,
};
pub use series::Series;
pub use sparse::{PenaltyChoice, SparseGranger, SparseModel, SparsePenalty};
pub use spectral::{SpectralBootstrap, SpectralGranger, SpectralTest, VarProcess, breitung_candelon};
pub use stationarity::{
    Adf, AdfLags, AdfTest, Deterministic, Kpss, KpssLags, KpssTest, PBound, SeriesStationarity,
    StationarityReport, Verdict,
};
pub use var::{
    Criterion, CrossValidation, Folds, Information, Normality, OrderTable, Residuals, Trend, Var, Whiteness,
};
pub use var_lingam::{VarLingam, VarLingamModel};
