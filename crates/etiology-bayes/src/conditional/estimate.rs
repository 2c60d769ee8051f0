//! Maximum likelihood for conditional-Gaussian networks: counts for the discrete families, one regression per
//! configuration of the discrete parents for the continuous ones.
//!
//! Every family uses the rows in which all of its members are present. A configuration with too few rows for its own
//! regression takes the regression over all configurations, a discrete one never seen the uniform distribution; both are
//! said in the notes.

use etiology_graph::Dag;
use etiology_stats::{DiscreteColumn, MixedColumn, Moments};

use super::{ConditionalGaussianNetwork, Layout, MixedFamily, Value, layouts};
use crate::estimate::normalise;
use crate::gaussian::{gaussian_log_density, linear_gaussian, require_finite};
use crate::regression::regress;
use crate::{BayesError, FitNote, Variance};

/// A fitted network and what the fit has to say.
#[derive(Debug, Clone, PartialEq)]
pub struct ConditionalGaussianFit {
    /// The network.
    pub network: ConditionalGaussianNetwork,
    /// What was left out or stood in for.
    pub notes: Vec<FitNote>,
}

/// Fits [`ConditionalGaussianNetwork`]s.
///
/// Options: the divisor of the variances within each configuration (default [`Variance::Unbiased`], as bnlearn).
/// Complexity: `O(n k^2 + c k^3)` per family of `k` members and `c` configurations.
#[derive(Debug, Clone, Copy, Default)]
pub struct ConditionalGaussianEstimator {
    variance: Variance,
}

impl ConditionalGaussianEstimator {
    /// With the defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the divisor of the residual variances.
    #[must_use]
    pub fn with_variance(mut self, variance: Variance) -> Self {
        self.variance = variance;
        self
    }

    /// Fits from columns of one length, one per node in the graph's order.
    ///
    /// # Errors
    /// When columns and nodes disagree, a discrete node has a continuous parent, a table would be too large, or a
    /// continuous family has too few rows altogether.
    pub fn fit_columns(
        &self,
        dag: &Dag,
        columns: &[MixedColumn],
    ) -> Result<ConditionalGaussianFit, BayesError> {
        let rows = check_columns(dag, columns)?;
        let cardinality: Vec<Option<usize>> = columns
            .iter()
            .map(|column| match column {
                MixedColumn::Discrete(column) => Some(column.cardinality()),
                MixedColumn::Continuous(_) => None,
            })
            .collect();
        let layouts = layouts(dag, &cardinality)?;
        let (mut families, mut notes) = (Vec::with_capacity(dag.len()), Vec::new());
        for (node, layout) in layouts.iter().enumerate() {
            families.push(match &columns[node] {
                MixedColumn::Discrete(column) => discrete(dag, node, column, layout, columns, &mut notes)?,
                MixedColumn::Continuous(_) => {
                    self.continuous(dag, node, layout, columns, rows, &mut notes)?
                }
            });
        }
        Ok(ConditionalGaussianFit { network: ConditionalGaussianNetwork::new(dag.clone(), families)?, notes })
    }

    fn continuous(
        &self,
        dag: &Dag,
        node: usize,
        layout: &Layout,
        columns: &[MixedColumn],
        rows: usize,
        notes: &mut Vec<FitNote>,
    ) -> Result<MixedFamily, BayesError> {
        let name = |node| dag.nodes().name(node).to_owned();
        let width = layout.continuous.len() + 1;
        let mut parts = vec![vec![Vec::new(); width]; layout.configurations.count()];
        let (mut row, mut skipped) = (vec![0.0; width], 0);
        for i in 0..rows {
            let numbers = layout.continuous.iter().chain([&node]).map(|&member| columns[member].number(i));
            let complete = row.iter_mut().zip(numbers).all(|(slot, value)| {
                *slot = value.unwrap_or(0.0);
                value.is_some()
            });
            match configuration(layout, columns, i) {
                Some(index) if complete => {
                    parts[index].iter_mut().zip(&row).for_each(|(column, &value)| column.push(value));
                }
                _ => skipped += 1,
            }
        }
        let moments: Vec<Moments> =
            parts.iter().map(|part| Moments::from_columns(part)).collect::<Result<_, _>>()?;
        if skipped > 0 {
            notes.push(FitNote::Missing { node: name(node), rows: skipped });
        }
        let mut pooled = Moments::new(width);
        for part in &moments {
            pooled.merge(part)?;
        }
        require_finite(&pooled, &name(node))?;
        let stand_in = linear_gaussian(&regress(&pooled), pooled.weight(), self.variance);
        let (mut left_out, mut unseen, mut exact) = (vec![false; width - 1], 0, false);
        let components = moments
            .iter()
            .map(|part| {
                let fit = regress(part);
                match linear_gaussian(&fit, part.weight(), self.variance) {
                    Some(component) => {
                        fit.left_out.iter().for_each(|&parent| left_out[parent] = true);
                        exact |= component.sd == 0.0;
                        Some(component)
                    }
                    None => {
                        unseen += 1;
                        stand_in.clone()
                    }
                }
            })
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| BayesError::Family {
                node: name(node),
                message: format!(
                    "{} usable rows cannot fit {} continuous parents and a variance; add rows or remove parents",
                    pooled.weight(),
                    width - 1
                ),
            })?;
        for parent in (0..width - 1).filter(|&parent| left_out[parent]) {
            notes.push(FitNote::Collinear { node: name(node), parent: name(layout.continuous[parent]) });
        }
        if exact {
            notes.push(FitNote::Deterministic { node: name(node) });
        }
        if unseen > 0 {
            let instead = "the regression over all configurations stands in";
            notes.push(FitNote::Unseen { node: name(node), configurations: unseen, instead });
        }
        Ok(MixedFamily::Continuous { components })
    }
}

