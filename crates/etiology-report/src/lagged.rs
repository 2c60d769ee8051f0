//! Lagged causes, for reading: the linked pairs, then what could not be tested.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use etiology_granger::{Findings, PairFinding};
use etiology_graph::{EdgeMarks, SummaryEdge};

use crate::Palette;
use crate::text::{count, hang, lines_of, number, table};

/// Untestable pairs shown before the rest are counted.
const MOST_REASONS: usize = 12;

/// The findings under the facts of how they came about.
#[must_use]
pub fn lagged_text(facts: &[(&str, String)], findings: &Findings, palette: Palette) -> String {
    let mut out = String::new();
    for (name, text) in facts {
        hang(&format!("  {name:<9}"), text, &mut out);
    }
    let summary = findings.graph.summary();
    let linked = format!("{} of {}", summary.len(), count(findings.pairs.len(), "ordered pair"));
    hang(&format!("  {:<9}", "linked"), &linked, &mut out);
    if !summary.is_empty() {
        let _ = write!(out, "\n{}", links(findings, &summary));
    }
    let name = |number: usize| findings.graph.nodes().name(number);
    let reasons: Vec<String> = (findings.pairs.iter())
        .filter_map(|pair| {
            let why = pair.test.as_ref().err()?;
            Some(format!("{} -> {}: {why}", name(pair.cause), name(pair.effect)))
        })
        .collect();
    section(&palette.bold(&format!("not tested: {}", count(reasons.len(), "pair"))), &reasons, &mut out);
    let left_out: Vec<String> =
        findings.left_out.iter().map(|o| format!("{}: {}", o.metric, o.why)).collect();
    section(&palette.bold(&format!("left out: {} series", left_out.len())), &left_out, &mut out);
    section(&palette.warning(&count(findings.notes.len(), "note")), &findings.notes, &mut out);
    out
}

fn links(findings: &Findings, summary: &[SummaryEdge]) -> String {
    let nodes = findings.graph.nodes();
    let tests = summary.iter().any(|link| link.strongest.p_value.is_some())
        || findings.pairs.iter().any(|pair| matches!(pair.test, Ok(Some(_))));
    let header = ["cause", "", "effect", "lags", "strength", "statistic", "p", "q"];
    let shown = if tests { header.len() } else { header.len() - 3 };
    let mut table = table(&header[..shown]);
    let pairs: BTreeMap<(usize, usize), &PairFinding> =
        findings.pairs.iter().map(|pair| ((pair.cause, pair.effect), pair)).collect();
    let mut rows: Vec<(f64, [String; 8])> = summary
        .iter()
        .map(|link| {
            let pair = pairs.get(&(link.cause, link.effect)).copied();
            let tested = pair.and_then(|pair| pair.test.as_ref().ok().copied().flatten());
            let p = tested.map(|test| test.p_value).or(link.strongest.p_value);
            let said = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), number);
            let arrow =
                if link.marks == EdgeMarks::DIRECTED { "->".to_owned() } else { link.marks.to_string() };
            let row = [
                nodes.name(link.cause).to_owned(),
                arrow,
                nodes.name(link.effect).to_owned(),
                lags(link),
                said(pair.and_then(|pair| pair.strength).or(link.strongest.strength)),
                said(tested.map(|test| test.value)),
                said(p),
                said(pair.and_then(|pair| pair.q_value).or(link.strongest.q_value)),
            ];
            (p.unwrap_or(0.0), row)
        })
        .collect();
    // The surest first; ties stay in the order of the input.
    rows.sort_by(|left, right| left.0.total_cmp(&right.0));
    for (_, row) in rows {
        table.add_row(row.into_iter().take(shown));
    }
    lines_of(&table)
}

/// The lags of a link, the strongest first and marked where there are several.
fn lags(link: &SummaryEdge) -> String {
    let strongest = link.strongest.lag;
    let others: Vec<String> =
        link.lags.iter().filter(|&&lag| lag != strongest).map(ToString::to_string).collect();
    if others.is_empty() { strongest.to_string() } else { format!("{strongest} ({})", others.join(" ")) }
}

fn section(title: &str, items: &[String], out: &mut String) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{title}");
    for item in items.iter().take(MOST_REASONS) {
        hang("  - ", item, out);
    }
    if items.len() > MOST_REASONS {
        let _ = writeln!(out, "  - and {} more", items.len() - MOST_REASONS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use etiology_frame::{Omission, Reason};
    use etiology_granger::{Reference, Statistic, Untestable};
    use etiology_graph::{Lag, LaggedEdge, LaggedGraph, Nodes};

    #[test]
    fn links_come_first_and_reasons_last() {
        let nodes = Nodes::new(["temp", "clock", "step"]).unwrap();
        let edge = |lag, strength| LaggedEdge {
            strength: Some(strength),
            ..LaggedEdge::directed(0, 1, Lag::new(lag))
        };
        let f = Reference::F { numerator: 2.0, denominator: 100.0 };
        let pair = |cause, effect, test, q_value: Option<f64>| PairFinding {
            cause,
            effect,
            lag: Some(Lag::new(2)),
            strength: Some(-0.4),
            test,
            q_value,
            linked: q_value.is_some_and(|q| q < 0.05),
        };
        let constant = Untestable::Constant { name: "step".into() };
        let findings = Findings {
            read: String::new(),
            rows: 104,
            pairs: vec![
                pair(0, 1, Ok(Statistic::new(12.0, f)), Some(0.001)),
                pair(1, 0, Ok(Statistic::new(0.5, f)), Some(0.6)),
                pair(2, 0, Err(constant), None),
            ],
            graph: LaggedGraph::new(nodes, Lag::new(2), [edge(1, 0.1), edge(2, -0.4)]).unwrap(),
            left_out: vec![Omission::new("x", Reason::Constant)],
            notes: vec!["`temp` looks integrated".to_owned()],
        };
        let text = lagged_text(&[("mode", "conditional".to_owned())], &findings, Palette::plain());
        let expected = "  mode     conditional
  linked   1 of 3 ordered pairs

 cause      effect  lags   strength  statistic  p        q
 temp   ->  clock   2 (1)  -0.4      12         2.13e-5  0.001

not tested: 1 pair
  - step -> temp: `step` is constant

left out: 1 series
  - x: constant

1 note
  - `temp` looks integrated
";
        assert_eq!(text, expected, "{text}");
    }
}
