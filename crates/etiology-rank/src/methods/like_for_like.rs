//! One series a node: the graph methods compare entities on the symptom's own measure.
//!
//! Published graph methods were made for services that all report the same measures, and walk from the caller's latency
//! to the callees' latency. So each node of the topology is represented by its entity's column with the symptom's
//! measure. A topology whose nodes are metrics (`gpu0_util -> step_time`) is taken at its word: a metric that is named
//! as a node is that node's series, whatever it measures.

use etiology_frame::{Metric, Omission, Reason};

use super::graph::CausalGraph;
use super::node_score::{NodeScores, ScoreRule};
use crate::{Case, RankError};

/// A case seen along its causal graph.
#[derive(Debug, Clone)]
pub(crate) struct LikeForLike<'a> {
    /// The causal graph.
    pub(crate) graph: CausalGraph<'a>,
    /// The symptom's node.
    pub(crate) target: usize,
    /// The nodes that have a series, in column order.
    pub(crate) nodes: Vec<NodeColumn>,
    /// What the case left out, nodes without a series, and series without a node.
    pub(crate) left_out: Vec<Omission>,
}

/// A node and the metric that stands for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NodeColumn {
    /// Position in the topology.
    pub(crate) node: usize,
    /// Position among [`Case::metrics`].
    pub(crate) column: usize,
}

impl<'a> LikeForLike<'a> {
    /// Pairs the topology's nodes with columns. The target is the first symptom whose entity the topology names; others
    /// are not looked at. `O(metrics + nodes)`.
    ///
    /// # Errors
    /// [`RankError::Needs`] without a topology, a symptom, or a symptom that the topology names.
    pub(crate) fn of(case: &Case<'a>, method: &str) -> Result<Self, RankError> {
        let graph = CausalGraph::of(case, method)?;
        let (target, symptom) = find_target(case, method)?;
        let measure = &symptom.measure;

        let mut left_out = case.left_out().to_vec();
        let mut nodes: Vec<NodeColumn> = Vec::new();
        let mut taken: Vec<Option<&str>> = vec![None; graph.len()];
        for (column, metric) in case.metrics().iter().enumerate() {
            let same_measure = metric.measure == *measure;
            let Some(node) = node_of(case, metric, same_measure) else {
                if same_measure {
                    let because = format!("the topology does not name `{}`", metric.entity_or_name());
                    left_out.push(Omission::new(&metric.name, Reason::NotUsed { because }));
                }
                continue;
            };
            let Some(slot) = taken.get_mut(node) else { continue };
            match slot {
                Some(first) => {
                    let because =
                        format!("`{first}` comes first and already stands for `{}`", graph.name(node));
                    left_out.push(Omission::new(&metric.name, Reason::NotUsed { because }));
                }
                None => {
                    *slot = Some(&metric.name);
                    nodes.push(NodeColumn { node, column });
                }
            }
        }
        for node in (0..graph.len()).filter(|&node| taken.get(node).is_some_and(Option::is_none)) {
            let because = format!("the topology names it, but it has no `{measure}` in both windows");
            left_out.push(Omission::new(graph.name(node), Reason::NotUsed { because }));
        }
        Ok(Self { graph, target, nodes, left_out })
    }

    /// Every node's series against its own normal values; nodes that cannot be scored are added to what is left out.
    ///
    /// # Errors
    /// [`RankError::Statistic`] when the rule's floor is not a floor.
    pub(crate) fn scores(&mut self, case: &Case<'_>, rule: &ScoreRule) -> Result<NodeScores, RankError> {
        NodeScores::fit(case, self, rule)
    }
}

fn find_target<'c>(case: &'c Case<'_>, method: &str) -> Result<(usize, &'c Metric), RankError> {
    let needs = |needs, remedy| Err(RankError::Needs { method: method.to_owned(), needs, remedy });
    if case.incident().symptoms.is_empty() {
        return needs("a symptom", "name the metric that somebody complained about with --symptom");
    }
    let symptoms = case.symptoms();
    if symptoms.is_empty() {
        return needs("a symptom with normal values", "name a metric that both windows have with --symptom");
    }
    let metrics = symptoms.iter().filter_map(|&column| case.metrics().get(column));
    let mut on_a_node = metrics.filter_map(|metric| Some((node_of(case, metric, true)?, metric)));
    match on_a_node.next() {
        Some(found) => Ok(found),
        None => needs(
            "a symptom on an entity that the topology names",
            "add its entity to the topology, or name another metric with --symptom",
        ),
    }
}

/// The node that is called like the metric, or else like its entity when it has the symptom's measure.
fn node_of(case: &Case<'_>, metric: &Metric, same_measure: bool) -> Option<usize> {
    let topology = &case.incident().topology;
    let by_entity = || topology.index_of(metric.entity.as_deref()?).filter(|_| same_measure);
    topology.index_of(&metric.name).or_else(by_entity)
}
