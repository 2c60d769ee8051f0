//! The conditional-Gaussian score against bnlearn 5.2.1, the scores it contains, and its promises.

use etiology_graph::Nodes;
use etiology_stats::{DiscreteColumn, MixedColumn};
use etiology_structure::{
    ConditionalGaussianScore, Dataset, DiscreteCriterion, DiscreteScore, GaussianCriterion, GaussianScore,
    HillClimbing, Knowledge, LocalScore,
};
use nalgebra::DMatrix;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::data::{cells, model};

#[test]
fn clgaussian_test() {
    let Some((nodes, columns)) = cells("known/bnlearn_clgaussian.test.csv") else { return };
    let variable = |cells: &Vec<String>| match cells.iter().map(|cell| cell.parse().ok()).collect() {
        Some(values) => MixedColumn::Continuous(values),
        None => {
            let labels = cells.iter().map(|cell| Some(cell.as_str()));
            MixedColumn::Discrete(DiscreteColumn::from_labels(labels).unwrap())
        }
    };
    let data = Dataset::new(nodes.clone(), columns.iter().map(variable).collect()).unwrap();
    let dag = model(&nodes, "[A][B][C][H][D|A:H][F|B:C][E|B:D][G|A:D:E:F]");
    let bic = ConditionalGaussianScore::new(&data).unwrap();
    let likelihood = bic.clone().with_penalty(0.0).unwrap();
    // bnlearn evaluates the densities at the unbiased variances, we at those that maximise them: a little higher.
    for (score, value) in [(&likelihood, -20_074.133_460_94), (&bic, -20_291.321_887_32)] {
        let above = score.total(&dag) - value;
        assert!((0.0..0.03).contains(&above), "{above} above {value}");
    }
    let bic = bic.with_discrete_children(false);
    let found = HillClimbing::new().learn(&bic, &Knowledge::none(nodes)).unwrap();
    assert!(found.score >= bic.total(&dag) - 1e-6);
}

/// Two levels, three levels, and two numbers that follow them.
fn mixed(rows: usize, seed: u64) -> Vec<MixedColumn> {
    let mut rng = StdRng::seed_from_u64(seed);
    let a: Vec<u16> = (0..rows).map(|_| rng.random_range(0..2)).collect();
    let b: Vec<u16> =
        a.iter().map(|&a| if rng.random_bool(0.6) { a } else { rng.random_range(0..3) }).collect();
    let x: Vec<f64> = b.iter().map(|&b| f64::from(b) + rng.random_range(-1.0..1.0)).collect();
    let y: Vec<f64> =
        x.iter().zip(&a).map(|(x, &a)| x * f64::from(a) + rng.random_range(-1.0..1.0)).collect();
    let column = |codes: Vec<u16>, levels: u16| {
        let names: Vec<String> = (0..levels).map(|level| level.to_string()).collect();
        MixedColumn::Discrete(DiscreteColumn::new(codes, names).unwrap())
    };
    vec![column(a, 2), column(b, 3), MixedColumn::Continuous(x), MixedColumn::Continuous(y)]
}

fn score(variables: Vec<MixedColumn>) -> ConditionalGaussianScore {
    ConditionalGaussianScore::new(&Dataset::new(Nodes::numbered(variables.len()), variables).unwrap())
        .unwrap()
}

#[test]
fn contains_the_scores_of_one_kind() {
    let variables = mixed(400, 1);
    let mut session_of = score(variables.clone());
    let table = Dataset::new(Nodes::numbered(2), variables[..2].to_vec()).unwrap().discrete().unwrap();
    let discrete = DiscreteScore::with(&table, DiscreteCriterion::Bic { penalty: 1.0 }).unwrap();
    let mut session = session_of.session();
    for (node, parents) in [(0, &[][..]), (0, &[1]), (1, &[0])] {
        assert!((session.local(node, parents) - discrete.session().local(node, parents)).abs() < 1e-8);
    }
    drop(session);
    let values: Vec<f64> = variables[2..]
        .iter()
        .flat_map(|variable| match variable {
            MixedColumn::Continuous(values) => values.clone(),
            MixedColumn::Discrete(_) => Vec::new(),
        })
        .collect();
    let mut centred = DMatrix::from_vec(400, 2, values);
    for mut column in centred.column_iter_mut() {
        let mean = column.mean();
        column.add_scalar_mut(-mean);
    }
    let covariance = centred.tr_mul(&centred) / 400.0;
    let gaussian = GaussianScore::new(&covariance, 400)
        .unwrap()
        .with_criterion(GaussianCriterion::Bic { penalty: 1.0 })
        .unwrap();
    session_of = score(variables[2..].to_vec());
    for (node, parents) in [(0, &[][..]), (0, &[1]), (1, &[0])] {
        let (ours, theirs) =
            (session_of.session().local(node, parents), gaussian.session().local(node, parents));
        assert!((ours - theirs).abs() < 1e-8, "{ours} {theirs}");
    }
}

