//! The share of wrong rejections of every test lies within its exact binomial band, and planted dependence is found.

use crate::counts::column;
use crate::support::Rng;
use etiology_stats::{
    ConditionalGaussianTest, ContingencyReference, ContingencyStatistic, ContingencyTest,
    CorrelationReference, DegreesOfFreedom, DiscreteColumn, DiscreteTable, IndependenceTest, KernelTest,
    MixedColumn, Moments, PartialCorrelationTest, RandomFeatureTest, RandomFeatureVariant, RankCorrelation,
    TestwiseFisherZ, clopper_pearson,
};

/// p-values of `repetitions` simulated data sets.
fn p_values(repetitions: u64, mut simulate: impl FnMut(&mut Rng) -> f64) -> Vec<f64> {
    (1..=repetitions).map(|seed| simulate(&mut Rng::new(seed))).collect()
}

/// At alpha .01 and .05 the nominal level lies within the 99.99 % interval of the share rejected.
#[track_caller]
fn assert_level(name: &str, p_values: &[f64]) {
    for alpha in [0.01, 0.05] {
        let rejected = p_values.iter().filter(|&&p| p <= alpha).count() as u64;
        let band = clopper_pearson(rejected, p_values.len() as u64, 0.9999).unwrap();
        println!("{name}: {rejected} of {} at {alpha}", p_values.len());
        assert!(
            band.low <= alpha && alpha <= band.high,
            "{name}: {rejected} of {} at {alpha}",
            p_values.len()
        );
    }
}

#[track_caller]
fn assert_power(name: &str, p_values: &[f64]) {
    let found = p_values.iter().filter(|&&p| p <= 0.01).count();
    assert!(found * 10 >= p_values.len() * 9, "{name}: {found} of {}", p_values.len());
}

/// `x <- z1, z2 -> y`, and the strength of `x -> y`.
fn fork(rng: &mut Rng, rows: usize, strength: f64) -> Vec<Vec<f64>> {
    let mut columns = vec![Vec::new(); 4];
    for _ in 0..rows {
        let (z1, z2) = (rng.normal(), rng.normal());
        let x = 0.8 * z1 - 0.5 * z2 + rng.normal();
        let y = 0.6 * z1 + 0.7 * z2 + strength * x + rng.normal();
        for (column, value) in columns.iter_mut().zip([x, y, z1, z2]) {
            column.push(value);
        }
    }
    columns
}

const REFERENCES: [CorrelationReference; 3] =
    [CorrelationReference::FisherZ, CorrelationReference::StudentT, CorrelationReference::MutualInformation];

#[test]
fn partial_correlations() {
    for reference in REFERENCES {
        let p = |columns: &[Vec<f64>], given: &[usize]| {
            let moments = Moments::from_columns(columns).unwrap();
            let test = PartialCorrelationTest::new(&moments, reference).unwrap();
            test.session().test(0, 1, given).unwrap().p_value
        };
        // The exact test holds for a dozen rows, the others for large samples.
        let rows = if reference == CorrelationReference::StudentT { 12 } else { 200 };
        let alone = |rng: &mut Rng| [0, 1].map(|_| (0..rows).map(|_| rng.normal()).collect::<Vec<_>>());
        assert_level("unconditional", &p_values(3_000, |rng| p(&alone(rng), &[])));
        assert_level("conditional", &p_values(3_000, |rng| p(&fork(rng, rows, 0.0), &[2, 3])));
        assert_power("conditional", &p_values(200, |rng| p(&fork(rng, 200, 0.4), &[2, 3])));
    }
}

/// Columns bent by increasing functions, with Fisher's z on rank correlations.
#[test]
fn rank_correlations() {
    for kind in [RankCorrelation::Spearman, RankCorrelation::Nonparanormal, RankCorrelation::Skeptic] {
        let p = |mut columns: Vec<Vec<f64>>, given: &[usize]| {
            columns[0].iter_mut().for_each(|value| *value = value.exp());
            columns[1].iter_mut().for_each(|value| *value = value.powi(3));
            let test = PartialCorrelationTest::rank(&columns, kind, CorrelationReference::FisherZ).unwrap();
            test.session().test(0, 1, given).unwrap().p_value
        };
        let alone = |rng: &mut Rng| [0, 1].map(|_| (0..150).map(|_| rng.normal()).collect()).to_vec();
        assert_level(&format!("{kind:?}"), &p_values(2_000, |rng| p(alone(rng), &[])));
        assert_level(&format!("{kind:?}|z"), &p_values(2_000, |rng| p(fork(rng, 150, 0.0), &[2, 3])));
        assert_power(&format!("{kind:?}"), &p_values(200, |rng| p(fork(rng, 200, 0.5), &[2, 3])));
    }
}

