//! The JSON form of every network, schema `etiology.network/1`.
//!
//! The crate's page documents it. Parents are written in node order and read in any.

use etiology_graph::{Dag, Nodes};
use serde::{Deserialize, Serialize};

use super::Network;
use crate::configuration::Configurations;
use crate::{
    BayesError, ConditionalGaussianNetwork, DiscreteNetwork, GaussianNetwork, LinearGaussian, MixedFamily,
};

const SCHEMA: &str = "etiology.network/1";
const FORMAT: &str = "network JSON";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    schema: String,
    kind: Kind,
    nodes: Vec<Node>,
}

#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Discrete,
    Gaussian,
    ConditionalGaussian,
}

#[derive(Serialize, Deserialize)]
struct Node {
    name: String,
    parents: Vec<String>,
    #[serde(flatten)]
    family: Family,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Family {
    Discrete { states: Vec<String>, table: Vec<f64> },
    Mixture { components: Vec<Component> },
    Linear(Component),
}

#[derive(Serialize, Deserialize, Clone)]
struct Component {
    intercept: f64,
    coefficients: Vec<f64>,
    sd: f64,
}

impl From<&LinearGaussian> for Component {
    fn from(family: &LinearGaussian) -> Self {
        Self { intercept: family.intercept, coefficients: family.coefficients.clone(), sd: family.sd }
    }
}

impl Network {
    /// The network as JSON, schema `etiology.network/1`: `schema`, `kind`, and per node its `name`, `parents` and either
    /// `states` with `table`, `intercept` with `coefficients` and `sd`, or `components` (see the crate's page).
    ///
    /// # Errors
    /// [`BayesError::Syntax`] when a number cannot be written.
    pub fn to_json(&self) -> Result<String, BayesError> {
        let nodes = (0..self.dag().len()).map(|node| Node {
            name: self.dag().nodes().name(node).to_owned(),
            parents: self.dag().parents(node).iter().map(|p| self.dag().nodes().name(p).to_owned()).collect(),
            family: match self {
                Self::Discrete(network) => Family::Discrete {
                    states: network.states(node).to_vec(),
                    table: network.table(node).to_vec(),
                },
                Self::Gaussian(network) => Family::Linear((&network.families()[node]).into()),
                Self::ConditionalGaussian(network) => match &network.families()[node] {
                    MixedFamily::Discrete { states, table } => {
                        Family::Discrete { states: states.to_vec(), table: table.clone() }
                    }
                    MixedFamily::Continuous { components } => match &components[..] {
                        [only] if network.layout(node).discrete.is_empty() => Family::Linear(only.into()),
                        many => Family::Mixture { components: many.iter().map(Component::from).collect() },
                    },
                },
            },
        });
        let kind = match self {
            Self::Discrete(_) => Kind::Discrete,
            Self::Gaussian(_) => Kind::Gaussian,
            Self::ConditionalGaussian(_) => Kind::ConditionalGaussian,
        };
        let document = Document { schema: SCHEMA.to_owned(), kind, nodes: nodes.collect() };
        serde_json::to_string_pretty(&document).map_err(|error| syntax(error.to_string()))
    }

