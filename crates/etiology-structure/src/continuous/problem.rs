//! What both learners share: the checked input, the free entries of the weight matrix, the squared error, and the way from
//! weights to a DAG.

use etiology_frame::{Omission, Reason};
use etiology_graph::{Dag, Nodes};
use nalgebra::DMatrix;

use crate::{Knowledge, LinearSem, StructureError};

/// A linear least-squares problem over the entries that knowledge allows. The named columns come first; columns of the past,
/// which act on them and on which nothing acts, may follow.
pub(super) struct Problem<'a> {
    nodes: &'a Nodes,
    /// The covariance matrix over `unit`, of the past too.
    pub(super) covariance: DMatrix<f64>,
    /// A common factor that brings variances far from 1 near it. The problem stays the same, with the penalty over the factor;
    /// its solution does not move, but the schedules of both methods presume a loss of moderate size.
    unit: f64,
    /// Entries `(from, to)` that may be other than zero, by column.
    pub(super) free: Vec<(usize, usize)>,
    required: Vec<(usize, usize)>,
    left_out: Vec<Omission>,
}

impl<'a> Problem<'a> {
    /// A problem without a past.
    ///
    /// # Errors
    /// When the matrix is not square over the names, holds a value that is not finite, no variable varies, or the knowledge
    /// covers other variables.
    pub(super) fn new(
        nodes: &'a Nodes,
        covariance: &DMatrix<f64>,
        knowledge: Option<&Knowledge>,
    ) -> Result<Self, StructureError> {
        Self::with_past(nodes, 0, covariance, knowledge)
    }

    /// A problem whose covariance has `past` more columns than names.
    ///
    /// # Errors
    /// As [`Problem::new`].
    pub(super) fn with_past(
        nodes: &'a Nodes,
        past: usize,
        covariance: &DMatrix<f64>,
        knowledge: Option<&Knowledge>,
    ) -> Result<Self, StructureError> {
        let p = nodes.len();
        let all = p + past;
        let width = |what, expected, got| Err(StructureError::Width { what, expected, got });
        if covariance.nrows() != all || covariance.ncols() != all {
            return width("the covariance matrix", all, covariance.nrows().max(covariance.ncols()));
        }
        if let Some(known) = knowledge
            && known.nodes().len() != p
        {
            return width("the background knowledge", p, known.nodes().len());
        }
        let pairs = |width: usize| (0..width).flat_map(move |to| (0..all).map(move |from| (from, to)));
        if let Some((a, b)) = pairs(all).find(|&pair| !covariance[pair].is_finite()) {
            let name = |v: usize| if v < p { nodes.name(v).to_owned() } else { format!("past {}", v - p) };
            let message = format!(
                "the covariance of `{}` and `{}` is {}; drop missing and infinite values first",
                name(a),
                name(b),
                covariance[(a, b)]
            );
            return Err(StructureError::NoData { message });
        }
        let varies: Vec<bool> = (0..all).map(|v| covariance[(v, v)] > 0.0).collect();
        if !varies[..p].contains(&true) {
            let message = format!("none of the {p} columns varies; give columns that do");
            return Err(StructureError::NoData { message });
        }
        let allowed =
            |from: usize, to: usize| from >= p || knowledge.is_none_or(|known| known.allows(from, to));
        let free =
            |&(from, to): &(usize, usize)| from != to && varies[from] && varies[to] && allowed(from, to);
        let mean = covariance.trace() / varies.iter().filter(|&&varies| varies).count() as f64;
        let unit = if (1e-2..=1e2).contains(&mean) || !mean.is_normal() { 1.0 } else { mean };
        Ok(Self {
            nodes,
            covariance: covariance / unit,
            unit,
            free: pairs(p).filter(free).collect(),
            required: knowledge.map_or_else(Vec::new, |known| known.required().collect()),
            left_out: (0..p)
                .filter(|&v| !varies[v])
                .map(|v| Omission::new(nodes.name(v), Reason::Constant))
                .collect(),
        })
    }

    pub(super) fn width(&self) -> usize {
        self.nodes.len()
    }

    /// Weights of nothing: a row each column, of the past too, a column each name.
    pub(super) fn no_weights(&self) -> DMatrix<f64> {
        DMatrix::zeros(self.covariance.nrows(), self.width())
    }

    /// A penalty in the units of the data, for the covariance as it is held here.
    pub(super) fn penalty(&self, lambda: f64) -> f64 {
        lambda / self.unit
    }

    /// Whether an entry is required, so that no penalty shrinks it and no threshold drops it.
    pub(super) fn is_required(&self, entry: (usize, usize)) -> bool {
        self.required.contains(&entry)
    }

    /// `tr((I - W)' S (I - W)) / 2` and its gradient `-S (I - W)`, where I has zeros below for the past. `O(m^2 p)` for m columns
    /// with the past.
    pub(super) fn squared_error(&self, weights: &DMatrix<f64>) -> (f64, DMatrix<f64>) {
        let p = self.width();
        let mut gradient = &self.covariance * weights;
        gradient -= self.covariance.columns(0, p);
        // tr((I - W)' (S (I - W))), where the gradient is -S (I - W).
        let value = weights.dot(&gradient) - gradient.rows(0, p).trace();
        (value / 2.0, gradient)
    }

    /// The model of the weights at or above the threshold and the required ones. Should they still close a cycle, the smallest
    /// weights that do are left out and named: required edges first, then by size, an edge enters if it closes none.
    pub(super) fn into_model(
        self,
        weights: &DMatrix<f64>,
        threshold: f64,
    ) -> Result<LinearSem, StructureError> {
        let p = self.width();
        let mut entries: Vec<(usize, usize)> = self
            .free
            .iter()
            .copied()
            .filter(|&entry| {
                entry.0 < p
                    && weights[entry] != 0.0
                    && weights[entry].abs() >= threshold
                    && !self.is_required(entry)
            })
            .collect();
        entries.sort_by(|&a, &b| weights[b].abs().total_cmp(&weights[a].abs()).then(a.cmp(&b)));
        let mut dag = Dag::from_edges(self.nodes.clone(), self.required.iter().copied())?;
        let mut chosen = DMatrix::zeros(p, p);
        for &entry in &self.required {
            chosen[entry] = weights[entry];
        }
        let mut warnings = Vec::new();
        for (from, to) in entries {
            if dag.insert(from, to).is_ok() {
                chosen[(from, to)] = weights[(from, to)];
            } else {
                warnings.push(format!(
                    "`{}` --> `{}` was left out: with stronger edges it closes a cycle",
                    self.nodes.name(from),
                    self.nodes.name(to)
                ));
            }
        }
        let model = LinearSem::new(self.nodes, chosen, self.required, None)?;
        Ok(model.with_left_out(self.left_out).with_warnings(warnings))
    }
}

/// Refuses an option that is not finite or below zero.
pub(super) fn require_positive(
    parameter: &'static str,
    value: f64,
    zero_too: bool,
) -> Result<(), StructureError> {
    if value.is_finite() && (value > 0.0 || zero_too && value >= 0.0) {
        return Ok(());
    }
    let expected = if zero_too { "finite and at least 0" } else { "finite and above 0" };
    Err(StructureError::Parameter { parameter, value, expected })
}
