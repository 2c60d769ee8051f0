//! PageRank over the causal graph: where a surfer who follows effects to their causes ends up.
//!
//! The head that RCAEval and others put on learned graphs, here on the topology. As published it looks at the graph
//! alone, so that its answer is the same for every incident of a system: a floor that a method with data has to beat.
//! The repaired form restarts where anomalies are.

use etiology_frame::{Omission, Reason};
use etiology_stats::{LocationScale, Scratch};

use crate::{Case, Level, MethodCard, Need, RankError, Ranking, RootCauseMethod, Scored, Variant};

use super::graph::CausalGraph;
use super::marginal::refused;
use super::node_score::{MIN_NORMAL, ScoreRule};

/// Ranks entities by PageRank on the graph whose links run from effect to cause.
///
/// `p <- d T'p + (1 - d s) v`, where `T` spreads an entity's mass evenly over its direct causes (links carry no weight),
/// `s` is the mass on entities that have causes, all other mass restarts, and `v` is the restart distribution.
///
/// | | [`PageRank::published`] | [`PageRank::repaired`] |
/// |---|---|---|
/// | restart | `b` in place of `(1 - d s) v`: `1/k` for entities without causes, `(1 - d)/k` for the others | `v` in proportion to `ln(1 + anomaly)` |
/// | metrics | not looked at | all of an entity's |
/// | iterations | at most 10, or until the L1 change is below 1e-6 | until it is below 1e-12 |
/// | entities without links | dropped | kept |
///
/// An entity's anomaly is the largest `|x - median| / MAD` over all rows of the anomalous window and *all* metrics of the
/// entity, with a scale of at least 1 % of the median; the logarithm keeps one huge score from taking all restarts.
///
/// The published restart is that of scikit-network, which RCAEval's head calls: entities without causes get `1/(1 - d)`
/// times the restarts of others, whatever mass they hold, which ordinary PageRank would not give them.
///
/// RCAEval's `*_pagerank` pipelines, having dropped the nodes without links, pair the remaining scores with the *full*
/// list of names, so that scores and names are shifted against each other. That defect is of the pairing, not of the
/// method, and is not reproduced here.
///
/// # Options
/// * `damping`: .85, the share of steps that follow a link.
///
/// # Assumptions
/// The topology is complete, and blame flows evenly to all direct causes.
///
/// # Complexity
/// `O(n d + iterations (k + links))`; some 170 iterations reach 1e-12 at a damping of .85.
///
/// # When not to use it
/// The published form: as a method, ever. The repaired form: where entities near the ends of the graph are blamed for
/// being there; it says where blame gathers, not who is anomalous.
///
/// # References
/// L. Page, S. Brin, R. Motwani, T. Winograd: "The PageRank Citation Ranking", 1999; L. Pham, H. Ha, H. Zhang: "Root Cause
/// Analysis for Microservices based on Causal Inference: How Far Are We?", ASE 2024 (as a head).
#[derive(Debug, Clone, PartialEq)]
pub struct PageRank {
    variant: Variant,
    damping: f64,
}

const NAME: &str = "page-rank";

/// Enough for any damping up to .99 to converge to 1e-12.
const MOST_ITERATIONS: usize = 5_000;

impl PageRank {
    /// Ten iterations with uniform restarts.
    #[must_use]
    pub fn published() -> Self {
        Self { variant: Variant::Published, damping: 0.85 }
    }

    /// To convergence, restarting at anomalies.
    #[must_use]
    pub fn repaired() -> Self {
        Self { variant: Variant::Repaired, ..Self::published() }
    }

    /// The share of steps that follow a link, clamped to between 0 and .99; NaN counts as 0.
    #[must_use]
    pub fn damping(mut self, damping: f64) -> Self {
        self.damping = if damping.is_nan() { 0.0 } else { damping.clamp(0.0, 0.99) };
        self
    }

