//! [`PcmciPlus`]: lagged and contemporaneous causes.

use std::collections::BTreeSet;

use etiology_frame::Omission;
use etiology_graph::{EdgeMarks, Lag, LaggedEdge, LaggedGraph, Nodes};
use etiology_stats::{IndependenceTest, LaggedMoments, TestResult, TestSession};
use rayon::prelude::*;

use super::combinations::next_combination;
use super::input::{check_width, partial_correlation, usable};
use super::lagged::{Columns, LagTest, Lagged, check_lags, check_level};
use super::mci::ConditionLimits;
use super::orient::{Marks, Triple, TripleRule, Within};
use super::parents::{Selected, Selection, select};
use super::search::adjust;
use crate::{GrangerError, Series};

/// PCMCI+.
///
/// The skeleton is searched as by PC over sets of neighbours *within the row* only, each test also given the lagged parents of
/// both ends; colliders and Meek's rules then orient edges within the row, with arrows from the past among their premises.
///
/// An edge of lag 0 is `-->`, `---` where both directions explain the data, or `o-o` where orientations contradict one another.
///
/// # Options
/// | option | default | |
/// |---|---|---|
/// | [`with_max_lag`](Self::with_max_lag) | 3 | the longest delay looked at (`tau_max`) |
/// | [`with_min_lag`](Self::with_min_lag) | 0 | the shortest (`tau_min`); 1 leaves the row out |
/// | [`with_alpha`](Self::with_alpha) | 0.01 | level of all tests (`pc_alpha`) |
/// | [`with_triple_rule`](Self::with_triple_rule) | [`TripleRule::Majority`] | how colliders are found (`contemp_collider_rule`) |
/// | [`with_max_conditions`](Self::with_max_conditions) | none | largest set in either search (`max_conds_dim`) |
/// | [`with_max_combinations`](Self::with_max_combinations) | 1 | sets tried a size in the condition selection |
/// | [`with_limits`](Self::with_limits) | all | lagged parents that enter the tests |
/// | [`with_orientation_depth`](Self::with_orientation_depth) | 4 | largest set of neighbours asked about a triple |
///
/// # Assumptions
/// Stationarity; every common cause among the series; no cycle within a row; faithfulness; and what the test assumes.
///
/// # When not to use it
/// With hidden common causes, arrows are not to be trusted. See also [`Pcmci`](crate::Pcmci).
///
/// # What cannot be tested
/// As in [`Pcmci`](crate::Pcmci).
///
/// # Complexity
/// As PCMCI, plus PC over `p` series; exponential in the number of neighbours within the row.
///
/// # References
/// Runge, "Discovering contemporaneous and lagged causal relations in autocorrelated nonlinear time series datasets", UAI 2020,
/// algorithms 1 and 2 and section 3; collider rules from its supplement.
#[derive(Debug, Clone, PartialEq)]
pub struct PcmciPlus {
    min_lag: usize,
    max_lag: usize,
    selection: Selection,
    limits: ConditionLimits,
    rule: TripleRule,
    orientation_depth: usize,
}

impl Default for PcmciPlus {
    fn default() -> Self {
        Self {
            min_lag: 0,
            max_lag: 3,
            selection: Selection { alpha: 0.01, max_conditions: None, max_combinations: 1 },
            limits: ConditionLimits::default(),
            rule: TripleRule::default(),
            orientation_depth: 4,
        }
    }
}

impl PcmciPlus {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The longest delay looked at.
    #[must_use]
    pub fn with_max_lag(mut self, rows: usize) -> Self {
        self.max_lag = rows;
        self
    }

    /// The shortest delay looked at.
    #[must_use]
    pub fn with_min_lag(mut self, rows: usize) -> Self {
        self.min_lag = rows;
        self
    }

    /// The level of all tests.
    #[must_use]
    pub fn with_alpha(mut self, alpha: f64) -> Self {
        self.selection.alpha = alpha;
        self
    }

