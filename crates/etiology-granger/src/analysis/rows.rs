//! From what a mode found to one row for each ordered pair.

use std::collections::BTreeMap;

use etiology_frame::Omission;
use etiology_graph::{Lag, LaggedEdge, LaggedGraph, Nodes, SummaryEdge};
use etiology_stats::TestResult;

use super::Analysis;
use crate::var::rows_with_past;
use crate::{Findings, GrangerError, LagTest, PairFinding, Series, Statistic, Untestable};

/// What a mode that tests pairs says of one.
pub(super) struct Judged {
    pub(super) lag: Lag,
    pub(super) strength: Option<f64>,
    pub(super) test: Result<Statistic, Untestable>,
}

/// The findings of a mode that makes one test for each ordered pair of `nodes`, given in the order of [`ordered_pairs`].
pub(super) fn from_tests(
    analysis: &Analysis,
    read: String,
    rows: u64,
    nodes: &Nodes,
    judged: Vec<Judged>,
    series: &Series,
) -> Result<Findings, GrangerError> {
    let p_values: Vec<f64> =
        judged.iter().filter_map(|pair| pair.test.as_ref().ok()).map(|test| test.p_value).collect();
    let mut adjusted = analysis.correction.adjust(&p_values)?.into_iter();
    let pairs: Vec<PairFinding> = ordered_pairs(nodes.len())
        .zip(judged)
        .map(|((cause, effect), pair)| {
            let q_value = pair.test.is_ok().then(|| adjusted.next()).flatten();
            PairFinding {
                cause,
                effect,
                lag: Some(pair.lag),
                strength: pair.strength,
                test: pair.test.map(Some),
                q_value,
                linked: q_value.is_some_and(|q| q <= analysis.alpha),
            }
        })
        .collect();
    let edge = |pair: &PairFinding| {
        let directed = LaggedEdge::directed(pair.cause, pair.effect, pair.lag.unwrap_or(Lag::ONE));
        let p_value = pair.test.as_ref().ok().copied().flatten().map(|test| test.p_value);
        LaggedEdge { strength: pair.strength, p_value, q_value: pair.q_value, ..directed }
    };
    let edges: Vec<LaggedEdge> = pairs.iter().filter(|pair| pair.linked).map(edge).collect();
    let graph = LaggedGraph::new(nodes.clone(), Lag::new(analysis.max_lag), edges)?;
    Ok(Findings { read, rows, pairs, graph, left_out: series.left_out().to_vec(), notes: Vec::new() })
}

/// The findings of a mode that selects links instead of testing pairs.
pub(super) fn from_graph(
    read: String,
    rows: u64,
    graph: LaggedGraph,
    series: &Series,
    notes: Vec<String>,
) -> Findings {
    let summary = graph.summary();
    let links = links_of(&summary);
    let pairs = ordered_pairs(series.width())
        .map(|(cause, effect)| {
            let link = links.get(&(cause, effect));
            PairFinding {
                cause,
                effect,
                lag: link.map(|link| link.strongest.lag),
                strength: link.and_then(|link| link.strongest.strength),
                test: Ok(None),
                q_value: None,
                linked: link.is_some(),
            }
        })
        .collect();
    Findings { read, rows, pairs, graph, left_out: series.left_out().to_vec(), notes }
}

/// The findings of a mode that tests every lag of a pair: the pair's row is that of its smallest p-value.
pub(super) fn from_lag_tests(
    read: String,
    tests: &[LagTest],
    graph: &LaggedGraph,
    left_out: &[Omission],
    series: &Series,
    statistic: impl Fn(&TestResult) -> Statistic,
) -> Findings {
    let width = graph.nodes().len();
    let summary = graph.summary();
    let links = links_of(&summary);
    let mut of_pair: Vec<Option<&LagTest>> = vec![None; width * width];
    for test in tests {
        let within = test.lag == Lag::ZERO;
        for (cause, effect) in [(test.cause, test.effect), (test.effect, test.cause)] {
            // A test within the row is about both directions; a lagged one about its own.
            if cause == effect || (!within && cause != test.cause) {
                continue;
            }
            let surest = &mut of_pair[cause * width + effect];
            let p = |test: &LagTest| test.outcome.as_ref().map_or(f64::INFINITY, |result| result.p_value);
            if surest.is_none_or(|known| p(test) < p(known)) {
                *surest = Some(test);
            }
        }
    }
    let pairs = ordered_pairs(width)
        .map(|(cause, effect)| {
            let link = links.get(&(cause, effect));
            let test = of_pair[cause * width + effect];
            let result = test.and_then(|test| test.outcome.as_ref().ok());
            PairFinding {
                cause,
                effect,
                lag: link.map(|link| link.strongest.lag).or(test.map(|test| test.lag)),
                strength: link.and_then(|link| link.strongest.strength).or(result.map(|r| r.statistic)),
                test: match test.map(|test| &test.outcome) {
                    Some(Ok(result)) => Ok(Some(statistic(result))),
                    Some(Err(why)) => Err(why.clone()),
                    None => Ok(None),
                },
                q_value: test.and_then(|test| test.q_value),
                linked: link.is_some(),
            }
        })
        .collect();
    let left_out = series.left_out().iter().chain(left_out).cloned().collect();
    let rows = rows_with_past(series, 2 * graph.max_lag().rows()).len() as u64;
    Findings { read, rows, pairs, graph: graph.clone(), left_out, notes: Vec::new() }
}

/// The links by cause and effect.
fn links_of(summary: &[SummaryEdge]) -> BTreeMap<(usize, usize), &SummaryEdge> {
    summary.iter().map(|link| ((link.cause, link.effect), link)).collect()
}

/// The ordered pairs of different series, by cause, then effect.
pub(super) fn ordered_pairs(width: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..width)
        .flat_map(move |cause| (0..width).map(move |effect| (cause, effect)))
        .filter(|(cause, effect)| cause != effect)
}
