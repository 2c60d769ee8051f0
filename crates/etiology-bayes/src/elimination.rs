//! Sum-product elimination over small factors, cheapest variable first.

use crate::BayesError;
use crate::configuration::Configurations;

/// The most joint states that a table or an enumeration may have.
pub(crate) const STATE_LIMIT: usize = 1 << 22;

/// A table over discrete variables, the last of its scope changing fastest.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Factor {
    pub(crate) scope: Vec<usize>,
    pub(crate) cardinalities: Vec<usize>,
    pub(crate) values: Vec<f64>,
}

impl Factor {
    /// The factor with one variable fixed to a state and dropped.
    pub(crate) fn fix(self, variable: usize, state: usize) -> Self {
        let Some(position) = self.scope.iter().position(|&other| other == variable) else { return self };
        let inner: usize = self.cardinalities[position + 1..].iter().product();
        let span = inner * self.cardinalities[position];
        let values = self.values.chunks(span).flat_map(|block| &block[state * inner..(state + 1) * inner]);
        let values = values.copied().collect();
        let (mut scope, mut cardinalities) = (self.scope, self.cardinalities);
        scope.remove(position);
        cardinalities.remove(position);
        Self { scope, cardinalities, values }
    }

    /// The product of factors, summed over every variable that `keep` does not hold.
    fn product_sum(factors: &[Self], keep: &[usize]) -> Result<Self, BayesError> {
        let (scope, cardinalities) = union(factors);
        let joint = numbered(cardinalities.clone())?;
        let kept: Vec<usize> = (0..scope.len()).filter(|&i| keep.contains(&scope[i])).collect();
        let kept_cards: Vec<usize> = kept.iter().map(|&i| cardinalities[i]).collect();
        let target = numbered(kept_cards.clone())?;
        let places: Vec<Vec<usize>> = factors
            .iter()
            .map(|f| f.scope.iter().filter_map(|v| scope.iter().position(|other| other == v)).collect())
            .collect();
        let layouts: Vec<Configurations> =
            factors.iter().map(|f| numbered(f.cardinalities.clone())).collect::<Result<_, _>>()?;
        let mut values = vec![0.0; target.count()];
        for index in 0..joint.count() {
            let states = joint.states(index);
            let term: f64 = (factors.iter().zip(&places).zip(&layouts))
                .map(|((factor, places), layout)| {
                    factor.values[layout.index(places.iter().map(|&i| states[i]))]
                })
                .product();
            values[target.index(kept.iter().map(|&i| states[i]))] += term;
        }
        Ok(Self { scope: kept.iter().map(|&i| scope[i]).collect(), cardinalities: kept_cards, values })
    }
}

/// The product of all factors summed over every variable but `keep`; the table is in the order of `keep`, ascending.
pub(crate) fn eliminate(mut factors: Vec<Factor>, keep: &[usize]) -> Result<Vec<f64>, BayesError> {
    loop {
        let (scope, _) = union(&factors);
        let size = |variable: usize| -> f64 {
            let touching: Vec<Factor> =
                factors.iter().filter(|f| f.scope.contains(&variable)).cloned().collect();
            union(&touching).1.iter().map(|&c| c as f64).product()
        };
        let next =
            scope.iter().copied().filter(|v| !keep.contains(v)).min_by(|&a, &b| size(a).total_cmp(&size(b)));
        let Some(variable) = next else { break };
        let (touching, rest): (Vec<Factor>, Vec<Factor>) =
            factors.into_iter().partition(|f| f.scope.contains(&variable));
        let others: Vec<usize> = union(&touching).0.into_iter().filter(|&v| v != variable).collect();
        factors = rest;
        factors.push(Factor::product_sum(&touching, &others)?);
    }
    Ok(Factor::product_sum(&factors, keep)?.values)
}

/// The variables of some factors in ascending order, with their cardinalities.
fn union(factors: &[Factor]) -> (Vec<usize>, Vec<usize>) {
    let mut pairs: Vec<(usize, usize)> =
        factors.iter().flat_map(|f| f.scope.iter().copied().zip(f.cardinalities.iter().copied())).collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs.into_iter().unzip()
}

fn numbered(cardinalities: Vec<usize>) -> Result<Configurations, BayesError> {
    Configurations::new(cardinalities).filter(|c| c.count() <= STATE_LIMIT).ok_or_else(|| {
        BayesError::TooLarge {
            message: format!(
                "a factor would have more than {STATE_LIMIT} entries; give evidence on more nodes, or use sampling"
            ),
        }
    })
}
