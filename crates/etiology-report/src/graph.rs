//! A learned graph, and what a Bayesian network answers, for reading.

use std::fmt::Write as _;

use etiology_frame::Omission;
use etiology_graph::{EdgeMarks, GraphDocument};

use crate::Palette;
use crate::text::{count, hang, number};

/// A graph under the facts of how it came about, then what was left out and what is to be noted.
#[must_use]
pub fn graph_text(
    facts: &[(&str, String)],
    graph: &GraphDocument,
    left_out: &[Omission],
    notes: &[String],
    palette: Palette,
) -> String {
    let mut out = String::new();
    for (name, text) in facts {
        hang(&format!("  {name:<9}"), text, &mut out);
    }
    hang(&format!("  {:<9}", "edges"), &edge_counts(graph), &mut out);
    if !graph.edges.is_empty() {
        out.push('\n');
    }
    let width = |names: &mut dyn Iterator<Item = &String>| names.map(|name| name.chars().count()).max();
    let left = width(&mut graph.edges.iter().map(|edge| &edge.a)).unwrap_or(0);
    let right = width(&mut graph.edges.iter().map(|edge| &edge.b)).unwrap_or(0);
    for edge in &graph.edges {
        let strength = edge.strength.map(number).unwrap_or_default();
        let line = format!("  {:<left$} {} {:<right$}  {strength}", edge.a, edge.marks, edge.b);
        let _ = writeln!(out, "{}", line.trim_end());
    }
    list(palette.bold(&format!("left out: {}", count(left_out.len(), "column"))), left_out, &mut out, |o| {
        format!("{}: {}", o.metric, o.why)
    });
    list(palette.warning(&count(notes.len(), "note")), notes, &mut out, Clone::clone);
    out
}

fn list<T>(title: String, items: &[T], out: &mut String, say: impl Fn(&T) -> String) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{title}");
    for item in items {
        hang("  - ", &say(item), out);
    }
}

fn edge_counts(graph: &GraphDocument) -> String {
    let kind = |marks: EdgeMarks| match marks {
        EdgeMarks::UNDIRECTED => "undirected",
        EdgeMarks::BIDIRECTED => "bidirected",
        _ if marks == EdgeMarks::DIRECTED || marks == EdgeMarks::DIRECTED.reversed() => "directed",
        _ => "with an open end",
    };
    let counted = ["directed", "undirected", "bidirected", "with an open end"].map(|name| {
        let found = graph.edges.iter().filter(|edge| kind(edge.marks) == name).count();
        if found > 0 { format!("{found} {name}") } else { String::new() }
    });
    let counted: Vec<String> = counted.into_iter().filter(|text| !text.is_empty()).collect();
    if counted.is_empty() { "none".to_owned() } else { counted.join(", ") }
}

/// The probability of each state of one node, with a bar and, where sampled, its standard error.
#[must_use]
pub fn marginal_text(
    node: &str,
    states: &[String],
    probabilities: &[f64],
    errors: Option<&[f64]>,
    palette: Palette,
) -> String {
    const BAR: f64 = 24.0;
    let width = states.iter().map(|state| state.chars().count()).max().unwrap_or(0);
    let mut out = format!("{}\n", palette.bold(node));
    for (index, (state, &probability)) in states.iter().zip(probabilities).enumerate() {
        let filled = (probability.clamp(0.0, 1.0) * BAR).round();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between 0 and BAR
        let bar = "#".repeat(filled as usize);
        let error = errors
            .and_then(|errors| errors.get(index))
            .map(|e| format!(" +- {}", number(*e)))
            .unwrap_or_default();
        let line = format!("  {state:<width$}  {probability:.6}{error}  {}", palette.accent(&bar));
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use etiology_frame::Reason;
    use etiology_graph::GraphEdge;

    #[test]
    fn a_graph_reads_from_top_to_bottom() {
        let edge = |a: &str, marks: &str, b: &str, strength| GraphEdge {
            a: a.to_owned(),
            b: b.to_owned(),
            marks: EdgeMarks::parse(marks).unwrap(),
            strength,
        };
        let graph = GraphDocument {
            nodes: vec!["fan".into(), "temp".into(), "clock".into()],
            edges: vec![edge("fan", "-->", "temp", Some(0.98)), edge("temp", "---", "clock", None)],
        };
        let text = graph_text(
            &[("learner", "xges".to_owned())],
            &graph,
            &[Omission::new("x", Reason::Constant)],
            &["rows are taken as independent".to_owned()],
            Palette::plain(),
        );
        let expected = "  learner  xges\n  edges    1 directed, 1 undirected\n\n  fan  --> temp   0.98\n  temp --- clock\n\
                        \nleft out: 1 column\n  - x: constant\n\n1 note\n  - rows are taken as independent\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn marginals_have_bars_and_errors() {
        let states = ["ok".to_owned(), "slow".to_owned()];
        let text = marginal_text("step", &states, &[0.75, 0.25], Some(&[0.01, 0.01]), Palette::plain());
        let expected =
            "step\n  ok    0.750000 +- 0.01  ##################\n  slow  0.250000 +- 0.01  ######\n";
        assert_eq!(text, expected);
    }
}
