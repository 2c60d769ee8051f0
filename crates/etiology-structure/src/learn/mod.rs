//! [`Learner`]: any learner of this crate by name, over one data set, with background knowledge and bootstrap.
//!
//! The one call behind `etiology learn`, and the easy way in for embedders. It picks a test or a score that fits what the
//! columns hold, runs the learner, and says in words what a reader of the graph should know. Those who need a learner's own
//! options, separating sets or effect sizes call it directly.

mod inputs;
mod method;
mod read;

use etiology_graph::GraphDocument;

pub use method::{LearnerCard, Method, Reads};
pub use read::{SCORES, TESTS};

use crate::{Bootstrap, Dataset, Knowledge, StructureError};
use inputs::Inputs;

/// A learner and its options.
///
/// # Options
/// | option | default | |
/// |---|---|---|
/// | [`with_test`](Self::with_test) | `fisher-z`, `g2` or `cg` | by what the columns hold: numbers, categories, both |
/// | [`with_score`](Self::with_score) | `bic`, `bdeu` or `cg-bic` | likewise |
/// | [`with_alpha`](Self::with_alpha) | .01 | level of each test |
/// | [`with_penalty`](Self::with_penalty) | the score's own | factor of a BIC's penalty |
/// | [`with_iss`](Self::with_iss) | the score's own | imaginary sample size of BDeu |
/// | [`with_max_depth`](Self::with_max_depth) | none | largest conditioning set |
/// | [`with_max_parents`](Self::with_max_parents) | none | most parents of a node in score-based learners |
/// | [`with_max_tests`](Self::with_max_tests) | none | most tests; the rest is reported as untested |
/// | [`with_bootstrap`](Self::with_bootstrap) | none | replicates for edge strengths |
/// | [`with_seed`](Self::with_seed) | 0 | of every random choice |
#[derive(Debug, Clone, PartialEq)]
pub struct Learner {
    method: Method,
    test: Option<String>,
    score: Option<String>,
    alpha: f64,
    penalty: Option<f64>,
    iss: Option<f64>,
    max_depth: Option<usize>,
    max_parents: Option<usize>,
    max_tests: Option<u64>,
    bootstrap: Option<usize>,
    seed: u64,
}

/// A learned graph and what to know of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Learned {
    /// The graph. An edge's strength is its effect where the learner estimates one, or its share of the bootstrap
    /// replicates.
    pub graph: GraphDocument,
    /// What the learner read: the test or the score, with its options.
    pub read: String,
    /// What a reader of the graph should know: conflicts, what was left untested, what the learner assumes in vain.
    pub notes: Vec<String>,
}

impl Default for Learner {
    /// The learner that answers when none is named: XGES.
    fn default() -> Self {
        Self::new(Method::Xges)
    }
}

impl Learner {
    /// A learner with its defaults.
    #[must_use]
    pub fn new(method: Method) -> Self {
        Self {
            method,
            test: None,
            score: None,
            alpha: 0.01,
            penalty: None,
            iss: None,
            max_depth: None,
            max_parents: None,
            max_tests: None,
            bootstrap: None,
            seed: 0,
        }
    }

    /// The independence test, one of [`TESTS`].
    #[must_use]
    pub fn with_test(mut self, name: impl Into<String>) -> Self {
        self.test = Some(name.into());
        self
    }

    /// The score, one of [`SCORES`].
    #[must_use]
    pub fn with_score(mut self, name: impl Into<String>) -> Self {
        self.score = Some(name.into());
        self
    }

    /// Level of each test, between 0 and 1.
    #[must_use]
    pub fn with_alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }

    /// Factor of a BIC's penalty.
    #[must_use]
    pub fn with_penalty(mut self, penalty: f64) -> Self {
        self.penalty = Some(penalty);
        self
    }

    /// Imaginary sample size of BDeu.
    #[must_use]
    pub fn with_iss(mut self, iss: f64) -> Self {
        self.iss = Some(iss);
        self
    }

    /// Largest conditioning set.
    #[must_use]
    pub fn with_max_depth(mut self, depth: usize) -> Self {
        self.max_depth = Some(depth);
        self
    }

    /// Most parents of a node in score-based learners.
    #[must_use]
    pub fn with_max_parents(mut self, parents: usize) -> Self {
        self.max_parents = Some(parents);
        self
    }

    /// Most independence tests.
    #[must_use]
    pub fn with_max_tests(mut self, tests: u64) -> Self {
        self.max_tests = Some(tests);
        self
    }

    /// Replicates for edge strengths.
    #[must_use]
    pub fn with_bootstrap(mut self, replicates: usize) -> Self {
        self.bootstrap = Some(replicates);
        self
    }

    /// The seed of every random choice.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
    }

    /// Whether rows with missing values are read as they are, each test on the rows that are complete for it; otherwise give
    /// complete rows.
    #[must_use]
    pub fn takes_missing(&self) -> bool {
        self.method.card().reads == Reads::Test && read::takes_missing(self)
    }

    /// Learns from `data`, screened (see [`Dataset::screened`]) and, unless [`Learner::takes_missing`], complete.
    ///
    /// # Errors
    /// When the method, test or score does not fit what the columns hold, an option is out of range, or the data cannot be
    /// used.
    pub fn learn(&self, data: &Dataset, knowledge: &Knowledge) -> Result<Learned, StructureError> {
        let mut learned = self.once(data, knowledge, self.seed)?;
        if let Some(replicates) = self.bootstrap {
            let bootstrap = Bootstrap::new().with_replicates(replicates).with_seed(self.seed);
            let strengths = bootstrap.run(data.nodes(), data.rows(), |resample| {
                Ok(self.once(&resample.dataset(data)?, knowledge, resample.seed())?.graph)
            })?;
            for edge in &mut learned.graph.edges {
                let ends = (data.nodes().index_of(&edge.a), data.nodes().index_of(&edge.b));
                edge.strength = match ends {
                    (Some(a), Some(b)) => Some(strengths.strength(a, b)),
                    _ => None,
                };
            }
            let replicates = strengths.replicates();
            learned.notes.push(format!(
                "an edge's number is the share of {replicates} bootstrap replicates that join the two"
            ));
            if let (failed @ 1.., Some(why)) = (strengths.failed(), strengths.first_failure()) {
                learned.notes.push(format!("{failed} replicates failed, the first with: {why}"));
            }
        }
        Ok(learned)
    }

    fn once(&self, data: &Dataset, knowledge: &Knowledge, seed: u64) -> Result<Learned, StructureError> {
        Inputs { options: self, data, knowledge, seed }.run()
    }
}
