//! [`Ges`]: greedy equivalence search in phases, and its turning phase.

use etiology_graph::{Dag, Pdag, consistent_extension, cpdag, orient_by_meek};

use super::class::ClassGraph;
use super::operator::{Cliques, Kind, merge};
use super::report::{LearnedClass, Limits, limit_setters};
use super::search::{Search, agreeing};
use crate::{Knowledge, LocalScore, StructureError};

/// Greedy equivalence search: insertions while one helps, then deletions, then, if asked for, turns.
///
/// Every step is the best valid operator of its phase on the current equivalence class. With a score that is consistent
/// and enough rows the first two phases end in the class of the true graph (Chickering 2002, theorem 4); with few rows the
/// class is a local optimum, which turning and a second round improve.
///
/// # Options
/// * [`Ges::with_turning`] (default off, as in Chickering 2002): a third phase that turns single edges (Hauser & Bühlmann 2012, section 3.3).
/// * [`Ges::with_iteration`] (default off): starts over until a round of all phases changes nothing.
/// * [`Ges::with_max_degree`], [`Ges::with_max_parents`], [`Ges::with_max_operators`] (default unlimited): what no
///   insertion may exceed, and after how many operators the search stops with `work.complete` false.
///
/// # Assumes
/// No hidden common causes, no cycles, rows independent, and the score's own model. [`Knowledge`] is enforced strictly: every
/// visited class has a member that agrees with it.
///
/// # Complexity
/// For `p` variables `p^2` local scores at the start and `O(p)` for each set of parents met; each step costs what it
/// changes. Undirected cliques of `k` nodes cost `2^k` (cut at 4 096 sets a node, counted in `work.truncated`).
///
/// # When not to use it
/// To learn from few rows or dense graphs prefer [`Xges`](crate::Xges): insertions made early are hard to undo, and on the
/// crate's comparison GES ends at a worse score and more wrong edges.
///
/// # References
/// D. M. Chickering, *Optimal structure identification with greedy search*, JMLR 3, 2002. A. Hauser & P. Bühlmann,
/// *Characterization and greedy learning of interventional Markov equivalence classes of directed acyclic graphs*, JMLR 13, 2012.
///
/// ```
/// use etiology_graph::Nodes;
/// use etiology_structure::{GaussianScore, Ges, Knowledge};
/// use nalgebra::DMatrix;
///
/// // X1 --> X2 <-- X3.
/// let covariance = DMatrix::from_row_slice(3, 3, &[1.0, 0.8, 0.0, 0.8, 2.0, 0.6, 0.0, 0.6, 1.0]);
/// let score = GaussianScore::new(&covariance, 500)?;
/// let learned = Ges::new().learn(&score, &Knowledge::none(Nodes::numbered(3)))?;
/// assert!(learned.graph.has_directed(0, 1) && learned.graph.has_directed(2, 1));
/// # Ok::<(), etiology_structure::StructureError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ges {
    turning: bool,
    iteration: bool,
    limits: Limits,
}

impl Ges {
    /// Insertions, then deletions, once, without limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a turning phase follows the deletions.
    #[must_use]
    pub fn with_turning(mut self, turning: bool) -> Self {
        self.turning = turning;
        self
    }

    /// Whether the phases are repeated until none applies an operator.
    #[must_use]
    pub fn with_iteration(mut self, iteration: bool) -> Self {
        self.iteration = iteration;
        self
    }

    limit_setters!();

    /// Learns an equivalence class.
    ///
    /// # Errors
    /// When the knowledge is about another number of variables than the score, or requires what cannot be fitted.
    pub fn learn(
        &self,
        score: &dyn LocalScore,
        knowledge: &Knowledge,
    ) -> Result<LearnedClass, StructureError> {
        let mut search = Search::new(score, knowledge, self.limits)?;
        search.prefill(score);
        loop {
            let mut applied = search.run(&[Kind::Insert]);
            applied += search.run(&[Kind::Delete]);
            if self.turning {
                applied += turn(&mut search, knowledge)?;
            }
            if applied == 0 || !self.iteration || !search.is_complete() {
                return search.finish();
            }
        }
    }
}

/// Turns the best edge until none helps; arrows through the engine, undirected edges one scan a step.
fn turn(search: &mut Search<'_>, knowledge: &Knowledge) -> Result<u64, StructureError> {
    let mut turned = 0;
    loop {
        turned += search.run(&[Kind::Reverse]);
        if !search.is_complete() {
            return Ok(turned);
        }
        let Some((dag, gain)) = best_turn(search, knowledge) else { return Ok(turned) };
        search.jump(&dag, gain);
        turned += 1;
    }
}

/// The best turn of an undirected edge: a member of the class to turn it into, and what that gains.
///
/// For `v --- u` and a clique `C` of neighbours of `v` without `u`, a member in which `v` has exactly the parents `C` among its
/// neighbours and `v --> u` holds is turned into `u --> v`. That leaves the class where `C` holds a node apart from `u`.
fn best_turn(search: &mut Search<'_>, knowledge: &Knowledge) -> Option<(Dag, f64)> {
    let mut found = Vec::new();
    let (graph, effects) = search.parts();
    let mut cliques = Cliques::default();
    let (mut base, mut with) = (Vec::new(), Vec::new());
    for v in 0..graph.len() {
        for &u in graph.neighbours(v) {
            let others: Vec<usize> = graph.neighbours(v).iter().copied().filter(|&z| z != u).collect();
            cliques.find(graph, &others);
            for at in 0..cliques.len() {
                let clique = cliques.get(at);
                let shared: Vec<usize> = clique.iter().copied().filter(|&z| graph.adjacent(z, u)).collect();
                if shared.len() == clique.len() {
                    continue;
                }
                merge(graph.parents(v), clique, &mut base);
                merge(&base, &[u], &mut with);
                let gained = effects.difference(v, &with, &base);
                merge(graph.parents(u), &shared, &mut base);
                merge(&base, &[v], &mut with);
                let gain = gained + effects.difference(u, &base, &with);
                if gain > effects.tolerance {
                    found.push((gain, v, u, clique.to_vec(), shared));
                }
            }
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    let class = graph.to_pdag(knowledge.nodes().clone());
    found.into_iter().find_map(|(gain, v, u, clique, shared)| {
        let dag = turned(&class, graph, v, u, &clique, &shared)?;
        agreeing(knowledge, cpdag(&dag)).is_ok().then_some((dag, gain))
    })
}

/// The member described at [`best_turn`] with its edge turned, where there is one.
fn turned(
    class: &Pdag,
    graph: &ClassGraph,
    v: usize,
    u: usize,
    clique: &[usize],
    shared: &[usize],
) -> Option<Dag> {
    let mut directed = class.clone();
    for &z in graph.neighbours(v) {
        if clique.contains(&z) { directed.set_directed(z, v) } else { directed.set_directed(v, z) }
    }
    for &z in graph.neighbours(u).iter().filter(|&&z| z != v) {
        if shared.contains(&z) { directed.set_directed(z, u) } else { directed.set_directed(u, z) }
    }
    orient_by_meek(&mut directed);
    let mut dag = consistent_extension(&directed).ok()?;
    if cpdag(&dag) != *class {
        return None;
    }
    dag.remove(v, u);
    dag.insert(u, v).ok()?;
    Some(dag)
}