/// `x <- z -> y` over three, three and two levels; with `strength` y also follows x.
fn discrete_fork(rng: &mut Rng, rows: usize, strength: f64) -> DiscreteTable {
    let mut codes = vec![Vec::new(); 3];
    for _ in 0..rows {
        let z = u16::from(rng.uniform() < 0.4);
        let tilt = if z == 1 { 0.3 } else { 0.0 };
        let level = |u: f64| u16::from(u > 0.3) + u16::from(u > 0.6 + tilt);
        let x = level(rng.uniform());
        let y = if rng.uniform() < strength { x } else { level(rng.uniform()) };
        for (column, code) in codes.iter_mut().zip([x, y, z]) {
            column.push(code);
        }
    }
    let columns = codes.into_iter().zip([3, 3, 2]).map(|(codes, levels)| column(levels, codes));
    DiscreteTable::new(columns.collect()).unwrap()
}

fn discrete_p(test: &ContingencyTest, given: &[usize]) -> f64 {
    test.session().test(0, 1, given).unwrap().p_value
}

#[test]
fn contingency_tests() {
    for statistic in [ContingencyStatistic::Pearson, ContingencyStatistic::LikelihoodRatio] {
        for degrees in [DegreesOfFreedom::Nominal, DegreesOfFreedom::Observed, DegreesOfFreedom::NonzeroCells]
        {
            let p = |rng: &mut Rng, rows, strength, given: &[usize]| {
                let table = discrete_fork(rng, rows, strength);
                discrete_p(&ContingencyTest::new(&table, statistic).unwrap().with_degrees(degrees), given)
            };
            let name = format!("{statistic:?} {degrees:?}");
            assert_level(&name, &p_values(2_000, |rng| p(rng, 1_000, 0.0, &[2])));
            assert_power(&name, &p_values(100, |rng| p(rng, 1_000, 0.2, &[2])));
            let lonely = |rng: &mut Rng| {
                let codes = |rng: &mut Rng| (0..300).map(|_| (rng.uniform() * 3.0) as u16).collect();
                let table = DiscreteTable::new(vec![column(3, codes(rng)), column(3, codes(rng))]).unwrap();
                discrete_p(&ContingencyTest::new(&table, statistic).unwrap().with_degrees(degrees), &[])
            };
            assert_level(&name, &p_values(2_000, lonely));
        }
    }
}

/// Shrinking can only lower the statistic, so the test is conservative, not exact: it rejects no more than it may.
#[test]
fn shrinkage_is_conservative() {
    let p = |rng: &mut Rng, strength| {
        let table = discrete_fork(rng, 1_000, strength);
        discrete_p(&ContingencyTest::new(&table, ContingencyStatistic::Shrinkage).unwrap(), &[2])
    };
    let p_null = p_values(2_000, |rng| p(rng, 0.0));
    for alpha in [0.01, 0.05] {
        let rejected = p_null.iter().filter(|&&p| p <= alpha).count() as u64;
        println!("mi-sh: {rejected} of {} at {alpha}", p_null.len());
        assert!(clopper_pearson(rejected, p_null.len() as u64, 0.9999).unwrap().low <= alpha);
    }
    assert_power("mi-sh", &p_values(100, |rng| p(rng, 0.25)));
}

/// A tenth of each column is missing at random.
#[test]
fn contingency_tests_delete_test_wise() {
    let p = |rng: &mut Rng| {
        let table = discrete_fork(rng, 1_000, 0.0);
        let holed = table.columns().iter().map(|c| {
            let codes = c
                .codes()
                .iter()
                .map(|&code| if rng.uniform() < 0.1 { DiscreteColumn::MISSING } else { code });
            column(c.cardinality(), codes.collect())
        });
        let table = DiscreteTable::new(holed.collect()).unwrap();
        discrete_p(&ContingencyTest::g_squared(&table).unwrap(), &[2])
    };
    assert_level("g2 with missing values", &p_values(2_000, p));
}

