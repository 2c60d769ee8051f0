//! Random walk from the symptom towards correlated causes.
//!
//! A walker stands on the symptom's entity, steps to causes in proportion to their correlation with the symptom, back to
//! effects now and then, and stays where no cause correlates better. Where it spends its time is suspect. The idea is
//! older (Wang et al., 2018); the form is that of PyRCA.

use etiology_frame::Column;
use etiology_stats::pearson;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::{Case, Level, MethodCard, Need, RankError, Ranking, RootCauseMethod, Scored, Variant};

use super::like_for_like::LikeForLike;

/// Ranks entities by how often a walk from the symptom visits them.
///
/// Let `a` be the symptom's entity. Entity `m` weighs `w(m) = |r(m, a)|` (Pearson, on the symptom's measure), `w(a) = 1`
/// and `w(m) = 0` if `m` is a direct effect of `a`. From `m` the walk steps to a cause `p` with weight `w(p)`, to an
/// effect `c` with `rho w(c)`, and stays with `max(0, w(m) - max over causes p of w(p))`, except on `a`, where it never
/// stays; weights are normalised. The score is the share of visits in 10 steps from `a`, the start not counted.
///
/// | | [`RandomWalk::published`] | [`RandomWalk::repaired`] |
/// |---|---|---|
/// | visits | 1 000 sampled walks, seeded | the exact expectation, by 10 products with the transition matrix |
/// | candidates | entities without causes, the best four | every entity but the symptom's |
/// | correlation over | the anomalous window | both windows, so that the change itself counts |
///
/// As published an entity that has causes of its own in the topology can never be named. A correlation is taken over the
/// rows in which both sides have values, as published; it is 0 when either side is constant there. The published list
/// is cut after four in the order of the input; here a tie at the cut is kept whole.
///
/// # Options
/// * `rho`: .1, the weight of a step back to an effect. * `steps`: 10. * `walks`: 1 000, of the published form.
///
/// # Assumptions
/// The cause correlates with the symptom. Entities without the symptom's measure are left out, and paths through them.
///
/// # Complexity
/// `O(n k + steps links)` repaired, `O(n k + walks steps degree)` published.
///
/// # When not to use it
/// With few anomalous rows the published correlations are noise; where everything follows one load curve, everything
/// correlates. Measured on PetShop it is near the bottom of all methods.
///
/// # References
/// C. Liu, W. Yang, H. Mittal, M. Singh, D. Sahoo, S. C. H. Hoi: "PyRCA: A Library for Metric-based Root Cause
/// Analysis", 2023 (arXiv 2306.11417); after P. Wang et al.: "`CloudRanger`: Root Cause
/// Identification for Cloud Native Systems", CCGRID 2018.
#[derive(Debug, Clone, PartialEq)]
pub struct RandomWalk {
    variant: Variant,
    rho: f64,
    steps: usize,
    walks: usize,
}

const NAME: &str = "random-walk";

/// PyRCA reports this many root causes, whatever it is asked for.
const PUBLISHED_TOP: usize = 4;

impl RandomWalk {
    /// As in PyRCA.
    #[must_use]
    pub fn published() -> Self {
        Self { variant: Variant::Published, rho: 0.1, steps: 10, walks: 1000 }
    }

    /// Exact visits, all entities, both windows.
    #[must_use]
    pub fn repaired() -> Self {
        Self { variant: Variant::Repaired, ..Self::published() }
    }

    /// The weight of a step back to an effect; negative and NaN count as 0.
    #[must_use]
    pub fn rho(mut self, rho: f64) -> Self {
        self.rho = rho.max(0.0);
        self
    }

    /// Steps of one walk.
    #[must_use]
    pub fn steps(mut self, steps: usize) -> Self {
        self.steps = steps;
        self
    }

    /// Number of walks of the published form.
    #[must_use]
    pub fn walks(mut self, walks: usize) -> Self {
        self.walks = walks;
        self
    }

    /// `w` of every node of the topology; `None` for nodes without a series.
    fn weights(&self, case: &Case<'_>, view: &LikeForLike<'_>) -> Vec<Option<f64>> {
        let mut weights = vec![None; view.graph.len()];
        let column_of = |node| view.nodes.iter().find(|place| place.node == node).map(|place| place.column);
        let Some(symptom) = column_of(view.target) else { return weights };
        for place in &view.nodes {
            let weight = if place.node == view.target {
                1.0
            } else if view.graph.effects(view.target).any(|effect| effect == place.node) {
                0.0
            } else {
                self.correlation(case, place.column, symptom)
            };
            if let Some(slot) = weights.get_mut(place.node) {
                *slot = Some(weight);
            }
        }
        weights
    }

