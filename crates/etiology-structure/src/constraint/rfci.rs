//! [`Rfci`]: FCI without its search of possible d-separating sets.

use std::collections::BTreeSet;

use etiology_graph::Pag;
use etiology_stats::IndependenceTest;

use super::budget::{Budget, SearchReport};
use super::collider::{ColliderRule, Kind, judge_pairs, unshielded};
use super::fci_rules::{Discriminating, Rules};
use super::latent;
use super::rfci_checks::Checks;
use super::separators::SeparatingSets;
use super::skeleton::{Search, Separator, Skeleton, check_alpha, check_width};
use crate::{Knowledge, StructureError};

/// The parameters of [`Rfci`], not yet checked.
#[derive(Debug, Clone)]
pub struct RfciParams {
    alpha: f64,
    separator: Separator,
    rule: ColliderRule,
    selection: bool,
    max_path: usize,
    budget: Budget,
}

impl Default for RfciParams {
    fn default() -> Self {
        Self {
            alpha: 0.01,
            separator: Separator::First,
            rule: ColliderRule::SeparatingSet,
            selection: true,
            max_path: usize::MAX,
            budget: Budget::default(),
        }
    }
}

impl RfciParams {
    /// The level of each test; default 0.01.
    #[must_use]
    pub fn with_alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }

    /// Which separating set of the adjacency search is kept; default [`Separator::First`].
    #[must_use]
    pub fn with_separator(mut self, separator: Separator) -> Self {
        self.separator = separator;
        self
    }

    /// How the unshielded triples are judged that have passed the tests of RFCI; default [`ColliderRule::SeparatingSet`].
    #[must_use]
    pub fn with_collider_rule(mut self, rule: ColliderRule) -> Self {
        self.rule = rule;
        self
    }

    /// Whether samples may have been selected by an effect of the variables (rules R5 to R7); default true.
    #[must_use]
    pub fn with_selection(mut self, selection: bool) -> Self {
        self.selection = selection;
        self
    }

    /// The longest paths looked at in orientation, in edges; default unlimited.
    #[must_use]
    pub fn with_max_path_length(mut self, edges: usize) -> Self {
        self.max_path = edges;
        self
    }

    /// Limits on the tests; default none. They bind the tests of triples and paths too: what they leave out implies no
    /// orientation and is listed in [`SearchReport::cut_pairs`].
    #[must_use]
    pub fn with_budget(mut self, budget: Budget) -> Self {
        self.budget = budget;
        self
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// When alpha is not between 0 and 1.
    pub fn build(self) -> Result<Rfci, StructureError> {
        check_alpha(self.alpha)?;
        Ok(Rfci(self))
    }
}

/// Really fast causal inference (Colombo, Maathuis, Kalisch and Richardson 2012, "Learning high-dimensional directed acyclic
/// graphs with latent and selection variables", Annals of Statistics 40, algorithm 3.2): causal discovery with hidden common
/// causes and selection in many variables.
///
/// The adjacency search of [`crate::Pc`] alone, where [`crate::Fci`] goes on to possible d-separating sets. Instead, before an
/// unshielded triple or a discriminating path orients anything, its own pairs are tested given the separating set at hand
/// (lemmas 3.1 and 3.2), and an edge between independent ends is removed; then Zhang's ten rules.
///
/// **The answer** is an RFCI-PAG: arrowheads and tails are as true as those of FCI, missing edges too, but an edge only says
/// that no set of neighbours separates its ends. Where FCI's second search removes nothing the two agree; else RFCI has more
/// edges, and sometimes fewer marks.
///
/// **Knowledge** as in [`crate::Fci`]; a required edge that a test would remove stays, and the triples and paths that asked
/// imply nothing.
///
/// **Order of the columns.** The triples open at a time are tested together, so the removals do not depend on a list's order;
/// which separating set is found first does, as in FCI.
///
/// **Assumes** faithfulness and no feedback. **Cost**: the adjacency search's, two tests an unshielded triple, and `2^k` tests
/// for each step of a discriminating path whose ends `k` variables separate. **Not for** small problems where FCI is
/// affordable and its fewer edges matter.
///
/// ```
/// use etiology_graph::{Dag, NodeSet, Nodes};
/// use etiology_structure::{DSeparation, Knowledge, Rfci};
///
/// // X1 --> X2 <-- H --> X3 <-- X4 with H hidden: X2 <-> X3.
/// let dag = Dag::from_edges(Nodes::numbered(5), [(0, 1), (4, 1), (4, 2), (3, 2)])?;
/// let hidden = NodeSet::from_nodes(5, [4]);
/// let test = DSeparation::with_hidden(dag, &hidden, &NodeSet::new(5));
/// let found = Rfci::params().build()?.learn(&test, &Knowledge::none(Nodes::numbered(4)))?;
/// assert_eq!(found.graph.edge(1, 2).map(|edge| edge.to_string()), Some("<->".into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Rfci(RfciParams);

