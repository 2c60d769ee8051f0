//! [`HillClimbing`]: the best single edge at a time, with restarts.

use etiology_graph::{Dag, NodeSet};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::options::{Options, option_setters};
use super::report::{LearnedDag, class_of};
use super::state::State;
use crate::{Knowledge, LocalScore, StructureError};

/// Greedy search over graphs: of all edges that can be added, removed or turned, the one that raises the score most, until
/// none does.
///
/// # Options
/// | option | default | what it does |
/// |---|---|---|
/// | [`with_max_parents`](Self::with_max_parents) | none | limit on the parents of a node |
/// | [`with_restarts`](Self::with_restarts) | 0 | searches that start from the best graph so far after random moves |
/// | [`with_perturbation`](Self::with_perturbation) | 4 | random legal moves before each of them |
/// | [`with_seed`](Self::with_seed) | 0 | seed of those moves |
/// | [`with_start`](Self::with_start) | no edges | graph to start from |
/// | [`with_skeleton`](Self::with_skeleton) | all pairs | pairs that may be joined |
/// | [`with_max_moves`](Self::with_max_moves) | none | moves after which the search stops and says so |
///
/// # Assumes
/// A decomposable score. The answer is a local optimum; on discrete networks its directions are often wrong where those of a
/// search over classes are right, because an edge added early in the wrong direction is costly to turn later. Prefer a
/// search over classes or orders unless the graph itself, not its class, is wanted fast.
///
/// # Ties and column order
/// Equal gains go to additions before removals before turns, then to the smaller tail, then the smaller head. Where scores
/// tie, as the two directions of a first edge do, the answer depends on the order of the columns.
///
/// # Background knowledge
/// Required edges are there from the start and stay; forbidden ones never enter. Required edges override the skeleton.
///
/// # Complexity
/// `p (p - 1)` local scores at first, then about `2 p` a move; memory `O(p^2)`. The first sweep runs in parallel.
///
/// # References
/// D. Heckerman, D. Geiger & D. Chickering, *Learning Bayesian networks*, Machine Learning 20, 1995, section 7. M. Scutari, C.
/// Graafland & J. Gutierrez, *Who learns better Bayesian network structures*, IJAR 115, 2019.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HillClimbing {
    options: Options,
    restarts: usize,
    perturbation: usize,
    seed: u64,
}

impl Default for HillClimbing {
    fn default() -> Self {
        Self::new()
    }
}

impl HillClimbing {
    /// Without limits or restarts.
    #[must_use]
    pub fn new() -> Self {
        Self { options: Options::default(), restarts: 0, perturbation: 4, seed: 0 }
    }

    /// Searches again from the best graph so far, changed at random.
    #[must_use]
    pub fn with_restarts(mut self, restarts: usize) -> Self {
        self.restarts = restarts;
        self
    }

    /// Random moves before each restart.
    #[must_use]
    pub fn with_perturbation(mut self, moves: usize) -> Self {
        self.perturbation = moves;
        self
    }

    /// Seeds the random moves.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    option_setters!();

    /// Learns a graph.
    ///
    /// # Errors
    /// When the knowledge, the start or the skeleton is about another number of variables than the score, the start breaks
    /// the knowledge or the limit on parents, or the graph required cannot be fitted.
    pub fn learn(&self, score: &dyn LocalScore, knowledge: &Knowledge) -> Result<LearnedDag, StructureError> {
        let mut state = State::new(score, knowledge, &self.options)?;
        let mut moves = 0;
        let most = self.options.max_moves.unwrap_or(u64::MAX);
        let mut complete = climb(&mut state, &mut moves, most);
        let mut rng = StdRng::seed_from_u64(self.seed);
        for _ in 0..self.restarts {
            if !complete {
                break;
            }
            let (best, parents) = (state.score(), state.parents().to_vec());
            for _ in 0..self.perturbation {
                let legal = state.legal_moves();
                if legal.is_empty() {
                    break;
                }
                let step = legal[rng.random_range(0..legal.len())];
                state.apply(step);
                moves += 1;
            }
            complete = climb(&mut state, &mut moves, most);
            if state.score() <= best + least_gain(best) {
                state.restore(&parents);
            }
        }
        finish(&state, knowledge, moves, complete)
    }
}

/// Takes the best move until none helps; false when the limit came first.
fn climb(state: &mut State<'_>, moves: &mut u64, most: u64) -> bool {
    while let Some(step) = state.best_move(least_gain(state.score()), |_| true) {
        if *moves >= most {
            return false;
        }
        state.apply(step);
        *moves += 1;
    }
    true
}

/// Gains below this are rounding errors.
pub(super) fn least_gain(score: f64) -> f64 {
    1e-12 * score.abs().max(1.0)
}

pub(super) fn finish(
    state: &State<'_>,
    knowledge: &Knowledge,
    moves: u64,
    complete: bool,
) -> Result<LearnedDag, StructureError> {
    let graph = state.dag()?;
    Ok(LearnedDag {
        class: class_of(&graph, knowledge)?,
        graph,
        score: state.score(),
        moves,
        scores_asked: state.scores_asked(),
        scores_computed: state.scores_computed(),
        complete,
    })
}
