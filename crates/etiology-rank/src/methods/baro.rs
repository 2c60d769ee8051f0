//! BARO's robust scorer: how many interquartile ranges a metric rises above its normal median.

use etiology_stats::Floor;

use super::marginal::{Flat, Rule, Side, rank_metrics};
use crate::{Case, Level, MethodCard, Need, RankError, Ranking, RootCauseMethod, Variant};

/// Ranks metrics by the largest `(x - median) / IQR` over the anomalous window, median and interquartile range (linear
/// interpolation between order statistics, as numpy) of the normal window.
///
/// This is the second half of BARO; the first, Bayesian online change-point detection, finds the onset, which a
/// [`Case`] has already. Median and IQR stay put while up to a quarter of the normal window is contaminated, so the score
/// survives a fault time reported too late.
///
/// *Published* follows the code: the maximum is signed (the paper writes an absolute value), an IQR of 0 is read as 1 in
/// the metric's own unit, so that the ranking depends on whether memory is counted in bytes or megabytes, and metrics that
/// are constant in either window are dropped. *Repaired* takes `|x - median|`, a scale of at least 1 % of `|median|`, and
/// drops only what is constant throughout.
///
/// # Options
/// * [`with_floor`](Self::with_floor): the smallest scale; [`Floor::default`] when repaired.
/// * [`with_side`](Self::with_side): whether falls count; they do when repaired.
///
/// # Assumptions
/// At least three quarters of the normal window are normal; the cause moves more than its effects. Nulls and infinities
/// are skipped.
///
/// # Complexity
/// `O((n + a) d)` expected: quartiles by selection, not by sorting.
///
/// # When not to use it
/// For rare-event metrics (error counts that are 0 three quarters of the time): their IQR is 0 and the fallback decides.
///
/// # References
/// L. Pham, H. Ha, H. Zhang: "BARO: Robust Root Cause Analysis for Microservices via Multivariate Bayesian Online Change
/// Point Detection", FSE 2024.
#[derive(Debug, Clone, PartialEq)]
pub struct Baro {
    variant: Variant,
    rule: Rule,
}

const NAME: &str = "baro";

impl Baro {
    /// As in the authors' code.
    #[must_use]
    pub fn published() -> Self {
        Self { variant: Variant::Published, rule: Rule::ROBUST.as_in_rcaeval() }
    }

    /// Two-sided, floored, flat metrics kept.
    #[must_use]
    pub fn repaired() -> Self {
        Self { variant: Variant::Repaired, rule: Rule::ROBUST.floored() }
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

impl RootCauseMethod for Baro {
    fn card(&self) -> MethodCard {
        let published = self.variant == Variant::Published;
        MethodCard {
            name: NAME,
            variant: self.variant,
            level: Level::Metric,
            summary: if published {
                "largest (x - median) / IQR after the onset, signed"
            } else {
                "largest |x - median| / IQR after the onset; an IQR below 1 % of the median gives way to that or to the standard deviation"
            },
            needs: &[Need::Reference],
            assumes: "three quarters of the normal window are normal; the cause moves more than its effects",
            repairs: if published {
                "keeps the signed maximum, a scale of 1 in raw units for an IQR of 0, and the loss of flat metrics"
            } else {
                "two-sided; relative scale floor; metrics that were flat before the fault are kept"
            },
            cites: "Pham, Ha, Zhang, FSE 2024 (BARO), robust scorer",
            complexity: "O((n + a) d)",
        }
    }

    fn rank(&self, case: &Case<'_>, _seed: u64) -> Result<Ranking, RankError> {
        rank_metrics(NAME, case, &self.rule)
    }
}