    /// How colliders are found.
    #[must_use]
    pub fn with_triple_rule(mut self, rule: TripleRule) -> Self {
        self.rule = rule;
        self
    }

    /// The largest set of either search.
    #[must_use]
    pub fn with_max_conditions(mut self, conditions: Option<usize>) -> Self {
        self.selection.max_conditions = conditions;
        self
    }

    /// How many sets of a size a candidate is tested with in the condition selection.
    #[must_use]
    pub fn with_max_combinations(mut self, combinations: usize) -> Self {
        self.selection.max_combinations = combinations;
        self
    }

    /// How many lagged parents enter the tests.
    #[must_use]
    pub fn with_limits(mut self, limits: ConditionLimits) -> Self {
        self.limits = limits;
        self
    }

    /// The largest set of neighbours asked about a triple.
    #[must_use]
    pub fn with_orientation_depth(mut self, conditions: usize) -> Self {
        self.orientation_depth = conditions;
        self
    }

    /// Learns by partial correlation on the rows where every series has an unbroken past of twice the maximum lag.
    ///
    /// # Errors
    /// When an option is out of range or there are too few such rows.
    pub fn learn(&self, series: &Series) -> Result<PcmciPlusResult, GrangerError> {
        self.check()?;
        let usable = usable(series, 2 * self.max_lag)?;
        let test = partial_correlation(&usable.moments)?;
        let mut found = self.learn_with(usable.series.nodes(), &test)?;
        found.left_out = usable.left_out;
        Ok(found)
    }

    /// Learns by partial correlation from moments whose maximum lag is at least twice that of the search.
    ///
    /// # Errors
    /// When an option is out of range, or names and moments disagree in number.
    pub fn learn_from_moments(
        &self,
        nodes: &Nodes,
        moments: &LaggedMoments,
    ) -> Result<PcmciPlusResult, GrangerError> {
        self.check()?;
        check_width(nodes, moments)?;
        self.learn_with(nodes, &partial_correlation(&moments.at(2 * self.max_lag)?)?)
    }

    /// Learns by any test over columns `lag * p + series` with lags up to twice the maximum.
    ///
    /// # Errors
    /// When an option is out of range or the test has too few columns.
    pub fn learn_with(
        &self,
        nodes: &Nodes,
        test: &dyn IndependenceTest,
    ) -> Result<PcmciPlusResult, GrangerError> {
        self.check()?;
        let columns = Columns::new(nodes, test, self.min_lag, self.max_lag)?;
        let selected = select(&columns, self.selection);
        let mut calls: u64 = selected.iter().map(|found| found.tests).sum();
        let parents: Vec<Vec<Lagged>> = selected.iter().map(|found| found.parents.clone()).collect();
        let search = Search { plus: self, columns: &columns, parents: &parents };
        let skeleton = search.skeleton(&mut calls);
        let (marks, ambiguous) = search.orient(&skeleton, &mut calls);
        let mut tests = all_tests(&columns, &selected, &skeleton);
        adjust(&mut tests)?;
        let graph = graph(&columns, &skeleton, &marks, &tests)?;
        let ambiguous =
            ambiguous.into_iter().map(|triple| (triple.end, triple.middle, triple.other)).collect();
        Ok(PcmciPlusResult { graph, parents, tests, ambiguous, calls, left_out: Vec::new() })
    }

    fn check(&self) -> Result<(), GrangerError> {
        check_lags(self.min_lag, self.max_lag)?;
        check_level("the level", self.selection.alpha)
    }
}

/// A possible edge: from the past, or within the row with the lower number as cause.
#[derive(Clone)]
struct Link {
    cause: Lagged,
    effect: usize,
    joined: bool,
    /// Smallest absolute statistic of the tests with neighbours of the effect, and of the cause.
    weakest: [f64; 2],
    /// The test with the largest p-value.
    best: Option<TestResult>,
    separator: Vec<usize>,
}

