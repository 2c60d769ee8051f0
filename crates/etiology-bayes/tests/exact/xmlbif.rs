//! Reading and writing XMLBIF.

use etiology_bayes::{read_bif, read_xmlbif, write_xmlbif};

use crate::common::{NETWORKS, network};

/// The example of the format's definition, shortened, with its document type.
const DOG: &str = r#"<?xml version="1.0" encoding="US-ASCII"?>
<!-- The dog problem -->
<!DOCTYPE BIF [
  <!ELEMENT BIF ( NETWORK )*>
  <!ATTLIST BIF VERSION CDATA #REQUIRED>
]>
<BIF VERSION="0.3">
<NETWORK>
<NAME>Dog-Problem</NAME>
<DEFINITION>
  <FOR>dog-out</FOR> <GIVEN>bowel-problem</GIVEN> <GIVEN>family-out</GIVEN>
  <TABLE>0.99 0.01 <!-- true true --> 0.97 0.03 0.9 0.1
     0.3 0.7 </TABLE>
</DEFINITION>
<VARIABLE TYPE="nature"><NAME>family-out</NAME><OUTCOME>true</OUTCOME><OUTCOME>false</OUTCOME>
  <PROPERTY>position = (112, 69)</PROPERTY></VARIABLE>
<VARIABLE TYPE="nature"><NAME> bowel-problem </NAME><OUTCOME>true</OUTCOME><OUTCOME>false</OUTCOME></VARIABLE>
<VARIABLE TYPE="nature"><NAME>dog-out</NAME><OUTCOME>true</OUTCOME><OUTCOME>false</OUTCOME></VARIABLE>
<DEFINITION><FOR>family-out</FOR><TABLE>0.15 0.85</TABLE></DEFINITION>
<DEFINITION><FOR>bowel-problem</FOR><TABLE>0.01 0.99</TABLE></DEFINITION>
</NETWORK>
</BIF>"#;

#[test]
fn the_example_of_the_format() {
    let found = read_xmlbif(DOG).unwrap();
    let same = read_bif(
        "variable family-out { type discrete[2] { true false }; } variable bowel-problem { type discrete[2] { true false }; }
        variable dog-out { type discrete[2] { true false }; } probability (family-out) { table .15 .85; }
        probability (bowel-problem) { table .01 .99; } probability (dog-out | bowel-problem, family-out) {
        (true, true) .99 .01; (true, false) .97 .03; (false, true) .9 .1; (false, false) .3 .7; }",
    );
    assert_eq!(found, same.unwrap());
    assert_eq!(read_xmlbif(&write_xmlbif(&found).unwrap()).unwrap(), found);
}

#[test]
fn names_survive() {
    let network = read_bif(
        r#"variable " a<b & c " { type discrete [ 3 ] { "", "x  y", " \"'>" }; }
        probability (" a<b & c ") { table .5 .25 .25; }"#,
    )
    .unwrap();
    assert_eq!(read_xmlbif(&write_xmlbif(&network).unwrap()).unwrap(), network);
    let control =
        read_bif("variable \"a\u{1}\" { type discrete [1] { x }; } probability (\"a\u{1}\") { table 1; }")
            .unwrap();
    assert!(write_xmlbif(&control).unwrap_err().to_string().contains("XML cannot"));
}

#[test]
fn errors_name_the_line() {
    for (from, to, words) in [
        ("0.15 0.85", "0.15 0.8", "line 19: node `family-out`: row 1"),
        ("0.15 0.85", "0.15", "line 19: `family-out` has 1 probabilities and needs 2"),
        ("0.15 0.85", "0.15 much", "line 19: `much` is no number"),
        ("<TABLE>0.15 0.85</TABLE>", "", "line 19: the definition of `family-out` has no <TABLE>"),
        ("<GIVEN>family-out", "<GIVEN>family", "line 10: `family` is not a declared variable"),
        ("<GIVEN>family-out", "<GIVEN>dog-out", "line 10: `dog-out` is its own parent"),
        ("TYPE=\"nature\"", "TYPE=\"utility\"", "line 15: only nodes of type `nature`"),
        ("<NAME>dog-out", "<NAME>family-out", "line 18: variable `family-out` is declared twice"),
        ("<FOR>bowel-problem", "<FOR>family-out", "line 20: `family-out` has a second probability block"),
        ("true</OUTCOME>", "false</OUTCOME>", "has the state `false` twice"),
        ("</BIF>", "", "the text ends within an element"),
        ("</NETWORK>", "</NETWROK>", "line 21"),
        ("<FOR>dog-out", "<FOR>&dog;-out", "`&dog;` is not known"),
    ] {
        assert!(DOG.contains(from), "{from}");
        let message = read_xmlbif(&DOG.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(message.contains(words), "{from} -> {to}: {message}");
    }
    assert!(read_xmlbif("").is_err() && read_xmlbif("network {}").is_err());
    for cut in 0..DOG.len() {
        assert!(read_xmlbif(&DOG[..cut]).is_err(), "cut at {cut}");
    }
}

#[test]
fn reference_networks_survive_a_round_trip() {
    for name in NETWORKS.into_iter().filter(|name| !matches!(*name, "mildew" | "diabetes")) {
        let Some(network) = network(name) else { return };
        assert!(read_xmlbif(&write_xmlbif(&network).unwrap()).unwrap() == network, "{name} changed");
    }
}
