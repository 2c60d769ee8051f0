//! Reading and writing BIF.

use etiology_bayes::{DiscreteNetwork, read_bif, write_bif};

use crate::common::{NETWORKS, bif_text};

/// The example of the format's proposal: quoted names, comments, no commas, `default`, a table with the node's own state
/// slowest, properties.
const DOG: &str = r#"
// An example
network "Dog_Problem" { property "credit = E. Charniak" ; }
variable  "light-on" { //2 values
    type discrete[2] {  "true" "false" };
    property "position = (218, 195)" ;
}
variable  "bowel-problem" { type discrete[2] {  "true"  "false" }; property "position = (335, 99)" ; }
variable  "dog-out" { type discrete[2] {  "true"  "false" }; }
variable  "hear-bark" { type discrete[2] {  "true"  "false" }; }
variable  "family-out" { type discrete[2] {  "true"  "false" }; }
/* families
   in any order */
probability (  "light-on"  "family-out" ) { (true) 0.6 0.4 ; default 0.05 0.95; }
probability (  "bowel-problem" ) { table 0.01 0.99 ; }
probability (  "dog-out" | "bowel-problem"  "family-out" ) { table 0.99 0.97 0.9 0.3 0.01 0.03 0.1 0.7 ; }
probability (  "hear-bark"  "dog-out" ) { (false) 0.01 0.99; property x ; (true) 0.7 0.3; }
probability (  "family-out" ) { table 0.15 0.85 ; }
"#;

fn row(network: &DiscreteNetwork, node: &str, parents: &[(&str, &str)]) -> Vec<f64> {
    let node = network.variable(node).unwrap();
    let mut assignment = vec![0; network.len()];
    for (parent, state) in parents {
        let parent = network.variable(parent).unwrap();
        assignment[parent] = network.state(parent, state).unwrap();
    }
    network.distribution(node, &assignment).to_vec()
}

#[test]
fn the_original_dialect() {
    let network = read_bif(DOG).unwrap();
    assert_eq!(network.nodes().names()[..2], ["light-on", "bowel-problem"]);
    assert_eq!(network.dag().edge_count(), 4);
    assert_eq!(row(&network, "light-on", &[("family-out", "true")]), [0.6, 0.4]);
    assert_eq!(row(&network, "light-on", &[("family-out", "false")]), [0.05, 0.95]);
    assert_eq!(row(&network, "hear-bark", &[("dog-out", "true")]), [0.7, 0.3]);
    let dog = |bowel, family| row(&network, "dog-out", &[("bowel-problem", bowel), ("family-out", family)]);
    assert_eq!(dog("true", "false"), [0.97, 0.03]);
    assert_eq!(dog("false", "true"), [0.9, 0.1]);
    assert_eq!(read_bif(&write_bif(&network)).unwrap(), network);
}

#[test]
fn a_table_with_the_own_state_fastest_is_recognised() {
    let text = DOG.replace("0.99 0.97 0.9 0.3 0.01 0.03 0.1 0.7", "0.99 0.01 0.97 0.03 0.9 0.1 0.3 0.7");
    assert_eq!(read_bif(&text).unwrap(), read_bif(DOG).unwrap());
}

#[test]
fn names_that_need_quotes_survive() {
    let text = r#"variable "a b" { type discrete [ 3 ] { "<5", ">= 5; <9", "say \"x\" \\" }; }
        variable "table" { type discrete [ 1 ] { "" }; }
        probability ( "a b" | "table" ) { ("") .5, 2.5e-1, .25; } probability ("table") { table 1; }"#;
    let network = read_bif(text).unwrap();
    assert_eq!(network.states(0), ["<5", ">= 5; <9", "say \"x\" \\"]);
    assert_eq!(read_bif(&write_bif(&network)).unwrap(), network);
}

