//! Judging unshielded triples `a - b - c`: collider, non-collider or ambiguous.
//!
//! In a faithful distribution `b` is in every set that separates `a` and `c`, or in none. A sample can disagree with itself,
//! and then the rules differ in which sets they ask: see [`ColliderRule`].

use std::collections::BTreeMap;

use etiology_graph::NodeSet;
use rayon::prelude::*;

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
    let judge = Judge { search, skeleton, rule, every: p_values || rule.compares(), max_depth };
    let walker = || Walker::new(search.test, search.alpha, search.budget);
    let pairs: Vec<((usize, usize), Vec<usize>)> = pairs.into_iter().collect();
    let judged: Vec<(Vec<Triple>, Tally)> = pairs
        .par_iter()
        .map_init(walker, |walker, ((a, c), middles)| judge.pair(walker, *a, *c, middles))
        .collect();
    for ((pair, _), (_, tally)) in pairs.iter().zip(&judged) {
        skeleton.report.orientation_tests += tally.tests;
        skeleton.report.untestable = skeleton.report.untestable.saturating_add(tally.untestable);
        if tally.cut {
            skeleton.report.cut_pairs.push(*pair);
        }
    }
    let mut triples: Vec<Triple> = judged.into_iter().flat_map(|(triples, _)| triples).collect();
    triples.sort_unstable_by_key(|triple| (triple.a, triple.b, triple.c));
    triples
}

struct Judge<'a, 's> {
    search: &'a Search<'s>,
    skeleton: &'a Skeleton,
    rule: ColliderRule,
    every: bool,
    max_depth: usize,
}

/// What was seen of one middle node.
#[derive(Clone, Default)]
struct Seen {
    separating_with: u64,
    separating_without: u64,
    /// By size: the evidence and the set closest to independence.
    best_with: Vec<Option<(f64, Vec<usize>)>>,
    best_without: Vec<Option<(f64, Vec<usize>)>>,
}

impl Seen {
    fn note(&mut self, with: bool, given: &[usize], independent: bool, evidence: f64) {
        let (best, separating) = if with {
            (&mut self.best_with, &mut self.separating_with)
        } else {
            (&mut self.best_without, &mut self.separating_without)
        };
        *separating += u64::from(independent);
        if best[given.len()].as_ref().is_none_or(|(least, _)| evidence < *least) {
            best[given.len()] = Some((evidence, given.to_vec()));
        }
    }
}

impl Judge<'_, '_> {
    fn pair(&self, walker: &mut Walker<'_>, a: usize, c: usize, middles: &[usize]) -> (Vec<Triple>, Tally) {
        let known = self.skeleton.separators.get(a, c);
        let by_known = |b: usize| match known.map(|set| set.contains(&b)) {
            Some(false) => Kind::Collider,
            Some(true) => Kind::NonCollider,
            None => Kind::Ambiguous,
        };
        if self.rule == ColliderRule::SeparatingSet && !self.every {
            if known.is_some() {
                let triple = |&b: &usize| Triple { a, b, c, kind: by_known(b), p_with: 0.0, p_without: 0.0 };
                return (middles.iter().map(triple).collect(), Tally::default());
            }
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
        let (seen, tally) = self.survey(walker, a, c, middles);
        let triples = middles.iter().zip(seen).map(|(&b, seen)| {
            let mut largest = |best: &[Option<(f64, Vec<usize>)>]| {
                let session = walker.session();
                let p_values = best.iter().flatten().filter_map(|(_, set)| session.test(a, c, set));
                p_values.map(|result| result.p_value).fold(0.0, f64::max)
            };
            let (p_with, p_without) = (largest(&seen.best_with), largest(&seen.best_without));
            let (with, without) = (seen.separating_with, seen.separating_without);
            let by_p = if p_without > p_with { Kind::Collider } else { Kind::NonCollider };
            let kind = match self.rule {
                ColliderRule::MaxP => by_p,
                ColliderRule::DefiniteMaxP if with + without == 0 => by_p,
                ColliderRule::SeparatingSet => by_known(b),
                _ if with + without == 0 => by_known(b),
                ColliderRule::Majority if with < without => Kind::Collider,
                ColliderRule::Majority if with > without => Kind::NonCollider,
                _ if with == 0 => Kind::Collider,
                _ if without == 0 => Kind::NonCollider,
                _ => Kind::Ambiguous,
            };
            Triple { a, b, c, kind, p_with, p_without }
        });
        (triples.collect(), tally)
    }

    /// Tests the pair given every set from the neighbours of either end, up to the largest size.
    fn survey(&self, walker: &mut Walker<'_>, a: usize, c: usize, middles: &[usize]) -> (Vec<Seen>, Tally) {
        let sizes = self.max_depth.min(self.search.test.variables()) + 1;
        let blank = Seen { best_with: vec![None; sizes], best_without: vec![None; sizes], ..Seen::default() };
        let mut seen = vec![blank; middles.len()];
        let mut total = Tally::default();
        let of_a = NodeSet::from_nodes(
            self.skeleton.adjacent.len(),
            self.search.pool(&self.skeleton.adjacent[a], a),
        );
        for size in 0..sizes {
            for (x, y) in [(a, c), (c, a)] {
                let tally = self.walk(walker, x, y, size, |given, finding| {
                    // A set of neighbours of both ends counts once.
                    let again = x == c && given.iter().all(|&z| of_a.contains(z));
                    if let Some(independent) = finding.independent.filter(|_| !again) {
                        for (&b, seen) in middles.iter().zip(&mut seen) {
                            seen.note(given.contains(&b), given, independent, finding.evidence);
                        }
                    }
                    true
                });
                add(&mut total, tally);
            }
        }
        (seen, total)
    }

    fn walk(
        &self,
        walker: &mut Walker<'_>,
        x: usize,
        y: usize,
        size: usize,
        visit: impl FnMut(&[usize], Finding) -> bool,
    ) -> Tally {
        walk_pair(self.search, self.skeleton, walker, (x, y), size, self.every, visit)
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
            let tally = walk_pair(search, skeleton, walker, pair, size, false, |given, finding| {
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
    every: bool,
    mut visit: impl FnMut(&[usize], Finding) -> bool,
) -> Tally {
    let pool = search.pool(&skeleton.adjacent[x], x);
    let max_sets = search.budget.max_sets().unwrap_or(u64::MAX);
    let walk = Walk { x, pool: &pool, targets: &[y], size, every, max_sets };
    walker.walk(&walk, |_, given, finding| visit(given, finding))
}

fn add(total: &mut Tally, more: Tally) {
    total.tests += more.tests;
    total.untestable = total.untestable.saturating_add(more.untestable);
    total.cut |= more.cut;
}
