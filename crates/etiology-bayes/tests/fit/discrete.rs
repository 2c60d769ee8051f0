//! Tables of discrete networks: bnlearn's likelihoods, priors by hand, chunks, recovery, hostile tables.

use etiology_bayes::{BayesError, DiscreteEstimator, FitNote, NetworkCounts, ParameterPrior};
use etiology_graph::{Dag, Nodes};
use etiology_stats::{DiscreteColumn, DiscreteTable};

use crate::support::{close, model, random_discrete, table, truth};

/// bnlearn 5.2.1: `score(type = "loglik")` and `nparams` of the true networks.
#[test]
fn bnlearn_log_likelihoods_and_parameter_counts() {
    for (file, text, log_likelihood, parameters) in [
        ("learning.test", "[A][C][F][B|A][D|A:C][E|B:F]", -23832.1317720741, 41),
        ("asia", "[A][S][T|A][L|S][B|S][D|B:E][E|T:L][X|E]", -11033.0871337709, 18),
    ] {
        let Some(table) = table(&format!("oracles/causal/known/bnlearn_{file}.csv")) else { return };
        let dag = model(&table.names, text);
        let counts = NetworkCounts::from_table(&dag, &table.discrete()).unwrap();
        let fit = DiscreteEstimator::new().fit_counts(&counts).unwrap();
        close(fit.log_likelihood, log_likelihood, 1e-12);
        close(fit.network.log_likelihood(&counts).unwrap(), log_likelihood, 1e-12);
        assert_eq!((counts.parameters(), fit.network.parameters()), (parameters, parameters));
    }
}

#[test]
fn bnlearn_alarm() {
    let path = "oracles/causal/data/alarm_n5000";
    let (Some(table), Some(dag)) = (table(&format!("{path}.csv.gz")), truth(&format!("{path}.json"))) else {
        return;
    };
    let fit = DiscreteEstimator::new().fit_table(&dag, &table.discrete()).unwrap();
    close(fit.log_likelihood, -53423.2420910413, 1e-12);
    assert_eq!((fit.network.parameters(), fit.network.dag().edge_count()), (509, 46));
    // Some configurations never occur in 5 000 rows; they are said and uniform.
    assert!(fit.notes.iter().any(|note| matches!(note, FitNote::Unseen { .. })));
}

fn column(text: &str) -> DiscreteColumn {
    DiscreteColumn::from_labels(text.split(' ').map(|v| (v != "?").then_some(v))).unwrap()
}

fn chain() -> Dag {
    Dag::from_edges(Nodes::new(["x", "y"]).unwrap(), [(0, 1)]).unwrap()
}

#[test]
fn priors_by_hand() {
    let table = DiscreteTable::new(vec![column("a a b b b"), column("u v v v w")]).unwrap();
    let fit = |prior| {
        let fit = DiscreteEstimator::new().with_prior(prior).fit_table(&chain(), &table).unwrap();
        (fit.network.table(0).to_vec(), fit.network.table(1).to_vec())
    };
    // Counts: x = (2, 3); y | a = (1, 1, 0), y | b = (0, 2, 1).
    let check = |got: &[f64], expected: &[f64]| {
        assert_eq!(got.len(), expected.len());
        got.iter().zip(expected).for_each(|(a, b)| close(*a, *b, 1e-15));
    };
    let (x, y) = fit(ParameterPrior::None);
    check(&x, &[0.4, 0.6]);
    check(&y, &[0.5, 0.5, 0.0, 0.0, 2.0 / 3.0, 1.0 / 3.0]);
    // BDeu with weight 12: 6 pseudo-counts per state of x, 2 per cell of y.
    let (x, y) = fit(ParameterPrior::Bdeu { weight: 12.0 });
    check(&x, &[8.0 / 17.0, 9.0 / 17.0]);
    check(&y, &[3.0 / 8.0, 3.0 / 8.0, 2.0 / 8.0, 2.0 / 9.0, 4.0 / 9.0, 3.0 / 9.0]);
    let (x, y) = fit(ParameterPrior::LAPLACE);
    check(&x, &[3.0 / 7.0, 4.0 / 7.0]);
    check(&y, &[0.4, 0.4, 0.2, 1.0 / 6.0, 0.5, 2.0 / 6.0]);
    let (x, y) = fit(ParameterPrior::Counts(vec![vec![8.0, 7.0], vec![0.0, 0.0, 2.0, 1.0, 0.0, 0.0]]));
    check(&x, &[0.5, 0.5]);
    check(&y, &[0.25, 0.25, 0.5, 0.25, 0.5, 0.25]);
}

