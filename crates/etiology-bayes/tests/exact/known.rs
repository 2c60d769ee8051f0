//! Published and independently computed answers.

use etiology_bayes::{
    BayesError, DiscreteNetwork, Evidence, GaussianNetwork, JunctionTree, Limits, LinearGaussian,
    OrderHeuristic, VariableElimination, read_bif,
};
use etiology_graph::{Dag, NodeSet, Nodes, front_door_set};

use crate::common::network;

/// Lauritzen and Spiegelhalter's (1988) chest clinic.
const ASIA: &str = "
variable asia { type discrete [2] { yes, no }; } variable tub { type discrete [2] { yes, no }; }
variable smoke { type discrete [2] { yes, no }; } variable lung { type discrete [2] { yes, no }; }
variable bronc { type discrete [2] { yes, no }; } variable either { type discrete [2] { yes, no }; }
variable xray { type discrete [2] { yes, no }; } variable dysp { type discrete [2] { yes, no }; }
probability (asia) { table 0.01, 0.99; } probability (tub | asia) { (yes) 0.05, 0.95; (no) 0.01, 0.99; }
probability (smoke) { table 0.5, 0.5; } probability (lung | smoke) { (yes) 0.1, 0.9; (no) 0.01, 0.99; }
probability (bronc | smoke) { (yes) 0.6, 0.4; (no) 0.3, 0.7; }
probability (either | lung, tub) { (yes, yes) 1, 0; (no, yes) 1, 0; (yes, no) 1, 0; (no, no) 0, 1; }
probability (xray | either) { (yes) 0.98, 0.02; (no) 0.05, 0.95; }
probability (dysp | bronc, either) { (yes, yes) 0.9, 0.1; (no, yes) 0.7, 0.3; (yes, no) 0.8, 0.2; (no, no) 0.1, 0.9; }";

/// Compares both algorithms with the first states' probabilities, to the digits given.
fn check(
    network: &DiscreteNetwork,
    evidence: &[(&str, &str)],
    log_evidence: f64,
    expected: &[(&str, &[f64])],
    tolerance: f64,
) {
    let evidence = Evidence::from_names(network, evidence).unwrap();
    let tree = JunctionTree::new(network).unwrap();
    let calibration = tree.calibrate(&evidence).unwrap();
    assert!((calibration.evidence_probability() - log_evidence).abs() < tolerance);
    for (name, probabilities) in expected {
        let node = network.variable(name).unwrap();
        let single = VariableElimination::new(network).posterior(node, &evidence).unwrap();
        assert!((single.evidence_probability() - log_evidence).abs() < tolerance, "{name}");
        for (state, probability) in probabilities.iter().enumerate() {
            for found in [single.probabilities[state], calibration.marginal(node)[state]] {
                assert!((found - probability).abs() < tolerance, "{name}: {found} and not {probability}");
            }
        }
    }
}

/// pgmpy 1.1.2 and pyAgrum 3.3.1 on the same network, which agree to 1e-8.
#[test]
fn asia() {
    let network = read_bif(ASIA).unwrap();
    check(
        &network,
        &[("asia", "yes"), ("dysp", "yes")],
        0.004_501_374_99,
        &[
            ("lung", &[0.099_525_145]),
            ("tub", &[0.087_750_965]),
            ("bronc", &[0.811_402_072]),
            ("smoke", &[0.625_919_858]),
            ("either", &[0.182_299_853]),
            ("xray", &[0.219_538_863]),
        ],
        1e-8,
    );
    // By hand: P(either) = 1 - P(no lung) P(no tub).
    let either = 1.0 - (1.0 - 0.055) * (1.0 - 0.0104);
    check(&network, &[], 1.0, &[("either", &[either]), ("xray", &[0.05 + 0.93 * either])], 1e-14);
}

/// pgmpy 1.1.2 and pyAgrum 3.3.1, which agree to 1e-8.
#[test]
fn alarm() {
    let Some(network) = network("alarm") else { return };
    check(
        &network,
        &[("HRBP", "HIGH"), ("CO", "LOW"), ("BP", "HIGH")],
        0.003_691_291_8,
        &[
            ("HYPOVOLEMIA", &[0.553_509_87]),
            ("LVFAILURE", &[0.249_615_40]),
            ("ANAPHYLAXIS", &[0.003_656_65]),
            ("INTUBATION", &[0.920_461_45, 0.033_115_82, 0.046_422_72]),
            ("KINKEDTUBE", &[0.044_847_98]),
            ("PULMEMBOLUS", &[0.010_288_90]),
            ("CATECHOL", &[1.0 - 0.970_962_06, 0.970_962_06]),
            ("HR", &[0.001_819_24, 0.014_172_25, 0.984_008_51]),
            ("TPR", &[0.105_406_32, 0.135_638_95, 0.758_954_73]),
        ],
        1e-8,
    );
}

