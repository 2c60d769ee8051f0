use std::collections::BTreeSet;

use etiology_graph::Nodes;
use etiology_structure::{Dagma, Knowledge, LinearSem, Notears};
use nalgebra::DMatrix;

use crate::support::{Noise, covariance, numbers, peer, planted};

fn edges_by_name(model: &LinearSem) -> BTreeSet<(String, String)> {
    model.to_document().edges.into_iter().map(|edge| (edge.a, edge.b)).collect()
}

fn peer_edges(name: &str) -> Option<BTreeSet<(String, String)>> {
    Some(peer(name)?.edges.into_iter().map(|edge| (edge.a, edge.b)).collect())
}

/// The method as published, by scipy 1.13.1's bounded L-BFGS on the split variables (lambda .1, threshold .3): the 21 edges
/// that gCastle 1.0.4 finds too, and the first 12 weights.
#[test]
fn notears_equals_the_published_method() {
    let Some((nodes, columns)) = numbers("data/lg_er_p20_n2000_s1.csv.gz") else { return };
    let model = Notears::new().learn(&nodes, &covariance(&columns)).unwrap();
    assert_eq!(edges_by_name(&model), peer_edges("castle-notears__lg_er_p20_n2000_s1").unwrap());
    let expected = [
        (0, 6, -0.8946),
        (1, 11, -0.3657),
        (1, 16, 0.3896),
        (4, 10, 0.9266),
        (7, 3, -0.5251),
        (7, 10, -0.3893),
        (7, 13, 0.5072),
        (7, 14, -0.4411),
        (7, 16, 0.4821),
        (8, 6, -0.4196),
        (8, 10, -0.5166),
        (8, 15, -0.3297),
    ];
    for (from, to, weight) in expected {
        assert!((model.weights()[(from, to)] - weight).abs() < 5e-3, "{from} --> {to}");
    }
}

/// dagma 1.1.1 with its defaults (lambda .03): the first 12 of 24 weights, to six digits; and with lambda .02 its graph.
#[test]
fn dagma_equals_the_authors_program() {
    let Some((nodes, columns)) = numbers("data/lg_er_p20_n2000_s1.csv.gz") else { return };
    let model = Dagma::new().learn(&nodes, &covariance(&columns)).unwrap();
    assert_eq!(model.dag().edge_count(), 24);
    let expected = [
        (0, 6, -0.949159),
        (1, 11, -0.410076),
        (1, 16, 0.435047),
        (4, 10, 0.762271),
        (7, 3, -0.587792),
        (7, 10, -0.388143),
        (7, 13, 0.624826),
        (7, 14, -0.469229),
        (7, 16, 0.56345),
        (8, 6, -0.500345),
        (8, 10, -0.714149),
        (8, 14, 0.335387),
    ];
    for (from, to, weight) in expected {
        assert!((model.weights()[(from, to)] - weight).abs() < 2e-6, "{from} --> {to}");
    }
    let model = Dagma::new().with_lambda(0.02).learn(&nodes, &covariance(&columns)).unwrap();
    assert_eq!(edges_by_name(&model), peer_edges("dagma__lg_er_p20_n2000_s1").unwrap());
}

/// With noise of equal variance and the population's covariance both methods find the model.
#[test]
fn recovers_planted_models_with_equal_variances() {
    for seed in 0..2 {
        let data = planted(8, 10, 2.0, Noise::Gauss, seed);
        let inverse = (DMatrix::identity(8, 8) - &data.weights).try_inverse().unwrap();
        let population = inverse.transpose() * &inverse;
        let notears = Notears::new().with_lambda(0.01).learn(&data.nodes, &population).unwrap();
        let dagma = Dagma::new().with_lambda(0.01).with_learning_rate(1e-3).learn(&data.nodes, &population);
        for model in [notears, dagma.unwrap()] {
            assert_eq!(model.dag(), &data.dag, "seed {seed}");
            assert!((model.weights() - &data.weights).abs().max() < 0.05);
        }
    }
}

