//! `learn`, `fit` and `query` on the network that ships with the source, and on tables no learner likes.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use support::{Run, Scratch, datasets, etiology, noise};

fn slow_step(name: &str) -> String {
    datasets().join("slow-step").join(name).to_str().unwrap().to_owned()
}

fn run(arguments: &[&str]) -> Run {
    etiology(arguments)
}

/// The pairs that are joined, without direction.
fn skeleton(graph: &Value) -> BTreeSet<[String; 2]> {
    let name = |edge: &Value, at: usize| edge[at].as_str().unwrap().to_owned();
    let pair = |edge: &Value| {
        let mut ends = [name(edge, 0), name(edge, 1)];
        ends.sort();
        ends
    };
    graph["edges"].as_array().unwrap().iter().map(pair).collect()
}

const TRUE_EDGES: [[&str; 2]; 10] = [
    ["fan", "gpu_temp"],
    ["gpu_temp", "room"],
    ["gpu_clock", "gpu_temp"],
    ["disk", "loader"],
    ["loader", "shard"],
    ["gpu_clock", "step_time"],
    ["loader", "step_time"],
    ["gradient", "learning_rate"],
    ["gradient", "labels"],
    ["gradient", "loss"],
];

fn true_skeleton() -> BTreeSet<[String; 2]> {
    TRUE_EDGES.iter().map(|ends| ends.map(str::to_owned)).collect()
}

#[test]
fn the_default_learner_finds_the_network_that_ships() {
    let graph = run(&["learn", &slow_step("samples.csv"), "--format", "json"]).json();
    assert_eq!(graph["schema"], "etiology.graph/1");
    assert_eq!(graph["method"], "xges");
    assert_eq!(graph["read"], "bdeu, iss 1, one expected parent");
    assert_eq!(skeleton(&graph), true_skeleton(), "{graph:#}");
    let arrow = |a: &str, b: &str| {
        graph["edges"].as_array().unwrap().iter().any(|e| e[0] == a && e[1] == b && e[2] == "-->")
    };
    assert!(arrow("fan", "gpu_temp") && arrow("gpu_clock", "step_time") && arrow("loader", "step_time"));
}

#[test]
fn every_learner_answers_or_says_what_it_takes() {
    let scratch = Scratch::new();
    let mut text = String::from("a,b,c,d\n");
    for row in 0..300 {
        let (a, b) = (noise(row, 1), noise(row, 2));
        let c = a + b + noise(row, 3);
        text += &format!("{a},{b},{c},{}\n", 0.8 * c + noise(row, 4));
    }
    let numbers = scratch.write("numbers.csv", text);
    let listed = run(&["methods", "learners", "--format", "json"]).json();
    let learners = listed["learners"].as_array().unwrap();
    assert!(learners.len() >= 15);
    for learner in learners {
        let name = learner["name"].as_str().unwrap();
        match learner["reads"].as_str().unwrap() {
            "categories" => {
                run(&["learn", &numbers, "--method", name]).refusal(&["categories", "--discrete"]);
                run(&["learn", &slow_step("samples-missing.csv"), "--method", name, "--format", "json"])
                    .json();
            }
            _ => {
                let graph = run(&["learn", &numbers, "--method", name, "--format", "json"]).json();
                assert_eq!(graph["nodes"].as_array().unwrap().len(), 4, "{name}");
                assert!(skeleton(&graph).contains(&["c".to_owned(), "d".to_owned()]), "{name}: {graph:#}");
            }
        }
    }
}

