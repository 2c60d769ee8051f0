//! Expected counts of many families at once, by a bucket tree.
//!
//! Eliminating the variables of a few factors one after the other makes a tree of clusters; a pass towards the last one sums
//! the product out, a pass back gives every cluster its share of the whole, and with it every factor's (Dechter, "Bucket
//! elimination", Artificial Intelligence 113, 1999; Kask et al., Artificial Intelligence 166, 2005). Clusters are walked with
//! a mixed-radix counter that carries the position in every table along, so that no product is ever stored.

use crate::BayesError;
use crate::configuration::STATE_LIMIT;

/// A factor as the tree sees it: the steps of its table for each of its variables.
pub(crate) type Steps = Vec<(usize, usize)>;

/// The clusters of some factors' elimination, each before its parent.
#[derive(Debug)]
pub(crate) struct BucketTree {
    clusters: Vec<Cluster>,
}

#[derive(Debug)]
struct Cluster {
    cardinalities: Vec<usize>,
    /// Factor, and its step for each variable of the cluster.
    factors: Vec<(usize, Vec<usize>)>,
    /// Child cluster, and the step of its separator for each variable of the cluster.
    children: Vec<(usize, Vec<usize>)>,
    /// The step of the cluster's own separator.
    separator: Vec<usize>,
    separator_size: usize,
}

impl BucketTree {
    /// The tree for variables with these cardinalities, eliminated cheapest first.
    pub(crate) fn new(cardinalities: &[usize], factors: &[Steps]) -> Result<Self, BayesError> {
        let mut scopes: Vec<(Vec<usize>, Source)> = factors
            .iter()
            .enumerate()
            .map(|(i, steps)| (steps.iter().map(|(variable, _)| *variable).collect(), Source::Factor(i)))
            .collect();
        let (mut left, mut clusters): (Vec<usize>, Vec<Cluster>) =
            ((0..cardinalities.len()).collect(), Vec::new());
        let mut separators: Vec<Vec<usize>> = Vec::new();
        while !left.is_empty() {
            let joined = |variable: usize| {
                let mut scope: Vec<usize> = scopes
                    .iter()
                    .filter(|(s, _)| s.contains(&variable))
                    .flat_map(|(s, _)| s.iter().copied())
                    .collect();
                scope.push(variable);
                scope.sort_unstable();
                scope.dedup();
                scope
            };
            let size = |scope: &[usize]| scope.iter().map(|&v| cardinalities[v] as f64).product::<f64>();
            let best = left.iter().map(|&v| (v, joined(v))).min_by(|a, b| size(&a.1).total_cmp(&size(&b.1)));
            let Some((variable, scope)) = best else { break };
            if size(&scope) > STATE_LIMIT as f64 {
                return Err(BayesError::TooLarge {
                    message: format!(
                        "missing values that depend on one another have more than {STATE_LIMIT} joint states even after \
                         elimination; drop the emptiest columns"
                    ),
                });
            }
            left.retain(|&v| v != variable);
            let separator: Vec<usize> = scope.iter().copied().filter(|&v| v != variable).collect();
            let mut cluster = Cluster {
                cardinalities: scope.iter().map(|&v| cardinalities[v]).collect(),
                factors: Vec::new(),
                children: Vec::new(),
                separator_size: separator.iter().map(|&v| cardinalities[v]).product(),
                separator: steps_in(&scope, &dense(&separator, cardinalities)),
            };
            scopes.retain(|(s, source)| {
                if s.contains(&variable) {
                    match *source {
                        Source::Factor(i) => cluster.factors.push((i, steps_in(&scope, &factors[i]))),
                        Source::Cluster(c) => {
                            cluster
                                .children
                                .push((c, steps_in(&scope, &dense(&separators[c], cardinalities))));
                        }
                    }
                    return false;
                }
                true
            });
            scopes.push((separator.clone(), Source::Cluster(clusters.len())));
            separators.push(separator);
            clusters.push(cluster);
        }
        Ok(Self { clusters })
    }

