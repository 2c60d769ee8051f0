//! Linear-Gaussian networks: bnlearn's numbers, closed forms computed another way, simulation, hostile tables.

use etiology_bayes::{
    BayesError, FitNote, GaussianEstimator, GaussianNetwork, Intervention, LinearGaussian, Variance,
};
use etiology_graph::{Dag, Nodes};
use etiology_stats::Moments;
use nalgebra::DMatrix;
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::support::{close, model, table};

const GAUSSIAN_TEST: &str = "[A][B][E][G][C|A:B][D|B][F|A:D:E:G]";

/// bnlearn 5.2.1, `bn.fit(gaussian.test)` and `score(type = "loglik-g")`.
#[test]
fn bnlearn_gaussian_test() {
    let Some(table) = table("oracles/causal/known/bnlearn_gaussian.test.csv") else { return };
    let dag = model(&table.names, GAUSSIAN_TEST);
    let columns = table.numbers();
    let fit = GaussianEstimator::new().fit_columns(&dag, &columns).unwrap();
    assert!(fit.notes.is_empty());
    let family = |name: &str| {
        let node = dag.nodes().index_of(name).unwrap();
        let family = &fit.network.families()[node];
        let mut numbers = vec![family.intercept];
        numbers.extend(&family.coefficients);
        numbers.push(family.sd);
        numbers
    };
    for (name, expected) in [
        ("A", vec![1.007493425474, 1.004232855092]),
        ("B", vec![2.039498555481, 3.03411076382]),
        ("C", vec![2.001083158511, 1.995901410251, 1.999107731034, 0.5089771984112]),
        ("D", vec![5.99503558795, 1.498395365585, 0.3286671636336]),
        ("E", vec![3.493906330997, 1.989859852641]),
        (
            "F",
            vec![
                -0.00604732085059,
                1.994853041053,
                1.005636909208,
                1.002577002463,
                1.494373265187,
                0.9961474863465,
            ],
        ),
        ("G", vec![5.028075788439, 1.983630823155]),
    ] {
        for (got, expected) in family(name).iter().zip(expected) {
            close(*got, expected, 1e-10);
        }
    }
    assert_eq!(fit.network.parameters(), 21);
    close(fit.network.log_likelihood(&columns).unwrap(), -53131.9172599189, 1e-12);
    let ml = GaussianEstimator::new().with_variance(Variance::MaximumLikelihood);
    let best = ml.fit_columns(&dag, &columns).unwrap().network.log_likelihood(&columns).unwrap();
    assert!(best > -53131.9172599189);
}

/// bnlearn 5.2.1, the hill climber's network of `marks` and its `bic-g`.
#[test]
fn bnlearn_marks() {
    let Some(table) = table("oracles/causal/known/bnlearn_marks.csv") else { return };
    let dag = model(&table.names, "[MECH][VECT|MECH][ALG|MECH:VECT][ANL|ALG][STAT|ALG:ANL]");
    let columns = table.numbers();
    let network = GaussianEstimator::new().fit_columns(&dag, &columns).unwrap().network;
    let bic = network.log_likelihood(&columns).unwrap() - 0.5 * network.parameters() as f64 * 88_f64.ln();
    close(bic, -1731.40722880728, 1e-12);
}

/// A random network over `p` nodes, edges with probability one half along a random order.
fn random_network(p: usize, seed: u64) -> GaussianNetwork {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut order: Vec<usize> = (0..p).collect();
    for i in (1..p).rev() {
        order.swap(i, rng.random_range(0..=i));
    }
    let mut dag = Dag::empty(Nodes::numbered(p));
    for i in 0..p {
        for j in i + 1..p {
            if rng.random_bool(0.5) {
                dag.insert(order[i], order[j]).unwrap();
            }
        }
    }
    let families = (0..p)
        .map(|node| LinearGaussian {
            intercept: rng.random_range(-2.0..2.0),
            coefficients: dag.parents(node).iter().map(|_| rng.random_range(-1.5..1.5)).collect(),
            sd: rng.random_range(0.3..2.0),
        })
        .collect();
    GaussianNetwork::new(dag, families).unwrap()
}