fn posterior(
    network: &DiscreteNetwork,
    target: &str,
    seen: &[(&str, &str)],
    set: &[(&str, &str)],
) -> Vec<f64> {
    let network = network.intervene_by_name(set).unwrap();
    let evidence = Evidence::from_names(&network, seen).unwrap();
    let node = network.variable(target).unwrap();
    VariableElimination::new(&network).posterior(node, &evidence).unwrap().probabilities
}

fn assert_close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-10, "{found} and not {expected}");
}

/// Kidney stones (Charig et al. 1986): treatment A is better when chosen, worse when seen.
#[test]
fn kidney_stones() {
    let network = read_bif(&format!(
        "variable size {{ type discrete [2] {{ small, large }}; }} variable treatment {{ type discrete [2] {{ A, B }}; }}
        variable recovery {{ type discrete [2] {{ yes, no }}; }}
        probability (size) {{ table {}, {}; }}
        probability (treatment | size) {{ (small) {}, {}; (large) {}, {}; }}
        probability (recovery | size, treatment) {{ (small, A) {}, {}; (small, B) {}, {}; (large, A) {}, {}; (large, B) {}, {}; }}",
        357.0 / 700.0, 343.0 / 700.0, 87.0 / 357.0, 270.0 / 357.0, 263.0 / 343.0, 80.0 / 343.0, 81.0 / 87.0, 6.0 / 87.0,
        234.0 / 270.0, 36.0 / 270.0, 192.0 / 263.0, 71.0 / 263.0, 55.0 / 80.0, 25.0 / 80.0,
    ))
    .unwrap();
    assert_close(posterior(&network, "recovery", &[("treatment", "A")], &[])[0], 0.78);
    assert_close(posterior(&network, "recovery", &[("treatment", "B")], &[])[0], 289.0 / 350.0);
    assert_close(posterior(&network, "recovery", &[], &[("treatment", "A")])[0], 0.832_546_217_4);
    assert_close(posterior(&network, "recovery", &[], &[("treatment", "B")])[0], 0.778_875);
}

/// The models of pgmpy's test suite for interventions, with the answers its authors give.
#[test]
fn pgmpy_interventions() {
    let simpson = read_bif(
        "variable S { type discrete [2] { 0, 1 }; } variable T { type discrete [2] { 0, 1 }; } variable C { type discrete [2] { 0, 1 }; }
        probability (S) { table 0.5, 0.5; } probability (T | S) { (0) 0.25, 0.75; (1) 0.75, 0.25; }
        probability (C | S, T) { (0, 0) 0.3, 0.7; (0, 1) 0.4, 0.6; (1, 0) 0.7, 0.3; (1, 1) 0.8, 0.2; }",
    )
    .unwrap();
    assert_close(posterior(&simpson, "C", &[], &[("T", "1")])[0], 0.6);
    assert_close(posterior(&simpson, "C", &[], &[("T", "0")])[0], 0.5);
    assert_close(posterior(&simpson, "C", &[("T", "1")], &[])[0], 0.5);
    assert_close(posterior(&simpson, "C", &[("T", "0")], &[])[0], 0.6);
    let reversal = posterior(&simpson, "C", &[("S", "1")], &[("T", "1")])[0];
    assert_close(reversal, 0.8);
    // Averaged over both treatments in each stratum, treatments as often as seen: no do at all.
    assert_close(adjusted(&simpson, ("C", "0"), None, "S"), 0.55);
}

/// `sum_z P(outcome | cause, z) P(z)`, from what is seen alone; without a cause `sum_z P(outcome | z) P(z)`.
fn adjusted(
    network: &DiscreteNetwork,
    outcome: (&str, &str),
    cause: Option<(&str, &str)>,
    adjust_for: &str,
) -> f64 {
    let state = network.state(network.variable(outcome.0).unwrap(), outcome.1).unwrap();
    let shares = posterior(network, adjust_for, &[], &[]);
    let strata = shares.iter().zip(["0", "1"]).map(|(share, stratum)| {
        let seen: Vec<(&str, &str)> = cause.into_iter().chain([(adjust_for, stratum)]).collect();
        share * posterior(network, outcome.0, &seen, &[])[state]
    });
    strata.sum()
}

