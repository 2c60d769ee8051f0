//! What is known about the variables before a question is asked.
//!
//! A finding is hard (the variable is in this state) or soft: a likelihood per state, `P(observation | state)` up to a
//! factor, which is Pearl's virtual evidence (1988, section 2.2.2). Interventions are no evidence: they change the network,
//! see [`DiscreteNetwork::intervene`].

use crate::{BayesError, DiscreteNetwork};

/// What is known about one variable.
#[derive(Debug, Clone, PartialEq)]
pub enum Finding {
    /// It is in the state of this number.
    State(usize),
    /// The likelihood of what was seen, per state.
    Likelihood(Vec<f64>),
}

/// Findings about some variables of a network, at most one each.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evidence {
    /// Ascending in the node.
    findings: Vec<(usize, Finding)>,
}

impl Evidence {
    /// Nothing is known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Variables found in states, by name.
    ///
    /// # Errors
    /// When a name is unknown or a variable is given twice.
    pub fn from_names(network: &DiscreteNetwork, findings: &[(&str, &str)]) -> Result<Self, BayesError> {
        let mut evidence = Self::new();
        for (variable, state) in findings {
            let node = network.variable(variable)?;
            if evidence.get(node).is_some() {
                let message = format!("`{variable}` is given twice in the evidence; keep one finding");
                return Err(BayesError::Query { message });
            }
            evidence = evidence.with_state(node, network.state(node, state)?);
        }
        Ok(evidence)
    }

    /// Adds, or replaces, the finding that `node` is in `state`.
    #[must_use]
    pub fn with_state(self, node: usize, state: usize) -> Self {
        self.with(node, Finding::State(state))
    }

    /// Adds, or replaces, a likelihood over the states of `node`.
    #[must_use]
    pub fn with_likelihood(self, node: usize, likelihood: Vec<f64>) -> Self {
        self.with(node, Finding::Likelihood(likelihood))
    }

    fn with(mut self, node: usize, finding: Finding) -> Self {
        match self.findings.binary_search_by_key(&node, |(other, _)| *other) {
            Ok(at) => self.findings[at].1 = finding,
            Err(at) => self.findings.insert(at, (node, finding)),
        }
        self
    }

    /// The finding about a node.
    #[must_use]
    pub fn get(&self, node: usize) -> Option<&Finding> {
        let at = self.findings.binary_search_by_key(&node, |(other, _)| *other).ok()?;
        Some(&self.findings[at].1)
    }

    /// The state a node was found in, if the finding is hard.
    #[must_use]
    pub fn state(&self, node: usize) -> Option<usize> {
        match self.get(node) {
            Some(Finding::State(state)) => Some(*state),
            _ => None,
        }
    }

    /// Every finding, ascending in the node.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &Finding)> {
        self.findings.iter().map(|(node, finding)| (*node, finding))
    }

    /// Number of findings.
    #[must_use]
    pub fn len(&self) -> usize {
        self.findings.len()
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// Checks every finding against a network.
    ///
    /// # Errors
    /// When a node or state is unknown, or a likelihood has the wrong length, a number that is negative or not finite, or
    /// only zeros.
    pub fn check(&self, network: &DiscreteNetwork) -> Result<(), BayesError> {
        for (node, finding) in self.iter() {
            match finding {
                Finding::State(state) => network.check_state(node, *state)?,
                Finding::Likelihood(likelihood) => {
                    network.check_node(node)?;
                    check_likelihood(network, node, likelihood)?;
                }
            }
        }
        Ok(())
    }
}

fn check_likelihood(network: &DiscreteNetwork, node: usize, likelihood: &[f64]) -> Result<(), BayesError> {
    let (name, states) = (network.name(node), network.cardinality(node));
    let message = if likelihood.len() != states {
        format!(
            "the likelihood of `{name}` has {} numbers and the variable {states} states",
            likelihood.len()
        )
    } else if let Some(value) = likelihood.iter().find(|value| !value.is_finite() || **value < 0.0) {
        format!("the likelihood of `{name}` holds {value}; give finite numbers of at least 0")
    } else if likelihood.iter().all(|&value| value == 0.0) {
        return Err(BayesError::ImpossibleEvidence {
            message: format!("the likelihood of `{name}` is 0 everywhere"),
        });
    } else {
        return Ok(());
    };
    Err(BayesError::Query { message })
}

#[cfg(test)]
mod tests {
    use super::*;
    use etiology_graph::{Dag, Nodes};

    #[test]
    fn findings_are_kept_in_order_and_checked() {
        let states = vec![vec!["no".to_owned(), "yes".to_owned()]; 3];
        let dag = Dag::empty(Nodes::numbered(3));
        let network = DiscreteNetwork::new(dag, states, vec![vec![0.5, 0.5]; 3]).unwrap();
        let evidence = Evidence::from_names(&network, &[("X3", "yes"), ("X1", "no")]).unwrap();
        assert_eq!(evidence.iter().map(|(node, _)| node).collect::<Vec<_>>(), [0, 2]);
        assert_eq!((evidence.state(2), evidence.state(1), evidence.len()), (Some(1), None, 2));
        assert!(evidence.check(&network).is_ok());
        let names =
            |findings: &[(&str, &str)]| Evidence::from_names(&network, findings).unwrap_err().to_string();
        assert!(names(&[("X9", "yes")]).contains("`X9`"));
        assert!(names(&[("X1", "maybe")]).contains("`no`, `yes`"));
        assert!(names(&[("X1", "no"), ("X1", "no")]).contains("twice"));
        let bad = |evidence: Evidence| evidence.check(&network).is_err();
        assert!(bad(Evidence::new().with_state(0, 2)) && bad(Evidence::new().with_state(3, 0)));
        for likelihood in [vec![1.0], vec![-1.0, 1.0], vec![f64::NAN, 1.0], vec![0.0, 0.0]] {
            assert!(bad(Evidence::new().with_likelihood(1, likelihood)));
        }
    }
}
