//! Score ordering: entities by anomaly score alone, which in a polytree is enough.

use etiology_frame::{Omission, Reason};
use etiology_stats::{Center, Floor, LocationScale, Scratch, Spread};

use super::marginal::{
    Flat, MIN_NORMAL, Rule, Usable, by_entity, it_score, ranking_or_abstention, refused, require_rows,
    worth_scoring,
};
use crate::{Case, Level, MethodCard, Need, RankError, Ranking, RootCauseMethod, Scored, Variant};

/// Ranks entities by how anomalous their metric is at the symptom's worst moment.
///
/// Orchard et al. show that in a polytree an effect is unlikely to be more anomalous than its root cause, so ordering by
/// anomaly score finds the cause without the graph.
///
/// **With a symptom** all metrics are judged in one row, the one in which the symptom lies farthest from its normal mean
/// (the first of equals), and entities are compared like for like: by the metric with the symptom's measure, latency with
/// latency. The symptom itself is not a candidate. When no other metric has that measure, every metric takes part and
/// an entity scores as its best one. **Without a symptom** every metric is judged in its own worst row.
///
/// *Published*: the information-theoretic score `-ln((#{i : d_i >= d} + 1/2) / (n + 1/2))` of the distance
/// `d = |x - mean|` among the `n` normal ones, a bound on a p-value and so comparable between metrics. **It saturates** at
/// `ln(2n + 1)`: all that leaves its normal range ties. *Repaired*: `d / std` with a scale of at least 1 % of `|mean|`,
/// which goes on growing; the p-value reading is lost.
///
/// # Options
/// * [`with_floor`](Self::with_floor): the smallest scale of the repaired score.
///
/// # Assumptions
/// One root cause in a polytree whose mechanisms pass anomalies on without amplifying them. A null in the judged row
/// scores 0. Metrics need at least two usable normal values, constants throughout are left out.
///
/// # Complexity
/// `O((n + a) d)`.
///
/// # When not to use it
/// Where effects are amplified: queues make a caller's latency grow more than the callee's.
///
/// # References
/// W. R. Orchard, N. Okati, S. H. Garrido Mejia, P. Blöbaum, D. Janzing: "Root Cause Analysis of Outliers with Missing
/// Structural Knowledge", 2024 (arXiv 2406.05014), algorithm "SCORE ORDERING".
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreOrdering {
    variant: Variant,
    rule: Rule,
}

const NAME: &str = "score-ordering";

impl ScoreOrdering {
    /// By the information-theoretic score.
    #[must_use]
    pub fn published() -> Self {
        Self { variant: Variant::Published, rule: Rule::Z }
    }

    /// By the floored z score.
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

impl RootCauseMethod for ScoreOrdering {
    fn card(&self) -> MethodCard {
        let published = self.variant == Variant::Published;
        MethodCard {
            name: NAME,
            variant: self.variant,
            level: Level::Entity,
            summary: if published {
                "information-theoretic anomaly score in the symptom's worst row, no graph"
            } else {
                "floored z score in the symptom's worst row, no graph"
            },
            needs: &[Need::Reference],
            assumes: "one root cause in a polytree that does not amplify",
            repairs: if published {
                "keeps a score that cannot exceed ln(2n + 1), so that clear anomalies tie"
            } else {
                "a score that does not saturate, so that clear anomalies keep an order"
            },
            cites: "Orchard, Okati, Garrido Mejia, Blöbaum, Janzing, 2024 (arXiv 2406.05014)",
            complexity: "O((n + a) d)",
        }
    }