#[test]
fn knowledge_is_obeyed_and_contradictions_are_refused() {
    let scratch = Scratch::new();
    let known = scratch.write(
        "known.json",
        r#"{"tiers": [["loss"], ["gradient"]], "required": [["room", "disk"]], "forbidden": [["*", "gpu_clock"]]}"#,
    );
    let samples = slow_step("samples.csv");
    for method in ["xges", "pc-stable", "hc", "boss"] {
        let graph =
            run(&["learn", &samples, "--method", method, "--knowledge", &known, "--format", "json"]).json();
        let edges = graph["edges"].as_array().unwrap();
        let has =
            |a: &str, b: &str, marks: &str| edges.iter().any(|e| e[0] == a && e[1] == b && e[2] == marks);
        assert!(has("room", "disk", "-->"), "{method}: {graph:#}");
        assert!(!has("gradient", "loss", "-->"), "{method}: {graph:#}");
        assert!(!edges.iter().any(|e| e[1] == "gpu_clock" && e[2] == "-->"), "{method}: {graph:#}");
    }
    let clash = scratch.write("clash.json", r#"{"required": [["room", "disk"], ["disk", "room"]]}"#);
    run(&["learn", &samples, "--knowledge", &clash]).refusal(&["clash.json", "disk", "room"]);
    let typo = scratch.write("typo.json", r#"{"required": [["rom", "disk"]]}"#);
    run(&["learn", &samples, "--knowledge", &typo]).refusal(&["`rom` is not a column"]);
    let shape = scratch.write("shape.json", r#"{"require": []}"#);
    run(&["learn", &samples, "--knowledge", &shape]).refusal(&["shape.json", "unknown field"]);
}

#[test]
fn mixed_columns_are_learned_together() {
    let scratch = Scratch::new();
    let mut text = String::from("kind,size,cost\n");
    for row in 0..400 {
        let kind = if noise(row, 1) > 0.5 { "big" } else { "small" };
        let size = noise(row, 2) + if kind == "big" { 3.0 } else { 0.0 };
        text += &format!("{kind},{size},{}\n", 2.0 * size + noise(row, 3));
    }
    let table = scratch.write("mixed.csv", text);
    for method in ["xges", "pc-stable", "mmhc"] {
        let graph = run(&["learn", &table, "--method", method, "--format", "json"]).json();
        let expected = [["kind", "size"], ["cost", "size"]].map(|ends| ends.map(str::to_owned));
        assert_eq!(skeleton(&graph), BTreeSet::from(expected), "{method}: {graph:#}");
    }
}

#[test]
fn seed_and_threads_decide_the_bytes() {
    let samples = slow_step("samples-missing.csv");
    let one = |threads: &str| {
        run(&[
            "learn",
            &samples,
            "--bootstrap",
            "20",
            "--threads",
            threads,
            "--seed",
            "3",
            "--format",
            "json",
        ])
        .answer()
    };
    assert_eq!(one("1"), one("2"));
    assert!(one("1").contains("bootstrap"));
}

#[test]
fn graphs_are_written_in_every_format() {
    let scratch = Scratch::new();
    for (name, word) in [("g.dot", "digraph"), ("g.graphml", "<graphml"), ("g.json", "\"nodes\"")] {
        let path = scratch.path(name);
        run(&["learn", &slow_step("samples.csv"), "-o", &path]).answer();
        assert!(std::fs::read_to_string(&path).unwrap().contains(word), "{name}");
    }
}

#[test]
fn columns_no_learner_can_use_are_left_out() {
    let scratch = Scratch::new();
    let mut text = String::from("a,b,copy,constant,empty,infinite\n");
    for row in 0..80 {
        let a = noise(row, 1);
        let infinite = if row == 3 { "inf".to_owned() } else { "1".to_owned() };
        text += &format!("{a},{},{},7,,{infinite}\n", a + noise(row, 2), 3.0 - 2.0 * a);
    }
    let graph = run(&["learn", &scratch.write("t.csv", text), "--format", "json"]).json();
    let left: Vec<&str> =
        graph["left_out"].as_array().unwrap().iter().map(|o| o["metric"].as_str().unwrap()).collect();
    assert_eq!(left, ["copy", "constant", "empty", "infinite"]);
    assert_eq!(graph["nodes"].as_array().unwrap().len(), 2);
}

#[test]
fn wide_short_and_odd_tables_are_answered() {
    let scratch = Scratch::new();
    let wide: String = {
        let header: Vec<String> = (0..60).map(|c| format!("x{c}")).collect();
        let rows: Vec<String> =
            (0..12).map(|r| (0..60).map(|c| noise(r, c).to_string()).collect::<Vec<_>>().join(",")).collect();
        format!("{}\n{}\n", header.join(","), rows.join("\n"))
    };
    let wide = scratch.write("wide.csv", wide);
    for method in ["xges", "pc-stable", "hc"] {
        run(&["learn", &wide, "--method", method, "--format", "json"]).json();
    }
    run(&["learn", &wide, "--method", "lingam"]).refusal(&["12 rows are too few for 60 columns"]);
    let one = scratch.write("one.csv", "a,b\n1,2\n");
    run(&["learn", &one]).refusal(&["no usable column", "constant"]);
    let two = scratch.write("two.csv", "a,b\n1,2\n2,5\n");
    assert!([Some(0), Some(2)].contains(&run(&["learn", &two]).code));
    let many = (0..400).map(|r| format!("id{r},{}\n", r % 3)).collect::<String>();
    let many = scratch.write("many.csv", format!("id,k\n{many}"));
    run(&["learn", &many, "--discrete", "--format", "json"]).json();
    run(&["learn", &many, "--method", "pcc"]).refusal(&["no learner is called `pcc`", "pc-stable"]);
    run(&["learn", &many, "--discrete", "--test", "fisher-z", "--method", "pc"]).refusal(&["g2"]);
    run(&["learn", &many, "--alpha", "1.5"]).refusal(&["between 0 and 1"]);
}

#[test]
fn a_network_is_fitted_and_asked() {
    let scratch = Scratch::new();
    let (graph, network) = (scratch.path("graph.json"), scratch.path("network.bif"));
    run(&["learn", &slow_step("samples.csv"), "-o", &graph]).answer();
    let fit = run(&["fit", &graph, &slow_step("samples.csv"), "-o", &network, "--format", "json"]).json();
    assert_eq!((fit["kind"].as_str(), fit["nodes"].as_u64()), (Some("discrete"), Some(12)));
    let ask = |network: &str, more: &[&str]| {
        let arguments = [&["query", network, "--format", "json"], more].concat();
        run(&arguments).json()
    };
    let truth = slow_step("network.bif");
    for question in [
        vec!["--target", "fan", "--evidence", "step_time=very_slow,loader=ahead"],
        vec!["--target", "step_time", "--do", "gpu_clock=full"],
        vec!["--target", "gpu_temp", "--evidence", "gpu_clock=throttled", "--do", "fan=running"],
    ] {
        let (fitted, exact) = (ask(&network, &question), ask(&truth, &question));
        let beliefs = |answer: &Value| -> BTreeMap<String, f64> {
            let target = &answer["targets"][0];
            let states = target["states"].as_array().unwrap().iter().map(|s| s.as_str().unwrap().to_owned());
            states
                .zip(target["probabilities"].as_array().unwrap().iter().map(|p| p.as_f64().unwrap()))
                .collect()
        };
        for (state, p) in beliefs(&fitted) {
            assert!((p - beliefs(&exact)[&state]).abs() < 0.06, "{question:?}: {fitted:#} {exact:#}");
        }
        for method in ["likelihood-weighting", "gibbs"] {
            let sampled = ask(&truth, &[&question[..], &["--method", method]].concat());
            assert_eq!(sampled["method"], method);
            for (state, p) in beliefs(&sampled) {
                assert!((p - beliefs(&exact)[&state]).abs() < 0.03, "{sampled:#} {exact:#}");
            }
        }
    }
    // Setting the clock says nothing about its causes; seeing it does.
    let (set, seen) = (
        ask(&truth, &["--target", "gpu_temp", "--do", "gpu_clock=throttled"]),
        ask(&truth, &["--target", "gpu_temp", "--evidence", "gpu_clock=throttled"]),
    );
    let high = |answer: &Value| answer["targets"][0]["probabilities"][1].as_f64().unwrap();
    assert!(high(&set) < 0.3 && high(&seen) > 0.85, "{set:#} {seen:#}");
    let all = ask(&truth, &[]);
    assert_eq!(all["targets"].as_array().unwrap().len(), 12);
    assert!(
        run(&["query", &truth, "--evidence", "gpu_clock=throttled", "--explain"])
            .answer()
            .contains("gpu_temp = high")
    );
}

/// A 36 by 36 grid of two-state nodes: every elimination order meets a table of 2^36 cells.
#[test]
fn a_network_too_large_for_memory_is_sampled_or_refused_with_its_size() {
    const SIDE: usize = 36;
    let scratch = Scratch::new();
    let name = |row: usize, column: usize| format!("n{row}_{column}");
    let mut text = String::new();
    for (row, column) in (0..SIDE * SIDE).map(|i| (i / SIDE, i % SIDE)) {
        let node = name(row, column);
        text += &format!("variable {node} {{ type discrete [2] {{ no, yes }}; }}\n");
        let mut parents = Vec::new();
        parents.extend((row > 0).then(|| name(row - 1, column)));
        parents.extend((column > 0).then(|| name(row, column - 1)));
        text += &match &parents[..] {
            [] => format!("probability ({node}) {{ table 0.6, 0.4; }}\n"),
            [a] => format!("probability ({node} | {a}) {{ (no) 0.7, 0.3; (yes) 0.4, 0.6; }}\n"),
            _ => format!(
                "probability ({node} | {}) {{ (no, no) 0.8, 0.2; (yes, no) 0.5, 0.5; (no, yes) 0.5, 0.5; (yes, yes) 0.2, 0.8; }}\n",
                parents.join(", ")
            ),
        };
    }
    let grid = scratch.write("grid.bif", text);
    let target = name(SIDE - 1, SIDE - 1);
    run(&["query", &grid, "--target", &target, "--method", "exact"]).refusal(&[
        "treewidth",
        "GiB",
        "--memory",
        "--method likelihood-weighting or gibbs",
    ]);
    for (method, reported) in [("auto", "likelihood-weighting"), ("gibbs", "gibbs")] {
        let ask = ["query", &grid, "--target", &target, "--method", method, "--samples", "2000"];
        let answer = run(&[&ask[..], &["--format", "json"]].concat()).json();
        assert_eq!(answer["method"], reported);
        let belief = &answer["targets"][0];
        let (p, error) = (belief["probabilities"][0].as_f64().unwrap(), &belief["standard_errors"][0]);
        assert!((0.3..0.7).contains(&p) && error.as_f64().unwrap() < 0.1, "{answer:#}");
        assert_eq!(answer["warnings"].to_string().contains("treewidth"), method == "auto", "{answer:#}");
    }
    // The first node and its children are cheap to ask for: the rest is barren.
    let near = run(&["query", &grid, "--target", &name(1, 1), "--format", "json"]).json();
    assert_eq!(near["method"], "exact");
}

/// Levels stand in the order of the network that was given, whatever the data's alphabet; unseen states stay.
#[test]
fn a_fit_keeps_the_states_of_the_network() {
    let scratch = Scratch::new();
    let given = "variable speed { type discrete [3] { slow, fast, absurd }; }
        variable load { type discrete [2] { low, high }; }
        probability (load) { table 0.5, 0.5; }
        probability (speed | load) { (low) 0.2, 0.7, 0.1; (high) 0.8, 0.1, 0.1; }";
    let given = scratch.write("given.bif", given);
    let rows =
        |slow: &str| format!("speed,load\n{}{slow},high\nfast,low\n", "fast,low\nslow,high\n".repeat(40));
    let (data, network) = (scratch.write("data.csv", rows("slow")), scratch.path("fitted.bif"));
    run(&["fit", &given, &data, "-o", &network, "--prior", "k2"]).answer();
    let ask = run(&["query", &network, "--target", "speed", "--evidence", "load=high", "--format", "json"]);
    let answer = ask.json();
    let belief = &answer["targets"][0];
    assert_eq!(belief["states"], serde_json::json!(["slow", "fast", "absurd"]));
    let p = |state: usize| belief["probabilities"][state].as_f64().unwrap();
    assert!((p(0) - 42.0 / 44.0).abs() < 1e-9 && (p(2) - 1.0 / 44.0).abs() < 1e-9, "{answer:#}");
    let odd = scratch.write("odd.csv", rows("brisk"));
    run(&["fit", &given, &odd, "-o", &network]).refusal(&[
        "`speed`",
        "`brisk`",
        "slow, fast, absurd",
        ".json",
    ]);
}

#[test]
fn missing_categories_are_completed_and_numbers_become_a_gaussian_network() {
    let scratch = Scratch::new();
    let fit = run(&["fit", &slow_step("network.bif"), &slow_step("samples-missing.csv"), "--format", "json"])
        .json();
    assert!(fit["warnings"][0].as_str().unwrap().contains("expectation-maximisation"), "{fit:#}");
    let mut text = String::from("load,latency\n");
    for row in 0..500 {
        let load = 10.0 + noise(row, 1);
        text += &format!("{load},{}\n", 1.0 + 2.0 * load + 0.1 * noise(row, 2));
    }
    let data = scratch.write("numbers.csv", text);
    let graph = scratch
        .write("g.json", r#"{"nodes": ["load", "latency"], "edges": [["load", "latency", "-->", null]]}"#);
    let network = scratch.path("n.json");
    run(&["fit", &graph, &data, "-o", &network]).answer();
    let answer =
        run(&["query", &network, "--target", "latency", "--do", "load=20", "--format", "json"]).json();
    assert!((answer["targets"][0]["mean"].as_f64().unwrap() - 41.05).abs() < 0.2, "{answer:#}");
    run(&["fit", &graph, &data, "-o", &scratch.path("n.bif")]).refusal(&["n.bif", ".json"]);
}

#[test]
fn wrong_questions_are_refused_in_one_line() {
    let scratch = Scratch::new();
    let network = slow_step("network.bif");
    run(&["query", &network, "--target", "fann"]).refusal(&["fann"]);
    run(&["query", &network, "--evidence", "fan=broken"]).refusal(&["broken", "failed"]);
    run(&["query", &network, "--evidence", "fan"]).refusal(&["NODE=STATE"]);
    run(&["query", &network, "--target", "loss", "--evidence", "fan=failed,fan=running"])
        .refusal(&["`fan`", "twice"]);
    run(&["query", &network, "--evidence", "fan=failed", "--do", "fan=running"]).refusal(&["`fan`", "twice"]);
    run(&["query", &scratch.path("no.bif")]).refusal(&["no.bif"]);
    let cut: String = std::fs::read_to_string(&network).unwrap().chars().take(900).collect();
    run(&["query", &scratch.write("cut.bif", cut)]).refusal(&["cut.bif"]);
    run(&["query", &scratch.write("n.yaml", "x")]).refusal(&[".yaml"]);
    run(&["fit", &network, &scratch.write("t.csv", "fan,room\nrunning,hot\n")])
        .refusal(&["no column for the nodes"]);
}
