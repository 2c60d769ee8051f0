//! The engine against brute force.

use std::collections::BTreeSet;

use super::*;
use crate::{GaussianScore, ScoreSession};
use etiology_graph::{Nodes, is_cpdag, members};
use nalgebra::DMatrix;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const ALL: [Kind; 3] = [Kind::Delete, Kind::Reverse, Kind::Insert];

/// The covariance of `rows` rows of a random linear-Gaussian network with about `degree` edges a node.
fn sample(p: usize, degree: f64, rows: usize, seed: u64) -> DMatrix<f64> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut data = DMatrix::zeros(rows, p);
    for child in 0..p {
        for row in 0..rows {
            let (u, v): (f64, f64) = (rng.random(), rng.random());
            data[(row, child)] = (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos();
        }
        for parent in 0..child {
            let (coin, weight): (f64, f64) = (rng.random(), rng.random());
            if coin < degree / (p as f64 - 1.0) {
                let add = data.column(parent) * (0.3 + weight);
                let mut column = data.column_mut(child);
                column += add;
            }
        }
    }
    data.tr_mul(&data) / rows as f64
}

#[test]
fn updates_miss_no_operator() {
    for seed in 0..40 {
        let score = GaussianScore::new(&sample(12, 4.0, 200, seed), 200).unwrap();
        let knowledge = Knowledge::none(Nodes::numbered(12));
        for kinds in [&ALL[..], &ALL[..1], &ALL[1..2], &ALL[2..]] {
            let mut search = Search::new(&score, &knowledge, Limits::default()).unwrap();
            search.run(kinds);
            search.start_over();
            assert_eq!(search.exhaust(), 0, "seed {seed}, {kinds:?}");
            let dag = search.graph.to_dag(knowledge.nodes().clone()).unwrap();
            assert!(is_cpdag(&search.graph.to_pdag(knowledge.nodes().clone())));
            assert!((total(&mut search.effects, &dag) - search.score).abs() < 1e-8, "seed {seed}, {kinds:?}");
        }
    }
}

/// Every parent is worth 1, so that no operator is left out for its gain once the tolerance is below all of them.
struct Count(usize);

impl LocalScore for Count {
    fn name(&self) -> &'static str {
        "count"
    }
    fn variables(&self) -> usize {
        self.0
    }
    fn session(&self) -> Box<dyn ScoreSession + '_> {
        Box::new(Self(self.0))
    }
}

impl ScoreSession for Count {
    fn local(&mut self, _: usize, parents: &[usize]) -> f64 {
        parents.len() as f64
    }
}

fn random_dag(p: usize, probability: f64, rng: &mut StdRng) -> Dag {
    let mut order: Vec<usize> = (0..p).collect();
    (1..p).for_each(|i| order.swap(i, rng.random_range(0..=i)));
    let pairs = (0..p).flat_map(|i| (0..i).map(move |j| (j, i))).collect::<Vec<_>>();
    let edges = pairs.into_iter().filter(|_| rng.random::<f64>() < probability);
    Dag::from_edges(Nodes::numbered(p), edges.map(|(i, j)| (order[i], order[j])).collect::<Vec<_>>()).unwrap()
}

fn key(graph: &Pdag) -> String {
    graph.edges().map(|(a, b, marks)| format!("{a}{marks}{b} ")).collect()
}

/// For each kind of operator: the classes that it leads to are those of the members with one edge added, removed, or
/// (an arrow of the class) turned, and no others.
#[test]
fn operators_lead_where_single_edges_of_members_lead() {
    let mut rng = StdRng::seed_from_u64(5);
    for round in 0..400 {
        let dag = random_dag(3 + round % 4, [0.3, 0.5, 0.7, 0.9][round / 100], &mut rng);
        let class = cpdag(&dag);
        let (p, score) = (dag.len(), Count(dag.len()));
        let mut expected: [BTreeSet<String>; 3] = Default::default();
        for member in members(&class).unwrap() {
            for (a, b) in (0..p).flat_map(|a| (0..p).map(move |b| (a, b))).filter(|(a, b)| a != b) {
                let mut other = member.clone();
                if !member.adjacent(a, b) {
                    if other.insert(a, b).is_ok() {
                        expected[Kind::Insert as usize].insert(key(&cpdag(&other)));
                    }
                } else if other.remove(a, b) {
                    expected[Kind::Delete as usize].insert(key(&cpdag(&other)));
                    if class.has_directed(a, b) && other.insert(b, a).is_ok() {
                        expected[Kind::Reverse as usize].insert(key(&cpdag(&other)));
                    }
                }
            }
        }
        let knowledge = Knowledge::none(dag.nodes().clone());
        let mut search = Search::new(&score, &knowledge, Limits::default()).unwrap();
        search.graph = ClassGraph::from_pdag(&class);
        search.effects.tolerance = -2.0;
        search.wanted = [true; 3];
        search.refresh_all();
        let mut found: [BTreeSet<String>; 3] = Default::default();
        while let Some(operator) = search.next() {
            let mark = search.graph.mark();
            search.change_graph(&operator);
            let graph = search.graph.to_pdag(dag.nodes().clone());
            assert!(is_cpdag(&graph), "{operator:?} on {class:?} gives {graph:?}");
            found[operator.kind as usize].insert(key(&graph));
            search.graph.rollback(mark);
            assert_eq!(search.graph.to_pdag(dag.nodes().clone()), class);
        }
        assert_eq!(found, expected, "{}", key(&class));
    }
}
