//! Judging unshielded triples `a - b - c`: collider, non-collider or ambiguous.
//!
//! In a faithful distribution `b` is in every set that separates `a` and `c`, or in none. A sample can disagree with itself,
//! and then the rules differ in which sets they ask: see [`ColliderRule`].

use std::collections::BTreeMap;

use etiology_graph::NodeSet;
use rayon::prelude::*;

use super::shares::{in_turn, shares};
use super::skeleton::{Search, Skeleton};
use super::walk::{Finding, Tally, Walk, Walker};

/// How an unshielded triple `a - b - c` is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColliderRule {
    /// A collider when `b` is not in the set by which the adjacency search separated `a` and `c` (Spirtes, Glymour and
    /// Scheines 2000). No further tests.
    SeparatingSet,
    /// Conservative PC (Ramsey, Zhang and Spirtes 2006): a collider when none of the separating sets among the neighbours of
    /// `a` or `c` has `b`, a non-collider when all have, else ambiguous.
    Conservative,
    /// Majority rule (Colombo and Maathuis 2014): a collider when fewer than half of those sets have `b`, a non-collider when
    /// more than half, ambiguous at exactly half. The default, by measurement (see [`crate::Pc`]).
    ///
    /// Where no such set separates, this rule and the conservative one ask the set of the adjacency search, which with
    /// [`crate::Separator::First`] depends on the order of the variables.
    #[default]
    Majority,
    /// The set with the largest p-value decides, independent or not (Ramsey 2016, "Improving accuracy and scalability of the
    /// PC algorithm by maximizing p-value").
    MaxP,
    /// Conservative where some set separates; where none does, the largest p-value decides.
    DefiniteMaxP,
}

impl ColliderRule {
    /// Whether the rule compares p-values of dependent pairs too.
    fn compares(self) -> bool {
        matches!(self, Self::MaxP | Self::DefiniteMaxP)
    }
}

/// The verdict on a triple.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Collider,
    NonCollider,
    Ambiguous,
}

/// A judged triple, `a < c`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Triple {
    pub(super) a: usize,
    pub(super) b: usize,
    pub(super) c: usize,
    pub(super) kind: Kind,
    /// Largest p-value of `a _||_ c` given a set with, and without, `b`; zero where not asked for.
    pub(super) p_with: f64,
    pub(super) p_without: f64,
}

/// All triples in the order of `(a, b, c)`, judged. `p_values` asks for the p-values whatever the rule.
pub(super) fn judge(
    search: &Search<'_>,
    skeleton: &mut Skeleton,
    rule: ColliderRule,
    p_values: bool,
    max_depth: usize,
) -> Vec<Triple> {
    let pairs = unshielded(&skeleton.adjacent);
    judge_pairs(search, skeleton, rule, p_values, max_depth, pairs)
}

/// For each pair that is apart, ascending, what is joined to both.
pub(super) type Unshielded = BTreeMap<(usize, usize), Vec<usize>>;

pub(super) fn unshielded(adjacent: &[NodeSet]) -> Unshielded {
    let mut pairs = Unshielded::new();
    for (b, near) in adjacent.iter().enumerate() {
        let near: Vec<usize> = near.iter().collect();
        for (i, &a) in near.iter().enumerate() {
            for &c in near[i + 1..].iter().filter(|&&c| !adjacent[a].contains(c)) {
                pairs.entry((a, c)).or_default().push(b);
            }
        }
    }
    pairs
}

/// As [`judge`], the triples of these pairs only.
pub(super) fn judge_pairs(
    search: &Search<'_>,
    skeleton: &mut Skeleton,
    rule: ColliderRule,
    p_values: bool,
    max_depth: usize,
    pairs: Unshielded,
) -> Vec<Triple> {
    let pairs: Vec<Pair> = pairs.into_iter().map(|((a, c), middles)| Pair { a, c, middles }).collect();
    let judge = Judge { search, skeleton, rule, every: p_values || rule.compares(), max_depth };
    let walker = || Walker::new(search.test, search.alpha, search.budget);
    let (judged, tallies): (Vec<Vec<Triple>>, Vec<Tally>) = if judge.asks_the_search() {
        pairs.par_iter().map_init(walker, |walker, pair| judge.by_separator(walker, pair)).unzip()
    } else {
        let (seen, tallies) = judge.survey(&pairs);
        let both: Vec<(&Pair, Vec<Seen>)> = pairs.iter().zip(seen).collect();
        let judged =
            both.par_iter().map_init(walker, |walker, (pair, seen)| judge.by_survey(walker, pair, seen));
        (judged.collect(), tallies)
    };
    for (pair, tally) in pairs.iter().zip(&tallies) {
        skeleton.report.orientation_tests += tally.tests;
        skeleton.report.untestable = skeleton.report.untestable.saturating_add(tally.untestable);
        if tally.cut {
            skeleton.report.cut_pairs.push((pair.a, pair.c));
        }
    }
    let mut triples: Vec<Triple> = judged.into_iter().flatten().collect();
    triples.sort_unstable_by_key(|triple| (triple.a, triple.b, triple.c));
    triples
}