impl Link {
    fn new(cause: Lagged, effect: usize) -> Self {
        let weakest = [f64::INFINITY; 2];
        Self { cause, effect, joined: true, weakest, best: None, separator: Vec::new() }
    }

    fn is_within(&self) -> bool {
        self.cause.lag == Lag::ZERO
    }

    fn note(&mut self, side: usize, result: TestResult) {
        self.weakest[side] = self.weakest[side].min(result.statistic.abs());
        if self.best.is_none_or(|best| result.p_value >= best.p_value) {
            self.best = Some(result);
        }
    }
}

struct Search<'a> {
    plus: &'a PcmciPlus,
    columns: &'a Columns<'a>,
    parents: &'a [Vec<Lagged>],
}

impl Search<'_> {
    /// The adjacency search over sets of neighbours within the row, one size at a time. The neighbours stay those at the
    /// beginning of a size, strongest first, so that links can be tested at once and in any order.
    fn skeleton(&self, calls: &mut u64) -> Vec<Link> {
        let p = self.columns.width();
        let mut links: Vec<Link> = Vec::new();
        for effect in 0..p {
            if self.columns.min_lag == 0 {
                links.extend((0..effect).map(|cause| Link::new(Lagged::new(cause, 0), effect)));
            }
            links.extend(self.parents[effect].iter().map(|&cause| Link::new(cause, effect)));
        }
        let most = self.plus.selection.max_conditions.unwrap_or(p);
        for size in 0..=most {
            let neighbours = neighbours(p, &links);
            let walk = |(link, tests): (&mut Link, &mut u64)| -> bool {
                if !link.joined {
                    return false;
                }
                let mut session = self.columns.test.session();
                let forth = self.walk(session.as_mut(), link, 0, &neighbours[link.effect], size, tests);
                let back = link.is_within()
                    && link.joined
                    && self.walk(session.as_mut(), link, 1, &neighbours[link.cause.series], size, tests);
                forth || back
            };
            let mut counts = vec![0; links.len()];
            let asked = links.par_iter_mut().zip(&mut counts).map(walk).reduce(|| false, |a, b| a || b);
            *calls += counts.iter().sum::<u64>();
            // What no test could judge at all is not an edge.
            links.iter_mut().for_each(|link| link.joined &= link.best.is_some());
            if !asked {
                break;
            }
        }
        links
    }

    /// Tests a link given each set of this size among the neighbours of one side; whether there was any.
    fn walk(
        &self,
        session: &mut dyn TestSession,
        link: &mut Link,
        side: usize,
        neighbours: &[usize],
        size: usize,
        tests: &mut u64,
    ) -> bool {
        let (cause, effect) = if side == 0 {
            (link.cause, link.effect)
        } else {
            (Lagged::new(link.effect, 0), link.cause.series)
        };
        let others: Vec<usize> = neighbours.iter().copied().filter(|&v| Lagged::new(v, 0) != cause).collect();
        if others.len() < size {
            return false;
        }
        let base = self.plus.limits.conditions(self.columns, self.parents, cause, effect);
        let mut chosen: Vec<usize> = (0..size).collect();
        loop {
            let set: Vec<usize> = chosen.iter().map(|&i| others[i]).collect();
            *tests += 1;
            if let Some(result) =
                session.test(self.columns.column(cause), effect, &[&base[..], &set[..]].concat())
            {
                link.note(side, result);
                if result.p_value > self.plus.selection.alpha {
                    link.joined = false;
                    link.separator = set;
                    return true;
                }
            }
            if !next_combination(&mut chosen, others.len()) {
                return true;
            }
        }
    }

    fn orient(&self, links: &[Link], calls: &mut u64) -> (Marks, BTreeSet<Triple>) {
        let p = self.columns.width();
        let mut past = vec![BTreeSet::new(); p];
        let mut open = Vec::new();
        for link in links.iter().filter(|link| link.joined) {
            if link.is_within() {
                open.push((link.cause.series, link.effect));
            } else {
                past[link.effect].insert(link.cause);
            }
        }
        let mut marks = Marks::new(p, open, past);
        let triples = marks.unshielded();
        let judged: Vec<(Option<bool>, u64)> =
            triples.par_iter().map(|triple| self.judge(triple, &marks, links)).collect();
        *calls += judged.iter().map(|(_, tests)| tests).sum::<u64>();
        let of = |wanted: Option<bool>| {
            triples
                .iter()
                .zip(&judged)
                .filter(move |(_, (kind, _))| *kind == wanted)
                .map(|(triple, _)| triple)
        };
        let ambiguous: BTreeSet<Triple> = of(None).copied().collect();
        let colliders: Vec<Triple> = of(Some(true)).copied().collect();
        marks.orient_colliders(&colliders);
        marks.close(&ambiguous);
        (marks, ambiguous)
    }

    /// Whether a triple is a collider, and the number of tests; `None` where it is ambiguous.
    fn judge(&self, triple: &Triple, marks: &Marks, links: &[Link]) -> (Option<bool>, u64) {
        if self.plus.rule == TripleRule::SeparatingSet {
            return (Some(!self.separator(triple, links).contains(&triple.middle)), 0);
        }
        let sets = self.neighbour_sets(triple, marks);
        let mut session = self.columns.test.session();
        let base = self.plus.limits.conditions(self.columns, self.parents, triple.end, triple.other);
        let (mut separating, mut with_middle) = (0_u64, 0_u64);
        for set in &sets {
            let given = [&base[..], &set[..]].concat();
            let result = session.test(self.columns.column(triple.end), triple.other, &given);
            if result.is_some_and(|result| result.p_value > self.plus.selection.alpha) {
                separating += 1;
                with_middle += u64::from(set.contains(&triple.middle));
            }
        }
        let kind = match self.plus.rule {
            _ if separating == 0 => None,
            TripleRule::Conservative if with_middle == 0 => Some(true),
            TripleRule::Conservative => (with_middle == separating).then_some(false),
            _ if 2 * with_middle == separating => None,
            _ => Some(2 * with_middle < separating),
        };
        (kind, sets.len() as u64)
    }

    /// The set by which the search separated the ends; the empty one for a link the condition selection had dropped.
    fn separator<'l>(&self, triple: &Triple, links: &'l [Link]) -> &'l [usize] {
        let ends = |link: &&Link| {
            link.cause == triple.end && link.effect == triple.other
                || triple.end.lag == Lag::ZERO
                    && link.cause == Lagged::new(triple.other, 0)
                    && link.effect == triple.end.series
        };
        links.iter().find(ends).map_or(&[], |link| &link.separator)
    }

    /// The sets of neighbours within the row of the other end, and of the first where it is in the row too.
    fn neighbour_sets(&self, triple: &Triple, marks: &Marks) -> BTreeSet<Vec<usize>> {
        let mut sets = BTreeSet::new();
        let mut add = |of: usize, apart_from: Lagged| {
            let near: Vec<usize> =
                marks.neighbours(of).into_iter().filter(|&v| Lagged::new(v, 0) != apart_from).collect();
            for size in 0..=near.len().min(self.plus.orientation_depth) {
                let mut chosen: Vec<usize> = (0..size).collect();
                loop {
                    sets.insert(chosen.iter().map(|&i| near[i]).collect());
                    if !next_combination(&mut chosen, near.len()) {
                        break;
                    }
                }
            }
        };
        add(triple.other, triple.end);
        if triple.end.lag == Lag::ZERO {
            add(triple.end.series, Lagged::new(triple.other, 0));
        }
        sets
    }
}