#[test]
fn column_order_does_not_matter() {
    let data = planted(7, 500, 2.0, Noise::Gauss, 9);
    let order = [3, 6, 0, 5, 1, 4, 2];
    let moved: Vec<Vec<f64>> = order.iter().map(|&v| data.columns[v].clone()).collect();
    let (here, there) = (covariance(&data.columns), covariance(&moved));
    let quick = Dagma::new().with_learning_rate(2e-3);
    let models = [
        (Notears::new().learn(&data.nodes, &here), Notears::new().learn(&data.nodes, &there)),
        (quick.learn(&data.nodes, &here), quick.learn(&data.nodes, &there)),
    ];
    for (here, there) in models {
        let (here, there) = (here.unwrap(), there.unwrap());
        for (i, &a) in order.iter().enumerate() {
            for (j, &b) in order.iter().enumerate() {
                let difference = here.weights()[(a, b)] - there.weights()[(i, j)];
                assert!(difference.abs() < 1e-3, "{a} --> {b}: {difference}");
            }
        }
    }
}

#[test]
fn knowledge_is_enforced() {
    let data = planted(7, 400, 2.5, Noise::Gauss, 4);
    let order = data.dag.topological_order();
    let (source, sink) = (order[0], order[6]);
    let (a, b) = data.dag.edges().find(|&edge| edge != (source, sink)).unwrap();
    let known = Knowledge::none(data.nodes.clone()).require(sink, source).unwrap().forbid(a, b).unwrap();
    let tiers = Knowledge::none(data.nodes.clone()).tiers(&[vec![0, 4], vec![1, 2], vec![3, 5, 6]]).unwrap();
    let covariance = covariance(&data.columns);
    let dagma = Dagma::new().with_learning_rate(2e-3);
    for known in [known, tiers] {
        let notears = Notears::new().with_knowledge(known.clone()).learn(&data.nodes, &covariance);
        let dagma = dagma.clone().with_knowledge(known.clone()).learn(&data.nodes, &covariance);
        for model in [notears.unwrap(), dagma.unwrap()] {
            assert!(model.dag().edges().all(|(a, b)| known.allows(a, b)));
            assert!(known.required().all(|(a, b)| model.dag().has_edge(a, b)));
        }
    }
}

#[test]
fn hostile_covariances() {
    let mut data = planted(12, 8, 2.0, Noise::Gauss, 1);
    data.columns[2] = vec![1.0; 8];
    data.columns[5] = data.columns[4].clone();
    let quick = Dagma::new().with_learning_rate(3e-3).with_iterations(2000, 4000);
    let wide = covariance(&data.columns);
    for model in [Notears::new().learn(&data.nodes, &wide).unwrap(), quick.learn(&data.nodes, &wide).unwrap()]
    {
        assert!(model.weights().iter().all(|w| w.is_finite()));
        assert_eq!(model.left_out().len(), 1);
        assert_eq!(model.left_out()[0].metric, "X3");
        assert!(model.dag().parents(2).is_empty() && model.dag().children(2).is_empty());
    }
    for scale in [1e-12, 1e9] {
        let model = Notears::new().with_max_iter(20).learn(&data.nodes, &(&wide * scale)).unwrap();
        assert!(model.weights().iter().all(|w| w.is_finite()));
        let model = quick.learn(&data.nodes, &(&wide * scale)).unwrap();
        assert!(model.weights().iter().all(|w| w.is_finite()));
    }
    let nodes = Nodes::numbered(2);
    let gap = DMatrix::from_element(2, 2, f64::NAN);
    let flat = DMatrix::zeros(2, 2);
    let good = DMatrix::identity(2, 2);
    for bad in [&gap, &flat, &DMatrix::identity(3, 3), &DMatrix::zeros(2, 3)] {
        assert!(Notears::new().learn(&nodes, bad).is_err() && quick.learn(&nodes, bad).is_err());
    }
    assert!(Notears::new().learn(&Nodes::numbered(0), &DMatrix::zeros(0, 0)).is_err());
    assert!(Notears::new().with_lambda(-1.0).learn(&nodes, &good).is_err());
    assert!(Notears::new().with_threshold(f64::NAN).learn(&nodes, &good).is_err());
    assert!(Dagma::new().with_path([0.0]).learn(&nodes, &good).is_err());
    assert!(Dagma::new().with_learning_rate(0.0).learn(&nodes, &good).is_err());
    assert_eq!(Notears::new().learn(&nodes, &good).unwrap().dag().edge_count(), 0);
    assert_eq!(Notears::new().learn(&Nodes::numbered(1), &DMatrix::identity(1, 1)).unwrap().dag().len(), 1);
}