/// An instrument: Z --> X --> Y with U common to X and Y. Seeing X is not setting it; setting Z is seeing it.
#[test]
fn pgmpy_instrument() {
    let network = read_bif(
        "variable Z { type discrete [2] { 0, 1 }; } variable U { type discrete [2] { 0, 1 }; }
        variable X { type discrete [2] { 0, 1 }; } variable Y { type discrete [2] { 0, 1 }; }
        probability (Z) { table 0.2, 0.8; } probability (U) { table 0.7, 0.3; }
        probability (X | U, Z) { (0, 0) 0.1, 0.9; (0, 1) 0.3, 0.7; (1, 0) 0.2, 0.8; (1, 1) 0.9, 0.1; }
        probability (Y | U, X) { (0, 0) 0.5, 0.5; (0, 1) 0.8, 0.2; (1, 0) 0.2, 0.8; (1, 1) 0.7, 0.3; }",
    )
    .unwrap();
    assert_close(posterior(&network, "Z", &[], &[])[0], 0.2);
    assert_close(posterior(&network, "X", &[("Z", "1")], &[])[0], 0.48);
    assert_close(posterior(&network, "X", &[], &[("Z", "1")])[0], 0.48);
    assert_close(posterior(&network, "Y", &[], &[("X", "1")])[0], 0.77);
    assert_close(adjusted(&network, ("Y", "0"), Some(("X", "1")), "U"), 0.77);
    assert!((posterior(&network, "Y", &[("X", "1")], &[])[0] - 0.77).abs() > 0.01);
}

/// Z --> X --> Y and Z --> W --> Y: adjusting for either Z or W gives what the intervention gives.
#[test]
fn pgmpy_two_adjustment_sets() {
    let network = read_bif(
        "variable Z { type discrete [2] { 0, 1 }; } variable W { type discrete [2] { 0, 1 }; }
        variable X { type discrete [2] { 0, 1 }; } variable Y { type discrete [2] { 0, 1 }; }
        probability (Z) { table 0.2, 0.8; } probability (X | Z) { (0) 0.1, 0.9; (1) 0.3, 0.7; }
        probability (W | Z) { (0) 0.2, 0.8; (1) 0.9, 0.1; }
        probability (Y | X, W) { (0, 0) 0.3, 0.7; (0, 1) 0.4, 0.6; (1, 0) 0.7, 0.3; (1, 1) 0.8, 0.2; }",
    )
    .unwrap();
    assert_close(posterior(&network, "Y", &[], &[("X", "1")])[0], 0.724);
    for set in ["Z", "W"] {
        assert_close(adjusted(&network, ("Y", "0"), Some(("X", "1")), set), 0.724);
        assert_close(adjusted(&network, ("Y", "0"), None, set), posterior(&network, "Y", &[], &[])[0]);
    }
    assert!((posterior(&network, "Y", &[("X", "1")], &[])[0] - 0.724).abs() > 0.001);
}

/// A confounder W seen after the intervention, alone and as one of two.
#[test]
fn pgmpy_interventions_with_evidence() {
    let one = read_bif(
        "variable W { type discrete [2] { 0, 1 }; } variable X { type discrete [2] { 0, 1 }; } variable Y { type discrete [2] { 0, 1 }; }
        probability (W) { table 0.7, 0.3; } probability (X | W) { (0) 0.7, 0.3; (1) 0.4, 0.6; }
        probability (Y | W, X) { (0, 0) 0.7, 0.3; (0, 1) 0.7, 0.3; (1, 0) 0.5, 0.5; (1, 1) 0.1, 0.9; }",
    )
    .unwrap();
    let found = posterior(&one, "Y", &[("W", "1")], &[("X", "1")]);
    assert_close(found[0], 0.1);
    assert_close(found[1], 0.9);
    let two = read_bif(
        "variable A { type discrete [2] { 0, 1 }; } variable B { type discrete [2] { 0, 1 }; }
        variable X { type discrete [2] { 0, 1 }; } variable Y { type discrete [2] { 0, 1 }; }
        probability (A) { table 0.7, 0.3; } probability (B) { table 0.3, 0.7; }
        probability (X | A, B) { (0, 0) 0.7, 0.3; (0, 1) 0.4, 0.6; (1, 0) 0.3, 0.7; (1, 1) 0.8, 0.2; }
        probability (Y | A, B, X) { (0, 0, 0) 0.7, 0.3; (0, 0, 1) 0.7, 0.3; (0, 1, 0) 0.5, 0.5; (0, 1, 1) 0.1, 0.9;
          (1, 0, 0) 0.9, 0.1; (1, 0, 1) 0.2, 0.8; (1, 1, 0) 0.4, 0.6; (1, 1, 1) 0.6, 0.4; }",
    )
    .unwrap();
    assert_close(posterior(&two, "Y", &[("A", "1")], &[("X", "1")])[0], 0.48);
}

