//! The default learner beside the graphs that XGES in C++ and pcalg's GES found on the same tables.

use etiology_graph::{Dag, EdgeMarks, Nodes, Pdag, cpdag};
use etiology_structure::{GaussianCriterion, GaussianScore, Ges, Knowledge, Xges};

use crate::data::{Table, differences, oracle, read};

fn json(path: &str) -> Option<serde_json::Value> {
    Some(serde_json::from_str(&std::fs::read_to_string(oracle(path)?).unwrap()).unwrap())
}

fn graph(nodes: &Nodes, edges: &serde_json::Value) -> Pdag {
    let mut graph = Pdag::empty(nodes.clone());
    for edge in edges.as_array().unwrap() {
        let node = |i: usize| nodes.index_of(edge[i].as_str().unwrap()).unwrap();
        match EdgeMarks::parse(edge[2].as_str().unwrap()).unwrap() {
            EdgeMarks::DIRECTED => graph.set_directed(node(0), node(1)),
            _ => graph.set_undirected(node(0), node(1)),
        }
    }
    graph
}

fn truth(table: &Table, name: &str) -> Pdag {
    let nodes = Nodes::new(table.names.clone()).unwrap();
    let json = json(&format!("oracles/causal/data/{name}.json")).unwrap();
    let node = |value: &serde_json::Value| nodes.index_of(value.as_str().unwrap()).unwrap();
    let edges = json["edges"].as_array().unwrap().iter().map(|edge| (node(&edge[0]), node(&edge[1])));
    cpdag(&Dag::from_edges(nodes.clone(), edges).unwrap())
}

/// Where the two scores are the same number the graphs are the same class; elsewhere ours is no further from the truth.
#[test]
fn xges_equals_its_authors_program() {
    for name in [
        "lg_er_p20_n2000_s1",
        "lg_er_p50_n2000_s1",
        "lg_er_p100_n2000_s1",
        "lg_sf_p20_n2000_s1",
        "lg_sf_p50_n2000_s1",
    ] {
        let Some(table) = read(&format!("oracles/causal/data/{name}.csv.gz")) else { return };
        let Some(peer) = json(&format!("oracles/causal/peers/xges-cpp__{name}.json")) else { return };
        let nodes = Nodes::new(table.names.clone()).unwrap();
        let peer = graph(&nodes, &peer["edges"]);
        let score = GaussianScore::new(&table.covariance(), table.rows()).unwrap();
        let ours = Xges::new().learn(&score, &Knowledge::none(nodes)).unwrap().graph;
        let truth = truth(&table, name);
        let (apart, ours, theirs) =
            (differences(&ours, &peer), differences(&ours, &truth), differences(&peer, &truth));
        println!("{name}: {apart} apart; SHD {ours} (XGES in C++: {theirs})");
        assert!(ours <= theirs && (apart == 0 || ours < theirs), "{name}");
    }
}

/// pcalg 2.7-12 runs all three phases until none changes anything; plain BIC and penalty 2.
#[test]
fn ges_equals_pcalg() {
    for (suffix, penalty) in [("", 1.0), ("_pd2", 2.0)] {
        for name in ["lg_er_p20_n2000_s1", "lg_er_p50_n2000_s1", "lg_sf_p20_n2000_s1", "lg_sf_p50_n2000_s1"] {
            let Some(table) = read(&format!("oracles/causal/data/{name}.csv.gz")) else { return };
            let Some(peer) = json(&format!("oracles/causal/peers/pcalg-ges{suffix}__{name}.json")) else {
                return;
            };
            let nodes = Nodes::new(table.names.clone()).unwrap();
            let score = GaussianScore::new(&table.covariance(), table.rows()).unwrap();
            let score = score.with_criterion(GaussianCriterion::Bic { penalty }).unwrap();
            let ges = Ges::new().with_turning(true).with_iteration(true);
            let ours = ges.learn(&score, &Knowledge::none(nodes.clone())).unwrap().graph;
            assert_eq!(differences(&ours, &graph(&nodes, &peer["edges"])), 0, "{name}, penalty {penalty}");
        }
    }
}