/// The neighbours of each series within the row, strongest first.
fn neighbours(width: usize, links: &[Link]) -> Vec<Vec<usize>> {
    let mut near: Vec<Vec<(usize, f64)>> = vec![Vec::new(); width];
    for link in links.iter().filter(|link| link.joined && link.is_within()) {
        near[link.effect].push((link.cause.series, link.weakest[0]));
        near[link.cause.series].push((link.effect, link.weakest[1]));
    }
    near.into_iter()
        .map(|mut near| {
            near.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            near.into_iter().map(|(series, _)| series).collect()
        })
        .collect()
}

/// The outcome of every link, by effect, cause and lag: the least significant test of those the skeleton looked at, the last
/// one of those the condition selection dropped.
fn all_tests(columns: &Columns<'_>, selected: &[Selected], links: &[Link]) -> Vec<LagTest> {
    let mut tests = Vec::new();
    let mut add = |cause: Lagged, effect: usize, result: Option<TestResult>| {
        let outcome = result.ok_or_else(|| columns.why_untestable(cause, effect));
        tests.push(LagTest { cause: cause.series, effect, lag: cause.lag, outcome, q_value: None });
    };
    for (effect, found) in selected.iter().enumerate() {
        for &(cause, result) in &found.dropped {
            add(cause, effect, Some(result));
        }
        for &cause in &found.untestable {
            add(cause, effect, None);
        }
    }
    for link in links {
        add(link.cause, link.effect, link.best);
    }
    tests.sort_by_key(|test| (test.effect, test.cause, test.lag));
    tests
}

