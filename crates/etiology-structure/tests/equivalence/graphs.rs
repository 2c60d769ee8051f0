//! Graphs that are known: true ones from the population, and published ones from samples.

use etiology_graph::{Nodes, Pdag, cpdag};
use etiology_structure::{
    BgeScore, Fges, GaussianCriterion, GaussianScore, Ges, Knowledge, LearnedClass, LocalScore, Xges,
};

use crate::data::{covariance, differences, draw, oracle, random_network, read, renumber};

fn free(p: usize) -> Knowledge {
    Knowledge::none(Nodes::numbered(p))
}

fn all(score: &dyn LocalScore) -> Vec<(&'static str, LearnedClass)> {
    let known = free(score.variables());
    vec![
        ("ges", Ges::new().learn(score, &known).unwrap()),
        ("ges turning", Ges::new().with_turning(true).with_iteration(true).learn(score, &known).unwrap()),
        ("fges", Fges::new().learn(score, &known).unwrap()),
        ("fges faithful", Fges::new().with_faithfulness(true).learn(score, &known).unwrap()),
        ("xges0", Xges::new().with_extended_search(false).learn(score, &known).unwrap()),
        ("xges", Xges::new().learn(score, &known).unwrap()),
    ]
}

/// Chickering 2002, theorem 4: in the limit of many rows greedy search ends in the class of the true graph.
#[test]
fn the_population_gives_the_true_class() {
    for seed in 0..30 {
        let (dag, population) = random_network(5 + usize::try_from(seed % 9).unwrap(), 2.5, seed);
        let score = GaussianScore::new(&population, 1_000_000_000).unwrap();
        for (name, learned) in all(&score) {
            assert_eq!(learned.graph, cpdag(&dag), "{name}, seed {seed}");
            assert!((learned.score - score.total(&dag)).abs() < 1e-2 && learned.work.complete);
        }
        let score = BgeScore::new(&population, 10_000_000).unwrap();
        let learned = Xges::new().learn(&score, &free(dag.len())).unwrap();
        assert_eq!(learned.graph, cpdag(&dag), "bge, seed {seed}");
    }
}

/// pcalg 2.7-12: GES with plain BIC returns the true CPDAG of its sample `gmG8`.
#[test]
fn pcalg_gmg8() {
    let Some(table) = read("oracles/causal/known/pcalg_gmG8.csv") else { return };
    let nodes = Nodes::new(table.names.clone()).unwrap();
    let mut expected = Pdag::empty(nodes.clone());
    for (a, b) in [("Author", "Bar"), ("Bar", "Ctrl"), ("Bar", "V5")] {
        expected.set_undirected(table.node(a), table.node(b));
    }
    for (a, b) in [("Author", "V6"), ("Author", "V8"), ("V5", "V6"), ("V5", "V8"), ("V6", "V7")] {
        expected.set_directed(table.node(a), table.node(b));
    }
    for penalty in [1.0, 2.0] {
        let score = GaussianScore::new(&table.covariance(), table.rows()).unwrap();
        let score = score.with_criterion(GaussianCriterion::Bic { penalty }).unwrap();
        for (name, learned) in all(&score) {
            let graph = renumber(&learned.graph, &(0..8).collect::<Vec<_>>());
            let expected = renumber(&expected, &(0..8).collect::<Vec<_>>());
            assert_eq!(graph, expected, "{name}, penalty {penalty}");
        }
    }
}

/// causal-learn's own regression graph of GES on `data_linear_10`: 30 edges, all found by every search. Its score charges
/// each parameter `2 ln n`, which is penalty 4 here; any penalty from 1 on gives the same graph.
#[test]
fn causal_learn_linear_10() {
    let folder = "data/causal-learn/tests/TestData";
    let Some(file) = oracle(&format!("{folder}/data_linear_10.txt")) else { return };
    let numbers = |text: String| -> Vec<Vec<f64>> {
        text.lines()
            .map(|line| line.split_whitespace().filter_map(|cell| cell.parse().ok()).collect())
            .collect()
    };
    let rows: Vec<Vec<f64>> =
        numbers(std::fs::read_to_string(file).unwrap()).into_iter().filter(|r| !r.is_empty()).collect();
    let p = rows[0].len();
    let values = nalgebra::DMatrix::from_row_iterator(rows.len(), p, rows.iter().flatten().copied());
    let name = format!("{folder}/benchmark_returned_results/linear_10_ges_local_score_BIC_none_none.txt");
    let Some(file) = oracle(&name) else { return };
    let marks = numbers(std::fs::read_to_string(file).unwrap());
    let mut expected = Pdag::empty(Nodes::numbered(p));
    // Row i, column j holds the mark at i: -1 a tail, 1 an arrowhead.
    let (tail, head) = (|mark: f64| mark < -0.5, |mark: f64| mark > 0.5);
    for (i, row) in marks.iter().enumerate() {
        for (j, &mark) in row.iter().enumerate() {
            if tail(mark) && head(marks[j][i]) {
                expected.set_directed(i, j);
            } else if tail(mark) && tail(marks[j][i]) {
                expected.set_undirected(i, j);
            }
        }
    }
    assert_eq!(expected.edge_count(), 30);
    for penalty in [1.0, 2.0, 4.0] {
        let score = GaussianScore::new(&covariance(&values), values.nrows()).unwrap();
        let score = score.with_criterion(GaussianCriterion::Bic { penalty }).unwrap();
        for (name, learned) in all(&score) {
            assert_eq!(differences(&learned.graph, &expected), 0, "{name}, penalty {penalty}");
        }
    }
}

#[test]
fn the_order_of_columns_does_not_matter() {
    for seed in 0..12 {
        let (_, population) = random_network(15, 3.0, seed);
        let sample = covariance(&draw(&population, 400, seed));
        let order: Vec<usize> = (0..15).map(|i| (i * 7 + usize::try_from(seed).unwrap()) % 15).collect();
        let shuffled = nalgebra::DMatrix::from_fn(15, 15, |i, j| sample[(order[i], order[j])]);
        let first = GaussianScore::new(&sample, 400).unwrap();
        let second = GaussianScore::new(&shuffled, 400).unwrap();
        for ((name, a), (_, b)) in all(&first).into_iter().zip(all(&second)) {
            assert_eq!(renumber(&a.graph, &order), b.graph, "{name}, seed {seed}");
        }
    }
}

#[test]
fn scale_does_not_matter() {
    let (_, population) = random_network(12, 3.0, 3);
    let sample = covariance(&draw(&population, 300, 3));
    let scale = |i: usize| [1e-6, 1.0, 250.0, 1e7][i % 4];
    let scaled = nalgebra::DMatrix::from_fn(12, 12, |i, j| sample[(i, j)] * scale(i) * scale(j));
    let (a, b) = (GaussianScore::new(&sample, 300).unwrap(), GaussianScore::new(&scaled, 300).unwrap());
    for ((name, a), (_, b)) in all(&a).into_iter().zip(all(&b)) {
        assert_eq!(a.graph, b.graph, "{name}");
    }
}
