//! Against numbers that other programs gave on the same graphs: class sizes (cliquepicking 0.1), SHD and the identification
//! distances (gadjid 0.1.0, pcalg), and the table of peers' results. Needs the folder `shared` beside the checkout.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::fs;
use std::path::PathBuf;

use etiology_graph::{
    AdjustBy, BigUint, Dag, GraphDocument, Nodes, Pdag, class_size, compare, cpdag, identification_distance,
    is_cpdag, members, orient_by_meek, pattern, shd, sid,
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

/// Two ways to the class: edge labelling, and Meek's rules on the pattern.
#[test]
fn classes_of_larger_graphs() {
    for name in ["andes_n5000", "hailfinder_n5000", "lg_er_p200_n2000_s1", "lg_sf_p200_n2000_s1"] {
        let Some(dag) = truth(name) else { return };
        let mut closed = pattern(&dag);
        orient_by_meek(&mut closed);
        assert_eq!(closed, cpdag(&dag), "{name}");
        assert!(is_cpdag(&closed) && sid(&dag, &dag) == Ok(0), "{name}");
    }
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

/// Classes compared with classes and with DAGs: nodes, truth, guess, and what gadjid 0.1.0 counts by parents, ancestors and
/// optimal sets.
#[test]
fn distances_between_classes() {
    let graph = |p: usize, edges: &str| {
        let mut graph = Pdag::empty(Nodes::numbered(p));
        for edge in edges.split(' ') {
            let at = edge.find(['>', '-']).unwrap();
            let (a, b) = (edge[..at].parse().unwrap(), edge[at + 1..].parse().unwrap());
            if edge.contains('>') { graph.set_directed(a, b) } else { graph.set_undirected(a, b) }
        }
        graph
    };
    for (p, truth, guess, mistakes) in [
        (
            8,
            "0>2 0>4 0>6 1>3 2>1 5>2 5>4 5>6 6>1 7>4",
            "0>4 2>1 2>3 2>5 4>1 4>3 5>0 5>4 5>6 6>1 7>4 7>5 0-6",
            [24, 21, 19],
        ),
        (
            12,
            "0>5 0>6 0>7 0>11 1>0 1>10 2>8 4>2 6>8 7>2 9>0 9>2 9>5 9>8 9>10 10>4 10>5 11>2 11>3 0-10",
            "1>5 2>5 2>6 4>1 4>5 6>0 6>1 6>3 6>10 7>5 8>1 8>6 9>5 10>1 11>1 11>3 11>6 11>10 2-4 2-9 3-10",
            [107, 81, 79],
        ),
        (
            8,
            "1>0 1>3 2>1 2>3 4>1 4>3 4>5 5>1 5>3 5>7 6>0 7>1",
            "1>0 1>2 3>0 3>2 3>7 4>7 5>2 6>0 6>2 7>0 1-3 3-5",
            [28, 24, 26],
        ),
        (
            12,
            "0>7 1>3 1>10 2>0 4>2 4>7 4>11 8>3 8>6 9>4 9>7",
            "3>0 4>0 4>6 5>0 6>0 11>6 1-8 3-4 4-8 5-8",
            [51, 42, 41],
        ),
        (8, "0>2 7>2 0-5 1-3 3-6 3-7", "0>2 1>2 1>3 2>6 3>6 4>0 5>2", [21, 20, 19]),
        (
            12,
            "2>4 2>7 2>8 3>11 5>11 6>8 10>4 10>7 0-3 1-6 3-10",
            "0>2 0>8 2>11 5>4 6>2 6>11 7>9 7>11 9>10 11>1",
            [39, 25, 26],
        ),
    ] {
        let (truth, guess) = (graph(p, truth), graph(p, guess));
        let by = [AdjustBy::Parents, AdjustBy::Ancestors, AdjustBy::Optimal];
        let got = by.map(|strategy| identification_distance(&truth, &guess, strategy).unwrap().mistakes);
        assert_eq!(got, mistakes);
    }
}
