//! Degenerate input and limits: a clear error or a result that says what was left out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use etiology_graph::{Dag, NodeSet, Nodes};
use etiology_stats::{ContingencyTest, DegreesOfFreedom, DiscreteColumn, DiscreteTable, IndependenceTest};
use etiology_structure::{Budget, DSeparation, Fci, Knowledge, Mmpc, Pc, Rfci, StructureError};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::data::{fisher_z, random_dag, sample};

fn none(p: usize) -> Knowledge {
    Knowledge::none(Nodes::numbered(p))
}

#[test]
fn wrong_parameters_and_widths_are_named() {
    for alpha in [0.0, 1.0, -1.0, f64::NAN] {
        let error = Pc::params().with_alpha(alpha).build().unwrap_err();
        assert!(matches!(error, StructureError::Parameter { parameter: "alpha", .. }));
        assert!(Mmpc::params().with_alpha(alpha).build().is_err());
    }
    let pc = Pc::params().build().unwrap();
    let test = fisher_z(&sample(&random_dag(3, 1.0, 1), 50, 1));
    assert!(matches!(pc.learn(&test, &none(4)), Err(StructureError::Width { .. })));
    let empty = DSeparation::new(random_dag(0, 1.0, 1));
    assert!(matches!(pc.learn(&empty, &none(0)), Err(StructureError::NoData { .. })));
    let one = pc.learn(&DSeparation::new(random_dag(1, 1.0, 1)), &none(1)).unwrap();
    assert!(one.graph.len() == 1 && one.report.is_complete());
}

#[test]
fn constant_columns_are_left_out() {
    let mut columns = sample(&random_dag(6, 2.0, 3), 200, 3);
    let without = Pc::params().build().unwrap().learn(&fisher_z(&columns), &none(6)).unwrap();
    columns.push(vec![4.0; 200]);
    let with = Pc::params().build().unwrap().learn(&fisher_z(&columns), &none(7)).unwrap();
    assert_eq!(with.report.left_out, [6]);
    assert!(with.graph.adjacents(6).is_empty() && !with.report.is_complete());
    for v in 0..6 {
        assert_eq!(
            with.graph.parents(v).iter().collect::<Vec<_>>(),
            without.graph.parents(v).iter().collect::<Vec<_>>()
        );
    }
    let mmpc = Mmpc::params().build().unwrap().learn(&fisher_z(&columns), &none(7)).unwrap();
    assert!(mmpc.adjacent[6].is_empty());
}

#[test]
fn duplicated_columns_are_reported() {
    let chain = Dag::from_edges(Nodes::numbered(4), [(0, 1), (1, 2), (2, 3)]).unwrap();
    let mut columns = sample(&chain, 300, 4);
    columns.push(columns[1].clone());
    let sum = columns[0].iter().zip(&columns[3]).map(|(a, b)| a + b).collect();
    columns.push(sum);
    let found = Pc::params().build().unwrap().learn(&fisher_z(&columns), &none(6)).unwrap();
    assert!(found.graph.adjacent(1, 4));
    assert!(found.report.untestable > 0 && !found.report.is_complete());
    assert!(found.report.unjudged.contains(&(0, 1)) && found.report.unjudged.contains(&(0, 4)));
}

#[test]
fn few_rows_and_many_columns() {
    for rows in [1, 2, 3, 4, 5, 8] {
        let columns = sample(&random_dag(30, 3.0, 5), rows, 5);
        let found =
            Pc::params().with_alpha(0.2).build().unwrap().learn(&fisher_z(&columns), &none(30)).unwrap();
        if rows <= 3 {
            assert_eq!(found.report.left_out.len(), 30, "{rows} rows");
            assert_eq!(found.graph.edge_count(), 0);
        }
        assert!(found.report.tests.len() <= rows, "{rows} rows: {:?}", found.report.tests);
        Mmpc::params().with_alpha(0.2).build().unwrap().learn(&fisher_z(&columns), &none(30)).unwrap();
    }
}

