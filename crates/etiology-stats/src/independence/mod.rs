//! Tests of conditional independence, behind one small trait that structure learners use.
//!
//! A test holds what is computed once (a correlation matrix, coded columns); a session holds the buffers of one thread and
//! may remember its last conditioning set, so callers that test many pairs given the same set should do so in a row.

mod conditional_gaussian;
mod contingency_test;
mod kernel;
mod partial;
mod partial_correlation;
mod random_features;
mod rank;
mod shrinkage;
mod shuffles;
mod testwise;

pub use conditional_gaussian::ConditionalGaussianTest;
pub use contingency_test::{
    ContingencyReference, ContingencyStatistic, ContingencyTest, DegreesOfFreedom, Determined,
};
pub use kernel::KernelTest;
pub use partial_correlation::{CorrelationReference, PartialCorrelationTest};
pub use random_features::{RandomFeatureTest, RandomFeatureVariant};
pub use rank::RankCorrelation;
pub use testwise::TestwiseFisherZ;

use serde::{Deserialize, Serialize};

/// The outcome of one test of `X _||_ Y | Z`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TestResult {
    /// The statistic as the test names it.
    pub statistic: f64,
    /// Degrees of freedom, where the reference distribution has them.
    pub df: Option<f64>,
    /// Probability of a statistic at least this extreme under independence.
    pub p_value: f64,
}

/// A test of conditional independence over variables numbered `0..variables()`.
pub trait IndependenceTest: Sync {
    /// The test's name as users write it, such as `fisher-z`.
    fn name(&self) -> &'static str;

    /// Number of variables.
    fn variables(&self) -> usize;

    /// Buffers and caches for one thread.
    fn session(&self) -> Box<dyn TestSession + '_>;

    /// For tests whose verdict is a cutoff on the absolute partial correlation: the correlation matrix, row by row,
    /// ones on the diagonal, NaN where a column cannot be judged. Learners that walk many conditioning sets then sweep it
    /// directly instead of asking for one test at a time.
    fn correlations(&self) -> Option<&[f64]> {
        None
    }

    /// With [`IndependenceTest::correlations`]: the largest absolute partial correlation given `size` variables that counts
    /// as independent at level `alpha`; `None` when the rows do not suffice for that size.
    fn correlation_cutoff(&self, size: usize, alpha: f64) -> Option<f64> {
        let _ = (size, alpha);
        None
    }
}

/// The share of a variable's variance left given others below which the others determine it, so that a partial correlation
/// with it is undefined. Tests on correlations answer `None` there.
pub const DETERMINED: f64 = 1e-10;

/// One thread's view of an [`IndependenceTest`].
pub trait TestSession {
    /// Tests `x _||_ y | given`. `None` when the data cannot judge: too few rows for the size of `given`, a singular
    /// conditioning set, or no degrees of freedom left. Never NaN.
    fn test(&mut self, x: usize, y: usize, given: &[usize]) -> Option<TestResult>;

    /// Whether independence stands at level `alpha`. Tests override this where a cutoff is cheaper than a p-value; the
    /// answer equals `test(..).p_value > alpha`.
    fn independent(&mut self, x: usize, y: usize, given: &[usize], alpha: f64) -> Option<bool> {
        self.test(x, y, given).map(|result| result.p_value > alpha)
    }
}
