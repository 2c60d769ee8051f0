//! The tests by which RFCI earns each orientation: unshielded triples (lemma 3.1 of Colombo et al. 2012, algorithm 4.4 of its
//! supplement) and discriminating paths (lemma 3.2, algorithm 4.5).
//!
//! The adjacency search asks only sets of neighbours, so its skeleton can hold edges that are none. A triple `a - b - c` with
//! `a` and `c` separated by `S` tells about `b` when `a, b` and `b, c` are both dependent given `S` without `b`; a
//! discriminating path does when its consecutive nodes are dependent given every subset of the separating set of its ends. A
//! pair found independent instead loses its edge, with a smallest subset as its separating set, and the triples that removal
//! leaves open are tested in turn.
//!
//! The paper works a list one triple at a time. Here all triples open at a moment are tested on the same skeleton, in parallel,
//! before any edge is removed: what is removed does not depend on the order of the list.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::collider::{Unshielded, first_separator, unshielded};
use super::fci_rules::Discriminating;
use super::separators::SeparatingSets;
use super::skeleton::{Search, Skeleton};
use super::walk::{Walk, Walker};

/// What has been tested, and with what result.
pub(super) struct Checks<'a, 's> {
    search: &'a Search<'s>,
    triples: BTreeMap<(usize, usize, usize), bool>,
    paths: BTreeMap<Discriminating, bool>,
    removed: Vec<(usize, usize)>,
}

/// How many tests a pair may take.
#[derive(Clone, Copy)]
struct Ration {
    /// In all.
    sets: u64,
    /// Given sets of one size.
    of_a_size: u64,
}

/// What the tests of one triple or path found.
#[derive(Default)]
struct Outcome {
    /// Pairs found independent, with the set.
    separated: Vec<((usize, usize), Vec<usize>)>,
    /// Whether every pair was found dependent.
    holds: bool,
    cut: bool,
    /// Judged and untestable, by size of the set.
    tests: Vec<(usize, u64, u64)>,
}

impl<'a, 's> Checks<'a, 's> {
    pub(super) fn new(search: &'a Search<'s>) -> Self {
        Self { search, triples: BTreeMap::new(), paths: BTreeMap::new(), removed: Vec::new() }
    }

    /// Whether the triple, `a < c`, tells about its middle.
    pub(super) fn triple_holds(&self, triple: (usize, usize, usize)) -> bool {
        self.triples.get(&triple) == Some(&true)
    }

    /// Whether the path tells about its `b`.
    pub(super) fn path_holds(&self, path: &Discriminating) -> bool {
        self.paths.get(path) == Some(&true)
    }

    /// The edges removed, `(smaller, larger)`.
    pub(super) fn removed(&self) -> &[(usize, usize)] {
        &self.removed
    }

    /// Tests the unshielded triples not tested yet, until no removal leaves another.
    pub(super) fn triples(&mut self, skeleton: &mut Skeleton) {
        loop {
            let mut pairs = unshielded(&skeleton.adjacent);
            for (&(a, c), middles) in &mut pairs {
                middles.retain(|&b| !self.triples.contains_key(&(a, b, c)));
            }
            pairs.retain(|_, middles| !middles.is_empty());
            if pairs.is_empty() {
                return;
            }
            self.separate(skeleton, &pairs);
            let open: Vec<(usize, usize, usize)> =
                pairs.iter().flat_map(|(&(a, c), middles)| middles.iter().map(move |&b| (a, b, c))).collect();
            let ration = self.ration(skeleton, 2 * open.len());
            let separators = &skeleton.separators;
            let outcomes: Vec<Outcome> = open
                .par_iter()
                .map_init(
                    || self.walker(),
                    |walker, &triple| check_triple(walker, separators, triple, ration),
                )
                .collect();
            let mut separated = Vec::new();
            for (triple, outcome) in open.into_iter().zip(outcomes) {
                self.triples.insert(triple, outcome.holds);
                separated.extend(note(skeleton, (triple.0, triple.2), outcome));
            }
            self.remove(skeleton, separated);
        }
    }

    /// Tests the paths not tested yet; false when there is none. The triples that removals leave open are still to be tested.
    pub(super) fn paths(&mut self, skeleton: &mut Skeleton, found: Vec<Discriminating>) -> bool {
        let open: Vec<Discriminating> =
            found.into_iter().filter(|path| !self.paths.contains_key(path)).collect();
        if open.is_empty() {
            return false;
        }
        let ration = self.ration(skeleton, open.iter().map(|found| found.path.len() + 1).sum());
        let separators = &skeleton.separators;
        let outcomes: Vec<Outcome> = open
            .par_iter()
            .map_init(|| self.walker(), |walker, path| check_path(walker, separators, path, ration))
            .collect();
        let mut separated = Vec::new();
        for (path, outcome) in open.into_iter().zip(outcomes) {
            let ends = path.d().map_or((path.c, path.c), |d| (d.min(path.c), d.max(path.c)));
            self.paths.insert(path, outcome.holds);
            separated.extend(note(skeleton, ends, outcome));
        }
        self.remove(skeleton, separated);
        true
    }

