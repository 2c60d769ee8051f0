//! A graph, its local scores, and what every single edge would change.
//!
//! The gains of adding or removing a parent are kept for every node and recomputed only for nodes whose parents changed, one
//! or two a move. Ancestor sets tell in `O(1)` whether an edge would close a cycle, in `O(children / 64)` whether turning one
//! would.

use std::cmp::Ordering;

use etiology_graph::{Dag, NodeSet};
use rayon::prelude::*;

use super::options::Options;
use crate::{Knowledge, LocalScore, ScoreMemo, ScoreSession, StructureError};

/// One step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Move {
    pub(super) kind: Kind,
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) gain: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Add,
    Remove,
    /// `from --> to` becomes `to --> from`.
    Turn,
}

impl Move {
    /// Whether the move is better than the best so far, or better than `floor` where there is none.
    fn beats(&self, best: Option<Self>, floor: f64) -> bool {
        let Some(best) = best else { return self.gain > floor };
        match self.gain.total_cmp(&best.gain) {
            Ordering::Greater => true,
            Ordering::Equal => self.kind == best.kind && (self.from, self.to) < (best.from, best.to),
            Ordering::Less => false,
        }
    }
}

pub(super) struct State<'a> {
    memo: ScoreMemo<'a>,
    knowledge: &'a Knowledge,
    candidates: Vec<NodeSet>,
    max_parents: usize,
    parents: Vec<NodeSet>,
    children: Vec<NodeSet>,
    ancestors: Vec<NodeSet>,
    local: Vec<f64>,
    columns: Vec<Column>,
    first_sweep: u64,
}

/// What changing the parents of one node would gain.
#[derive(Debug, Clone, Default)]
struct Column {
    /// By the other node: the gain of adding it, or of removing it if it is a parent.
    gain: Vec<f64>,
    /// Those that may be added, by falling gain, ties by number.
    ranked: Vec<usize>,
}