/// Two nodes that are apart, `a < c`, and the nodes joined to both.
struct Pair {
    a: usize,
    c: usize,
    middles: Vec<usize>,
}

struct Judge<'a, 's> {
    search: &'a Search<'s>,
    skeleton: &'a Skeleton,
    rule: ColliderRule,
    every: bool,
    max_depth: usize,
}

/// What was seen of one middle node, by size of set.
#[derive(Clone, Default)]
struct Seen {
    with: Vec<Sets>,
    without: Vec<Sets>,
}

/// The sets of one size with, or without, a middle node.
#[derive(Clone, Default)]
struct Sets {
    /// How many separate.
    separating: u64,
    /// The evidence and the set closest to independence.
    best: Option<(f64, Vec<usize>)>,
}

impl Sets {
    fn note(&mut self, given: &[usize], independent: bool, evidence: f64) {
        self.separating += u64::from(independent);
        if self.best.as_ref().is_none_or(|(least, _)| evidence < *least) {
            self.best = Some((evidence, given.to_vec()));
        }
    }

    fn add(&mut self, later: Self) {
        self.separating += later.separating;
        let closer = later.best.filter(|(new, _)| self.best.as_ref().is_none_or(|(least, _)| new < least));
        self.best = closer.or_else(|| self.best.take());
    }
}

/// The ends that one end's pairs lead to, ascending, and which pairs they are.
#[derive(Clone, Default)]
struct Side {
    others: Vec<usize>,
    pairs: Vec<usize>,
    pool: Vec<usize>,
}

impl Side {
    fn pair(&self, other: usize) -> Option<usize> {
        self.others.binary_search(&other).ok().map(|at| self.pairs[at])
    }
}

impl Judge<'_, '_> {
    /// Whether the sets of the adjacency search decide.
    fn asks_the_search(&self) -> bool {
        self.rule == ColliderRule::SeparatingSet && !self.every
    }

    fn by_known(&self, &Pair { a, c, .. }: &Pair, b: usize) -> Kind {
        match self.skeleton.separators.get(a, c).map(|set| set.contains(&b)) {
            Some(false) => Kind::Collider,
            Some(true) => Kind::NonCollider,
            None => Kind::Ambiguous,
        }
    }

    fn by_separator(&self, walker: &mut Walker<'_>, pair: &Pair) -> (Vec<Triple>, Tally) {
        let &Pair { a, c, ref middles } = pair;
        if self.skeleton.separators.get(a, c).is_none() {
            let (separator, tally) =
                first_separator(self.search, self.skeleton, walker, (a, c), self.max_depth);
            let triple = |&b: &usize| {
                let kind = match &separator {
                    Some(set) if set.contains(&b) => Kind::NonCollider,
                    Some(_) => Kind::Collider,
                    None => Kind::Ambiguous,
                };
                Triple { a, b, c, kind, p_with: 0.0, p_without: 0.0 }
            };
            return (middles.iter().map(triple).collect(), tally);
        }
        let triple =
            |&b: &usize| Triple { a, b, c, kind: self.by_known(pair, b), p_with: 0.0, p_without: 0.0 };
        (middles.iter().map(triple).collect(), Tally::default())
    }

    fn by_survey(&self, walker: &mut Walker<'_>, pair: &Pair, seen: &[Seen]) -> Vec<Triple> {
        let &Pair { a, c, ref middles } = pair;
        let triples = middles.iter().zip(seen).map(|(&b, seen)| {
            let mut largest = |sets: &[Sets]| {
                let session = walker.session();
                let best = sets.iter().filter_map(|sets| sets.best.as_ref());
                let p_values = best.filter_map(|(_, set)| session.test(a, c, set));
                p_values.map(|result| result.p_value).fold(0.0, f64::max)
            };
            let (p_with, p_without) = (largest(&seen.with), largest(&seen.without));
            let separating = |sets: &[Sets]| sets.iter().map(|sets| sets.separating).sum::<u64>();
            let (with, without) = (separating(&seen.with), separating(&seen.without));
            let by_p = if p_without > p_with { Kind::Collider } else { Kind::NonCollider };
            let kind = match self.rule {
                ColliderRule::MaxP => by_p,
                ColliderRule::DefiniteMaxP if with + without == 0 => by_p,
                ColliderRule::SeparatingSet => self.by_known(pair, b),
                _ if with + without == 0 => self.by_known(pair, b),
                ColliderRule::Majority if with < without => Kind::Collider,
                ColliderRule::Majority if with > without => Kind::NonCollider,
                _ if with == 0 => Kind::Collider,
                _ if without == 0 => Kind::NonCollider,
                _ => Kind::Ambiguous,
            };
            Triple { a, b, c, kind, p_with, p_without }
        });
        triples.collect()
    }

