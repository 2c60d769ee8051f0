//! Searches beside the best of all DAGs on few variables.

use etiology_graph::{Dag, Nodes, cpdag};
use etiology_structure::{GaussianScore, Ges, Knowledge, LocalScore, Xges};

use crate::data::{covariance, draw, random_network};

/// Every DAG over `p` nodes.
fn all_dags(p: usize) -> Vec<Dag> {
    let pairs: Vec<(usize, usize)> = (0..p).flat_map(|i| (0..i).map(move |j| (j, i))).collect();
    (0..3usize.pow(u32::try_from(pairs.len()).unwrap()))
        .filter_map(|code| {
            let mut rest = code;
            let edges = pairs.iter().filter_map(|&(a, b)| {
                let digit = rest % 3;
                rest /= 3;
                [None, Some((a, b)), Some((b, a))][digit]
            });
            Dag::from_edges(Nodes::numbered(p), edges.collect::<Vec<_>>()).ok()
        })
        .collect()
}

#[test]
fn what_is_found_is_no_worse_than_any_neighbour_and_mostly_the_best() {
    let dags = all_dags(4);
    assert_eq!(dags.len(), 543);
    let mut best_found = [0, 0];
    for seed in 0..60 {
        let (_, population) = random_network(4, 1.8, seed);
        let score = GaussianScore::new(&covariance(&draw(&population, 60, seed)), 60).unwrap();
        let totals: Vec<f64> = dags.iter().map(|dag| score.total(dag)).collect();
        let best = totals.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let knowledge = Knowledge::none(Nodes::numbered(4));
        for (which, learned) in [
            Xges::new().learn(&score, &knowledge).unwrap(),
            Ges::new().with_turning(true).with_iteration(true).learn(&score, &knowledge).unwrap(),
        ]
        .into_iter()
        .enumerate()
        {
            assert!(learned.score <= best + 1e-9);
            best_found[which] += u32::from(learned.score > best - 1e-9);
            // No member of the class has a better DAG one edge away, whether added, removed or turned.
            for (dag, &other) in dags.iter().zip(&totals) {
                let is_near = etiology_graph::members(&learned.graph).unwrap().any(|member| {
                    let changed = (0..4).flat_map(|i| (0..i).map(move |j| (i, j))).filter(|&(i, j)| {
                        member.has_edge(i, j) != dag.has_edge(i, j)
                            || member.has_edge(j, i) != dag.has_edge(j, i)
                    });
                    changed.count() == 1
                });
                assert!(!is_near || other <= learned.score + 1e-9, "seed {seed}, learner {which}");
            }
            assert!(
                dags.iter()
                    .zip(&totals)
                    .any(|(dag, total)| cpdag(dag) == learned.graph && (total - learned.score).abs() < 1e-9)
            );
        }
    }
    assert!(best_found[0] >= 58, "xges {best_found:?}");
}