/// Forty rows, too few for the chi-squared distribution.
#[test]
fn permutations() {
    for statistic in [ContingencyStatistic::Pearson, ContingencyStatistic::LikelihoodRatio] {
        let p = |rng: &mut Rng, rows, strength, reference| {
            let table = discrete_fork(rng, rows, strength);
            discrete_p(&ContingencyTest::new(&table, statistic).unwrap().with_reference(reference), &[2])
        };
        let exact = ContingencyReference::Permutation { permutations: 199, seed: 7 };
        let smooth = ContingencyReference::Semiparametric { permutations: 100, seed: 7 };
        let name = format!("{statistic:?}");
        assert_level(&name, &p_values(2_000, |rng| p(rng, 40, 0.0, exact)));
        assert_power(&name, &p_values(100, |rng| p(rng, 300, 0.4, exact)));
        assert_level(&name, &p_values(2_000, |rng| p(rng, 200, 0.0, smooth)));
        assert_power(&name, &p_values(100, |rng| p(rng, 300, 0.4, smooth)));
    }
}

/// `x -> w <- y`, and w decides whether x is seen.
fn collider_of_missingness(rng: &mut Rng, rows: usize, strength: f64) -> Vec<Vec<f64>> {
    let mut columns = vec![Vec::new(); 3];
    for _ in 0..rows {
        let x = rng.normal();
        let y = strength * x + rng.normal();
        let w = x + y + 0.5 * rng.normal();
        let seen = if w > 0.5 { f64::NAN } else { x };
        for (column, value) in columns.iter_mut().zip([seen, y, w]) {
            column.push(value);
        }
    }
    columns
}

#[test]
fn missing_values() {
    let p = |columns: Vec<Vec<f64>>, given: &[usize]| {
        let test = TestwiseFisherZ::new(columns).unwrap();
        test.session().test(0, 1, given).unwrap().p_value
    };
    let at_random = |rng: &mut Rng, strength| {
        let mut columns = fork(rng, 150, strength);
        for value in columns.iter_mut().flatten() {
            if rng.uniform() < 0.1 {
                *value = f64::NAN;
            }
        }
        columns
    };
    assert_level("testwise", &p_values(2_000, |rng| p(at_random(rng, 0.0), &[2, 3])));
    assert_power("testwise", &p_values(200, |rng| p(at_random(rng, 0.6), &[2, 3])));
    // Deletion selects on the collider and sees a dependence that is not there; the correction does not.
    assert_power("deletion errs", &p_values(200, |rng| p(collider_of_missingness(rng, 400, 0.0), &[])));
    let corrected = |columns: Vec<Vec<f64>>| {
        let test = TestwiseFisherZ::new(columns).unwrap();
        let test = test.with_missingness_causes(vec![vec![2], vec![], vec![]]).unwrap();
        test.session().test(0, 1, &[]).unwrap().p_value
    };
    assert_level("mv-pc", &p_values(2_000, |rng| corrected(collider_of_missingness(rng, 400, 0.0))));
    assert_power("mv-pc", &p_values(200, |rng| corrected(collider_of_missingness(rng, 800, 0.6))));
}

/// Columns 0 and 1 of the kinds asked for, both driven by a discrete and a continuous common cause, columns 2 and 3.
fn mixed(rng: &mut Rng, kinds: [bool; 2], rows: usize, strength: f64) -> ConditionalGaussianTest {
    let (mut numbers, mut codes) = (vec![Vec::new(); 4], vec![Vec::new(); 4]);
    for _ in 0..rows {
        let d = u16::from(rng.uniform() < 0.5);
        let c = rng.normal() + f64::from(d);
        let x = 0.7 * f64::from(d) + 0.6 * c + rng.normal();
        let y = 0.5 * f64::from(d) - 0.4 * c + strength * x + rng.normal();
        for (at, value) in [x, y, c].into_iter().enumerate() {
            numbers[at].push(value);
            codes[at].push(u16::from(value > 0.4));
        }
        codes[3].push(d);
    }
    let discrete = |codes: &Vec<u16>| MixedColumn::Discrete(column(2, codes.clone()));
    let mut columns: Vec<MixedColumn> = (0..2)
        .map(|i| if kinds[i] { discrete(&codes[i]) } else { MixedColumn::Continuous(numbers[i].clone()) })
        .collect();
    columns.push(discrete(&codes[3]));
    columns.push(MixedColumn::Continuous(numbers[2].clone()));
    ConditionalGaussianTest::new(columns).unwrap()
}