    fn correlation(&self, case: &Case<'_>, a: usize, b: usize) -> f64 {
        let mut pairs = (Vec::new(), Vec::new());
        let mut add = |a: Option<Column<'_>>, b: Option<Column<'_>>| {
            let (Some(a), Some(b)) = (a, b) else { return };
            let both = a.iter().zip(b.iter()).filter_map(|(a, b)| a.zip(b));
            pairs.extend(both.filter(|(a, b)| a.is_finite() && b.is_finite()));
        };
        if self.variant == Variant::Repaired {
            add(case.normal().column(a), case.normal().column(b));
        }
        add(case.anomalous().column(a), case.anomalous().column(b));
        // A correlation that is not defined (constant, fewer than two pairs) is none.
        pearson(&pairs.0, &pairs.1).map_or(0.0, |correlation| correlation.coefficient.abs())
    }

    fn visits(&self, walk: &Walk, start: usize, seed: u64) -> Vec<f64> {
        match self.variant {
            Variant::Published => walk.sampled(start, self.steps, self.walks, seed),
            Variant::Repaired => walk.expected(start, self.steps),
        }
    }
}

impl RootCauseMethod for RandomWalk {
    fn card(&self) -> MethodCard {
        let published = self.variant == Variant::Published;
        MethodCard {
            name: NAME,
            variant: self.variant,
            level: Level::Entity,
            summary: "share of visits of a walk from the symptom towards correlated causes",
            needs: &[Need::Reference, Need::Topology, Need::Symptom],
            assumes: "the cause correlates with the symptom",
            repairs: if published {
                "keeps sampling, the cut after four, and candidates without causes of their own only"
            } else {
                "exact visits instead of sampling; every entity is a candidate; correlation over both windows"
            },
            cites: "Liu et al., PyRCA, 2023 (arXiv 2306.11417); after CloudRanger, CCGRID 2018",
            complexity: if published { "O(n k + walks steps degree)" } else { "O(n k + steps links)" },
        }
    }

    fn rank(&self, case: &Case<'_>, seed: u64) -> Result<Ranking, RankError> {
        let view = LikeForLike::of(case, NAME)?;
        let weights = self.weights(case, &view);
        let walk = Walk::new(&view, &weights, self.rho);
        if !walk.can_leave(view.target) {
            let symptom = view.graph.name(view.target);
            let why =
                format!("no entity linked to `{symptom}` correlates with it, so that no walk can leave it");
            return Ok(Ranking::abstain(Level::Entity, why, view.left_out));
        }
        let visits = self.visits(&walk, view.target, seed);
        let known = |node: usize| weights.get(node).copied().flatten().is_some();
        let candidate = |node: &usize| match self.variant {
            Variant::Published => !view.graph.causes(*node).any(known),
            Variant::Repaired => *node != view.target,
        };
        let nodes = view.nodes.iter().map(|place| place.node).filter(candidate);
        let mut found: Vec<Scored> = nodes
            .map(|node| Scored::entity(view.graph.name(node), visits.get(node).copied().unwrap_or(0.0)))
            .collect();
        if self.variant == Variant::Published {
            keep_best(&mut found, PUBLISHED_TOP);
        }
        Ranking::new(NAME, Level::Entity, found, view.left_out)
    }
}

/// Keeps the entries that score at least as high as the `top`-th.
fn keep_best(found: &mut Vec<Scored>, top: usize) {
    let mut scores: Vec<f64> = found.iter().map(|entry| entry.score).collect();
    scores.sort_by(|a, b| b.total_cmp(a));
    if let Some(&last) = top.checked_sub(1).and_then(|last| scores.get(last)) {
        found.retain(|entry| entry.score >= last);
    }
}

/// The walk's transitions: for every node where it can go and with which probability.
struct Walk {
    steps: Vec<Vec<(usize, f64)>>,
}

impl Walk {
    fn new(view: &LikeForLike<'_>, weights: &[Option<f64>], rho: f64) -> Self {
        let weight = |node: usize| weights.get(node).copied().flatten();
        let steps_from = |node: usize| {
            let Some(own) = weight(node) else { return Vec::new() };
            let mut steps: Vec<(usize, f64)> =
                view.graph.causes(node).filter_map(|cause| Some((cause, weight(cause)?))).collect();
            let best_cause = steps.iter().map(|&(_, weight)| weight).fold(0.0, f64::max);
            let stay = if node == view.target { 0.0 } else { (own - best_cause).max(0.0) };
            steps.extend(view.graph.effects(node).filter_map(|effect| Some((effect, rho * weight(effect)?))));
            steps.push((node, stay));
            steps.retain(|&(_, weight)| weight > 0.0);
            // A fixed order, so that a seed's walks do not depend on the order in which links were named.
            steps.sort_by_key(|&(to, _)| to);
            let total: f64 = steps.iter().map(|(_, weight)| weight).sum();
            steps.iter().map(|&(to, weight)| (to, weight / total)).collect()
        };
        Self { steps: (0..view.graph.len()).map(steps_from).collect() }
    }

    /// Where the walk can go from `node`; nowhere is possible for the start, and with `rho` 0.
    fn from(&self, node: usize) -> &[(usize, f64)] {
        self.steps.get(node).map_or(&[], Vec::as_slice)
    }

    fn can_leave(&self, node: usize) -> bool {
        !self.from(node).is_empty()
    }