#[test]
fn budgets_hold_and_say_what_they_cut() {
    let dag = random_dag(40, 6.0, 6);
    let test = fisher_z(&sample(&dag, 800, 6));
    let full = Pc::params().with_alpha(0.05).build().unwrap().learn(&test, &none(40)).unwrap();
    let budget = Budget::unlimited().with_max_depth(1);
    let shallow =
        Pc::params().with_alpha(0.05).with_budget(budget).build().unwrap().learn(&test, &none(40)).unwrap();
    assert_eq!(shallow.report.tests.len(), 2);
    assert_eq!(shallow.report.tests, full.report.tests[..2]);
    assert!(!shallow.report.untested.is_empty() && shallow.report.untested.iter().all(|cut| cut.depth == 2));
    assert!(shallow.report.untested.iter().all(|cut| shallow.graph.adjacent(cut.a, cut.b)));

    let total: u64 = full.report.tests.iter().sum();
    for limit in [1, 780, 2000, total / 2, total - 1] {
        let budget = Budget::unlimited().with_max_tests(limit);
        let found = Pc::params()
            .with_alpha(0.05)
            .with_budget(budget)
            .build()
            .unwrap()
            .learn(&test, &none(40))
            .unwrap();
        assert!(found.report.tests.iter().sum::<u64>() <= limit);
        assert!(!found.report.untested.is_empty());
        // What was removed was removed for a reason the full search knows too, or one it did not need.
        assert!(
            (0..40)
                .all(|a| full.graph.adjacents(a).iter().all(|b| found.graph.adjacent(a, b)) || limit > 780)
        );
    }
}

#[test]
fn a_stopped_search_returns_what_it_has() {
    let flag = Arc::new(AtomicBool::new(true));
    let budget = Budget::unlimited().with_stop_flag(flag.clone());
    let test = fisher_z(&sample(&random_dag(10, 2.0, 6), 100, 6));
    let pc = Pc::params().with_budget(budget).build().unwrap();
    let stopped = pc.learn(&test, &none(10)).unwrap();
    assert!(stopped.report.stopped && stopped.report.untested.len() == 45);
    flag.store(false, Ordering::Relaxed);
    assert!(pc.learn(&test, &none(10)).unwrap().report.is_complete());
}

#[test]
fn knowledge_is_strict_on_data() {
    for s in 0..20 {
        let seed = s as u64;
        let dag = random_dag(10, 3.0, 40 + seed);
        let test = fisher_z(&sample(&dag, 150, seed));
        let knowledge = none(10)
            .require(s % 10, (s + 3) % 10)
            .and_then(|k| k.forbid_within(&[(s + 1) % 10, (s + 5) % 10]))
            .and_then(|k| k.forbid((s + 2) % 10, (s + 7) % 10))
            .unwrap();
        let found = Pc::params().with_alpha(0.1).build().unwrap().learn(&test, &knowledge).unwrap();
        for (a, b) in knowledge.required() {
            assert!(found.graph.has_directed(a, b), "seed {seed}: {a} {b}");
        }
        for (a, b) in knowledge.forbidden() {
            assert!(
                !found.graph.has_directed(a, b) && !found.graph.has_undirected(a, b),
                "seed {seed}: {a} {b}"
            );
            assert!(!found.graph.spouses(a).contains(b));
        }
        assert_eq!(found.report.decided_by_knowledge, 2);
        let mmpc = Mmpc::params().build().unwrap().learn(&test, &knowledge).unwrap();
        assert!(mmpc.adjacent[s % 10].contains((s + 3) % 10));
        assert!(!mmpc.adjacent[(s + 1) % 10].contains((s + 5) % 10));
    }
}

/// Codes as a column; `None` is missing.
fn labels(codes: impl Iterator<Item = Option<usize>>) -> DiscreteColumn {
    let text: Vec<Option<String>> = codes.map(|code| code.map(|code| code.to_string())).collect();
    DiscreteColumn::from_labels(text.iter().map(Option::as_deref)).unwrap()
}

/// A chain of three categories, and two further columns: one value only, and no value at all.
fn chain_of_categories(seed: u64) -> Vec<DiscreteColumn> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut chain: Vec<Vec<usize>> = vec![Vec::new(); 3];
    for _ in 0..200 {
        let first = random.random_range(0..2);
        let second = if random.random_bool(0.9) { first } else { 1 - first };
        let third = if random.random_bool(0.9) { second } else { 1 - second };
        [first, second, third].iter().zip(&mut chain).for_each(|(&value, column)| column.push(value));
    }
    let mut columns: Vec<DiscreteColumn> =
        chain.iter().map(|values| labels(values.iter().copied().map(Some))).collect();
    columns.push(labels((0..200).map(|_| Some(0))));
    columns.push(labels((0..200).map(|_| None)));
    columns
}

