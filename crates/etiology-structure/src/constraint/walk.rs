//! The inner loop of every constraint-based search: walk the conditioning sets of one size from the neighbours of a variable
//! `x`, and test `x` against many others given each.
//!
//! Tests that share a conditioning set stand in a row, so a test's session works on the set once (cuPC-S: Zarebavani et al.
//! 2020, "cuPC: CUDA-based parallel PC algorithm for causal structure learning on GPU"). Tests on partial correlations go
//! further. The sets come in lexicographic order, so neighbours in the order share all but their last elements; a stack
//! holds, for each prefix, the covariance matrix of what is left after the prefix (one elimination step of Gauss a level).
//! The last element is eliminated in place for each target: a test costs a few operations whatever the size of the set.

use etiology_stats::{DETERMINED, IndependenceTest, TestSession};

use super::budget::{Budget, subsets};

/// What to walk.
#[derive(Clone, Copy)]
pub(super) struct Walk<'a> {
    /// One side of every test.
    pub(super) x: usize,
    /// Where the conditioning sets come from, ascending, without `x`.
    pub(super) pool: &'a [usize],
    /// The other sides; they may be in the pool and are then tested given the sets without them.
    pub(super) targets: &'a [usize],
    /// Size of the sets.
    pub(super) size: usize,
    /// Whether every finding is of interest, or only those that are not dependence.
    pub(super) every: bool,
    /// The number of sets after which to stop.
    pub(super) max_sets: u64,
}

/// The verdict of one test.
#[derive(Debug, Clone, Copy)]
pub(super) struct Finding {
    /// `None` when the data cannot judge.
    pub(super) independent: Option<bool>,
    /// Lower is closer to independence; comparable between tests given sets of one size.
    pub(super) evidence: f64,
}

const UNTESTABLE: Finding = Finding { independent: None, evidence: f64::INFINITY };

/// What a walk did.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    /// Tests made and judged.
    pub(super) tests: u64,
    /// Tests the data could not judge.
    pub(super) untestable: u64,
    /// Whether sets were left out although targets remained.
    pub(super) cut: bool,
}

impl Tally {
    fn note(&mut self, finding: Finding, tests: u64) {
        match finding.independent {
            Some(_) => self.tests += tests,
            None => self.untestable = self.untestable.saturating_add(tests),
        }
    }
}

/// One thread's means to walk.
pub(super) struct Walker<'t> {
    test: &'t dyn IndependenceTest,
    session: Option<Box<dyn TestSession + 't>>,
    sweep: Option<Sweep<'t>>,
    budget: &'t Budget,
    alpha: f64,
}

impl<'t> Walker<'t> {
    pub(super) fn new(test: &'t dyn IndependenceTest, alpha: f64, budget: &'t Budget) -> Self {
        let p = test.variables();
        let matrix = test.correlations().filter(|matrix| matrix.len() == p * p);
        let sweep = matrix.map(|correlations| Sweep { correlations, p, ..Sweep::default() });
        Self { test, session: None, sweep, budget, alpha }
    }

    /// The test's own session, for single questions.
    pub(super) fn session(&mut self) -> &mut (dyn TestSession + 't) {
        let test = self.test;
        self.session.get_or_insert_with(|| test.session()).as_mut()
    }

    /// Walks. `visit(target index, set, finding)` answers whether to go on with that target.
    pub(super) fn walk(
        &mut self,
        walk: &Walk<'_>,
        visit: impl FnMut(usize, &[usize], Finding) -> bool,
    ) -> Tally {
        if walk.targets.is_empty() || walk.size > walk.pool.len() {
            return Tally::default();
        }
        if let Some(sweep) = &mut self.sweep {
            let cutoff = self.test.correlation_cutoff(walk.size, self.alpha);
            return sweep.run(walk, cutoff, self.budget, visit);
        }
        self.ask(walk, visit)
    }