#[test]
fn chunks_add_up_and_states_are_matched_by_name() {
    let network = random_discrete(6, 4);
    let rows = network.sample(5_000, 1).unwrap();
    let whole = NetworkCounts::from_table(network.dag(), &rows).unwrap();
    let part = |range: std::ops::Range<usize>| {
        let cut =
            |c: &DiscreteColumn| DiscreteColumn::new(c.codes()[range.clone()].to_vec(), c.levels().clone());
        DiscreteTable::new(rows.columns().iter().map(cut).collect::<Result<_, _>>().unwrap()).unwrap()
    };
    let mut merged = NetworkCounts::from_table(network.dag(), &part(0..1_234)).unwrap();
    merged.merge(&NetworkCounts::from_table(network.dag(), &part(1_234..5_000)).unwrap()).unwrap();
    assert_eq!(whole, merged);
    // A chunk that lists its states in another order, and only some of them.
    let levels =
        vec![vec!["a".to_owned(), "b".into()].into(), vec!["u".to_owned(), "v".into(), "w".into()].into()];
    let mut counts = NetworkCounts::new(&chain(), levels).unwrap();
    let turned = DiscreteColumn::new(vec![0, 1, 1], vec!["w".to_owned(), "u".into()]).unwrap();
    counts.add(&DiscreteTable::new(vec![column("b b a"), turned]).unwrap()).unwrap();
    assert_eq!(counts.family(1), [1.0, 0.0, 0.0, 1.0, 0.0, 1.0]);
    let odd = DiscreteTable::new(vec![column("a"), column("zebra")]).unwrap();
    assert!(matches!(counts.add(&odd), Err(BayesError::UnknownState { .. })));
    assert_eq!(counts.rows(), 3);
    assert!(counts.merge(&whole).is_err() && network.log_likelihood(&counts).is_err());
}

#[test]
fn sampling_and_refitting_recovers_the_tables() {
    let network = random_discrete(7, 8);
    let rows = network.sample(200_000, 5).unwrap();
    let fit = DiscreteEstimator::new().fit_table(network.dag(), &rows).unwrap();
    for node in 0..network.len() {
        for (truth, got) in network.table(node).iter().zip(fit.network.table(node)) {
            assert!((truth - got).abs() < 0.03, "{truth} {got}");
        }
    }
    // No network explains the sample better than its own maximum likelihood.
    let counts = NetworkCounts::from_table(network.dag(), &rows).unwrap();
    assert!(network.log_likelihood(&counts).unwrap() < fit.log_likelihood);
    let threads = |n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
    assert_eq!(
        threads(1).install(|| network.sample(10_000, 3)).unwrap(),
        threads(3).install(|| network.sample(10_000, 3)).unwrap()
    );
    assert_ne!(network.sample(100, 1).unwrap(), network.sample(100, 2).unwrap());
    assert_eq!(network.sample(0, 1).unwrap().rows(), 0);
}

#[test]
fn degenerate_tables_are_answered() {
    let fit = |x: &str, y: &str| {
        DiscreteTable::new(vec![column(x), column(y)])
            .map_err(BayesError::from)
            .and_then(|table| DiscreteEstimator::new().fit_table(&chain(), &table))
    };
    // Missing values: each family uses the rows it is complete in.
    let holes = fit("a ? b b", "u u ? v").unwrap();
    assert_eq!(holes.network.table(0), [1.0 / 3.0, 2.0 / 3.0]);
    assert_eq!(holes.network.table(1), [1.0, 0.0, 0.0, 1.0]);
    assert!(holes.notes.contains(&FitNote::Missing { node: "y".into(), rows: 2 }));
    assert!(fit("a a", "? ?").unwrap_err().to_string().contains("node `y`: all its values are missing"));
    assert!(fit("? ?", "u u").is_err());
    // Cardinality one, and a configuration that never occurs.
    let flat = fit("a a", "u u").unwrap();
    assert_eq!((flat.network.table(0), flat.network.parameters()), (&[1.0][..], 0));
    let never = fit("a b", "u ?").unwrap();
    assert!(never.notes.iter().any(|note| matches!(note, FitNote::Unseen { configurations: 1, .. })));
    assert_eq!(never.network.table(1), [1.0, 1.0]);
    // Ten thousand states.
    let many: Vec<String> = (0..10_000).map(|i| i.to_string()).collect();
    let wide = DiscreteColumn::from_labels(many.iter().map(|v| Some(v.as_str()))).unwrap();
    let two =
        DiscreteColumn::new((0..10_000).map(|i| i % 2).collect(), vec!["a".to_owned(), "b".into()]).unwrap();
    let table = DiscreteTable::new(vec![wide.clone(), two]).unwrap();
    assert_eq!(
        DiscreteEstimator::new().fit_table(&chain(), &table).unwrap().network.parameters(),
        9_999 + 10_000
    );
    let square = DiscreteTable::new(vec![wide.clone(), wide]).unwrap();
    assert!(matches!(
        DiscreteEstimator::new().fit_table(&chain(), &square),
        Err(BayesError::TooLarge { .. })
    ));
    // No rows, no columns, wrong width.
    let none = DiscreteTable::new(vec![]).unwrap();
    assert!(DiscreteEstimator::new().fit_table(&chain(), &none).is_err());
    let empty = Dag::empty(Nodes::numbered(0));
    assert!(DiscreteEstimator::new().fit_table(&empty, &none).unwrap().network.is_empty());
}

#[test]
fn wrong_priors_are_named() {
    let table = DiscreteTable::new(vec![column("a b"), column("u v")]).unwrap();
    for prior in [
        ParameterPrior::Bdeu { weight: 0.0 },
        ParameterPrior::Bdeu { weight: f64::NAN },
        ParameterPrior::Uniform { count: -1.0 },
        ParameterPrior::Counts(vec![]),
        ParameterPrior::Counts(vec![vec![1.0, 1.0], vec![1.0]]),
        ParameterPrior::Counts(vec![vec![1.0, f64::INFINITY], vec![1.0; 4]]),
    ] {
        assert!(
            DiscreteEstimator::new().with_prior(prior.clone()).fit_table(&chain(), &table).is_err(),
            "{prior:?}"
        );
    }
}
