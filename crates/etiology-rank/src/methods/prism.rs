//! PRISM: a root cause shows inside and outside its component, an effect mostly outside.

use etiology_frame::{Layer, Metric, Omission, Reason};
use etiology_stats::{Floor, ScaleBasis, Scratch, quantile};

use super::marginal::{Departure, Departures, Rule, by_entity, departures, ranking_or_abstention};
use crate::{Case, Level, MethodCard, Need, RankError, Ranking, RootCauseMethod, Scored, Variant};

/// How a component's internal and external scores become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Combine {
    /// `S - ln(1 + S)` with `S = S_I + S_E`: the paper's default. It increases with `S`, so it ranks exactly as the sum.
    Additive,
    /// `min(S_I, S_E)`: both must be abnormal.
    Conjunctive,
}

/// Ranks entities by the scores of their internal and external metrics.
///
/// Each metric scores `|x - c| / s`, the largest over the anomalous window, with `c` and `s` from the normal one. `S_I` is
/// the largest score among an entity's *internal* metrics (its resources), `S_E` among its *external* ones (what its
/// callers see); [`Combine`] joins them. The thought: a propagated anomaly shows in external metrics only, the root in
/// both.
///
/// **Classes.** Internal are the metrics of the compute layer: processor, memory, disk, sockets, as in the paper, and
/// their kin on accelerators. External are those of the model layer (latency, errors) and of the data layer (workload).
/// The paper does not place the workload; its two public re-implementations put it outside, and so does this. An entity
/// without metrics of a class scores 0 for it, which under [`Combine::Conjunctive`] means 0 altogether.
///
/// **Open points of the paper**, filled as one of the re-implementations does: the largest score *over time* is taken
/// (the other, which reports 78.9 % top-1 on RCAEval, takes the shift of the window's mean); `s` is at least 1 % of `|c|`,
/// always; a metric that was 0 throughout the normal window has no scale at all, its `s` is 1e-9 and its score is cut to
/// the 99th percentile of the scores of the metrics that have one. Ties are kept; that re-implementation breaks them by
/// `S_E`.
///
/// *Published*: mean and standard deviation (`ddof` 0), and metrics without a layer are not used. *Repaired*: median and
/// interquartile range (an ablation in the paper), which fault rows in the normal window do not inflate, and metrics
/// without a layer count as external, so that an entity of which nothing else is known can still be named.
///
/// # Options
/// * [`with_floor`](Self::with_floor): the smallest scale.
///
/// # Assumptions
/// Faults are local and visible in resources; metrics are classified rightly (declare layers where names do not tell).
///
/// # Complexity
/// `O((n + a) d)`.
///
/// # When not to use it
/// For faults without a resource trace (wrong return values, bad data): the conjunctive form is blind to them, and the
/// additive one sees only the symptom.
///
/// # References
/// L. Pham: "Graph-Free Root Cause Analysis", 2026 (arXiv 2601.21359), definition 3.1, equations 3 and 4.
#[derive(Debug, Clone, PartialEq)]
pub struct Prism {
    variant: Variant,
    combine: Combine,
    rule: Rule,
}

/// What stands for the scale of a metric that was always 0.
const NO_SCALE: f64 = 1e-9;
const CAP: f64 = 0.99;

impl Prism {
    /// Mean and standard deviation; metrics without a layer are not used.
    #[must_use]
    pub fn published(combine: Combine) -> Self {
        Self { variant: Variant::Published, combine, rule: Rule::Z.floored() }
    }

    /// Median and interquartile range; metrics without a layer are external.
    #[must_use]
    pub fn repaired(combine: Combine) -> Self {
        Self { variant: Variant::Repaired, combine, rule: Rule::ROBUST.floored() }
    }

    /// With another smallest scale.
    #[must_use]
    pub fn with_floor(self, floor: Floor) -> Self {
        Self { rule: Rule { floor, ..self.rule }, ..self }
    }

    fn name(&self) -> &'static str {
        match self.combine {
            Combine::Additive => "prism",
            Combine::Conjunctive => "prism-conjunctive",
        }
    }

    fn is_used(&self, metric: &Metric) -> bool {
        metric.layer.is_some() || self.variant == Variant::Repaired
    }
}

/// `S_I` and `S_E`.
#[derive(Debug, Clone, Copy, Default)]
struct Component {
    internal: f64,
    external: f64,
}

impl Component {
    fn add(&mut self, metric: &Metric, score: f64) {
        let side = if metric.layer == Some(Layer::Compute) { &mut self.internal } else { &mut self.external };
        *side = side.max(score);
    }

    fn score(self, combine: Combine) -> f64 {
        match combine {
            Combine::Conjunctive => self.internal.min(self.external),
            Combine::Additive => {
                let sum = (self.internal + self.external).min(f64::MAX);
                sum - sum.ln_1p()
            }
        }
    }
}

impl RootCauseMethod for Prism {
    fn card(&self) -> MethodCard {
        MethodCard {
            name: self.name(),
            variant: self.variant,
            level: Level::Entity,
            summary: match self.combine {
                Combine::Additive => "an entity's largest compute score plus its largest model or data score",
                Combine::Conjunctive => {
                    "the smaller of an entity's largest compute and largest model or data score"
                }
            },
            needs: &[Need::Reference],
            assumes: "the root shows in its resources and outside, an effect outside only; layers are right",
            repairs: match self.variant {
                Variant::Published => {
                    "keeps mean and standard deviation, and leaves out metrics without a layer"
                }
                Variant::Repaired => "median and IQR; metrics without a layer count as external",
            },
            cites: "Pham, 2026 (arXiv 2601.21359)",
            complexity: "O((n + a) d)",
        }
    }

    fn rank(&self, case: &Case<'_>, _seed: u64) -> Result<Ranking, RankError> {
        let Departures { found, mut left_out } = departures(case, &self.rule)?;
        let mut used: Vec<(&Metric, &Departure)> = Vec::with_capacity(found.len());
        for departure in &found {
            let Some(metric) = case.metrics().get(departure.index) else { continue };
            if self.is_used(metric) {
                used.push((metric, departure));
            } else {
                let because =
                    "no layer, so neither internal nor external; declare one in `layers`".to_owned();
                left_out.push(Omission::new(&metric.name, Reason::NotUsed { because }));
            }
        }
        let cap = scaleless_cap(&used, &self.rule);
        let scored = used.iter().map(|(metric, departure)| (*metric, score(departure, &self.rule, cap)));
        let components = by_entity(scored, Component::add);
        let entries =
            components.into_iter().map(|(name, c)| Scored::entity(name, c.score(self.combine))).collect();
        ranking_or_abstention(self.name(), Level::Entity, entries, left_out)
    }
}

fn has_scale(departure: &Departure) -> bool {
    departure.fit.basis != ScaleBasis::Unit
}

/// The 99th percentile of the scores that have a scale; without any, nothing to cut to.
fn scaleless_cap(used: &[(&Metric, &Departure)], rule: &Rule) -> f64 {
    let scores = used.iter().filter(|(_, departure)| has_scale(departure)).map(|(_, d)| d.score(rule.side));
    quantile(&scores.collect::<Vec<f64>>(), CAP, &mut Scratch::new()).unwrap_or(f64::MAX)
}

fn score(departure: &Departure, rule: &Rule, cap: f64) -> f64 {
    let score = departure.score(rule.side);
    // A scale of 1 stands for "no scale", so the score is the distance itself.
    if has_scale(departure) { score } else { (score / NO_SCALE).min(cap) }
}
