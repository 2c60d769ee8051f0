//! Conditional-Gaussian networks: bnlearn's likelihood, enumeration over all discrete states, simulation, hostile tables.

use std::sync::Arc;

use etiology_bayes::{
    BayesError, ConditionalGaussianEstimator, ConditionalGaussianNetwork, FitNote, GaussianNetwork,
    LinearGaussian, MixedFamily, MixedPosterior, Value,
};
use etiology_graph::{Dag, Nodes};
use etiology_stats::{DiscreteColumn, MixedColumn};
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::support::{close, model, table};

/// bnlearn 5.2.1, `score(type = "loglik-cg")`, `"aic-cg"`, `"bic-cg"` of `clgaussian.test`.
#[test]
fn bnlearn_clgaussian_test() {
    let Some(table) = table("oracles/causal/known/bnlearn_clgaussian.test.csv") else { return };
    let dag = model(&table.names, "[A][B][C][H][D|A:H][F|B:C][E|B:D][G|A:D:E:F]");
    let columns: Vec<MixedColumn> = table
        .columns
        .iter()
        .map(|column| match column.iter().map(|v| v.parse()).collect::<Result<Vec<f64>, _>>() {
            Ok(numbers) => MixedColumn::Continuous(numbers),
            Err(_) => MixedColumn::Discrete(
                DiscreteColumn::from_labels(column.iter().map(|v| Some(v.as_str()))).unwrap(),
            ),
        })
        .collect();
    let fit = ConditionalGaussianEstimator::new().fit_columns(&dag, &columns).unwrap();
    assert!(fit.notes.is_empty(), "{:?}", fit.notes);
    let loglik = fit.network.log_likelihood(&columns).unwrap();
    close(loglik, -20074.13346094, 1e-11);
    close(loglik - fit.network.parameters() as f64, -20125.13346094, 1e-11);
    close(loglik - 0.5 * fit.network.parameters() as f64 * 5000_f64.ln(), -20291.32188732, 1e-11);
}

fn states(count: usize) -> Arc<[String]> {
    (0..count).map(|i| format!("s{i}")).collect()
}

/// A random network: `d` discrete nodes, then `c` continuous ones, numbers shuffled.
pub fn random_network(d: usize, c: usize, seed: u64) -> ConditionalGaussianNetwork {
    let mut rng = StdRng::seed_from_u64(seed);
    let p = d + c;
    let mut place: Vec<usize> = (0..p).collect();
    for i in (1..p).rev() {
        place.swap(i, rng.random_range(0..=i));
    }
    let mut dag = Dag::empty(Nodes::numbered(p));
    for i in 0..p {
        for j in i + 1..p {
            if rng.random_bool(0.45) {
                dag.insert(place[i], place[j]).unwrap();
            }
        }
    }
    let mut card = vec![0; p];
    for &node in &place[..d] {
        card[node] = rng.random_range(2..4);
    }
    let families = (0..p)
        .map(|node| {
            let parents: Vec<usize> = dag.parents(node).iter().collect();
            let configurations: usize = parents.iter().map(|&q| card[q].max(1)).product();
            let continuous = parents.iter().filter(|&&q| card[q] == 0).count();
            if card[node] > 0 {
                let mut table = Vec::new();
                for _ in 0..configurations {
                    let row: Vec<f64> = (0..card[node]).map(|_| rng.random_range(0.05..1.0)).collect();
                    let total: f64 = row.iter().sum();
                    table.extend(row.iter().map(|v| v / total));
                }
                MixedFamily::Discrete { states: states(card[node]), table }
            } else {
                let components = (0..configurations).map(|_| LinearGaussian {
                    intercept: rng.random_range(-2.0..2.0),
                    coefficients: (0..continuous).map(|_| rng.random_range(-1.0..1.0)).collect(),
                    sd: rng.random_range(0.4..1.5),
                });
                MixedFamily::Continuous { components: components.collect() }
            }
        })
        .collect();
    ConditionalGaussianNetwork::new(dag, families).unwrap()
}

