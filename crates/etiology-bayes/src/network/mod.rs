//! [`Network`]: a Bayesian network of any kind behind one set of questions, for callers that read it from a file.

mod document;

use std::fmt;

use etiology_graph::{Dag, Nodes};
use etiology_stats::{DiscreteTable, MixedColumn};

use crate::{
    BayesError, ConditionalGaussianEstimator, ConditionalGaussianNetwork, DiscreteEstimator, DiscreteNetwork,
    Evidence, ExpectationMaximization, FitNote, GaussianEstimator, GaussianNetwork, Intervention,
    MixedPosterior, MixtureComponent, ParameterPrior, Value, VariableElimination, Variance,
};

/// A discrete, linear-Gaussian or conditional-Gaussian network.
///
/// ```
/// use etiology_bayes::Network;
///
/// let network = Network::from_json(r#"{ "schema": "etiology.network/1", "kind": "gaussian", "nodes": [
///     { "name": "load", "parents": [], "intercept": 10.0, "coefficients": [], "sd": 2.0 },
///     { "name": "latency", "parents": ["load"], "intercept": 1.0, "coefficients": [0.5], "sd": 1.0 } ] }"#)?;
/// let load = network.nodes().require("load")?;
/// let latency = network.nodes().require("latency")?;
/// let slow = network.parse_value(latency, "8")?;
/// let answer = network.query(load, &[(latency, slow)])?;
/// assert_eq!(answer.mean(), Some(12.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Network {
    /// Tables over named states.
    Discrete(DiscreteNetwork),
    /// Linear functions and Gaussian noise.
    Gaussian(GaussianNetwork),
    /// Both.
    ConditionalGaussian(ConditionalGaussianNetwork),
}

/// Fits a [`Network`] of the kind the data ask for.
#[derive(Debug, Clone, Default)]
pub struct NetworkEstimator {
    prior: ParameterPrior,
    variance: Variance,
    em: Option<ExpectationMaximization>,
}

/// A fitted network of any kind.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkFit {
    /// The network.
    pub network: Network,
    /// Log-likelihood of the data, where it is defined: discrete data (of each family's complete rows, or of the observed
    /// values under expectation-maximization), and continuous data without missing values or deterministic nodes.
    pub log_likelihood: Option<f64>,
    /// What was left out or stood in for.
    pub notes: Vec<FitNote>,
}

impl NetworkEstimator {
    /// With the defaults: maximum likelihood, unbiased variances, rows complete for each family.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the pseudo-counts of discrete networks.
    #[must_use]
    pub fn with_prior(mut self, prior: ParameterPrior) -> Self {
        self.prior = prior;
        self
    }

    /// Sets the divisor of variances.
    #[must_use]
    pub fn with_variance(mut self, variance: Variance) -> Self {
        self.variance = variance;
        self
    }

    /// Fits discrete networks with missing values by expectation-maximization, under the prior set here.
    #[must_use]
    pub fn with_expectation_maximization(mut self, em: ExpectationMaximization) -> Self {
        self.em = Some(em);
        self
    }

    /// Fits the kind of network that the columns ask for: discrete, Gaussian, or both.
    ///
    /// # Errors
    /// As the estimators of each kind; [`BayesError::Query`] for a prior or expectation-maximization that the kind has no
    /// use for.
    pub fn fit(&self, dag: &Dag, columns: &[MixedColumn]) -> Result<NetworkFit, BayesError> {
        let discrete = columns.iter().filter(|column| matches!(column, MixedColumn::Discrete(_))).count();
        if discrete == columns.len() {
            return self.fit_discrete(dag, columns);
        }
        if self.prior != ParameterPrior::None || self.em.is_some() {
            return Err(BayesError::Query {
                message: "a prior and expectation-maximization need discrete columns only; leave them out or discretise"
                    .into(),
            });
        }
        if discrete > 0 {
            let fit =
                ConditionalGaussianEstimator::new().with_variance(self.variance).fit_columns(dag, columns)?;
            let log_likelihood = fit.network.log_likelihood(columns).ok().filter(|value| value.is_finite());
            return Ok(NetworkFit {
                network: Network::ConditionalGaussian(fit.network),
                log_likelihood,
                notes: fit.notes,
            });
        }
        let numbers: Vec<&[f64]> = columns
            .iter()
            .filter_map(|column| match column {
                MixedColumn::Continuous(values) => Some(values.as_slice()),
                MixedColumn::Discrete(_) => None,
            })
            .collect();
        let fit = GaussianEstimator::new().with_variance(self.variance).fit_columns(dag, &numbers)?;
        let log_likelihood = fit.network.log_likelihood(&numbers).ok();
        Ok(NetworkFit { network: Network::Gaussian(fit.network), log_likelihood, notes: fit.notes })
    }

