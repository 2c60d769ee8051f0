//! [`LinearSem`]: a linear structural equation model as learners return it.

use etiology_frame::Omission;
use etiology_graph::{Dag, GraphDocument, Nodes};
use nalgebra::DMatrix;

use crate::StructureError;

/// A DAG whose edges carry the coefficients of linear equations: each variable is the weighted sum of its parents plus its
/// own noise.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearSem {
    dag: Dag,
    weights: DMatrix<f64>,
    order: Vec<usize>,
    left_out: Vec<Omission>,
    warnings: Vec<String>,
}

impl LinearSem {
    /// Makes the model of `weights[(from, to)]`; an edge for every weight that is not zero, and for `required` ones.
    ///
    /// # Errors
    /// When the weights are not square, or the edges close a cycle.
    pub(crate) fn new(
        nodes: &Nodes,
        weights: DMatrix<f64>,
        required: impl IntoIterator<Item = (usize, usize)>,
        order: Option<Vec<usize>>,
    ) -> Result<Self, StructureError> {
        let p = nodes.len();
        if weights.shape() != (p, p) {
            return Err(StructureError::Width {
                what: "the weight matrix",
                expected: p,
                got: weights.nrows(),
            });
        }
        let mut dag = Dag::empty(nodes.clone());
        for from in 0..p {
            for to in 0..p {
                if weights[(from, to)] != 0.0 {
                    dag.insert(from, to)?;
                }
            }
        }
        for (from, to) in required {
            dag.insert(from, to)?;
        }
        let order = order.unwrap_or_else(|| dag.topological_order());
        Ok(Self { dag, weights, order, left_out: Vec::new(), warnings: Vec::new() })
    }

    pub(crate) fn with_left_out(mut self, left_out: Vec<Omission>) -> Self {
        self.left_out = left_out;
        self
    }

    pub(crate) fn with_warnings(mut self, warnings: Vec<String>) -> Self {
        self.warnings = warnings;
        self
    }

    pub(crate) fn with_more_warnings(mut self, warnings: Vec<String>) -> Self {
        self.warnings.extend(warnings);
        self
    }

    /// The graph. Variables that were left out stand in it without edges.
    #[must_use]
    pub fn dag(&self) -> &Dag {
        &self.dag
    }

    /// The coefficients in the units of the data: `weights[(from, to)]` is the change of `to` a unit of `from`.
    #[must_use]
    pub fn weights(&self) -> &DMatrix<f64> {
        &self.weights
    }

    /// The causal order, causes first; variables that were left out are not in it.
    #[must_use]
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// Variables that were left out, and why.
    #[must_use]
    pub fn left_out(&self) -> &[Omission] {
        &self.left_out
    }

    /// Where the data do not look as the method assumes.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The total effects: `(from, to)` sums the products of weights over all directed paths. `O(p (p + edges))`.
    #[must_use]
    pub fn total_effects(&self) -> DMatrix<f64> {
        let p = self.dag.len();
        let mut total = DMatrix::zeros(p, p);
        for to in self.dag.topological_order() {
            for parent in self.dag.parents(to) {
                let weight = self.weights[(parent, to)];
                total[(parent, to)] += weight;
                for from in 0..p {
                    let through = total[(from, parent)] * weight;
                    total[(from, to)] += through;
                }
            }
        }
        total
    }

    /// The graph as a document; an edge's strength is its weight.
    #[must_use]
    pub fn to_document(&self) -> GraphDocument {
        let mut document = self.dag.to_document();
        for (edge, (from, to)) in document.edges.iter_mut().zip(self.dag.edges()) {
            edge.strength = Some(self.weights[(from, to)]);
        }
        document
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn total_effects_sum_over_paths() {
        let mut weights = DMatrix::zeros(3, 3);
        weights[(2, 0)] = 2.0;
        weights[(0, 1)] = -3.0;
        weights[(2, 1)] = 0.5;
        let sem = LinearSem::new(&Nodes::numbered(3), weights, [], None).unwrap();
        assert_eq!(sem.order(), [2, 0, 1]);
        assert!((sem.total_effects()[(2, 1)] + 5.5).abs() < 1e-15);
        assert_eq!(sem.to_document().edges[0].strength, Some(-3.0));
        let cycle = DMatrix::from_element(2, 2, 1.0);
        assert!(LinearSem::new(&Nodes::numbered(2), cycle, [], None).is_err());
    }
}
