//! Exact answers from conditional-Gaussian networks.
//!
//! Only ancestors of the target and the evidence matter. Among them the continuous nodes fall into groups that share no
//! unobserved continuous neighbour; given the states of the discrete parents of a group its evidence has a normal density,
//! and these densities, listed over the joint states of the group's unobserved discrete parents, are one more factor of the
//! discrete network. Sum-product elimination then answers exactly; a continuous target is a mixture of normals, one per
//! joint state of its group. This is what a strong junction tree computes (Lauritzen, JASA 87, 1992; Lauritzen and Jensen,
//! Statistics and Computing 11, 2001), with the groups in the place of its continuous cliques.
//!
//! Complexity: `O(s g^3)` per group of `g` nodes and `s` joint states, and the elimination. `s` is bounded by
//! [`STATE_LIMIT`] and the elimination by [`crate::Limits`]; beyond them the answer is [`BayesError::TooLarge`], and sampling is
//! what is left.

use etiology_graph::NodeSet;
use nalgebra::{DMatrix, DVector};

use super::{ConditionalGaussianNetwork, MixedFamily, Value};
use crate::BayesError;
use crate::configuration::{Configurations, STATE_LIMIT};
use crate::exact::{Factor, sum_product};
use crate::gaussian::Normal;

/// One normal of a mixture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MixtureComponent {
    /// Its probability.
    pub weight: f64,
    /// Its mean.
    pub mean: f64,
    /// Its standard deviation.
    pub sd: f64,
}

/// What a node of a mixed network is like.
#[derive(Debug, Clone, PartialEq)]
pub enum MixedPosterior {
    /// The probabilities of a discrete node's states.
    Discrete(Vec<f64>),
    /// A continuous node's mixture of normals; components of weight zero are left out.
    Continuous(Vec<MixtureComponent>),
}

impl MixedPosterior {
    /// Mean of a continuous node.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        match self {
            Self::Discrete(_) => None,
            Self::Continuous(mixture) => Some(mixture.iter().map(|c| c.weight * c.mean).sum()),
        }
    }

    /// Standard deviation of a continuous node: within and between its components.
    #[must_use]
    pub fn sd(&self) -> Option<f64> {
        let (mean, Self::Continuous(mixture)) = (self.mean()?, self) else { return None };
        let variance = mixture.iter().map(|c| c.weight * (c.sd * c.sd + (c.mean - mean).powi(2)));
        Some(variance.sum::<f64>().sqrt())
    }
}

impl ConditionalGaussianNetwork {
    /// The distribution of `target` given evidence, and the logarithm of the evidence's probability (of its density, for
    /// continuous items).
    ///
    /// # Errors
    /// [`BayesError::UnknownVariable`], [`BayesError::UnknownState`], [`BayesError::Query`] for a wrong question;
    /// [`BayesError::ImpossibleEvidence`]; [`BayesError::TooLarge`] beyond the limits of the exact method.
    pub fn query(
        &self,
        target: usize,
        evidence: &[(usize, Value)],
    ) -> Result<(MixedPosterior, f64), BayesError> {
        let given = self.given(target, evidence)?;
        let relevant = self.ancestors(evidence.iter().map(|(node, _)| *node).chain([target]));
        let mut factors: Vec<Factor> = relevant
            .iter()
            .filter_map(|node| match &self.families()[node] {
                MixedFamily::Discrete { table, .. } => {
                    let scope = self.layout(node).discrete.iter().copied().chain([node]).collect();
                    Some((scope, table.clone()))
                }
                MixedFamily::Continuous { .. } => None,
            })
            .collect();
        let (mut log_evidence, mut own) = (0.0, None);
        for group in self.groups(&relevant, &given) {
            let holds_target = group.contains(&target) && given[target].is_none();
            if !holds_target && group.iter().all(|&node| given[node].is_none()) {
                continue;
            }
            let mut part = self.group_factor(&group, &given, holds_target.then_some(target))?;
            let peak = part.log_densities.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            if peak == f64::NEG_INFINITY {
                return Err(impossible("no state of the discrete parents allows the continuous values"));
            }
            log_evidence += peak;
            part.log_densities.iter_mut().for_each(|value| *value = (*value - peak).exp());
            factors.push((part.scope.clone(), std::mem::take(&mut part.log_densities)));
            if holds_target {
                own = Some(part);
            }
        }
        let keep: Vec<usize> = match &own {
            Some(part) => part.scope.clone(),
            None if self.is_discrete(target) && given[target].is_none() => vec![target],
            None => Vec::new(),
        };
        let cards: Vec<usize> = (0..self.len()).map(|node| self.states(node).map_or(1, <[_]>::len)).collect();
        let observed = |node: usize| match given[node] {
            Some(Value::State(state)) => Some(state),
            _ => None,
        };
        let (table, log_scale) = sum_product(&factors, &cards, observed, &keep)?;
        let total: f64 = table.iter().sum();
        if total <= 0.0 {
            return Err(impossible("its probability is zero"));
        }
        log_evidence += total.ln() + log_scale;
        let posterior = match (own, given[target], &self.families()[target]) {
            (Some(part), _, _) => MixedPosterior::Continuous(
                (table.iter().zip(&part.moments))
                    .filter(|(weight, _)| **weight > 0.0)
                    .map(|(weight, &(mean, sd))| MixtureComponent { weight: weight / total, mean, sd })
                    .collect(),
            ),
            (None, Some(Value::Number(mean)), _) => {
                MixedPosterior::Continuous(vec![MixtureComponent { weight: 1.0, mean, sd: 0.0 }])
            }
            (None, Some(Value::State(state)), MixedFamily::Discrete { states, .. }) => {
                let point = |other| f64::from(u8::from(other == state));
                MixedPosterior::Discrete((0..states.len()).map(point).collect())
            }
            _ => MixedPosterior::Discrete(table.iter().map(|p| p / total).collect()),
        };
        Ok((posterior, log_evidence))
    }

