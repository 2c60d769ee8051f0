//! Expectation-maximization: a maximum known in closed form, the likelihood by enumeration, monotonicity, recovery.

use etiology_bayes::{
    BayesError, DiscreteEstimator, DiscreteNetwork, Evidence, ExpectationMaximization, ParameterPrior,
};
use etiology_graph::{Dag, Nodes};
use etiology_stats::{DiscreteColumn, DiscreteTable};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::support::{close, enumerate, random_discrete};

fn column(text: &str) -> DiscreteColumn {
    DiscreteColumn::from_labels(text.split(' ').map(|v| (v != "?").then_some(v))).unwrap()
}

/// Blanks each value with this probability.
fn blank(table: &DiscreteTable, share: f64, seed: u64) -> DiscreteTable {
    let mut rng = StdRng::seed_from_u64(seed);
    let columns = table.columns().iter().map(|column| {
        let codes = column
            .codes()
            .iter()
            .map(|&code| if rng.random_bool(share) { DiscreteColumn::MISSING } else { code });
        DiscreteColumn::new(codes.collect(), column.levels().clone()).unwrap()
    });
    DiscreteTable::new(columns.collect()).unwrap()
}

/// The log-likelihood of the observed values, by enumeration of every joint state for every row.
fn observed_log_likelihood(network: &DiscreteNetwork, table: &DiscreteTable) -> f64 {
    let worlds = enumerate(network, &Evidence::new());
    (0..table.rows())
        .map(|row| {
            let agrees = |state: &[usize]| {
                table.columns().iter().zip(state).all(|(column, &state)| {
                    let code = column.codes()[row];
                    code == DiscreteColumn::MISSING || usize::from(code) == state
                })
            };
            worlds.iter().filter(|(state, _)| agrees(state)).map(|(_, p)| p).sum::<f64>().ln()
        })
        .sum()
}

fn monotone(trace: &[f64]) -> bool {
    trace.windows(2).all(|pair| pair[1] >= pair[0] - 1e-10 * pair[0].abs())
}

/// With `y` complete the likelihood factorises (Little and Rubin, *Statistical Analysis with Missing Data*, section 7.2):
/// P(y) from all ten rows, P(x | y) from the eight complete ones.
#[test]
fn a_maximum_in_closed_form() {
    let x = column("a a a a b b b b ? ?");
    let y = column("u u u v u v v v u u");
    let dag = Dag::from_edges(Nodes::new(["x", "y"]).unwrap(), [(0, 1)]).unwrap();
    let table = DiscreteTable::new(vec![x, y]).unwrap();
    let fit = ExpectationMaximization::new().with_tolerance(1e-14).fit(&dag, &table).unwrap();
    let (au, av, bu, bv) = (0.6 * 0.75, 0.4 * 0.25, 0.6 * 0.25, 0.4 * 0.75);
    let expected = [au + av, bu + bv, au / (au + av), av / (au + av), bu / (bu + bv), bv / (bu + bv)];
    let got: Vec<f64> = fit.network.table(0).iter().chain(fit.network.table(1)).copied().collect();
    got.iter().zip(expected).for_each(|(got, expected)| close(*got, expected, 1e-6));
    let maximum = 6.0 * 0.6_f64.ln() + 4.0 * 0.4_f64.ln() + 6.0 * 0.75_f64.ln() + 2.0 * 0.25_f64.ln();
    close(fit.log_likelihood, maximum, 1e-10);
    assert!(fit.converged && monotone(&fit.trace));
    // The rows complete in x and y alone would say 1/2 for x.
    let available = DiscreteEstimator::new().fit_table(&dag, &table).unwrap();
    assert_eq!(available.network.table(0)[0], 0.5);
}

#[test]
fn likelihood_is_that_of_enumeration_and_never_falls() {
    for seed in 0..8 {
        let network = random_discrete(6, seed);
        let table = blank(&network.sample(400, seed).unwrap(), 0.3, seed);
        let fit = ExpectationMaximization::new().with_max_iterations(60).fit(network.dag(), &table).unwrap();
        assert!(monotone(&fit.trace), "{:?}", fit.trace);
        close(fit.log_likelihood, observed_log_likelihood(&fit.network, &table), 1e-9);
        // The maximum is above the truth.
        assert!(fit.log_likelihood > observed_log_likelihood(&network, &table));
        let prior = ExpectationMaximization::new()
            .with_prior(ParameterPrior::Bdeu { weight: 10.0 })
            .with_max_iterations(60);
        let map = prior.fit(network.dag(), &table).unwrap();
        assert!(monotone(&map.trace) && map.log_likelihood < fit.log_likelihood + 1e-9);
    }
}

#[test]
fn recovers_tables_that_complete_cases_would_bias() {
    // Missing at random: y is lost mostly when x is in its first state.
    let network = random_discrete(5, 3);
    let rows = network.sample(40_000, 9).unwrap();
    let mut rng = StdRng::seed_from_u64(1);
    let (cause, lost) = network.dag().edges().next().unwrap();
    let columns = rows.columns().iter().enumerate().map(|(node, column)| {
        let seen = rows.columns()[cause].codes();
        let codes = column.codes().iter().zip(seen).map(|(&code, &seen)| {
            let share = if seen == 0 { 0.8 } else { 0.05 };
            if node == lost && rng.random_bool(share) { DiscreteColumn::MISSING } else { code }
        });
        DiscreteColumn::new(codes.collect(), column.levels().clone()).unwrap()
    });
    let table = DiscreteTable::new(columns.collect()).unwrap();
    let fit = ExpectationMaximization::new().fit(network.dag(), &table).unwrap();
    for node in 0..network.len() {
        for row in 0..network.rows(node) {
            for (truth, got) in network.row(node, row).iter().zip(fit.network.row(node, row)) {
                assert!((truth - got).abs() < 0.05, "node {node} row {row}: {truth} {got}");
            }
        }
    }
}

