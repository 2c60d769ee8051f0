//! Input that is wrong, odd or both: every case ends in one clear line and exit code 2, or in an answer that says what it
//! left out. None may end in a panic.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod support;

use serde_json::Value;
use support::{Run, Scratch, etiology, noise, table};

fn diagnose(path: &str) -> Run {
    etiology(&["diagnose", path, "--format", "json"])
}

fn diagnose_text(name: &str, content: impl AsRef<[u8]>) -> Run {
    let scratch = Scratch::new();
    diagnose(&scratch.write(name, content))
}

/// Why a metric was left out, according to the answer.
#[track_caller]
fn left_out(answer: &Value, metric: &str) -> String {
    let omissions = answer["left_out"].as_array().unwrap();
    let found = omissions.iter().find(|omission| omission["metric"] == metric);
    found.unwrap_or_else(|| panic!("{metric} is not left out: {answer:#}"))["why"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// The usual table with one more column.
fn with_column(name: &str, cell: impl Fn(usize) -> String) -> String {
    let lines = table(90, 3);
    let cells = std::iter::once(name.to_owned()).chain((0..90).map(cell));
    lines.lines().zip(cells).map(|(line, cell)| format!("{line},{cell}\n")).collect()
}

#[test]
fn a_file_that_is_not_there() {
    diagnose("/no/such/file.csv").refusal(&["/no/such/file.csv", "no such file", "check the path"]);
}

#[test]
fn a_folder_that_is_no_incident() {
    let scratch = Scratch::new();
    scratch.write("run/metrics.csv", table(90, 3));
    diagnose(&scratch.path("run")).refusal(&["no incident.json"]);
}

#[test]
fn an_incident_without_metrics() {
    let scratch = Scratch::new();
    scratch.write("run/incident.json", r#"{"schema": "etiology.incident/1"}"#);
    diagnose(&scratch.path("run")).refusal(&["no metrics table"]);
}

#[test]
fn an_empty_file() {
    diagnose_text("m.csv", "").refusal(&["m.csv", "header line"]);
    diagnose_text("m.csv", "\n\n").refusal(&["m.csv"]);
}

#[test]
fn a_header_without_rows() {
    diagnose_text("m.csv", "time,a,b\n").refusal(&["m.csv", "no row"]);
}

#[test]
fn too_few_rows() {
    diagnose_text("m.csv", "time,a,b\n1,2,3\n").refusal(&["m.csv"]);
    diagnose_text("m.csv", "time,a,b\n1,2,3\n2,3,4\n").refusal(&["m.csv"]);
}

#[test]
fn one_column() {
    diagnose_text("m.csv", "time\n1\n2\n3\n").refusal(&["m.csv"]);
}

#[test]
fn no_time_column() {
    diagnose_text("m.csv", "a_cpu,b_cpu\n1,2\n3,4\n").refusal(&["--time", "a_cpu"]);
}

#[test]
fn a_time_column_named_wrongly() {
    let scratch = Scratch::new();
    let file = scratch.write("m.csv", table(90, 3));
    etiology(&["diagnose", &file, "--time", "when"]).refusal(&["when"]);
}

#[test]
fn times_that_are_none() {
    let said = diagnose_text("m.csv", "time,a\n1700000000,2\nyesterday,3\n1700000002,4\n")
        .refusal(&["m.csv", "yesterday"]);
    assert!(said.contains("line 3") || said.contains("row"), "{said}");
}

#[test]
fn no_header() {
    diagnose_text("m.csv", "1700000000,1\n1700000001,2\n").refusal(&["column names", "header line"]);
}

#[test]
fn a_metric_without_values() {
    let answer = diagnose_text("m.csv", with_column("void", |_| String::new())).json();
    let why = left_out(&answer, "void");
    assert!(why.contains("null") || why.starts_with("0 usable values"), "{why}");
}

#[test]
fn nothing_but_empty_metrics() {
    let rows: String = (0..90).map(|row| format!("{row},,\n")).collect();
    let run = diagnose_text("m.csv", format!("step,a,b\n{rows}"));
    match run.code {
        Some(0) => assert_eq!(run.json()["verdict"], "no-incident"),
        _ => drop(run.refusal(&["m.csv"])),
    }
}

#[test]
fn a_constant_metric() {
    let answer = diagnose_text("m.csv", with_column("flat", |_| "7".to_owned())).json();
    assert_eq!(left_out(&answer, "flat"), "constant");
}

#[test]
fn nothing_but_constants() {
    let rows: String = (0..90).map(|row| format!("{row},5,7\n")).collect();
    let answer = diagnose_text("m.csv", format!("step,a,b\n{rows}")).json();
    assert_eq!(answer["verdict"], "no-incident");
    assert!(answer["hypotheses"].as_array().unwrap().is_empty());
}

#[test]
fn infinite_values_among_finite_ones() {
    let cell = |row: usize| if row.is_multiple_of(10) { "inf".to_owned() } else { noise(row, 9).to_string() };
    let answer = diagnose_text("m.csv", with_column("odd_cpu", cell)).json();
    assert_ne!(answer["verdict"], "no-incident");
    for hypothesis in answer["hypotheses"].as_array().unwrap() {
        assert!(hypothesis["score"].is_number(), "{answer:#}");
    }
    diagnose_text("m.csv", with_column("only_inf", |_| "-Inf".to_owned())).json();
}

#[test]
fn two_columns_of_one_name() {
    diagnose_text("m.csv", "time,a,a\n1,2,3\n2,3,4\n").refusal(&["column `a` appears 2 times", "rename"]);
}

#[test]
fn rows_out_of_order_and_doubled_are_put_right_and_said() {
    let whole = table(90, 3);
    let mut lines: Vec<&str> = whole.lines().collect();
    lines[1..].reverse();
    lines.push(lines[5]);
    let answer = diagnose_text("m.csv", lines.join("\n")).json();
    let warnings = answer["warnings"].to_string();
    assert!(warnings.contains("sorted") && warnings.contains("merged"), "{warnings}");
    let mut in_order = diagnose_text("m.csv", &whole).json();
    in_order["warnings"] = answer["warnings"].clone();
    assert_eq!(answer, in_order);
}

#[test]
fn ragged_rows() {
    diagnose_text("m.csv", "time,a,b\n1,2,3\n2,3\n").refusal(&["line 3", "2 fields"]);
    diagnose_text("m.csv", "time,a,b\n1,2,3\n2,3,4,5\n").refusal(&["line 3", "4 fields"]);
    diagnose_text("m.csv", "time,a,b\n1,\"2,3\n2,3,4\n").refusal(&["m.csv"]);
}

#[test]
fn a_column_of_text() {
    let answer = diagnose_text("m.csv", with_column("host", |row| format!("node-{}", row % 3))).json();
    assert!(left_out(&answer, "host").contains("not numeric"), "{answer:#}");
}

#[test]
fn files_cut_short() {
    let scratch = Scratch::new();
    let whole = scratch.write("m.csv", table(400, 6));
    for name in ["cut.csv.gz", "cut.parquet", "cut.arrow"] {
        let path = scratch.path(name);
        etiology(&["convert", &whole, &path]).answer();
        diagnose(&path).json();
        let bytes = std::fs::read(&path).unwrap();
        for keep in [bytes.len() / 2, bytes.len() - 3, 5] {
            std::fs::write(&path, &bytes[..keep]).unwrap();
            diagnose(&path).refusal(&[name]);
        }
    }
}

#[test]
fn other_encodings() {
    let text = "time,größe\n1,2\n2,3\n";
    let utf16: Vec<u8> =
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    diagnose_text("m.csv", utf16).refusal(&["UTF-16", "iconv"]);
    let latin1: Vec<u8> = text.chars().map(|c| u8::try_from(c).unwrap()).collect();
    diagnose_text("m.csv", latin1).refusal(&["UTF-8"]);
}

#[test]
fn bytes_that_mean_nothing() {
    let junk: Vec<u8> = (0..512).flat_map(|i| noise(i, 3).to_le_bytes()).collect();
    for name in ["m.csv", "m.csv.gz", "m.parquet", "m.arrow", "m.feather", "m.tsv", "m.dat"] {
        diagnose_text(name, &junk).refusal(&[name]);
    }
}

#[test]
fn an_unknown_extension() {
    let run = diagnose_text("m.xlsx", b"PK\x03\x04 not a table");
    run.refusal(&["m.xlsx", ".csv", ".parquet"]);
}

#[test]
fn a_manifest_that_is_broken() {
    let folder = |manifest: &str| {
        let scratch = Scratch::new();
        scratch.write("run/metrics.csv", table(90, 3));
        scratch.write("run/incident.json", manifest);
        diagnose(&scratch.path("run"))
    };
    folder("{").refusal(&["incident.json", "line 1"]);
    folder("[]").refusal(&["incident.json"]);
    folder(r#"{"schema": "etiology.incident/9"}"#).refusal(&["etiology.incident/9", "etiology.incident/1"]);
    folder(r#"{"schema": "etiology.incident/1", "symptom": ["nope"]}"#).refusal(&["nope"]);
    folder(r#"{"schema": "etiology.incident/1", "onset": "soon"}"#).refusal(&["soon"]);
    folder(r#"{"schema": "etiology.incident/1", "layers": {"s0_latency": "moon"}}"#).refusal(&["moon"]);
    let answer = folder(r#"{"schema": "etiology.incident/1", "truth": "not even a list"}"#).json();
    assert_eq!(answer["schema"], "etiology.diagnosis/1");
}

#[test]
fn questions_about_what_is_not_there() {
    let scratch = Scratch::new();
    let file = scratch.write("m.csv", table(90, 3));
    let ask = |more: &[&str]| etiology(&[&["diagnose", &file][..], more].concat());
    ask(&["--symptom", "s0_latncy"]).refusal(&["no metric `s0_latncy`", "did you mean", "s0_latency"]);
    ask(&["--exclude", "zzz"]).refusal(&["no metric `zzz`"]);
    ask(&["--exclude", "s0_latency", "--exclude", "s1_latency", "--exclude", "s2_latency"])
        .refusal(&["exclude"]);
    ask(&["--method", "crystal-ball"]).refusal(&["no method `crystal-ball`", "etiology methods"]);
    ask(&["--onset", "tomorrow"]).refusal(&["`tomorrow` is not a time"]);
    ask(&["--onset", "1999-01-01T00:00:00Z"]).refusal(&["onset", "1999-01-01"]);
    ask(&["--onset", "2099-01-01T00:00:00Z"]).refusal(&["onset", "2099-01-01"]);
    ask(&["--onset", "1700000001"]).refusal(&["normal window"]);
    ask(&["--name-pattern", "no groups"]).refusal(&["--name-pattern", "entity"]);
    ask(&["--names", "/no/such/names"]).refusal(&["/no/such/names"]);
    ask(&["--reference", "/no/such.csv"]).refusal(&["/no/such.csv"]);
    ask(&["--align", "1ms", "--time-format", "%Q"]).refusal(&["m.csv"]);
    let steps = scratch.write("steps.csv", table(90, 3).replace("\n1700000", "\n").replace("time", "step"));
    ask(&["--reference", &steps]).refusal(&["steps.csv"]);
}

#[test]
fn topologies_that_are_broken_or_round() {
    let scratch = Scratch::new();
    let file = scratch.write("m.csv", table(90, 3));
    let with = |topology: &str| {
        let topology = scratch.write("topology.csv", topology);
        etiology(&["diagnose", &file, "--format", "json", "--topology", &topology])
    };
    with("from,to\ns0,s1\n").refusal(&["topology.csv", "source"]);
    with("").refusal(&["topology.csv"]);
    let answer = with("source,target\ns0,s1\ns1,s2\ns2,s0\ns0,s0\n").json();
    assert_eq!(answer["graph"]["nodes"], serde_json::json!(["s0", "s1", "s2"]));
}

#[test]
fn more_metrics_than_rows() {
    let answer = diagnose_text("m.csv", table(60, 2000)).json();
    assert_eq!(answer["schema"], "etiology.diagnosis/1");
    assert!(answer["hypotheses"].as_array().unwrap().len() <= 2000);
}

#[test]
fn a_long_table_and_one_that_only_says_so() {
    let mut text = String::from("time,entity,metric,value\n");
    for row in 0..90 {
        for pod in 0..3 {
            let shift = if pod == 0 && row >= 60 { 20.0 } else { 0.0 };
            text += &format!("{row},pod{pod},latency,{}\n", noise(row, pod) + shift);
        }
    }
    let answer = diagnose_text("m.csv", &text).json();
    assert_eq!(answer["symptoms"].as_array().unwrap().len(), 1, "{answer:#}");
    let scratch = Scratch::new();
    let wide = scratch.write("wide.csv", table(90, 3));
    etiology(&["diagnose", &wide, "--layout", "long"]).refusal(&["wide.csv"]);
}

#[test]
fn names_that_could_break_the_output() {
    let names = ["\"with \"\"quotes\"\" and, comma\"", "\"two\nlines\"", "\u{1b}[31mred", "名前_cpu", ""];
    for name in names {
        let text = table(90, 3).replace("s0_latency", name);
        let run = diagnose_text("m.csv", &text);
        match run.code {
            Some(0) => drop(run.json()),
            _ => drop(run.refusal(&["m.csv"])),
        }
    }
}