    /// The evidence by node, checked.
    pub(crate) fn given(
        &self,
        target: usize,
        evidence: &[(usize, Value)],
    ) -> Result<Vec<Option<Value>>, BayesError> {
        if target >= self.len() {
            return Err(BayesError::UnknownVariable { name: target.to_string() });
        }
        let mut given = vec![None; self.len()];
        for &(node, value) in evidence {
            self.check_value(node, value)?;
            if given[node].replace(value).is_some() {
                return Err(BayesError::Query {
                    message: format!("`{}` is given twice; give it once", self.nodes().name(node)),
                });
            }
        }
        Ok(given)
    }

    pub(crate) fn ancestors(&self, nodes: impl Iterator<Item = usize>) -> NodeSet {
        let mut seen = NodeSet::new(self.len());
        let mut stack: Vec<usize> = nodes.filter(|&node| seen.insert(node)).collect();
        while let Some(node) = stack.pop() {
            stack.extend(self.dag().parents(node).iter().filter(|&parent| seen.insert(parent)));
        }
        seen
    }

    /// The relevant continuous nodes, those joined through an unobserved one together, parents first.
    fn groups(&self, relevant: &NodeSet, given: &[Option<Value>]) -> Vec<Vec<usize>> {
        let mut root: Vec<usize> = (0..self.len()).collect();
        fn find(root: &[usize], mut node: usize) -> usize {
            while root[node] != node {
                node = root[node];
            }
            node
        }
        let continuous = |node: usize| relevant.contains(node) && !self.is_discrete(node);
        for node in (0..self.len()).filter(|&node| continuous(node)) {
            for &parent in self.layout(node).continuous.iter().filter(|&&parent| given[parent].is_none()) {
                let (a, b) = (find(&root, node), find(&root, parent));
                root[a.max(b)] = a.min(b);
            }
        }
        let mut groups: Vec<Vec<usize>> = vec![Vec::new(); self.len()];
        for &node in self.order().iter().filter(|&&node| continuous(node)) {
            groups[find(&root, node)].push(node);
        }
        groups.retain(|group| !group.is_empty());
        groups
    }

