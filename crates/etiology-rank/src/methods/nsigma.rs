//! NSigma: how many standard deviations a metric rises above its normal mean.

use etiology_stats::Floor;

use super::marginal::{Flat, Rule, Side, rank_metrics};
use crate::{Case, Level, MethodCard, Need, RankError, Ranking, RootCauseMethod, Variant};

/// Ranks metrics by the largest `(x - mean) / std` over the anomalous window, mean and standard deviation (`ddof` 0) of
/// the normal window.
///
/// *Published* is RCAEval's baseline: the maximum is signed, so a metric that only falls scores near 0; a metric
/// that is constant in either window is dropped, and with it the cleanest evidence, a metric that was flat until the fault;
/// where such metrics are kept, a standard deviation of 0 is read as 1 in the metric's own unit. *Repaired* takes `|x - mean|`, a scale of at least
/// 1 % of `|mean|`, and drops only what is constant throughout. Two-sidedness without the floor makes it worse: nearly
/// constant memory metrics then score in the thousands, and Avg@5 on Sock Shop's processor faults falls from .98 to .72.
///
/// RCAEval's loader also reads infinities as missing, fills gaps with the last value and what is left with 0; that
/// belongs to the suite. Here nulls and infinities are skipped.
///
/// # Options
/// * [`with_floor`](Self::with_floor): the smallest scale; [`Floor::default`] when repaired.
/// * [`with_side`](Self::with_side): whether falls count; they do when repaired.
///
/// # Assumptions
/// The normal window is normal, and roughly Gaussian: mean and standard deviation follow every outlier in it, so a fault
/// time reported too late (fault rows in the normal window) hides the fault. Use [`Baro`](super::Baro) then.
///
/// # Complexity
/// `O((n + a) d)`, one pass over the anomalous rows, four over the normal ones.
///
/// # When not to use it
/// Where faults propagate with amplification: a symptom downstream may score higher than its cause.
///
/// # References
/// L. Pham, H. Ha, H. Zhang: "Root Cause Analysis for Microservice System based on Causal Inference: How Far Are We?",
/// ASE 2024, baseline `NSigma`. The idea is that of J. Lin et al.: "Microscope", ICSOC 2018.
#[derive(Debug, Clone, PartialEq)]
pub struct NSigma {
    variant: Variant,
    rule: Rule,
}

const NAME: &str = "nsigma";

impl NSigma {
    /// As in RCAEval.
    #[must_use]
    pub fn published() -> Self {
        Self { variant: Variant::Published, rule: Rule::Z.as_in_rcaeval() }
    }

    /// Two-sided, floored, flat metrics kept.
    #[must_use]
    pub fn repaired() -> Self {
        Self { variant: Variant::Repaired, rule: Rule::Z.floored() }
    }

    /// With another smallest scale.
    #[must_use]
    pub fn with_floor(self, floor: Floor) -> Self {
        Self { rule: Rule { floor, ..self.rule }, ..self }
    }

    /// With another direction.
    #[must_use]
    pub fn with_side(self, side: Side) -> Self {
        Self { rule: Rule { side, ..self.rule }, ..self }
    }

    /// With another treatment of metrics that are flat in one window.
    #[must_use]
    pub fn with_flat(self, flat: Flat) -> Self {
        Self { rule: Rule { flat, ..self.rule }, ..self }
    }
}

impl RootCauseMethod for NSigma {
    fn card(&self) -> MethodCard {
        let published = self.variant == Variant::Published;
        MethodCard {
            name: NAME,
            variant: self.variant,
            level: Level::Metric,
            summary: if published {
                "largest (x - mean) / std after the onset, signed"
            } else {
                "largest |x - mean| / std after the onset, std at least 1 % of the mean"
            },
            needs: &[Need::Reference],
            assumes: "a clean, roughly Gaussian normal window; the cause moves more than its effects",
            repairs: if published {
                "keeps the signed maximum, a scale of 1 in raw units for a constant, and the loss of flat metrics"
            } else {
                "two-sided; relative scale floor; metrics that were flat before the fault are kept"
            },
            cites: "Pham, Ha, Zhang, ASE 2024 (RCAEval); Lin et al., ICSOC 2018",
            complexity: "O((n + a) d)",
        }
    }

    fn rank(&self, case: &Case<'_>, _seed: u64) -> Result<Ranking, RankError> {
        rank_metrics(NAME, case, &self.rule)
    }
}
