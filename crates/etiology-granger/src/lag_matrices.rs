//! [`LagMatrices`]: effects by lag, as a structural vector autoregression has them.

use etiology_graph::{Lag, LaggedEdge, LaggedGraph, Nodes};
use nalgebra::DMatrix;

use crate::GrangerError;

/// For each lag from 0 the effects of the values that many rows earlier, in the units of the data.
#[derive(Debug, Clone, PartialEq)]
pub struct LagMatrices {
    nodes: Nodes,
    /// Row an effect, column a cause.
    matrices: Vec<DMatrix<f64>>,
}

impl LagMatrices {
    pub(crate) fn new(nodes: Nodes, matrices: Vec<DMatrix<f64>>) -> Self {
        Self { nodes, matrices }
    }

    /// The effects of the values this many rows earlier: row an effect, column a cause; zeros beyond the order.
    #[must_use]
    pub fn at(&self, lag: Lag) -> DMatrix<f64> {
        let k = self.nodes.len();
        self.matrices.get(lag.rows()).cloned().unwrap_or_else(|| DMatrix::zeros(k, k))
    }

    /// The lag order.
    #[must_use]
    pub fn order(&self) -> usize {
        self.matrices.len().saturating_sub(1)
    }

    /// The effects that are not zero, as edges with their coefficients.
    ///
    /// # Errors
    /// None that a fitted model can cause; the type is that of the graph.
    pub fn graph(&self) -> Result<LaggedGraph, GrangerError> {
        let k = self.nodes.len();
        let mut edges = Vec::new();
        for (lag, matrix) in self.matrices.iter().enumerate() {
            for effect in 0..k {
                for cause in (0..k).filter(|&cause| matrix[(effect, cause)] != 0.0) {
                    let edge = LaggedEdge::directed(cause, effect, Lag::new(lag));
                    edges.push(LaggedEdge { strength: Some(matrix[(effect, cause)]), ..edge });
                }
            }
        }
        Ok(LaggedGraph::new(self.nodes.clone(), Lag::new(self.order()), edges)?)
    }
}
