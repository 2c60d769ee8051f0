//! What both learners over matrices are told: the penalty, the cut, and what is known.

use etiology_graph::Nodes;
use nalgebra::DMatrix;

use super::problem::{Problem, require_positive};
use crate::{Knowledge, StructureError};

#[derive(Debug, Clone)]
pub(super) struct Options {
    pub(super) lambda: f64,
    pub(super) threshold: f64,
    pub(super) knowledge: Option<Knowledge>,
}

impl Options {
    pub(super) fn new(lambda: f64) -> Self {
        Self { lambda, threshold: 0.3, knowledge: None }
    }

    /// Whether both numbers are in range.
    pub(super) fn check(&self) -> Result<(), StructureError> {
        require_positive("lambda", self.lambda, true)?;
        require_positive("the threshold", self.threshold, true)
    }

    /// The problem they pose.
    pub(super) fn problem<'a>(
        &'a self,
        nodes: &'a Nodes,
        covariance: &DMatrix<f64>,
    ) -> Result<Problem<'a>, StructureError> {
        self.check()?;
        Problem::new(nodes, covariance, self.knowledge.as_ref())
    }
}

/// The builder methods of a learner whose `options` are [`Options`].
macro_rules! option_setters {
    () => {
        /// The weight of the `l1` penalty.
        #[must_use]
        pub fn with_lambda(mut self, lambda: f64) -> Self {
            self.options.lambda = lambda;
            self
        }

        /// The size below which a weight is dropped.
        #[must_use]
        pub fn with_threshold(mut self, threshold: f64) -> Self {
            self.options.threshold = threshold;
            self
        }

        /// What is known of the edges.
        #[must_use]
        pub fn with_knowledge(mut self, knowledge: Knowledge) -> Self {
            self.options.knowledge = Some(knowledge);
            self
        }
    };
}
pub(super) use option_setters;
