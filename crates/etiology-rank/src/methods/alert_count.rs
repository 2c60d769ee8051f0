//! Alert count: the entity with the most metrics over a threshold.

use etiology_stats::Floor;

use super::marginal::{Departures, Rule, by_entity, departures, ranking_or_abstention};
use crate::{Case, Level, MethodCard, Need, RankError, Ranking, RootCauseMethod, Scored, Variant};

/// Ranks entities by how many of their metrics reach `|x - mean| / std > 3` anywhere in the anomalous window.
///
/// What an operator does by eye on a wall of alerts, and a floor for anything cleverer. Counts are small integers, so ties
/// are common; they stay ties. An entity without alerts stays in the ranking with 0. *Published* reads a standard
/// deviation of 0 as 1 in the metric's unit; *repaired* uses a scale of at least 1 % of `|mean|`, so that a nearly constant
/// metric raises no alert by a rounding error.
///
/// # Options
/// * [`with_threshold`](Self::with_threshold): scores over it are alerts; 3 by default, the three-sigma rule.
/// * [`with_floor`](Self::with_floor): the smallest scale.
///
/// # Assumptions
/// Entities report similar numbers of metrics: one with 50 metrics collects more chance alerts than one with 5. The
/// window's length matters too, as a longer one crosses three sigma by chance.
///
/// # Complexity
/// `O((n + a) d)`.
///
/// # When not to use it
/// When the cause shows in one metric and its effects in many.
///
/// # References
/// The audit in arXiv 2606.29159 (2026), which asks for this row in every table.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertCount {
    variant: Variant,
    rule: Rule,
    threshold: f64,
}

const NAME: &str = "alert-count";
const THREE_SIGMA: f64 = 3.0;

impl AlertCount {
    /// Without a floor.
    #[must_use]
    pub fn published() -> Self {
        Self { variant: Variant::Published, rule: Rule::Z, threshold: THREE_SIGMA }
    }

    /// With the relative floor.
    #[must_use]
    pub fn repaired() -> Self {
        Self { variant: Variant::Repaired, rule: Rule::Z.floored(), threshold: THREE_SIGMA }
    }

    /// With another threshold.
    #[must_use]
    pub fn with_threshold(self, threshold: f64) -> Self {
        Self { threshold, ..self }
    }

    /// With another smallest scale.
    #[must_use]
    pub fn with_floor(self, floor: Floor) -> Self {
        Self { rule: Rule { floor, ..self.rule }, ..self }
    }
}

impl RootCauseMethod for AlertCount {
    fn card(&self) -> MethodCard {
        MethodCard {
            name: NAME,
            variant: self.variant,
            level: Level::Entity,
            summary: "number of an entity's metrics more than three sigma from normal",
            needs: &[Need::Reference],
            assumes: "entities report similar numbers of metrics",
            repairs: match self.variant {
                Variant::Published => "keeps the missing floor: nearly constant metrics raise alerts",
                Variant::Repaired => "relative scale floor",
            },
            cites: "audit of root-cause benchmarks, 2026 (arXiv 2606.29159)",
            complexity: "O((n + a) d)",
        }
    }

    fn rank(&self, case: &Case<'_>, _seed: u64) -> Result<Ranking, RankError> {
        let Departures { found, left_out } = departures(case, &self.rule)?;
        let scored =
            found.iter().filter_map(|d| Some((case.metrics().get(d.index)?, d.score(self.rule.side))));
        let counts = by_entity(scored, |count: &mut f64, _, score| {
            *count += f64::from(u8::from(score > self.threshold));
        });
        let entries = counts.into_iter().map(|(entity, count)| Scored::entity(entity, count)).collect();
        ranking_or_abstention(NAME, Level::Entity, entries, left_out)
    }
}
