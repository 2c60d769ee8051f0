//! The mode `block`: groups of series on one another.

use etiology_graph::{Lag, Nodes};

use super::Analysis;
use super::rows::{Judged, from_tests, ordered_pairs};
use crate::{Findings, GrangerError, Series, Trend, Untestable, Var};

/// One vector autoregression of all series, and a test for each ordered pair of groups.
pub(super) fn block(analysis: &Analysis, series: &Series) -> Result<Findings, GrangerError> {
    let (names, groups) = members(analysis, series)?;
    let var = Var::from_series(series, analysis.max_lag, Trend::Constant)?;
    let judged = ordered_pairs(groups.len())
        .map(|(cause, effect)| {
            let (causes, effects) = (&groups[cause], &groups[effect]);
            Judged {
                lag: surest_lag(&var, causes, effects),
                strength: None,
                test: var
                    .causality(causes, effects, analysis.statistic)
                    .map_err(|error| Untestable::Other { why: error.to_string() }),
            }
        })
        .collect();
    let list: Vec<String> =
        names.names().iter().zip(&groups).map(|(name, of)| format!("{name} ({})", of.len())).collect();
    let read = format!(
        "order {}, level {}; groups and their series: {}",
        analysis.max_lag,
        analysis.alpha,
        list.join(", ")
    );
    from_tests(analysis, read, var.rows(), &names, judged, series)
}

/// The groups that have a series left, by number; each series its own group where none are given.
fn members(analysis: &Analysis, series: &Series) -> Result<(Nodes, Vec<Vec<usize>>), GrangerError> {
    if analysis.groups.is_empty() {
        return Ok((series.nodes().clone(), (0..series.width()).map(|at| vec![at]).collect()));
    }
    let mut seen = Vec::new();
    let (mut names, mut groups) = (Vec::new(), Vec::new());
    for (name, of) in &analysis.groups {
        let numbers: Vec<usize> = of.iter().filter_map(|metric| series.nodes().index_of(metric)).collect();
        if let Some(twice) = numbers.iter().find(|number| seen.contains(*number)) {
            let message = format!(
                "series `{}` is in two groups, the second of which is `{name}`; put it in one",
                series.nodes().name(*twice)
            );
            return Err(GrangerError::Unsuitable { message });
        }
        seen.extend_from_slice(&numbers);
        if !numbers.is_empty() {
            names.push(name.clone());
            groups.push(numbers);
        }
    }
    Ok((Nodes::new(names)?, groups))
}

/// The lag with the least p-value among the coefficients from one group to the other.
pub(super) fn surest_lag(var: &Var, causes: &[usize], effects: &[usize]) -> Lag {
    let least = |lag: &Lag| -> f64 {
        let pairs = causes.iter().flat_map(|&cause| effects.iter().map(move |&effect| (cause, effect)));
        pairs
            .filter_map(|(cause, effect)| var.p_value(cause, effect, lag.rows()))
            .fold(f64::INFINITY, f64::min)
    };
    Lag::new(var.order()).past().min_by(|a, b| least(a).total_cmp(&least(b))).unwrap_or(Lag::ONE)
}