    /// Shares of visits over seeded walks. A walk that cannot move stays where it is.
    fn sampled(&self, start: usize, steps: usize, walks: usize, seed: u64) -> Vec<f64> {
        let mut random = StdRng::seed_from_u64(seed);
        let mut visits = vec![0.0; self.steps.len()];
        let share = 1.0 / (steps as f64 * walks as f64);
        for _ in 0..walks {
            let mut node = start;
            for _ in 0..steps {
                node = self.step(node, random.random());
                if let Some(count) = visits.get_mut(node) {
                    *count += 1.0;
                }
            }
        }
        visits.iter_mut().for_each(|count| *count *= share);
        visits
    }

    /// The step that a uniform number in [0, 1) chooses.
    fn step(&self, node: usize, mut chance: f64) -> usize {
        let steps = self.from(node);
        for &(to, probability) in steps {
            chance -= probability;
            if chance < 0.0 {
                return to;
            }
        }
        steps.last().map_or(node, |&(to, _)| to)
    }

    /// Expected shares of visits: the mean of the start's row in the first `steps` powers of the transition matrix.
    fn expected(&self, start: usize, steps: usize) -> Vec<f64> {
        let mut visits = vec![0.0; self.steps.len()];
        let mut at = vec![0.0; self.steps.len()];
        if let Some(mass) = at.get_mut(start) {
            *mass = 1.0;
        }
        for _ in 0..steps {
            let mut next = vec![0.0; at.len()];
            for (node, &mass) in at.iter().enumerate().filter(|&(_, &mass)| mass > 0.0) {
                let steps = self.from(node);
                if let (true, Some(slot)) = (steps.is_empty(), next.get_mut(node)) {
                    *slot += mass;
                }
                for &(to, probability) in steps {
                    if let Some(slot) = next.get_mut(to) {
                        *slot += mass * probability;
                    }
                }
            }
            at = next;
            visits.iter_mut().zip(&at).for_each(|(count, mass)| *count += mass / steps as f64);
        }
        visits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use etiology_frame::{Clock, FrameBuilder, Incident, Metric, Topology};
    use serde_json::Value;

    fn small() -> Incident {
        let mut lines = include_str!("../../tests/known/small/metrics.csv").lines();
        let names: Vec<&str> = lines.next().unwrap().split(',').skip(1).collect();
        let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
        let ticks = rows.iter().map(|row| Clock::Utc.parse(row[0]).unwrap().0).collect();
        let columns = names.iter().enumerate();
        let builder = columns.fold(FrameBuilder::new(Clock::Utc, ticks), |builder, (index, name)| {
            builder.column(Metric::infer(*name), rows.iter().map(|row| row[index + 1].parse().ok()))
        });
        let calls = include_str!("../../tests/known/small/topology.csv").lines().skip(1);
        let mut incident = Incident::new("small", builder.build().unwrap().0);
        incident.symptoms = vec!["front-end_latency".into()];
        incident.topology = Topology::from_calls(calls.filter_map(|line| line.split_once(',')));
        incident
    }

    /// numpy transcription of sfr-pyrca 1.0.1, whose own sampled walks agree with it.
    #[test]
    fn weights_and_expected_visits_match_the_transcription() {
        let answers: Value = serde_json::from_str(include_str!("../../tests/known/answers.json")).unwrap();
        let known = &answers["answers"]["random_walk"]["cases"]["symptom"];
        let incident = small();
        let onset = Clock::Utc.parse("2022-08-22T03:51:00Z").unwrap();
        let case = Case::new(&incident, onset).unwrap();
        let view = LikeForLike::of(&case, NAME).unwrap();
        let weights = RandomWalk::published().weights(&case, &view);
        let walk = Walk::new(&view, &weights, 0.1);
        let exact = walk.expected(view.target, 10);
        let sampled = walk.sampled(view.target, 10, 1000, 0);
        for node in 0..view.graph.len() {
            let name = view.graph.name(node);
            let weight = known["node_weight"][name].as_f64().unwrap();
            let share = known["expected_share"][name].as_f64().unwrap();
            assert!(
                (weights[node].unwrap() - weight).abs() < 1e-12,
                "{name} weighs {:?}, not {weight}",
                weights[node]
            );
            assert!(
                (exact[node] - share).abs() < 1e-12,
                "{name} is visited {} of the time, not {share}",
                exact[node]
            );
            assert!((sampled[node] - share).abs() < 0.03, "{name}: {} against {share}", sampled[node]);
        }
        assert!((exact.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_tie_at_the_cut_is_kept_whole() {
        let scores = [("a", 0.0), ("b", 3.0), ("c", 0.0), ("d", 1.0)];
        let mut found: Vec<Scored> =
            scores.iter().map(|&(name, score)| Scored::entity(name, score)).collect();
        keep_best(&mut found, 3);
        assert_eq!(found.len(), 4);
        keep_best(&mut found, 2);
        assert_eq!(found.iter().map(|entry| entry.entity.as_str()).collect::<Vec<_>>(), ["b", "d"]);
    }
}
