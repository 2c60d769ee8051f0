//! [`Mmpc`]: max-min parents and children, the neighbours of one variable at a time.

use etiology_graph::NodeSet;
use etiology_stats::{IndependenceTest, TestSession};
use rayon::prelude::*;

use super::budget::{Budget, SearchReport};
use super::skeleton::{check_alpha, check_width};
use super::walk::{Tally, next_combination};
use crate::{Knowledge, StructureError};

/// The parameters of [`Mmpc`], not yet checked.
#[derive(Debug, Clone)]
pub struct MmpcParams {
    alpha: f64,
    budget: Budget,
    symmetric: bool,
}

impl Default for MmpcParams {
    fn default() -> Self {
        Self { alpha: 0.01, budget: Budget::default(), symmetric: true }
    }
}

impl MmpcParams {
    /// The level of each test; default 0.01.
    #[must_use]
    pub fn with_alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }

    /// Limits; default none. A total number of tests is not among those that apply.
    #[must_use]
    pub fn with_budget(mut self, budget: Budget) -> Self {
        self.budget = budget;
        self
    }

    /// Whether a neighbour counts only when it has the variable among its own neighbours; default true.
    #[must_use]
    pub fn with_symmetry(mut self, symmetric: bool) -> Self {
        self.symmetric = symmetric;
        self
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// When alpha is not between 0 and 1.
    pub fn build(self) -> Result<Mmpc, StructureError> {
        check_alpha(self.alpha)?;
        Ok(Mmpc(self))
    }
}

/// Max-min parents and children (Tsamardinos, Brown and Aliferis 2006, "The max-min hill-climbing Bayesian network structure
/// learning algorithm", Machine Learning 65, sections 4 and 5): for each variable the set of its parents and children.
///
/// Forward: the variable whose least association with the target, over all subsets of the neighbours found so far, is
/// largest joins them, until every other is independent given some subset. Backward: neighbours that some subset of the
/// others separates from the target leave. At the end `x` stays a neighbour of `y` only when `y` is one of `x`.
///
/// **Assumes** faithfulness, as [`crate::Pc`]. Association is compared by p-value; a new neighbour costs each candidate only
/// the subsets that contain it, because the minimum over the others is known.
///
/// **Cost.** `O(p 2^k)` tests a variable with `k` neighbours (`O(p k^l)` with a [`Budget`] of depth `l`), in parallel over
/// variables. **Not for** hubs without a depth limit.
///
/// ```
/// use etiology_graph::{Dag, Nodes};
/// use etiology_structure::{DSeparation, Knowledge, Mmpc};
///
/// let dag = Dag::from_edges(Nodes::numbered(4), [(0, 1), (2, 1), (1, 3)])?;
/// let found = Mmpc::params().build()?.learn(&DSeparation::new(dag.clone()), &Knowledge::none(dag.nodes().clone()))?;
/// assert_eq!(found.adjacent[1].iter().collect::<Vec<_>>(), [0, 2, 3]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Mmpc(MmpcParams);

/// What [`Mmpc`] found.
#[derive(Debug, Clone, PartialEq)]
pub struct MmpcResult {
    /// The neighbours of each variable.
    pub adjacent: Vec<NodeSet>,
    /// What was tested and what was not. `untested` lists the neighbours that a limit kept from leaving.
    pub report: SearchReport,
}

impl Mmpc {
    /// The parameters and their defaults.
    #[must_use]
    pub fn params() -> MmpcParams {
        MmpcParams::default()
    }

    /// Finds the neighbours of every variable.
    ///
    /// # Errors
    /// When there is no variable or the knowledge is about another number of them.
    pub fn learn(
        &self,
        test: &dyn IndependenceTest,
        knowledge: &Knowledge,
    ) -> Result<MmpcResult, StructureError> {
        let p = check_width(test, knowledge)?;
        let found: Vec<Neighbourhood> = (0..p)
            .into_par_iter()
            .map_init(
                || test.session(),
                |session, x| Neighbourhood::find(session.as_mut(), knowledge, &self.0, x),
            )
            .collect();
        let mut report = SearchReport::default();
        let mut adjacent = vec![NodeSet::new(p); p];
        for (x, of_x) in found.iter().enumerate() {
            for (size, tally) in of_x.tallies.iter().enumerate() {
                report.count(size, tally.tests, tally.untestable);
            }
            of_x.unjudged.iter().for_each(|&y| report.unjudged.push((x.min(y), x.max(y))));
            for &y in &of_x.members {
                let mutual = !self.0.symmetric || found[y].members.contains(&x);
                if mutual || knowledge.requires_adjacency(x, y) {
                    adjacent[x].insert(y);
                }
            }
            of_x.cut.iter().for_each(|&(y, size)| report.cut(x, y, size));
        }
        report.stopped = self.0.budget.stopped();
        report.finish(|a, b| adjacent[a].contains(b) || adjacent[b].contains(a));
        Ok(MmpcResult { adjacent, report })
    }
}

/// The search around one variable.
struct Neighbourhood {
    x: usize,
    /// Ascending.
    members: Vec<usize>,
    tallies: Vec<Tally>,
    unjudged: Vec<usize>,
    cut: Vec<(usize, usize)>,
}