    /// Calls `add(factor, cell, weight)` with the posterior weight of each factor's cells, and returns the logarithm of the
    /// sum over all joint states; minus infinity when it is zero. `value(factor, cell)` reads a factor.
    pub(crate) fn expect(
        &self,
        value: impl Fn(usize, usize) -> f64,
        mut add: impl FnMut(usize, usize, f64),
    ) -> f64 {
        let mut messages: Vec<Vec<f64>> = Vec::with_capacity(self.clusters.len());
        let (mut scales, mut log_total) = (Vec::with_capacity(self.clusters.len()), 0.0);
        for cluster in &self.clusters {
            let mut message = vec![0.0; cluster.separator_size];
            cluster.walk(&value, &messages, |own, weight, _, _| message[own] += weight);
            let scale: f64 = message.iter().sum();
            if scale <= 0.0 {
                return f64::NEG_INFINITY;
            }
            message.iter_mut().for_each(|entry| *entry /= scale);
            log_total += scale.ln();
            scales.push(scale);
            messages.push(message);
        }
        // What the rest of the tree says of each cluster's separator.
        let mut rest: Vec<Vec<f64>> = messages.iter().map(|message| vec![0.0; message.len()]).collect();
        for (index, cluster) in self.clusters.iter().enumerate().rev() {
            let own_rest: Vec<f64> = if cluster.separator_size == 1 {
                vec![1.0 / scales[index]]
            } else {
                let share = |(rest, message): (&f64, &f64)| {
                    if *message > 0.0 { rest / message / scales[index] } else { 0.0 }
                };
                rest[index].iter().zip(&messages[index]).map(share).collect()
            };
            cluster.walk(&value, &messages, |own, weight, factor_cells, child_cells| {
                let belief = weight * own_rest[own];
                for ((factor, _), &cell) in cluster.factors.iter().zip(factor_cells) {
                    add(*factor, cell, belief);
                }
                for ((child, _), &cell) in cluster.children.iter().zip(child_cells) {
                    rest[*child][cell] += belief;
                }
            });
        }
        log_total
    }
}

enum Source {
    Factor(usize),
    Cluster(usize),
}

impl Cluster {
    /// Visits every joint state that has weight: its place in the separator, its weight, and its cells in factors and
    /// messages.
    fn walk(
        &self,
        value: &impl Fn(usize, usize) -> f64,
        messages: &[Vec<f64>],
        mut visit: impl FnMut(usize, f64, &[usize], &[usize]),
    ) {
        let mut state = vec![0; self.cardinalities.len()];
        let (mut own, mut factors, mut children) =
            (0, vec![0; self.factors.len()], vec![0; self.children.len()]);
        loop {
            let mut weight = 1.0;
            for ((factor, _), &cell) in self.factors.iter().zip(&factors) {
                weight *= value(*factor, cell);
            }
            for ((child, _), &cell) in self.children.iter().zip(&children) {
                weight *= messages[*child][cell];
            }
            if weight > 0.0 {
                visit(own, weight, &factors, &children);
            }
            let mut position = state.len();
            loop {
                if position == 0 {
                    return;
                }
                position -= 1;
                let carry = state[position] + 1 == self.cardinalities[position];
                let old = state[position];
                let shift = |cell: &mut usize, step: usize| {
                    *cell = if carry { *cell - step * old } else { *cell + step }
                };
                shift(&mut own, self.separator[position]);
                factors
                    .iter_mut()
                    .zip(&self.factors)
                    .for_each(|(cell, (_, steps))| shift(cell, steps[position]));
                children
                    .iter_mut()
                    .zip(&self.children)
                    .for_each(|(cell, (_, steps))| shift(cell, steps[position]));
                state[position] = if carry { 0 } else { old + 1 };
                if !carry {
                    break;
                }
            }
        }
    }
}

/// The steps of a dense table over variables, the last fastest.
fn dense(variables: &[usize], cardinalities: &[usize]) -> Steps {
    let mut step = 1;
    let mut steps: Steps = variables
        .iter()
        .rev()
        .map(|&variable| {
            let own = step;
            step *= cardinalities[variable];
            (variable, own)
        })
        .collect();
    steps.reverse();
    steps
}

/// A table's step for each variable of a scope; zero for those it does not have.
fn steps_in(scope: &[usize], steps: &Steps) -> Vec<usize> {
    let of =
        |variable: &usize| steps.iter().find(|(other, _)| other == variable).map_or(0, |(_, step)| *step);
    scope.iter().map(of).collect()
}
