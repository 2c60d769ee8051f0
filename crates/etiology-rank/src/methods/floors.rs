//! Floors: answers that look at no value. A method that does not clearly beat them has shown nothing.

use etiology_frame::Metric;

use crate::{Case, Level, MethodCard, RankError, Ranking, RootCauseMethod, Scored, Variant};

use super::marginal::ranking_or_abstention;

/// An answer that looks at names only, never at values.
///
/// * [`chance`](Self::chance): every metric has the same score. The expected accuracy of such a tie under random
///   tie-breaking *is* the accuracy of guessing among the metrics (or, folded, among the entities), without the noise of
///   drawing a guess.
/// * [`column_order`](Self::column_order): metrics in the order of the input's columns. Benchmarks that answer a crash with
///   the column order, or break ties by it, credit methods with this accuracy.
/// * [`constant`](Self::constant): entities in the order of their names (by Unicode code point), so the same answer to
///   every incident of a suite. The best constant answer can only be known with hindsight and is the benchmark's to
///   compute.
///
/// No needs, no assumptions, `O(d log d)` at most. When not to use one: to find a cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamesOnly {
    order: Order,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Tied,
    Columns,
    Names,
}

impl NamesOnly {
    /// Every metric the same.
    #[must_use]
    pub fn chance() -> Self {
        Self { order: Order::Tied }
    }

    /// Metrics in column order.
    #[must_use]
    pub fn column_order() -> Self {
        Self { order: Order::Columns }
    }

    /// Entities in the order of their names.
    #[must_use]
    pub fn constant() -> Self {
        Self { order: Order::Names }
    }
}

impl RootCauseMethod for NamesOnly {
    fn card(&self) -> MethodCard {
        let (name, level, summary) = match self.order {
            Order::Tied => ("chance", Level::Metric, "floor: every metric the same score"),
            Order::Columns => {
                ("column-order", Level::Metric, "floor: metrics in the order of the input's columns")
            }
            Order::Names => {
                ("constant", Level::Entity, "floor: entities in alphabetical order, whatever happened")
            }
        };
        MethodCard {
            name,
            variant: Variant::Repaired,
            level,
            summary,
            needs: &[],
            assumes: "nothing",
            repairs: "",
            cites: "none: a floor",
            complexity: if self.order == Order::Names { "O(d log d)" } else { "O(d)" },
        }
    }

    fn rank(&self, case: &Case<'_>, _seed: u64) -> Result<Ranking, RankError> {
        let MethodCard { name, level, .. } = self.card();
        let metrics = case.metrics();
        let entries = match self.order {
            Order::Tied => metrics.iter().map(|metric| Scored::metric(metric, 0.0)).collect(),
            Order::Columns => {
                let places = metrics.iter().enumerate();
                places.map(|(place, metric)| Scored::metric(metric, 0.0 - place as f64)).collect()
            }
            Order::Names => {
                let mut entities: Vec<&str> = metrics.iter().map(Metric::entity_or_name).collect();
                entities.sort_unstable();
                entities.dedup();
                let places = entities.into_iter().enumerate();
                places.map(|(place, entity)| Scored::entity(entity, 0.0 - place as f64)).collect()
            }
        };
        ranking_or_abstention(name, level, entries, case.left_out().to_vec())
    }
}
