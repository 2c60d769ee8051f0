//! Against numbers that other programs gave on the same graphs: class sizes (cliquepicking 0.1), SHD and the identification
//! distances (gadjid 0.1.0, pcalg), and the table of peers' results. Needs the folder `shared` beside the checkout.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::fs;
use std::path::PathBuf;

use etiology_graph::{
    AdjustBy, BigUint, Dag, GraphDocument, Nodes, Pdag, class_size, compare, cpdag, identification_distance,
    members, shd, sid,
};

fn oracles() -> Option<PathBuf> {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/oracles/causal"));
    if root.is_dir() {
        return Some(root);
    }
    println!("skipped: no folder {}", root.display());
    None
}

fn json(path: PathBuf) -> serde_json::Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The true graph of a data set.
fn truth(name: &str) -> Option<Dag> {
    let file = json(oracles()?.join(format!("data/{name}.json")));
    let nodes = Nodes::new(file["nodes"].as_array().unwrap().iter().map(|v| v.as_str().unwrap())).unwrap();
    let number = |v: &serde_json::Value| nodes.require(v.as_str().unwrap()).unwrap();
    let edges: Vec<_> =
        file["edges"].as_array().unwrap().iter().map(|e| (number(&e[0]), number(&e[1]))).collect();
    Some(Dag::from_edges(nodes, edges).unwrap())
}

#[test]
fn class_sizes() {
    for (name, directed, undirected, size) in [
        ("asia_n5000", 5, 3, 6u32),
        ("alarm_n5000", 42, 4, 16),
        ("insurance_n5000", 34, 18, 41),
        ("hepar2_n5000", 114, 9, 96),
        ("andes_n5000", 328, 10, 120),
        ("lg_er_p20_n2000_s1", 18, 6, 20),
        ("lg_er_p50_n2000_s1", 55, 13, 864),
        ("lg_sf_p50_n2000_s1", 68, 7, 72),
        ("lg_er_p100_n2000_s1", 120, 29, 564_480),
    ] {
        let Some(dag) = truth(name) else { return };
        let graph = cpdag(&dag);
        let counts = (graph.directed_edges().count(), graph.undirected_edges().count());
        assert_eq!(counts, (directed, undirected), "{name}");
        assert_eq!(class_size(&graph).unwrap(), BigUint::from(size), "{name}");
        if size < 1000 {
            assert_eq!(members(&graph).unwrap().count(), size as usize, "{name}");
        }
    }
}

/// The consensus network of Sachs et al. 2005 as published with bnlearn: 17 arcs, all undirected in the class.
#[test]
fn sachs() {
    let names = ["Akt", "Erk", "Jnk", "Mek", "P38", "PIP2", "PIP3", "PKA", "PKC", "Plcg", "Raf"];
    let arcs = "Erk>Akt PKA>Akt Mek>Erk PKA>Erk PKA>Jnk PKC>Jnk PKA>Mek PKC>Mek Raf>Mek PKA>P38 PKC>P38 PIP3>PIP2 Plcg>PIP2 \
                Plcg>PIP3 PKC>PKA PKA>Raf PKC>Raf";
    let nodes = Nodes::new(names).unwrap();
    let arcs = arcs.split_whitespace().map(|arc| arc.split_once('>').unwrap());
    let edges: Vec<_> = arcs.map(|(a, b)| (nodes.require(a).unwrap(), nodes.require(b).unwrap())).collect();
    let graph = cpdag(&Dag::from_edges(nodes, edges).unwrap());
    assert_eq!((graph.directed_edges().count(), graph.undirected_edges().count()), (0, 17));
    assert_eq!(class_size(&graph).unwrap(), BigUint::from(336u32));
}

#[test]
fn alarm_leaves_four_edges_open() {
    let Some(dag) = truth("alarm_n5000") else { return };
    let graph = cpdag(&dag);
    let name = |v| dag.nodes().name(v);
    let mut open: Vec<_> = graph
        .undirected_edges()
        .map(|(a, b)| {
            let mut pair = [name(a), name(b)];
            pair.sort_unstable();
            pair.join("-")
        })
        .collect();
    open.sort();
    assert_eq!(open, ["APL-TPR", "HIST-LVF", "MVS-VMCH", "PAP-PMB"]);
}

/// Every graph the peers returned, scored as in the table that stands beside them.
#[test]
fn peers_table() {
    let Some(root) = oracles() else { return };
    let table = fs::read_to_string(root.join("peers/measured.csv")).unwrap();
    let mut lines = table.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let column = |name: &str| header.iter().position(|column| *column == name).unwrap();
    let mut checked = 0;
    for row in lines.filter(|row| row[column("status")] == "ok") {
        let (algorithm, data) = (row[0].replace(':', "-"), row[column("dataset")]);
        let file = root.join(format!("peers/{algorithm}__{data}.json"));
        if !file.exists()
            || !root.join(format!("data/{data}.json")).exists()
            || row[column("compare")] != "cpdag"
        {
            continue;
        }
        let found = json(file);
        let truth = truth(data).unwrap();
        let as_document = |edges: Vec<serde_json::Value>| -> GraphDocument {
            let edges: Vec<_> = edges.iter().map(|e| serde_json::json!([e[0], e[1], e[2], null])).collect();
            serde_json::from_value(serde_json::json!({"nodes": truth.nodes().names(), "edges": edges}))
                .unwrap()
        };
        let document = as_document(found["edges"].as_array().unwrap().clone());
        let estimate = if found["dag"].as_bool().unwrap() {
            document.to_dag().map(|dag| cpdag(&dag))
        } else {
            document.to_pdag()
        };
        let Ok(estimate) = estimate else { continue };
        let got = compare(&cpdag(&truth), &estimate).unwrap();
        let number = |name: &str| row[column(name)].parse::<f64>().unwrap();
        assert_eq!(got.shd.to_string(), row[column("shd")], "{algorithm} on {data}");
        for (ours, theirs) in [
            (got.skeleton.precision(), "skel_P"),
            (got.skeleton.recall(), "skel_R"),
            (got.skeleton.f1(), "skel_F1"),
            (got.arrows.precision(), "dir_P"),
            (got.arrows.recall(), "dir_R"),
            (got.arrows.f1(), "dir_F1"),
        ] {
            assert!((ours - number(theirs)).abs() < 6e-5, "{algorithm} on {data}: {theirs} {ours}");
        }
        checked += 1;
    }
    assert!(checked > 100, "only {checked} rows of the table were comparable");
}

#[test]
fn distances_between_two_random_graphs() {
    let (Some(truth), Some(guess)) = (truth("lg_er_p20_n2000_s1"), truth("lg_sf_p20_n2000_s1")) else {
        return;
    };
    assert_eq!(sid(&truth, &guess), Ok(108));
    let (truth, guess) = (Pdag::from_dag(&truth), Pdag::from_dag(&guess));
    assert_eq!(shd(&truth, &guess), Ok(46));
    for (strategy, mistakes, share) in [
        (AdjustBy::Parents, 108, 0.284_210_526_315_789_5),
        (AdjustBy::Ancestors, 57, 0.15),
        (AdjustBy::Optimal, 51, 0.134_210_526_315_789_47),
    ] {
        let distance = identification_distance(&truth, &guess, strategy).unwrap();
        assert_eq!(distance.mistakes, mistakes, "{strategy:?}");
        assert!((distance.share() - share).abs() < 1e-15);
    }
}