/// Linear chains beside a hidden common cause: X --> Z --> Y is worth .8 * .9 and a second path .9 * .1 more.
#[test]
fn pgmpy_linear_effects() {
    let term = |coefficients: &[f64], sd: f64| LinearGaussian {
        intercept: 0.0,
        coefficients: coefficients.to_vec(),
        sd,
    };
    // U, X, Z, P, Y.
    let chain = [(0, 1), (1, 2), (0, 4), (2, 4)];
    let paths = [(0, 1), (1, 2), (1, 3), (0, 4), (2, 4), (3, 4)];
    let head = [term(&[], 1.0), term(&[0.3], 1.0), term(&[0.8], 0.3)];
    let with = |edges: &[(usize, usize)], tail: [LinearGaussian; 2]| {
        let dag =
            Dag::from_edges(Nodes::new(["U", "X", "Z", "P", "Y"]).unwrap(), edges.iter().copied()).unwrap();
        GaussianNetwork::new(dag, head.iter().cloned().chain(tail).collect()).unwrap()
    };
    let one = with(&chain, [term(&[], 1.0), term(&[0.5, 0.9], 0.4)]);
    assert_close(one.average_causal_effect(1, 4, 0.0, 1.0).unwrap(), 0.72);
    let two = with(&paths, [term(&[0.9], 1.0), term(&[0.5, 0.9, 0.1], 0.4)]);
    assert_close(two.average_causal_effect(1, 4, 0.0, 1.0).unwrap(), 0.81);
    // With U hidden the chain is identified through Z, the front door.
    let seen = NodeSet::from_nodes(5, [1, 2, 3, 4]);
    assert_eq!(front_door_set(one.dag(), 1, 4, &seen).map(|set| set.iter().collect()), Some(vec![2]));
}

/// Pearl's firing squad: the captain orders, two riflemen shoot, either kills. Seeing A shoot tells about B, making A shoot does not.
#[test]
fn firing_squad() {
    let network = read_bif(
        "variable order { type discrete [2] { no, yes }; } variable A { type discrete [2] { no, yes }; }
        variable B { type discrete [2] { no, yes }; } variable dead { type discrete [2] { no, yes }; }
        probability (order) { table 0.7, 0.3; } probability (A | order) { (no) 1, 0; (yes) 0, 1; }
        probability (B | order) { (no) 1, 0; (yes) 0, 1; }
        probability (dead | A, B) { (no, no) 1, 0; (yes, no) 0, 1; (no, yes) 0, 1; (yes, yes) 0, 1; }",
    )
    .unwrap();
    assert_close(posterior(&network, "B", &[("A", "yes")], &[])[1], 1.0);
    assert_close(posterior(&network, "B", &[], &[("A", "yes")])[1], 0.3);
    assert_close(posterior(&network, "dead", &[], &[("A", "yes")])[1], 1.0);
    // Dead although A was kept from shooting: there was an order.
    assert_close(posterior(&network, "order", &[("dead", "yes")], &[("A", "no")])[1], 1.0);
}

/// LINK and MUNIN, which other packages do not answer within a minute or need seconds for.
#[test]
fn large_networks_fit() {
    for (name, limit) in [("link", 1e8), ("munin1", 5e8), ("munin", 5e7)] {
        let Some(network) = network(name) else { return };
        let tree = JunctionTree::build(&network, OrderHeuristic::MinFill, Limits::default()).unwrap();
        let cost = tree.cost();
        println!("{name}: {cost:?}");
        assert!(cost.cells < limit && cost.bytes < 1e9, "{name}: {cost:?}");
    }
}