fn discrete(
    dag: &Dag,
    node: usize,
    column: &DiscreteColumn,
    layout: &Layout,
    columns: &[MixedColumn],
    notes: &mut Vec<FitNote>,
) -> Result<MixedFamily, BayesError> {
    let name = || dag.nodes().name(node).to_owned();
    let states = column.cardinality();
    if states == 0 {
        return Err(BayesError::Family {
            node: name(),
            message: "all its values are missing; leave it out".into(),
        });
    }
    let mut table = vec![0.0; layout.configurations.count() * states];
    let mut skipped = 0;
    for row in 0..column.codes().len() {
        match (configuration(layout, columns, row), columns[node].state(row)) {
            (Some(index), Some(state)) => table[index * states + state] += 1.0,
            _ => skipped += 1,
        }
    }
    if skipped > 0 {
        notes.push(FitNote::Missing { node: name(), rows: skipped });
    }
    let unseen = normalise(&mut table, states);
    if unseen > 0 {
        notes.push(FitNote::Unseen { node: name(), configurations: unseen, instead: "they are uniform" });
    }
    Ok(MixedFamily::Discrete { states: column.levels().clone(), table })
}

/// The configuration of a family's discrete parents in a row; `None` when one is missing.
fn configuration(layout: &Layout, columns: &[MixedColumn], row: usize) -> Option<usize> {
    let mut missing = false;
    let states = layout.discrete.iter().map(|&parent| {
        columns[parent].state(row).unwrap_or_else(|| {
            missing = true;
            0
        })
    });
    let index = layout.configurations.index(states);
    (!missing).then_some(index)
}

fn check_columns(dag: &Dag, columns: &[MixedColumn]) -> Result<usize, BayesError> {
    if columns.len() != dag.len() {
        return Err(BayesError::Width { what: "the data", expected: dag.len(), got: columns.len() });
    }
    let rows = columns.first().map_or(0, MixedColumn::len);
    match columns.iter().position(|column| column.len() != rows) {
        Some(odd) => Err(BayesError::Family {
            node: dag.nodes().name(odd).to_owned(),
            message: format!("its column has {} rows and the first {rows}", columns[odd].len()),
        }),
        None => Ok(rows),
    }
}

impl ConditionalGaussianNetwork {
    /// The log-likelihood of complete rows; minus infinity when a row is impossible. `O(n (p + edges))`.
    ///
    /// # Errors
    /// When columns and nodes disagree in number or kind, a value is missing, a code names no state, or a continuous node
    /// is deterministic in a configuration that occurs (its density has no bound).
    pub fn log_likelihood(&self, columns: &[MixedColumn]) -> Result<f64, BayesError> {
        let rows = check_columns(self.dag(), columns)?;
        let mut total = 0.0;
        for (node, family) in self.families().iter().enumerate() {
            let fail = |message: &str| BayesError::Family {
                node: self.nodes().name(node).to_owned(),
                message: message.to_owned(),
            };
            let layout = self.layout(node);
            for row in 0..rows {
                for &member in layout.discrete.iter().chain([&node]) {
                    let known = match columns[member].state(row) {
                        Some(state) => Value::State(state),
                        None => Value::Number(columns[member].number(row).unwrap_or(f64::NAN)),
                    };
                    self.check_value(member, known)?;
                }
                let index = configuration(layout, columns, row).ok_or_else(|| fail("a value is missing"))?;
                total += match family {
                    MixedFamily::Discrete { states, table } => {
                        let state = columns[node].state(row).ok_or_else(|| fail("a value is missing"))?;
                        table[index * states.len() + state].ln()
                    }
                    MixedFamily::Continuous { components } => {
                        let component = &components[index];
                        if component.sd == 0.0 {
                            return Err(fail("its standard deviation is 0 in a configuration that occurs"));
                        }
                        let missing = || fail("a value is missing or not a number");
                        let mut rest = columns[node].number(row).ok_or_else(missing)? - component.intercept;
                        for (&parent, coefficient) in layout.continuous.iter().zip(&component.coefficients) {
                            rest -= coefficient * columns[parent].number(row).ok_or_else(missing)?;
                        }
                        gaussian_log_density(1.0, rest * rest, component.sd)
                    }
                };
            }
        }
        if total.is_nan() || total == f64::INFINITY {
            return Err(BayesError::Overflow { what: "the log-likelihood" });
        }
        Ok(total)
    }
}