fn graph(
    columns: &Columns<'_>,
    links: &[Link],
    marks: &Marks,
    tests: &[LagTest],
) -> Result<LaggedGraph, GrangerError> {
    let edge = |link: &Link| {
        let result = link.best?;
        let (mut cause, mut effect) = (link.cause.series, link.effect);
        let mut shape = EdgeMarks::DIRECTED;
        if link.is_within() {
            match marks.within(cause, effect) {
                Within::Apart => return None,
                Within::Open => shape = EdgeMarks::UNDIRECTED,
                Within::Conflict => shape = EdgeMarks::UNDECIDED,
                Within::Out => {}
                Within::In => (cause, effect) = (effect, cause),
            }
        }
        let place = (link.effect, link.cause.series, link.cause.lag);
        let found = tests.binary_search_by_key(&place, |test| (test.effect, test.cause, test.lag));
        Some(LaggedEdge {
            cause,
            effect,
            lag: link.cause.lag,
            marks: shape,
            strength: Some(result.statistic),
            p_value: Some(result.p_value),
            q_value: found.ok().and_then(|at| tests[at].q_value),
        })
    };
    let edges = links.iter().filter(|link| link.joined).filter_map(edge);
    Ok(LaggedGraph::new(columns.nodes.clone(), Lag::new(columns.max_lag), edges)?)
}

/// What [`PcmciPlus`] found.
#[derive(Debug, Clone, PartialEq)]
pub struct PcmciPlusResult {
    graph: LaggedGraph,
    parents: Vec<Vec<Lagged>>,
    tests: Vec<LagTest>,
    ambiguous: Vec<(Lagged, usize, usize)>,
    calls: u64,
    left_out: Vec<Omission>,
}

impl PcmciPlusResult {
    /// The edges. The strength and p-value of one are those of its least significant test.
    #[must_use]
    pub fn graph(&self) -> &LaggedGraph {
        &self.graph
    }

    /// Every link looked at, by effect, cause and lag; within the row the lower number stands as cause. The p-value is the
    /// largest of the link's tests, the q-value adjusts over all of them; neither is what decided the graph.
    #[must_use]
    pub fn tests(&self) -> &[LagTest] {
        &self.tests
    }

    /// What the condition selection kept of the past of each series, strongest first.
    #[must_use]
    pub fn parents(&self) -> &[Vec<Lagged>] {
        &self.parents
    }

    /// Unshielded triples `(end, middle, other)` of which it is not known whether they are colliders.
    #[must_use]
    pub fn ambiguous(&self) -> &[(Lagged, usize, usize)] {
        &self.ambiguous
    }

    /// Number of independence tests.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// Series that were left out, and why. They are not among the nodes of the graph.
    #[must_use]
    pub fn left_out(&self) -> &[Omission] {
        &self.left_out
    }
}
