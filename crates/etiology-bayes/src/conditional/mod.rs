//! [`ConditionalGaussianNetwork`]: discrete and continuous nodes in one network, no discrete node under a continuous one.
//!
//! Given its discrete parents' states, a continuous node is a linear function of its continuous parents plus Gaussian
//! noise, with its own intercept, coefficients and standard deviation in each state; a discrete node has a table. Jointly
//! that is a conditional-Gaussian distribution (Lauritzen and Wermuth, "Graphical models for associations between
//! variables, some of which are qualitative and some quantitative", Annals of Statistics 17, 1989; Lauritzen, JASA 87,
//! 1992): a mixture of normals, one per joint state of the discrete nodes.

mod estimate;
mod infer;
mod intervene;
mod sample;
mod weighting;

use std::sync::Arc;

use etiology_graph::{Dag, Nodes};

pub use estimate::{ConditionalGaussianEstimator, ConditionalGaussianFit};
pub use infer::{MixedPosterior, MixtureComponent};
pub use weighting::MixedEstimate;

use crate::configuration::Configurations;
use crate::{BayesError, LinearGaussian};

/// The most entries one node's table may have.
pub(crate) const TABLE_LIMIT: usize = 1 << 26;

/// The value of a node: the number of a state, or a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// A state of a discrete node.
    State(usize),
    /// A value of a continuous node.
    Number(f64),
}

/// The conditional distribution of one node of a mixed network.
#[derive(Debug, Clone, PartialEq)]
pub enum MixedFamily {
    /// A discrete node.
    Discrete {
        /// The names of its states.
        states: Arc<[String]>,
        /// Probabilities, the states of one configuration of the parents together; configurations are numbered with the
        /// parents in ascending order, the last changing fastest.
        table: Vec<f64>,
    },
    /// A continuous node.
    Continuous {
        /// One distribution per configuration of the discrete parents, numbered as above. Its coefficients belong to the
        /// continuous parents in ascending order.
        components: Vec<LinearGaussian>,
    },
}

/// A network of discrete and continuous nodes.
///
/// Assumes what [`crate::GaussianNetwork`] assumes within each joint state of the discrete nodes. Do not use it where a
/// category depends on a measured quantity (a threshold, a logit): no such edge is allowed.
#[derive(Debug, Clone, PartialEq)]
pub struct ConditionalGaussianNetwork {
    dag: Dag,
    families: Vec<MixedFamily>,
    layouts: Vec<Layout>,
    order: Vec<usize>,
}

/// The parents of a node by kind, and the numbering of the discrete ones.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layout {
    pub(crate) discrete: Vec<usize>,
    pub(crate) continuous: Vec<usize>,
    pub(crate) configurations: Configurations,
}

/// Splits each node's parents by kind; `cardinality` is `None` for a continuous node.
pub(crate) fn layouts(dag: &Dag, cardinality: &[Option<usize>]) -> Result<Vec<Layout>, BayesError> {
    (0..dag.len())
        .map(|node| {
            let name = |node| dag.nodes().name(node).to_owned();
            let (discrete, continuous): (Vec<usize>, Vec<usize>) =
                dag.parents(node).iter().partition(|&parent| cardinality[parent].is_some());
            if cardinality[node].is_some()
                && let Some(&parent) = continuous.first()
            {
                return Err(BayesError::Family {
                    node: name(node),
                    message: format!(
                        "a discrete node cannot depend on the continuous `{}`; turn the edge or discretise",
                        name(parent)
                    ),
                });
            }
            let cards: Vec<usize> = discrete.iter().filter_map(|&parent| cardinality[parent]).collect();
            let size = cardinality[node].unwrap_or(1);
            let configurations = Configurations::new(cards)
                .filter(|c| c.count().checked_mul(size).is_some_and(|entries| entries <= TABLE_LIMIT))
                .ok_or_else(|| BayesError::TooLarge {
                    message: format!(
                        "the table of `{}` would have more than {TABLE_LIMIT} entries; remove parents or merge states",
                        name(node)
                    ),
                })?;
            Ok(Layout { discrete, continuous, configurations })
        })
        .collect()
}

impl ConditionalGaussianNetwork {
    /// A network from its graph and one conditional distribution per node.
    ///
    /// # Errors
    /// When a discrete node has a continuous parent, a table or list has the wrong length, probabilities are negative or do
    /// not sum to one, or a number is not finite.
    pub fn new(dag: Dag, families: Vec<MixedFamily>) -> Result<Self, BayesError> {
        if families.len() != dag.len() {
            return Err(BayesError::Width {
                what: "the list of distributions",
                expected: dag.len(),
                got: families.len(),
            });
        }
        let cardinality: Vec<Option<usize>> = families.iter().map(MixedFamily::cardinality).collect();
        let layouts = layouts(&dag, &cardinality)?;
        for (node, (family, layout)) in families.iter().zip(&layouts).enumerate() {
            family
                .check(layout)
                .map_err(|message| BayesError::Family { node: dag.nodes().name(node).to_owned(), message })?;
        }
        let order = dag.topological_order();
        Ok(Self { dag, families, layouts, order })
    }

