//! What a search over equivalence classes hands back, and the limits it keeps to.

use etiology_graph::Pdag;

/// A learned equivalence class.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LearnedClass {
    /// The CPDAG; with background knowledge the MPDAG of those members of the class that agree with it.
    pub graph: Pdag,
    /// Its score, added up anew over one member.
    pub score: f64,
    /// What the search did.
    pub work: SearchWork,
}

/// The work of a search, for budgets and tables.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SearchWork {
    /// Operators that added an edge, trials that were taken back included; so for the next two.
    pub inserts: u64,
    /// Operators that took an edge out.
    pub deletes: u64,
    /// Operators that turned an edge.
    pub turns: u64,
    /// Deletions that an extended search forced.
    pub trials: u64,
    /// Those that led to a better class.
    pub accepted_trials: u64,
    /// Local scores asked for.
    pub scores_asked: u64,
    /// Local scores computed; the others were remembered.
    pub scores_computed: u64,
    /// Searches for a path that would close a cycle.
    pub path_searches: u64,
    /// Nodes at which so many neighbour sets had to be tried that the larger ones were left out.
    pub truncated: u64,
    /// Whether the search ran to its end; false when the limit on operators stopped it.
    pub complete: bool,
}

/// What every search over equivalence classes can be held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Limits {
    pub(super) max_degree: Option<usize>,
    pub(super) max_parents: Option<usize>,
    pub(super) max_operators: Option<u64>,
}

/// The builder methods of a learner whose `limits` are [`Limits`].
macro_rules! limit_setters {
    () => {
        /// The most neighbours, of any kind, that an insertion may give a node.
        #[must_use]
        pub fn with_max_degree(mut self, degree: usize) -> Self {
            self.limits.max_degree = Some(degree);
            self
        }

        /// The most parents that an operator may give a node.
        #[must_use]
        pub fn with_max_parents(mut self, parents: usize) -> Self {
            self.limits.max_parents = Some(parents);
            self
        }

        /// The most operators to apply.
        #[must_use]
        pub fn with_max_operators(mut self, operators: u64) -> Self {
            self.limits.max_operators = Some(operators);
            self
        }
    };
}
pub(super) use limit_setters;
