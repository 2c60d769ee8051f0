//! [`Fci`]: causal discovery that allows hidden common causes and selection.

use etiology_graph::{Mark, NodeSet, Pag};
use etiology_stats::IndependenceTest;
use rayon::prelude::*;

use super::budget::{Budget, SearchReport};
use super::collider::{ColliderRule, judge};
use super::fci_rules::{Discriminating, Rules};
use super::latent;
use super::separators::SeparatingSets;
use super::skeleton::{Search, Separator, Skeleton, check_alpha, check_width};
use super::walk::{Walk, Walker};
use crate::{Knowledge, StructureError};

/// The parameters of [`Fci`], not yet checked.
#[derive(Debug, Clone)]
pub struct FciParams {
    alpha: f64,
    separator: Separator,
    rule: ColliderRule,
    possible_d_sep: bool,
    max_possible_d_sep: usize,
    selection: bool,
    max_path: usize,
    budget: Budget,
}

impl Default for FciParams {
    fn default() -> Self {
        Self {
            alpha: 0.01,
            separator: Separator::First,
            rule: ColliderRule::SeparatingSet,
            possible_d_sep: true,
            max_possible_d_sep: usize::MAX,
            selection: true,
            max_path: usize::MAX,
            budget: Budget::default(),
        }
    }
}

impl FciParams {
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

    /// How unshielded triples are judged; default [`ColliderRule::SeparatingSet`].
    #[must_use]
    pub fn with_collider_rule(mut self, rule: ColliderRule) -> Self {
        self.rule = rule;
        self
    }

    /// Whether edges are also tested given possible d-separating sets; default true. Without, the skeleton may have edges too
    /// many (the first step of anytime FCI and the start of RFCI).
    #[must_use]
    pub fn with_possible_d_sep(mut self, search: bool) -> Self {
        self.possible_d_sep = search;
        self
    }

    /// The largest possible d-separating sets searched; a node whose set is larger asks none of its subsets, and its edges are
    /// listed as untested. Default unlimited: a set of 20 has a million subsets.
    #[must_use]
    pub fn with_max_possible_d_sep(mut self, size: usize) -> Self {
        self.max_possible_d_sep = size;
        self
    }

    /// Whether samples may have been selected by an effect of the variables (rules R5 to R7); default true.
    #[must_use]
    pub fn with_selection(mut self, selection: bool) -> Self {
        self.selection = selection;
        self
    }

    /// The longest paths looked at, in edges, for possible d-separating sets and orientation; default unlimited. Edges of a node
    /// whose set is shorter for it are listed as untested.
    #[must_use]
    pub fn with_max_path_length(mut self, edges: usize) -> Self {
        self.max_path = edges;
        self
    }

