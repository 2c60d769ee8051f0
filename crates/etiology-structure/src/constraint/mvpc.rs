//! [`MvPc`]: the PC algorithm on columns with missing values.
//!
//! Deleting, test by test, the rows with a missing value never hides an edge, but it can invent one: where a common effect
//! of `x` and `y`, or a descendant of it, decides whether a value is missing, the rows left are selected on a collider. Such
//! an edge has a common neighbour at its ends, so only those are tested again, now with the causes of missingness named
//! (Tu et al. 2019, section 4).

use etiology_graph::Pdag;
use etiology_stats::TestwiseFisherZ;
use rayon::prelude::*;

use super::budget::SearchReport;
use super::pc::{Pc, PcParams, PcResult};
use super::separators::SeparatingSets;
use super::skeleton::{Search, Skeleton, check_width};
use super::walk::{Walk, Walker};
use crate::{Knowledge, StructureError};

/// The parameters of [`MvPc`], not yet checked.
#[derive(Debug, Clone, Default)]
pub struct MvPcParams {
    pc: PcParams,
}

impl MvPcParams {
    /// The level of each test; default 0.01.
    #[must_use]
    pub fn with_alpha(mut self, alpha: f64) -> Self {
        self.pc = self.pc.with_alpha(alpha);
        self
    }

    /// All the parameters of PC, the level included; default [`Pc::params`]. The budget's number of tests counts those of the
    /// correction too, but not those that look for the causes of missingness; depth and sets bind both.
    #[must_use]
    pub fn with_pc(mut self, pc: PcParams) -> Self {
        self.pc = pc;
        self
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// When alpha is not between 0 and 1.
    pub fn build(self) -> Result<MvPc, StructureError> {
        Ok(MvPc(self.pc.build()?))
    }
}

/// Missing-value PC (Tu, Zhang, Ackermann, Mohan, Kjellström and Zhang 2019, "Causal discovery in the presence of missing
/// data", AISTATS): finds the CPDAG of linear-Gaussian columns some of whose values are missing.
///
/// PC's adjacency search over the rows complete in each test; the causes of each column's missingness, by testing its
/// indicator; edges whose ends have a common neighbour tested again by [`TestwiseFisherZ`] corrected for those causes;
/// orientation as [`Pc`], by the corrected test. The paper's permutation-based correction draws the causes anew at random;
/// here the covariance of such draws is computed, so there is no seed. With nothing missing the answer is that of [`Pc`].
///
/// **Assumes**, beside what PC does: linear effects and Gaussian noise, as every test is one of partial correlation; missingness causes nothing, no column hides its own values (self-masking cannot be seen
/// in the data), indicators do not cause each other, and dependences among the observed are those of the whole (faithful
/// observability).
///
/// **Cost.** O(n k^2) for a test of k columns with missing values, against a few operations in complete data; in number at
/// most twice the tests of PC and those of one neighbourhood for each column with missing values.
///
/// **Not for** categories, values missing because of what they are, or so many missing that few rows are complete in a test
/// (see [`SearchReport::untestable`]); where whole columns are nearly empty, leave them out.
///
/// ```
/// use etiology_graph::Nodes;
/// use etiology_structure::{Knowledge, MvPc};
///
/// let x: Vec<f64> = (0..90).map(|i| f64::from(i * 37 % 90)).collect();
/// let y = x.iter().enumerate().map(|(i, x)| if i % 9 == 0 { f64::NAN } else { x + (i % 7) as f64 }).collect();
/// let found = MvPc::params().build()?.learn(vec![x, y], &Knowledge::none(Nodes::numbered(2)))?;
/// assert!(found.graph.has_undirected(0, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct MvPc(Pc);

/// What [`MvPc`] found.
#[derive(Debug, Clone, PartialEq)]
pub struct MvPcResult {
    /// The graph, as in [`PcResult`].
    pub graph: Pdag,
    /// For each column the columns that cause its values to be missing: the parents of its indicator, ascending.
    pub missingness_causes: Vec<Vec<usize>>,
    /// Edges, `(smaller, larger)`, that deletion of rows showed and the correction removed.
    pub corrected: Vec<(usize, usize)>,
    /// What separates the pairs that are not joined.
    pub separators: SeparatingSets,
    /// As in [`PcResult`].
    pub ambiguous: Vec<(usize, usize, usize)>,
    /// As in [`PcResult`].
    pub conflicts: Vec<(usize, usize, usize)>,
    /// What was tested and what was not. Counts the tests of the columns, not those of their missingness.
    pub report: SearchReport,
}

impl MvPc {
    /// The parameters and their defaults.
    #[must_use]
    pub fn params() -> MvPcParams {
        MvPcParams::default()
    }

