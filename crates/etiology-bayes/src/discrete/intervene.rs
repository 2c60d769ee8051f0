//! Interventions on discrete networks.
//!
//! `do(X = x)` cuts the edges into `X` and puts all its probability on `x` (Pearl 2009, section 1.3, the truncated
//! factorisation). What comes out is a network like any other, so every algorithm answers interventional questions, with
//! evidence on other variables if there is some. Evidence then means what was observed *after* the intervention.

use crate::{BayesError, DiscreteNetwork};

impl DiscreteNetwork {
    /// The network after setting each node to a state from outside. `O(n + edges)`; tables of other nodes are shared.
    ///
    /// # Errors
    /// When a node or state is unknown, or one node is set to two states.
    pub fn intervene(&self, settings: &[(usize, usize)]) -> Result<Self, BayesError> {
        let mut network = self.clone();
        for (i, &(node, state)) in settings.iter().enumerate() {
            self.check_state(node, state)?;
            if settings[..i].iter().any(|&(other, set)| other == node && set != state) {
                let message = format!("`{}` is set to two states; keep one", self.name(node));
                return Err(BayesError::Query { message });
            }
            let mut row = vec![0.0; self.cardinality(node)];
            row[state] = 1.0;
            for &parent in self.parents(node) {
                network.dag.remove(parent, node);
            }
            network.parents[node].clear();
            network.tables[node] = row.into();
        }
        Ok(network)
    }

    /// [`Self::intervene`] by the names of variables and states.
    ///
    /// # Errors
    /// As there.
    pub fn intervene_by_name(&self, settings: &[(&str, &str)]) -> Result<Self, BayesError> {
        let settings: Result<Vec<_>, BayesError> = settings
            .iter()
            .map(|(variable, state)| {
                let node = self.variable(variable)?;
                Ok((node, self.state(node, state)?))
            })
            .collect();
        self.intervene(&settings?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use etiology_graph::{Dag, Nodes};

    #[test]
    fn surgery_cuts_parents_only_where_asked() {
        let dag = Dag::from_edges(Nodes::numbered(3), [(0, 1), (0, 2), (1, 2)]).unwrap();
        let states = vec![vec!["no".to_owned(), "yes".to_owned()]; 3];
        let tables = vec![vec![0.3, 0.7], vec![0.9, 0.1, 0.2, 0.8], [0.5; 8].to_vec()];
        let network = DiscreteNetwork::new(dag, states, tables).unwrap();
        let cut = network.intervene_by_name(&[("X2", "yes")]).unwrap();
        assert_eq!(cut.dag().edges().collect::<Vec<_>>(), [(0, 2), (1, 2)]);
        assert_eq!(cut.table(1), [0.0, 1.0]);
        assert_eq!((cut.table(0), cut.table(2)), (network.table(0), network.table(2)));
        assert!(network.intervene(&[(1, 0), (1, 1)]).is_err() && network.intervene(&[(1, 2)]).is_err());
        assert!(network.intervene(&[(1, 0), (1, 0)]).is_ok());
    }
}