impl Neighbourhood {
    fn find(session: &mut dyn TestSession, knowledge: &Knowledge, params: &MmpcParams, x: usize) -> Self {
        let others = || (0..knowledge.nodes().len()).filter(move |&y| y != x);
        let required = |y: &usize| knowledge.requires_adjacency(x, *y);
        let members: Vec<usize> = others().filter(required).collect();
        let candidates = others()
            .filter(|y| !required(y) && knowledge.allows_adjacency(x, *y))
            .map(|y| (y, 0.0))
            .collect();
        let mut all = Self { x, members, tallies: Vec::new(), unjudged: Vec::new(), cut: Vec::new() };
        all.forward(session, params, candidates);
        all.backward(session, params, required);
        all
    }

    /// `candidates` with their largest p-values so far: the least association over the subsets tried.
    fn forward(
        &mut self,
        session: &mut dyn TestSession,
        params: &MmpcParams,
        mut candidates: Vec<(usize, f64)>,
    ) {
        let mut newest: Option<usize> = None;
        while !candidates.is_empty() && !params.budget.stopped() {
            // The subsets not tried yet: all of them at first, later those with the newest member.
            let pool: Vec<usize> = self.members.iter().copied().filter(|&z| Some(z) != newest).collect();
            let fixed = usize::from(newest.is_some());
            let most = params.budget.max_depth().unwrap_or(usize::MAX);
            for size in fixed..=(pool.len() + fixed).min(most) {
                self.against(session, params, &pool, newest, size, &mut candidates);
            }
            let strongest =
                (0..candidates.len()).min_by(|&i, &j| candidates[i].1.total_cmp(&candidates[j].1));
            let Some(strongest) = strongest else { return };
            let (y, _) = candidates.remove(strongest);
            newest = Some(y);
            let place = self.members.partition_point(|&z| z < y);
            self.members.insert(place, y);
        }
    }

    /// Tests the candidates given each set of `size` with `newest` and others from `pool`; the independent ones leave, and
    /// so do those whose marginal association cannot be judged.
    fn against(
        &mut self,
        session: &mut dyn TestSession,
        params: &MmpcParams,
        pool: &[usize],
        newest: Option<usize>,
        size: usize,
        candidates: &mut Vec<(usize, f64)>,
    ) {
        let (x, mut tally) = (self.x, Tally::default());
        let mut unjudged = Vec::new();
        self.for_each_set(params, pool, newest, size, |given| {
            candidates.retain_mut(|(y, largest)| match session.test(x, *y, given) {
                Some(result) => {
                    tally.tests += 1;
                    *largest = largest.max(result.p_value);
                    *largest <= params.alpha
                }
                None => {
                    tally.untestable += 1;
                    unjudged.push(*y);
                    size > 0
                }
            });
            !candidates.is_empty()
        });
        unjudged.sort_unstable();
        unjudged.dedup();
        self.unjudged.append(&mut unjudged);
        self.note(size, tally);
    }

    fn backward(
        &mut self,
        session: &mut dyn TestSession,
        params: &MmpcParams,
        required: impl Fn(&usize) -> bool,
    ) {
        let x = self.x;
        for y in self.members.clone() {
            if required(&y) {
                continue;
            }
            let pool: Vec<usize> = self.members.iter().copied().filter(|&z| z != y).collect();
            let most = params.budget.max_depth().unwrap_or(usize::MAX);
            let mut separated = false;
            for size in 0..=pool.len().min(most) {
                let mut tally = Tally::default();
                let complete = self.for_each_set(params, &pool, None, size, |given| {
                    let independent = session.independent(x, y, given, params.alpha);
                    tally.tests += u64::from(independent.is_some());
                    tally.untestable += u64::from(independent.is_none());
                    separated = independent == Some(true);
                    !separated
                });
                self.note(size, tally);
                if separated {
                    self.members.retain(|&z| z != y);
                    break;
                }
                if !complete {
                    self.cut.push((y, size));
                }
            }
            if !separated && pool.len() > most {
                self.cut.push((y, most + 1));
            }
        }
    }

    /// Visits the sets of `size` made of `always` and members of `pool`, ascending, until told to stop; false when a limit
    /// left some out.
    fn for_each_set(
        &self,
        params: &MmpcParams,
        pool: &[usize],
        always: Option<usize>,
        size: usize,
        mut visit: impl FnMut(&[usize]) -> bool,
    ) -> bool {
        let chosen = size - usize::from(always.is_some());
        if chosen > pool.len() {
            return true;
        }
        let mut positions: Vec<usize> = (0..chosen).collect();
        let mut given = Vec::with_capacity(size);
        let mut left = params.budget.max_sets().unwrap_or(u64::MAX);
        loop {
            if left == 0 || params.budget.stopped() {
                return false;
            }
            left -= 1;
            given.clear();
            given.extend(positions.iter().map(|&i| pool[i]).chain(always));
            given.sort_unstable();
            if !visit(&given) || next_combination(&mut positions, pool.len()).is_none() {
                return true;
            }
        }
    }

    fn note(&mut self, size: usize, tally: Tally) {
        if self.tallies.len() <= size {
            self.tallies.resize(size + 1, Tally::default());
        }
        self.tallies[size].tests += tally.tests;
        self.tallies[size].untestable = self.tallies[size].untestable.saturating_add(tally.untestable);
    }
}
