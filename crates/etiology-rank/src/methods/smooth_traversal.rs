//! Smooth traversal: the largest step in anomaly score from causes to effect, without any threshold.
//!
//! An entity that is much more anomalous than all of its causes is where something began. No cut-off decides who is
//! anomalous, so nothing is lost to a threshold; in exchange every ancestor of the symptom is ranked.

use crate::{Case, Level, MethodCard, Need, RankError, Ranking, RootCauseMethod, Scored, Variant};

use super::ancestors::{Ancestors, NodeScore};

/// Ranks the ancestors of the symptom by `max(0, s(v) - max over causes p of s(p))`; a root's gap is its own score.
///
/// Judged in the row of the anomalous window in which the symptom lies farthest from its normal mean, on the symptom's
/// measure. As published `s = -ln((#{i : d_i >= d} + 1/2) / (n + 1/2))` with `d = |x - mean|` and `d_i` the same for the
/// `n` normal values: a bound on a p-value, which makes gaps comparable between entities. **It saturates** at
/// `ln(2n + 1)`: a cause and its effect that both leave their normal range have a gap of 0, and origins tie. Published
/// accuracies therefore depend on how ties are broken; here they stay ties. Repaired, `s` is `|x - mean| / std` with a
/// scale of at least 1 % of the mean, which goes on growing; the p-value reading is lost.
///
/// # Assumptions
/// One root cause, and a graph that is a polytree; then a large gap is unlikely anywhere but at the root cause. A cause
/// without data counts as 0, as does a null.
///
/// # Complexity
/// `O(n k + links)`.
///
/// # When not to use it
/// As published with short normal windows: 10 values leave room for scores up to 3 only. For abstention: it always ranks.
///
/// # References
/// W. R. Orchard, N. Okati, S. H. Garrido Mejia, P. Blöbaum, D. Janzing: "Root Cause Analysis of Outliers with Missing
/// Structural Knowledge", 2024 (arXiv 2406.05014), algorithm "SMOOTH TRAVERSAL".
#[derive(Debug, Clone, PartialEq)]
pub struct SmoothTraversal {
    variant: Variant,
    score: NodeScore,
}

const NAME: &str = "smooth-traversal";

impl SmoothTraversal {
    /// With the information-theoretic score.
    #[must_use]
    pub fn published() -> Self {
        Self { variant: Variant::Published, score: NodeScore::Rarity }
    }

    /// With the floored z score.
    #[must_use]
    pub fn repaired() -> Self {
        Self { variant: Variant::Repaired, score: NodeScore::Distance }
    }
}

impl RootCauseMethod for SmoothTraversal {
    fn card(&self) -> MethodCard {
        let published = self.variant == Variant::Published;
        MethodCard {
            name: NAME,
            variant: self.variant,
            level: Level::Entity,
            summary: if published {
                "ancestors of the symptom by information-theoretic score minus the largest of their causes'"
            } else {
                "ancestors of the symptom by floored z score minus the largest of their causes'"
            },
            needs: &[Need::Reference, Need::Topology, Need::Symptom],
            assumes: "one root cause in a polytree",
            repairs: if published {
                "keeps a score that cannot exceed ln(2n + 1), so that gaps between clear anomalies are 0"
            } else {
                "a score that does not saturate, so that gaps between clear anomalies remain"
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
        let gap = |node: usize| {
            let (own, cause) = (ancestors.score(node), ancestors.largest_cause(node));
            // Two infinities have no gap; their difference would be NaN.
            if own > cause { own - cause } else { 0.0 }
        };
        let found: Vec<Scored> = ancestors
            .nodes
            .iter()
            .map(|&node| Scored::entity(ancestors.view.graph.name(node), gap(node)))
            .collect();
        if found.is_empty() {
            return Ok(ancestors.abstain("the topology names no cause with data of"));
        }
        Ranking::new(NAME, Level::Entity, found, ancestors.view.left_out)
    }
}