impl<'a> State<'a> {
    /// # Errors
    /// As [`Options::start`]; when the starting graph cannot be fitted.
    pub(super) fn new(
        score: &'a dyn LocalScore,
        knowledge: &'a Knowledge,
        options: &Options,
    ) -> Result<Self, StructureError> {
        let p = score.variables();
        let parents = options.start(score, knowledge)?;
        let mut state = Self {
            memo: ScoreMemo::new(score.session()),
            knowledge,
            candidates: options.candidates(p, knowledge),
            max_parents: options.max_parents.unwrap_or(p),
            children: vec![NodeSet::new(p); p],
            ancestors: vec![NodeSet::new(p); p],
            local: Vec::with_capacity(p),
            columns: Vec::new(),
            parents,
            first_sweep: 0,
        };
        for to in 0..p {
            for from in &state.parents[to] {
                state.children[from].insert(to);
            }
        }
        state.find_ancestors();
        // Each node on its own session, so that no value depends on the number of threads.
        let (parents, candidates, max_parents) = (&state.parents, &state.candidates, state.max_parents);
        let fresh: Vec<(f64, Column)> = (0..p)
            .into_par_iter()
            .map(|node| {
                let (parents, candidates) = (&parents[node], &candidates[node]);
                Family { parents, candidates, knowledge, max_parents }.column(node, score.session().as_mut())
            })
            .collect();
        for (local, column) in fresh {
            state.first_sweep += (column.ranked.len() + 1) as u64;
            state.local.push(local);
            state.columns.push(column);
        }
        match state.local.iter().position(|&value| value == f64::NEG_INFINITY) {
            Some(node) => Err(StructureError::Knowledge {
                message: format!(
                    "`{}` cannot be fitted with the parents it starts from; take some away",
                    knowledge.nodes().name(node)
                ),
            }),
            None => Ok(state),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.parents.len()
    }

    pub(super) fn score(&self) -> f64 {
        self.local.iter().sum()
    }

    pub(super) fn parents(&self) -> &[NodeSet] {
        &self.parents
    }

    pub(super) fn scores_asked(&self) -> u64 {
        self.first_sweep + self.memo.asked()
    }

    pub(super) fn scores_computed(&self) -> u64 {
        self.first_sweep + self.memo.computed()
    }

    /// The graph.
    pub(super) fn dag(&self) -> Result<Dag, StructureError> {
        let edges =
            self.parents.iter().enumerate().flat_map(|(to, set)| set.iter().map(move |from| (from, to)));
        Ok(Dag::from_edges(self.knowledge.nodes().clone(), edges)?)
    }

    /// The legal move of the largest gain above `floor` that `accepts` agrees to. Ties go to additions before removals
    /// before turns, then to the smaller `from`, then to the smaller `to`.
    pub(super) fn best_move(&self, floor: f64, mut accepts: impl FnMut(Move) -> bool) -> Option<Move> {
        let mut best: Option<Move> = None;
        for (to, column) in self.columns.iter().enumerate() {
            for &from in &column.ranked {
                let step = Move { kind: Kind::Add, from, to, gain: column.gain[from] };
                if best.map_or(step.gain <= floor, |best| step.gain < best.gain) {
                    break;
                }
                if step.beats(best, floor) && !self.ancestors[from].contains(to) && accepts(step) {
                    best = Some(step);
                }
            }
        }
        for (from, to) in self.edges().filter(|&(from, to)| !self.knowledge.requires(from, to)) {
            let step = Move { kind: Kind::Remove, from, to, gain: self.columns[to].gain[from] };
            if step.beats(best, floor) && accepts(step) {
                best = Some(step);
            }
        }
        for (from, to) in self.edges() {
            let Some(gain) = self.turn_gain(from, to) else { continue };
            let step = Move { kind: Kind::Turn, from, to, gain };
            if step.beats(best, floor) && self.can_turn(from, to) && accepts(step) {
                best = Some(step);
            }
        }
        best
    }

    /// Every legal move, whatever its gain, in a fixed order.
    pub(super) fn legal_moves(&self) -> Vec<Move> {
        let mut moves = Vec::new();
        for (to, column) in self.columns.iter().enumerate() {
            for from in &self.candidates[to].difference(&self.parents[to]) {
                if column.gain[from] > f64::NEG_INFINITY && !self.ancestors[from].contains(to) {
                    moves.push(Move { kind: Kind::Add, from, to, gain: column.gain[from] });
                }
            }
        }
        for (from, to) in self.edges() {
            if !self.knowledge.requires(from, to) {
                moves.push(Move { kind: Kind::Remove, from, to, gain: self.columns[to].gain[from] });
                if let Some(gain) = self.turn_gain(from, to)
                    && self.can_turn(from, to)
                {
                    moves.push(Move { kind: Kind::Turn, from, to, gain });
                }
            }
        }
        moves.retain(|step| step.gain > f64::NEG_INFINITY);
        moves
    }

    pub(super) fn apply(&mut self, step: Move) {
        let Move { kind, from, to, .. } = step;
        match kind {
            Kind::Add => self.link(from, to),
            Kind::Remove => {
                self.unlink(from, to);
                self.find_ancestors();
            }
            Kind::Turn => {
                self.unlink(from, to);
                self.find_ancestors();
                self.link(to, from);
                self.refresh(from);
            }
        }
        self.refresh(to);
    }

    /// Goes back to a graph seen before.
    pub(super) fn restore(&mut self, parents: &[NodeSet]) {
        let changed: Vec<usize> = (0..self.len()).filter(|&v| self.parents[v] != parents[v]).collect();
        for &to in &changed {
            for from in &self.parents[to] {
                self.children[from].remove(to);
            }
            for from in &parents[to] {
                self.children[from].insert(to);
            }
            self.parents[to] = parents[to].clone();
        }
        self.find_ancestors();
        for node in changed {
            self.refresh(node);
        }
    }

    fn edges(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.parents.iter().enumerate().flat_map(|(to, set)| set.iter().map(move |from| (from, to)))
    }

    fn turn_gain(&self, from: usize, to: usize) -> Option<f64> {
        let legal = self.candidates[from].contains(to) && !self.knowledge.requires(from, to);
        // An impossible addition stays impossible whatever the removal gains.
        let (removed, added) = (self.columns[to].gain[from], self.columns[from].gain[to]);
        (legal && added > f64::NEG_INFINITY).then_some(removed + added)
    }

    /// Whether no other path leads from `from` to `to`.
    fn can_turn(&self, from: usize, to: usize) -> bool {
        !self.children[from].iter().any(|child| child != to && self.ancestors[to].contains(child))
    }

    fn link(&mut self, from: usize, to: usize) {
        self.parents[to].insert(from);
        self.children[from].insert(to);
        let mut above = self.ancestors[from].clone();
        above.insert(from);
        for node in 0..self.len() {
            if node == to || self.ancestors[node].contains(to) {
                self.ancestors[node].union_with(&above);
            }
        }
    }

    fn unlink(&mut self, from: usize, to: usize) {
        self.parents[to].remove(from);
        self.children[from].remove(to);
    }

    /// Ancestors of every node, parents before children.
    fn find_ancestors(&mut self) {
        let mut waiting: Vec<usize> = self.parents.iter().map(NodeSet::len).collect();
        let mut ready: Vec<usize> = (0..self.len()).filter(|&v| waiting[v] == 0).collect();
        self.ancestors.iter_mut().for_each(NodeSet::clear);
        while let Some(node) = ready.pop() {
            let mut above = self.ancestors[node].clone();
            above.insert(node);
            for child in &self.children[node] {
                self.ancestors[child].union_with(&above);
                waiting[child] -= 1;
                if waiting[child] == 0 {
                    ready.push(child);
                }
            }
        }
    }

    fn refresh(&mut self, node: usize) {
        let family = Family {
            parents: &self.parents[node],
            candidates: &self.candidates[node],
            knowledge: self.knowledge,
            max_parents: self.max_parents,
        };
        (self.local[node], self.columns[node]) = family.column(node, &mut self.memo);
    }
}

/// A node's parents and who may become one.
struct Family<'a> {
    parents: &'a NodeSet,
    candidates: &'a NodeSet,
    knowledge: &'a Knowledge,
    max_parents: usize,
}