    /// Over the entities with links, without a look at the metrics.
    fn rank_by_links(&self, case: &Case<'_>, graph: &CausalGraph<'_>) -> Result<Ranking, RankError> {
        let links = to_causes(graph);
        let mut position = vec![None; graph.len()];
        let mut kept = Vec::new();
        let mut left_out = case.left_out().to_vec();
        for (node, slot) in position.iter_mut().enumerate() {
            if graph.causes(node).next().is_some() || graph.effects(node).next().is_some() {
                *slot = Some(kept.len());
                kept.push(node);
            } else {
                let because = "the topology links it to nothing".to_owned();
                left_out.push(Omission::new(graph.name(node), Reason::NotUsed { because }));
            }
        }
        if kept.is_empty() {
            let why = "the topology has no link between two entities".to_owned();
            return Ok(Ranking::abstain(Level::Entity, why, left_out));
        }
        let renumbered = |out: &Vec<(usize, f64)>| {
            let moved =
                out.iter().filter_map(|&(to, weight)| Some((position.get(to).copied().flatten()?, weight)));
            moved.collect::<Vec<_>>()
        };
        let links: Links = kept.iter().filter_map(|&node| links.get(node)).map(renumbered).collect();
        let scores = ten_iterations(&links, self.damping);
        let found = kept.iter().zip(scores).map(|(&node, score)| Scored::entity(graph.name(node), score));
        Ranking::new(NAME, Level::Entity, found.collect(), left_out)
    }

    /// Restarting at anomalies, over all entities.
    fn rank_by_anomaly(&self, case: &Case<'_>, graph: &CausalGraph<'_>) -> Result<Ranking, RankError> {
        let mut left_out = case.left_out().to_vec();
        let anomalies = anomalies(case, graph, &mut left_out)?;
        let total: f64 = anomalies.iter().sum();
        if total <= 0.0 {
            let why = "no entity of the topology deviates from its normal values".to_owned();
            return Ok(Ranking::abstain(Level::Entity, why, left_out));
        }
        let restart: Vec<f64> = anomalies.iter().map(|anomaly| anomaly / total).collect();
        let scores = converged(&to_causes(graph), self.damping, &restart);
        let found = scores.iter().enumerate().map(|(node, &score)| Scored::entity(graph.name(node), score));
        Ranking::new(NAME, Level::Entity, found.collect(), left_out)
    }
}

impl RootCauseMethod for PageRank {
    fn card(&self) -> MethodCard {
        let published = self.variant == Variant::Published;
        MethodCard {
            name: NAME,
            variant: self.variant,
            level: Level::Entity,
            summary: if published {
                "ten iterations of PageRank from effects to causes, without a look at the metrics"
            } else {
                "PageRank from effects to causes that restarts at anomalies"
            },
            needs: if published { &[Need::Topology] } else { &[Need::Reference, Need::Topology] },
            assumes: "the topology is complete, and blame flows evenly to all direct causes",
            repairs: if published {
                "keeps restarts that favour entities without causes, ten iterations, and drops entities without links"
            } else {
                "restarts in proportion to ln(1 + anomaly); iterates to convergence; keeps entities without links"
            },
            cites: "Page, Brin, Motwani, Winograd, 1999; as a head in Pham, Ha, Zhang, ASE 2024",
            complexity: if published { "O(k + links)" } else { "O(n d + iterations (k + links))" },
        }
    }

    fn rank(&self, case: &Case<'_>, _seed: u64) -> Result<Ranking, RankError> {
        let graph = CausalGraph::of(case, NAME)?;
        match self.variant {
            Variant::Published => self.rank_by_links(case, &graph),
            Variant::Repaired => self.rank_by_anomaly(case, &graph),
        }
    }
}

/// `ln(1 + largest floored MAD score)` of every entity of the topology over its metrics, 0 without any.
fn anomalies(
    case: &Case<'_>,
    graph: &CausalGraph<'_>,
    left_out: &mut Vec<Omission>,
) -> Result<Vec<f64>, RankError> {
    let rule = ScoreRule::MAD_PUBLISHED.floored();
    let topology = &case.incident().topology;
    let mut scratch = Scratch::new();
    let mut reference = Vec::new();
    let mut anomalies = vec![0.0_f64; graph.len()];
    for (normal, anomalous) in case.pairs() {
        let metric = normal.metric();
        let node = topology.index_of(metric.entity_or_name()).or_else(|| topology.index_of(&metric.name));
        let Some(slot) = node.and_then(|node| anomalies.get_mut(node)) else {
            let because = format!("the topology does not name `{}`", metric.entity_or_name());
            left_out.push(Omission::new(&metric.name, Reason::NotUsed { because }));
            continue;
        };
        reference.clear();
        normal.finite_into(&mut reference);
        if reference.len() < MIN_NORMAL {
            let why = Reason::TooFew { window: "normal", found: reference.len(), needed: MIN_NORMAL };
            left_out.push(Omission::new(&metric.name, why));
            continue;
        }
        let fit = match LocationScale::fit(&reference, rule.center, rule.spread, rule.floor, &mut scratch) {
            Ok(fit) => fit,
            Err(error) => {
                left_out.push(Omission::new(&metric.name, refused(&metric.name, error)?));
                continue;
            }
        };
        let largest =
            anomalous.iter().flatten().map(|value| fit.standardize(value).abs()).fold(0.0, f64::max);
        // An infinite reading counts as the largest finite score, so that shares of restarts stay defined.
        *slot = slot.max(largest.min(f64::MAX).ln_1p());
    }
    Ok(anomalies)
}

