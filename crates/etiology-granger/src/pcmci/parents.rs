//! The condition-selection stage: the past of a series, thinned to a superset of its parents.
//!
//! A PC search with one target. Candidates are tested given `k` others, `k` rising from 0; which others is decided by the
//! smallest absolute statistic each candidate has shown so far, largest first, so that a few well-chosen sets do the work of
//! all subsets. Removals take effect between the levels only, which makes the outcome independent of the order of the series.

use etiology_stats::{TestResult, TestSession};
use rayon::prelude::*;

use super::combinations::next_combination;
use super::lagged::{Columns, Lagged};

/// How far the search goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Selection {
    pub(super) alpha: f64,
    pub(super) max_conditions: Option<usize>,
    pub(super) max_combinations: usize,
}

/// What the search kept, strongest first, and the last test of what it dropped.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Selected {
    pub(super) parents: Vec<Lagged>,
    pub(super) dropped: Vec<(Lagged, TestResult)>,
    pub(super) untestable: Vec<Lagged>,
    pub(super) tests: u64,
}

struct Candidate {
    at: Lagged,
    column: usize,
    /// Smallest absolute statistic so far.
    weakest: f64,
}

/// The candidates of every series, in their order.
pub(super) fn select(columns: &Columns<'_>, selection: Selection) -> Vec<Selected> {
    (0..columns.width())
        .into_par_iter()
        .map(|target| Search { columns, selection, target, found: Selected::default() }.run())
        .collect()
}

struct Search<'a> {
    columns: &'a Columns<'a>,
    selection: Selection,
    target: usize,
    found: Selected,
}

impl Search<'_> {
    fn run(mut self) -> Selected {
        let mut session = self.columns.test.session();
        let past = |series| {
            (self.columns.min_lag.max(1)..=self.columns.max_lag).map(move |lag| Lagged::new(series, lag))
        };
        let candidate = |at| Candidate { at, column: self.columns.column(at), weakest: f64::INFINITY };
        let mut candidates: Vec<Candidate> =
            (0..self.columns.width()).flat_map(past).map(candidate).collect();
        let mut size = 0;
        while size < candidates.len() && self.selection.max_conditions.is_none_or(|max| size <= max) {
            let all: Vec<usize> = candidates.iter().map(|candidate| candidate.column).collect();
            let mut at = 0;
            candidates.retain_mut(|candidate| {
                let others: Vec<usize> = [&all[..at], &all[at + 1..]].concat();
                at += 1;
                self.stays(session.as_mut(), candidate, &others, size)
            });
            candidates.sort_by(|a, b| b.weakest.total_cmp(&a.weakest));
            size += 1;
        }
        self.found.parents = candidates.into_iter().map(|candidate| candidate.at).collect();
        self.found
    }

    /// Whether a candidate is dependent given each of the sets of this size. A set by which it cannot be judged is passed over,
    /// but without any test a candidate goes.
    fn stays(
        &mut self,
        session: &mut dyn TestSession,
        candidate: &mut Candidate,
        others: &[usize],
        size: usize,
    ) -> bool {
        let mut chosen: Vec<usize> = (0..size).collect();
        for _ in 0..self.selection.max_combinations {
            let given: Vec<usize> = chosen.iter().map(|&i| others[i]).collect();
            let outcome = session.test(candidate.column, self.target, &given);
            self.found.tests += 1;
            match outcome {
                Some(result) => {
                    candidate.weakest = candidate.weakest.min(result.statistic.abs());
                    if result.p_value > self.selection.alpha {
                        self.found.dropped.push((candidate.at, result));
                        return false;
                    }
                }
                None if size == 0 => {
                    self.found.untestable.push(candidate.at);
                    return false;
                }
                None => {}
            }
            if !next_combination(&mut chosen, others.len()) {
                break;
            }
        }
        true
    }
}
