//! [`Pc`]: the PC algorithm and its variants.

use etiology_graph::{Pdag, orient_by_meek_definite};
use etiology_stats::IndependenceTest;

use super::budget::{Budget, SearchReport};
use super::collider::{ColliderRule, Kind, Triple, judge};
use super::separators::SeparatingSets;
use super::skeleton::{Search, Separator, Skeleton, check_alpha, check_width};
use crate::{Knowledge, StructureError};

/// See [`PcParams::with_orientation_depth`].
const ORIENTATION_DEPTH: usize = 4;

/// How the adjacency search treats edges it has just removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PcVariant {
    /// Neighbours are those at the beginning of a level: the skeleton does not depend on the order of the variables
    /// (Colombo and Maathuis 2014).
    #[default]
    Stable,
    /// Neighbours are those of the moment, as first published; fewer tests, a result that depends on the order. One thread.
    Original,
}

/// What happens when two colliders want one edge in opposite directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConflictPolicy {
    /// Colliders are oriented in the order of their middle variables, then of their ends; the later one overwrites. pcalg's
    /// default.
    Overwrite,
    /// The edge becomes `<->`, which shows where the sample disagrees with itself. Which colliders are oriented does not depend
    /// on the order of the variables; what Meek's rules add to colliders that no DAG has together still can.
    Bidirected,
    /// Colliders are oriented in the same order; the later one is dropped. causal-learn's `uc_priority = 2`.
    KeepFirst,
    /// As `KeepFirst`, in ascending order of the largest p-value of `a _||_ c` given a set with `b`: first where conditioning
    /// on `b` makes the strongest dependence. Equal p-values go by the same order. The default, by measurement
    /// (see [`Pc`]).
    #[default]
    StrongerDependence,
    /// As `KeepFirst`, in descending order of the largest p-value of `a _||_ c` given a set without `b`.
    StrongerIndependence,
}

impl ConflictPolicy {
    fn needs_p_values(self) -> bool {
        matches!(self, Self::StrongerDependence | Self::StrongerIndependence)
    }
}

/// The parameters of [`Pc`], not yet checked.
#[derive(Debug, Clone)]
pub struct PcParams {
    alpha: f64,
    variant: PcVariant,
    separator: Separator,
    rule: ColliderRule,
    conflict: ConflictPolicy,
    orientation_depth: Option<usize>,
    budget: Budget,
}

impl Default for PcParams {
    fn default() -> Self {
        Self {
            alpha: 0.01,
            variant: PcVariant::default(),
            separator: Separator::default(),
            rule: ColliderRule::default(),
            conflict: ConflictPolicy::default(),
            orientation_depth: None,
            budget: Budget::default(),
        }
    }
}

impl PcParams {
    /// The level of each test; default 0.01.
    #[must_use]
    pub fn with_alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }

    /// The variant; default [`PcVariant::Stable`].
    #[must_use]
    pub fn with_variant(mut self, variant: PcVariant) -> Self {
        self.variant = variant;
        self
    }

    /// Which separating set is kept.
    #[must_use]
    pub fn with_separator(mut self, separator: Separator) -> Self {
        self.separator = separator;
        self
    }

    /// How unshielded triples are judged.
    #[must_use]
    pub fn with_collider_rule(mut self, rule: ColliderRule) -> Self {
        self.rule = rule;
        self
    }

    /// What happens to colliders that disagree.
    #[must_use]
    pub fn with_conflict_policy(mut self, policy: ConflictPolicy) -> Self {
        self.conflict = policy;
        self
    }

    /// The largest sets asked when judging triples; by default as large as the adjacency search's, but at most 4: on the data
    /// of the table at [`Pc`] larger ones change SHD by less than 1, and at a hub they cost more than the search.
    #[must_use]
    pub fn with_orientation_depth(mut self, depth: usize) -> Self {
        self.orientation_depth = Some(depth);
        self
    }

    /// Limits on the tests; default none.
    #[must_use]
    pub fn with_budget(mut self, budget: Budget) -> Self {
        self.budget = budget;
        self
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// When alpha is not between 0 and 1.
    pub fn build(self) -> Result<Pc, StructureError> {
        check_alpha(self.alpha)?;
        Ok(Pc(self))
    }
}