    /// The graph.
    #[must_use]
    pub fn dag(&self) -> &Dag {
        &self.dag
    }

    /// The nodes' names.
    #[must_use]
    pub fn nodes(&self) -> &Nodes {
        self.dag.nodes()
    }

    /// Number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.families.len()
    }

    /// Whether there is no node.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.families.is_empty()
    }

    /// The conditional distributions, one per node.
    #[must_use]
    pub fn families(&self) -> &[MixedFamily] {
        &self.families
    }

    /// The names of a discrete node's states; `None` for a continuous one.
    #[must_use]
    pub fn states(&self, node: usize) -> Option<&[String]> {
        match self.families.get(node)? {
            MixedFamily::Discrete { states, .. } => Some(states),
            MixedFamily::Continuous { .. } => None,
        }
    }

    /// Number of free parameters.
    #[must_use]
    pub fn parameters(&self) -> usize {
        let count = |family: &MixedFamily| match family {
            MixedFamily::Discrete { states, table } => table.len() - table.len() / states.len().max(1),
            MixedFamily::Continuous { components } => {
                components.iter().map(|c| 2 + c.coefficients.len()).sum()
            }
        };
        self.families.iter().map(count).sum()
    }

    pub(crate) fn is_discrete(&self, node: usize) -> bool {
        matches!(self.families[node], MixedFamily::Discrete { .. })
    }

    pub(crate) fn layout(&self, node: usize) -> &Layout {
        &self.layouts[node]
    }

    pub(crate) fn order(&self) -> &[usize] {
        &self.order
    }

    /// Refuses a number that is no node, a state the node does not have, and a value of the wrong kind.
    pub(crate) fn check_value(&self, node: usize, value: Value) -> Result<(), BayesError> {
        let Some(family) = self.families.get(node) else {
            return Err(BayesError::UnknownVariable { name: node.to_string() });
        };
        let name = self.nodes().name(node);
        let wrong = |message: String| Err(BayesError::Query { message });
        match (family, value) {
            (MixedFamily::Discrete { states, .. }, Value::State(state)) if state >= states.len() => {
                Err(BayesError::UnknownState {
                    variable: name.to_owned(),
                    state: state.to_string(),
                    states: states.join(", "),
                })
            }
            (MixedFamily::Discrete { .. }, Value::Number(_)) => {
                wrong(format!("`{name}` is discrete; give one of its states"))
            }
            (MixedFamily::Continuous { .. }, Value::State(_)) => {
                wrong(format!("`{name}` is continuous; give a number"))
            }
            (MixedFamily::Continuous { .. }, Value::Number(number)) if !number.is_finite() => {
                wrong(format!("`{name}` is given as {number}; give a finite number"))
            }
            _ => Ok(()),
        }
    }
}

impl MixedFamily {
    /// Number of states; `None` for a continuous node.
    #[must_use]
    pub fn cardinality(&self) -> Option<usize> {
        match self {
            Self::Discrete { states, .. } => Some(states.len()),
            Self::Continuous { .. } => None,
        }
    }

    fn check(&self, layout: &Layout) -> Result<(), String> {
        let configurations = layout.configurations.count();
        match self {
            Self::Discrete { states, table } => {
                if states.is_empty() {
                    return Err("it has no state; give at least one".into());
                }
                if table.len() != configurations * states.len() {
                    return Err(format!(
                        "its table has {} entries; {configurations} parent configurations of {} states need {}",
                        table.len(),
                        states.len(),
                        configurations * states.len()
                    ));
                }
                let bad = table.chunks(states.len()).any(|row| {
                    row.iter().any(|p| !p.is_finite() || *p < 0.0)
                        || (row.iter().sum::<f64>() - 1.0).abs() > 1e-6
                });
                if bad {
                    Err("a row of its table is not a distribution; make it sum to one".into())
                } else {
                    Ok(())
                }
            }
            Self::Continuous { components } => {
                if components.len() != configurations {
                    return Err(format!(
                        "{} distributions for {configurations} configurations of its discrete parents; give one each",
                        components.len()
                    ));
                }
                for component in components {
                    if component.coefficients.len() != layout.continuous.len() {
                        return Err(format!(
                            "{} coefficients for {} continuous parents; give one each",
                            component.coefficients.len(),
                            layout.continuous.len()
                        ));
                    }
                    let numbers = component.coefficients.iter().chain([&component.intercept, &component.sd]);
                    if numbers.clone().any(|number| !number.is_finite()) || component.sd < 0.0 {
                        return Err("every number must be finite and every sd not negative".into());
                    }
                }
                Ok(())
            }
        }
    }
}
