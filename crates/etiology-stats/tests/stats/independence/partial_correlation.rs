use crate::oracle::{bnlearn_tests, numbers};
use crate::support::{Rng, assert_close};
use etiology_stats::{CorrelationReference, IndependenceTest, Moments, PartialCorrelationTest};
use nalgebra::DMatrix;

fn gaussian(seed: u64, rows: usize, width: usize) -> Vec<Vec<f64>> {
    let mut rng = Rng::new(seed);
    let mut columns: Vec<Vec<f64>> = Vec::new();
    for i in 0..width {
        let column = (0..rows)
            .map(|row| {
                columns.iter().enumerate().map(|(j, c)| c[row] * 0.5 / (i - j) as f64).sum::<f64>()
                    + rng.normal()
            })
            .collect();
        columns.push(column);
    }
    columns
}

/// The partial correlation from the inverse of the correlation matrix of the columns involved.
fn by_inverse(correlation: &DMatrix<f64>, x: usize, y: usize, given: &[usize]) -> f64 {
    let all: Vec<usize> = [x, y].iter().chain(given).copied().collect();
    let inverse =
        DMatrix::from_fn(all.len(), all.len(), |i, j| correlation[(all[i], all[j])]).try_inverse().unwrap();
    -inverse[(0, 1)] / (inverse[(0, 0)] * inverse[(1, 1)]).sqrt()
}

/// From the formulas, with `math.atanh` and `math.erfc` of Python 3.
#[test]
fn literal_correlations() {
    let of = |r: f64, rows, reference| {
        let matrix = DMatrix::from_row_slice(2, 2, &[1.0, r, r, 1.0]);
        let test = PartialCorrelationTest::from_correlation(&matrix, rows, reference).unwrap();
        let result = test.session().test(0, 1, &[]).unwrap();
        (result.statistic, result.p_value)
    };
    for (r, rows, reference, statistic, p_value) in [
        (0.5, 50.0, CorrelationReference::FisherZ, 3.7658531954323227, 0.00016598130210800725),
        (-0.2, 101.0, CorrelationReference::FisherZ, -2.0069498923447373, 0.04475499861939727),
        (0.5, 50.0, CorrelationReference::MutualInformation, 14.384103622589045, 0.00014905531835308005),
    ] {
        let got = of(r, rows, reference);
        assert_close(got.0, statistic, 1e-13);
        assert_close(got.1, p_value, 1e-9);
    }
}

#[test]
fn bnlearns_correlation_tests() {
    let Some((names, columns)) = numbers("known/bnlearn_gaussian.test.csv") else { return };
    let moments = Moments::from_columns(&columns).unwrap();
    let mut compared = 0;
    for asked in bnlearn_tests("gaussian.test", &names) {
        let reference = match asked.kind.as_str() {
            "zf" => CorrelationReference::FisherZ,
            "cor" => CorrelationReference::StudentT,
            "mi-g" => CorrelationReference::MutualInformation,
            _ => continue,
        };
        let test = PartialCorrelationTest::new(&moments, reference).unwrap();
        let got = test.session().test(asked.x, asked.y, &asked.given).unwrap();
        assert_close(got.statistic, asked.statistic, 1e-9);
        assert_close(got.p_value, asked.p_value, 1e-8);
        if reference != CorrelationReference::FisherZ {
            assert_eq!(got.df, asked.df);
        }
        compared += 1;
    }
    assert_eq!(compared, 15);
}

/// causal-learn 0.1.4.9's `fisherz`.
#[test]
fn causal_learns_fisher_z() {
    let Some((_, columns)) = numbers("data/lg_er_p20_n2000_s1.csv") else { return };
    let test = PartialCorrelationTest::fisher_z(&Moments::from_columns(&columns).unwrap()).unwrap();
    for (x, y, given, want) in [
        (0, 1, &[][..], 0.8790525267801124),
        (2, 10, &[], 3.103480113342272e-06),
        (2, 10, &[4], 1.18692389250441e-10),
        (5, 9, &[0, 2, 11], 0.6244682220237361),
    ] {
        // The other side is computed as 2 (1 - Phi), good to a rounding step of 1.
        let got = test.session().test(x, y, given).unwrap().p_value;
        assert!((got - want).abs() <= 1e-9 * want + f64::EPSILON, "{got} {want}");
    }
}

/// pcalg 2.7-12 on its `gmG8`.
#[test]
fn pcalgs_partial_correlations() {
    let Some((_, columns)) = numbers("known/pcalg_gmG8.csv") else { return };
    let test = PartialCorrelationTest::fisher_z(&Moments::from_columns(&columns).unwrap()).unwrap();
    for (x, y, given, want) in
        [(0, 1, &[][..], 0.2707278135116), (0, 1, &[2], 0.2249330407871), (0, 4, &[1, 5], -0.08741470212509)]
    {
        assert_close(test.partial_correlation(x, y, given).unwrap(), want, 1e-11);
    }
    let got = test.session().test(0, 4, &[1, 5]).unwrap();
    assert_close(got.statistic, -6.193870261366, 1e-11);
    assert_close(got.p_value, 5.870455374825e-10, 1e-9);
    assert_close(test.session().test(3, 7, &[4]).unwrap().p_value, 0.1437900732311, 1e-10);
    assert_close(test.session().test(2, 6, &[]).unwrap().p_value, 0.04240381289407, 1e-10);
}