/// `(I - B)^-1`, from nalgebra's inverse.
fn inverse_of_structure(network: &GaussianNetwork) -> DMatrix<f64> {
    let p = network.len();
    let b = DMatrix::from_fn(p, p, |to, from| network.coefficient(from, to));
    (DMatrix::identity(p, p) - b).try_inverse().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn joint_and_effects_equal_the_matrix_formulas(p in 1usize..9, seed: u64) {
        let network = random_network(p, seed);
        let inverse = inverse_of_structure(&network);
        let noise = DMatrix::from_fn(p, p, |i, j| if i == j { network.families()[i].sd.powi(2) } else { 0.0 });
        let covariance = &inverse * noise * inverse.transpose();
        prop_assert!((network.covariance() - &covariance).abs().max() < 1e-9 * covariance.abs().max());
        prop_assert!((network.total_effects() - &inverse).abs().max() < 1e-9 * inverse.abs().max());
        let intercepts = nalgebra::DVector::from_fn(p, |i, _| network.families()[i].intercept);
        prop_assert!((network.mean() - inverse * intercepts).abs().max() < 1e-8);
    }

    #[test]
    fn conditioning_equals_the_inverse_of_the_precision_block(p in 2usize..9, given in 1usize..4, seed: u64) {
        let network = random_network(p, seed);
        let given = given.min(p - 1);
        let evidence: Vec<(usize, f64)> = (0..given).map(|i| (i, i as f64 - 0.7)).collect();
        let targets: Vec<usize> = (given..p).collect();
        let posterior = network.condition(&targets, &evidence).unwrap();
        // Covariance given the rest is the inverse of the targets' block of the precision; no Schur complement.
        let precision = network.covariance().try_inverse().unwrap();
        let tt = precision.view((given, given), (p - given, p - given)).into_owned();
        let te = precision.view((given, 0), (p - given, given)).into_owned();
        let covariance = tt.try_inverse().unwrap();
        let delta = nalgebra::DVector::from_fn(given, |i, _| evidence[i].1 - network.mean()[i]);
        let mean = network.mean().rows(given, p - given) - &covariance * te * &delta;
        let scale = covariance.abs().max().max(1.0);
        prop_assert!((&posterior.covariance - &covariance).abs().max() < 1e-6 * scale);
        prop_assert!((&posterior.mean - &mean).abs().max() < 1e-6 * mean.abs().max().max(1.0));
        let block = network.covariance().view((0, 0), (given, given)).into_owned();
        let quadratic = (delta.transpose() * block.clone().try_inverse().unwrap() * &delta)[(0, 0)];
        let density = -0.5 * (given as f64 * std::f64::consts::TAU.ln() + block.determinant().ln() + quadratic);
        prop_assert!((posterior.log_density - density).abs() < 1e-6 * density.abs().max(1.0));
    }

    #[test]
    fn order_of_evidence_does_not_matter(seed: u64) {
        let network = random_network(6, seed);
        let there = network.condition(&[5, 4], &[(0, 1.0), (1, -1.0), (2, 0.5)]).unwrap();
        let back = network.condition(&[5, 4], &[(2, 0.5), (1, -1.0), (0, 1.0)]).unwrap();
        prop_assert!((there.mean - back.mean).abs().max() < 1e-9);
        prop_assert!((there.log_density - back.log_density).abs() < 1e-9);
    }
}

#[test]
fn sampling_and_refitting_recovers_the_parameters() {
    let network = random_network(6, 11);
    let columns = network.sample(60_000, 3);
    let fit = GaussianEstimator::new().fit_columns(network.dag(), &columns).unwrap();
    for (node, (truth, got)) in network.families().iter().zip(fit.network.families()).enumerate() {
        close(got.sd, truth.sd, 0.015);
        for (a, b) in truth.coefficients.iter().zip(&got.coefficients) {
            assert!((a - b).abs() < 0.06, "node {node}: {a} {b}");
        }
    }
    // Merged moments of two chunks give the same fit as rows.
    let mut moments = Moments::new(6);
    for rows in [0..10_000, 10_000..60_000] {
        let part: Vec<&[f64]> = columns.iter().map(|column| &column[rows.clone()]).collect();
        moments.merge(&Moments::from_columns(&part).unwrap()).unwrap();
    }
    let same = GaussianEstimator::new().fit_moments(network.dag(), &moments).unwrap();
    for (a, b) in same.network.families().iter().zip(fit.network.families()) {
        close(a.sd, b.sd, 1e-9);
        close(a.intercept, b.intercept, 1e-8);
    }
}