/// The neighbours by PC, FCI and RFCI, after checks that hold of each; those of MMPC for the columns left out.
fn neighbours(test: &ContingencyTest, left_out: &[usize]) -> [Vec<NodeSet>; 3] {
    let p = test.variables();
    let pc = Pc::params().build().unwrap().learn(test, &none(p)).unwrap();
    let fci = Fci::params().build().unwrap().learn(test, &none(p)).unwrap();
    let rfci = Rfci::params().build().unwrap().learn(test, &none(p)).unwrap();
    let mmpc = Mmpc::params().build().unwrap().learn(test, &none(p)).unwrap();
    for report in [&pc.report, &fci.report, &rfci.report] {
        assert_eq!(report.left_out, left_out);
        assert!(report.untestable > 0 && !report.is_complete());
    }
    assert!(left_out.iter().all(|&v| mmpc.adjacent[v].is_empty()));
    [
        (0..p).map(|v| pc.graph.adjacents(v)).collect(),
        (0..p).map(|v| fci.graph.adjacents(v).clone()).collect(),
        (0..p).map(|v| rfci.graph.adjacents(v).clone()).collect(),
    ]
}

/// Beside a duplicate of its middle the chain keeps every edge, as none can be judged given the other: too many, and named.
#[test]
fn constant_missing_and_duplicated_categories() {
    for seed in 0..4 {
        let mut columns = chain_of_categories(seed);
        columns.push(columns[1].clone());
        let test = ContingencyTest::g_squared(&DiscreteTable::new(columns).unwrap()).unwrap();
        for adjacent in neighbours(&test, &[3, 4]) {
            for (a, b) in [(0, 1), (1, 2), (0, 5), (2, 5), (1, 5)] {
                assert!(adjacent[a].contains(b), "seed {seed}: {a} {b}");
            }
            assert!(!adjacent[0].contains(2), "seed {seed}");
        }
    }
}

/// A value a row, and ten thousand possible values on two hundred rows. Given either little is left to see, and a test that
/// counts the degrees of what occurs takes that for independence: no panic, but lost edges. One that asks for five rows a
/// nominal degree judges nothing there, names the columns, and finds the chain.
#[test]
fn categories_with_a_value_a_row() {
    for seed in 0..4 {
        let mut columns = chain_of_categories(seed);
        let mut random = StdRng::seed_from_u64(seed);
        columns.push(labels((0..200).map(Some)));
        columns.push(labels((0..200).map(|_| Some(random.random_range(0..10_000)))));
        let test = ContingencyTest::g_squared(&DiscreteTable::new(columns).unwrap()).unwrap();
        neighbours(&test, &[3, 4]);
        let strict = test.with_degrees(DegreesOfFreedom::Nominal).with_rows_per_degree(5.0);
        for adjacent in neighbours(&strict, &[3, 4, 5, 6]) {
            let lists: Vec<Vec<usize>> = adjacent.iter().map(|set| set.iter().collect()).collect();
            assert_eq!(lists[..3], [vec![1], vec![0, 2], vec![1]], "seed {seed}");
        }
    }
}

/// The same for numbers: RFCI and FCI on constant, duplicated and all-missing-but-one columns and on more columns than rows.
#[test]
fn degenerate_numbers_with_hidden_causes() {
    let mut columns = sample(&random_dag(5, 2.0, 9), 200, 9);
    columns.push(vec![3.0; 200]);
    columns.push(columns[0].clone());
    let test = fisher_z(&columns);
    let fci = Fci::params().build().unwrap().learn(&test, &none(7)).unwrap();
    let rfci = Rfci::params().build().unwrap().learn(&test, &none(7)).unwrap();
    for (graph, report) in [(&fci.graph, &fci.report), (&rfci.graph, &rfci.report)] {
        assert_eq!(report.left_out, [5]);
        assert!(graph.adjacent(0, 6) && !report.is_complete());
    }
    for rows in [1, 2, 3, 4, 5, 8] {
        let test = fisher_z(&sample(&random_dag(20, 3.0, 5), rows, 5));
        let fci = Fci::params().with_alpha(0.2).build().unwrap().learn(&test, &none(20)).unwrap();
        let rfci = Rfci::params().with_alpha(0.2).build().unwrap().learn(&test, &none(20)).unwrap();
        assert!(rows > 3 || (fci.report.left_out.len() == 20 && rfci.report.left_out.len() == 20));
    }
}
