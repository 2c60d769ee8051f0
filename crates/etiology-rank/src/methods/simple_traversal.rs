//! Simple traversal: anomalous ancestors of the symptom without an anomalous cause.
//!
//! The plainest reading of "the fault is where the anomaly starts". Unlike [`Traversal`](super::Traversal) it asks for
//! no unbroken path of anomalies to the symptom, so a missing value in between does not hide the cause.

use crate::{Case, Level, MethodCard, Need, RankError, Ranking, RootCauseMethod, Scored, Variant};

use super::ancestors::{Ancestors, NodeScore};

/// Ranks the ancestors of the symptom that are anomalous while none of their direct causes is, by their own score.
///
/// Judged in the row of the anomalous window in which the symptom lies farthest from its normal mean, on the symptom's
/// measure. As published the score is information-theoretic, `s = -ln((#{i : d_i >= d} + 1/2) / (n + 1/2))` with
/// `d = |x - mean|` and `d_i` the same for the `n` normal values, and `s > 3` is anomalous. It cannot exceed
/// `ln(2n + 1)`, so all entities that leave their normal range tie, and below 10 normal values nothing can exceed 3.
/// Repaired, the score is `|x - mean| / std` with a scale of at least 1 % of the mean: it goes on growing, so ties break.
///
/// # Options
/// * threshold: 3 in both forms. As published that flags one normal value in twenty (`e^-3`).
///
/// # Assumptions
/// The topology is complete and causes are anomalous when their effects are. A null scores 0, and so does a cause
/// without data.
///
/// # Complexity
/// `O(n k + links)`.
///
/// # When not to use it
/// Where a false alarm upstream is likely: one spuriously flagged cause removes the true one.
///
/// # References
/// W. R. Orchard, N. Okati, S. H. Garrido Mejia, P. Blöbaum, D. Janzing: "Root Cause Analysis of Outliers with Missing
/// Structural Knowledge", 2024 (arXiv 2406.05014), where it is a baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct SimpleTraversal {
    variant: Variant,
    score: NodeScore,
    threshold: f64,
}

const NAME: &str = "simple-traversal";

impl SimpleTraversal {
    /// With the information-theoretic score.
    #[must_use]
    pub fn published() -> Self {
        Self { variant: Variant::Published, score: NodeScore::Rarity, threshold: 3.0 }
    }

    /// With the floored z score.
    #[must_use]
    pub fn repaired() -> Self {
        Self { variant: Variant::Repaired, score: NodeScore::Distance, threshold: 3.0 }
    }

    /// Scores above this are anomalous.
    #[must_use]
    pub fn threshold(mut self, threshold: f64) -> Self {
        self.threshold = threshold;
        self
    }
}

impl RootCauseMethod for SimpleTraversal {
    fn card(&self) -> MethodCard {
        let published = self.variant == Variant::Published;
        MethodCard {
            name: NAME,
            variant: self.variant,
            level: Level::Entity,
            summary: if published {
                "ancestors of the symptom with an information-theoretic score > 3 and no such cause"
            } else {
                "ancestors of the symptom with a floored z score > 3 and no such cause"
            },
            needs: &[Need::Reference, Need::Topology, Need::Symptom],
            assumes: "the topology is complete, and a cause is anomalous whenever its effects are",
            repairs: if published {
                "keeps a score that cannot exceed ln(2n + 1), so that all clear anomalies tie"
            } else {
                "a score that does not saturate"
            },
            cites: "Orchard, Okati, Garrido Mejia, Blöbaum, Janzing, 2024 (arXiv 2406.05014)",
            complexity: "O(n k + links)",
        }
    }

    fn rank(&self, case: &Case<'_>, _seed: u64) -> Result<Ranking, RankError> {
        let ancestors = match Ancestors::of(case, NAME, self.score)? {
            Ok(ancestors) => ancestors,
            Err(abstention) => return Ok(abstention),
        };
        let first = |&&node: &&usize| {
            ancestors.score(node) > self.threshold
                && ancestors.view.graph.causes(node).all(|cause| ancestors.score(cause) <= self.threshold)
        };
        let found: Vec<Scored> = ancestors
            .nodes
            .iter()
            .filter(first)
            .map(|&node| Scored::entity(ancestors.view.graph.name(node), ancestors.score(node)))
            .collect();
        if found.is_empty() {
            return Ok(
                ancestors.abstain("no entity without anomalous causes is anomalous among the causes of")
            );
        }
        Ranking::new(NAME, Level::Entity, found, ancestors.view.left_out)
    }
}