    fn fit_discrete(&self, dag: &Dag, columns: &[MixedColumn]) -> Result<NetworkFit, BayesError> {
        let columns = columns.iter().filter_map(|column| match column {
            MixedColumn::Discrete(column) => Some(column.clone()),
            MixedColumn::Continuous(_) => None,
        });
        let table = DiscreteTable::new(columns.collect())?;
        if let Some(em) = &self.em {
            let fit = em.clone().with_prior(self.prior.clone()).fit(dag, &table)?;
            let log_likelihood = Some(fit.log_likelihood);
            return Ok(NetworkFit {
                network: Network::Discrete(fit.network),
                log_likelihood,
                notes: fit.notes,
            });
        }
        let fit = DiscreteEstimator::new().with_prior(self.prior.clone()).fit_table(dag, &table)?;
        let log_likelihood = Some(fit.log_likelihood);
        Ok(NetworkFit { network: Network::Discrete(fit.network), log_likelihood, notes: fit.notes })
    }
}

/// What a node of a network is like, given evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Probabilities of states, or a mixture of normals (of one, in a linear-Gaussian network).
    pub posterior: MixedPosterior,
    /// Logarithm of the evidence's probability; of its density, for continuous evidence.
    pub log_evidence: f64,
}

impl Answer {
    /// Mean of a continuous node.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        self.posterior.mean()
    }

    /// Standard deviation of a continuous node.
    #[must_use]
    pub fn sd(&self) -> Option<f64> {
        self.posterior.sd()
    }

    /// Probabilities of a discrete node's states.
    #[must_use]
    pub fn probabilities(&self) -> Option<&[f64]> {
        match &self.posterior {
            MixedPosterior::Discrete(probabilities) => Some(probabilities),
            MixedPosterior::Continuous(_) => None,
        }
    }
}

