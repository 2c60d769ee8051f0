//! [`TabuSearch`]: hill climbing that walks on past an optimum.

use std::collections::VecDeque;

use etiology_graph::{Dag, NodeSet};

use super::hill_climbing::{finish, least_gain};
use super::options::{Options, option_setters};
use super::report::LearnedDag;
use super::state::{Kind, Move, State};
use crate::{Knowledge, LocalScore, StructureError};

/// Tabu search over graphs: always the best move that leads to no recently seen graph, even when it costs, until a number of
/// moves in a row found nothing better.
///
/// # Options
/// | option | default | what it does |
/// |---|---|---|
/// | [`with_memory`](Self::with_memory) | 10 | graphs that must not be seen again |
/// | [`with_patience`](Self::with_patience) | 10 | moves without a new best graph before it stops |
/// | [`with_max_parents`](Self::with_max_parents) | none | limit on the parents of a node |
/// | [`with_start`](Self::with_start) | no edges | graph to start from |
/// | [`with_skeleton`](Self::with_skeleton) | all pairs | pairs that may be joined |
/// | [`with_max_moves`](Self::with_max_moves) | none | moves after which the search stops and says so |
///
/// Graphs are told apart by a 64-bit sum over their edges, so one in `2^64` may be taken for another and be avoided.
///
/// # Assumes, ties, background knowledge, complexity
/// As [`HillClimbing`](crate::HillClimbing), which it never ends below. It draws no random numbers.
///
/// # References
/// F. Glover, *Tabu search, part I*, ORSA Journal on Computing 1, 1989. M. Scutari, C. Graafland & J. Gutierrez, *Who learns
/// better Bayesian network structures*, IJAR 115, 2019, algorithm 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TabuSearch {
    options: Options,
    memory: usize,
    patience: usize,
}

impl Default for TabuSearch {
    fn default() -> Self {
        Self::new()
    }
}

impl TabuSearch {
    /// Ten graphs of memory, ten moves of patience.
    #[must_use]
    pub fn new() -> Self {
        Self { options: Options::default(), memory: 10, patience: 10 }
    }

    /// How many of the last graphs must not be seen again.
    #[must_use]
    pub fn with_memory(mut self, graphs: usize) -> Self {
        self.memory = graphs;
        self
    }

    /// How many moves in a row may find nothing better.
    #[must_use]
    pub fn with_patience(mut self, moves: usize) -> Self {
        self.patience = moves;
        self
    }

    option_setters!();

    /// Learns a graph.
    ///
    /// # Errors
    /// As [`HillClimbing::learn`](crate::HillClimbing::learn).
    pub fn learn(&self, score: &dyn LocalScore, knowledge: &Knowledge) -> Result<LearnedDag, StructureError> {
        let mut state = State::new(score, knowledge, &self.options)?;
        let p = state.len();
        let (mut best, mut parents) = (state.score(), state.parents().to_vec());
        let mut here = 0_u64;
        let mut recent = VecDeque::from([here]);
        let (mut idle, mut moves) = (0, 0);
        let most = self.options.max_moves.unwrap_or(u64::MAX);
        while idle < self.patience {
            let leads_on = |step: Move| !recent.contains(&(here ^ identity(step, p)));
            let Some(step) = state.best_move(f64::NEG_INFINITY, leads_on) else { break };
            if moves >= most {
                break;
            }
            state.apply(step);
            moves += 1;
            here ^= identity(step, p);
            recent.push_back(here);
            while recent.len() > self.memory.max(1) {
                recent.pop_front();
            }
            if state.score() > best + least_gain(best) {
                (best, parents) = (state.score(), state.parents().to_vec());
                idle = 0;
            } else {
                idle += 1;
            }
        }
        state.restore(&parents);
        finish(&state, knowledge, moves, moves < most)
    }
}

/// What a move changes in the sum that tells graphs apart.
fn identity(step: Move, p: usize) -> u64 {
    let edge = |from: usize, to: usize| scrambled((from * p + to) as u64);
    match step.kind {
        Kind::Add | Kind::Remove => edge(step.from, step.to),
        Kind::Turn => edge(step.from, step.to) ^ edge(step.to, step.from),
    }
}

/// SplitMix64's finaliser.
fn scrambled(value: u64) -> u64 {
    let z = value.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ z >> 31
}