impl Family<'_> {
    /// The node's score, and what each change of its parents would gain.
    fn column(&self, node: usize, session: &mut dyn ScoreSession) -> (f64, Column) {
        let parents: Vec<usize> = self.parents.iter().collect();
        let now = session.local(node, &parents);
        let change = |new: f64| if new == f64::NEG_INFINITY { new } else { new - now };
        let mut gain = vec![f64::NEG_INFINITY; self.knowledge.nodes().len()];
        let mut ranked = Vec::new();
        if parents.len() < self.max_parents {
            ranked.extend(self.candidates.difference(self.parents).iter());
            let mut scores = Vec::new();
            session.with_each(node, &parents, &ranked, &mut scores);
            for (&from, with) in ranked.iter().zip(scores) {
                gain[from] = change(with);
            }
            ranked.retain(|&from| gain[from] > f64::NEG_INFINITY);
            ranked.sort_by(|&a, &b| gain[b].total_cmp(&gain[a]).then(a.cmp(&b)));
        }
        let mut without = Vec::with_capacity(parents.len());
        for &parent in parents.iter().filter(|&&parent| !self.knowledge.requires(parent, node)) {
            without.clear();
            without.extend(parents.iter().copied().filter(|&other| other != parent));
            gain[parent] = change(session.local(node, &without));
        }
        (now, Column { gain, ranked })
    }
}
