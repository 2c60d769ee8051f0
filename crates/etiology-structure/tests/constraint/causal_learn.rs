//! The reference graphs of another package's test suite, equal or each difference explained.
//!
//! They pin what one version of that package printed, not the truth. Its settings under our names: separating sets are the
//! union of all that separate at a level; triples are judged on all subsets of the neighbours; `uc_rule` 0, 1, 2 are
//! `SeparatingSet`, `MaxP`, `DefiniteMaxP`; `uc_priority` 0 to 4 are `Overwrite`, `Bidirected`, `KeepFirst`,
//! `StrongerDependence`, `StrongerIndependence`.

use etiology_graph::{EdgeMarks, Mark, Nodes};
use etiology_stats::ContingencyTest;
use etiology_structure::{ColliderRule, ConflictPolicy, Fci, Knowledge, Pc, Separator};

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

fn pc(rule: ColliderRule, policy: ConflictPolicy) -> Pc {
    Pc::params()
        .with_alpha(0.05)
        .with_separator(Separator::Union)
        .with_collider_rule(rule)
        .with_conflict_policy(policy)
        .with_orientation_depth(usize::MAX)
        .build()
        .unwrap()
}

#[test]
fn linear_10_in_seven_ways() {
    let Some((names, columns)) = table(&format!("{FOLDER}/data_linear_10.txt")) else { return };
    let nodes = Nodes::new(names).unwrap();
    let test = fisher_z(&numbers(&columns));
    let cases = [
        ("0_0", ColliderRule::SeparatingSet, ConflictPolicy::Overwrite),
        ("0_1", ColliderRule::SeparatingSet, ConflictPolicy::Bidirected),
        ("0_2", ColliderRule::SeparatingSet, ConflictPolicy::KeepFirst),
        ("0_3", ColliderRule::SeparatingSet, ConflictPolicy::StrongerDependence),
        ("0_4", ColliderRule::SeparatingSet, ConflictPolicy::StrongerIndependence),
        ("1_-1", ColliderRule::MaxP, ConflictPolicy::StrongerDependence),
        ("2_-1", ColliderRule::DefiniteMaxP, ConflictPolicy::StrongerIndependence),
    ];
    for (code, rule, policy) in cases {
        let path = format!("{FOLDER}/benchmark_returned_results/linear_10_pc_fisherz_0.05_stable_{code}.txt");
        let Some(expected) = mark_matrix(&path) else { return };
        let found = pc(rule, policy).learn(&test, &Knowledge::none(nodes.clone())).unwrap();
        let (adjacency, list) = differences(&nodes, &expected, |a, b| found.graph.edge(a, b));
        println!("linear {code}: {adjacency} {list:?}");
        // `Overwrite` and `KeepFirst` depend on the order in which triples are taken; the last two differ on one collider,
        // with X9 or X18 at the side of X8, not traced further.
        let most = match code {
            "0_0" => 4,
            "0_2" => 9,
            "1_-1" | "2_-1" => 2,
            _ => 0,
        };
        assert_eq!(adjacency, 0, "{code}");
        assert!(list.len() <= most, "{code}: {list:?}");
    }
}

fn discrete(network: &str) -> Option<(Nodes, ContingencyTest)> {
    let (names, columns) = table(&format!("{FOLDER}/{network}"))?;
    Some((Nodes::new(names).unwrap(), ContingencyTest::chi_squared(&categories(&columns)).unwrap()))
}

/// Adjacencies. We keep an edge whose test has no degrees of freedom (a node that others determine) and report it as
/// unjudged; the reference takes such a test as independence.
#[test]
fn networks_by_chi_squared() {
    // Not listed as fast enough for a test: hailfinder and barley.
    let networks = [
        ("asia", 2),
        ("cancer", 0),
        ("earthquake", 0),
        ("survey", 0),
        ("sachs", 0),
        ("child", 0),
        ("alarm", 0),
        ("insurance", 1),
        ("win95pts", 19),
        ("water", 0),
    ];
    for (network, differing) in networks {
        let Some((nodes, test)) = discrete(&format!("bnlearn_discrete_10000/data/{network}.txt")) else {
            return;
        };
        let path = format!(
            "{FOLDER}/bnlearn_discrete_10000/benchmark_returned_results/{network}_pc_chisq_0.05_stable_0_-1.txt"
        );
        let Some(expected) = mark_matrix(&path) else { return };
        let pc = Pc::params()
            .with_alpha(0.05)
            .with_separator(Separator::Union)
            .with_collider_rule(ColliderRule::SeparatingSet)
            .with_conflict_policy(ConflictPolicy::KeepFirst)
            .build()
            .unwrap();
        let found = pc.learn(&test, &Knowledge::none(nodes.clone())).unwrap();
        let (adjacency, list) = differences(&nodes, &expected, |a, b| found.graph.edge(a, b));
        assert_eq!(adjacency, differing, "{network}: {list:?}");
        let lost =
            (0..nodes.len()).any(|a| (0..a).any(|b| expected[a][b] != 0 && found.graph.edge(a, b).is_none()));
        let judged =
            (0..nodes.len()).flat_map(|a| (a + 1..nodes.len()).map(move |b| (a, b))).filter(|&(a, b)| {
                let extra = expected[a][b] == 0 && expected[b][a] == 0 && found.graph.adjacent(a, b);
                extra && found.report.unjudged.binary_search(&(a, b)).is_err()
            });
        let judged = judged.count();
        println!("{network}: {} marks differ, {adjacency} adjacencies, {judged} of them judged", list.len());
        assert!(!lost && judged == 0, "{network}");
    }
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