#[test]
fn mixed_columns() {
    let p =
        |test: &ConditionalGaussianTest, given: &[usize]| test.session().test(0, 1, given).unwrap().p_value;
    // Two continuous columns given both kinds.
    assert_level("cc|dc", &p_values(1_000, |rng| p(&mixed(rng, [false, false], 400, 0.0), &[2, 3])));
    assert_power("cc|dc", &p_values(100, |rng| p(&mixed(rng, [false, false], 400, 0.5), &[2, 3])));
    // One of each alone, and given a column of either kind that drives neither.
    let lonely = |rng: &mut Rng, strength: f64, given: &[usize]| {
        let group: Vec<u16> = (0..400).map(|_| (rng.uniform() * 3.0) as u16).collect();
        let value = group.iter().map(|&g| strength * f64::from(g) + rng.normal()).collect();
        let other = (0..400).map(|_| u16::from(rng.uniform() < 0.4)).collect();
        let number = (0..400).map(|_| rng.normal()).collect();
        let columns = vec![
            MixedColumn::Discrete(column(3, group)),
            MixedColumn::Continuous(value),
            MixedColumn::Discrete(column(2, other)),
            MixedColumn::Continuous(number),
        ];
        p(&ConditionalGaussianTest::new(columns).unwrap(), given)
    };
    for given in [&[][..], &[2], &[3]] {
        assert_level("dc", &p_values(1_000, |rng| lonely(rng, 0.0, given)));
        assert_power("dc", &p_values(100, |rng| lonely(rng, 0.5, given)));
    }
}

/// `x <- z -> y` through bent functions, and a dependence of y on x that no line sees.
fn bent_fork(rng: &mut Rng, rows: usize, strength: f64) -> Vec<Vec<f64>> {
    let mut columns = vec![Vec::new(); 3];
    for _ in 0..rows {
        let z = rng.normal();
        let noise = 0.7 * rng.normal();
        let x = z.tanh() + noise;
        let y = 0.5 * z * z + strength * noise * noise + 0.7 * rng.normal();
        for (column, value) in columns.iter_mut().zip([x, y, z]) {
            column.push(value);
        }
    }
    columns
}

/// A circle: dependent and uncorrelated.
fn circle(rng: &mut Rng, rows: usize, dependent: bool) -> Vec<Vec<f64>> {
    let mut columns = vec![Vec::new(); 2];
    for _ in 0..rows {
        let (a, b) = (rng.uniform(), rng.uniform());
        let angles = [a, if dependent { a } else { b }].map(|u| u * std::f64::consts::TAU);
        columns[0].push(angles[0].cos() + 0.2 * rng.normal());
        columns[1].push(angles[1].sin() + 0.2 * rng.normal());
    }
    columns
}

/// Uncorrelated too.
fn parabola(rng: &mut Rng, rows: usize) -> Vec<Vec<f64>> {
    let x: Vec<f64> = (0..rows).map(|_| rng.normal()).collect();
    let y = x.iter().map(|x| x * x + rng.normal()).collect();
    vec![x, y]
}

#[test]
fn kernels() {
    let p = |columns: &[Vec<f64>], given: &[usize]| {
        KernelTest::new(columns).unwrap().session().test(0, 1, given).unwrap().p_value
    };
    assert_level("kci", &p_values(1_000, |rng| p(&circle(rng, 80, false), &[])));
    assert_power("kci", &p_values(60, |rng| p(&circle(rng, 180, true), &[])));
    assert_level("kci|z", &p_values(300, |rng| p(&bent_fork(rng, 100, 0.0), &[2])));
    assert_power("kci|z", &p_values(30, |rng| p(&bent_fork(rng, 200, 1.5), &[2])));
}

#[test]
fn random_features() {
    for variant in [RandomFeatureVariant::Rcit, RandomFeatureVariant::Rcot] {
        let p = |columns: &[Vec<f64>], given: &[usize]| {
            let test = RandomFeatureTest::new(columns, 11).unwrap().with_variant(variant);
            test.session().test(0, 1, given).unwrap().p_value
        };
        assert_level("rcit", &p_values(400, |rng| p(&circle(rng, 300, false), &[])));
        assert_power("rcit", &p_values(60, |rng| p(&parabola(rng, 300), &[])));
        assert_level("rcit|z", &p_values(300, |rng| p(&bent_fork(rng, 500, 0.0), &[2])));
        assert_power("rcit|z", &p_values(30, |rng| p(&bent_fork(rng, 500, 2.5), &[2])));
    }
}