#[test]
fn complete_data_give_maximum_likelihood_at_once() {
    let network = random_discrete(5, 1);
    let rows = network.sample(500, 2).unwrap();
    let fit = ExpectationMaximization::new().fit(network.dag(), &rows).unwrap();
    let ml = DiscreteEstimator::new().fit_table(network.dag(), &rows).unwrap();
    assert_eq!(fit.network, ml.network);
    assert!(fit.converged && fit.trace.len() == 2);
    close(fit.log_likelihood, ml.log_likelihood, 1e-12);
}

/// Thirteen missing binary nodes in a chain: the bucket tree must give the likelihood of enumeration.
#[test]
fn large_groups_are_eliminated() {
    let p = 14;
    let dag = Dag::from_edges(Nodes::numbered(p), (1..p).map(|v| (v - 1, v))).unwrap();
    let states = vec![vec!["no".to_owned(), "yes".into()]; p];
    let mut tables = vec![vec![0.3, 0.7]];
    tables.extend(vec![vec![0.9, 0.1, 0.2, 0.8]; p - 1]);
    let network = DiscreteNetwork::new(dag, states, tables).unwrap();
    let rows = network.sample(60, 1).unwrap();
    let columns = rows.columns().iter().enumerate().map(|(node, column)| {
        let lost = |row: usize| row >= 55 && node + 1 < p;
        let codes = column
            .codes()
            .iter()
            .enumerate()
            .map(|(row, &code)| if lost(row) { DiscreteColumn::MISSING } else { code });
        DiscreteColumn::new(codes.collect(), column.levels().clone()).unwrap()
    });
    let table = DiscreteTable::new(columns.collect()).unwrap();
    let fit = ExpectationMaximization::new().with_max_iterations(20).fit(network.dag(), &table).unwrap();
    assert!(monotone(&fit.trace));
    close(fit.log_likelihood, observed_log_likelihood(&fit.network, &table), 1e-9);
}

/// A hidden class with five binary symptoms is found again, up to the names of its states.
#[test]
fn a_hidden_class_is_recovered() {
    let dag = Dag::from_edges(Nodes::numbered(6), (1..6).map(|v| (0, v))).unwrap();
    let states = vec![vec!["no".to_owned(), "yes".into()]; 6];
    let mut tables = vec![vec![0.3, 0.7]];
    tables.extend(vec![vec![0.9, 0.1, 0.15, 0.85]; 5]);
    let network = DiscreteNetwork::new(dag.clone(), states, tables).unwrap();
    let rows = network.sample(20_000, 4).unwrap();
    let mut columns = rows.columns().to_vec();
    columns[0] =
        DiscreteColumn::new(vec![DiscreteColumn::MISSING; 20_000], columns[0].levels().clone()).unwrap();
    let table = DiscreteTable::new(columns).unwrap();
    let fit = ExpectationMaximization::new().with_restarts(3).with_seed(2).fit(&dag, &table).unwrap();
    assert!(monotone(&fit.trace) && fit.converged);
    let prior = fit.network.table(0);
    let swapped = prior[0] > prior[1];
    close(prior[usize::from(swapped)], 0.3, 0.03);
    for child in 1..6 {
        close(fit.network.row(child, usize::from(swapped))[1], 0.1, 0.04);
    }
    // One value, whatever the number of threads.
    let pool = |n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
    let run = || ExpectationMaximization::new().with_max_iterations(5).fit(&dag, &table).unwrap();
    assert_eq!(pool(1).install(run), pool(3).install(run));
}

#[test]
fn degenerate_tables_are_answered() {
    let dag = Dag::from_edges(Nodes::new(["x", "y"]).unwrap(), [(0, 1)]).unwrap();
    let em = ExpectationMaximization::new();
    let table = |x: &str, y: &str| DiscreteTable::new(vec![column(x), column(y)]).unwrap();
    let error = em.fit(&dag, &table("? ?", "u v")).unwrap_err();
    assert!(error.to_string().contains("node `x`: it has no level"), "{error}");
    assert!(em.fit(&dag, &DiscreteTable::default()).is_err());
    // A row without any value says nothing, and costs nothing.
    let with = em.fit(&dag, &table("a b ?", "u v ?")).unwrap();
    let without = em.fit(&dag, &table("a b", "u v")).unwrap();
    close(with.log_likelihood, without.log_likelihood, 1e-6);
    // One row; cardinality one.
    let one = em.fit(&dag, &table("a", "u")).unwrap();
    assert_eq!((one.log_likelihood, one.network.table(1)), (0.0, &[1.0][..]));
    assert!(matches!(
        em.clone().with_tolerance(f64::NAN).fit(&dag, &table("a", "u")),
        Err(BayesError::Parameter { .. })
    ));
    assert!(em.with_max_iterations(0).fit(&dag, &table("a", "u")).is_err());
}
