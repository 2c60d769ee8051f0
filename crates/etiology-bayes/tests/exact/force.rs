//! Every algorithm against the sum over the joint distribution, on random small networks.

use etiology_bayes::{DiscreteNetwork, Evidence, JunctionTree, OrderHeuristic, VariableElimination};
use etiology_graph::{Dag, Nodes};
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// A random network with few enough joint states to list; some rows have zeros, some variables one state.
fn random_network(seed: u64) -> DiscreteNetwork {
    let mut random = StdRng::seed_from_u64(seed);
    let n = random.random_range(1..8);
    let cards: Vec<usize> = (0..n).map(|_| random.random_range(1..4)).collect();
    // Parents may have higher or lower numbers: the order of the nodes is shuffled.
    let mut position: Vec<usize> = (0..n).collect();
    for i in (1..n).rev() {
        position.swap(i, random.random_range(0..=i));
    }
    let mut edges = Vec::new();
    for i in 0..n {
        for j in 0..i {
            if random.random_bool(0.4) {
                edges.push((position[j], position[i]));
            }
        }
    }
    let dag = Dag::from_edges(Nodes::numbered(n), edges).unwrap();
    let states = cards.iter().map(|&card| (0..card).map(|s| format!("s{s}")).collect()).collect();
    let tables = (0..n)
        .map(|v| {
            let rows: usize = dag.parents(v).iter().map(|p| cards[p]).product();
            (0..rows)
                .flat_map(|_| {
                    let zeros = random.random_bool(0.3);
                    let mut row: Vec<f64> = (0..cards[v])
                        .map(|_| {
                            if zeros && random.random_bool(0.5) {
                                0.0
                            } else {
                                random.random_range(0.05..1.0)
                            }
                        })
                        .collect();
                    if row.iter().sum::<f64>() == 0.0 {
                        row[0] = 1.0;
                    }
                    let sum: f64 = row.iter().sum();
                    row.into_iter().map(move |x| x / sum)
                })
                .collect()
        })
        .collect();
    DiscreteNetwork::new(dag, states, tables).unwrap()
}

fn random_evidence(network: &DiscreteNetwork, random: &mut StdRng, soft: bool) -> Evidence {
    let mut evidence = Evidence::new();
    for node in 0..network.len() {
        let card = network.cardinality(node);
        if random.random_bool(0.25) {
            evidence = evidence.with_state(node, random.random_range(0..card));
        } else if soft && random.random_bool(0.2) {
            let likelihood: Vec<f64> = (0..card).map(|_| random.random_range(0.0..3.0)).collect();
            evidence = evidence.with_likelihood(node, likelihood);
        }
    }
    evidence
}

/// Every joint state with its weight: probability times likelihoods, zero where it contradicts the evidence.
fn joint(network: &DiscreteNetwork, evidence: &Evidence) -> Vec<(Vec<usize>, f64)> {
    let mut all = vec![Vec::new()];
    for node in 0..network.len() {
        let extended = all.into_iter().flat_map(|states: Vec<usize>| {
            (0..network.cardinality(node)).map(move |s| [states.as_slice(), &[s]].concat())
        });
        all = extended.collect();
    }
    all.into_iter()
        .map(|states| {
            let mut weight = network.log_probability(&states).unwrap().exp();
            for (node, finding) in evidence.iter() {
                weight *= match finding {
                    etiology_bayes::Finding::State(state) => f64::from(u8::from(states[node] == *state)),
                    etiology_bayes::Finding::Likelihood(likelihood) => likelihood[states[node]],
                };
            }
            (states, weight)
        })
        .collect()
}

/// Sums (or maxima over) the weights by the joint state of some nodes.
fn by(network: &DiscreteNetwork, joint: &[(Vec<usize>, f64)], nodes: &[usize]) -> Vec<f64> {
    let mut sums = vec![0.0; nodes.iter().map(|&v| network.cardinality(v)).product()];
    for (states, weight) in joint {
        sums[nodes.iter().fold(0, |at, &v| at * network.cardinality(v) + states[v])] += weight;
    }
    sums
}

fn close(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12)
}

