use crate::support::{Rng, assert_close};
use etiology_stats::{IndependenceTest, Moments, PartialCorrelationTest, TestwiseFisherZ};

fn holed(seed: u64) -> Vec<Vec<f64>> {
    let mut rng = Rng::new(seed);
    let base: Vec<f64> = (0..120).map(|_| rng.normal()).collect();
    let mut columns: Vec<Vec<f64>> =
        (0..5).map(|i| base.iter().map(|b| 0.3 * f64::from(i) * b + rng.normal()).collect()).collect();
    for column in &mut columns[..3] {
        for value in column.iter_mut() {
            if rng.uniform() < 0.15 {
                *value = f64::NAN;
            }
        }
    }
    columns
}

/// The plain test on the complete rows picked by hand.
#[test]
fn each_test_uses_its_complete_rows() {
    let columns = holed(1);
    let test = TestwiseFisherZ::new(columns.clone()).unwrap();
    let mut session = test.session();
    for asked in [&[0, 1][..], &[0, 3], &[3, 4], &[0, 1, 2], &[3, 4, 0], &[0, 1, 2, 3, 4], &[4, 1, 3, 0]] {
        let rows: Vec<usize> =
            (0..120).filter(|&row| asked.iter().all(|&c| columns[c][row].is_finite())).collect();
        assert_eq!(test.complete_rows(asked), rows);
        let picked: Vec<Vec<f64>> =
            asked.iter().map(|&c| rows.iter().map(|&row| columns[c][row]).collect()).collect();
        let plain = PartialCorrelationTest::fisher_z(&Moments::from_columns(&picked).unwrap()).unwrap();
        let want = plain.session().test(0, 1, &(2..asked.len()).collect::<Vec<_>>()).unwrap();
        let got = session.test(asked[0], asked[1], &asked[2..]).unwrap();
        assert_close(got.statistic, want.statistic, 1e-9);
        for alpha in [0.01, 0.3] {
            assert_eq!(
                session.independent(asked[0], asked[1], &asked[2..], alpha),
                Some(want.p_value > alpha)
            );
        }
    }
}

/// No row is deleted in which the cause is known, so both covariances of the cause are equal.
#[test]
fn the_correction_of_complete_rows_changes_nothing() {
    let mut columns = holed(2);
    columns[0] = columns[4].iter().map(|v| v.sin()).collect();
    columns[1] = columns[4].iter().zip(&columns[3]).map(|(a, b)| a.cos() + b).collect();
    columns[1][0] = f64::NAN;
    columns[3][0] = f64::NAN;
    let plain = TestwiseFisherZ::new(columns.clone()).unwrap();
    let causes = vec![vec![3], vec![3], vec![], vec![], vec![]];
    let corrected = TestwiseFisherZ::new(columns).unwrap().with_missingness_causes(causes).unwrap();
    let (p, q) = (plain.session().test(0, 1, &[]).unwrap(), corrected.session().test(0, 1, &[]).unwrap());
    assert_close(q.statistic, p.statistic, 1e-9);
    // A cause that is conditioned on needs no correction.
    assert_eq!(plain.session().test(0, 1, &[3]), corrected.session().test(0, 1, &[3]));
}

#[test]
fn hostile_columns() {
    let columns =
        vec![vec![f64::NAN; 40], vec![1.0; 40], (0..40).map(f64::from).collect(), holed(3)[0][..40].to_vec()];
    let test = TestwiseFisherZ::new(columns.clone()).unwrap();
    let mut session = test.session();
    for (x, y, given) in [
        (0, 2, &[][..]),
        (1, 2, &[]),
        (2, 3, &[0]),
        (2, 3, &[1]),
        (2, 9, &[]),
        (2, 3, &[9]),
        (3, 3, &[]),
        (2, 3, &[3]),
    ] {
        assert!(session.test(x, y, given).is_none(), "{x} {y} {given:?}");
        assert_eq!(session.independent(x, y, given, 0.05), None);
    }
    assert!(session.test(2, 3, &[]).is_some());
    assert!(test.complete_rows(&[9]).is_empty());
    assert!(TestwiseFisherZ::new(columns.clone()).unwrap().with_missingness_causes(vec![]).is_err());
    assert!(
        TestwiseFisherZ::new(columns.clone()).unwrap().with_missingness_causes(vec![vec![4]; 4]).is_err()
    );
    let constant_cause =
        TestwiseFisherZ::new(columns).unwrap().with_missingness_causes(vec![vec![1]; 4]).unwrap();
    assert!(constant_cause.session().test(2, 3, &[]).is_none());
    assert!(TestwiseFisherZ::new(vec![]).unwrap().session().test(0, 1, &[]).is_none());
}