    fn rank(&self, case: &Case<'_>, _seed: u64) -> Result<Ranking, RankError> {
        require_rows(case)?;
        let mut left_out = case.left_out().to_vec();
        let symptom = case.symptoms().first().copied();
        let row = symptom.and_then(|symptom| worst_row(case, symptom));
        let (candidates, others) = candidates(case, symptom);
        left_out.extend(others);
        let (mut scratch, mut buffer) = (Scratch::new(), Vec::new());
        let mut scored = Vec::new();
        for index in candidates {
            let Some(metric) = case.metrics().get(index) else { continue };
            match self.score(case, index, row, &mut scratch, &mut buffer)? {
                Ok(score) => scored.push((metric, score)),
                Err(why) => left_out.push(Omission::new(&metric.name, why)),
            }
        }
        let best = |best: &mut f64, _: &_, score: f64| *best = best.max(score);
        let entities = by_entity(scored.into_iter(), best);
        let entries = entities.into_iter().map(|(entity, score)| Scored::entity(entity, score)).collect();
        ranking_or_abstention(NAME, Level::Entity, entries, left_out)
    }
}

impl ScoreOrdering {
    /// The score of a metric in `row` of the anomalous window, or in its own worst row.
    fn score(
        &self,
        case: &Case<'_>,
        index: usize,
        row: Option<usize>,
        scratch: &mut Scratch,
        buffer: &mut Vec<f64>,
    ) -> Result<Result<f64, Reason>, RankError> {
        let (Some(normal), Some(anomalous)) = (case.normal().column(index), case.anomalous().column(index))
        else {
            return Ok(Err(Reason::AllNull));
        };
        let after = Usable::of(&anomalous, buffer);
        if let Err(why) = after.require(1, "anomalous") {
            return Ok(Err(why));
        }
        let (low, high) = (after.low, after.high);
        let before = Usable::of(&normal, buffer);
        let enough = before.require(MIN_NORMAL, "normal");
        if let Err(why) = enough.and_then(|()| worth_scoring(&before, low, high, Flat::Keep)) {
            return Ok(Err(why));
        }
        let fit = match LocationScale::fit(
            before.values,
            Center::Mean,
            Spread::Std { ddof: 0 },
            self.rule.floor,
            scratch,
        ) {
            Ok(fit) => fit,
            Err(error) => return refused(normal.name(), error).map(Err),
        };
        let value = match row {
            Some(row) => anomalous.get(row).filter(|value| value.is_finite()),
            None if high - fit.location >= fit.location - low => Some(high),
            None => Some(low),
        };
        let Some(value) = value else { return Ok(Ok(0.0)) };
        Ok(Ok(match self.variant {
            Variant::Repaired => fit.standardize(value).abs(),
            Variant::Published => {
                let distance = (value - fit.location).abs();
                it_score(before.values.iter().map(|normal| (normal - fit.location).abs()), distance)
            }
        }))
    }
}

/// The row in which the symptom lies farthest from its normal mean; `None` when it has no values.
fn worst_row(case: &Case<'_>, symptom: usize) -> Option<usize> {
    let mean = etiology_stats::mean(&case.normal().column(symptom)?.to_finite())?;
    let mut worst: Option<(usize, f64)> = None;
    for (row, value) in case.anomalous().column(symptom)?.finite_rows() {
        let distance = (value - mean).abs();
        if worst.is_none_or(|(_, best)| distance > best) {
            worst = Some((row, distance));
        }
    }
    worst.map(|(row, _)| row)
}

/// The metrics to compare, and what is left out of the comparison.
fn candidates(case: &Case<'_>, symptom: Option<usize>) -> (Vec<usize>, Vec<Omission>) {
    let metrics = case.metrics();
    let Some((symptom, complaint)) = symptom.and_then(|index| Some((index, metrics.get(index)?))) else {
        return ((0..metrics.len()).collect(), Vec::new());
    };
    let others = || (0..metrics.len()).filter(|&index| index != symptom);
    let alike = |index: &usize| metrics.get(*index).is_some_and(|metric| metric.measure == complaint.measure);
    let mut left_out = vec![not_used(&complaint.name, "the symptom is not a candidate")];
    let like_for_like: Vec<usize> = others().filter(alike).collect();
    if like_for_like.is_empty() {
        return (others().collect(), left_out);
    }
    for metric in others().filter(|index| !alike(index)).filter_map(|index| metrics.get(index)) {
        left_out.push(not_used(
            &metric.name,
            &format!("measures something else than the symptom's `{}`", complaint.measure),
        ));
    }
    (like_for_like, left_out)
}

fn not_used(metric: &str, because: &str) -> Omission {
    Omission::new(metric, Reason::NotUsed { because: because.to_owned() })
}
