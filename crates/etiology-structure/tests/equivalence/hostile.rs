//! Tables no search should trip over.

use etiology_graph::Nodes;
use etiology_structure::{
    BgeScore, Fges, GaussianCriterion, GaussianScore, Ges, Knowledge, LearnedClass, LocalScore,
    StructureError, Xges,
};
use nalgebra::DMatrix;

use crate::data::{covariance, draw, random_network};

fn learn(score: &dyn LocalScore) -> Vec<LearnedClass> {
    let known = Knowledge::none(Nodes::numbered(score.variables()));
    vec![
        Xges::new().learn(score, &known).unwrap(),
        Ges::new().with_turning(true).learn(score, &known).unwrap(),
        Fges::new().with_faithfulness(true).learn(score, &known).unwrap(),
    ]
}

fn gaussian(values: &DMatrix<f64>) -> GaussianScore {
    GaussianScore::new(&covariance(values), values.nrows()).unwrap()
}

#[test]
fn more_columns_than_rows() {
    let (_, population) = random_network(40, 2.0, 1);
    for rows in [1, 2, 3, 8, 9, 20] {
        let score = gaussian(&draw(&population, rows, 1));
        for learned in learn(&score) {
            assert!(learned.score.is_finite() && learned.work.complete, "{rows} rows");
            let dag = etiology_graph::consistent_extension(&learned.graph).unwrap();
            assert!((0..40).all(|node| 3 * (dag.parents(node).len() + 2) <= rows.max(6)), "{rows} rows");
        }
    }
}

#[test]
fn duplicated_collinear_and_constant_columns() {
    let (_, population) = random_network(6, 2.0, 2);
    let mut values = draw(&population, 200, 2).resize_horizontally(10, 4.0);
    for row in 0..200 {
        values[(row, 6)] = values[(row, 0)];
        values[(row, 7)] = -3.0 * values[(row, 1)] + 5.0;
        values[(row, 8)] = values[(row, 2)] + values[(row, 3)];
    }
    let score = gaussian(&values);
    assert_eq!(score.constant_columns().collect::<Vec<_>>(), [9]);
    for learned in learn(&score) {
        assert!(learned.score.is_finite());
        assert!(learned.graph.adjacents(9).is_empty());
        assert!(!learned.graph.adjacent(0, 6) && !learned.graph.adjacent(1, 7));
    }
    let bge = BgeScore::new(&covariance(&values), 200).unwrap();
    assert!(learn(&bge).iter().all(|learned| learned.score.is_finite()));
}

#[test]
fn nothing_one_and_two_variables() {
    for p in 0..3 {
        let score = GaussianScore::new(&DMatrix::identity(p, p), 10).unwrap();
        for learned in learn(&score) {
            assert_eq!((learned.graph.len(), learned.graph.edge_count()), (p, 0));
        }
    }
}

/// Without a penalty the complete graph is best, the worst case for the number of cliques.
#[test]
fn a_complete_graph_ends() {
    let (_, population) = random_network(14, 8.0, 4);
    let score =
        gaussian(&draw(&population, 100, 4)).with_criterion(GaussianCriterion::LogLikelihood).unwrap();
    let known = Knowledge::none(Nodes::numbered(14));
    let learned = Ges::new().learn(&score, &known).unwrap();
    assert_eq!(learned.graph.edge_count(), 91);
}

#[test]
fn limits_hold() {
    let (_, population) = random_network(15, 5.0, 5);
    let score = gaussian(&draw(&population, 500, 5));
    let known = Knowledge::none(Nodes::numbered(15));
    let learned = Xges::new().with_max_degree(2).learn(&score, &known).unwrap();
    assert!((0..15).all(|node| learned.graph.adjacents(node).len() <= 2));
    let learned = Xges::new().with_max_parents(1).learn(&score, &known).unwrap();
    assert!((0..15).all(|node| learned.graph.parents(node).len() <= 1));
    let learned = Xges::new().with_max_operators(3).learn(&score, &known).unwrap();
    assert!(!learned.work.complete && learned.work.inserts == 3 && learned.graph.edge_count() == 3);
}

#[test]
fn what_does_not_fit_together_is_an_error() {
    let score = GaussianScore::new(&DMatrix::identity(3, 3), 10).unwrap();
    let known = Knowledge::none(Nodes::numbered(4));
    assert!(matches!(Xges::new().learn(&score, &known), Err(StructureError::Width { .. })));
    let singular = GaussianScore::new(&DMatrix::from_element(2, 2, 1.0), 10).unwrap();
    let known = Knowledge::none(Nodes::numbered(2)).require(0, 1).unwrap();
    let error = Ges::new().learn(&singular, &known).unwrap_err().to_string();
    assert!(error.contains("drop the edge or the column"), "{error}");
}