    /// Limits on the tests; default none. They bind both searches: the depth also limits the subsets of the second, and the
    /// number of tests counts those of both.
    #[must_use]
    pub fn with_budget(mut self, budget: Budget) -> Self {
        self.budget = budget;
        self
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// When alpha is not between 0 and 1.
    pub fn build(self) -> Result<Fci, StructureError> {
        check_alpha(self.alpha)?;
        Ok(Fci(self))
    }
}

/// Fast causal inference (Spirtes, Meek and Richardson 1995; Spirtes, Glymour and Scheines 2000, section 6.7): finds the
/// partial ancestral graph of a DAG some of whose variables are hidden or selected on.
///
/// The adjacency search of [`crate::Pc`], colliders, then a second search that tests the remaining edges given subsets of the
/// possible d-separating sets, colliders again, and Zhang's ten rules (2008), which are sound and complete.
///
/// In the answer an arrowhead at `b` of `a *-> b` says that `b` is no cause of `a`, a tail that it is one (or of the
/// selection), a circle that both occur in the equivalence class; `a <-> b` is a hidden common cause.
///
/// **Knowledge**: a required edge is `-->`; a forbidden `a --> b` puts an arrowhead at `a`; a pair forbidden both ways is not
/// joined, which also excludes `a <-> b`.
///
/// **Assumes** faithfulness and no feedback. **Cost**: the second search is exponential in the size of the possible
/// d-separating sets, which can span the graph. Nothing limits it by default, so that the answer is the method's: from some 30
/// columns on set [`FciParams::with_max_possible_d_sep`], [`FciParams::with_max_path_length`] or a [`Budget`], and read
/// [`SearchReport::untested`]. **Not for** dense or large graphs without such limits; there [`crate::Rfci`].
///
/// ```
/// use etiology_graph::{Dag, NodeSet, Nodes};
/// use etiology_structure::{DSeparation, Fci, Knowledge};
///
/// // X1 --> X2 <-- H --> X3 <-- X4 with H hidden: X2 <-> X3.
/// let dag = Dag::from_edges(Nodes::numbered(5), [(0, 1), (4, 1), (4, 2), (3, 2)])?;
/// let hidden = NodeSet::from_nodes(5, [4]);
/// let test = DSeparation::with_hidden(dag, &hidden, &NodeSet::new(5));
/// let found = Fci::params().build()?.learn(&test, &Knowledge::none(Nodes::numbered(4)))?;
/// assert_eq!(found.graph.edge(1, 2).map(|edge| edge.to_string()), Some("<->".into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Fci(FciParams);

/// What [`Fci`] found.
#[derive(Debug, Clone, PartialEq)]
pub struct FciResult {
    /// The partial ancestral graph.
    pub graph: Pag,
    /// What separates the pairs that are not joined.
    pub separators: SeparatingSets,
    /// Unshielded triples on which the sample disagrees with itself; they imply no orientation.
    pub ambiguous: Vec<(usize, usize, usize)>,
    /// What was tested and what was not.
    pub report: SearchReport,
}

impl Fci {
    /// The parameters and their defaults.
    #[must_use]
    pub fn params() -> FciParams {
        FciParams::default()
    }

    /// Learns the graph. The knowledge names the variables of the test.
    ///
    /// # Errors
    /// When there is no variable or the knowledge is about another number of them.
    pub fn learn(
        &self,
        test: &dyn IndependenceTest,
        knowledge: &Knowledge,
    ) -> Result<FciResult, StructureError> {
        check_width(test, knowledge)?;
        let params = &self.0;
        let search = Search {
            test,
            knowledge,
            alpha: params.alpha,
            budget: &params.budget,
            separator: params.separator,
            stable: true,
            latent: true,
        };
        let mut skeleton = search.run();
        if params.possible_d_sep {
            let (graph, _) = self.colliders(&search, &mut skeleton, ColliderRule::SeparatingSet);
            self.possible_d_sep(&search, &mut skeleton, &graph);
        }
        let (mut graph, ambiguous) = self.colliders(&search, &mut skeleton, params.rule);
        let Skeleton { separators, report, .. } = skeleton;
        let separates = |found: &Discriminating| separators.contains(found.d()?, found.c, found.b);
        let mut rules = Rules {
            graph: &mut graph,
            separates: &separates,
            ambiguous: &ambiguous,
            selection: params.selection,
            max_path: params.max_path,
        };
        rules.close();
        Ok(FciResult { graph, separators, ambiguous, report })
    }

    /// Circles, the marks of the knowledge, and an arrowhead at each collider; then the ambiguous triples.
    fn colliders(
        &self,
        search: &Search<'_>,
        skeleton: &mut Skeleton,
        rule: ColliderRule,
    ) -> (Pag, Vec<(usize, usize, usize)>) {
        let depth = skeleton.depth();
        let triples = judge(search, skeleton, rule, false, depth);
        let mut graph = latent::circles(skeleton, search.knowledge);
        latent::orient_colliders(&mut graph, &triples);
        (graph, latent::ambiguous(&triples))
    }

