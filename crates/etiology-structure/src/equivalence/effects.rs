//! [`Effects`]: the change of score of adding to, or taking from, a node's parents, each computed once.
//!
//! A search asks again and again which nodes would help `y` given the parents it has. The answer depends on `y` and the
//! parents only, never on the rest of the graph, so it is kept as the short list of nodes with a positive gain. What
//! Ramsey et al. (2017) call arrows are these lists, seen through the current graph.

use rayon::prelude::*;

use crate::score::{FamilyTable, ScoreMemo};
use crate::{LocalScore, ScoreSession};

pub(super) struct Effects<'a> {
    memo: ScoreMemo<'a>,
    variables: usize,
    table: FamilyTable<(usize, usize)>,
    gains: Vec<(usize, f64)>,
    buffer: Vec<(usize, f64)>,
    candidates: Vec<usize>,
    /// A gain at or below this is rounding.
    pub(super) tolerance: f64,
}

impl<'a> Effects<'a> {
    pub(super) fn new(score: &'a dyn LocalScore) -> Self {
        let mut memo = ScoreMemo::new(score.session());
        let variables = score.variables();
        let scale: f64 =
            (0..variables).map(|node| memo.local(node, &[]).abs()).filter(|value| value.is_finite()).sum();
        Self {
            memo,
            variables,
            table: FamilyTable::new(),
            gains: Vec::new(),
            buffer: Vec::new(),
            candidates: Vec::new(),
            tolerance: 1e-13 * scale.max(1.0),
        }
    }

    /// Fills the lists of nodes without parents on all threads.
    pub(super) fn prefill(&mut self, score: &dyn LocalScore) {
        let candidates: Vec<Vec<usize>> =
            (0..self.variables).map(|node| (0..self.variables).filter(|&x| x != node).collect()).collect();
        let lists: Vec<Vec<(usize, f64)>> = candidates
            .par_iter()
            .enumerate()
            .map_init(
                || score.session(),
                |session, (node, candidates)| {
                    let mut out = Vec::new();
                    session.improvements(node, &[], candidates, &mut out);
                    out
                },
            )
            .collect();
        for (node, list) in lists.into_iter().enumerate() {
            self.keep(node, &[], &list);
        }
    }

    /// Where in [`Effects::gain`] the nodes stand that raise the score of `node` beside `base`, ascending.
    pub(super) fn improvements(&mut self, node: usize, base: &[usize]) -> std::ops::Range<usize> {
        if let Some((start, end)) = self.table.get(node, base) {
            return start..end;
        }
        self.candidates.clear();
        self.candidates.extend((0..self.variables).filter(|&x| x != node && !base.contains(&x)));
        let mut list = std::mem::take(&mut self.buffer);
        self.memo.improvements(node, base, &self.candidates, &mut list);
        let range = self.keep(node, base, &list);
        self.buffer = list;
        range
    }

    fn keep(&mut self, node: usize, base: &[usize], list: &[(usize, f64)]) -> std::ops::Range<usize> {
        let (start, tolerance) = (self.gains.len(), self.tolerance);
        self.gains.extend(list.iter().copied().filter(|&(_, gain)| gain > tolerance));
        self.table.insert(node, base, (start, self.gains.len()));
        start..self.gains.len()
    }

    /// One entry of a list of [`Effects::improvements`]: the node and its gain.
    #[inline]
    pub(super) fn gain(&self, at: usize) -> (usize, f64) {
        self.gains[at]
    }

    /// `local(node, with) - local(node, without)`; NaN-free: two impossible models differ by nothing.
    pub(super) fn difference(&mut self, node: usize, with: &[usize], without: &[usize]) -> f64 {
        let (with, without) = (self.memo.local(node, with), self.memo.local(node, without));
        let difference = with - without;
        if difference.is_nan() { 0.0 } else { difference }
    }

    pub(super) fn local(&mut self, node: usize, parents: &[usize]) -> f64 {
        self.memo.local(node, parents)
    }

    pub(super) fn asked(&self) -> u64 {
        self.memo.asked()
    }

    pub(super) fn computed(&self) -> u64 {
        self.memo.computed()
    }
}
