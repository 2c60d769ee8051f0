//! `etiology granger` from the command line: the shipped metrics, every mode, and ugly input.
#![allow(missing_docs, clippy::unwrap_used, clippy::float_cmp)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_etiology")).args(arguments).output().unwrap()
}

fn granger(input: &str, arguments: &[&str]) -> Output {
    run(&[&["granger", input], arguments].concat())
}

fn json(input: &str, arguments: &[&str]) -> Value {
    let output = granger(input, &[arguments, &["--format", "json"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn slow_burn() -> String {
    repository("datasets/slow-burn/metrics.csv").to_str().unwrap().to_owned()
}

fn true_links() -> BTreeSet<(String, String, u64)> {
    let text = std::fs::read_to_string(repository("datasets/slow-burn/links.json")).unwrap();
    let links: Value = serde_json::from_str(&text).unwrap();
    let link = |edge: &Value| {
        let (cause, lag) = edge[0].as_str().unwrap().split_once("@-").unwrap();
        (cause.to_owned(), edge[1].as_str().unwrap().to_owned(), lag.parse().unwrap())
    };
    links["edges"].as_array().unwrap().iter().map(link).collect()
}

fn found_links(answer: &Value) -> BTreeSet<(String, String, u64)> {
    let linked = answer["tests"].as_array().unwrap().iter().filter(|test| test["linked"] == true);
    linked
        .map(|test| {
            let name = |key: &str| test[key].as_str().unwrap().to_owned();
            (name("cause"), name("effect"), test["lag"].as_u64().unwrap())
        })
        .collect()
}

fn modes() -> Vec<String> {
    let output = run(&["methods", "lagged", "--format", "json"]);
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    list["modes"].as_array().unwrap().iter().map(|mode| mode["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_default_finds_the_links_of_the_shipped_metrics_and_their_lags() {
    let answer = json(&slow_burn(), &["--max-lag", "4"]);
    assert_eq!(found_links(&answer), true_links());
    assert_eq!(answer["schema"], "etiology.granger/1");
    assert_eq!(answer["mode"], "conditional");
    // One row for each ordered pair of seven metrics, by cause and effect in the order of the table.
    let tests = answer["tests"].as_array().unwrap();
    assert_eq!(tests.len(), 42);
    assert_eq!((&tests[0]["cause"], &tests[0]["effect"]), (&"inlet_temp".into(), &"gpu0_temp".into()));
    assert_eq!(answer["stationarity"].as_array().unwrap().len(), 7);
}

#[test]
fn every_mode_finds_all_links_and_at_most_two_more_but_pairwise() {
    for mode in modes() {
        // Layers hold both ends of a link; a bootstrap of all pairs takes too long for a test and has one of its own.
        if ["block", "spectral", "transfer-entropy"].contains(&mode.as_str()) {
            continue;
        }
        let answer = json(&slow_burn(), &["--max-lag", "4", "--mode", &mode, "--alpha", "0.01"]);
        let pairs = |links: BTreeSet<(String, String, u64)>| -> BTreeSet<(String, String)> {
            links.into_iter().map(|(cause, effect, _)| (cause, effect)).collect()
        };
        let (found, truth) = (pairs(found_links(&answer)), pairs(true_links()));
        assert!(truth.is_subset(&found), "{mode}: {found:?}");
        let more = found.difference(&truth).count();
        assert!(more <= if mode == "pairwise" { 6 } else { 2 }, "{mode}: {found:?}");
    }
}

#[test]
fn the_answer_does_not_depend_on_the_number_of_threads() {
    for mode in modes() {
        let of = |threads: &str| {
            let few = ["--exclude", "disk_read_mb_s", "--exclude", "loader_queue", "--exclude", "grad_norm"];
            let how = ["--max-lag", "2", "--mode", &mode, "--resamples", "4", "--threads", threads];
            json(&slow_burn(), &[&how[..], &few[..]].concat())
        };
        assert_eq!(of("1"), of("2"), "{mode}");
    }
}

#[test]
fn graphs_are_written_in_every_format() {
    let text = |arguments: &[&str]| {
        let output = granger(&slow_burn(), &[&["--max-lag", "4"], arguments].concat());
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(text(&["--format", "dot"]).contains("\"inlet_temp\" -> \"gpu0_temp\""));
    assert!(text(&["--format", "dot", "--graph", "lagged"]).contains("inlet_temp@-3"));
    assert!(text(&["--format", "graphml"]).contains("<graphml"));
    assert!(text(&[]).contains("linked   5 of 42 ordered pairs"));
}

#[test]
fn ugly_tables_get_reasons_and_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let rows = |row: &dyn Fn(usize) -> String| (0..120).map(row).collect::<String>();
    let noise = |t: usize, k: usize| ((t * t * 37 + t * k * 11 + k) % 101) as f64 / 10.0;
    let twins = file(
        "twins.csv",
        &format!(
            "time,a,b,c\n{}",
            rows(&|t| { format!("{t},{},{},{}\n", noise(t, 1), noise(t, 1), noise(t, 2)) })
        ),
    );
    let flat = file(
        "flat.csv",
        &format!(
            "time,a,b,flat,empty\n{}",
            rows(&|t| { format!("{t},{},{},5,\n", noise(t, 1), noise(t, 2)) })
        ),
    );
    let gaps = file(
        "gaps.csv",
        &format!(
            "time,a,b\n{}",
            rows(&|t| { format!("{},{},{}\n", t * 10 + 1000 * (t / 3), noise(t, 1), noise(t, 2)) })
        ),
    );
    let short = file("short.csv", "time,a,b\n1,2,3\n2,3,5\n3,1,1\n4,2,2\n");
    let one = file("one.csv", "time,a\n1,2\n2,3\n3,1\n");
    for mode in modes() {
        for input in [&twins, &flat, &gaps, &short, &one] {
            let arguments = ["--max-lag", "4", "--mode", &mode, "--resamples", "19", "--format", "json"];
            let output = granger(input, &arguments);
            let said = String::from_utf8_lossy(&output.stderr);
            let code = output.status.code();
            assert!(code == Some(0) || code == Some(2), "{mode} on {input}: {code:?} {said}");
            assert!(!said.contains("panicked"), "{mode} on {input}: {said}");
            if code == Some(2) {
                assert!(
                    said.lines().filter(|line| !line.trim().is_empty()).count() == 1,
                    "{mode} on {input}: {said}"
                );
                continue;
            }
            let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
            for test in answer["tests"].as_array().unwrap() {
                let p = test["p_value"].as_f64();
                assert!(p.is_none_or(|p| p > 0.0 && p <= 1.0), "{mode} on {input}: {test}");
            }
        }
    }
    let answer = json(&flat, &["--max-lag", "2"]);
    let left_out: Vec<&str> =
        answer["left_out"].as_array().unwrap().iter().map(|o| o["metric"].as_str().unwrap()).collect();
    assert_eq!(left_out, ["flat", "empty"]);
    let answer = json(&twins, &["--max-lag", "2"]);
    let reason = answer["tests"][0]["why"].as_str().unwrap();
    assert!(reason.contains("linear combination"), "{reason}");
}

#[test]
fn wrong_options_are_one_line() {
    for (arguments, says) in [
        (vec!["--mode", "grangr"], "there is no mode"),
        (vec!["--max-lag", "0"], "max-lag"),
        (vec!["--alpha", "2"], "alpha"),
        (vec!["--mode", "spectral", "--band", "3"], "--band"),
        (vec!["--mode", "block", "--group", "gpu"], "--group"),
        (vec!["--mode", "block", "--group", "x=nothing*"], "no metric is called"),
    ] {
        let output = granger(&slow_burn(), &arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(says), "{said}");
    }
}

#[test]
fn a_band_is_given_in_cycles_a_second() {
    let few = [
        "--exclude",
        "disk_read_mb_s",
        "--exclude",
        "loader_queue",
        "--exclude",
        "grad_norm",
        "--exclude",
        "inlet_temp",
    ];
    let how = ["--max-lag", "2", "--mode", "spectral", "--band", "0:0.02", "--resamples", "99"];
    let answer = json(&slow_burn(), &[&how[..], &few[..]].concat());
    // Rows ten seconds apart: .02 cycles a second are .2 a row.
    assert!(answer["read"].as_str().unwrap().contains("0 to 0.2 cycles a row"), "{}", answer["read"]);
    let linked: Vec<String> =
        found_links(&answer).into_iter().map(|(cause, effect, _)| cause + " " + &effect).collect();
    assert_eq!(linked, ["gpu0_sm_clock step_time_ms", "gpu0_temp gpu0_sm_clock"]);
}

#[test]
fn orders_are_chosen_by_every_rule() {
    for rule in ["max", "aic", "bic", "hqic", "fpe", "cv"] {
        let answer = json(&slow_burn(), &["--max-lag", "6", "--order", rule]);
        let degrees = answer["tests"][0]["df"][0].as_f64().unwrap();
        assert!((1.0..=6.0).contains(&degrees), "{rule}: {degrees}");
        assert!((rule == "max") == (degrees == 6.0), "{rule}: {degrees}");
    }
}

#[test]
fn pcmci_takes_every_test() {
    let few = [
        "--exclude",
        "disk_read_mb_s",
        "--exclude",
        "loader_queue",
        "--exclude",
        "grad_norm",
        "--exclude",
        "inlet_temp",
    ];
    for test in ["parcorr", "robust", "cmiknn"] {
        let how = [
            "--max-lag",
            "1",
            "--mode",
            "pcmci",
            "--test",
            test,
            "--alpha",
            "0.05",
            "--fdr",
            "none",
            "--resamples",
            "99",
        ];
        let answer = json(&slow_burn(), &[&how[..], &few[..]].concat());
        let linked = found_links(&answer);
        let link = |cause: &str, effect: &str| (cause.to_owned(), effect.to_owned(), 1);
        assert!(linked.contains(&link("gpu0_temp", "gpu0_sm_clock")), "{test}: {linked:?}");
        assert!(linked.contains(&link("gpu0_sm_clock", "step_time_ms")), "{test}: {linked:?}");
    }
    // Counts need few values a series, which the answer says.
    let output = granger(&slow_burn(), &["--max-lag", "1", "--mode", "pcmci", "--test", "g2"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("distinct values"));
}

#[test]
fn groups_are_tested_on_one_another() {
    let groups =
        ["--group", "heat=inlet_temp,gpu0_*", "--group", "steps=step_time_ms", "--group", "model=grad_norm"];
    let answer = json(&slow_burn(), &[&["--max-lag", "3", "--mode", "block"], &groups[..]].concat());
    assert_eq!(answer["tests"].as_array().unwrap().len(), 6);
    let linked: Vec<String> =
        found_links(&answer).into_iter().map(|(cause, effect, _)| cause + " " + &effect).collect();
    assert_eq!(linked, ["heat steps"]);
    // Without groups, the layers are the groups.
    let layers = json(&slow_burn(), &["--max-lag", "3", "--mode", "block"]);
    assert!(layers["tests"].as_array().unwrap().iter().any(|test| test["cause"] == "compute"));
}

/// Series that wander are named; differencing happens when asked for, and is said.
#[test]
fn integrated_series_are_named_and_changed_only_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("walk.csv");
    let (mut a, mut b, mut state) = (0.0, 0.0, 1_u64);
    let mut step = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    };
    let mut text = "time,a,b\n".to_owned();
    for t in 0..600 {
        (a, b) = (a + step(), b + step());
        text += &format!("{t},{a},{b}\n");
    }
    std::fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap();
    let warnings = |answer: &Value| answer["warnings"].to_string();
    assert!(warnings(&json(path, &["--max-lag", "2"])).contains("look integrated"));
    let changed = json(path, &["--max-lag", "2", "--difference", "integrated"]);
    assert!(warnings(&changed).contains("replaced by their change: `a`, `b`"), "{}", warnings(&changed));
    let again = json(path, &["--max-lag", "2", "--difference", "integrated"]);
    assert_eq!(changed, again);
}