    /// Tests every edge given subsets of the possible d-separating set of either end, as they are before the first removal,
    /// in order of size.
    fn possible_d_sep(&self, search: &Search<'_>, skeleton: &mut Skeleton, graph: &Pag) {
        let p = graph.len();
        let reached: Vec<(NodeSet, bool)> =
            (0..p).into_par_iter().map(|x| possible_d_sep(graph, x, self.0.max_path)).collect();
        let (sets, shortened): (Vec<NodeSet>, Vec<bool>) = reached.into_iter().unzip();
        // Subsets of the neighbours have been tested.
        let beyond = |x: usize| !sets[x].is_subset(&skeleton.adjacent[x]);
        let (open, too_large): (Vec<usize>, Vec<usize>) =
            (0..p).filter(|&x| beyond(x)).partition(|&x| sets[x].len() <= self.0.max_possible_d_sep);
        let left_out = too_large.iter().copied().chain((0..p).filter(|&x| shortened[x]));
        for x in left_out {
            skeleton.adjacent[x].iter().for_each(|y| skeleton.report.cut(x, y, 1));
        }
        let largest = open.iter().map(|&x| sets[x].len()).max().unwrap_or(0);
        let most = self.0.budget.max_depth().unwrap_or(usize::MAX);
        for size in 1..=largest.min(most) {
            let walker = || Walker::new(search.test, search.alpha, search.budget);
            let adjacent = &skeleton.adjacent;
            let pairs = open.iter().map(|&x| adjacent[x].len()).sum();
            let max_sets = search.share(&skeleton.report, pairs);
            let found = open
                .par_iter()
                .map_init(walker, |walker, &x| {
                    let pool: Vec<usize> = sets[x].iter().collect();
                    let free = |&y: &usize| !search.knowledge.requires_adjacency(x, y);
                    let targets: Vec<usize> = adjacent[x].iter().filter(free).collect();
                    let walk = Walk { x, pool: &pool, targets: &targets, size, every: false, max_sets };
                    let mut separated = Vec::new();
                    let tally = walker.walk(&walk, |t, given, finding| {
                        let independent = finding.independent == Some(true);
                        if independent {
                            separated.push((targets[t], given.to_vec()));
                        }
                        !independent
                    });
                    (x, separated, targets, tally)
                })
                .collect::<Vec<_>>();
            let mut judged = 0;
            for (x, separated, targets, tally) in found {
                skeleton.report.count(size, tally.tests, tally.untestable);
                judged += tally.tests;
                if tally.cut {
                    targets.iter().for_each(|&y| skeleton.report.cut(x, y, size));
                }
                for (y, set) in separated {
                    if skeleton.adjacent[x].remove(y) {
                        skeleton.adjacent[y].remove(x);
                        skeleton.separators.insert(x, y, set);
                    }
                }
            }
            if judged == 0 {
                // No test can be judged, or none is left.
                break;
            }
        }
        if largest > most {
            for &x in &open {
                let ys: Vec<usize> = skeleton.adjacent[x].iter().collect();
                ys.iter().for_each(|&y| skeleton.report.cut(x, y, most + 1));
            }
        }
        skeleton.report.stopped = search.budget.stopped();
        let adjacent = &skeleton.adjacent;
        skeleton.report.finish(|a, b| adjacent[a].contains(b));
    }
}

/// The nodes reached from `x` by paths whose every inner node is a collider on the path or lies in a triangle of it
/// (Spirtes, Glymour and Scheines 2000, section 6.7), no longer than `max_path` edges; and whether longer ones reach more.
fn possible_d_sep(graph: &Pag, x: usize, max_path: usize) -> (NodeSet, bool) {
    let p = graph.len();
    let mut found = graph.adjacents(x).clone();
    let mut shortened = false;
    let mut seen = vec![NodeSet::new(p); p];
    let mut steps: Vec<(usize, usize, usize)> = found.iter().map(|v| (x, v, 1)).collect();
    let mut next = 0;
    while let Some(&(u, v, length)) = steps.get(next) {
        next += 1;
        for w in graph.adjacents(v) {
            let collider = graph.mark(u, v) == Some(Mark::Arrow) && graph.mark(w, v) == Some(Mark::Arrow);
            if w == u || w == x || !(collider || graph.adjacent(u, w)) {
                continue;
            }
            if length >= max_path {
                shortened |= !found.contains(w);
            } else if seen[v].insert(w) {
                found.insert(w);
                steps.push((v, w, length + 1));
            }
        }
    }
    (found, shortened)
}
