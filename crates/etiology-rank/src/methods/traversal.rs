//! Traversal: the origins of the anomaly, found by walking anomalous entities only.
//!
//! The baseline of the PetShop suite (Hardt et al., 2024), and the graph method the others are measured by. It scores
//! each entity's like-for-like series against its own normal values, keeps the anomalous ones, and names those that have
//! no anomalous cause and reach the symptom through anomalous entities.

use etiology_stats::Floor;

use crate::{Case, Level, MethodCard, Need, RankError, Ranking, RootCauseMethod, Scored, Variant};

use super::graph::Origins;
use super::like_for_like::LikeForLike;
use super::node_score::{NodeScores, ScoreRule};

/// Which row of the anomalous window is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// The first row, from this one on, in which the symptom is anomalous. Rows count from 0.
    FirstFrom(usize),
    /// The row in which the symptom scores highest, the first of equals.
    Loudest,
}

/// Ranks the origins of the anomaly by the best path of anomalous entities to the symptom.
///
/// With a score `s(v)` an entity (below), entity `v` is *anomalous* in the judged row when `s(v) > threshold`. Candidates
/// are the anomalous entities without an anomalous cause from which a directed path of anomalous entities leads to the
/// symptom's; a candidate's score is the largest `sum s(u)` over the entities `u` of such a path, both ends included.
/// The symptom's entity is not its own cause. No candidate is an abstention.
///
/// Three forms:
///
/// | | [`Traversal::published`] | [`Traversal::repaired`] | [`Traversal::z`] |
/// |---|---|---|---|
/// | score | `abs(x - median) / MAD` | the same, scale at least 1 % of the median | `abs(x - mean) / std` |
/// | constant in the normal window | `abs(x - mean)`, threshold 0 | no special rule | as published |
/// | judged row | the third, or the first later one in which the symptom is anomalous | the symptom's loudest | the symptom's loudest |
///
/// As published, a MAD of 0 makes any other value score infinity. When the symptom's own MAD is 0 all candidates tie at
/// infinity, and the accuracy in the suite's own table follows from the order in which they happen to be listed (here:
/// that of the columns; in the suite's code: that of a hash set, another one every run); the floor removes that. As
/// published an anomaly that runs in a circle is refused (here: an abstention that names the circle); repaired, a circle
/// counts as one entity whose members tie, and its score is their sum.
///
/// # Options
/// * threshold: 5, as published; the z comparator of Nagalapatti et al. uses the same.
/// * `min_normal`: 10 normal values, fewer leave an entity out.
/// * [`Trigger`], [`Floor`]: see the table.
///
/// # Assumptions
/// The topology names every path an anomaly can take; entities report the symptom's measure; the cause itself is
/// anomalous on that measure in the judged row. A null scores 0, so a missing value breaks a path.
///
/// # Complexity
/// `O(n k)` to fit, `O(k + links)` to walk: the best path is a longest path in an acyclic graph, found by dynamic
/// programming rather than by enumerating simple paths.
///
/// # When not to use it
/// Without a topology; when the cause is a resource that does not report the symptom's measure; to decide *whether*
/// there is an incident: over a long window one exceedance in any row is enough, and on PetShop's fault-free latency both
/// MAD forms name a cause in five of six windows. The repaired form is blind to a change of less than threshold times
/// floor, 5 % of the median: an availability that falls from 100 % to 97 % is not anomalous to it; lower the [`Floor`]
/// where such a change matters.
///
/// # References
/// * M. Hardt, W. Orchard, P. Blöbaum, E. Kirschbaum, S. Kasiviswanathan: "The PetShop Dataset - Finding Causes of
///   Performance Issues across Microservices", `CLeaR` 2024.
/// * L. Nagalapatti, A. Srivastava, S. Sarawagi, A. Sharma: "Robust Root Cause Diagnosis using In-Distribution
///   Interventions", ICLR 2025, Table 1 (the z form).
#[derive(Debug, Clone, PartialEq)]
pub struct Traversal {
    name: &'static str,
    variant: Variant,
    rule: ScoreRule,
    threshold: f64,
    trigger: Trigger,
}

impl Traversal {
    /// As in the PetShop suite.
    #[must_use]
    pub fn published() -> Self {
        Self {
            name: "traversal",
            variant: Variant::Published,
            rule: ScoreRule::MAD_PUBLISHED,
            threshold: 5.0,
            trigger: Trigger::FirstFrom(2),
        }
    }

    /// With a floored scale, the symptom's loudest row, and circles allowed.
    #[must_use]
    pub fn repaired() -> Self {
        Self {
            variant: Variant::Repaired,
            rule: ScoreRule::MAD_PUBLISHED.floored(),
            trigger: Trigger::Loudest,
            ..Self::published()
        }
    }

