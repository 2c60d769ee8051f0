#![doc = include_str!("../README.md")]

mod correlation;
mod counts;
mod discrete;
mod distribution;
mod error;
mod floor;
mod independence;
mod interval;
mod location_scale;
mod mean;
mod mixed;
mod moments;
mod multiple;
mod order;
mod pareto;
mod rank_test;
mod ranks;
mod tail;

pub use correlation::{Correlation, correlation_p_value, pearson, spearman};
pub use counts::{Contingency, CountSession, Counter, FamilyCounts, Stratum};
pub use discrete::{DiscreteColumn, DiscreteTable};
pub use distribution::{chi_squared_tail, f_tail, normal_tail, student_tail};
pub use error::StatsError;
pub use floor::{Floor, ScaleBasis};
pub use independence::{
    ConditionalGaussianTest, ContingencyReference, ContingencyStatistic, ContingencyTest,
    CorrelationReference, DETERMINED, DegreesOfFreedom, Determined, IndependenceTest, KernelTest,
    PartialCorrelationTest, RandomFeatureTest, RandomFeatureVariant, RankCorrelation, TestResult,
    TestSession, TestwiseFisherZ,
};
pub use interval::{Interval, clopper_pearson, wilson};
pub use location_scale::{Center, LocationScale, Spread};
pub use mean::{mean, std_dev};
pub use mixed::MixedColumn;
pub use moments::{LaggedMoments, Moments, PairwiseMoments};
pub use multiple::{benjamini_hochberg, benjamini_yekutieli, holm};
pub use order::{
    MAD_TO_SIGMA, Quartiles, Scratch, iqr, mad, mad_about, median, quantile, quantiles, quartiles,
};
pub use rank_test::{KolmogorovSmirnov, MannWhitney, kolmogorov_smirnov, mann_whitney};
pub use ranks::rank;
pub use tail::{TailCalibration, TailOptions};
