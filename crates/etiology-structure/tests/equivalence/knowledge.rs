//! Background knowledge is enforced in every answer of every search.

use etiology_graph::{Nodes, is_mpdag};
use etiology_structure::{Fges, GaussianScore, Ges, Knowledge, Xges};

use crate::data::{covariance, draw, random_network};

#[test]
fn every_answer_agrees() {
    for seed in 0..25 {
        let p = 9;
        let (dag, population) = random_network(p, 3.0, seed);
        let score = GaussianScore::new(&covariance(&draw(&population, 300, seed)), 300).unwrap();
        let order = dag.topological_order();
        // Right and wrong knowledge alike: two tiers, the second of them reversed in time for odd seeds.
        let (early, late) = order.split_at(4);
        let tiers = if seed % 2 == 0 {
            vec![early.to_vec(), late.to_vec()]
        } else {
            vec![late.to_vec(), early.to_vec()]
        };
        let (first, last) = (tiers[0][0], tiers[1][2]);
        let known = Knowledge::none(Nodes::numbered(p))
            .tiers(&tiers)
            .unwrap()
            .require(first, last)
            .unwrap()
            .require(tiers[1][1], last)
            .unwrap()
            .forbid(tiers[0][1], tiers[1][0])
            .unwrap()
            .forbid_within(&[tiers[0][0], tiers[0][2]])
            .unwrap();
        for learned in [
            Ges::new().learn(&score, &known).unwrap(),
            Ges::new().with_turning(true).with_iteration(true).learn(&score, &known).unwrap(),
            Fges::new().learn(&score, &known).unwrap(),
            Xges::new().with_extended_search(false).learn(&score, &known).unwrap(),
            Xges::new().learn(&score, &known).unwrap(),
        ] {
            let graph = &learned.graph;
            assert!(is_mpdag(graph), "seed {seed}");
            for (from, to) in known.required() {
                assert!(graph.has_directed(from, to), "seed {seed}: {from} --> {to} is missing");
            }
            for (from, to) in known.forbidden() {
                assert!(
                    !graph.has_directed(from, to) && !graph.has_undirected(from, to),
                    "seed {seed}: {from} --> {to}"
                );
            }
        }
    }
}

/// True knowledge about the direction of every edge leaves one DAG.
#[test]
fn a_full_order_gives_the_true_dag() {
    for seed in 0..15 {
        let (dag, population) = random_network(10, 3.0, seed);
        let score = GaussianScore::new(&population, 1_000_000_000).unwrap();
        let tiers: Vec<Vec<usize>> = dag.topological_order().into_iter().map(|node| vec![node]).collect();
        let known = Knowledge::none(Nodes::numbered(10)).tiers(&tiers).unwrap();
        let learned = Xges::new().learn(&score, &known).unwrap();
        assert_eq!(learned.graph, etiology_graph::Pdag::from_dag(&dag), "seed {seed}");
    }
}
