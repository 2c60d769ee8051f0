//! A ranking: candidates by falling score, in which ties stay ties.

use std::collections::HashSet;
use std::ops::Range;

use etiology_frame::{Metric, Omission};
use serde::Serialize;

use crate::RankError;

/// What a candidate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A pod, rank, service, feature ...
    Entity,
    /// One metric of an entity.
    Metric,
}

/// One candidate with its score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scored {
    /// The entity, or the metric's name when its entity is not known.
    pub entity: String,
    /// The metric, unless the method ranks entities.
    pub metric: Option<String>,
    /// The score: larger is more suspect. May be infinite, never NaN. A score, not a probability.
    pub score: f64,
}

impl Scored {
    /// An entity with its score.
    #[must_use]
    pub fn entity(name: impl Into<String>, score: f64) -> Self {
        Self { entity: name.into(), metric: None, score }
    }

    /// A metric with its score.
    #[must_use]
    pub fn metric(metric: &Metric, score: f64) -> Self {
        Self { entity: metric.entity_or_name().to_owned(), metric: Some(metric.name.clone()), score }
    }

    /// What the candidate is called at `level`.
    #[must_use]
    pub fn name(&self, level: Level) -> &str {
        match (level, &self.metric) {
            (Level::Metric, Some(metric)) => metric,
            _ => &self.entity,
        }
    }
}

/// Candidates by falling score; equal scores keep the order in which the method listed them (input column order), which
/// carries no meaning.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ranking {
    level: Level,
    entries: Vec<Scored>,
    left_out: Vec<Omission>,
    abstained: Option<String>,
}

impl Ranking {
    /// Sorts candidates by falling score. `method` names the culprit if a score is NaN.
    ///
    /// # Errors
    /// [`RankError::NotANumber`].
    pub fn new(
        method: &str,
        level: Level,
        mut entries: Vec<Scored>,
        left_out: Vec<Omission>,
    ) -> Result<Self, RankError> {
        if let Some(bad) = entries.iter().find(|entry| entry.score.is_nan()) {
            return Err(RankError::NotANumber {
                method: method.to_owned(),
                candidate: bad.name(level).to_owned(),
            });
        }
        // -0.0 + 0.0 is 0.0, so that the two zeros tie.
        entries.sort_by(|a, b| (b.score + 0.0).total_cmp(&(a.score + 0.0)));
        Ok(Self { level, entries, left_out, abstained: None })
    }

    /// No candidate, and why.
    #[must_use]
    pub fn abstain(level: Level, why: impl Into<String>, left_out: Vec<Omission>) -> Self {
        Self { level, entries: Vec::new(), left_out, abstained: Some(why.into()) }
    }

    /// Whether entities or metrics are ranked.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }

    /// The candidates by falling score.
    #[must_use]
    pub fn entries(&self) -> &[Scored] {
        &self.entries
    }

    /// Metrics that took no part.
    #[must_use]
    pub fn left_out(&self) -> &[Omission] {
        &self.left_out
    }

    /// Why there is no candidate, when the method said so.
    #[must_use]
    pub fn abstained(&self) -> Option<&str> {
        self.abstained.as_deref()
    }

    /// Whether no candidate is named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The runs of equal score, best first, as ranges of [`Ranking::entries`].
    #[must_use]
    #[allow(clippy::float_cmp)] // a tie is an exact tie
    pub fn ties(&self) -> Vec<Range<usize>> {
        let mut runs: Vec<Range<usize>> = Vec::new();
        for (index, entry) in self.entries.iter().enumerate() {
            match runs.last_mut() {
                Some(run) if self.entries.get(run.start).is_some_and(|first| first.score == entry.score) => {
                    run.end = index + 1;
                }
                _ => runs.push(index..index + 1),
            }
        }
        runs
    }

    /// The same ranking folded into entities: each takes the score of its best metric.
    #[must_use]
    pub fn by_entity(&self) -> Self {
        let mut seen = HashSet::new();
        let mut entries: Vec<Scored> = Vec::new();
        for entry in &self.entries {
            if seen.insert(entry.entity.as_str()) {
                entries.push(Scored::entity(&entry.entity, entry.score));
            }
        }
        Self { level: Level::Entity, entries, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranking(scores: &[(&str, f64)]) -> Result<Ranking, RankError> {
        let entries =
            scores.iter().map(|(name, score)| Scored::metric(&Metric::infer(*name), *score)).collect();
        Ranking::new("test", Level::Metric, entries, Vec::new())
    }

    #[test]
    fn ties_stay_ties_in_listing_order() {
        let ranking = ranking(&[
            ("a_cpu", 1.0),
            ("b_cpu", f64::INFINITY),
            ("c_cpu", -0.0),
            ("d_cpu", 0.0),
            ("e_cpu", 1.0),
        ]);
        let ranking = ranking.unwrap();
        let names: Vec<&str> = ranking.entries().iter().map(|e| e.entity.as_str()).collect();
        assert_eq!(names, ["b", "a", "e", "c", "d"]);
        assert_eq!(ranking.ties(), [0..1, 1..3, 3..5]);
    }

    #[test]
    fn an_entity_takes_the_score_of_its_best_metric() {
        let folded = ranking(&[("a_cpu", 1.0), ("b_cpu", 3.0), ("a_mem", 2.0)]).unwrap().by_entity();
        let scores: Vec<_> = folded.entries().iter().map(|e| (e.entity.as_str(), e.score)).collect();
        assert_eq!(scores, [("b", 3.0), ("a", 2.0)]);
    }

    #[test]
    fn nan_is_refused_by_name() {
        let message = ranking(&[("a_cpu", f64::NAN)]).unwrap_err().to_string();
        assert_eq!(message, "`test` scored `a_cpu` as NaN; this is a bug in the method");
    }
}
