//! Ranked correlation: who moves with the symptom.

use etiology_frame::{Column, Metric, Omission, Reason};
use etiology_stats::{Center, Correlation, Floor, LocationScale, Scratch, Spread, pearson};

use super::marginal::{ranking_or_abstention, refused, require_rows, require_symptom};
use crate::{Case, Level, MethodCard, Need, RankError, Ranking, RootCauseMethod, Scored, Variant};

/// Ranks metrics by how strongly they correlate with the symptom during the incident.
///
/// Pearson's `r` over the rows of the incident, nulls and infinities dropped in pairs.
///
/// *Published* is PetShop's baseline with its defaults. Candidates are the metrics with the symptom's measure
/// that are anomalous (`|x - median| / MAD > 5` against at least 10 normal values; any departure from a constant) in the
/// first row from the onset on in which the symptom is. The score is minus the two-sided p-value of `r` (Student's
/// t, `m - 2` degrees of freedom); the best three are kept. The rows are all rows of the incident's frame when the
/// reference is a frame apart (in PetShop, the five), else those from the onset on. A symptom that is never
/// anomalous makes it abstain.
/// *Repaired*: every metric but the symptom takes part, no cut at three, and the score is
/// `t = |r| sqrt((m - 2) / (1 - r^2))`, which orders as the p-value does for equal `m` but does not underflow to a tie.
///
/// # Assumptions
/// Correlation is not causation, and during an incident most metrics of a system move together. Rows are treated as
/// independent.
///
/// # Complexity
/// `O(n d)` published (the median of the normal window), `O(a d)` repaired.
///
/// # When not to use it
/// To tell cause from effect. It is a baseline.
///
/// # References
/// M. Hardt et al.: "The PetShop Dataset - Finding Causes of Performance Issues across Microservices", `CLeaR` 2024,
/// baseline "ranked correlation".
#[derive(Debug, Clone, PartialEq)]
pub struct RankedCorrelation {
    variant: Variant,
    threshold: f64,
    keep: Option<usize>,
}

const NAME: &str = "ranked-correlation";
/// Fewest normal values of a candidate as published.
const MIN_MODEL: usize = 10;

impl RankedCorrelation {
    /// PetShop's baseline.
    #[must_use]
    pub fn published() -> Self {
        Self { variant: Variant::Published, threshold: 5.0, keep: Some(3) }
    }

    /// Every metric, nothing cut.
    #[must_use]
    pub fn repaired() -> Self {
        Self { variant: Variant::Repaired, threshold: 0.0, keep: None }
    }

    /// With another anomaly threshold for candidates; the repaired form has none.
    #[must_use]
    pub fn with_threshold(self, threshold: f64) -> Self {
        Self { threshold, ..self }
    }
}

impl RootCauseMethod for RankedCorrelation {
    fn card(&self) -> MethodCard {
        let published = self.variant == Variant::Published;
        MethodCard {
            name: NAME,
            variant: self.variant,
            level: Level::Metric,
            summary: if published {
                "anomalous metrics by the p-value of their correlation with the symptom, best three"
            } else {
                "every metric by the t statistic of its correlation with the symptom"
            },
            needs: &[Need::Reference, Need::Symptom],
            assumes: "what moves with the symptom causes it",
            repairs: if published {
                "keeps the cut at three, and p-values that underflow to ties"
            } else {
                "every metric takes part; no cut; a score that does not underflow; constants and nulls in pairs"
            },
            cites: "Hardt et al., CLeaR 2024 (PetShop)",
            complexity: "O((n + a) d)",
        }
    }

    fn rank(&self, case: &Case<'_>, _seed: u64) -> Result<Ranking, RankError> {
        require_rows(case)?;
        let symptom = require_symptom(case, NAME)?;
        let mut left_out = case.left_out().to_vec();
        let candidates = match self.variant {
            Variant::Repaired => (0..case.metrics().len()).filter(|&index| index != symptom).collect(),
            Variant::Published => match self.anomalous(case, symptom, &mut left_out)? {
                Some(candidates) => candidates,
                None => {
                    let why = "the symptom is nowhere anomalous from the onset on";
                    return Ok(Ranking::abstain(Level::Metric, why, left_out));
                }
            },
        };
        let mut scored = Vec::new();
        for metric in candidates.into_iter().filter_map(|index| case.metrics().get(index)) {
            match self.score(case, symptom, metric)? {
                Ok(score) => scored.push(Scored::metric(metric, score)),
                Err(why) => left_out.push(Omission::new(&metric.name, why)),
            }
        }
        if scored.is_empty() {
            let why = "no candidate varies together with the symptom";
            return Ok(Ranking::abstain(Level::Metric, why, left_out));
        }
        let best = best_of(
            scored,
            self.keep,
            &mut left_out,
            "not among the three best, and dropped for it as published",
        );
        ranking_or_abstention(NAME, Level::Metric, best, left_out)
    }
}