/// The PC algorithm (Spirtes, Glymour and Scheines 2000, section 5.4.2): finds the CPDAG of a DAG from tests of conditional
/// independence.
///
/// Starting from the complete graph, an edge is removed when its ends are independent given some set of neighbours; then
/// unshielded colliders are oriented, and Meek's rules find what follows. Options: [`PcVariant`] (order-independent by
/// default), [`ColliderRule`] (separating set, conservative, majority, largest p-value), [`ConflictPolicy`], [`Separator`],
/// [`Budget`]; background knowledge is enforced strictly.
///
/// **Assumes** that the data come from a DAG over the variables with no hidden common cause and no selection (else
/// [`crate::Fci`]), that they are faithful to it, and that the test's own assumptions hold.
///
/// **Defaults** were chosen on simulated linear-Gaussian data (100 variables, 2 000 rows, mean degree 3; seeds 11 to 16 of the
/// generator, not those of the comparisons): F1 of the arrows and SHD to the true CPDAG, Erdos-Renyi / scale-free.
///
/// | rule | overwrite | `<->` | keep first | stronger dependence | stronger independence |
/// |---|---|---|---|---|---|
/// | separating set (first) | .728 46 / .579 78 | .704 62 / .502 96 | .804 34 / .598 77 | .937 14 / .679 66 | .911 18 / .633 73 |
/// | separating set (union) | .812 33 / .615 73 | .801 46 / .547 90 | .840 28 / .606 76 | .945 13 / .695 64 | .930 15 / .672 67 |
/// | conservative | .944 14 / .694 67 | .952 14 / .690 68 | .956 12 / .687 68 | .946 14 / .689 68 | .960 12 / .687 68 |
/// | **majority** | .894 20 / .716 60 | .911 23 / .695 66 | .934 14 / .670 69 | **.955 12 / .751 56** | .954 11 / .695 63 |
/// | max-p | .888 22 / .670 67 | .900 26 / .635 78 | .921 16 / .660 71 | .945 14 / .705 64 | .934 15 / .667 69 |
///
/// **Cost.** At most `O(p^(d+2))` tests for degree `d`; at low degree mostly the `p (p - 1) / 2` marginal ones. A test on
/// partial correlations costs a few operations (see the module on walking), a discrete one a pass over the rows. A hub of
/// degree 30 alone can ask for billions of tests: set a [`Budget`] and read [`SearchReport::untested`].
///
/// **Not for** small samples with many variables (one wrong test early misleads later ones; a score-based learner orients far
/// more edges correctly), nor for feedback or deterministic relations (a variable that others determine is untestable given
/// them and reported).
///
/// **References.** Spirtes, Glymour and Scheines 2000, "Causation, Prediction, and Search", 2nd edition; Colombo and Maathuis
/// 2014, "Order-independent constraint-based causal structure learning", JMLR 15; Ramsey, Zhang and Spirtes 2006,
/// "Adjacency-faithfulness and conservative causal inference", UAI; Meek 1995, UAI.
///
/// ```
/// use etiology_graph::{Dag, Nodes, cpdag};
/// use etiology_structure::{DSeparation, Knowledge, Pc};
///
/// let dag = Dag::from_edges(Nodes::numbered(4), [(0, 1), (2, 1), (1, 3)])?;
/// let found = Pc::params().with_alpha(0.05).build()?.learn(&DSeparation::new(dag.clone()), &Knowledge::none(dag.nodes().clone()))?;
/// assert_eq!(found.graph, cpdag(&dag));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Pc(PcParams);

/// What [`Pc`] found.
#[derive(Debug, Clone, PartialEq)]
pub struct PcResult {
    /// The graph: a CPDAG when the sample agrees with itself (see [`etiology_graph::is_cpdag`]), else with `<->` or without a
    /// consistent extension.
    pub graph: Pdag,
    /// What separates the pairs that are not joined.
    pub separators: SeparatingSets,
    /// Unshielded triples `(a, b, c)`, `a < c`, on which the sample disagrees with itself; they imply no orientation.
    pub ambiguous: Vec<(usize, usize, usize)>,
    /// Colliders `(a, b, c)` that could not be oriented because an earlier one or the background knowledge stood against
    /// them, or that were partly undone.
    pub conflicts: Vec<(usize, usize, usize)>,
    /// What was tested and what was not.
    pub report: SearchReport,
}

impl Pc {
    /// The parameters and their defaults.
    #[must_use]
    pub fn params() -> PcParams {
        PcParams::default()
    }

    /// Learns the graph. The knowledge names the variables of the test.
    ///
    /// # Errors
    /// When there is no variable or the knowledge is about another number of them.
    pub fn learn(
        &self,
        test: &dyn IndependenceTest,
        knowledge: &Knowledge,
    ) -> Result<PcResult, StructureError> {
        check_width(test, knowledge)?;
        let search = self.search(test, knowledge);
        let skeleton = search.run();
        Ok(self.orient(&search, skeleton))
    }