    /// The comparator of Nagalapatti et al. (2025): `z > 5` in the symptom's loudest row. Their code judges this
    /// comparator in the published row instead ([`Trigger::FirstFrom`]`(2)`); on PetShop both give their numbers.
    #[must_use]
    pub fn z() -> Self {
        Self {
            name: "traversal-z",
            rule: ScoreRule::Z_PUBLISHED,
            trigger: Trigger::Loudest,
            ..Self::published()
        }
    }

    /// Scores above this are anomalous.
    #[must_use]
    pub fn threshold(mut self, threshold: f64) -> Self {
        self.threshold = threshold;
        self
    }

    /// Fewest normal values an entity needs.
    #[must_use]
    pub fn min_normal(mut self, values: usize) -> Self {
        self.rule.min_normal = values;
        self
    }

    /// What the scale may not shrink below.
    #[must_use]
    pub fn floor(mut self, floor: Floor) -> Self {
        self.rule.floor = floor;
        self
    }

    /// Which row is judged.
    #[must_use]
    pub fn trigger(mut self, trigger: Trigger) -> Self {
        self.trigger = trigger;
        self
    }

    /// The judged row, if the symptom is anomalous in it.
    fn row(&self, case: &Case<'_>, scores: &NodeScores, target: usize) -> Option<usize> {
        let anomalous = |row: usize| scores.anomaly(case, target, row, self.threshold).is_some();
        match self.trigger {
            Trigger::FirstFrom(first) => (first..case.anomalous().rows()).find(|&row| anomalous(row)),
            Trigger::Loudest => scores.loudest_row(case, target).filter(|&row| anomalous(row)),
        }
    }

    fn abstain(&self, view: LikeForLike<'_>, why: String) -> Ranking {
        Ranking::abstain(Level::Entity, why, view.left_out)
    }
}

impl RootCauseMethod for Traversal {
    fn card(&self) -> MethodCard {
        let published = self.variant == Variant::Published;
        MethodCard {
            name: self.name,
            variant: self.variant,
            level: Level::Entity,
            summary: match (self.name, published) {
                ("traversal-z", _) => {
                    "origins of the anomalous subgraph (z > 5) by the best path's summed score"
                }
                (_, true) => {
                    "origins of the anomalous subgraph (MAD score > 5) by the best path's summed score"
                }
                (_, false) => {
                    "origins of the anomalous subgraph (floored MAD score > 5) by the best path's summed score"
                }
            },
            needs: &[Need::Reference, Need::Topology, Need::Symptom],
            assumes: "the topology has every path an anomaly can take, and the cause is anomalous on the symptom's measure",
            repairs: match (self.name, published) {
                ("traversal-z", _) => "keeps raw scores for constant entities; refuses circles",
                (_, true) => {
                    "keeps infinite scores where the MAD is 0, raw scores for constant entities, the third row; refuses circles"
                }
                (_, false) => {
                    "a floored scale, so that no score is infinite; the symptom's loudest row; circles count as one entity"
                }
            },
            cites: match self.name {
                "traversal-z" => {
                    "Nagalapatti, Srivastava, Sarawagi, Sharma, ICLR 2025, Table 1; after Hardt et al., CLeaR 2024"
                }
                _ => "Hardt, Orchard, Blöbaum, Kirschbaum, Kasiviswanathan, CLeaR 2024 (PetShop)",
            },
            complexity: "O(n k + links)",
        }
    }

    fn rank(&self, case: &Case<'_>, _seed: u64) -> Result<Ranking, RankError> {
        let mut view = LikeForLike::of(case, self.name)?;
        let scores = view.scores(case, &self.rule)?;
        let symptom = view.graph.name(view.target);
        if !scores.has(view.target) {
            let why =
                format!("`{symptom}` has fewer than {} normal values of the symptom", self.rule.min_normal);
            return Ok(self.abstain(view, why));
        }
        let Some(row) = self.row(case, &scores, view.target) else {
            let why =
                format!("the symptom on `{symptom}` is not anomalous: no score over {}", self.threshold);
            return Ok(self.abstain(view, why));
        };

        let anomalies: Vec<Option<f64>> =
            (0..view.graph.len()).map(|node| scores.anomaly(case, node, row, self.threshold)).collect();
        let Origins { path_scores, cycle } = view.graph.origins(view.target, &anomalies);
        if let (Variant::Published, Some(cycle)) = (self.variant, cycle) {
            let names: Vec<&str> = cycle.iter().map(|&node| view.graph.name(node)).collect();
            let why = format!("the anomalous entities {} cause each other in a circle", names.join(", "));
            return Ok(self.abstain(view, why));
        }
        let found: Vec<Scored> = view
            .nodes
            .iter()
            .filter_map(|place| Some((place.node, path_scores.get(place.node).copied().flatten()?)))
            .map(|(node, score)| Scored::entity(view.graph.name(node), score))
            .collect();
        if found.is_empty() {
            let why = format!("no anomalous entity leads to `{symptom}` through anomalous entities");
            return Ok(self.abstain(view, why));
        }
        Ranking::new(self.name, Level::Entity, found, view.left_out)
    }
}
