//! Scores of bnlearn 5.2.1 on its own sample data, and what every score promises.

use etiology_graph::{Dag, Nodes};
use etiology_structure::{BgeScore, GaussianCriterion, GaussianScore, LocalScore};
use nalgebra::DMatrix;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::data::{Table, read};

fn dag(table: &Table, edges: &[(&str, &str)]) -> Dag {
    let edges = edges.iter().map(|(a, b)| (table.node(a), table.node(b)));
    Dag::from_edges(Nodes::new(table.names.clone()).unwrap(), edges).unwrap()
}

/// bnlearn divides the residuals by `n - k - 1`; the maximum likelihood divides by `n`.
fn unbiased(score: f64, rows: usize, dag: &Dag) -> f64 {
    let n = rows as f64;
    let shift = |parameters: f64| 0.5 * n * ((n - parameters) / n).ln() + 0.5 * parameters;
    score + (0..dag.len()).map(|node| shift(dag.parents(node).len() as f64 + 1.0)).sum::<f64>()
}

#[test]
fn bnlearn_gaussian_test() {
    let Some(table) = read("oracles/causal/known/bnlearn_gaussian.test.csv") else { return };
    let dag =
        dag(&table, &[("A", "C"), ("B", "C"), ("B", "D"), ("A", "F"), ("D", "F"), ("E", "F"), ("G", "F")]);
    let base = GaussianScore::new(&table.covariance(), table.rows()).unwrap();
    for (criterion, expected) in [
        (GaussianCriterion::LogLikelihood, -53131.9172599189),
        (GaussianCriterion::Aic, -53152.9172599189),
        (GaussianCriterion::Bic { penalty: 1.0 }, -53221.3477884288),
        (GaussianCriterion::Ebic { gamma: 1.0 }, -53248.5905305156),
    ] {
        let score = base.clone().with_criterion(criterion).unwrap();
        let got = unbiased(score.total(&dag), table.rows(), &dag);
        assert!((got - expected).abs() < 1e-7, "{criterion:?}: {got} is not {expected}");
    }
    let bge = BgeScore::new(&table.covariance(), table.rows()).unwrap().total(&dag);
    assert!((bge - -53258.9416181405).abs() < 1e-6, "{bge}");
}

#[test]
fn bnlearn_marks() {
    let Some(table) = read("oracles/causal/known/bnlearn_marks.csv") else { return };
    let edges = [
        ("MECH", "VECT"),
        ("MECH", "ALG"),
        ("VECT", "ALG"),
        ("ALG", "ANL"),
        ("ALG", "STAT"),
        ("ANL", "STAT"),
    ];
    let dag = dag(&table, &edges);
    let criterion = GaussianCriterion::Bic { penalty: 1.0 };
    let score =
        GaussianScore::new(&table.covariance(), table.rows()).unwrap().with_criterion(criterion).unwrap();
    let got = unbiased(score.total(&dag), table.rows(), &dag);
    assert!((got - -1731.40722880728).abs() < 1e-9, "{got}");
}

fn random_covariance(p: usize, seed: u64) -> DMatrix<f64> {
    let mut rng = StdRng::seed_from_u64(seed);
    let a = DMatrix::from_fn(p, p, |_, _| rng.random::<f64>() - 0.5);
    &a * a.transpose() + DMatrix::identity(p, p) * 0.1
}

#[test]
fn equivalent_graphs_score_alike_and_others_do_not() {
    let covariance = random_covariance(4, 7);
    let graph =
        |edges: &[(usize, usize)]| Dag::from_edges(Nodes::numbered(4), edges.iter().copied()).unwrap();
    let alike = [
        (graph(&[(0, 1), (1, 2), (2, 3)]), graph(&[(3, 2), (2, 1), (1, 0)])),
        (graph(&[(0, 1), (0, 2), (1, 2), (2, 3)]), graph(&[(2, 3), (2, 1), (2, 0), (1, 0)])),
        (graph(&[(0, 1), (2, 1), (1, 3), (0, 2)]), graph(&[(2, 0), (0, 1), (2, 1), (1, 3)])),
    ];
    let scores: [Box<dyn LocalScore>; 3] = [
        Box::new(GaussianScore::new(&covariance, 40).unwrap()),
        Box::new(
            GaussianScore::new(&covariance, 40).unwrap().with_criterion(GaussianCriterion::Aic).unwrap(),
        ),
        Box::new(BgeScore::new(&covariance, 40).unwrap()),
    ];
    for score in &scores {
        for (a, b) in &alike {
            assert!((score.total(a) - score.total(b)).abs() < 1e-9, "{}", score.name());
        }
        let collider = graph(&[(0, 1), (2, 1), (2, 3)]);
        assert!((score.total(&collider) - score.total(&alike[0].0)).abs() > 1e-3);
    }
}

#[test]
fn rescaling_moves_every_graph_by_one_constant() {
    let covariance = random_covariance(4, 8);
    let scale = [1e-9, 3.0, 4e7, 0.2];
    let scaled = DMatrix::from_fn(4, 4, |i, j| covariance[(i, j)] * scale[i] * scale[j]);
    let (before, after) =
        (GaussianScore::new(&covariance, 60).unwrap(), GaussianScore::new(&scaled, 60).unwrap());
    let (mut before, mut after) = (before.session(), after.session());
    let constant = after.local(2, &[]) - before.local(2, &[]);
    for parents in [&[0][..], &[1, 3], &[0, 1, 3]] {
        assert!((after.local(2, parents) - before.local(2, parents) - constant).abs() < 1e-8);
    }
}