    /// The adjacency search with these parameters.
    pub(super) fn search<'a>(
        &'a self,
        test: &'a dyn IndependenceTest,
        knowledge: &'a Knowledge,
    ) -> Search<'a> {
        let params = &self.0;
        Search {
            test,
            knowledge,
            alpha: params.alpha,
            budget: &params.budget,
            separator: params.separator,
            stable: params.variant == PcVariant::Stable,
            latent: false,
        }
    }

    /// Orients a skeleton.
    pub(super) fn orient(&self, search: &Search<'_>, mut skeleton: Skeleton) -> PcResult {
        let (params, knowledge) = (&self.0, search.knowledge);
        let max_depth = params.orientation_depth.unwrap_or_else(|| skeleton.depth().min(ORIENTATION_DEPTH));
        let triples = judge(search, &mut skeleton, params.rule, params.conflict.needs_p_values(), max_depth);
        let mut orientation = Orientation::new(&skeleton, knowledge);
        orientation.orient_colliders(triples.clone(), params.conflict);
        let triples_of = |kind| triples.iter().filter(move |t| t.kind == kind).map(|t| (t.a, t.b, t.c));
        let ambiguous: Vec<_> = triples_of(Kind::Ambiguous).collect();
        orientation.close(&ambiguous);
        let Orientation { graph, mut conflicts, .. } = orientation;
        conflicts.extend(
            triples_of(Kind::Collider)
                .filter(|&(a, b, c)| !graph.has_directed(a, b) || !graph.has_directed(c, b)),
        );
        conflicts.sort_unstable();
        conflicts.dedup();
        let Skeleton { separators, report, .. } = skeleton;
        PcResult { graph, separators, ambiguous, conflicts, report }
    }
}

/// The graph on its way from skeleton to result.
struct Orientation<'a> {
    graph: Pdag,
    knowledge: &'a Knowledge,
    conflicts: Vec<(usize, usize, usize)>,
}

impl<'a> Orientation<'a> {
    /// The skeleton with the arrows the knowledge leaves no choice about.
    fn new(skeleton: &Skeleton, knowledge: &'a Knowledge) -> Self {
        let mut graph = Pdag::from_skeleton(knowledge.nodes().clone(), &skeleton.adjacent);
        for (a, near) in skeleton.adjacent.iter().enumerate() {
            for b in near.iter().filter(|&b| !knowledge.allows(b, a)) {
                graph.set_directed(a, b);
            }
        }
        Self { graph, knowledge, conflicts: Vec::new() }
    }

    fn orient_colliders(&mut self, mut triples: Vec<Triple>, policy: ConflictPolicy) {
        triples.retain(|triple| triple.kind == Kind::Collider);
        triples.sort_by_key(|triple| (triple.b, triple.a, triple.c));
        match policy {
            ConflictPolicy::StrongerDependence => triples.sort_by(|x, y| x.p_with.total_cmp(&y.p_with)),
            ConflictPolicy::StrongerIndependence => {
                triples.sort_by(|x, y| y.p_without.total_cmp(&x.p_without));
            }
            _ => {}
        }
        for Triple { a, b, c, .. } in triples {
            if !self.knowledge.allows(a, b) || !self.knowledge.allows(c, b) {
                self.conflicts.push((a, b, c));
                continue;
            }
            let graph = &mut self.graph;
            let opposed = graph.has_directed(b, a) || graph.has_directed(b, c);
            match policy {
                ConflictPolicy::Overwrite => {
                    graph.set_directed(a, b);
                    graph.set_directed(c, b);
                }
                ConflictPolicy::Bidirected => {
                    for end in [a, c] {
                        if graph.has_directed(b, end) {
                            graph.set_bidirected(end, b);
                        } else if graph.has_undirected(end, b) {
                            graph.set_directed(end, b);
                        }
                    }
                }
                _ if opposed => {}
                _ => {
                    graph.set_directed(a, b);
                    graph.set_directed(c, b);
                }
            }
        }
    }

    /// Meek's rules, which conclude nothing from an ambiguous triple and turn no edge against the knowledge.
    fn close(&mut self, ambiguous: &[(usize, usize, usize)]) {
        let touched: Vec<_> = self.graph.directed_edges().collect();
        let knowledge = self.knowledge;
        let definite =
            |a: usize, b: usize, c: usize| ambiguous.binary_search(&(a.min(c), b, a.max(c))).is_err();
        orient_by_meek_definite(&mut self.graph, touched, |from, to| knowledge.allows(from, to), definite);
    }
}