/// A valid text, and what each damage to it must be answered with.
#[test]
fn errors_name_the_line_and_the_node() {
    let good = "network n {\n}\nvariable rain {\n  type discrete [ 2 ] { no, yes };\n}\nvariable wet {\n  type discrete [ 2 ] { no, yes };\n}\n\
        probability ( rain ) {\n  table 0.8, 0.2;\n}\nprobability ( wet | rain ) {\n  (yes) 0.1, 0.9;\n  (no) 1.0, 0.0;\n}\n";
    assert!(read_bif(good).is_ok());
    for (from, to, line, words) in [
        ("(no) 1.0, 0.0", "(no) 0.9, 0.0", 12, "`wet`: row 1 of the table (rain = no) sums to 0.9"),
        ("(no) 1.0", "(maybe) 1.0", 14, "`rain` has no state `maybe`"),
        ("(no) 1.0, 0.0", "(no) 1.0", 14, "has 1 probabilities and needs 2"),
        ("(no) 1.0, 0.0", "(yes) 1.0, 0.0", 14, "second row for (yes)"),
        ("  (no) 1.0, 0.0;\n", "", 12, "has 1 rows of probabilities and needs 2"),
        ("wet | rain", "wet | snow", 12, "`snow` is not a declared variable"),
        ("wet | rain", "wet | wet", 12, "its own parent"),
        ("wet | rain", "wet | rain, rain", 12, "a parent twice"),
        ("variable wet", "variable rain", 6, "`rain` is declared twice"),
        (
            "rain {\n  type discrete [ 2 ]",
            "rain {\n  type discrete [ 3 ]",
            4,
            "declares 3 states and lists 2",
        ),
        ("rain {\n  type discrete [ 2 ]", "rain {\n  type continuous [ 2 ]", 4, "no other type"),
        ("{ no, yes };\n}\nvariable wet", "{ no, no };\n}\nvariable wet", 3, "the state `no` twice"),
        ("table 0.8", "table zero", 10, "`zero` is no number"),
        ("table 0.8", "table NaN", 9, "no probability"),
        ("table 0.8, 0.2", "table 0.8", 9, "has 1 probabilities and needs 2"),
        ("table 0.8, 0.2", "table 1.2, -0.2", 9, "-0.2, which is no probability"),
        ("probability ( rain )", "probability ( wet )", 12, "second probability block"),
        ("network n", "netwrk n", 1, "`netwrk` stands where"),
    ] {
        assert!(good.contains(from), "{from}");
        let message = read_bif(&good.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(
            message.contains(&format!("line {line}: ")) && message.contains(words),
            "{from} -> {to}: {message}"
        );
    }
    let family = good.find("probability ( wet").unwrap();
    assert!(read_bif(&good[..family]).unwrap_err().to_string().contains("`wet` has no probability block"));
    assert!(read_bif("").unwrap_err().to_string().contains("no variable"));
}

#[test]
fn every_truncation_is_an_error_not_a_panic() {
    let end = DOG.trim_end().len();
    for cut in 0..end {
        assert!(read_bif(&DOG[..cut]).is_err(), "cut at {cut}");
    }
    // Bytes overwritten anywhere may still be a network, but never a panic.
    for at in 0..end {
        for with in ["{", "}", "\"", "(", ";", "|", "9", "é"] {
            let _ = read_bif(&format!("{}{with}{}", &DOG[..at], &DOG[at + 1..]));
        }
    }
}

#[test]
fn cycles_and_tables_beyond_memory_are_refused() {
    let two = "variable a { type discrete[1] {x}; } variable b { type discrete[1] {x}; }
        probability (a | b) { (x) 1; } probability (b | a) { (x) 1; }";
    assert!(read_bif(two).unwrap_err().to_string().contains("closes a directed cycle"));
    let states: Vec<String> = (0..1000).map(|s| format!("s{s}")).collect();
    let mut text = String::new();
    let parents: Vec<String> = (0..7).map(|p| format!("p{p}")).collect();
    for name in parents.iter().map(String::as_str).chain(["child"]) {
        text += &format!("variable {name} {{ type discrete [1000] {{ {} }}; }}\n", states.join(" "));
    }
    let row = vec!["0.001"; 1000].join(" ");
    for parent in &parents {
        text += &format!("probability ({parent}) {{ table {row}; }}\n");
    }
    for (count, words) in [(3, "cells"), (7, "more cells than can be counted")] {
        let text =
            format!("{text} probability (child | {}) {{ default {row}; }}", parents[..count].join(" "));
        let message = read_bif(&text).unwrap_err().to_string();
        assert!(message.contains("`child`") && message.contains(words), "{message}");
    }
}

#[test]
fn ten_thousand_states() {
    let states: Vec<String> = (0..10_000).map(|s| format!("s{s}")).collect();
    let mut text = format!("variable a {{ type discrete [10000] {{ {} }}; }}", states.join(", "));
    text += "variable b { type discrete [2] { no, yes }; }";
    text +=
        &format!("probability (a) {{ table {}; }} probability (b | a) {{", vec!["1e-4"; 10_000].join(", "));
    for state in states.iter().rev() {
        text += &format!("({state}) 0.25 0.75;");
    }
    let network = read_bif(&(text + "}")).unwrap();
    assert_eq!((network.cardinality(0), network.rows(1)), (10_000, 10_000));
    assert_eq!(read_bif(&write_bif(&network)).unwrap(), network);
}

#[test]
fn all_reference_networks_load_and_survive_a_round_trip() {
    for name in NETWORKS {
        let Some(text) = bif_text(name) else { return };
        let network = read_bif(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(network.len(), text.matches("\nvariable ").count(), "{name}");
        // Nodes, arcs and free parameters as published by the collection.
        let expected = match name {
            "alarm" => (37, 46, 509),
            "asia" => (8, 8, 18),
            "barley" => (48, 84, 114_005),
            "hailfinder" => (56, 66, 2656),
            "link" => (724, 1125, 14_211),
            "mildew" => (35, 46, 540_150),
            "munin1" => (186, 273, 15_622),
            "pigs" => (441, 592, 5618),
            "win95pts" => (76, 112, 574),
            _ => (network.len(), network.dag().edge_count(), network.parameters()),
        };
        assert_eq!((network.len(), network.dag().edge_count(), network.parameters()), expected, "{name}");
        let again = read_bif(&write_bif(&network)).unwrap();
        assert!(again == network, "{name} changed in a round trip");
    }
}