/// What [`Rfci`] found.
#[derive(Debug, Clone, PartialEq)]
pub struct RfciResult {
    /// The RFCI-PAG.
    pub graph: Pag,
    /// What separates the pairs that are not joined.
    pub separators: SeparatingSets,
    /// Edges, `(smaller, larger)`, that the tests of triples and paths removed.
    pub removed: Vec<(usize, usize)>,
    /// Unshielded triples that imply no orientation: the sample disagrees with itself, or the budget, the data or the knowledge
    /// stood against their tests.
    pub ambiguous: Vec<(usize, usize, usize)>,
    /// What was tested and what was not.
    pub report: SearchReport,
}

impl Rfci {
    /// The parameters and their defaults.
    #[must_use]
    pub fn params() -> RfciParams {
        RfciParams::default()
    }

    /// Learns the graph. The knowledge names the variables of the test.
    ///
    /// # Errors
    /// When there is no variable or the knowledge is about another number of them.
    pub fn learn(
        &self,
        test: &dyn IndependenceTest,
        knowledge: &Knowledge,
    ) -> Result<RfciResult, StructureError> {
        check_width(test, knowledge)?;
        let search = Search {
            test,
            knowledge,
            alpha: self.0.alpha,
            budget: &self.0.budget,
            separator: self.0.separator,
            stable: true,
            latent: true,
        };
        let mut skeleton = search.run();
        let mut checks = Checks::new(&search);
        checks.triples(&mut skeleton);
        let graph = latent::circles(&skeleton, knowledge);
        let mut orientation = Orientation { skeleton, graph, judged: BTreeSet::new(), ambiguous: Vec::new() };
        loop {
            self.orient_new_triples(&search, &checks, &mut orientation);
            let paths = self.close(&checks, &mut orientation);
            if !checks.paths(&mut orientation.skeleton, paths) {
                break;
            }
            checks.triples(&mut orientation.skeleton);
            for &(a, b) in checks.removed() {
                orientation.graph.remove(a, b);
            }
        }
        let Orientation { skeleton, graph, mut ambiguous, .. } = orientation;
        let Skeleton { separators, mut report, .. } = skeleton;
        ambiguous.retain(|&(a, b, c)| graph.adjacent(a, b) && graph.adjacent(b, c));
        report.finish(|a, b| graph.adjacent(a, b));
        report.cut_pairs.sort_unstable();
        report.cut_pairs.dedup();
        report.stopped = self.0.budget.stopped();
        let mut removed = checks.removed().to_vec();
        removed.sort_unstable();
        Ok(RfciResult { graph, separators, removed, ambiguous, report })
    }

    /// Arrowheads at the colliders among the triples not judged before.
    fn orient_new_triples(
        &self,
        search: &Search<'_>,
        checks: &Checks<'_, '_>,
        orientation: &mut Orientation,
    ) {
        let Orientation { skeleton, graph, judged, ambiguous } = orientation;
        let mut pairs = unshielded(&skeleton.adjacent);
        for (&(a, c), middles) in &mut pairs {
            middles.retain(|&b| judged.insert((a, b, c)));
        }
        pairs.retain(|_, middles| !middles.is_empty());
        let depth = skeleton.depth();
        let mut triples = judge_pairs(search, skeleton, self.0.rule, false, depth, pairs);
        for triple in triples.iter_mut().filter(|t| !checks.triple_holds((t.a, t.b, t.c))) {
            triple.kind = Kind::Ambiguous;
        }
        latent::orient_colliders(graph, &triples);
        ambiguous.extend(latent::ambiguous(&triples));
        ambiguous.sort_unstable();
    }

    /// Applies the rules as far as the tested paths carry; the discriminating paths that are then open.
    fn close(&self, checks: &Checks<'_, '_>, orientation: &mut Orientation) -> Vec<Discriminating> {
        let Orientation { skeleton, graph, ambiguous, .. } = orientation;
        let separates = |found: &Discriminating| {
            let known = skeleton.separators.contains(found.d()?, found.c, found.b);
            known.filter(|_| checks.path_holds(found))
        };
        let mut rules = Rules {
            graph,
            separates: &separates,
            ambiguous,
            selection: self.0.selection,
            max_path: self.0.max_path,
        };
        rules.close();
        rules.discriminating_paths()
    }
}

/// The graph on its way from skeleton to result.
struct Orientation {
    skeleton: Skeleton,
    graph: Pag,
    judged: BTreeSet<(usize, usize, usize)>,
    ambiguous: Vec<(usize, usize, usize)>,
}