    /// Tests every pair given every set from the neighbours of either end, up to the largest size. All pairs of one end
    /// are tested in one walk over its sets, as the work on a set is the same for each.
    fn survey(&self, pairs: &[Pair]) -> (Vec<Vec<Seen>>, Vec<Tally>) {
        let sizes = self.max_depth.min(self.search.test.variables()) + 1;
        let sides = self.sides(pairs);
        let max_sets = self.search.budget.max_sets().unwrap_or(u64::MAX);
        let walk = |x, size| {
            let side: &Side = &sides[x];
            Walk { x, pool: &side.pool, targets: &side.others, size, every: self.every, max_sets }
        };
        let ends = (0..sides.len()).filter(|&x| !sides[x].others.is_empty());
        let walks = shares(
            ends.flat_map(|x| (0..sizes).map(move |size| (x, size))).map(|(x, size)| walk(x, size)).collect(),
        );
        let walker = || Walker::new(self.search.test, self.search.alpha, self.search.budget);
        let outcomes = in_turn(&walks, walker, |walker, walk| {
            let at: Vec<usize> = walk.targets.iter().filter_map(|y| sides[walk.x].pair(*y)).collect();
            let mut seen: Vec<Vec<(Sets, Sets)>> =
                at.iter().map(|&at| vec![Default::default(); pairs[at].middles.len()]).collect();
            let tally = walker.walk(walk, |t, given, finding| {
                let pair = &pairs[at[t]];
                // A set of neighbours of both ends counts once.
                let again =
                    walk.x == pair.c && given.iter().all(|z| sides[pair.a].pool.binary_search(z).is_ok());
                if let Some(independent) = finding.independent.filter(|_| !again) {
                    for (b, (with, without)) in pair.middles.iter().zip(&mut seen[t]) {
                        let sets = if given.contains(b) { with } else { without };
                        sets.note(given, independent, finding.evidence);
                    }
                }
                true
            });
            (at, seen, tally)
        });
        let blank = Seen { with: vec![Sets::default(); sizes], without: vec![Sets::default(); sizes] };
        let mut all: Vec<Vec<Seen>> =
            pairs.iter().map(|pair| vec![blank.clone(); pair.middles.len()]).collect();
        let mut tallies = vec![Tally::default(); pairs.len()];
        // In the order of the ends, so that of two sets equally close to independence that of the smaller end stays.
        for (walk, (at, seen, tally)) in walks.iter().zip(outcomes) {
            if let Some(&first) = at.first() {
                add(&mut tallies[first], Tally { cut: false, ..tally });
            }
            for (pair, seen) in at.into_iter().zip(seen) {
                tallies[pair].cut |= tally.cut;
                for (all, (with, without)) in all[pair].iter_mut().zip(seen) {
                    all.with[walk.size].add(with);
                    all.without[walk.size].add(without);
                }
            }
        }
        (all, tallies)
    }

    fn sides(&self, pairs: &[Pair]) -> Vec<Side> {
        let adjacent = &self.skeleton.adjacent;
        let mut sides = vec![Side::default(); adjacent.len()];
        // Pairs come in the order of their ends, so the other ends of each do too.
        for (at, &Pair { a, c, .. }) in pairs.iter().enumerate() {
            for (x, y) in [(a, c), (c, a)] {
                sides[x].others.push(y);
                sides[x].pairs.push(at);
            }
        }
        for (x, side) in sides.iter_mut().enumerate().filter(|(_, side)| !side.others.is_empty()) {
            side.pool = self.search.pool(&adjacent[x], x);
        }
        sides
    }
}

/// A smallest set that separates the pair among the neighbours of either end: for pairs that the knowledge keeps apart and
/// that were never tested.
pub(super) fn first_separator(
    search: &Search<'_>,
    skeleton: &Skeleton,
    walker: &mut Walker<'_>,
    (a, c): (usize, usize),
    max_depth: usize,
) -> (Option<Vec<usize>>, Tally) {
    let mut separator: Option<Vec<usize>> = None;
    let mut total = Tally::default();
    for size in 0..=max_depth {
        for pair in [(a, c), (c, a)] {
            let tally = walk_pair(search, skeleton, walker, pair, size, |given, finding| {
                if finding.independent == Some(true) {
                    separator = Some(given.to_vec());
                }
                separator.is_none()
            });
            add(&mut total, tally);
            if separator.is_some() {
                return (separator, total);
            }
        }
    }
    (None, total)
}

/// Tests `x` and `y` given the sets of one size from the neighbours of `x`.
fn walk_pair(
    search: &Search<'_>,
    skeleton: &Skeleton,
    walker: &mut Walker<'_>,
    (x, y): (usize, usize),
    size: usize,
    mut visit: impl FnMut(&[usize], Finding) -> bool,
) -> Tally {
    let pool = search.pool(&skeleton.adjacent[x], x);
    let max_sets = search.budget.max_sets().unwrap_or(u64::MAX);
    let walk = Walk { x, pool: &pool, targets: &[y], size, every: false, max_sets };
    walker.walk(&walk, |_, given, finding| visit(given, finding))
}

fn add(total: &mut Tally, more: Tally) {
    total.tests += more.tests;
    total.untestable = total.untestable.saturating_add(more.untestable);
    total.cut |= more.cut;
}