#[test]
fn the_same_seed_gives_the_same_rows_on_any_number_of_threads() {
    let network = random_network(5, 2);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| network.sample(10_000, 7))
    };
    let one = with(1);
    assert_eq!(one, with(3));
    assert_ne!(one, network.sample(10_000, 8));
    assert_eq!(network.sample(0, 1), vec![Vec::<f64>::new(); 5]);
}

#[test]
fn do_equals_simulation_and_differs_from_seeing() {
    // z -> x -> y, z -> y: a confounder.
    let dag = Dag::from_edges(Nodes::new(["z", "x", "y"]).unwrap(), [(0, 1), (0, 2), (1, 2)]).unwrap();
    let families = vec![
        LinearGaussian { intercept: 0.0, coefficients: vec![], sd: 1.0 },
        LinearGaussian { intercept: 1.0, coefficients: vec![2.0], sd: 0.5 },
        LinearGaussian { intercept: 0.0, coefficients: vec![3.0, -1.0], sd: 0.5 },
    ];
    let network = GaussianNetwork::new(dag, families).unwrap();
    let cut = network.intervene(&[(1, Intervention::Set(4.0))]).unwrap();
    let exact = cut.condition(&[2], &[]).unwrap();
    assert_eq!(exact.mean[0], -4.0);
    close(exact.covariance[(0, 0)], 9.25, 1e-12);
    let y = &cut.sample(100_000, 1)[2];
    close(y.iter().sum::<f64>() / 1e5, -4.0, 0.02);
    assert_eq!(network.average_causal_effect(1, 2, 0.0, 4.0).unwrap(), -4.0);
    let seen = network.condition(&[2], &[(1, 4.0)]).unwrap();
    // E[z | x = 4] = 2 * 3 / 4.25.
    close(seen.mean[0], 3.0 * 6.0 / 4.25 - 4.0, 1e-12);
    // A shift keeps the edge from z.
    let shifted = network.intervene(&[(1, Intervention::Shift(2.0))]).unwrap();
    close(shifted.mean()[2] - network.mean()[2], -2.0, 1e-12);
    close(shifted.covariance()[(2, 2)], network.covariance()[(2, 2)], 1e-12);
    let drawn = network.intervene(&[(1, Intervention::Draw { mean: 1.0, sd: 2.0 })]).unwrap();
    close(drawn.covariance()[(2, 2)], 4.0 + 9.0 + 0.25, 1e-12);
    // The intervened value as evidence is redundant, another one impossible.
    assert_eq!(cut.condition(&[2], &[(1, 4.0)]).unwrap().mean[0], -4.0);
    assert!(matches!(cut.condition(&[2], &[(1, 5.0)]), Err(BayesError::ImpossibleEvidence { .. })));
}

/// Pearl, Glymour and Jewell, *Causal Inference in Statistics: A Primer* (2016), section 4.1: abduction through evidence on
/// explicit noise nodes; had Joe's homework been 2, his score would have been 1.9.
#[test]
fn primer_joe() {
    let names = ["X", "H", "Y", "Uh", "Uy"];
    let dag = Dag::from_edges(Nodes::new(names).unwrap(), [(0, 1), (3, 1), (0, 2), (1, 2), (4, 2)]).unwrap();
    let root = LinearGaussian { intercept: 0.0, coefficients: vec![], sd: 1.0 };
    let exact = |coefficients| LinearGaussian { intercept: 0.0, coefficients, sd: 0.0 };
    let families = vec![root.clone(), exact(vec![0.5, 1.0]), exact(vec![0.7, 0.4, 1.0]), root.clone(), root];
    let network = GaussianNetwork::new(dag, families).unwrap();
    let noise = network.condition(&[3, 4], &[(0, 0.5), (1, 1.0), (2, 1.5)]).unwrap();
    close(noise.mean[0], 0.75, 1e-12);
    close(noise.mean[1], 0.75, 1e-12);
    assert!(noise.covariance.abs().max() < 1e-12);
    let world = network.intervene(&[(1, Intervention::Set(2.0))]).unwrap();
    let y = world.condition(&[2], &[(0, 0.5), (4, noise.mean[1])]).unwrap();
    close(y.mean[0], 1.9, 1e-12);
}