/// The `keep` best of `scored` and whatever ties with the last of them; the rest is said to be left out.
///
/// Cutting inside a tie would let column order decide, so a tie at the cut is kept whole.
pub(super) fn best_of(
    mut scored: Vec<Scored>,
    keep: Option<usize>,
    left_out: &mut Vec<Omission>,
    because: &str,
) -> Vec<Scored> {
    scored.sort_by(|a, b| b.score.total_cmp(&a.score));
    let Some(last) = keep.and_then(|keep| scored.get(keep.checked_sub(1)?)).map(|last| last.score) else {
        return scored;
    };
    let (kept, dropped): (Vec<_>, Vec<_>) = scored.into_iter().partition(|entry| entry.score >= last);
    left_out.extend(dropped.into_iter().filter_map(|entry| {
        Some(Omission::new(entry.metric?, Reason::NotUsed { because: because.to_owned() }))
    }));
    kept
}

impl RankedCorrelation {
    /// The metrics like the symptom that are anomalous in the first row in which the symptom is; `None` if it never is.
    fn anomalous(
        &self,
        case: &Case<'_>,
        symptom: usize,
        left_out: &mut Vec<Omission>,
    ) -> Result<Option<Vec<usize>>, RankError> {
        let mut scratch = Scratch::new();
        let Some((column, complaint)) = case.anomalous().column(symptom).zip(case.metrics().get(symptom))
        else {
            return Ok(None);
        };
        let fit = match normal_fit(case, symptom, &mut scratch)? {
            Ok(fit) => fit,
            Err(why) => {
                left_out.push(Omission::new(&complaint.name, why));
                return Ok(None);
            }
        };
        let over = |fit: &LocationScale, value: f64| fit.standardize(value).abs() > self.threshold;
        let Some((row, _)) = column.finite_rows().find(|(_, value)| over(&fit, *value)) else {
            return Ok(None);
        };
        let mut found = Vec::new();
        for (index, metric) in case.metrics().iter().enumerate().filter(|(index, _)| *index != symptom) {
            let not_used = |because: String| Reason::NotUsed { because };
            if metric.measure != complaint.measure {
                let because = format!("measures something else than the symptom's `{}`", complaint.measure);
                left_out.push(Omission::new(&metric.name, not_used(because)));
                continue;
            }
            match normal_fit(case, index, &mut scratch)? {
                Err(why) => left_out.push(Omission::new(&metric.name, why)),
                Ok(fit) => {
                    let value = case.anomalous().column(index).and_then(|column| column.get(row));
                    if value.is_some_and(|value| value.is_finite() && over(&fit, value)) {
                        found.push(index);
                    } else {
                        let because = "not anomalous in the row in which the symptom first is".to_owned();
                        left_out.push(Omission::new(&metric.name, not_used(because)));
                    }
                }
            }
        }
        Ok(Some(found))
    }

    fn score(
        &self,
        case: &Case<'_>,
        symptom: usize,
        metric: &Metric,
    ) -> Result<Result<f64, Reason>, RankError> {
        let frame = match (self.variant, &case.incident().reference) {
            (Variant::Published, Some(_)) => &case.incident().frame,
            _ => case.anomalous(),
        };
        let complaint = case.metrics().get(symptom).map_or("", |symptom| symptom.name.as_str());
        let (Some(x), Some(y)) = (frame.column_named(&metric.name), frame.column_named(complaint)) else {
            return Ok(Err(Reason::AllNull));
        };
        let (x, y) = pairs(&x, &y);
        // Any two points lie on a line.
        if x.len() < 3 {
            return Ok(Err(Reason::TooFew { window: "anomalous", found: x.len(), needed: 3 }));
        }
        Ok(match pearson(&x, &y) {
            Ok(found) => Ok(match self.variant {
                Variant::Published => 0.0 - found.p_value,
                Variant::Repaired => t_statistic(&found),
            }),
            Err(error) => Err(refused(&metric.name, error)?),
        })
    }
}

fn t_statistic(found: &Correlation) -> f64 {
    let r = found.coefficient.abs();
    let unexplained = (1.0 - r) * (1.0 + r);
    if unexplained > 0.0 { r * ((found.n as f64 - 2.0) / unexplained).sqrt() } else { f64::INFINITY }
}

/// The rows in which both columns have a finite value.
fn pairs(x: &Column<'_>, y: &Column<'_>) -> (Vec<f64>, Vec<f64>) {
    let finite = |value: Option<f64>| value.filter(|value| value.is_finite());
    x.iter().zip(y.iter()).filter_map(|(x, y)| finite(x).zip(finite(y))).unzip()
}

fn normal_fit(
    case: &Case<'_>,
    index: usize,
    scratch: &mut Scratch,
) -> Result<Result<LocationScale, Reason>, RankError> {
    let Some(column) = case.normal().column(index) else { return Ok(Err(Reason::AllNull)) };
    let values = column.to_finite();
    if values.len() < MIN_MODEL {
        return Ok(Err(Reason::TooFew { window: "normal", found: values.len(), needed: MIN_MODEL }));
    }
    match LocationScale::fit(&values, Center::Median, Spread::Mad, Floor::None, scratch) {
        Ok(fit) => Ok(Ok(fit)),
        Err(error) => refused(column.name(), error).map(Err),
    }
}
