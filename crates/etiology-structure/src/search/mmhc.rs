//! [`Mmhc`]: max-min hill climbing, a search over graphs within the skeleton that tests leave.

use etiology_stats::IndependenceTest;

use super::hill_climbing::HillClimbing;
use super::report::LearnedDag;
use super::tabu::TabuSearch;
use crate::{Knowledge, LocalScore, Mmpc, MmpcResult, StructureError};

/// Max-min hill climbing: [`Mmpc`] finds who may be joined with whom, and a search over graphs chooses among those pairs.
///
/// # Options
/// | option | default | what it does |
/// |---|---|---|
/// | the tests' stage | given | [`Mmpc`] with its own options |
/// | [`with_hill_climbing`](Self::with_hill_climbing) | as [`HillClimbing::new`] | the search, its skeleton replaced |
/// | [`with_tabu_search`](Self::with_tabu_search) | not used | tabu search instead, as the authors did, with memory 100 and patience 15 |
///
/// # Assumes
/// What the test and the score assume, and faithfulness: a pair that one test finds independent is never joined. With few rows or
/// many levels the tests lose power and true edges are left out; the score search alone then finds more of them.
///
/// # Background knowledge
/// Required edges are always in, whatever the tests say; forbidden ones never.
///
/// # Complexity
/// That of [`Mmpc`], then of the search with as many pairs as the skeleton has.
///
/// # References
/// I. Tsamardinos, L. Brown & C. Aliferis, *The max-min hill-climbing Bayesian network structure learning algorithm*, Machine
/// Learning 65, 2006.
#[derive(Debug, Clone)]
pub struct Mmhc {
    neighbours: Mmpc,
    search: Search,
}

#[derive(Debug, Clone)]
enum Search {
    HillClimbing(HillClimbing),
    Tabu(TabuSearch),
}

/// What [`Mmhc`] found.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MmhcResult {
    /// The graph.
    pub learned: LearnedDag,
    /// The tests' stage: who may be joined with whom, and what was left untested.
    pub neighbours: MmpcResult,
}

impl Mmhc {
    /// With hill climbing without limits after the tests.
    #[must_use]
    pub fn new(neighbours: Mmpc) -> Self {
        Self { neighbours, search: Search::HillClimbing(HillClimbing::new()) }
    }

    /// Climbs with these options.
    #[must_use]
    pub fn with_hill_climbing(mut self, search: HillClimbing) -> Self {
        self.search = Search::HillClimbing(search);
        self
    }

    /// Runs tabu search instead.
    #[must_use]
    pub fn with_tabu_search(mut self, search: TabuSearch) -> Self {
        self.search = Search::Tabu(search);
        self
    }

    /// Learns a graph from a test and a score of the same data.
    ///
    /// # Errors
    /// When test, score and knowledge are about different numbers of variables, or the required graph cannot be fitted.
    pub fn learn(
        &self,
        test: &dyn IndependenceTest,
        score: &dyn LocalScore,
        knowledge: &Knowledge,
    ) -> Result<MmhcResult, StructureError> {
        let neighbours = self.neighbours.learn(test, knowledge)?;
        let skeleton = neighbours.adjacent.clone();
        let learned = match &self.search {
            Search::HillClimbing(search) => search.clone().with_skeleton(skeleton).learn(score, knowledge),
            Search::Tabu(search) => search.clone().with_skeleton(skeleton).learn(score, knowledge),
        }?;
        Ok(MmhcResult { learned, neighbours })
    }
}