/// By enumeration of every joint state of all discrete nodes: `(state, probability with the evidence's density, network)`.
fn enumerate(
    network: &ConditionalGaussianNetwork,
    evidence: &[(usize, Value)],
) -> Vec<(Vec<usize>, f64, GaussianNetwork, Vec<usize>)> {
    let p = network.len();
    let discrete: Vec<usize> = (0..p).filter(|&v| network.states(v).is_some()).collect();
    let continuous: Vec<usize> = (0..p).filter(|&v| network.states(v).is_none()).collect();
    let total: usize = discrete.iter().map(|&v| network.states(v).unwrap().len()).product();
    let mut out = Vec::new();
    for mut code in 0..total {
        let mut state = vec![0; p];
        for &v in &discrete {
            let card = network.states(v).unwrap().len();
            state[v] = code % card;
            code /= card;
        }
        let row = |v: usize| {
            network.dag().parents(v).iter().fold(0, |index, q| match network.states(q) {
                Some(states) => index * states.len() + state[q],
                None => index,
            })
        };
        let mut weight = 1.0;
        for &v in &discrete {
            if let MixedFamily::Discrete { states, table } = &network.families()[v] {
                weight *= table[row(v) * states.len() + state[v]];
            }
        }
        for (v, value) in evidence {
            if let Value::State(s) = value
                && state[*v] != *s
            {
                weight = 0.0;
            }
        }
        let names = continuous.iter().map(|&v| network.nodes().name(v));
        let place = |v: usize| continuous.iter().position(|&u| u == v);
        let edges = network.dag().edges().filter_map(|(a, b)| Some((place(a)?, place(b)?)));
        let dag = Dag::from_edges(Nodes::new(names).unwrap(), edges).unwrap();
        let families = continuous
            .iter()
            .map(|&v| match &network.families()[v] {
                MixedFamily::Continuous { components } => components[row(v)].clone(),
                MixedFamily::Discrete { .. } => unreachable!(),
            })
            .collect();
        out.push((state, weight, GaussianNetwork::new(dag, families).unwrap(), continuous.clone()));
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn queries_equal_enumeration(d in 1usize..5, c in 1usize..5, seed: u64) {
        let network = random_network(d, c, seed);
        let mut rng = StdRng::seed_from_u64(seed ^ 1);
        let mut evidence = Vec::new();
        for node in 0..network.len() {
            if rng.random_bool(0.4) {
                evidence.push((node, match network.states(node) {
                    Some(states) => Value::State(rng.random_range(0..states.len())),
                    None => Value::Number(rng.random_range(-2.0..2.0)),
                }));
            }
        }
        let worlds = enumerate(&network, &evidence);
        let numbers: Vec<(usize, f64)> = evidence
            .iter()
            .filter_map(|&(v, value)| match value {
                Value::Number(x) => Some((worlds[0].3.iter().position(|&u| u == v).unwrap(), x)),
                Value::State(_) => None,
            })
            .collect();
        let weights: Vec<f64> = worlds
            .iter()
            .map(|(_, w, gaussian, _)| w * gaussian.condition(&[], &numbers).unwrap().log_density.exp())
            .collect();
        let total: f64 = weights.iter().sum();
        for target in 0..network.len() {
            let (posterior, log_evidence) = network.query(target, &evidence).unwrap();
            prop_assert!((log_evidence - total.ln()).abs() < 1e-8, "{log_evidence} {}", total.ln());
            match &posterior {
                MixedPosterior::Discrete(got) => {
                    for (s, got) in got.iter().enumerate() {
                        let p: f64 = worlds.iter().zip(&weights).filter(|(w, _)| w.0[target] == s).map(|(_, w)| w).sum();
                        prop_assert!((got - p / total).abs() < 1e-9);
                    }
                }
                MixedPosterior::Continuous(_) => {
                    let place = worlds[0].3.iter().position(|&u| u == target).unwrap();
                    let (mut mean, mut square) = (0.0, 0.0);
                    for ((_, _, gaussian, _), w) in worlds.iter().zip(&weights) {
                        let part = gaussian.condition(&[place], &numbers).unwrap();
                        mean += w / total * part.mean[0];
                        square += w / total * (part.mean[0].powi(2) + part.covariance[(0, 0)]);
                    }
                    prop_assert!((posterior.mean().unwrap() - mean).abs() < 1e-8);
                    prop_assert!((posterior.sd().unwrap().powi(2) - (square - mean * mean)).abs() < 1e-7);
                }
            }
        }
    }
}

#[test]
fn sampling_and_refitting_recovers_the_parameters() {
    let network = random_network(3, 3, 5);
    let sample = network.sample(80_000, 2).unwrap();
    assert_eq!(sample, network.sample(80_000, 2).unwrap());
    let fit = ConditionalGaussianEstimator::new().fit_columns(network.dag(), &sample).unwrap();
    for (truth, got) in network.families().iter().zip(fit.network.families()) {
        match (truth, got) {
            (MixedFamily::Discrete { table: a, .. }, MixedFamily::Discrete { table: b, .. }) => {
                assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 0.03), "{a:?} {b:?}");
            }
            (MixedFamily::Continuous { components: a }, MixedFamily::Continuous { components: b }) => {
                for (a, b) in a.iter().zip(b) {
                    assert!(
                        (a.sd - b.sd).abs() < 0.05 && (a.intercept - b.intercept).abs() < 0.15,
                        "{a:?} {b:?}"
                    );
                }
            }
            _ => unreachable!(),
        }
    }
}