    fn ask(&mut self, walk: &Walk<'_>, mut visit: impl FnMut(usize, &[usize], Finding) -> bool) -> Tally {
        let (alpha, budget) = (self.alpha, self.budget);
        let session = self.session();
        let mut tally = Tally::default();
        let mut chosen: Vec<usize> = (0..walk.size).collect();
        let mut given: Vec<usize> = walk.pool[..walk.size].to_vec();
        let mut alive: Vec<usize> = (0..walk.targets.len()).collect();
        let mut sets = 0;
        loop {
            sets += 1;
            if sets > walk.max_sets || budget.stopped() {
                tally.cut = true;
                return tally;
            }
            alive.retain(|&t| {
                let y = walk.targets[t];
                if given.contains(&y) {
                    return true;
                }
                let finding = if walk.every {
                    session.test(walk.x, y, &given).map_or(UNTESTABLE, |result| Finding {
                        independent: Some(result.p_value > alpha),
                        evidence: -result.p_value,
                    })
                } else {
                    let independent = session.independent(walk.x, y, &given, alpha);
                    Finding { independent, evidence: f64::INFINITY }
                };
                tally.note(finding, 1);
                if !walk.every && finding.independent == Some(false) {
                    return true;
                }
                visit(t, &given, finding)
            });
            if alive.is_empty() {
                return tally;
            }
            let Some(changed) = next_combination(&mut chosen, walk.pool.len()) else { return tally };
            for i in changed..walk.size {
                given[i] = walk.pool[chosen[i]];
            }
        }
    }
}

/// Whether no variance is left; NaN, as beside a constant column, counts as none.
fn is_determined(variance: f64) -> bool {
    variance.is_nan() || variance <= DETERMINED
}

/// The next set in lexicographic order of positions below `n`; the first position that changed.
pub(super) fn next_combination(chosen: &mut [usize], n: usize) -> Option<usize> {
    let k = chosen.len();
    let i = (0..k).rev().find(|&i| chosen[i] < n - k + i)?;
    chosen[i] += 1;
    for j in i + 1..k {
        chosen[j] = chosen[j - 1] + 1;
    }
    Some(i)
}

/// The walk on a correlation matrix.
#[derive(Default)]
struct Sweep<'t> {
    correlations: &'t [f64],
    p: usize,
    /// One matrix for each prefix length, the empty prefix first.
    levels: Vec<Level>,
    last: Last,
    members: Vec<usize>,
    /// Column of each target among the members.
    column: Vec<usize>,
    alive: Vec<bool>,
    prefix: Vec<usize>,
    /// Whether a member is in the prefix.
    in_prefix: Vec<bool>,
    given: Vec<usize>,
}

/// Residual covariances given a prefix: a row for each pool position, then one for `x`; a column for each member, then `x`.
#[derive(Default)]
struct Level {
    rows: Vec<f64>,
    diagonal: Vec<f64>,
}

/// The same given all but the last element, only what the last step reads; columns are the targets still in play.
#[derive(Default)]
struct Last {
    active: Vec<usize>,
    /// Where in `active` a member stands, or [`NOT_ACTIVE`].
    slot: Vec<usize>,
    /// A row for each pool position from `start`.
    with_targets: Vec<f64>,
    with_x: Vec<f64>,
    pool_variance: Vec<f64>,
    x_target: Vec<f64>,
    target_variance: Vec<f64>,
    x_variance: f64,
    hits: Vec<usize>,
}

const NOT_ACTIVE: usize = usize::MAX;

/// The loop-wide state of one walk on a matrix.
struct Run<'w, 'b, F> {
    walk: &'w Walk<'w>,
    budget: &'b Budget,
    cutoff: f64,
    visit: F,
    tally: Tally,
    remaining: usize,
    sets: u64,
}