    /// Learns the graph of the columns; NaN and infinities are missing.
    ///
    /// # Errors
    /// When there is no column, columns differ in length, or the knowledge is about another number of them.
    pub fn learn(&self, columns: Vec<Vec<f64>>, knowledge: &Knowledge) -> Result<MvPcResult, StructureError> {
        let test = TestwiseFisherZ::new(columns.clone())?;
        check_width(&test, knowledge)?;
        let search = self.0.search(&test, knowledge);
        let mut skeleton = search.run();
        let missingness_causes = missingness_causes(columns, &search)?;
        let corrected_test = test.clone().with_missingness_causes(with_indirect(&missingness_causes))?;
        let search = self.0.search(&corrected_test, knowledge);
        let corrected = if missingness_causes.iter().all(Vec::is_empty) {
            Vec::new()
        } else {
            correct(&search, &mut skeleton)
        };
        let PcResult { graph, separators, ambiguous, conflicts, report } = self.0.orient(&search, skeleton);
        Ok(MvPcResult { graph, missingness_causes, corrected, separators, ambiguous, conflicts, report })
    }
}

/// The columns that no others separate from each column's indicator of missingness.
fn missingness_causes(
    mut columns: Vec<Vec<f64>>,
    search: &Search<'_>,
) -> Result<Vec<Vec<usize>>, StructureError> {
    let p = columns.len();
    let indicator = |column: &Vec<f64>| -> Vec<f64> {
        column.iter().map(|value| if value.is_finite() { 0.0 } else { 1.0 }).collect()
    };
    let indicators: Vec<Vec<f64>> = columns.iter().map(indicator).collect();
    let some = |v: &usize| indicators[*v].contains(&0.0) && indicators[*v].contains(&1.0);
    let partial: Vec<usize> = (0..p).filter(some).collect();
    columns.extend(partial.iter().map(|&v| indicators[v].clone()));
    let test = TestwiseFisherZ::new(columns)?;
    let walker = || Walker::new(&test, search.alpha, search.budget);
    let found: Vec<Vec<usize>> = (partial.par_iter().enumerate())
        .map_init(walker, |walker, (i, &v)| {
            // Where the column itself has values its indicator does not vary.
            indicator_neighbours(walker, search, p + i, (0..p).filter(|&y| y != v).collect())
        })
        .collect();
    let mut causes = vec![Vec::new(); p];
    for (v, of_v) in partial.into_iter().zip(found) {
        causes[v] = of_v;
    }
    Ok(causes)
}

/// PC's search around one indicator, which has no children: sets of its own neighbours suffice.
fn indicator_neighbours(
    walker: &mut Walker<'_>,
    search: &Search<'_>,
    x: usize,
    mut near: Vec<usize>,
) -> Vec<usize> {
    let most = search.budget.max_depth().unwrap_or(usize::MAX);
    let max_sets = search.budget.max_sets().unwrap_or(u64::MAX);
    let mut size = 0;
    while size < near.len() && size <= most {
        let mut stays = vec![true; near.len()];
        let walk = Walk { x, pool: &near, targets: &near, size, every: false, max_sets };
        walker.walk(&walk, |t, _, finding| {
            // A column with values only where the indicator is constant shows nothing and is no cause.
            let gone = finding.independent == Some(true) || size == 0;
            stays[t] &= !gone;
            !gone
        });
        near = near.into_iter().zip(stays).filter_map(|(y, stays)| stays.then_some(y)).collect();
        size += 1;
    }
    near
}

/// Adds to the causes of a column's missingness those of the causes' own.
fn with_indirect(causes: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let reach = |v: usize| {
        let mut all = causes[v].clone();
        let mut next = 0;
        while let Some(&cause) = all.get(next) {
            let more: Vec<usize> = causes[cause].iter().copied().filter(|w| !all.contains(w)).collect();
            all.extend(more);
            next += 1;
        }
        all.sort_unstable();
        // A column is no cause of its own missingness by way of others: it is in every test of its own.
        all.retain(|&w| w != v);
        all
    };
    (0..causes.len()).map(reach).collect()
}

/// Tests the edges whose ends have a common neighbour again, level by level as the adjacency search does; the edges removed.
fn correct(search: &Search<'_>, skeleton: &mut Skeleton) -> Vec<(usize, usize)> {
    let most = search.budget.max_depth().unwrap_or(usize::MAX);
    let mut removed = Vec::new();
    for size in 0.. {
        let adjacent = &skeleton.adjacent;
        let pools: Vec<Vec<usize>> =
            adjacent.iter().enumerate().map(|(x, near)| search.pool(near, x)).collect();
        let suspect = |x: usize, y: usize| {
            !adjacent[x].is_disjoint(&adjacent[y]) && !search.knowledge.requires_adjacency(x, y)
        };
        let open = |x: usize, y: usize| pools[x].len() - usize::from(pools[x].contains(&y)) >= size;
        // At the empty set one side of a pair is enough.
        let targets_of = |x: usize| -> Vec<usize> {
            adjacent[x].iter().filter(|&y| suspect(x, y) && open(x, y) && (size > 0 || x < y)).collect()
        };
        let tasks: Vec<(usize, Vec<usize>)> =
            (0..adjacent.len()).map(|x| (x, targets_of(x))).filter(|(_, ys)| !ys.is_empty()).collect();
        if tasks.is_empty() {
            break;
        }
        let max_sets = search.share(&skeleton.report, tasks.iter().map(|(_, ys)| ys.len()).sum());
        if size > most || max_sets == 0 {
            for (x, ys) in &tasks {
                ys.iter().for_each(|&y| skeleton.report.cut(*x, y, size));
            }
            break;
        }
        let walker = || Walker::new(search.test, search.alpha, search.budget);
        let outcomes: Vec<_> = (tasks.par_iter())
            .map_init(walker, |walker, (x, targets)| {
                let walk = Walk { x: *x, pool: &pools[*x], targets, size, every: false, max_sets };
                let mut separated = Vec::new();
                let tally = walker.walk(&walk, |t, given, finding| {
                    let independent = finding.independent == Some(true);
                    if independent {
                        separated.push((targets[t], given.to_vec()));
                    }
                    !independent
                });
                (separated, tally)
            })
            .collect();
        for ((x, targets), (separated, tally)) in tasks.iter().zip(outcomes) {
            skeleton.report.count(size, tally.tests, tally.untestable);
            if tally.cut {
                targets.iter().for_each(|&y| skeleton.report.cut(*x, y, size));
            }
            for (y, set) in separated {
                if skeleton.adjacent[*x].remove(y) {
                    skeleton.adjacent[y].remove(*x);
                    skeleton.separators.insert(*x, y, set);
                    removed.push((y.min(*x), y.max(*x)));
                }
            }
        }
    }
    let adjacent = &skeleton.adjacent;
    skeleton.report.finish(|a, b| adjacent[a].contains(b));
    removed.sort_unstable();
    removed
}