/// do and see differ under confounding, and do equals simulation from the cut network.
#[test]
fn do_equals_simulation() {
    // u (discrete) -> t (discrete), u -> y, t -> y.
    let dag = Dag::from_edges(Nodes::new(["u", "t", "y"]).unwrap(), [(0, 1), (0, 2), (1, 2)]).unwrap();
    let component = |intercept| LinearGaussian { intercept, coefficients: vec![], sd: 1.0 };
    let network = ConditionalGaussianNetwork::new(
        dag,
        vec![
            MixedFamily::Discrete { states: states(2), table: vec![0.5, 0.5] },
            MixedFamily::Discrete { states: states(2), table: vec![0.9, 0.1, 0.2, 0.8] },
            MixedFamily::Continuous { components: [0.0, 1.0, 4.0, 5.0].map(component).to_vec() },
        ],
    )
    .unwrap();
    let mean = |network: &ConditionalGaussianNetwork, evidence: &[(usize, Value)]| {
        network.query(2, evidence).unwrap().0.mean().unwrap()
    };
    let effect = |t| mean(&network.intervene(&[(1, Value::State(t))]).unwrap(), &[]);
    close(effect(1) - effect(0), 1.0, 1e-12);
    let seen = mean(&network, &[(1, Value::State(1))]) - mean(&network, &[(1, Value::State(0))]);
    // P(u=1 | t=1) = .8/.9, P(u=1 | t=0) = .2/1.1.
    close(seen, 1.0 + 4.0 * (8.0 / 9.0 - 2.0 / 11.0), 1e-12);
    let cut = network.intervene(&[(1, Value::State(1))]).unwrap();
    let MixedColumn::Continuous(y) = &cut.sample(100_000, 1).unwrap()[2] else { unreachable!() };
    close(y.iter().sum::<f64>() / 1e5, effect(1), 0.02);
    // A continuous intervention is certain: as evidence it changes nothing, another value cannot be.
    let held = network.intervene(&[(2, Value::Number(3.0))]).unwrap();
    let (posterior, log_evidence) = held.query(0, &[(2, Value::Number(3.0))]).unwrap();
    assert_eq!((posterior, log_evidence), (MixedPosterior::Discrete(vec![0.5, 0.5]), 0.0));
    assert!(matches!(held.query(0, &[(2, Value::Number(4.0))]), Err(BayesError::ImpossibleEvidence { .. })));
    // Far evidence does not underflow.
    let (far, log_evidence) = network.query(0, &[(2, Value::Number(1e4))]).unwrap();
    assert!(log_evidence < -1e7 && far == MixedPosterior::Discrete(vec![0.0, 1.0]));
}

