//! What is shared by the pairwise and the conditional scan: the moments they read, and the result of one pair.

use etiology_graph::{Lag, Nodes};
use etiology_stats::Moments;

use super::result::{LagEffect, PairTest};
use super::statistic::{Nested, TestStatistic};
use crate::Untestable;

/// What is asked of each pair at one order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question {
    /// Lags tested.
    pub(super) order: usize,
    /// Further lags in the model that are not tested.
    pub(super) extra: usize,
    pub(super) statistic: TestStatistic,
}

impl Question {
    /// Lags in the model.
    pub(super) fn lags(self) -> usize {
        self.order + self.extra
    }

    /// The outcome of a pair from the scaled sums of squares: `gained` by the cause and `left` with it.
    pub(super) fn judge(self, gained: f64, left: f64, rows: u64, terms: usize, effect: &str) -> Outcome {
        let degrees = rows as f64 - terms as f64;
        if left.is_nan() || left < crate::var::REDUNDANT {
            return Err(Untestable::Determined { name: effect.to_owned() });
        }
        let nested =
            Nested { gain: gained / left, rows: rows as f64, restrictions: self.order as f64, degrees };
        nested.statistic(self.statistic).ok_or_else(|| Untestable::Other {
            why: "the statistic is not finite; divide the series by a constant first".to_owned(),
        })
    }
}

pub(super) type Outcome = Result<crate::Statistic, Untestable>;

/// The products of series and their past, scaled to ones on the diagonal, one block of `lags + 1` columns a series.
pub(super) struct Blocks<'a> {
    pub(super) nodes: &'a Nodes,
    /// The number among `nodes` of each series here.
    pub(super) series: &'a [usize],
    pub(super) rows: u64,
    pub(super) lags: usize,
    pub(super) scales: Vec<f64>,
    /// Column-major, symmetric.
    pub(super) gram: Vec<f64>,
    /// Why a series cannot take part.
    pub(super) faults: Vec<Option<Untestable>>,
}

impl<'a> Blocks<'a> {
    pub(super) fn new(moments: &Moments, nodes: &'a Nodes, series: &'a [usize], lags: usize) -> Self {
        let (k, size) = (series.len(), lags + 1);
        let place = |column: usize| (column % size) * k + column / size;
        let total = k * size;
        let products = moments.comoments();
        let scales: Vec<f64> = (0..total).map(|c| products[(place(c), place(c))].sqrt()).collect();
        let mut degenerate = vec![false; total];
        for column in moments.degenerate() {
            degenerate[column] = true;
        }
        let fault = |at: usize| {
            let name = nodes.name(series[at]).to_owned();
            let columns = || (0..size).map(|lag| lag * k + at);
            if columns().any(|column| !moments.is_finite(column)) {
                let why = format!("`{name}` is too large to square; divide it by a constant first");
                return Some(Untestable::Other { why });
            }
            // Without rows nothing is known to be constant. A series that only moves at the end of a stretch is constant at
            // some lags, up to what rounding leaves of the products.
            let products = || columns().map(|column| moments.comoments()[(column, column)]);
            let still = crate::var::REDUNDANT * products().fold(0.0, f64::max);
            let constant =
                columns().any(|column| degenerate[column]) || products().any(|product| product < still);
            (moments.rows() > 1 && constant).then_some(Untestable::Constant { name })
        };
        let inverse: Vec<f64> =
            scales.iter().map(|&scale| if scale > 0.0 { 1.0 / scale } else { 0.0 }).collect();
        let mut gram = Vec::with_capacity(total * total);
        for j in 0..total {
            let column = products.column(place(j));
            for lagged in 0..total {
                gram.push(column[place(lagged)] * inverse[lagged] * inverse[j]);
            }
        }
        Self { nodes, series, rows: moments.rows(), lags, faults: (0..k).map(fault).collect(), scales, gram }
    }

    /// Columns of a series.
    pub(super) fn size(&self) -> usize {
        self.lags + 1
    }

    pub(super) fn name(&self, at: usize) -> &str {
        self.nodes.name(self.series[at])
    }

    /// Part of a column.
    pub(super) fn column(&self, column: usize, from: usize, len: usize) -> &[f64] {
        let start = column * self.series.len() * self.size() + from;
        &self.gram[start..start + len]
    }

    /// Why one of two series cannot take part, the cause first.
    pub(super) fn fault(&self, cause: usize, effect: usize) -> Option<Untestable> {
        self.faults[cause].clone().or_else(|| self.faults[effect].clone())
    }

    pub(super) fn pair(&self, cause: usize, effect: usize, question: Question, result: Outcome) -> PairTest {
        PairTest {
            cause: self.series[cause],
            effect: self.series[effect],
            order: question.order,
            rows: self.rows,
            result,
            q_value: None,
            lags: Vec::new(),
        }
    }

    /// The coefficient of a lag in the units of the data.
    pub(super) fn lag_effect(
        &self,
        (cause, effect, lag): (usize, usize, usize),
        coefficient: f64,
        variance: f64,
        degrees: f64,
    ) -> LagEffect {
        let unit = self.scales[effect * self.size()] / self.scales[cause * self.size() + lag];
        LagEffect {
            lag: Lag::new(lag),
            coefficient: coefficient * unit,
            std_error: variance.sqrt() * unit,
            degrees,
        }
    }
}
