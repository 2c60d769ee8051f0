//! The command as its users meet it: answers, formats, exit codes.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod support;

use std::process::{Command, Stdio};

use serde_json::Value;
use support::{Scratch, datasets, etiology, table};

fn demo() -> String {
    datasets().join("demo").to_str().unwrap().to_owned()
}

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn the_demo_blames_the_throttled_rank() {
    let answer = etiology(&["demo", "--format", "json"]).json();
    assert_eq!(answer["hypotheses"][0]["entity"], "rank2");
    assert_eq!(answer["hypotheses"][0]["layer"], "compute");
    assert_eq!(answer["symptoms"], serde_json::json!(["job_samples_per_s"]));
    let text = etiology(&["demo"]).answer();
    assert!(text.contains("rank2"), "{text}");
    assert!(!text.contains('\u{1b}'), "no colour without a terminal: {text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
}

#[test]
fn the_demo_is_the_incident_in_the_source() {
    let shipped = etiology(&["demo", "--format", "json"]).answer();
    let folder = etiology(&["diagnose", &demo(), "--format", "json"]).answer();
    assert_eq!(shipped, folder);
}

#[test]
fn a_diagnosis_has_the_published_shape() {
    let answer = etiology(&["demo", "--format", "json"]).json();
    assert_eq!(answer["schema"], "etiology.diagnosis/1");
    assert_eq!(answer["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(answer["seed"], 0);
    let verdicts = ["confirmed", "likely", "inconclusive", "no-incident"];
    assert!(verdicts.contains(&answer["verdict"].as_str().unwrap()));
    assert_eq!(keys(&answer["onset"]), ["given", "interval", "time"]);
    assert_eq!(answer["onset"]["given"], false);
    assert_eq!(answer["onset"]["interval"].as_array().unwrap().len(), 2);
    for field in ["symptoms", "hypotheses", "left_out", "warnings"] {
        assert!(answer[field].is_array(), "{field}");
    }
    assert!(answer.as_object().unwrap().contains_key("confidence_set"));
    assert_eq!(keys(&answer["graph"]), ["edges", "nodes"]);
    let first = &answer["hypotheses"][0];
    let hypothesis = [
        "counterfactual",
        "entity",
        "evidence",
        "layer",
        "mechanism",
        "metric",
        "probability",
        "rank",
        "score",
        "tied_with",
    ];
    assert_eq!(keys(first), hypothesis);
    assert_eq!(first["rank"], 1);
    assert_eq!(keys(&first["evidence"][0]), ["kind", "p_value", "says", "statistic"]);
}

#[test]
fn a_plain_table_is_diagnosed_without_being_told_anything() {
    let table = datasets().join("plain/gpu-leak.csv");
    let answer = etiology(&["diagnose", table.to_str().unwrap(), "--format", "json"]).json();
    assert_eq!(answer["hypotheses"][0]["entity"], "worker1", "{answer:#}");
    assert_eq!(answer["symptoms"].as_array().unwrap().len(), 1);
}

#[test]
fn what_is_given_is_used_and_said() {
    let arguments = ["diagnose", &demo(), "--format", "json", "--onset", "2024-08-17T09:35:10Z", "--symptom"];
    let answer = etiology(&[&arguments[..], &["rank0_allreduce_wait", "--top", "2"]].concat()).json();
    assert_eq!(answer["onset"]["time"], "2024-08-17T09:35:10Z");
    assert_eq!(answer["onset"]["given"], true);
    assert_eq!(answer["symptoms"], serde_json::json!(["rank0_allreduce_wait"]));
    assert_eq!(answer["hypotheses"].as_array().unwrap().len(), 2);
}

#[test]
fn a_level_without_calibration_is_answered_with_a_warning() {
    let answer = etiology(&["demo", "--level", "0.9", "--format", "json"]).json();
    assert!(answer["confidence_set"].is_null());
    let warnings = answer["warnings"].to_string();
    assert!(warnings.contains("no confidence set at level 0.9"), "{warnings}");
}

#[test]
fn neither_truth_nor_threads_change_a_byte() {
    let scratch = Scratch::new();
    for file in ["incident.json", "metrics.csv", "topology.csv", "events.csv"] {
        let content = std::fs::read(datasets().join("demo").join(file)).unwrap();
        scratch.write(&format!("with/{file}"), &content);
        scratch.write(&format!("without/{file}"), &content);
    }
    let mut manifest: Value =
        serde_json::from_str(&std::fs::read_to_string(scratch.path("with/incident.json")).unwrap()).unwrap();
    assert!(manifest.as_object_mut().unwrap().remove("truth").is_some());
    scratch.write("without/incident.json", manifest.to_string());
    let run = |folder: &str, threads: &str, format: &str| {
        let arguments = ["diagnose", &scratch.path(folder), "--threads", threads, "--format", format];
        etiology(&arguments).answer()
    };
    for format in ["json", "text"] {
        let answer = run("with", "1", format);
        assert_eq!(answer, run("with", "4", format));
        assert_eq!(answer, run("without", "4", format));
    }
}

#[test]
fn an_output_file_appears_whole_and_alone() {
    let scratch = Scratch::new();
    let file = scratch.write("answer.json", "old");
    let run = etiology(&["demo", "--format", "json", "-o", &file]);
    assert_eq!(run.answer(), "");
    let written = std::fs::read_to_string(&file).unwrap();
    assert_eq!(written, etiology(&["demo", "--format", "json"]).answer());
    assert_eq!(scratch.files(), 1, "no temporary file is left");
    let nowhere = scratch.path("no/such/folder/answer.json");
    etiology(&["demo", "-o", &nowhere]).refusal(&["answer.json", "cannot be written"]);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_etiology"))
        .args(["man"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
}

#[test]
fn inspect_says_what_would_be_left_out() {
    let scratch = Scratch::new();
    let file =
        scratch.write("m.csv", "time,gpu0_util,flat,void,host\n1,2,1,,a\n2,5,1,,b\n3,4,1,,c\n9,7,1,,d\n");
    let answer = etiology(&["inspect", &file, "--format", "json"]).json();
    assert_eq!(answer["rows"], 4);
    assert_eq!(answer["gaps"].as_array().unwrap().len(), 1);
    let left_out: Vec<&str> =
        answer["left_out"].as_array().unwrap().iter().map(|o| o["metric"].as_str().unwrap()).collect();
    assert_eq!(left_out, ["host", "flat", "void"]);
    let text = etiology(&["inspect", &file]).answer();
    assert!(text.contains("flat: constant") && text.contains("compute"), "{text}");
}

#[test]
fn a_table_survives_every_format() {
    let scratch = Scratch::new();
    let first = scratch.write("a.csv", table(50, 4));
    let mut from = first.clone();
    for name in ["b.parquet", "c.arrow", "d.csv.gz", "e.tsv", "f.feather", "g.csv"] {
        let to = scratch.path(name);
        let run = etiology(&["convert", &from, &to]);
        assert!(run.stderr.is_empty(), "{run:?}");
        run.answer();
        from = to;
    }
    let summary = |path: &str| etiology(&["inspect", path, "--format", "json"]).json();
    assert_eq!(summary(&first), summary(&from));
    etiology(&["convert", &first, &scratch.path("h.xlsx")]).refusal(&["h.xlsx", ".parquet"]);
}

#[test]
fn input_options_are_obeyed() {
    let scratch = Scratch::new();
    let text = "when;a.x;b.x\n02/01/2024 00:00:00;1;5\n02/01/2024 00:00:01;3;6\n02/01/2024 00:00:02;2;4\n02/01/2024 00:00:03;4;9\n";
    let file = scratch.write("m.csv", text);
    let names = scratch.write("names.txt", "x | data | gauge | km | a distance\n");
    let arguments =
        ["inspect", &file, "--format", "json", "--time", "when", "--time-format", "%d/%m/%Y %H:%M:%S"];
    let pattern = ["--name-pattern", r"^(?<entity>\w+)\.(?<metric>\w+)$", "--names", &names];
    let rest = ["--align", "2s", "--exclude", "b.x"];
    let answer = etiology(&[&arguments[..], &pattern, &rest].concat()).json();
    assert_eq!(answer["start"], "2024-01-02T00:00:00Z");
    assert_eq!((&answer["rows"], &answer["period"]), (&2.into(), &2.0.into()));
    let metric = &answer["metrics"][0];
    assert_eq!(answer["metrics"].as_array().unwrap().len(), 1);
    assert_eq!((&metric["entity"], &metric["measure"]), (&"a".into(), &"x".into()));
    assert_eq!((&metric["layer"], &metric["unit"]), (&"data".into(), &"km".into()));
    assert_eq!((&metric["min"], &metric["max"]), (&2.0.into(), &3.0.into()));
}

#[test]
fn a_reference_of_its_own_is_the_normal_behaviour() {
    let scratch = Scratch::new();
    let whole = table(90, 4);
    let lines: Vec<&str> = whole.lines().collect();
    let before = scratch.write("before.csv", lines[..61].join("\n"));
    let after = scratch.write("after.csv", [&lines[..1], &lines[61..]].concat().join("\n"));
    let onset = "1700000060";
    let arguments = ["diagnose", &after, "--reference", &before, "--onset", onset, "--format", "json"];
    let answer = etiology(&arguments).json();
    let blamed = [&answer["hypotheses"][0]["entity"], &answer["symptoms"][0]];
    assert!(blamed.iter().any(|name| name.as_str().is_some_and(|name| name.starts_with("s0"))), "{answer:#}");
}

#[test]
fn methods_are_listed_and_described() {
    let list = etiology(&["methods", "--format", "json"]).json();
    let methods = list["methods"].as_array().unwrap();
    assert_eq!(methods.iter().filter(|method| method["default"] == true).count(), 1);
    for method in methods {
        let id = method["id"].as_str().unwrap();
        let page = etiology(&["methods", id]).answer();
        assert!(page.starts_with(id), "{page}");
        assert!(
            !method["cites"].as_str().unwrap().is_empty() && !method["assumes"].as_str().unwrap().is_empty(),
            "{id}"
        );
    }
    let list = etiology(&["methods"]).answer();
    assert!(list.contains(" * "), "the default is marked: {list}");
    assert!(list.lines().all(|line| line.chars().count() <= 100), "{list}");
    etiology(&["methods", "no-such"]).refusal(&["no method `no-such`"]);
}

#[test]
fn suites_are_listed() {
    let list = etiology(&["bench", "list", "--format", "json"]).json();
    let names: Vec<&str> =
        list["suites"].as_array().unwrap().iter().map(|suite| suite["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"petshop"), "{names:?}");
    let text = etiology(&["bench", "list"]).answer();
    assert!(names.iter().all(|name| text.contains(name)), "{text}");
}

#[test]
fn completions_and_manual_cover_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = etiology(&["completions", shell]).answer();
        assert!(script.contains("diagnose") && script.contains("symptom"), "{shell}");
    }
    assert!(etiology(&["man"]).answer().contains("etiology"));
    assert!(etiology(&["man", "bench-run"]).answer().contains("suite"));
    etiology(&["man", "nothing"]).refusal(&["no command `nothing`"]);
}

#[test]
fn help_is_complete_and_goes_to_stdout() {
    let commands =
        ["diagnose", "demo", "inspect", "detect", "bench", "methods", "convert", "completions", "man"];
    let help = etiology(&["--help"]).answer();
    for command in commands {
        assert!(help.contains(command), "{help}");
        let page = etiology(&[command, "--help"]).answer();
        assert!(page.contains("Usage:") && page.contains("--seed"), "{page}");
    }
    assert_eq!(etiology(&["--version"]).answer(), format!("etiology {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_options_are_one_line() {
    etiology::<&str>(&[]).refusal(&["no command"]);
    etiology(&["diagnos"]).refusal(&["diagnos"]);
    etiology(&["diagnose"]).refusal(&["<INPUT>"]);
    etiology(&["demo", "--top", "0"]).refusal(&["--top", "whole number from 1"]);
    etiology(&["demo", "--level", "1.5"]).refusal(&["--level", "between 0 and 1"]);
    etiology(&["demo", "--threads", "0"]).refusal(&["--threads"]);
    etiology(&["demo", "--format", "xml"]).refusal(&["xml", "json"]);
    etiology(&["inspect", "x", "--align", "soon"]).refusal(&["--align", "5m"]);
    etiology(&["inspect", "x", "--name-pattern", "("]).refusal(&["--name-pattern"]);
    etiology(&["bench", "run", "--suite", "no", "--data", ".", "--methods", "all"])
        .refusal(&["no suite `no`"]);
    etiology(&["rules", "x"]).refusal(&["rules"]);
}

#[test]
fn detection_has_the_published_shape_and_a_table() {
    let table = datasets().join("plain/gpu-leak.csv").to_str().unwrap().to_owned();
    let answer = etiology(&["detect", &table, "--onset", "1723890900", "--format", "json"]).json();
    assert_eq!(answer["onset"]["given"], true);
    let metrics = answer["metrics"].as_array().unwrap();
    assert_eq!(metrics.len(), 14);
    for metric in metrics {
        for field in ["metric", "score", "p_value", "change_points", "detectors"] {
            assert!(metric.get(field).is_some(), "{field} is missing: {metric}");
        }
        assert!(metric["detectors"].get("z-score").is_some(), "{metric}");
    }
    let text = etiology(&["detect", &table, "--detector", "z-score"]).answer();
    let leak = text.lines().find(|line| line.contains("worker1_gpu_memory_used")).unwrap();
    assert!(leak.trim_start().starts_with('*') && !text.contains("iqr"), "{text}");
    etiology(&["detect", &table, "--detector", "crystal-ball"])
        .refusal(&["no detector `crystal-ball`", "z-score"]);
}

#[test]
fn a_suite_of_incident_folders_is_scored() {
    let scratch = Scratch::new();
    let truth = r#"[{"entity": "s0", "metric": "s0_latency"}]"#;
    let manifest = format!(
        r#"{{"schema": "etiology.incident/1", "id": "one", "onset": "2023-11-14T22:14:20Z", "truth": {truth}}}"#
    );
    scratch.write("suite/one/incident.json", manifest);
    scratch.write("suite/one/metrics.csv", table(90, 3));
    let data = scratch.path("suite");
    let run =
        ["bench", "run", "--suite", "incidents", "--data", &data, "--methods", "nsigma,column-order,nsigma"];
    let report = etiology(&[&run[..], &["--format", "json"]].concat()).json();
    assert_eq!((&report["schema"], &report["cases"]), (&"etiology.bench/1".into(), &1.into()));
    let of = |name: &str| -> Vec<&Value> {
        report["methods"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|m| m["method"] == name && m["level"] == "entity")
            .collect()
    };
    assert_eq!(of("nsigma").len(), 1, "a method named twice runs once");
    assert_eq!(of("nsigma")[0]["ac"]["1"], 1.0, "{report:#}");
    assert!(etiology(&run).answer().contains("nsigma"));
}
