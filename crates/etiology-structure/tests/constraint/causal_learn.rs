//! The reference graphs of causal-learn's test suite for FCI, each difference stated as in `docs/compare-latent.md`; those for PC
//! are in `compare`.

use etiology_graph::{EdgeMarks, Mark, Nodes};
use etiology_stats::{ContingencyTest, Determined, IndependenceTest};
use etiology_structure::{Fci, FciResult, Knowledge, Separator};

use super::data::{categories, fisher_z, mark_matrix, numbers, table};

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

/// FCI with the settings of the reference.
fn fci_like_the_reference(test: &dyn IndependenceTest, nodes: &Nodes, possible_d_sep: bool) -> FciResult {
    let fci = Fci::params()
        .with_alpha(0.05)
        .with_separator(Separator::Union)
        .with_possible_d_sep(possible_d_sep)
        .build()
        .unwrap();
    fci.learn(test, &Knowledge::none(nodes.clone())).unwrap()
}

fn fci_reference(network: &str) -> Option<Vec<Vec<i8>>> {
    let name = format!("bnlearn_discrete_10000_{network}_fci_chisq_0.05.txt");
    mark_matrix(&format!("{FOLDER}/benchmark_returned_results/{name}"))
}

/// Every mark that differs, with the reasons of the table in `docs/compare-latent.md`. A change here is a change there.
#[test]
fn fci_on_twelve_networks() {
    let cases: [(&str, &[&str]); 12] = [
        ("cancer", &[]),
        ("earthquake", &[]),
        ("survey", &[]),
        ("insurance", &[]),
        ("asia", &["X4 o-> X6 | -->"]),
        ("sachs", &["X2 --> X4 | <--", "X4 --> X9 | <--"]),
        ("child", &["X6 <-o X18 | <--", "X12 <-o X15 | <--", "X12 <-o X18 | <--"]),
        (
            "alarm",
            &[
                "X5 <-o X6 | <--",
                "X6 o-> X7 | -->",
                "X15 o-> X34 | -->",
                "X15 o-> X37 | -->",
                "X23 o-> X24 | -->",
                "X24 <-o X25 | <--",
                "X25 o-> X26 | -->",
                "X27 <-> X29 | o->",
                "X27 <-> X30 | -->",
            ],
        ),
        ("water", &["X1 o-> X11 | -->", "X22 o-> X30 | -->"]),
        ("win95pts", &["X5 <-o X37 | <--", "X11 o-> X12 | -->", "X53 o-> X55 | -->"]),
        ("hailfinder", &["X24 o-> X36 | -->"]),
        ("hepar2", &["X18 <-> X54 |    ", "X43 o-> X44 | -->"]),
    ];
    for (network, differing) in cases {
        let Some((nodes, test)) = discrete(&format!("bnlearn_discrete_10000/data/{network}.txt")) else {
            return;
        };
        let Some(expected) = fci_reference(network) else { return };
        let found =
            fci_like_the_reference(&test.with_determined(Determined::Independent), &nodes, false).graph;
        let (_, list) = differences(&nodes, &expected, |a, b| found.edge(a, b));
        assert_eq!(list, differing, "{network}");
    }
}

/// On sachs the first rule draws X2 - X4 both ways, and the first conclusion stays: with the columns in reverse order the
/// answer is the reference's.
#[test]
fn fci_on_sachs_depends_on_the_order_of_conclusions() {
    let Some((names, columns)) = table(&format!("{FOLDER}/bnlearn_discrete_10000/data/sachs.txt")) else {
        return;
    };
    let Some(expected) = fci_reference("sachs") else { return };
    let nodes = Nodes::new(names).unwrap();
    let reversed: Vec<_> = columns.into_iter().rev().collect();
    let test = ContingencyTest::chi_squared(&categories(&reversed)).unwrap();
    let found = fci_like_the_reference(&test, &nodes, false).graph;
    let last = nodes.len() - 1;
    let (_, list) = differences(&nodes, &expected, |a, b| found.edge(last - a, last - b));
    assert_eq!(list, [""; 0]);
}

/// The second search, by the definition of Spirtes, Glymour and Scheines, tests sets that the reference never tries. Putting
/// that definition into the reference gives these differences there too, mark for mark.
#[test]
fn fci_on_possible_d_separation() {
    let Some((names, columns)) = table(&format!("{FOLDER}/data_linear_10.txt")) else { return };
    let Some(expected) =
        mark_matrix(&format!("{FOLDER}/benchmark_returned_results/linear_10_fci_fisherz_0.05.txt"))
    else {
        return;
    };
    let nodes = Nodes::new(names).unwrap();
    let test = fisher_z(&numbers(&columns));
    let unsound_tails = ["X8 o-> X9 | -->", "X8 o-> X14 | -->", "X8 o-> X19 | -->"];
    let without = fci_like_the_reference(&test, &nodes, false).graph;
    assert_eq!(differences(&nodes, &expected, |a, b| without.edge(a, b)).1, unsound_tails);
    let with = fci_like_the_reference(&test, &nodes, true);
    let (adjacency, list) = differences(&nodes, &expected, |a, b| with.graph.edge(a, b));
    let beside: Vec<&str> = list.iter().map(String::as_str).filter(|d| !unsound_tails.contains(d)).collect();
    assert_eq!(adjacency, 3);
    assert_eq!(
        beside,
        [
            "X1     X9 | o->",
            "X1     X20 | o->",
            "X3     X10 | -->",
            "X10 o-o X12 | -->",
            "X10 o-o X16 | -->",
            "X12 o-> X15 | -->",
            "X16 o-> X20 | -->",
        ]
    );
    // X1, X9 given X3, X8, X13 and so on.
    for (a, b, set) in [(0, 8, &[2, 7, 12][..]), (0, 19, &[1, 2, 3]), (2, 9, &[0, 1, 4, 19])] {
        assert_eq!(with.separators.get(a, b), Some(set));
    }

    let Some((nodes, test)) = discrete("bnlearn_discrete_10000/data/survey.txt") else { return };
    let Some(expected) = fci_reference("survey") else { return };
    let with = fci_like_the_reference(&test, &nodes, true);
    assert_eq!(with.separators.get(3, 5), Some(&[0, 1, 2, 4][..]));
    let (_, list) = differences(&nodes, &expected, |a, b| with.graph.edge(a, b));
    assert_eq!(list, ["X3 <-o X4 | <->", "X4     X6 | <->", "X5 <-o X6 | <->"]);
}

/// A node that others determine: we keep the edges whose tests cannot be judged, and name them; the reference removes them.
#[test]
fn fci_on_asia_keeps_what_cannot_be_judged() {
    let Some((nodes, test)) = discrete("bnlearn_discrete_10000/data/asia.txt") else { return };
    let Some(expected) = fci_reference("asia") else { return };
    let found = fci_like_the_reference(&test, &nodes, true);
    let (_, list) = differences(&nodes, &expected, |a, b| found.graph.edge(a, b));
    assert_eq!(
        list,
        ["X1 <-- X7 | o-o", "X4 o-> X6 | -->", "X5 --> X8 | o-o", "X6 --> X7 |    ", "X6 --> X8 |    "]
    );
    for pair in [(5, 6), (5, 7)] {
        assert!(found.report.unjudged.contains(&pair));
    }
}