    /// Reads what [`Network::to_json`] writes, parents in any order.
    ///
    /// # Errors
    /// [`BayesError::Syntax`] when the text is not such a document; otherwise what the network's constructor refuses.
    pub fn from_json(text: &str) -> Result<Self, BayesError> {
        let document: Document = serde_json::from_str(text).map_err(|error| syntax(error.to_string()))?;
        if document.schema != SCHEMA {
            return Err(syntax(format!("the schema is `{}` and must be `{SCHEMA}`", document.schema)));
        }
        let nodes = Nodes::new(document.nodes.iter().map(|node| node.name.clone()))?;
        let mut listed = Vec::with_capacity(nodes.len());
        let mut dag = Dag::empty(nodes.clone());
        for (child, node) in document.nodes.iter().enumerate() {
            let parents: Vec<usize> =
                node.parents.iter().map(|name| nodes.require(name)).collect::<Result<_, _>>()?;
            for &parent in &parents {
                if dag.has_edge(parent, child) {
                    return Err(syntax(format!(
                        "node `{}` lists the parent `{}` twice",
                        node.name,
                        nodes.name(parent)
                    )));
                }
                dag.insert(parent, child)?;
            }
            listed.push(parents);
        }
        let cardinality: Vec<Option<usize>> = document
            .nodes
            .iter()
            .map(|node| match &node.family {
                Family::Discrete { states, .. } => Some(states.len()),
                _ => None,
            })
            .collect();
        let discrete = cardinality.iter().filter(|c| c.is_some()).count();
        let fits = match document.kind {
            Kind::Discrete => discrete == nodes.len(),
            Kind::Gaussian => discrete == 0,
            Kind::ConditionalGaussian => true,
        };
        if !fits {
            return Err(syntax(
                "`kind` does not match the nodes; write `conditional-gaussian` for both kinds".into(),
            ));
        }
        let families = document
            .nodes
            .into_iter()
            .zip(&listed)
            .map(|(node, parents)| node.family.sorted(&node.name, parents, &cardinality))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(match document.kind {
            Kind::ConditionalGaussian => {
                Self::ConditionalGaussian(ConditionalGaussianNetwork::new(dag, families)?)
            }
            Kind::Discrete => {
                let parts = families.into_iter().filter_map(|family| match family {
                    MixedFamily::Discrete { states, table } => Some((states.to_vec(), table)),
                    MixedFamily::Continuous { .. } => None,
                });
                let (states, tables) = parts.unzip();
                Self::Discrete(DiscreteNetwork::new(dag, states, tables)?)
            }
            Kind::Gaussian => {
                let parts = families.into_iter().filter_map(|family| match family {
                    MixedFamily::Continuous { components } => components.into_iter().next(),
                    MixedFamily::Discrete { .. } => None,
                });
                Self::Gaussian(GaussianNetwork::new(dag, parts.collect())?)
            }
        })
    }
}

impl Family {
    /// The family with its parents, listed in any order, in ascending order.
    fn sorted(
        self,
        name: &str,
        parents: &[usize],
        cardinality: &[Option<usize>],
    ) -> Result<MixedFamily, BayesError> {
        let fail = |message: String| BayesError::Family { node: name.to_owned(), message };
        let discrete: Vec<usize> = parents.iter().copied().filter(|&p| cardinality[p].is_some()).collect();
        let continuous: Vec<usize> = parents.iter().copied().filter(|&p| cardinality[p].is_none()).collect();
        let turn = |block: usize, length: usize| -> Result<Vec<usize>, BayesError> {
            configuration_order(&discrete, cardinality, |count| count.checked_mul(block) == Some(length))
                .ok_or_else(|| fail(format!("{length} entries do not match its parents' states")))
        };
        let linear = |component: Component| -> Result<LinearGaussian, BayesError> {
            if component.coefficients.len() != continuous.len() {
                let (got, needed) = (component.coefficients.len(), continuous.len());
                return Err(fail(format!(
                    "{got} coefficients for {needed} continuous parents; give one each"
                )));
            }
            let mut pairs: Vec<(usize, f64)> =
                continuous.iter().copied().zip(component.coefficients).collect();
            pairs.sort_unstable_by_key(|(parent, _)| *parent);
            let coefficients = pairs.into_iter().map(|(_, coefficient)| coefficient).collect();
            Ok(LinearGaussian { intercept: component.intercept, coefficients, sd: component.sd })
        };
        Ok(match self {
            Self::Discrete { states, table } => {
                let order = turn(states.len(), table.len())?;
                let rows = order.iter().flat_map(|&row| &table[row * states.len()..(row + 1) * states.len()]);
                MixedFamily::Discrete { table: rows.copied().collect(), states: states.into() }
            }
            Self::Mixture { components } => {
                let order = turn(1, components.len())?;
                let components = order.iter().map(|&row| linear(components[row].clone()));
                MixedFamily::Continuous { components: components.collect::<Result<_, _>>()? }
            }
            Self::Linear(component) => {
                if !discrete.is_empty() {
                    return Err(fail(
                        "it has discrete parents, so it needs `components`, one per configuration".into(),
                    ));
                }
                MixedFamily::Continuous { components: vec![linear(component)?] }
            }
        })
    }
}

/// For each configuration of the parents in ascending order, its number with the parents as listed.
fn configuration_order(
    listed: &[usize],
    cardinality: &[Option<usize>],
    fits: impl Fn(usize) -> bool,
) -> Option<Vec<usize>> {
    let cards = |parents: &[usize]| parents.iter().map(|&p| cardinality[p].unwrap_or(1)).collect::<Vec<_>>();
    let mut ascending = listed.to_vec();
    ascending.sort_unstable();
    let from = Configurations::new(cards(listed))?;
    let to = Configurations::new(cards(&ascending)).filter(|c| fits(c.count()))?;
    let place: Vec<usize> = listed.iter().filter_map(|p| ascending.binary_search(p).ok()).collect();
    let number = |index: usize| {
        let states = to.states(index);
        from.index(place.iter().map(|&i| states[i]))
    };
    Some((0..to.count()).map(number).collect())
}

fn syntax(message: String) -> BayesError {
    BayesError::Syntax { format: FORMAT, message }
}
