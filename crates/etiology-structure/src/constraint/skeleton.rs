//! The adjacency search of PC and its relatives: remove every edge whose ends some set of neighbours separates.
//!
//! Level by level, each pair still joined is tested given every subset, of the level's size, of either end's neighbours
//! (Spirtes, Glymour and Scheines 2000, section 5.4.2). The stable variant takes the neighbours as they were when the level
//! began (Colombo and Maathuis 2014, algorithm 4.1), so the result does not depend on the order of the variables, and the
//! pairs of a level can be tested in any order: here by variable, one conditioning set after the other, in parallel over
//! variables, with the results merged in their order.
//!
//! Background knowledge saves tests: a forbidden adjacency is never tested, a required one never removed, and a variable
//! that cannot be a parent of `x` is in none of the sets taken from the neighbours of `x` (as one end of a pair is no
//! descendant of the other, its possible parents suffice).

use etiology_graph::NodeSet;
use etiology_stats::IndependenceTest;

use super::budget::{Budget, SearchReport};
use super::separators::SeparatingSets;
use super::shares::{in_turn, shares};
use super::walk::{Tally, Walk, Walker};
use crate::{Knowledge, StructureError};

/// Which of the sets that separate a pair, among those of the level at which the first was found, is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Separator {
    /// The first in the order of the search: neighbours of the smaller-numbered end first, sets in lexicographic order. The
    /// cheapest; depends on the order of the variables.
    #[default]
    First,
    /// The one with the largest p-value.
    LargestP,
    /// The union of all of them: a node counts as separating as soon as one set has it.
    Union,
}

/// The search's settings.
pub(super) struct Search<'a> {
    pub(super) test: &'a dyn IndependenceTest,
    pub(super) knowledge: &'a Knowledge,
    pub(super) alpha: f64,
    pub(super) budget: &'a Budget,
    pub(super) separator: Separator,
    pub(super) stable: bool,
    /// Whether hidden common causes are allowed, so that the possible parents of one end need not separate a pair.
    pub(super) latent: bool,
}

/// What the search found.
pub(super) struct Skeleton {
    pub(super) adjacent: Vec<NodeSet>,
    pub(super) separators: SeparatingSets,
    pub(super) report: SearchReport,
}

impl Skeleton {
    /// The largest conditioning sets tested.
    pub(super) fn depth(&self) -> usize {
        self.report.tests.len().saturating_sub(1)
    }
}

/// Checks that test and knowledge are about the same variables and that there are any.
pub(super) fn check_width(
    test: &dyn IndependenceTest,
    knowledge: &Knowledge,
) -> Result<usize, StructureError> {
    let (expected, got) = (test.variables(), knowledge.nodes().len());
    if expected != got {
        return Err(StructureError::Width { what: "the background knowledge", expected, got });
    }
    if expected == 0 {
        let message = "there is no variable to learn from; give at least one usable column".to_owned();
        return Err(StructureError::NoData { message });
    }
    Ok(expected)
}

/// Checks a significance level.
pub(super) fn check_alpha(alpha: f64) -> Result<f64, StructureError> {
    if alpha > 0.0 && alpha < 1.0 {
        return Ok(alpha);
    }
    Err(StructureError::Parameter {
        parameter: "alpha",
        value: alpha,
        expected: "between 0 and 1, both excluded",
    })
}