/// A session walks through sets in every order and still gives what the inverse gives.
#[test]
fn a_session_remembers_nothing_wrong() {
    let moments = Moments::from_columns(&gaussian(1, 300, 9)).unwrap();
    let correlation = moments.correlation();
    let test = PartialCorrelationTest::fisher_z(&moments).unwrap();
    let mut session = test.session();
    let mut rng = Rng::new(2);
    for _ in 0..3_000 {
        let mut order: Vec<usize> = (0..9).collect();
        for i in (1..9).rev() {
            order.swap(i, (rng.uniform() * (i + 1) as f64) as usize);
        }
        let size = (rng.uniform() * 8.0) as usize;
        let (x, y, given) = (order[0], order[1], &order[2..2 + size]);
        let r = by_inverse(&correlation, x, y, given);
        let got = session.test(x, y, given).unwrap();
        assert!((got.statistic - r.atanh() * (297.0 - size as f64).sqrt()).abs() < 1e-8);
        // Swapped sides and a repeated question change nothing.
        assert!((session.test(y, x, given).unwrap().p_value - got.p_value).abs() < 1e-9);
    }
}

#[test]
fn the_bound_answers_as_the_p_value_does() {
    let columns = gaussian(3, 60, 7);
    let moments = Moments::from_columns(&columns).unwrap();
    for reference in [
        CorrelationReference::FisherZ,
        CorrelationReference::StudentT,
        CorrelationReference::MutualInformation,
    ] {
        let test = PartialCorrelationTest::new(&moments, reference).unwrap();
        let mut session = test.session();
        for alpha in [0.0, 1e-9, 0.001, 0.01, 0.05, 0.5, 0.99, 1.0, f64::NAN] {
            for x in 0..7 {
                for y in (0..7).filter(|&y| y != x) {
                    let rest: Vec<usize> = (0..7).filter(|&z| z != x && z != y).collect();
                    for size in 0..=rest.len() {
                        let p = session.test(x, y, &rest[..size]).unwrap().p_value;
                        assert_eq!(
                            session.independent(x, y, &rest[..size], alpha),
                            Some(p > alpha),
                            "{p} {alpha}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn what_the_data_cannot_judge_is_none() {
    let mut columns = gaussian(4, 30, 4);
    columns.push(columns[0].iter().map(|v| 3.0 - 2.0 * v).collect()); // 4: collinear with 0
    columns.push(vec![7.0; 30]); // 5: constant
    columns.push(columns[1].iter().zip(&columns[2]).map(|(a, b)| a + b).collect()); // 6: 1 + 2
    let test = PartialCorrelationTest::fisher_z(&Moments::from_columns(&columns).unwrap()).unwrap();
    assert_eq!(test.degenerate(), [5]);
    let mut session = test.session();
    let mut none = |x, y, given: &[usize]| {
        assert!(session.test(x, y, given).is_none(), "{x} {y} {given:?}");
        assert_eq!(session.independent(x, y, given, 0.05), None, "{x} {y} {given:?}");
    };
    for (x, y, given) in [
        (0, 5, &[][..]),
        (5, 0, &[1]),
        (1, 2, &[5]),
        (1, 2, &[3, 5]),
        (1, 2, &[0, 3, 5]), // constant
        (1, 2, &[0, 4]),
        (1, 2, &[0, 3, 4]),
        (1, 2, &[4, 0, 3]),
        (0, 3, &[1, 2, 6]), // collinear set
        (0, 1, &[4]),
        (3, 6, &[1, 2]),
        (3, 6, &[0, 1, 2]), // collinear side
        (0, 0, &[]),
        (0, 1, &[1]),
        (0, 1, &[2, 3, 0]),
        (0, 7, &[]),
        (0, 1, &[7]),
        (0, 1, &[2, 2]),
        (0, 1, &[2, 2, 3]),
    ] {
        none(x, y, given);
    }
    // A full correlation is dependence, and finite.
    let full = session.test(0, 4, &[]).unwrap();
    assert!(full.p_value == 0.0 && full.statistic.is_finite());
    assert_eq!(session.independent(0, 4, &[], 0.01), Some(false));
    assert!(session.test(0, 1, &[2, 3]).is_some());

    for rows in 0..6 {
        let few: Vec<&[f64]> = columns[..4].iter().map(|c| &c[..rows]).collect();
        let moments = Moments::from_columns(&few).unwrap();
        let fisher = PartialCorrelationTest::fisher_z(&moments).unwrap();
        let student = PartialCorrelationTest::new(&moments, CorrelationReference::StudentT).unwrap();
        for size in 0..=2 {
            let given = &[2, 3][..size];
            assert_eq!(fisher.session().test(0, 1, given).is_some(), rows > size + 3);
            assert_eq!(student.session().independent(0, 1, given, 0.1).is_some(), rows > size + 2);
        }
    }
    assert_eq!(PartialCorrelationTest::fisher_z(&Moments::new(0)).unwrap().variables(), 0);
    let wrong = DMatrix::from_row_slice(2, 2, &[1.0, 1.5, 1.5, 1.0]);
    assert!(PartialCorrelationTest::from_correlation(&wrong, 10.0, CorrelationReference::FisherZ).is_err());
}
