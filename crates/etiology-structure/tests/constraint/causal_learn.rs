//! The reference graphs of another package's test suite for FCI; those for PC are in `compare`.

use etiology_graph::{EdgeMarks, Mark, Nodes};
use etiology_stats::ContingencyTest;
use etiology_structure::{Fci, Knowledge};

use super::data::{categories, mark_matrix, table};

const FOLDER: &str = "data/causal-learn/tests/TestData";

fn mark(code: i8) -> Mark {
    match code {
        -1 => Mark::Tail,
        1 => Mark::Arrow,
        _ => Mark::Circle,
    }
}

#[allow(clippy::needless_range_loop)]
/// Pairs that differ, as `A found B | expected`; marks are compared, so a Pdag and a Pag alike.
fn differences(
    nodes: &Nodes,
    expected: &[Vec<i8>],
    found: impl Fn(usize, usize) -> Option<EdgeMarks>,
) -> (usize, Vec<String>) {
    let text = |edge: Option<EdgeMarks>| edge.map_or_else(|| "   ".to_owned(), |edge| edge.to_string());
    let (mut adjacency, mut list) = (0, Vec::new());
    for a in 0..nodes.len() {
        for b in a + 1..nodes.len() {
            let pair = (expected[a][b], expected[b][a]);
            let wanted = (pair != (0, 0)).then(|| EdgeMarks { at_a: mark(pair.0), at_b: mark(pair.1) });
            let got = found(a, b);
            adjacency += usize::from(got.is_some() != wanted.is_some());
            if got != wanted {
                list.push(format!("{} {} {} | {}", nodes.name(a), text(got), nodes.name(b), text(wanted)));
            }
        }
    }
    (adjacency, list)
}

fn discrete(network: &str) -> Option<(Nodes, ContingencyTest)> {
    let (names, columns) = table(&format!("{FOLDER}/{network}"))?;
    Some((Nodes::new(names).unwrap(), ContingencyTest::chi_squared(&categories(&columns)).unwrap()))
}

#[test]
fn fci_on_reference_data() {
    for network in ["cancer", "earthquake"] {
        let Some((nodes, test)) = discrete(&format!("bnlearn_discrete_10000/data/{network}.txt")) else {
            return;
        };
        let path = format!(
            "{FOLDER}/benchmark_returned_results/bnlearn_discrete_10000_{network}_fci_chisq_0.05.txt"
        );
        let Some(expected) = mark_matrix(&path) else { return };
        let fci = Fci::params().with_alpha(0.05).with_selection(false).build().unwrap();
        let found = fci.learn(&test, &Knowledge::none(nodes.clone())).unwrap().graph;
        let (_, list) = differences(&nodes, &expected, |a, b| found.edge(a, b));
        assert_eq!(list, [""; 0], "{network}");
    }
}