/// Where a surfer can go from each node, with weights: here to every direct cause with weight 1.
type Links = Vec<Vec<(usize, f64)>>;

fn to_causes(graph: &CausalGraph<'_>) -> Links {
    (0..graph.len()).map(|node| graph.causes(node).map(|cause| (cause, 1.0)).collect()).collect()
}

/// The mass that arrives when every node passes on `damping` of its own in proportion to its links.
fn follow(links: &Links, damping: f64, scores: &[f64]) -> Vec<f64> {
    let mut next = vec![0.0; scores.len()];
    for (out, &score) in links.iter().zip(scores) {
        let total: f64 = out.iter().map(|(_, weight)| weight).sum();
        for &(to, weight) in out {
            if let Some(slot) = next.get_mut(to) {
                *slot += damping * score * weight / total;
            }
        }
    }
    next
}

fn l1(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum()
}

fn normalise(scores: &mut [f64]) {
    let total: f64 = scores.iter().sum();
    scores.iter_mut().for_each(|score| *score /= total);
}

/// The fixed point `p = d T'p + (1 - d s) v`, `s` the mass on nodes with links, starting from the restarts `v`.
fn converged(links: &Links, damping: f64, restart: &[f64]) -> Vec<f64> {
    let mut scores = restart.to_vec();
    for _ in 0..MOST_ITERATIONS {
        let mut next = follow(links, damping, &scores);
        let restarting = (1.0 - next.iter().sum::<f64>()).max(0.0);
        next.iter_mut().zip(restart).for_each(|(slot, chance)| *slot += restarting * chance);
        normalise(&mut next);
        let change = l1(&next, &scores);
        scores = next;
        if change < 1e-12 {
            break;
        }
    }
    scores
}

/// Ten iterations of `p = d T'p + b` with `b = 1/n` for nodes without links and `(1 - d)/n` for the others, starting
/// from `b`, normalised after each; fewer when the L1 change falls below 1e-6.
fn ten_iterations(links: &Links, damping: f64) -> Vec<f64> {
    let n = links.len() as f64;
    let restart: Vec<f64> =
        links.iter().map(|out| if out.is_empty() { 1.0 / n } else { (1.0 - damping) / n }).collect();
    let mut scores = restart.clone();
    for _ in 0..10 {
        let mass: f64 = scores.iter().sum();
        let mut next = follow(links, damping, &scores);
        next.iter_mut().zip(&restart).for_each(|(slot, chance)| *slot += mass * chance);
        normalise(&mut next);
        if l1(&next, &scores) < 1e-6 {
            break;
        }
        scores = next;
    }
    normalise(&mut scores);
    scores
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// networkx 3.6.1 and scikit-network 0.33.5 on a weighted graph with a cycle and a dangling node.
    #[test]
    fn both_iterations_match_the_packages() {
        let answers: Value = serde_json::from_str(include_str!("../../tests/known/answers.json")).unwrap();
        let known = &answers["answers"]["pagerank"];
        let nodes: Vec<&str> =
            known["nodes"].as_array().unwrap().iter().map(|n| n.as_str().unwrap()).collect();
        let index = |name: &Value| nodes.iter().position(|node| name == node).unwrap();
        let mut links: Links = vec![Vec::new(); nodes.len()];
        for edge in known["edges"].as_array().unwrap() {
            links[index(&edge[0])].push((index(&edge[1]), edge[2].as_f64().unwrap()));
        }
        let check = |scores: Vec<f64>, answer: &str| {
            for (name, score) in nodes.iter().zip(scores) {
                let expected = known[answer][name].as_f64().unwrap();
                assert!((score - expected).abs() < 1e-10, "{answer} {name}: {score} against {expected}");
            }
        };
        check(converged(&links, 0.85, &[0.2; 5]), "converged");
        check(converged(&links, 0.85, &[1.0, 0.0, 0.0, 0.0, 0.0]), "converged_restart_at_front_end");
        check(ten_iterations(&links, 0.85), "scikit_network_ten_iterations");
    }
}