#[test]
fn degenerate_tables_are_answered() {
    let dag = Dag::from_edges(Nodes::new(["a", "b", "c"]).unwrap(), [(0, 2), (1, 2)]).unwrap();
    let fit = |columns: [Vec<f64>; 3]| GaussianEstimator::new().fit_columns(&dag, &columns);
    let x = vec![1.0, 2.0, 3.0, 5.0, 8.0];
    let y = vec![1.0, 0.0, 2.0, 9.0, 3.0];
    // Collinear parents: the later one is left out.
    let double = fit([x.clone(), x.iter().map(|v| 2.0 * v).collect(), y.clone()]).unwrap();
    assert!(double.notes.contains(&FitNote::Collinear { node: "c".into(), parent: "b".into() }));
    assert_eq!(double.network.coefficient(1, 2), 0.0);
    // A constant parent and a constant child.
    let flat = fit([vec![4.0; 5], x.clone(), vec![2.0; 5]]).unwrap();
    assert!(flat.notes.contains(&FitNote::Deterministic { node: "a".into() }));
    assert!(flat.notes.contains(&FitNote::Deterministic { node: "c".into() }));
    assert!(flat.network.log_likelihood(&[x.clone(), x.clone(), x.clone()]).is_err());
    let far = flat.network.condition(&[1], &[(0, 4.0)]).unwrap();
    assert!(far.mean[0].is_finite());
    // Missing values are skipped family by family; a column without any is an error that names it.
    let mut holed = x.clone();
    holed[1] = f64::NAN;
    let some = fit([holed, y.clone(), vec![0.3, -1.0, 2.0, 0.0, 7.0]]).unwrap();
    assert_eq!(some.rows, [4.0, 5.0, 4.0]);
    let error = fit([vec![f64::NAN; 5], y.clone(), x.clone()]).unwrap_err();
    assert!(error.to_string().starts_with("node `a`: 0 usable rows"), "{error}");
    // Fewer rows than parents.
    assert!(fit([vec![1.0, 2.0], vec![5.0, 3.0], vec![0.0, 1.0]]).is_err());
    assert!(fit([vec![], vec![], vec![]]).is_err());
    assert!(matches!(fit([x.clone(), vec![1.0], y]), Err(BayesError::Family { .. })));
    // Huge values overflow into an error, not into NaN.
    let huge = fit([vec![1e308, -1e308, 1e308, 0.0, 1.0], x.clone(), x]);
    assert!(huge.is_err(), "{huge:?}");
    let empty = Dag::empty(Nodes::numbered(0));
    let nothing = GaussianEstimator::new().fit_columns(&empty, &[] as &[Vec<f64>]).unwrap();
    assert!(nothing.network.is_empty() && nothing.network.condition(&[], &[]).is_ok());
}

#[test]
fn wrong_questions_are_named() {
    let network = random_network(3, 1);
    let message = |result: Result<_, BayesError>| result.map(|_| ()).unwrap_err().to_string();
    assert_eq!(message(network.condition(&[9], &[])), "`9` is not a variable of the network");
    assert!(message(network.condition(&[0], &[(1, f64::NAN)])).contains("give a finite number"));
    assert!(message(network.condition(&[0], &[(1, 0.0), (1, 1.0)])).contains("given twice"));
    let set = Intervention::Set;
    assert!(network.intervene(&[(0, set(1.0)), (0, set(2.0))]).is_err());
    assert!(network.intervene(&[(0, set(f64::INFINITY))]).is_err());
    assert!(network.intervene(&[(0, Intervention::Draw { mean: 0.0, sd: -1.0 })]).is_err());
    assert_eq!(network.condition(&[1], &[(1, 0.25)]).unwrap().mean[0], 0.25);
}