const HEURISTICS: [OrderHeuristic; 4] = [
    OrderHeuristic::MinFill,
    OrderHeuristic::WeightedMinFill,
    OrderHeuristic::MinWeight,
    OrderHeuristic::Best,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn elimination_and_junction_tree_equal_the_sum_over_the_joint(seed: u64) {
        let network = random_network(seed);
        let mut random = StdRng::seed_from_u64(seed ^ 1);
        let (first, second) = (random_evidence(&network, &mut random, true), random_evidence(&network, &mut random, true));
        let tree = JunctionTree::new(&network).unwrap();
        for evidence in [&first, &second] {
            let joint = joint(&network, evidence);
            let total: f64 = joint.iter().map(|(_, weight)| weight).sum();
            let targets: Vec<usize> = (0..network.len()).filter(|_| random.random_bool(0.4)).collect();
            for heuristic in HEURISTICS {
                let elimination = VariableElimination::new(&network).with_order(heuristic);
                if total == 0.0 {
                    prop_assert!(elimination.posterior(0, evidence).is_err());
                    prop_assert_eq!(elimination.log_probability(evidence).unwrap(), f64::NEG_INFINITY);
                    continue;
                }
                let found = elimination.joint(&targets, evidence).unwrap();
                let expected: Vec<f64> = by(&network, &joint, &targets).iter().map(|sum| sum / total).collect();
                prop_assert!(close(&found.probabilities, &expected), "{:?} {:?}", found, expected);
                prop_assert!((found.log_evidence - total.ln()).abs() < 1e-11);
                let swapped: Vec<usize> = targets.iter().rev().copied().collect();
                let found = elimination.joint(&swapped, evidence).unwrap();
                let expected: Vec<f64> = by(&network, &joint, &swapped).iter().map(|sum| sum / total).collect();
                prop_assert!(close(&found.probabilities, &expected));
            }
            let calibrated = tree.calibrate(evidence);
            if total == 0.0 {
                let refused = matches!(calibrated, Err(etiology_bayes::BayesError::ImpossibleEvidence { .. }));
                prop_assert!(refused);
                continue;
            }
            let calibrated = calibrated.unwrap();
            prop_assert!((calibrated.log_evidence() - total.ln()).abs() < 1e-11);
            for node in 0..network.len() {
                let expected: Vec<f64> = by(&network, &joint, &[node]).iter().map(|sum| sum / total).collect();
                prop_assert!(close(calibrated.marginal(node), &expected), "{} {:?}", node, expected);
            }
        }
        // An updated calibration is the fresh one, to the last bit.
        if let (Ok(before), Ok(fresh)) = (tree.calibrate(&first), tree.calibrate(&second)) {
            let updated = before.update(&second).unwrap();
            prop_assert_eq!(updated.marginals(), fresh.marginals());
            prop_assert_eq!(updated.log_evidence(), fresh.log_evidence());
        }
    }

    #[test]
    fn explanations_equal_the_best_of_the_joint(seed: u64) {
        let network = random_network(seed);
        let mut random = StdRng::seed_from_u64(seed ^ 2);
        let evidence = random_evidence(&network, &mut random, true);
        let joint = joint(&network, &evidence);
        let elimination = VariableElimination::new(&network);
        if joint.iter().all(|(_, weight)| *weight == 0.0) {
            prop_assert!(elimination.explain(&evidence).is_err());
            return Ok(());
        }
        let weight = |states: &[usize]| joint.iter().find(|(other, _)| other == states).unwrap().1;
        let most = joint.iter().map(|(_, weight)| *weight).fold(0.0, f64::max);
        let best = elimination.explain(&evidence).unwrap();
        prop_assert!((weight(&best.states) - most).abs() < 1e-12 * most);
        prop_assert!((best.log_probability - most.ln()).abs() < 1e-11);
        let targets: Vec<usize> = (0..network.len()).filter(|_| random.random_bool(0.5)).collect();
        let best = elimination.map(&targets, &evidence).unwrap();
        let sums = by(&network, &joint, &targets);
        let most = sums.iter().copied().fold(0.0, f64::max);
        let at = targets.iter().zip(&best.states).fold(0, |at, (&v, s)| at * network.cardinality(v) + s);
        prop_assert!((sums[at] - most).abs() < 1e-12 * most);
        prop_assert!((best.log_probability - most.ln()).abs() < 1e-11);
    }

    #[test]
    fn interventions_equal_the_truncated_factorisation(seed: u64) {
        let network = random_network(seed);
        let mut random = StdRng::seed_from_u64(seed ^ 3);
        let setting: Vec<(usize, usize)> = (0..network.len())
            .filter(|_| random.random_bool(0.3))
            .collect::<Vec<_>>()
            .into_iter()
            .map(|node| (node, random.random_range(0..network.cardinality(node))))
            .collect();
        let evidence = random_evidence(&network, &mut random, false);
        let mut truncated = Vec::new();
        for (states, _) in joint(&network, &Evidence::new()) {
            let kept = (0..network.len()).filter(|&v| setting.iter().all(|&(node, _)| node != v));
            let mut weight: f64 = kept.map(|v| network.distribution(v, &states)[states[v]]).product();
            let agrees = setting.iter().all(|&(node, state)| states[node] == state)
                && (0..network.len()).all(|v| evidence.state(v).is_none_or(|state| states[v] == state));
            weight *= f64::from(u8::from(agrees));
            truncated.push((states, weight));
        }
        let total: f64 = truncated.iter().map(|(_, weight)| weight).sum();
        let cut = network.intervene(&setting).unwrap();
        for node in 0..network.len() {
            match VariableElimination::new(&cut).posterior(node, &evidence) {
                Ok(found) => {
                    let expected: Vec<f64> = by(&network, &truncated, &[node]).iter().map(|sum| sum / total).collect();
                    prop_assert!(close(&found.probabilities, &expected));
                }
                Err(_) => prop_assert_eq!(total, 0.0),
            }
        }
    }
}