    /// Log-densities of a group's evidence, and the target's moments, over the joint states of its discrete parents.
    fn group_factor(
        &self,
        group: &[usize],
        given: &[Option<Value>],
        target: Option<usize>,
    ) -> Result<Group, BayesError> {
        let mut scope: Vec<usize> =
            group.iter().flat_map(|&node| self.layout(node).discrete.iter().copied()).collect();
        scope.sort_unstable();
        scope.dedup();
        scope.retain(|&node| given[node].is_none());
        let cards = scope.iter().map(|&node| self.states(node).map_or(1, <[_]>::len)).collect();
        let configurations =
            Configurations::new(cards).filter(|c| c.count() <= STATE_LIMIT).ok_or_else(|| {
                BayesError::TooLarge {
                    message: format!(
                        "the continuous nodes around `{}` depend on {} discrete nodes with more than {STATE_LIMIT} joint \
                         states; give evidence on some, or use weighted_query",
                        self.nodes().name(group[0]),
                        scope.len()
                    ),
                }
            })?;
        let mut part = Group {
            scope,
            log_densities: Vec::with_capacity(configurations.count()),
            moments: Vec::with_capacity(configurations.count()),
        };
        let at = |node: usize| group.iter().position(|&other| other == node);
        let wanted: Vec<usize> = target.and_then(at).into_iter().collect();
        let observed: Vec<(usize, f64)> = group
            .iter()
            .enumerate()
            .filter_map(|(i, &node)| match given[node] {
                Some(Value::Number(value)) => Some((i, value)),
                _ => None,
            })
            .collect();
        let mut dimension = None;
        for index in 0..configurations.count() {
            let states = configurations.states(index);
            let state = |node: usize| match given[node] {
                Some(Value::State(state)) => state,
                _ => part.scope.binary_search(&node).map_or(0, |i| states[i]),
            };
            let normal = self.group_normal(group, given, state);
            match normal.condition(&wanted, &observed) {
                Ok(answer) => {
                    if *dimension.get_or_insert(answer.rank) != answer.rank {
                        return Err(BayesError::Query {
                            message: format!(
                                "the evidence on the continuous nodes around `{}` has a density in some discrete states \
                                 and a probability in others; leave the deterministic node out",
                                self.nodes().name(group[0])
                            ),
                        });
                    }
                    part.log_densities.push(answer.log_density);
                    let moments = answer.mean.get(0).zip(answer.covariance.get((0, 0)));
                    part.moments.push(
                        moments.map_or((0.0, 0.0), |(mean, variance)| (*mean, variance.max(0.0).sqrt())),
                    );
                }
                Err(_) => {
                    part.log_densities.push(f64::NEG_INFINITY);
                    part.moments.push((0.0, 0.0));
                }
            }
        }
        if part.log_densities.iter().any(|value| value.is_nan()) {
            return Err(BayesError::Overflow { what: "the density of the evidence" });
        }
        Ok(part)
    }

    /// The joint normal of a group in one state of its discrete parents, observed parents from outside put in.
    fn group_normal(
        &self,
        group: &[usize],
        given: &[Option<Value>],
        state: impl Fn(usize) -> usize,
    ) -> Normal {
        let g = group.len();
        let (mut mean, mut covariance) = (DVector::zeros(g), DMatrix::zeros(g, g));
        for (i, &node) in group.iter().enumerate() {
            let layout = self.layout(node);
            let MixedFamily::Continuous { components } = &self.families()[node] else { continue };
            let component =
                &components[layout.configurations.index(layout.discrete.iter().map(|&d| state(d)))];
            mean[i] = component.intercept;
            // An observed parent in the group still enters by its distribution: conditioning follows.
            let mut inside = Vec::new();
            for (&parent, &coefficient) in layout.continuous.iter().zip(&component.coefficients) {
                match (group[..i].iter().position(|&other| other == parent), given[parent]) {
                    (Some(j), _) => {
                        mean[i] += coefficient * mean[j];
                        inside.push((j, coefficient));
                    }
                    (None, Some(Value::Number(value))) => mean[i] += coefficient * value,
                    (None, _) => {}
                }
            }
            for other in 0..i {
                let value: f64 = inside.iter().map(|&(j, b)| b * covariance[(j, other)]).sum();
                covariance[(i, other)] = value;
                covariance[(other, i)] = value;
            }
            covariance[(i, i)] = component.sd * component.sd
                + inside.iter().map(|&(j, b)| b * covariance[(j, i)]).sum::<f64>();
        }
        Normal { mean, covariance }
    }
}

struct Group {
    scope: Vec<usize>,
    log_densities: Vec<f64>,
    moments: Vec<(f64, f64)>,
}

fn impossible(message: &str) -> BayesError {
    BayesError::ImpossibleEvidence { message: message.to_owned() }
}