#[test]
fn degenerate_tables_are_answered() {
    let dag = Dag::from_edges(Nodes::new(["g", "x", "y"]).unwrap(), [(0, 2), (1, 2)]).unwrap();
    let labels = |text: &str| {
        DiscreteColumn::from_labels(
            text.chars().map(|c| (c != '?').then_some(if c == 'a' { "a" } else { "b" })),
        )
        .unwrap()
    };
    let fit = |g: &DiscreteColumn, x: &[f64], y: &[f64]| {
        let columns = [
            MixedColumn::Discrete(g.clone()),
            MixedColumn::Continuous(x.to_vec()),
            MixedColumn::Continuous(y.to_vec()),
        ];
        ConditionalGaussianEstimator::new().fit_columns(&dag, &columns)
    };
    let x = [1.0, 2.0, 3.0, 4.0, 6.0, 5.0];
    let y = [2.0, 1.0, 4.0, 3.0, 9.0, 5.0];
    // State b has one row: the pooled regression stands in, and is said to.
    let thin = fit(&labels("aaaaab"), &x, &y).unwrap();
    assert!(
        matches!(&thin.notes[..], [FitNote::Unseen { node, configurations: 1, .. }] if node == "y"),
        "{:?}",
        thin.notes
    );
    assert!(thin.network.query(2, &[(0, Value::State(1))]).unwrap().0.mean().unwrap().is_finite());
    // Missing in either kind is skipped for the families concerned.
    let holes = fit(&labels("a?aabb"), &[1.0, 2.0, f64::NAN, 4.0, 6.0, 5.0], &y).unwrap();
    assert!(holes.notes.contains(&FitNote::Missing { node: "y".into(), rows: 2 }));
    // Nothing at all.
    assert!(fit(&labels("??????"), &x, &y).unwrap_err().to_string().contains("all its values are missing"));
    assert!(fit(&labels("aabb"), &x[..2], &y[..4]).is_err());
    assert!(fit(&labels(""), &[], &[]).is_err());
    // A discrete child of a continuous parent is refused by name.
    let turned = Dag::from_edges(Nodes::new(["x", "g"]).unwrap(), [(0, 1)]).unwrap();
    let g = labels("aabbab");
    let columns = [MixedColumn::Continuous(x.to_vec()), MixedColumn::Discrete(g)];
    let error = ConditionalGaussianEstimator::new().fit_columns(&turned, &columns).unwrap_err();
    assert!(error.to_string().contains("cannot depend on the continuous `x`"), "{error}");
    // Too many joint states of parents.
    let wide = DiscreteColumn::new(vec![0; 6], states(1000)).unwrap();
    let star = Dag::from_edges(Nodes::numbered(5), (0..4).map(|i| (i, 4))).unwrap();
    let mut columns = vec![MixedColumn::Discrete(wide); 4];
    columns.push(MixedColumn::Continuous(x.to_vec()));
    let error = ConditionalGaussianEstimator::new().fit_columns(&star, &columns).unwrap_err();
    assert!(matches!(error, BayesError::TooLarge { .. }), "{error}");
}

#[test]
fn wrong_questions_are_named() {
    let network = random_network(2, 2, 9);
    let node = (0..4).find(|&v| network.states(v).is_some()).unwrap();
    let number = (0..4).find(|&v| network.states(v).is_none()).unwrap();
    let message =
        |target, evidence: &[(usize, Value)]| network.query(target, evidence).unwrap_err().to_string();
    assert!(message(9, &[]).contains("`9` is not a variable"));
    assert!(message(0, &[(node, Value::Number(1.0))]).contains("is discrete"));
    assert!(message(0, &[(node, Value::State(99))]).contains("has no state `99`"));
    assert!(message(0, &[(number, Value::State(0))]).contains("is continuous"));
    assert!(message(0, &[(number, Value::Number(f64::NAN))]).contains("finite"));
    assert!(message(0, &[(node, Value::State(0)), (node, Value::State(0))]).contains("given twice"));
    assert!(network.intervene(&[(node, Value::State(0)), (node, Value::State(1))]).is_err());
}

/// Weighted samples against the exact answers, within their stated errors.
#[test]
fn weighted_queries_cover_the_exact_answers() {
    let (mut inside, mut all) = (0, 0);
    for seed in 0..25 {
        let network = random_network(2, 3, seed);
        let numbers: Vec<usize> = (0..5).filter(|&v| network.states(v).is_none()).collect();
        let discrete = (0..5).find(|&v| network.states(v).is_some()).unwrap();
        let evidence = [(numbers[0], Value::Number(0.5)), (discrete, Value::State(1))];
        for target in (0..5).filter(|v| *v != numbers[0] && *v != discrete) {
            let (posterior, log_evidence) = network.query(target, &evidence).unwrap();
            let exact = match &posterior {
                MixedPosterior::Discrete(probabilities) => probabilities[0],
                MixedPosterior::Continuous(_) => posterior.mean().unwrap(),
            };
            let estimate = network.weighted_query(target, &evidence, 4_000, seed).unwrap();
            inside += usize::from((estimate.values[0] - exact).abs() <= 2.0 * estimate.standard_errors[0]);
            all += 1;
            assert!((estimate.log_evidence - log_evidence).abs() < 0.3);
            assert!(estimate.effective_samples > 50.0);
        }
    }
    let share = inside as f64 / all as f64;
    assert!((0.88..=1.0).contains(&share), "{inside} of {all}");
    let network = random_network(2, 2, 1);
    let number = (0..4).find(|&v| network.states(v).is_none()).unwrap();
    let held = network.intervene(&[(number, Value::Number(1.0))]).unwrap();
    assert!(held.weighted_query(0, &[(number, Value::Number(1.0))], 100, 0).is_err());
    assert!(network.weighted_query(0, &[], 1, 0).is_err() && network.weighted_query(9, &[], 100, 0).is_err());
}