/// Classes score alike, and units, shifts and the order of rows change no difference between graphs.
#[test]
fn invariances() {
    let variables = mixed(500, 2);
    let one = score(variables.clone()).with_penalty(0.0).unwrap();
    let mut session = one.session();
    let chain = session.local(1, &[]) + session.local(2, &[1]) + session.local(3, &[1, 2]);
    let turned = session.local(3, &[]) + session.local(2, &[3]) + session.local(1, &[2, 3]);
    assert!((chain - turned).abs() < 1e-8, "{chain} {turned}");
    let other: Vec<MixedColumn> = variables
        .iter()
        .map(|variable| match variable {
            MixedColumn::Continuous(values) => {
                MixedColumn::Continuous(values.iter().rev().map(|value| 1e6 * value - 3e7).collect())
            }
            MixedColumn::Discrete(column) => {
                let codes = column.codes().iter().rev().copied().collect();
                MixedColumn::Discrete(DiscreteColumn::new(codes, column.levels().clone()).unwrap())
            }
        })
        .collect();
    let other = score(other);
    let one = score(variables);
    let gain = |score: &ConditionalGaussianScore, node: usize, parents: &[usize]| {
        score.session().local(node, parents) - score.session().local(node, &[])
    };
    for (node, parents) in [(2, &[0, 1][..]), (3, &[0, 2]), (0, &[2, 3]), (1, &[0, 3])] {
        assert!((gain(&one, node, parents) - gain(&other, node, parents)).abs() < 1e-5, "{node} {parents:?}");
    }
}

#[test]
fn degenerate_columns_score_no_nan() {
    let mut variables = mixed(12, 3);
    variables.push(MixedColumn::Continuous(vec![4.0; 12]));
    variables.push(MixedColumn::Continuous(vec![f64::NAN; 12]));
    variables.push(variables[2].clone());
    variables.push(MixedColumn::Continuous(
        (0..12).map(|i| if i == 3 { f64::INFINITY } else { 1e300 * f64::from(i) }).collect(),
    ));
    let p = variables.len();
    let score = score(variables);
    let mut session = score.session();
    for node in 0..p {
        for other in (0..p).filter(|&other| other != node) {
            for parents in [vec![], vec![other], (0..p).filter(|&v| v != node).collect()] {
                let value = session.local(node, &parents);
                assert!(value.is_finite() || value == f64::NEG_INFINITY, "{node} {parents:?} {value}");
                assert!(!parents.is_empty() || value.is_finite(), "{node}");
            }
        }
    }
    drop(session);
    let found = HillClimbing::new().learn(&score, &Knowledge::none(Nodes::numbered(p))).unwrap();
    assert!(found.graph.edges().all(|(a, b)| a != 4 && b != 4));
}

/// On rows complete in the family, scaled up.
#[test]
fn missing_values() {
    let full = mixed(300, 4);
    let mut holes = full.clone();
    let (mut kept, MixedColumn::Continuous(values)) = (full.clone(), &mut holes[3]) else { return };
    values[200..].fill(f64::NAN);
    for variable in &mut kept {
        match variable {
            MixedColumn::Continuous(values) => values.truncate(200),
            MixedColumn::Discrete(column) => {
                *column =
                    DiscreteColumn::new(column.codes()[..200].to_vec(), column.levels().clone()).unwrap();
            }
        }
    }
    let (holes, kept) = (score(holes).with_penalty(0.0).unwrap(), score(kept).with_penalty(0.0).unwrap());
    for (node, parents) in [(3, &[0, 2][..]), (0, &[1, 3])] {
        let (with, without) = (holes.session().local(node, parents), kept.session().local(node, parents));
        assert!((with - 1.5 * without).abs() < 1e-6, "{with} {without}");
    }
}