impl Search<'_> {
    /// Runs the search from the complete graph over the pairs the knowledge allows.
    pub(super) fn run(&self) -> Skeleton {
        let p = self.test.variables();
        let allowed = |a: usize| {
            NodeSet::from_nodes(p, (0..p).filter(|&b| b != a && self.knowledge.allows_adjacency(a, b)))
        };
        let adjacent: Vec<NodeSet> = (0..p).map(allowed).collect();
        let mut skeleton =
            Skeleton { adjacent, separators: SeparatingSets::new(p), report: SearchReport::default() };
        skeleton.report.decided_by_knowledge = self.decided(&skeleton.adjacent);
        for depth in 0.. {
            if !self.level(&mut skeleton, depth) {
                break;
            }
        }
        skeleton.report.stopped = self.budget.stopped();
        let adjacent = &skeleton.adjacent;
        skeleton.report.finish(|a, b| adjacent[a].contains(b));
        skeleton
    }

    fn decided(&self, adjacent: &[NodeSet]) -> u64 {
        let p = adjacent.len() as u64;
        let joined: usize = adjacent.iter().map(NodeSet::len).sum();
        let required = self.knowledge.required().count();
        p * p.saturating_sub(1) / 2 - (joined / 2) as u64 + required as u64
    }

    /// The neighbours of `x` that can be its parents, ascending; with hidden causes all of them.
    pub(super) fn pool(&self, adjacent: &NodeSet, x: usize) -> Vec<usize> {
        if self.latent {
            return adjacent.iter().collect();
        }
        adjacent.iter().filter(|&z| self.knowledge.allows(z, x) && !self.knowledge.requires(x, z)).collect()
    }

    /// Tests every pair given sets of `depth` variables; false when no larger sets are to be tried.
    fn level(&self, skeleton: &mut Skeleton, depth: usize) -> bool {
        let before = skeleton.adjacent.clone();
        let pools: Vec<Vec<usize>> = before.iter().enumerate().map(|(x, set)| self.pool(set, x)).collect();
        // A side is open when its pool holds a set of this size without the other end.
        let open = |x: usize, y: usize| {
            let pool: &[usize] = &pools[x];
            !self.knowledge.requires_adjacency(x, y)
                && pool.len() - usize::from(pool.binary_search(&y).is_ok()) >= depth
        };
        let sides = |later: bool| -> Vec<Vec<usize>> {
            let of = |x: usize| before[x].iter().filter(|&y| (y > x) == later && open(x, y)).collect();
            (0..before.len()).map(of).collect()
        };
        let (later, earlier) = (sides(true), if depth == 0 { Vec::new() } else { sides(false) });
        let count: usize = later.iter().chain(&earlier).map(Vec::len).sum();
        if count == 0 {
            return false;
        }
        let max_sets = self.share(&skeleton.report, count);
        if self.budget.max_depth().is_some_and(|max| depth > max) || max_sets == 0 || self.budget.stopped() {
            for (x, ys) in later.iter().enumerate().chain(earlier.iter().enumerate()) {
                ys.iter().for_each(|&y| skeleton.report.cut(x, y, depth));
            }
            return false;
        }
        let counted =
            |report: &SearchReport| (report.tests.get(depth).copied().unwrap_or(0), report.untestable);
        let (_, untestable) = counted(&skeleton.report);
        if self.stable {
            self.stable_level(skeleton, depth, max_sets, &pools, &later, earlier);
        } else {
            self.original_level(skeleton, depth, max_sets);
        }
        if depth == 0 {
            self.leave_out(skeleton, &later);
        }
        let (judged, after) = counted(&skeleton.report);
        // Where no test of a level can be judged, none of the next can.
        judged > 0 || after == untestable
    }

    /// Variables of which no marginal test could be judged (constant columns, too few rows) take no part: they would stay
    /// joined to everything and make every set they are in untestable. Edges the knowledge requires stay.
    fn leave_out(&self, skeleton: &mut Skeleton, tested: &[Vec<usize>]) {
        let mut asked = vec![0_usize; skeleton.adjacent.len()];
        for (x, ys) in tested.iter().enumerate() {
            for &y in ys {
                asked[x] += 1;
                asked[y] += 1;
            }
        }
        let mut failed = vec![0_usize; asked.len()];
        for &(a, b) in &skeleton.report.unjudged {
            failed[a] += 1;
            failed[b] += 1;
        }
        for x in (0..asked.len()).filter(|&x| asked[x] > 0 && failed[x] == asked[x]) {
            skeleton.report.left_out.push(x);
            for y in skeleton.adjacent[x].clone().iter().filter(|&y| !self.knowledge.requires_adjacency(x, y))
            {
                skeleton.adjacent[x].remove(y);
                skeleton.adjacent[y].remove(x);
            }
        }
    }

    /// The number of sets each side may try at a level.
    pub(super) fn share(&self, report: &SearchReport, sides: usize) -> u64 {
        let most = self.budget.max_sets().unwrap_or(u64::MAX);
        match self.budget.max_tests() {
            Some(tests) => most.min(tests.saturating_sub(report.tests.iter().sum()) / sides.max(1) as u64),
            None => most,
        }
    }

    fn stable_level(
        &self,
        skeleton: &mut Skeleton,
        depth: usize,
        max_sets: u64,
        pools: &[Vec<usize>],
        later: &[Vec<usize>],
        mut earlier: Vec<Vec<usize>>,
    ) {
        let first = self.walk_all(depth, max_sets, pools, later);
        if self.separator == Separator::First {
            // Pairs separated from the one side need not be tried from the other.
            for outcome in &first {
                for found in &outcome.found {
                    if let Some(ys) = earlier.get_mut(found.y) {
                        ys.retain(|&y| y != outcome.x);
                    }
                }
            }
        }
        let second = self.walk_all(depth, max_sets, pools, &earlier);
        let mut found: Vec<(usize, usize, Found)> = Vec::new();
        for outcome in first.into_iter().chain(second) {
            let x = outcome.x;
            skeleton.report.count(depth, outcome.tally.tests, outcome.tally.untestable);
            for &y in &outcome.unjudged {
                skeleton.report.unjudged.push((x.min(y), x.max(y)));
            }
            for &y in &outcome.cut {
                skeleton.report.cut(x, y, depth);
            }
            found.extend(outcome.found.into_iter().map(|f| (x.min(f.y), x.max(f.y), f)));
        }
        // A stable sort: of two sides of a pair the smaller-numbered stays first.
        found.sort_by_key(|&(a, b, _)| (a, b));
        for same in found.chunk_by(|one, two| (one.0, one.1) == (two.0, two.1)) {
            let Some((a, b, one)) = same.first() else { continue };
            let set = match (self.separator, same.get(1)) {
                (Separator::LargestP, Some((_, _, two))) if two.evidence < one.evidence => two.set.clone(),
                (Separator::Union, Some((_, _, two))) => union(&one.set, &two.set),
                _ => one.set.clone(),
            };
            skeleton.adjacent[*a].remove(*b);
            skeleton.adjacent[*b].remove(*a);
            skeleton.separators.insert(*a, *b, set);
        }
    }

    fn walk_all(
        &self,
        depth: usize,
        max_sets: u64,
        pools: &[Vec<usize>],
        targets: &[Vec<usize>],
    ) -> Vec<Outcome> {
        let every = self.separator == Separator::LargestP;
        let busy = (0..targets.len()).filter(|&x| !targets[x].is_empty());
        let walks =
            busy.map(|x| Walk { x, pool: &pools[x], targets: &targets[x], size: depth, every, max_sets });
        let walks = shares(walks.collect());
        in_turn(
            &walks,
            || Walker::new(self.test, self.alpha, self.budget),
            |walker, walk| self.walk_one(walker, walk),
        )
    }

    fn walk_one(&self, walker: &mut Walker<'_>, walk: &Walk<'_>) -> Outcome {
        let mut found: Vec<Option<Found>> = vec![None; walk.targets.len()];
        let mut unjudged = vec![false; walk.targets.len()];
        let tally = walker.walk(walk, |t, given, finding| {
            match finding.independent {
                None => unjudged[t] = true,
                Some(false) => {}
                Some(true) => {
                    let new =
                        || Found { y: walk.targets[t], set: given.to_vec(), evidence: finding.evidence };
                    match (self.separator, &mut found[t]) {
                        (Separator::First, _) => {
                            found[t] = Some(new());
                            return false;
                        }
                        (Separator::LargestP, Some(best)) if best.evidence <= finding.evidence => {}
                        (Separator::Union, Some(best)) => best.set = union(&best.set, given),
                        (_, slot) => *slot = Some(new()),
                    }
                }
            }
            true
        });
        let left = |t: &usize| found[*t].is_none();
        let cut = if tally.cut {
            (0..found.len()).filter(left).map(|t| walk.targets[t]).collect()
        } else {
            Vec::new()
        };
        let unjudged = (0..found.len()).filter(|&t| unjudged[t]).map(|t| walk.targets[t]).collect();
        Outcome { x: walk.x, tally, found: found.into_iter().flatten().collect(), unjudged, cut }
    }

    /// PC as first published: an edge is gone as soon as it is separated, and later tests of the level no longer see it.
    fn original_level(&self, skeleton: &mut Skeleton, depth: usize, max_sets: u64) {
        let mut walker = Walker::new(self.test, self.alpha, self.budget);
        for x in 0..skeleton.adjacent.len() {
            let ys: Vec<usize> = skeleton.adjacent[x].iter().filter(|&y| depth > 0 || y > x).collect();
            for y in ys {
                if self.knowledge.requires_adjacency(x, y) {
                    continue;
                }
                let mut pool = self.pool(&skeleton.adjacent[x], x);
                pool.retain(|&z| z != y);
                let every = self.separator == Separator::LargestP;
                let walk = Walk { x, pool: &pool, targets: &[y], size: depth, every, max_sets };
                let outcome = self.walk_one(&mut walker, &walk);
                skeleton.report.count(depth, outcome.tally.tests, outcome.tally.untestable);
                if !outcome.unjudged.is_empty() {
                    skeleton.report.unjudged.push((x.min(y), x.max(y)));
                }
                if !outcome.cut.is_empty() {
                    skeleton.report.cut(x, y, depth);
                }
                if let Some(found) = outcome.found.into_iter().next() {
                    skeleton.adjacent[x].remove(y);
                    skeleton.adjacent[y].remove(x);
                    skeleton.separators.insert(x, y, found.set);
                }
            }
        }
    }
}

/// What the tests around one variable found at one level.
struct Outcome {
    x: usize,
    tally: Tally,
    found: Vec<Found>,
    unjudged: Vec<usize>,
    cut: Vec<usize>,
}

/// A set that separates the outcome's variable from `y`.
#[derive(Clone)]
struct Found {
    y: usize,
    set: Vec<usize>,
    evidence: f64,
}

fn union(a: &[usize], b: &[usize]) -> Vec<usize> {
    let mut all: Vec<usize> = a.iter().chain(b).copied().collect();
    all.sort_unstable();
    all.dedup();
    all
}
