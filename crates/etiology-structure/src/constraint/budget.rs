//! [`Budget`]: how much a constraint-based search may test, and [`SearchReport`]: what it tested and what it left out.
//!
//! The number of conditioning sets grows as the degree over the depth, so one hub can cost more than the rest of the graph.
//! A budget bounds that, and the report names every edge whose tests were cut: such an edge stays, untested, not found.
//! Limits are shared out by counting, never by time, so the answer does not depend on the machine or its threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Limits of a search. The default has none.
#[derive(Debug, Clone, Default)]
pub struct Budget {
    max_depth: Option<usize>,
    max_tests: Option<u64>,
    max_sets: Option<u64>,
    stop: Option<Arc<AtomicBool>>,
}

impl Budget {
    /// No limits.
    #[must_use]
    pub fn unlimited() -> Self {
        Self::default()
    }

    /// Conditions on no more than `depth` variables.
    #[must_use]
    pub fn with_max_depth(mut self, depth: usize) -> Self {
        self.max_depth = Some(depth);
        self
    }

    /// Makes no more than `tests` tests in the search for adjacencies. A depth whose tests could exceed what is left shares
    /// the rest evenly over the pairs still joined.
    #[must_use]
    pub fn with_max_tests(mut self, tests: u64) -> Self {
        self.max_tests = Some(tests);
        self
    }

    /// Tries no more than `sets` conditioning sets of one size from the neighbours of one end of an edge.
    #[must_use]
    pub fn with_max_sets(mut self, sets: u64) -> Self {
        self.max_sets = Some(sets);
        self
    }

    /// Stops testing soon after the flag is set; the answer then rests on the tests made so far and says so.
    #[must_use]
    pub fn with_stop_flag(mut self, flag: Arc<AtomicBool>) -> Self {
        self.stop = Some(flag);
        self
    }

    /// The deepest level allowed.
    #[must_use]
    pub fn max_depth(&self) -> Option<usize> {
        self.max_depth
    }

    /// The number of tests allowed.
    #[must_use]
    pub fn max_tests(&self) -> Option<u64> {
        self.max_tests
    }

    /// The number of conditioning sets allowed per size and end of an edge.
    #[must_use]
    pub fn max_sets(&self) -> Option<u64> {
        self.max_sets
    }

    /// Whether the caller has asked to stop.
    #[must_use]
    pub fn stopped(&self) -> bool {
        self.stop.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed))
    }
}

/// An edge that was not tested to the end. It is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Untested {
    /// The smaller end.
    pub a: usize,
    /// The larger end.
    pub b: usize,
    /// The first size of conditioning sets of which some were left out.
    pub depth: usize,
}

/// What a search tested and what it did not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SearchReport {
    /// Tests made and judged in the search for adjacencies, by number of conditioning variables.
    pub tests: Vec<u64>,
    /// Tests made to judge unshielded triples after the adjacencies were found.
    pub orientation_tests: u64,
    /// Tests the data could not judge (too few rows, variables determined by others); they remove no edge.
    pub untestable: u64,
    /// Variables left out because no test with another could be judged: constant, empty, or with too few rows.
    pub left_out: Vec<usize>,
    /// Edges kept although some of their tests could not be judged, as `(smaller, larger)`.
    pub unjudged: Vec<(usize, usize)>,
    /// Edges kept without the tests the budget left out.
    pub untested: Vec<Untested>,
    /// Pairs, not joined, whose triples were judged on part of the sets because the budget left out the rest.
    pub cut_pairs: Vec<(usize, usize)>,
    /// Pairs that were not tested because the background knowledge decides their adjacency.
    pub decided_by_knowledge: u64,
    /// Whether the stop flag ended the search.
    pub stopped: bool,
}

impl SearchReport {
    /// All tests made, for adjacencies and orientation.
    #[must_use]
    pub fn total_tests(&self) -> u64 {
        self.tests.iter().sum::<u64>() + self.orientation_tests
    }

    /// Whether every test that the method asks for was made and judged.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.untested.is_empty() && self.cut_pairs.is_empty() && self.untestable == 0 && !self.stopped
    }

    pub(super) fn count(&mut self, depth: usize, tests: u64, untestable: u64) {
        if self.tests.len() <= depth {
            self.tests.resize(depth + 1, 0);
        }
        self.tests[depth] += tests;
        self.untestable = self.untestable.saturating_add(untestable);
    }

    /// Notes that the edge was cut at `depth`; the first depth counts.
    pub(super) fn cut(&mut self, a: usize, b: usize, depth: usize) {
        self.untested.push(Untested { a: a.min(b), b: a.max(b), depth });
    }

    /// Puts the lists in order and drops what is no edge of the answer.
    pub(super) fn finish(&mut self, adjacent: impl Fn(usize, usize) -> bool) {
        self.untested.retain(|edge| adjacent(edge.a, edge.b));
        self.untested.sort_unstable();
        self.untested.dedup_by_key(|edge| (edge.a, edge.b));
        self.unjudged.retain(|&(a, b)| adjacent(a, b));
        self.unjudged.sort_unstable();
        self.unjudged.dedup();
    }
}

/// Subsets of size `k` of a set of `n`, saturating.
pub(super) fn subsets(n: usize, k: usize) -> u64 {
    if k > n {
        return 0;
    }
    let mut count: u64 = 1;
    for i in 0..k.min(n - k) {
        // The product of `i + 1` consecutive numbers is divisible by `(i + 1)!`.
        match count.checked_mul((n - i) as u64) {
            Some(product) => count = product / (i as u64 + 1),
            None => return u64::MAX,
        }
    }
    count
}
