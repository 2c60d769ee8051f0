//! Arc strengths: bnlearn's tests and score differences, and what degenerate columns make of them.

use etiology_bayes::{DiscreteEstimator, GaussianEstimator, discrete_arc_strength, gaussian_arc_strength};
use etiology_graph::{Dag, Nodes};
use etiology_stats::{ContingencyStatistic, DiscreteColumn, DiscreteTable, Moments};

use crate::support::{close, model, random_discrete, table};

/// bnlearn 5.2.1 on `learning.test`: `ci.test(test = "mi")` of each arc, and differences of `score(type = "bic")`.
#[test]
fn learning_test() {
    let Some(table) = table("oracles/causal/known/bnlearn_learning.test.csv") else { return };
    let dag = model(&table.names, "[A][C][F][B|A][D|A:C][E|B:F]");
    let data = table.discrete();
    let strengths = discrete_arc_strength(&dag, &data, ContingencyStatistic::LikelihoodRatio).unwrap();
    assert_eq!(strengths.len(), 5);
    let arc = |from: usize, to: usize| *strengths.iter().find(|s| (s.from, s.to) == (from, to)).unwrap();
    let ab = arc(0, 1);
    close(ab.test.unwrap().statistic, 2341.82788919426, 1e-12);
    assert_eq!(ab.test.unwrap().df, Some(4.0));
    close(ab.mutual_information.unwrap(), 2341.82788919426 / 10_000.0, 1e-12);
    // Removing A -> B loses half of G^2 and saves 4 parameters.
    close(ab.score_difference, -2341.82788919426 / 2.0 + 2.0 * 5000_f64.ln(), 1e-12);
    let be = arc(1, 4);
    close(be.test.unwrap().statistic, 1509.79079298101, 1e-12);
    assert_eq!(be.test.unwrap().df, Some(8.0));
    // The differences are those of whole networks' BIC.
    let bic = |dag: &Dag| {
        let fit = DiscreteEstimator::new().fit_table(dag, &data).unwrap();
        fit.log_likelihood - 0.5 * fit.network.parameters() as f64 * 5000_f64.ln()
    };
    close(bic(&dag), -24006.7342324982, 1e-12);
    for strength in &strengths {
        let mut less = dag.clone();
        less.remove(strength.from, strength.to);
        close(strength.score_difference, bic(&less) - bic(&dag), 1e-9);
        assert!(strength.score_difference < 0.0);
    }
    let pearson = discrete_arc_strength(&dag, &data, ContingencyStatistic::Pearson).unwrap();
    assert_eq!(pearson[0].mutual_information, strengths[0].mutual_information);
    assert!(pearson[0].test != strengths[0].test);
}

/// bnlearn 5.2.1 on `gaussian.test`: differences of `score(type = "bic-g")`, and the t of the coefficient.
#[test]
fn gaussian_test() {
    let Some(table) = table("oracles/causal/known/bnlearn_gaussian.test.csv") else { return };
    let dag = model(&table.names, "[A][B][E][G][C|A:B][D|B][F|A:D:E:G]");
    let columns = table.numbers();
    let moments = Moments::from_columns(&columns).unwrap();
    let strengths = gaussian_arc_strength(&dag, &moments).unwrap();
    let bic = |dag: &Dag| {
        let network = GaussianEstimator::new().fit_columns(dag, &columns).unwrap().network;
        network.log_likelihood(&columns).unwrap() - 0.5 * network.parameters() as f64 * 5000_f64.ln()
    };
    close(bic(&dag), -53221.3477884288, 1e-12);
    for strength in &strengths {
        let mut less = dag.clone();
        less.remove(strength.from, strength.to);
        close(strength.score_difference, bic(&less) - bic(&dag), 1e-9);
        assert!(strength.score_difference < -100.0 && strength.test.unwrap().p_value < 1e-12);
    }
    // B -> D alone: t of the slope is b * sqrt(Sxx) / s.
    let network = GaussianEstimator::new().fit_columns(&dag, &columns).unwrap().network;
    let bd = strengths.iter().find(|s| (s.from, s.to) == (1, 3)).unwrap();
    let t = network.coefficient(1, 3) * moments.comoments()[(1, 1)].sqrt() / network.families()[3].sd;
    close(bd.test.unwrap().statistic, t, 1e-9);
    assert_eq!(bd.test.unwrap().df, Some(4998.0));
}

/// An arc that the data do not need has a uniform p-value and usually costs score.
#[test]
fn needless_arcs_have_uniform_p_values() {
    let (mut below, mut costly) = (0, 0);
    for seed in 0..200 {
        let network = random_discrete(2, 5);
        let mut apart = Dag::empty(Nodes::numbered(2));
        let independent = {
            let marginal = |v: usize| network.row(v, 0).to_vec();
            let states = (0..2).map(|v| network.states(v).to_vec()).collect();
            etiology_bayes::DiscreteNetwork::new(apart.clone(), states, vec![marginal(0), marginal(1)])
                .unwrap()
        };
        let rows = independent.sample(500, seed).unwrap();
        apart.insert(0, 1).unwrap();
        let strength =
            discrete_arc_strength(&apart, &rows, ContingencyStatistic::LikelihoodRatio).unwrap()[0];
        below += usize::from(strength.test.unwrap().p_value < 0.1);
        costly += usize::from(strength.score_difference > 0.0);
    }
    // Binomial(200, .1): mean 20, standard deviation 4.2.
    assert!((8..=33).contains(&below), "{below}");
    assert!(costly > 180, "{costly}");
}

#[test]
fn degenerate_columns_have_no_test() {
    let dag = Dag::from_edges(Nodes::numbered(3), [(0, 2), (1, 2)]).unwrap();
    let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let y = [1.0, 3.0, 2.0, 5.0, 4.0, 4.5];
    let double = x.map(|v| 2.0 * v);
    let moments = |columns: &[[f64; 6]]| Moments::from_columns(columns).unwrap();
    let collinear = gaussian_arc_strength(&dag, &moments(&[x, double, y])).unwrap();
    assert!(collinear.iter().all(|s| s.test.is_none() && s.score_difference > 0.0), "{collinear:?}");
    let flat = gaussian_arc_strength(&dag, &moments(&[[3.0; 6], x, y])).unwrap();
    assert!(flat[0].test.is_none() && flat[1].test.is_some(), "{flat:?}");
    let exact = gaussian_arc_strength(&dag, &moments(&[x, y, x])).unwrap();
    assert!(exact.iter().all(|s| s.score_difference.is_finite()), "{exact:?}");
    assert!(gaussian_arc_strength(&dag, &moments(&[x, y, [f64::NAN; 6]])).is_err());
    assert!(gaussian_arc_strength(&dag, &Moments::new(2)).is_err());
    assert!(gaussian_arc_strength(&dag, &Moments::new(3)).is_err());
    let one = DiscreteColumn::new(vec![0; 6], vec!["a".to_owned()]).unwrap();
    let two = DiscreteColumn::new(vec![0, 1, 0, 1, 0, 1], vec!["a".to_owned(), "b".into()]).unwrap();
    let table = DiscreteTable::new(vec![one, two.clone(), two]).unwrap();
    let strengths = discrete_arc_strength(&dag, &table, ContingencyStatistic::Pearson).unwrap();
    assert!(strengths[0].test.is_none() && strengths[0].score_difference == 0.0);
    assert!(strengths[1].test.is_some() && strengths[1].score_difference < 0.0);
}
