//! Max |z|: the two-sided baseline that every causal method should beat.

use etiology_stats::Floor;

use super::marginal::{Rule, rank_metrics};
use crate::{Case, Level, MethodCard, Need, RankError, Ranking, RootCauseMethod, Variant};

/// Ranks metrics by the largest `|x - mean| / std` over the anomalous window, mean and standard deviation (`ddof` 0) of
/// the normal window; metrics that are constant throughout are left out.
///
/// It differs from published [`NSigma`](super::NSigma) in being two-sided and in keeping metrics that were flat in one
/// window. *Published* has no floor: a standard deviation of 0 is read as 1 in the metric's unit, as scikit-learn does (a
/// division by 0 would leave no ranking), and a tiny one makes any change look huge. *Repaired* has a scale of at least
/// 1 % of `|mean|`, which makes it the same as repaired `NSigma`; both stand in tables under their own names.
///
/// # Options
/// * [`with_floor`](Self::with_floor): the smallest scale.
///
/// # Assumptions, complexity, when not to use it
/// As [`NSigma`](super::NSigma).
///
/// # References
/// The audit of RCAEval-style benchmarks in arXiv 2606.29159 (2026), which asks for this row in every table.
#[derive(Debug, Clone, PartialEq)]
pub struct MaxZ {
    variant: Variant,
    rule: Rule,
}

const NAME: &str = "max-z";

impl MaxZ {
    /// Without a floor.
    #[must_use]
    pub fn published() -> Self {
        Self { variant: Variant::Published, rule: Rule::Z }
    }

    /// With the relative floor.
    #[must_use]
    pub fn repaired() -> Self {
        Self { variant: Variant::Repaired, rule: Rule::Z.floored() }
    }

    /// With another smallest scale.
    #[must_use]
    pub fn with_floor(self, floor: Floor) -> Self {
        Self { rule: Rule { floor, ..self.rule }, ..self }
    }
}

impl RootCauseMethod for MaxZ {
    fn card(&self) -> MethodCard {
        let published = self.variant == Variant::Published;
        MethodCard {
            name: NAME,
            variant: self.variant,
            level: Level::Metric,
            summary: if published {
                "largest |x - mean| / std after the onset"
            } else {
                "largest |x - mean| / std after the onset, std at least 1 % of the mean"
            },
            needs: &[Need::Reference],
            assumes: "a clean, roughly Gaussian normal window; the cause moves more than its effects",
            repairs: if published {
                "keeps the missing floor: nearly constant metrics win"
            } else {
                "relative scale floor"
            },
            cites: "audit of root-cause benchmarks, 2026 (arXiv 2606.29159)",
            complexity: "O((n + a) d)",
        }
    }

    fn rank(&self, case: &Case<'_>, _seed: u64) -> Result<Ranking, RankError> {
        rank_metrics(NAME, case, &self.rule)
    }
}