impl Sweep<'_> {
    fn run(
        &mut self,
        walk: &Walk<'_>,
        cutoff: Option<f64>,
        budget: &Budget,
        visit: impl FnMut(usize, &[usize], Finding) -> bool,
    ) -> Tally {
        let remaining = walk.targets.len();
        let mut run = Run {
            walk,
            budget,
            cutoff: cutoff.unwrap_or(0.0),
            visit,
            tally: Tally::default(),
            remaining,
            sets: 0,
        };
        self.alive.clear();
        self.alive.resize(remaining, true);
        self.prefix.clear();
        self.given.clear();
        if cutoff.is_none() {
            self.all_untestable(&mut run, 0, walk.size);
            return run.tally;
        }
        if walk.size == 0 {
            self.marginal(&mut run);
            return run.tally;
        }
        self.load(walk);
        self.descend(&mut run, 0, 0);
        run.tally
    }

    fn at(&self, a: usize, b: usize) -> f64 {
        self.correlations[a * self.p + b]
    }

    fn marginal<F: FnMut(usize, &[usize], Finding) -> bool>(&mut self, run: &mut Run<'_, '_, F>) {
        for (t, &y) in run.walk.targets.iter().enumerate() {
            let evidence = self.at(run.walk.x, y).abs();
            if evidence.is_nan() {
                run.tally.untestable += 1;
                (run.visit)(t, &[], UNTESTABLE);
                continue;
            }
            run.tally.tests += 1;
            let independent = evidence <= run.cutoff;
            if independent || run.walk.every {
                (run.visit)(t, &[], Finding { independent: Some(independent), evidence });
            }
        }
    }

    /// Copies what the walk needs of the matrix.
    fn load(&mut self, walk: &Walk<'_>) {
        self.members.clear();
        self.members.extend_from_slice(walk.pool);
        self.column.clear();
        for &y in walk.targets {
            let column = walk.pool.binary_search(&y).unwrap_or_else(|_| {
                self.members.push(y);
                self.members.len() - 1
            });
            self.column.push(column);
        }
        self.members.push(walk.x);
        self.in_prefix.clear();
        self.in_prefix.resize(self.members.len(), false);
        self.levels.resize_with(self.levels.len().max(walk.size), Level::default);
        if walk.size < 2 {
            return;
        }
        let (matrix, p) = (self.correlations, self.p);
        let level = &mut self.levels[0];
        level.rows.clear();
        for &row in walk.pool.iter().chain([&walk.x]) {
            level.rows.extend(self.members.iter().map(|&column| matrix[row * p + column]));
        }
        level.diagonal.clear();
        level.diagonal.extend(self.members.iter().map(|&v| matrix[v * p + v]));
    }

    /// Goes through the sets that extend the prefix by pool positions from `start`; false when the walk is over.
    fn descend<F: FnMut(usize, &[usize], Finding) -> bool>(
        &mut self,
        run: &mut Run<'_, '_, F>,
        depth: usize,
        start: usize,
    ) -> bool {
        let (size, m) = (run.walk.size, run.walk.pool.len());
        if size == 1 {
            self.last_from_matrix(run.walk);
            return self.finish(run, 0);
        }
        for s in start..=m - (size - depth) {
            let pivot = self.levels[depth].diagonal[s];
            self.prefix.push(s);
            self.in_prefix[s] = true;
            self.given.push(run.walk.pool[s]);
            let go_on = if is_determined(pivot) {
                self.all_untestable(run, s + 1, size - depth - 1)
            } else if depth + 2 == size {
                self.last_from_level(depth, s, m);
                self.finish(run, s + 1)
            } else {
                self.eliminate(depth, s, m);
                self.descend(run, depth + 1, s + 1)
            };
            self.prefix.pop();
            self.in_prefix[s] = false;
            self.given.pop();
            if !go_on {
                return false;
            }
        }
        true
    }

    /// Takes pool position `s` out of the variables of level `depth`; rows of later positions and `x` go one level down.
    fn eliminate(&mut self, depth: usize, s: usize, m: usize) {
        let width = self.members.len();
        let (above, below) = self.levels.split_at_mut(depth + 1);
        let (Some(from), Some(to)) = (above.last(), below.first_mut()) else { return };
        to.rows.resize((m + 1) * width, 0.0);
        to.diagonal.resize(width, 0.0);
        let pivot = from.diagonal[s];
        let pivot_row = &from.rows[s * width..][..width];
        for r in s + 1..=m {
            let source = &from.rows[r * width..][..width];
            let factor = source[s] / pivot;
            let target = &mut to.rows[r * width..][..width];
            for ((new, &old), &q) in target.iter_mut().zip(source).zip(pivot_row) {
                *new = old - factor * q;
            }
        }
        let inverse = pivot.recip();
        for ((new, &old), &q) in to.diagonal.iter_mut().zip(&from.diagonal).zip(pivot_row) {
            *new = old - q * q * inverse;
        }
    }

    /// The targets that are in play: not found independent, and not in the prefix.
    fn choose_active(&mut self) {
        let Self { alive, column, in_prefix, last, .. } = self;
        last.active.clear();
        for (t, (&alive, &column)) in alive.iter().zip(column.iter()).enumerate() {
            if alive && !in_prefix[column] {
                last.active.push(t);
            }
        }
        last.slot.clear();
        last.slot.resize(self.members.len(), NOT_ACTIVE);
        for (a, &t) in last.active.iter().enumerate() {
            last.slot[column[t]] = a;
        }
    }

    fn last_from_matrix(&mut self, walk: &Walk<'_>) {
        self.choose_active();
        let (matrix, p, last) = (self.correlations, self.p, &mut self.last);
        let entry = |a: usize, b: usize| matrix[a * p + b];
        last.with_targets.clear();
        for &s in walk.pool {
            last.with_targets.extend(last.active.iter().map(|&t| entry(s, walk.targets[t])));
        }
        last.with_x.clear();
        last.with_x.extend(walk.pool.iter().map(|&s| entry(s, walk.x)));
        last.pool_variance.clear();
        last.pool_variance.extend(walk.pool.iter().map(|&s| entry(s, s)));
        last.x_target.clear();
        last.x_target.extend(last.active.iter().map(|&t| entry(walk.x, walk.targets[t])));
        last.target_variance.clear();
        last.target_variance.extend(last.active.iter().map(|&t| entry(walk.targets[t], walk.targets[t])));
        last.x_variance = entry(walk.x, walk.x);
    }

    /// As [`Sweep::eliminate`], straight into the layout of the last step.
    fn last_from_level(&mut self, depth: usize, s: usize, m: usize) {
        self.choose_active();
        let width = self.members.len();
        let (level, last, column) = (&self.levels[depth], &mut self.last, &self.column);
        let inverse = level.diagonal[s].recip();
        let pivot_row = &level.rows[s * width..][..width];
        let x_row = &level.rows[m * width..][..width];
        let x_factor = x_row[s] * inverse;
        last.with_targets.clear();
        last.with_x.clear();
        last.pool_variance.clear();
        for r in s + 1..m {
            let row = &level.rows[r * width..][..width];
            let factor = row[s] * inverse;
            let columns = last.active.iter().map(|&t| column[t]);
            last.with_targets.extend(columns.map(|c| row[c] - factor * pivot_row[c]));
            last.with_x.push(row[width - 1] - factor * pivot_row[width - 1]);
            last.pool_variance.push(level.diagonal[r] - factor * row[s]);
        }
        let columns = || last.active.iter().map(|&t| column[t]);
        last.x_target.clear();
        last.x_target.extend(columns().map(|c| x_row[c] - x_factor * pivot_row[c]));
        last.target_variance.clear();
        last.target_variance
            .extend(columns().map(|c| level.diagonal[c] - pivot_row[c] * pivot_row[c] * inverse));
        last.x_variance = level.diagonal[width - 1] - x_factor * x_row[s];
    }

    /// Completes the prefix by each pool position from `start` and tests; false when the walk is over.
    fn finish<F: FnMut(usize, &[usize], Finding) -> bool>(
        &mut self,
        run: &mut Run<'_, '_, F>,
        start: usize,
    ) -> bool {
        if run.budget.stopped() {
            run.tally.cut = true;
            return false;
        }
        let Self { last, alive, given, .. } = self;
        let n = last.active.len();
        let square = run.cutoff * run.cutoff;
        let mut in_play = last.active.len();
        for (i, &element) in run.walk.pool[start..].iter().enumerate() {
            run.sets += 1;
            if run.sets > run.walk.max_sets {
                run.tally.cut = true;
                return false;
            }
            let position = start + i;
            // The target that is the last element, if any.
            let own = last.slot.get(position).copied().filter(|&a| a != NOT_ACTIVE);
            let tests = in_play - usize::from(own.is_some_and(|a| alive[last.active[a]]));
            let (pivot, x_pool) = (last.pool_variance[i], last.with_x[i]);
            let inverse = pivot.recip();
            let factor = x_pool * inverse;
            let x_variance = last.x_variance - factor * x_pool;
            given.push(element);
            if is_determined(pivot) || is_determined(x_variance) {
                run.tally.note(UNTESTABLE, tests as u64);
                for (a, &t) in last.active.iter().enumerate() {
                    if alive[t] && own != Some(a) {
                        (run.visit)(t, given, UNTESTABLE);
                    }
                }
                given.pop();
                continue;
            }
            run.tally.tests += tests as u64;
            let row = &last.with_targets[i * n..][..n];
            last.hits.clear();
            if run.walk.every {
                last.hits.extend(0..n);
            } else {
                let bound = square * x_variance;
                let columns = row.iter().zip(&last.x_target).zip(&last.target_variance);
                for (a, ((&q, &x_target), &variance)) in columns.enumerate() {
                    let covariance = x_target - factor * q;
                    let left = variance - q * q * inverse;
                    if covariance * covariance <= bound * left || left <= DETERMINED {
                        last.hits.push(a);
                    }
                }
            }
            for h in 0..last.hits.len() {
                let a = last.hits[h];
                let t = last.active[a];
                if own == Some(a) || !alive[t] {
                    continue;
                }
                let q = row[a];
                let left = last.target_variance[a] - q * q * inverse;
                let finding = if is_determined(left) {
                    run.tally.tests -= 1;
                    run.tally.untestable += 1;
                    UNTESTABLE
                } else {
                    let covariance = last.x_target[a] - factor * q;
                    let evidence = covariance.abs() / (x_variance * left).sqrt();
                    let independent = Some(covariance * covariance <= square * x_variance * left);
                    Finding { independent, evidence }
                };
                if !(run.visit)(t, given, finding) {
                    alive[t] = false;
                    // So that the loop above passes over the target.
                    (last.x_target[a], last.target_variance[a]) = (f64::INFINITY, 1.0 / DETERMINED);
                    in_play -= 1;
                    run.remaining -= 1;
                }
            }
            given.pop();
            if run.remaining == 0 {
                return false;
            }
            if in_play == 0 {
                run.sets += (run.walk.pool.len() - position - 1) as u64;
                break;
            }
        }
        true
    }

    /// Every set that extends the prefix by `size` elements from `start` on cannot be judged.
    fn all_untestable<F: FnMut(usize, &[usize], Finding) -> bool>(
        &mut self,
        run: &mut Run<'_, '_, F>,
        start: usize,
        size: usize,
    ) -> bool {
        let sets = subsets(run.walk.pool.len().saturating_sub(start), size);
        run.sets = run.sets.saturating_add(sets);
        if sets == 0 {
            return true;
        }
        let prefix_columns = |t: usize| self.column.get(t).is_some_and(|column| self.prefix.contains(column));
        for t in (0..run.walk.targets.len()).filter(|&t| self.alive[t]) {
            if !prefix_columns(t) {
                run.tally.untestable = run.tally.untestable.saturating_add(sets);
                (run.visit)(t, &self.given, UNTESTABLE);
            }
        }
        if run.sets > run.walk.max_sets {
            run.tally.cut = true;
            return false;
        }
        true
    }
}
