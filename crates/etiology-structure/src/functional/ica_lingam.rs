//! [`IcaLingam`]: the causal order of a linear non-Gaussian acyclic model from one independent component analysis.
//!
//! The noise terms are the independent components, so the unmixing matrix is `I - B` up to the order and scale of its rows. The
//! assignment that keeps zeros off the diagonal finds the order of the rows, the diagonal their scale, and the order of the
//! variables is the one for which `B` becomes lower triangular once its smallest entries are set to zero.

use etiology_graph::{NodeSet, Nodes};
use nalgebra::DMatrix;

use super::LinearSem;
use super::assignment::assign;
use super::columns::Columns;
use super::direct_lingam::{check_width, finish, predecessors};
use super::fast_ica::unmix;
use super::prune::Pruning;
use crate::{Knowledge, StructureError};

/// ICA-LiNGAM.
///
/// # Options
/// | option | default | |
/// |---|---|---|
/// | [`with_pruning`](Self::with_pruning) | [`Pruning::AdaptiveLasso`] | how regressions on predecessors become parents |
/// | [`with_knowledge`](Self::with_knowledge) | none | required and forbidden edges and tiers, enforced strictly |
/// | [`with_seed`](Self::with_seed) | 0 | of the rotation that `FastICA` starts from |
/// | [`with_max_iter`](Self::with_max_iter) | 1000 | `FastICA` iterations; too few are warned of |
/// | [`with_tolerance`](Self::with_tolerance) | 1e-4 | on the turn of a component |
///
/// # Assumptions
/// Those of [`DirectLingam`](crate::DirectLingam).
///
/// # When not to use it
/// `FastICA` may stop in a local optimum and its answer depends on the start; try a few seeds, or take
/// [`DirectLingam`](crate::DirectLingam), which has neither fault and whose order does not depend on units. Columns are
/// standardised first, so units do not matter here either; the paper leaves them as they are.
///
/// # Complexity
/// `O(p^2 n)` an iteration, some ten to a hundred of them; `O(p^3)` for the assignment, `O(p^2 log p)` for the order.
///
/// # References
/// Shimizu, Hoyer, Hyvarinen & Kerminen, "A linear non-Gaussian acyclic model for causal discovery", JMLR 7, 2006, section 4
/// (algorithms A and C).
#[derive(Debug, Clone)]
pub struct IcaLingam {
    pruning: Pruning,
    knowledge: Option<Knowledge>,
    seed: u64,
    max_iter: usize,
    tolerance: f64,
}

impl Default for IcaLingam {
    fn default() -> Self {
        Self { pruning: Pruning::default(), knowledge: None, seed: 0, max_iter: 1000, tolerance: 1e-4 }
    }
}

impl IcaLingam {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How regressions on predecessors become parents.
    #[must_use]
    pub fn with_pruning(mut self, pruning: Pruning) -> Self {
        self.pruning = pruning;
        self
    }

    /// What is known of the edges.
    #[must_use]
    pub fn with_knowledge(mut self, knowledge: Knowledge) -> Self {
        self.knowledge = Some(knowledge);
        self
    }

    /// The seed of the first rotation.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Number of iterations at most.
    #[must_use]
    pub fn with_max_iter(mut self, max_iter: usize) -> Self {
        self.max_iter = max_iter;
        self
    }

    /// The turn of a component that counts as none.
    #[must_use]
    pub fn with_tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Learns from columns of equal length without missing values.
    ///
    /// # Errors
    /// When names, columns and knowledge disagree in number, a value is missing or infinite, no column varies, or there are
    /// not more rows than columns.
    pub fn learn(&self, nodes: &Nodes, columns: &[&[f64]]) -> Result<LinearSem, StructureError> {
        let knowledge = self.knowledge.as_ref().filter(|known| !known.is_empty());
        check_width(nodes, self.knowledge.as_ref())?;
        let columns = Columns::new(nodes, columns)?;
        let unmixing = unmix(&columns, self.seed, self.max_iter, self.tolerance);
        let effects = effects(&unmixing.matrix);
        let first = match knowledge {
            Some(known) => predecessors(known, &columns.kept),
            None => vec![NodeSet::new(columns.width()); columns.width()],
        };
        let order = causal_order(&effects, &first);
        let mut warnings = Vec::new();
        if !unmixing.converged {
            warnings.push(format!(
                "FastICA did not converge in {} iterations: the order may be wrong; raise the number or try another seed",
                self.max_iter
            ));
        }
        Ok(finish(nodes, &columns, &order, self.pruning, knowledge)?.with_more_warnings(warnings))
    }
}

/// `B`, as `(to, from)`, of an unmixing matrix: rows in the order that keeps small entries off the diagonal, scaled to one there.
fn effects(unmixing: &DMatrix<f64>) -> DMatrix<f64> {
    let p = unmixing.nrows();
    let largest = unmixing.amax().max(f64::MIN_POSITIVE);
    let place = assign(&unmixing.map(|w| 1.0 / (w.abs() / largest).max(1e-12)));
    let mut effects = DMatrix::identity(p, p);
    for (row, &to) in place.iter().enumerate() {
        let diagonal = unmixing[(row, to)];
        let scale = if diagonal == 0.0 { largest * 1e-12 } else { diagonal };
        for from in 0..p {
            effects[(to, from)] = if from == to { 0.0 } else { -unmixing[(row, from)] / scale };
        }
    }
    effects
}

/// The order that agrees with the largest effects: entries are set to zero from the smallest on, `p (p + 1) / 2` at first, until
/// what is left has no cycle. `first[v]` holds what must stand before `v`; an effect against it is zero from the start.
fn causal_order(effects: &DMatrix<f64>, first: &[NodeSet]) -> Vec<usize> {
    let p = effects.nrows();
    let mut entries: Vec<(usize, usize)> = (0..p)
        .flat_map(|to| (0..p).map(move |from| (to, from)))
        .filter(|&(to, from)| to != from && !first[from].contains(to))
        .collect();
    entries.sort_by(|&a, &b| effects[b].abs().total_cmp(&effects[a].abs()).then(a.cmp(&b)));
    // The paper keeps at most p (p - 1) / 2 entries, all that a lower triangle holds.
    let (mut few, mut many) = (0, entries.len().min(p * p.saturating_sub(1) / 2) + 1);
    let mut order = acyclic_order(&[], first).unwrap_or_default();
    while many - few > 1 {
        let middle = usize::midpoint(few, many);
        match acyclic_order(&entries[..middle], first) {
            Some(found) => (few, order) = (middle, found),
            None => many = middle,
        }
    }
    order
}

/// An order in which every cause stands first, the smallest number where several may follow; `None` when there is a cycle.
fn acyclic_order(causes: &[(usize, usize)], first: &[NodeSet]) -> Option<Vec<usize>> {
    let p = first.len();
    let mut before = first.to_vec();
    for &(to, from) in causes {
        before[to].insert(from);
    }
    let mut left = NodeSet::full(p);
    let mut order = Vec::with_capacity(p);
    while !left.is_empty() {
        let next = left.iter().find(|&v| before[v].is_disjoint(&left))?;
        left.remove(next);
        order.push(next);
    }
    Some(order)
}