    fn walker(&self) -> Walker<'s> {
        Walker::new(self.search.test, self.search.alpha, self.search.budget)
    }

    /// What the budget leaves for each of so many pairs.
    fn ration(&self, skeleton: &Skeleton, pairs: usize) -> Ration {
        let of_a_size = self.search.budget.max_sets().unwrap_or(u64::MAX);
        let left = self.search.budget.max_tests();
        let left = left.map(|most| most.saturating_sub(skeleton.report.tests.iter().sum()));
        Ration { sets: left.map_or(u64::MAX, |left| left / pairs.max(1) as u64), of_a_size }
    }

    /// Looks for the separating sets of pairs that the knowledge keeps apart and that were never tested.
    fn separate(&self, skeleton: &mut Skeleton, pairs: &Unshielded) {
        let unknown: Vec<(usize, usize)> =
            pairs.keys().copied().filter(|&(a, c)| skeleton.separators.get(a, c).is_none()).collect();
        let depth = skeleton.depth();
        let graph: &Skeleton = skeleton;
        let found: Vec<_> = unknown
            .par_iter()
            .map_init(
                || self.walker(),
                |walker, &pair| first_separator(self.search, graph, walker, pair, depth),
            )
            .collect();
        for ((a, c), (set, tally)) in unknown.into_iter().zip(found) {
            skeleton.report.orientation_tests += tally.tests;
            skeleton.report.untestable = skeleton.report.untestable.saturating_add(tally.untestable);
            if let Some(set) = set {
                skeleton.separators.insert(a, c, set);
            }
        }
    }

    /// Removes the edges, each with the smallest of its sets, but for those the knowledge requires.
    fn remove(&mut self, skeleton: &mut Skeleton, mut separated: Vec<((usize, usize), Vec<usize>)>) {
        separated.sort_by(|(one, x), (two, y)| (one, x.len(), x).cmp(&(two, y.len(), y)));
        for ((x, y), set) in separated {
            if !self.search.knowledge.requires_adjacency(x, y) && skeleton.adjacent[x].remove(y) {
                skeleton.adjacent[y].remove(x);
                skeleton.separators.insert(x, y, set);
                self.removed.push((x, y));
            }
        }
    }
}

/// Enters the outcome into the report; what was separated.
fn note(
    skeleton: &mut Skeleton,
    ends: (usize, usize),
    outcome: Outcome,
) -> Vec<((usize, usize), Vec<usize>)> {
    for (size, tests, untestable) in outcome.tests {
        skeleton.report.count(size, tests, untestable);
    }
    if outcome.cut {
        skeleton.report.cut_pairs.push(ends);
    }
    outcome.separated
}

/// Tests `a, b` and `b, c` given the separating set of `a` and `c` without `b`.
fn check_triple(
    walker: &mut Walker<'_>,
    separators: &SeparatingSets,
    (a, b, c): (usize, usize, usize),
    ration: Ration,
) -> Outcome {
    let mut outcome = Outcome::default();
    let Some(set) = separators.get(a, c) else { return outcome };
    let set: Vec<usize> = set.iter().copied().filter(|&z| z != b).collect();
    outcome.holds = true;
    for end in [a, c] {
        let mut left = ration.sets;
        match outcome.independent(walker, (end, b), &set, set.len(), ration.of_a_size, &mut left) {
            Some(None) => {}
            Some(Some(_)) => {
                let smaller = (0..set.len()).find_map(|size| {
                    outcome.independent(walker, (end, b), &set, size, ration.of_a_size, &mut left).flatten()
                });
                let pair = (end.min(b), end.max(b));
                outcome.separated.push((pair, smaller.unwrap_or_else(|| set.clone())));
                outcome.holds = false;
            }
            None => outcome.holds = false,
        }
    }
    outcome
}

/// Tests each pair of consecutive nodes given every subset of the separating set of the ends.
fn check_path(
    walker: &mut Walker<'_>,
    separators: &SeparatingSets,
    found: &Discriminating,
    ration: Ration,
) -> Outcome {
    let mut outcome = Outcome::default();
    let Some(set) = found.d().and_then(|d| separators.get(d, found.c)) else { return outcome };
    outcome.holds = true;
    let nodes: Vec<usize> = found.path.iter().copied().chain([found.b, found.c]).collect();
    for pair in nodes.windows(2) {
        let (x, y) = (pair[0].min(pair[1]), pair[0].max(pair[1]));
        let set: Vec<usize> = set.iter().copied().filter(|&z| z != x && z != y).collect();
        let mut left = ration.sets;
        for size in 0..=set.len() {
            match outcome.independent(walker, (x, y), &set, size, ration.of_a_size, &mut left) {
                Some(None) => continue,
                Some(Some(smallest)) => outcome.separated.push(((x, y), smallest)),
                None => {}
            }
            outcome.holds = false;
            break;
        }
    }
    outcome
}

impl Outcome {
    /// The first subset of this size that separates the two, if any; `None` when some could not be tested.
    fn independent(
        &mut self,
        walker: &mut Walker<'_>,
        (x, y): (usize, usize),
        pool: &[usize],
        size: usize,
        of_a_size: u64,
        left: &mut u64,
    ) -> Option<Option<Vec<usize>>> {
        let max_sets = of_a_size.min(*left);
        if max_sets == 0 {
            self.cut = true;
            return None;
        }
        let mut separator = None;
        let walk = Walk { x, pool, targets: &[y], size, every: false, max_sets };
        let tally = walker.walk(&walk, |_, given, finding| {
            if finding.independent == Some(true) {
                separator = Some(given.to_vec());
            }
            separator.is_none()
        });
        *left = left.saturating_sub(tally.tests + tally.untestable);
        self.tests.push((size, tally.tests, tally.untestable));
        self.cut |= tally.cut;
        if separator.is_none() && (tally.cut || tally.untestable > 0) {
            return None;
        }
        Some(separator)
    }
}