impl Network {
    /// The kind's name: `discrete`, `gaussian` or `conditional-gaussian`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Discrete(_) => "discrete",
            Self::Gaussian(_) => "gaussian",
            Self::ConditionalGaussian(_) => "conditional-gaussian",
        }
    }

    /// The graph.
    #[must_use]
    pub fn dag(&self) -> &Dag {
        match self {
            Self::Discrete(network) => network.dag(),
            Self::Gaussian(network) => network.dag(),
            Self::ConditionalGaussian(network) => network.dag(),
        }
    }

    /// The nodes' names.
    #[must_use]
    pub fn nodes(&self) -> &Nodes {
        self.dag().nodes()
    }

    /// Number of free parameters.
    #[must_use]
    pub fn parameters(&self) -> usize {
        match self {
            Self::Discrete(network) => network.parameters(),
            Self::Gaussian(network) => network.parameters(),
            Self::ConditionalGaussian(network) => network.parameters(),
        }
    }

    /// The names of a discrete node's states; `None` for a continuous one and a number that is no node.
    #[must_use]
    pub fn states(&self, node: usize) -> Option<&[String]> {
        match self {
            Self::Discrete(network) if node < network.len() => Some(network.states(node)),
            Self::Discrete(_) | Self::Gaussian(_) => None,
            Self::ConditionalGaussian(network) => network.states(node),
        }
    }

    /// Reads a value of a node: the name of a state, or a number.
    ///
    /// # Errors
    /// [`BayesError::UnknownVariable`]; [`BayesError::UnknownState`]; [`BayesError::Query`] for text that is no number.
    pub fn parse_value(&self, node: usize, text: &str) -> Result<Value, BayesError> {
        if node >= self.nodes().len() {
            return Err(BayesError::UnknownVariable { name: node.to_string() });
        }
        let name = self.nodes().name(node);
        if let Some(states) = self.states(node) {
            return match states.iter().position(|state| state == text) {
                Some(state) => Ok(Value::State(state)),
                None => Err(BayesError::UnknownState {
                    variable: name.to_owned(),
                    state: text.to_owned(),
                    states: states.join(", "),
                }),
            };
        }
        match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Value::Number(number)),
            _ => Err(BayesError::Query {
                message: format!("`{name}` is continuous and `{text}` is no finite number"),
            }),
        }
    }

    /// The network after `do(node = value)` for each item.
    ///
    /// # Errors
    /// When a node or value is none of the network's, or a node is acted on twice.
    pub fn intervene(&self, interventions: &[(usize, Value)]) -> Result<Self, BayesError> {
        Ok(match self {
            Self::Discrete(network) => {
                let settings: Vec<(usize, usize)> =
                    interventions.iter().map(|item| self.state_of(item)).collect::<Result<_, _>>()?;
                Self::Discrete(network.intervene(&settings)?)
            }
            Self::Gaussian(network) => {
                let settings = interventions
                    .iter()
                    .map(|item| self.number_of(item).map(|(node, number)| (node, Intervention::Set(number))));
                Self::Gaussian(network.intervene(&settings.collect::<Result<Vec<_>, _>>()?)?)
            }
            Self::ConditionalGaussian(network) => {
                Self::ConditionalGaussian(network.intervene(interventions)?)
            }
        })
    }

    /// The distribution of a node given evidence, exactly.
    ///
    /// # Errors
    /// When a node or value is none of the network's, the evidence is impossible, or the exact answer would be too large.
    pub fn query(&self, target: usize, evidence: &[(usize, Value)]) -> Result<Answer, BayesError> {
        for (i, (node, _)) in evidence.iter().enumerate() {
            if evidence[..i].iter().any(|(other, _)| other == node) {
                let message = format!("`{}` is given twice; give it once", self.nodes().name(*node));
                return Err(BayesError::Query { message });
            }
        }
        match self {
            Self::Discrete(network) => {
                let mut findings = Evidence::new();
                for item in evidence {
                    let (node, state) = self.state_of(item)?;
                    findings = findings.with_state(node, state);
                }
                let posterior = VariableElimination::new(network).posterior(target, &findings)?;
                Ok(Answer {
                    posterior: MixedPosterior::Discrete(posterior.probabilities),
                    log_evidence: posterior.log_evidence,
                })
            }
            Self::Gaussian(network) => {
                let given: Vec<(usize, f64)> =
                    evidence.iter().map(|item| self.number_of(item)).collect::<Result<_, _>>()?;
                let posterior = network.condition(&[target], &given)?;
                let component =
                    MixtureComponent { weight: 1.0, mean: posterior.mean[0], sd: posterior.sd(0) };
                Ok(Answer {
                    posterior: MixedPosterior::Continuous(vec![component]),
                    log_evidence: posterior.log_density,
                })
            }
            Self::ConditionalGaussian(network) => {
                let (posterior, log_evidence) = network.query(target, evidence)?;
                Ok(Answer { posterior, log_evidence })
            }
        }
    }

    fn state_of(&self, &(node, value): &(usize, Value)) -> Result<(usize, usize), BayesError> {
        match value {
            Value::State(state) => Ok((node, state)),
            Value::Number(_) => Err(BayesError::Query {
                message: format!("`{}` is discrete; give one of its states", self.nodes().name(node)),
            }),
        }
    }

    fn number_of(&self, &(node, value): &(usize, Value)) -> Result<(usize, f64), BayesError> {
        match value {
            Value::Number(number) => Ok((node, number)),
            Value::State(_) => Err(BayesError::Query {
                message: format!("`{}` is continuous; give a number", self.nodes().name(node)),
            }),
        }
    }
}

impl fmt::Display for Network {
    /// One line: the kind and the numbers of nodes, arcs and parameters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} network of {} nodes, {} arcs and {} parameters",
            self.kind(),
            self.dag().len(),
            self.dag().edge_count(),
            self.parameters()
        )
    }
}