/// Evidence that cannot happen, and questions that name what is not there.
#[test]
fn questions_without_an_answer() {
    let network = read_bif(ASIA).unwrap();
    let impossible = Evidence::from_names(&network, &[("lung", "yes"), ("either", "no")]).unwrap();
    let elimination = VariableElimination::new(&network);
    let tree = JunctionTree::new(&network).unwrap();
    for error in [
        elimination.posterior(0, &impossible).unwrap_err(),
        elimination.explain(&impossible).unwrap_err(),
        tree.calibrate(&impossible).unwrap_err(),
    ] {
        assert!(matches!(error, BayesError::ImpossibleEvidence { .. }));
        assert!(error.to_string().contains("lung = yes, either = no has probability 0"), "{error}");
    }
    let none = Evidence::new();
    assert!(elimination.posterior(8, &none).is_err() && elimination.joint(&[1, 1], &none).is_err());
    assert!(elimination.posterior(0, &Evidence::new().with_state(0, 2)).is_err());
    assert!(tree.calibrate(&Evidence::new().with_state(9, 0)).is_err());
}

/// A grid of 20 x 20 variables with four states needs 4^21 cells and more: refused before anything is allocated, in numbers.
#[test]
fn what_does_not_fit_is_refused() {
    let side = 20;
    let name = |x: usize, y: usize| format!("g{x}_{y}");
    let mut text = String::new();
    for x in 0..side {
        for y in 0..side {
            let parents: Vec<String> = [(x > 0).then(|| name(x - 1, y)), (y > 0).then(|| name(x, y - 1))]
                .into_iter()
                .flatten()
                .collect();
            text += &format!("variable {} {{ type discrete [4] {{ a b c d }}; }}", name(x, y));
            text += &format!("probability ({} {}) {{ default .1 .2 .3 .4; }}", name(x, y), parents.join(" "));
        }
    }
    let network = read_bif(&text).unwrap();
    for error in [
        JunctionTree::new(&network).unwrap_err(),
        VariableElimination::new(&network).posterior(side * side - 1, &Evidence::new()).unwrap_err(),
        VariableElimination::new(&network).explain(&Evidence::new()).unwrap_err(),
    ] {
        let message = error.to_string();
        assert!(
            matches!(error, BayesError::TooLarge { .. }) && message.contains("likelihood weighting"),
            "{message}"
        );
        assert!(message.contains("the treewidth found is") && message.contains("GiB"), "{message}");
    }
    // A joint answer over everything is refused too, a corner of it is not.
    let asia = read_bif(ASIA).unwrap();
    let small = VariableElimination::new(&asia).with_limits(Limits::default().with_bytes(1000.0));
    assert!(small.joint(&[0, 1, 2, 3, 4, 5, 6, 7], &Evidence::new()).is_err());
    assert!(small.posterior(1, &Evidence::new()).is_ok());
    let all: Vec<usize> = (0..network.len()).collect();
    let mut seen = Evidence::new();
    for &node in &all {
        seen = seen.with_state(node, 0);
    }
    assert!(matches!(
        VariableElimination::new(&network).joint(&all, &seen),
        Err(BayesError::TooLarge { .. })
    ));
    assert_close(VariableElimination::new(&network).log_probability(&seen).unwrap(), 400.0 * 0.1_f64.ln());
}

/// A thousand findings of probability .01: 10^-2000 underflows, its logarithm does not.
#[test]
fn tiny_evidence_does_not_underflow() {
    let n = 1000;
    let mut text =
        String::from("variable h { type discrete [2] { a b }; } probability (h) { table 0.5 0.5; }");
    for i in 0..n {
        text += &format!(
            "variable x{i} {{ type discrete [2] {{ a b }}; }} probability (x{i} h) {{ (a) .01 .99; (b) .01 .99; }}"
        );
    }
    let network = read_bif(&text).unwrap();
    let seen = (1..=n).fold(Evidence::new(), |evidence, node| evidence.with_state(node, 0));
    let expected = n as f64 * 0.01_f64.ln();
    let single = VariableElimination::new(&network).posterior(0, &seen).unwrap();
    let tree = JunctionTree::build(&network, OrderHeuristic::MinFill, Limits::default()).unwrap();
    let calibration = tree.calibrate(&seen).unwrap();
    for (log, half) in [
        (single.log_evidence, single.probabilities[0]),
        (calibration.log_evidence(), calibration.marginal(0)[0]),
    ] {
        assert!((log - expected).abs() < 1e-8 && (half - 0.5).abs() < 1e-9, "{log} {half}");
    }
}
